//go:build !unix

package cmd

import (
	"os/exec"
	"testing"
)

// startGroup starts a command, and kills it when the test ends.
func startGroup(t *testing.T, cmd *exec.Cmd) error {
	t.Helper()
	err := cmd.Start()
	if err == nil {
		t.Cleanup(func() { _ = cmd.Process.Kill() })
	}
	return err
}
