package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxWeight is the limit for all files together, compressed, in bytes: a phone on a bad
// network has the page within a second or two.
const maxWeight = 100_000

// TestWeight: all files together are small, and their compressed form is the same
// content.
func TestWeight(t *testing.T) {
	t.Parallel()
	sum := 0
	for _, name := range Names() {
		f, _ := Open(name)
		r, err := gzip.NewReader(bytes.NewReader(f.Gzip))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		body, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(body, f.Body) {
			t.Errorf("%s: decompressed, it differs (%v)", name, err)
		}
		sum += len(f.Gzip)
	}
	t.Logf("%d files, %d bytes compressed", len(Names()), sum)
	if sum > maxWeight {
		t.Errorf("%d bytes compressed, want at most %d", sum, maxWeight)
	}
}

// TestFiles: each file has the type that browsers demand, and ETags of its own for
// both of its forms.
func TestFiles(t *testing.T) {
	t.Parallel()
	tags := map[string]string{}
	for _, name := range Names() {
		f, ok := Open(name)
		if !ok || f.Name != name {
			t.Fatalf("%s is listed, but cannot be opened", name)
		}
		if f.Type == "" {
			t.Errorf("%s: no media type for the ending %q", name, path.Ext(name))
		}
		for _, tag := range []string{f.ETag, f.GzipETag} {
			if !regexp.MustCompile(`^"[0-9a-f]{16}(-gzip)?"$`).MatchString(tag) || tags[tag] != "" {
				t.Errorf("%s: ETag %s, which %q has too", name, tag, tags[tag])
			}
			tags[tag] = name
		}
	}
	for name, want := range map[string]string{
		Index:                     "text/html; charset=utf-8",
		"app.js":                  "text/javascript; charset=utf-8",
		"uplot/uPlot.iife.min.js": "text/javascript; charset=utf-8",
		"style.css":               "text/css; charset=utf-8",
		"icon.svg":                "image/svg+xml",
	} {
		f, ok := Open(name)
		if !ok || f.Type != want {
			t.Errorf("%s: %+v, want type %s", name, f, want)
		}
	}
	for _, name := range []string{"", "assets", "../page.go", "uplot", "nosuch.js"} {
		if _, ok := Open(name); ok {
			t.Errorf("%q can be opened", name)
		}
	}
}

// TestUPlot: the files of uPlot are those of the npm package, version 1.6.32.
func TestUPlot(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"uplot/uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
		"uplot/uPlot.min.css":     "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
		"uplot/LICENSE":           "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
	} {
		f, ok := Open(name)
		if !ok {
			t.Fatalf("%s is missing", name)
		}
		sum := sha256.Sum256(f.Body)
		got := hex.EncodeToString(sum[:])
		if got != want {
			t.Errorf("%s: SHA-256 %s, want %s", name, got, want)
		}
	}
}

// TestOnlyOwnServer: no file names another server. Namespaces of SVG are names, not
// addresses, and uPlot's first line says where it is from.
func TestOnlyOwnServer(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`(?i)(?:https?:)?//[a-z0-9-]+\.[^\s"'` + "`" + `)]+|\b(?:wss?|ftp):`)
	allowed := []string{"http://www.w3.org/2000/svg", "https://github.com/leeoniya/uPlot"}
	for _, name := range Names() {
		f, _ := Open(name)
		if name == "uplot/LICENSE" {
			continue
		}
		for _, url := range address.FindAllString(string(f.Body), -1) {
			if !slices.Contains(allowed, url) {
				t.Errorf("%s names %s", name, url)
			}
		}
	}
}

// TestPolicy: the page works under its Content-Security-Policy, which forbids scripts
// and styles within HTML, and text that becomes markup.
func TestPolicy(t *testing.T) {
	t.Parallel()
	if strings.Contains(Policy, "unsafe") || !strings.Contains(Policy, "default-src 'self'") || !strings.Contains(Policy, "frame-ancestors 'none'") {
		t.Errorf("Policy = %s", Policy)
	}
	html := regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>[^<]|<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:`)
	script := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\("style"`)
	for _, name := range Names() {
		f, _ := Open(name)
		pattern := map[string]*regexp.Regexp{".html": html, ".js": script}[path.Ext(name)]
		if pattern == nil || strings.HasPrefix(name, "uplot/") { // uPlot's are covered by the policy, in the browser
			continue
		}
		for _, bad := range pattern.FindAllString(string(f.Body), -1) {
			t.Errorf("%s has %q", name, bad)
		}
	}
}

// TestLinks: whatever a file refers to exists, and the page loads every script early.
func TestLinks(t *testing.T) {
	t.Parallel()
	index, _ := Open(Index)
	for _, m := range regexp.MustCompile(`(?:href|src)="/([^"]*)"`).FindAllStringSubmatch(string(index.Body), -1) {
		if _, ok := Open(strings.TrimPrefix(m[1], "assets/")); !ok {
			t.Errorf("%s refers to /%s, which does not exist", Index, m[1])
		}
	}
	for _, name := range Names() {
		f, _ := Open(name)
		if path.Ext(name) != ".js" || strings.HasPrefix(name, "uplot/") {
			continue
		}
		if !strings.Contains(string(index.Body), `"/assets/`+name+`"`) {
			t.Errorf("%s does not load %s: it would be found late", Index, name)
		}
		if !bytes.HasPrefix(f.Body, []byte("// "+name+" ")) {
			t.Errorf("%s does not begin with a comment that says what it is for", name)
		}
		for _, m := range regexp.MustCompile(`from "\./([^"]+)"`).FindAllStringSubmatch(string(f.Body), -1) {
			if _, ok := Open(m[1]); !ok {
				t.Errorf("%s imports %s, which does not exist", name, m[1])
			}
		}
	}
}
