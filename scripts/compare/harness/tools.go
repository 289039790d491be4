package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// Tools holds the programs that are compared: the path of each, or why it is missing.
type Tools struct {
	dir      string
	path     map[string]string // by name
	missing  map[string]string // by name: why
	Versions []string          // "jq 1.6", in order of preparation
	cores    bool              // our filters have -j
	clock    string            // GNU time, for peak memory; "" if there is none
}

const home = "scripts/compare" // from the top of the tree, which is the working directory

// prepare builds our commands and the peers of this folder, and finds or downloads
// the others. A peer that is not available is recorded in missing; only our own
// commands are required.
func prepare(dir string) (*Tools, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return nil, err
	}
	t := &Tools{dir: dir, path: map[string]string{}, missing: map[string]string{}}
	logf("building")
	build := exec.Command("go", "build", "-o", bin+"/", "./cmd/...", "./"+home+"/fastjson")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as README recommends: libc takes a millisecond at start-up
	out, err := build.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	for _, name := range []string{"winavg", "mavg", "stats", "statusd", "fastjson"} {
		t.path[name] = filepath.Join(bin, name)
	}
	help, _ := exec.Command(t.path["mavg"], "-h").Output()
	t.cores = regexp.MustCompile(`(?m)^ *-j\b`).Match(help)
	t.note("go", runtime.Version())
	t.fastjson()
	t.clock, _ = exec.LookPath("/usr/bin/time")
	t.native(bin)
	for _, name := range []string{"wc", "cat", "taskset", "true", "sh"} {
		t.find(name, "")
	}
	for _, p := range [][2]string{{"jq", "jq"}, {"gojq", "gojq"}, {"mlr", "miller"}, {"mawk", "mawk"}} {
		t.find(p[0], p[1])
	}
	t.python()
	t.versions()
	for name, why := range t.missing {
		logf("without %s: %s", name, why)
	}
	return t, nil
}

func (t *Tools) note(name, version string) { t.Versions = append(t.Versions, name+" "+version) }

// fastjson notes the version of fastjson in go.mod.
func (t *Tools) fastjson() {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "github.com/valyala/fastjson").Output()
	if err == nil {
		t.note("fastjson", strings.TrimSpace(string(out)))
	}
}

// native builds the C++ programs with the system's simdjson, and ondemand also with
// a newer one.
func (t *Tools) native(bin string) {
	for _, name := range []string{"ondemand", "textbook"} {
		t.compile(name, filepath.Join(bin, name), home+"/"+name+".cpp", "-lsimdjson")
	}
	newer, err := t.newer()
	if err != nil {
		t.missing["ondemand-newer"] = err.Error()
		return
	}
	target := filepath.Join(bin, "ondemand-newer")
	t.compile("ondemand-newer", target, "-I"+newer, home+"/ondemand.cpp", newer+"/simdjson.cpp")
}

func (t *Tools) compile(name, target string, args ...string) {
	args = append([]string{"-std=c++17", "-O3", "-march=native", "-o", target}, args...)
	out, err := exec.Command("g++", args...).CombinedOutput()
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		t.missing[name] = fmt.Sprintf("not built (g++ and libsimdjson-dev are needed): %v %s", err, first)
		return
	}
	t.path[name] = target
	out, err = exec.Command(target, "version").Output()
	if err == nil {
		version, implementation, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
		t.note("simdjson", fmt.Sprintf("%s (%s)", strings.Trim(version, `"`), implementation))
	}
}

// newer returns the folder of a newer simdjson's two files. They are part of the
// source package of pysimdjson, which it downloads.
func (t *Tools) newer() (string, error) {
	into := filepath.Join(t.dir, "simdjson")
	find := func() string {
		found, _ := filepath.Glob(into + "/*/simdjson/simdjson.cpp")
		if len(found) == 0 {
			return ""
		}
		return filepath.Dir(found[0])
	}
	at := find()
	if at != "" {
		return at, nil
	}
	get := exec.Command("python3", "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", into, "pysimdjson")
	out, err := get.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("pysimdjson, which contains a newer simdjson, was not downloaded: %w %s", err, lastLine(out))
	}
	archives, _ := filepath.Glob(into + "/*.tar.gz")
	if len(archives) == 0 {
		return "", fmt.Errorf("pysimdjson has no source package")
	}
	out, err = exec.Command("tar", "-C", into, "-xf", archives[0]).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tar: %w %s", err, lastLine(out))
	}
	at = find()
	if at != "" {
		return at, nil
	}
	return "", fmt.Errorf("pysimdjson no longer contains simdjson")
}

