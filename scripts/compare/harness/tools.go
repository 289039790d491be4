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

// Tools are the programs that are compared: where each is, or why it is not
// there.
type Tools struct {
	dir      string
	path     map[string]string // by name
	missing  map[string]string // by name: why
	Versions []string          // "jq 1.6", in order of preparation
	cores    bool              // our filters know -j
	clock    string            // GNU time, for peak memory; "" if there is none
}

const home = "scripts/compare" // from the top of the tree, where we run

// prepare builds our commands and what is kept here, and finds or fetches the
// rest. A peer that cannot be had is remembered with the reason; only our own
// commands must be there.
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
	say("building")
	build := exec.Command("go", "build", "-o", bin+"/", "./cmd/...", "./"+home+"/fastjson")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the README has it: libc is a millisecond at start-up
	if out, err := build.CombinedOutput(); err != nil {
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
		say("without %s: %s", name, why)
	}
	return t, nil
}

func (t *Tools) note(name, version string) { t.Versions = append(t.Versions, name+" "+version) }

// fastjson's version stands in go.mod.
func (t *Tools) fastjson() {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "github.com/valyala/fastjson").Output()
	if err == nil {
		t.note("fastjson", strings.TrimSpace(string(out)))
	}
}

// native builds the C++ programs on the system's simdjson, and ondemand once
// more on a newer one.
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
	if out, err := exec.Command("g++", args...).CombinedOutput(); err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		t.missing[name] = fmt.Sprintf("not built (g++ and libsimdjson-dev are needed): %v %s", err, first)
		return
	}
	t.path[name] = target
	if out, err := exec.Command(target, "version").Output(); err == nil {
		version, implementation, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
		t.note("simdjson", fmt.Sprintf("%s (%s)", strings.Trim(version, `"`), implementation))
	}
}

// newer is the folder of a newer simdjson's two files: pysimdjson's source
// package carries them.
func (t *Tools) newer() (string, error) {
	into := filepath.Join(t.dir, "simdjson")
	find := func() string {
		found, _ := filepath.Glob(into + "/*/simdjson/simdjson.cpp")
		if len(found) == 0 {
			return ""
		}
		return filepath.Dir(found[0])
	}
	if at := find(); at != "" {
		return at, nil
	}
	get := exec.Command("python3", "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", into, "pysimdjson")
	if out, err := get.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pysimdjson, which carries a newer simdjson, was not fetched: %w %s", err, lastLine(out))
	}
	packed, _ := filepath.Glob(into + "/*.tar.gz")
	if len(packed) == 0 {
		return "", fmt.Errorf("pysimdjson came without a source package")
	}
	if out, err := exec.Command("tar", "-C", into, "-xf", packed[0]).CombinedOutput(); err != nil {
		return "", fmt.Errorf("tar: %w %s", err, lastLine(out))
	}
	if at := find(); at != "" {
		return at, nil
	}
	return "", fmt.Errorf("pysimdjson carries no simdjson any more")
}

// find looks for a program on the path, then in Debian's package, which is
// unpacked into our own folder.
func (t *Tools) find(name, debian string) {
	if at, err := exec.LookPath(name); err == nil {
		t.path[name] = at
		return
	}
	if debian == "" {
		t.missing[name] = "not found"
		return
	}
	root := filepath.Join(t.dir, "deb")
	at := filepath.Join(root, "usr/bin", name)
	if _, err := os.Stat(at); err != nil {
		if err := unpack(root, debian); err != nil {
			t.missing[name] = "not found, and " + err.Error()
			return
		}
	}
	if err := exec.Command(at, "--version").Run(); err != nil {
		t.missing[name] = "fetched, but does not run: " + err.Error()
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
	if out, err := get.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get download %s: %w %s", name, err, lastLine(out))
	}
	packed, _ := filepath.Glob(filepath.Join(root, name+"_*.deb"))
	if len(packed) == 0 {
		return fmt.Errorf("apt-get download %s brought nothing", name)
	}
	if out, err := exec.Command("dpkg", "-x", packed[0], root).CombinedOutput(); err != nil {
		return fmt.Errorf("dpkg -x: %w %s", err, lastLine(out))
	}
	return nil
}

// python finds Python, and makes an environment with DuckDB and Polars.
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
	if _, err := os.Stat(own); err != nil {
		if out, err := exec.Command(base, "-m", "venv", venv).CombinedOutput(); err != nil {
			t.missing["duckdb"] = fmt.Sprintf("no virtual environment: %v %s", err, lastLine(out))
			t.missing["polars"] = t.missing["duckdb"]
			return
		}
	}
	t.path["python"] = own
	for _, name := range []string{"duckdb", "polars"} {
		if exec.Command(own, "-c", "import "+name).Run() != nil {
			if out, err := exec.Command(own, "-m", "pip", "install", "-q", name).CombinedOutput(); err != nil {
				t.missing[name] = fmt.Sprintf("pip install %s: %v %s", name, err, lastLine(out))
				continue
			}
		}
		t.path[name] = own
	}
}

// versions asks every peer which it is.
func (t *Tools) versions() {
	ask := func(name, tool string, args ...string) {
		if at, ok := t.path[tool]; ok {
			out, _ := exec.Command(at, args...).CombinedOutput()
			first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
			if i := strings.IndexAny(first, "0123456789"); i >= 0 {
				first = first[i:]
			}
			t.note(name, first)
		}
	}
	t.gcc()
	ask("jq", "jq", "--version")
	ask("gojq", "gojq", "--version")
	ask("Miller", "mlr", "--version")
	ask("mawk", "mawk", "-W", "version")
	ask("Python", "python", "--version")
	ask("DuckDB", "duckdb", "-c", "import duckdb; print(duckdb.__version__)")
	ask("Polars", "polars", "-c", "import polars; print(polars.__version__)")
	ask("coreutils", "wc", "--version")
}

func (t *Tools) gcc() {
	if out, err := exec.Command("g++", "-dumpfullversion").Output(); err == nil {
		t.note("g++", strings.TrimSpace(string(out)))
	}
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
