package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNAB: scripts/nab prints the table that the README of its series shows.
func TestNAB(t *testing.T) {
	openSources()
	t.Parallel()
	requireTools(t, "bash | gzip | sed ")
	readme, err := os.ReadFile("../testdata/nab/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(readme), "`scripts/nab` prints:\n\n```text\n")
	want, _, ok2 := strings.Cut(block, "```\n")
	if !ok || !ok2 {
		t.Fatal("README has no table of scripts/nab")
	}
	mavg, err := exec.LookPath("mavg")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("bash", "../scripts/nab")
	c.Env = append(os.Environ(), "WEIR_BIN="+filepath.Dir(mavg))
	c.Stderr = os.Stderr
	got, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("scripts/nab prints\n%s\nREADME has\n%s", got, want)
	}
}
