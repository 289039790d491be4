//go:build unix

package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestOutputFileAfterSignal: the file of -o is complete and in place after a signal, and not
// before. The truth is flushed before each wait.
func TestOutputFileAfterSignal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	truth := filepath.Join(dir, "truth")
	if err := syscall.Mkfifo(truth, 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "-o", name, "--interval", "1h", "--fault", "spike", "--fault-every", "1", "--truth", truth)
	fifo, err := os.Open(truth)
	if err != nil {
		t.Fatal(err)
	}
	defer fifo.Close()
	line, err := bufio.NewReader(fifo).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, `{"fault":"spike"`) {
		t.Errorf("the truth is %q, %v", line, err)
	}
	_, err = os.Stat(name)
	if err == nil {
		t.Error("the file exists before the end")
	}
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	got := r.code()
	if got != 143 || r.stderr.String() != "" {
		t.Errorf("exit code %d: %s", got, &r.stderr)
	}
	text, err := os.ReadFile(name)
	if err != nil || strings.Count(string(text), "\n") != 1 {
		t.Errorf("%q, %v", text, err)
	}
}
