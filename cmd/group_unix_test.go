//go:build unix

package cmd

import (
	"os/exec"
	"syscall"
	"testing"
)

// startGroup starts a command, and kills it when the test ends, with all that it has started.
func startGroup(t *testing.T, cmd *exec.Cmd) error {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err := cmd.Start()
	if err == nil {
		t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	}
	return err
}
