package cmd

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// packed returns text in each compressed format.
func packed(t *testing.T, text []byte) map[string][]byte {
	t.Helper()
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, err := w.Write(text)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	formats := map[string][]byte{"gzip": gz.Bytes()}
	_, err = exec.LookPath("zstd")
	if err != nil && os.Getenv("CI") == "" {
		return formats
	}
	cmd := exec.Command("zstd", "-q", "-c")
	cmd.Stdin = bytes.NewReader(text)
	formats["zstd"], err = cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return formats
}

// TestDamagedFiles: of a compressed file that ends too early, every record before the end is
// used; then there is one
// message, which names the file, and the exit code is 74.
func TestDamagedFiles(t *testing.T) {
	openSources()
	t.Parallel()
	var text bytes.Buffer
	for i := range 40_000 {
		fmt.Fprintf(&text, "{\"x\":%d,\"id\":\"%08x\"}\n", i, uint32(i)*2654435761)
	}
	dir := t.TempDir()
	whole, _, _ := runFile(t, filepath.Join(dir, "whole"), text.Bytes())
	for name, data := range packed(t, text.Bytes()) {
		last := 0
		for part := 1; part < 16; part++ {
			at := len(data) * part / 16
			stdout, stderr, code := runFile(t, filepath.Join(dir, name), data[:at])
			n := len(stdout)
			if code != 74 || !strings.HasPrefix(whole, stdout) || n < last || n > 0 && stdout[n-1] != '\n' {
				t.Errorf("%s, %d/16 of it: exit %d, %d bytes of output", name, part, code, n)
			}
			if part == 15 && n < len(whole)*3/4 {
				t.Errorf("%s, %d/16 of it: only %d of %d bytes of output", name, part, n, len(whole))
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "mavg: "+filepath.Join(dir, name)+": ") || !strings.Contains(stderr, "truncated") {
				t.Errorf("%s, %d/16 of it: %s", name, part, stderr)
			}
			last = n

			flipped := bytes.Clone(data)
			flipped[at] ^= 1 << (part % 8)
			_, stderr, code = runFile(t, filepath.Join(dir, name), flipped)
			if code != 74 || !strings.Contains(stderr, "mavg: "+filepath.Join(dir, name)+": ") || strings.Contains(stderr, "goroutine") {
				t.Errorf("%s, a bit flipped at %d/16: exit %d, %s", name, part, code, stderr)
			}
		}
	}
}

// runFile runs mavg with a file of that content.
func runFile(t *testing.T, file string, data []byte) (stdout, stderr string, code int) {
	t.Helper()
	err := os.WriteFile(file, data, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("mavg", "-n", "2", file)
	var out, words strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &words
	_ = cmd.Run()
	return out.String(), words.String(), cmd.ProcessState.ExitCode()
}
