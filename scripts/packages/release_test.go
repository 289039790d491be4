package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// host is the system that is built: the others differ in nothing that is tested.
var host = "linux/" + runtime.GOARCH

// dir has a release of the commit that is checked out, not of files that differ from it.
var dir string

// built makes it, for the first test that asks.
var built = sync.OnceValue(func() error { return makeRelease(dir) })

func TestMain(m *testing.M) {
	var err error
	dir, err = os.MkdirTemp("", "weir-release")
	if err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func makeRelease(dir string) error {
	out, err := exec.Command("../release", dir, host).CombinedOutput()
	if err != nil {
		return fmt.Errorf("scripts/release: %w\n%s", err, out)
	}
	return nil
}

// released returns the name of the file of the release that a pattern matches.
func released(t *testing.T, pattern string) string {
	t.Helper()
	err := built()
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) != 1 {
		t.Fatalf("%s: %q, %v", pattern, names, err)
	}
	return names[0]
}

// need skips a test whose program is not installed; where CI is set, it fails.
func need(t *testing.T, program string) {
	t.Helper()
	_, err := exec.LookPath(program)
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("not installed: %s", program)
	default:
		t.Skipf("not installed: %s", program)
	}
}

// needRoot skips a test that only root can run.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("not run: it needs root")
	}
}

// output runs a program and returns its standard output.
func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// TestSameBytes: a second release of the commit, elsewhere, has the same bytes, and
// SHA256SUMS is true.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	sums := released(t, "SHA256SUMS")
	first, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	n := strings.Count(string(first), "\n")
	if n != 4 {
		t.Errorf("%d files, want the archive, .deb, .rpm and the image:\n%s", n, first)
	}
	for line := range strings.Lines(string(first)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		data, err := os.ReadFile(filepath.Join(filepath.Dir(sums), name))
		if err != nil || fmt.Sprintf("%x", sha256.Sum256(data)) != sum {
			t.Errorf("%s: %v, or another sum", name, err)
		}
	}
	again := t.TempDir()
	err = makeRelease(again)
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(filepath.Join(again, "SHA256SUMS"))
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("%v, or other sums:\n%s%s", err, first, second)
	}
}

// TestArchive: the archive has the commands, which know their commit, and all that belongs
// to them.
func TestArchive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	output(t, "tar", "-xzf", released(t, "*.tar.gz"), "-C", dir, "--strip-components=1")
	for _, name := range []string{
		"LICENSE", "THIRD-PARTY-LICENSES", "README.md", "statusd.service", "bin/winavg", "share/man/man1/winavg.1", "share/bash-completion/completions/winavg",
		"share/zsh/site-functions/_winavg", "share/fish/vendor_completions.d/winavg.fish",
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, or empty", name, err)
		}
	}
	commit := strings.TrimSpace(output(t, "git", "rev-parse", "HEAD"))
	version := output(t, filepath.Join(dir, "bin/winavg"), "--version")
	if !regexp.MustCompile(`^winavg \(weir\) (v[0-9]\S*|devel), commit ` + commit[:12] + ` of 20\d\d-\d\d-\d\d, go`).MatchString(version) {
		t.Errorf("version %q", version)
	}
}

// TestDebian: dpkg installs the package, the commands run, and nothing is left when it is
// removed.
func TestDebian(t *testing.T) {
	t.Parallel()
	needRoot(t)
	need(t, "dpkg")
	file := released(t, "*.deb")
	root := t.TempDir()
	for _, dir := range []string{"var/lib/dpkg/updates", "var/lib/dpkg/info"} {
		err := os.MkdirAll(filepath.Join(root, dir), 0o777)
		if err != nil {
			t.Fatal(err)
		}
	}
	err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	output(t, "dpkg", "--root="+root, "--install", file)
	author := strings.TrimSpace(output(t, "git", "log", "-1", "--format=%an <%ae>"))
	maintainer := strings.TrimSpace(output(t, "dpkg-query", "--admindir="+filepath.Join(root, "var/lib/dpkg"), "-W", "-f", "${Maintainer}", "weir"))
	if maintainer != author {
		t.Errorf("the maintainer is %q, want %q, the author of the commit", maintainer, author)
	}
	got := output(t, filepath.Join(root, "usr/bin/machsim"), "-n", "2", "--rate", "max")
	if strings.Count(got, "\n") != 2 {
		t.Errorf("machsim prints %q", got)
	}
	for _, name := range []string{"usr/share/man/man1/stats.1.gz", "usr/share/zsh/vendor-completions/_stats", "usr/share/doc/weir/copyright", "usr/share/doc/weir/changelog.Debian.gz"} {
		_, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
		}
	}
	output(t, "dpkg", "--root="+root, "--purge", "weir")
	left, err := filepath.Glob(filepath.Join(root, "usr*"))
	if err != nil || left != nil {
		t.Errorf("%v, or left: %q", err, left)
	}
}