// find looks for a program on PATH, then in a Debian package, which it downloads and
// unpacks into our own folder.
func (t *Tools) find(name, debian string) {
	installed, err := exec.LookPath(name)
	if err == nil {
		t.path[name] = installed
		return
	}
	if debian == "" {
		t.missing[name] = "not found"
		return
	}
	root := filepath.Join(t.dir, "deb")
	at := filepath.Join(root, "usr/bin", name)
	_, err = os.Stat(at)
	if err != nil {
		if err := unpack(root, debian); err != nil {
			t.missing[name] = "not found, and " + err.Error()
			return
		}
	}
	if err := exec.Command(at, "--version").Run(); err != nil {
		t.missing[name] = "downloaded, but does not run: " + err.Error()
		return
	}
	t.path[name] = at
}

func unpack(root, name string) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	get := exec.Command("apt-get", "download", name)
	get.Dir = root
	out, err := get.CombinedOutput()
	if err != nil {
		return fmt.Errorf("apt-get download %s: %w %s", name, err, lastLine(out))
	}
	archives, _ := filepath.Glob(filepath.Join(root, name+"_*.deb"))
	if len(archives) == 0 {
		return fmt.Errorf("apt-get download %s downloaded nothing", name)
	}
	out, err = exec.Command("dpkg", "-x", archives[0], root).CombinedOutput()
	if err != nil {
		return fmt.Errorf("dpkg -x: %w %s", err, lastLine(out))
	}
	return nil
}

// python finds Python and makes a virtual environment with DuckDB and Polars.
func (t *Tools) python() {
	base, err := exec.LookPath("python3")
	if err != nil {
		for _, name := range []string{"python", "duckdb", "polars"} {
			t.missing[name] = "python3 was not found"
		}
		return
	}
	t.path["python"] = base
	venv := filepath.Join(t.dir, "venv")
	own := filepath.Join(venv, "bin/python")
	_, err = os.Stat(own)
	if err != nil {
		out, err := exec.Command(base, "-m", "venv", venv).CombinedOutput()
		if err != nil {
			t.missing["duckdb"] = fmt.Sprintf("no virtual environment: %v %s", err, lastLine(out))
			t.missing["polars"] = t.missing["duckdb"]
			return
		}
	}
	t.path["python"] = own
	for _, name := range []string{"duckdb", "polars"} {
		if exec.Command(own, "-c", "import "+name).Run() != nil {
			out, err := exec.Command(own, "-m", "pip", "install", "-q", name).CombinedOutput()
			if err != nil {
				t.missing[name] = fmt.Sprintf("pip install %s: %v %s", name, err, lastLine(out))
				continue
			}
		}
		t.path[name] = own
	}
}

// versions notes the version of every peer.
func (t *Tools) versions() {
	note := func(name, tool string, args ...string) {
		if at, ok := t.path[tool]; ok {
			out, _ := exec.Command(at, args...).CombinedOutput()
			first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
			i := strings.IndexAny(first, "0123456789")
			if i >= 0 {
				first = first[i:]
			}
			t.note(name, first)
		}
	}
	t.gcc()
	note("jq", "jq", "--version")
	note("gojq", "gojq", "--version")
	note("Miller", "mlr", "--version")
	note("mawk", "mawk", "-W", "version")
	note("Python", "python", "--version")
	note("DuckDB", "duckdb", "-c", "import duckdb; print(duckdb.__version__)")
	note("Polars", "polars", "-c", "import polars; print(polars.__version__)")
	note("coreutils", "wc", "--version")
}

func (t *Tools) gcc() {
	out, err := exec.Command("g++", "-dumpfullversion").Output()
	if err == nil {
		t.note("g++", strings.TrimSpace(string(out)))
	}
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
