package cmd

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadme runs every console block of the README: the lines after "$ " in a
// shell, where the binaries are on the path and testdata is at hand. What they
// print, stdout before stderr, and their exit code, if it is not 0, must stand
// below them.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	data, err := filepath.Abs("../testdata")
	if err == nil {
		err = os.Symlink(data, filepath.Join(dir, "testdata"))
	}
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 5 {
		t.Fatalf("only %d console blocks were found", len(blocks))
	}
	for _, b := range blocks {
		for _, step := range strings.Split("\n"+b[1], "\n$ ")[1:] {
			command, want, _ := strings.Cut(step, "\n")
			if want != "" {
				want = strings.TrimSuffix(want, "\n") + "\n"
			}
			if got := shell(t, dir, command); got != want {
				t.Errorf("$ %s\nprints\n%swant\n%s", command, got, want)
			}
		}
	}
}

func shell(t *testing.T, dir, command string) string {
	cmd := exec.Command("bash", "-c", "set -o pipefail; "+command)
	cmd.Dir = dir
	if strings.HasPrefix(command, "go ") {
		cmd.Dir = ".."
	}
	var out, words strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &words
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		words.WriteString("[exit " + strings.TrimPrefix(exit.ProcessState.String(), "exit status ") + "]\n")
	} else if err != nil {
		t.Fatal(err)
	}
	return out.String() + words.String()
}
