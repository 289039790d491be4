//go:build unix

package cmd

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStoppedReader: a process whose output is blocked, because the reader has stopped, ends by
// itself after one signal, and says that data are lost. If standard error has the same
// reader, it ends without a word.
func TestStoppedReader(t *testing.T) {
	openSources()
	t.Parallel()
	for _, c := range []struct {
		name, input, output string
		command             []string
	}{
		{"filter", `{"x":1}` + "\n", "", []string{"mavg", "-"}},
		{"rows", strings.Repeat(`{"timestamp":1714982400,"duration":1}`+"\n", 2), "", []string{"winavg", "-w", "1", "-"}},
		{"summary", `{"x":1}` + "\n", "", []string{"stats", "--deviation", "none", "-"}},
		{"messages", `{"x":` + "\n", "stderr", []string{"mavg", "-"}},
		{"source", `{"x":1}` + "\n", "", []string{"machsim", "--rate", "max", "--from", "-"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			full, reader := os.NewFile(uintptr(pair[0]), "full"), os.NewFile(uintptr(pair[1]), "reader")
			defer full.Close()
			defer reader.Close()
			err = syscall.SetNonblock(pair[0], true)
			for err == nil {
				_, err = syscall.Write(pair[0], make([]byte, 1<<10))
			}
			if err != syscall.EAGAIN || syscall.SetNonblock(pair[0], false) != nil {
				t.Fatal(err)
			}
			in, err := os.Create(filepath.Join(t.TempDir(), "in"))
			if err == nil {
				_, err = in.WriteString(c.input)
			}
			if err == nil {
				_, err = in.Seek(0, io.SeekStart)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			var stderr strings.Builder
			cmd := exec.Command(c.command[0], c.command[1:]...)
			reportFile := filepath.Join(t.TempDir(), "report")
			if c.command[0] != "machsim" { // which has no report
				cmd.Args = append(cmd.Args, "--report", reportFile)
			}
			cmd.Stdin, cmd.Stdout, cmd.Stderr = in, full, &stderr
			if c.output == "stderr" {
				cmd.Stdout, cmd.Stderr = nil, full
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ticker := time.NewTicker(time.Millisecond)
			defer ticker.Stop()
			for at := int64(0); at < int64(len(c.input)); <-ticker.C { // until it has read all: it shares our offset
				at, err = in.Seek(0, io.SeekCurrent)
				if err != nil {
					t.Fatal(err)
				}
			}
			began := time.Now()
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() { _ = cmd.Wait(); close(done) }()
			select {
			case <-done:
			case <-time.After(timeout):
				_ = cmd.Process.Kill()
				t.Fatal("it does not end")
			}
			t.Logf("it took %v", time.Since(began))
			want := c.command[0] + ": stdout: the reader has stopped reading; the rest of the data is lost\n"
			if c.output == "stderr" {
				want = ""
			}
			if cmd.ProcessState.ExitCode() != 74 || stderr.String() != want {
				t.Errorf("%v, stderr %q", cmd.ProcessState, stderr.String())
			}
			if len(cmd.Args) > len(c.command) {
				r := readReport(t, reportFile)
				if r.ExitCode != 74 || r.Records != nil || r.Error == nil {
					t.Errorf("the report is %+v", r)
				}
			}
		})
	}
}
