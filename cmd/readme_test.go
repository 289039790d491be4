package cmd

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
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
	for i, b := range blocks {
		t.Run(strconv.Itoa(i+1), func(t *testing.T) {
			needs(t, b[1], "curl", "jq")
			for _, step := range strings.Split("\n"+b[1], "\n$ ")[1:] {
				command, want, _ := strings.Cut(step, "\n")
				if want != "" {
					want = strings.TrimSuffix(want, "\n") + "\n"
				}
				if got := shell(t, dir, command); got != want {
					t.Errorf("$ %s\nprints\n%swant\n%s", command, got, want)
				}
			}
		})
	}
}

// needs skips a block whose tools a newcomer may not have; where changes are
// judged (CI is set), they must be there.
func needs(t *testing.T, block string, tools ...string) {
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil && strings.Contains(block, tool+" ") {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not installed", tool)
			}
			t.Skipf("%s is not installed, and this block of the README uses it", tool)
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
