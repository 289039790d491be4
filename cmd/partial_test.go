package cmd

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestStoppedPartial: a run with --partial that is stopped before it has read its input leaves
// the file of an earlier run as it is, and no other beside it. Why: what it has read has no
// seal, and a retry of the task may be writing the same file.
func TestStoppedPartial(t *testing.T) {
	openSources()
	t.Parallel()
	for signal, code := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGKILL: -1} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			name := filepath.Join(dir, "p")
			err := os.WriteFile(name, []byte("old\n"), 0o666)
			if err != nil {
				t.Fatal(err)
			}
			p := start(t, "exec winavg --partial -o "+name+" 2>&1")
			p.write(`{"timestamp":"2024-01-01T00:00:30Z","duration":1}` + "\nbroken\n")
			p.wantPrefix("winavg: -:2:1: ") // it has read both
			err = p.cmd.Process.Signal(signal)
			if err != nil {
				t.Fatal(err)
			}
			p.wantCode(code)
			text, err := os.ReadFile(name)
			if err != nil || string(text) != "old\n" {
				t.Errorf("the file is now %q, %v", text, err)
			}
			files, err := os.ReadDir(dir)
			if err != nil || len(files) != 1 {
				t.Errorf("files: %v, %v", files, err)
			}
		})
	}
}

// TestStoppedPartialHasNoSeal: on standard output, too, a run that is stopped early writes no
// seal, so that what it has printed is refused.
func TestStoppedPartialHasNoSeal(t *testing.T) {
	openSources()
	t.Parallel()
	p := start(t, "exec winavg --partial 2>&1")
	p.write("broken\n")
	p.wantPrefix("winavg: -:1:1: ")
	p.read() // the line
	p.read() // the caret
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	if err != nil {
		t.Fatal(err)
	}
	p.wantPrefix("winavg: interrupted: the partial is not complete, and has no seal")
	for line := range p.lines {
		t.Errorf("after that: %s", line)
	}
	p.wantCode(143)
}