// TestRPM: rpm lists the commands, their pages and completions, and knows what is
// documentation, which some systems leave out, and what a licence, which they keep.
func TestRPM(t *testing.T) {
	t.Parallel()
	need(t, "rpm")
	for kind, names := range map[string][]string{
		"--list":         {"/usr/bin/mavg", "/usr/share/zsh/site-functions/_mavg"},
		"--docfiles":     {"/usr/share/man/man1/mavg.1.gz", "/usr/share/doc/weir/README.md"},
		"--licensefiles": {"/usr/share/licenses/weir/LICENSE", "/usr/share/licenses/weir/THIRD-PARTY-LICENSES"},
	} {
		list := strings.Fields(output(t, "rpm", "-qp", kind, released(t, "*.rpm")))
		for _, name := range names {
			if !slices.Contains(list, name) {
				t.Errorf("%s is not in %s: %q", name, kind, list)
			}
		}
	}
}

// TestImageEntry: the layout of an image for two processors has one entry, with a name, and
// that is an index of both: podman load refuses two entries.
func TestImageEntry(t *testing.T) {
	t.Parallel()
	r := &release{version: "v0.1.0", work: t.TempDir(), out: t.TempDir()}
	for _, arch := range []string{"amd64", "arm64"} {
		dir := filepath.Join(r.work, "bin/linux", arch)
		err := os.MkdirAll(dir, 0o777)
		if err != nil {
			t.Fatal(err)
		}
		err = os.WriteFile(filepath.Join(dir, "mavg"), []byte(arch), 0o777)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"source/LICENSE", "licenses/linux/amd64", "licenses/linux/arm64"} {
		file := filepath.Join(r.work, name)
		err := os.MkdirAll(filepath.Dir(file), 0o777)
		if err != nil {
			t.Fatal(err)
		}
		err = os.WriteFile(file, []byte(name), 0o666)
		if err != nil {
			t.Fatal(err)
		}
	}
	name, err := r.image([]string{"amd64", "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	type index struct {
		Manifests []struct {
			Digest, MediaType string
			Annotations       map[string]string
			Platform          struct{ OS, Architecture string }
		}
	}
	blobs := untar(t, filepath.Join(r.out, name))
	var outer, inner index
	err = json.Unmarshal(blobs["index.json"], &outer)
	if err != nil || len(outer.Manifests) != 1 || outer.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "weir:v0.1.0" {
		t.Fatalf("%v, or the entries are %+v", err, outer.Manifests)
	}
	err = json.Unmarshal(blobs["blobs/"+strings.Replace(outer.Manifests[0].Digest, ":", "/", 1)], &inner)
	if err != nil || len(inner.Manifests) != 2 || inner.Manifests[1].Platform.Architecture != "arm64" {
		t.Fatalf("%v, or the images are %+v", err, inner.Manifests)
	}
}

// TestImage: every blob of the image has the digest that names it, from the index to the
// layer, which has the commands and nothing else; they run with it as their root.
func TestImage(t *testing.T) {
	t.Parallel()
	blobs := untar(t, released(t, "*-image.tar"))
	var index, manifest struct {
		Manifests, Layers []struct{ Digest string }
		Config            struct{ Digest string }
	}
	parse := func(name string, v any) []byte {
		t.Helper()
		data := blobs[name]
		digest, ok := strings.CutPrefix(name, "blobs/sha256/")
		if ok && digest != fmt.Sprintf("%x", sha256.Sum256(data)) {
			t.Fatalf("%s has another digest, or is missing", name)
		}
		if v != nil {
			err := json.Unmarshal(data, v)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		return data
	}
	blob := func(digest string) string { return "blobs/" + strings.Replace(digest, ":", "/", 1) }
	parse("index.json", &index)
	parse(blob(index.Manifests[0].Digest), &index)
	parse(blob(index.Manifests[0].Digest), &manifest)
	var config struct {
		Architecture string
		Rootfs       struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	parse(blob(manifest.Config.Digest), &config)
	if config.Architecture != runtime.GOARCH || len(manifest.Layers) != 1 {
		t.Fatalf("%+v, %+v", config, manifest)
	}
	z, err := gzip.NewReader(bytes.NewReader(parse(blob(manifest.Layers[0].Digest), nil)))
	if err != nil {
		t.Fatal(err)
	}
	layer, err := io.ReadAll(z)
	if err != nil || config.Rootfs.DiffIDs[0] != fmt.Sprintf("sha256:%x", sha256.Sum256(layer)) {
		t.Fatalf("%v, or the layer has another digest", err)
	}
	root := t.TempDir()
	file := filepath.Join(t.TempDir(), "layer.tar")
	err = os.WriteFile(file, layer, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Fields(output(t, "tar", "-tf", file))
	if strings.Join(list, " ") != "bin/ bin/machsim bin/mavg bin/stats bin/statusd bin/winavg licenses/ licenses/LICENSE licenses/THIRD-PARTY-LICENSES tmp/" {
		t.Errorf("the layer has %q", list)
	}
	needRoot(t)
	output(t, "tar", "-xf", file, "-C", root)
	got := output(t, "chroot", root, "/bin/machsim", "-n", "3", "--rate", "max")
	if strings.Count(got, "\n") != 3 {
		t.Errorf("machsim prints %q", got)
	}
}

// TestLicenses: the licences of Go and of the modules that the commands contain are there,
// those of single packages too, and none of a module that only tests need.
func TestLicenses(t *testing.T) {
	t.Parallel()
	r := &release{work: t.TempDir()}
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	err = os.Symlink(source, filepath.Join(r.work, "source"))
	if err != nil {
		t.Fatal(err)
	}
	windows := target{"windows", "amd64"}
	err = r.gatherLicenses(windows)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.licenses(windows))
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{
		`\nGo 1\.\S+, LICENSE\n`, `\ngithub.com/alecthomas/kong v\S+, COPYING\n`, `\ngithub.com/klauspost/compress v\S+, zstd/internal/xxhash/LICENSE.txt\n`,
		`\nmodernc.org/sqlite v\S+, LICENSE\n`,
	} {
		if !regexp.MustCompile(pattern).Match(text) {
			t.Errorf("not there: %s", pattern)
		}
	}
	if bytes.Contains(text, []byte("testscript")) || bytes.Contains(text, []byte("go-internal")) {
		t.Error("the licence of a module that only tests need is there")
	}
}

// TestMaintainer: a maintainer is a name with an address.
func TestMaintainer(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"Jo Doe <jo@example.org>": true, "Zoë Ö. <z+weir@example.org>": true,
		"": false, "Jo Doe": false, "jo@example.org": false, "<jo@example.org>": false, "Jo <jo@example.org>\nSection: x": false,
	} {
		if (checkMaintainer(text) == nil) != good {
			t.Errorf("%q: %v", text, checkMaintainer(text))
		}
	}
}

// untar returns the files of a tar file.
func untar(t *testing.T, name string) map[string][]byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	files := map[string][]byte{}
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name], err = io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPackageVersion: dpkg and rpm take what comes before a release for older than it.
func TestPackageVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"v0.1.0": "0.1.0", "v0.1.0-rc.1": "0.1.0~rc.1", "v0.0.0-20261130043854-1ea418409eee": "0.0.0~20261130043854.1ea418409eee",
	} {
		if packageVersion(version) != want {
			t.Errorf("%s: %s, want %s", version, packageVersion(version), want)
		}
	}
}
