package cmd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/pkg/fd"
)

// TestSlowReader: a reader that stops reading, and then takes little at a time, gets every byte.
// While it does not read, the command uses no processor time, and no more memory than a
// fixed amount, whether or not its output blocks (O_NONBLOCK).
func TestSlowReader(t *testing.T) {
	openSources()
	if raceDetector {
		t.Skip("the race detector needs memory and time too")
	}
	t.Parallel()
	file := filepath.Join(t.TempDir(), "in")
	text := manyReadings()
	err := os.WriteFile(file, text, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"mavg -n 5", "winavg -w 5s --every 1s", "stats -f duration --list --deviation 0.001%"} {
		for _, jobs := range []string{"1", "4"} {
			for _, nonblocking := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s -j %s, O_NONBLOCK %v", command, jobs, nonblocking), func(t *testing.T) {
					t.Parallel()
					args := append(strings.Fields(command), "-j", jobs, file)
					want, err := exec.Command(args[0], args[1:]...).Output()
					if err != nil {
						t.Fatal(err)
					}
					s := startSlow(t, args, nonblocking)
					s.waitBlocked()
					peak := s.memory()
					if peak > 100<<20 {
						t.Errorf("it has %d bytes in memory", peak)
					}
					got := make([]byte, 1, len(want)+1)
					_, err = io.ReadFull(s.out, got)
					for n := 0; err == nil && len(got) < cap(got); got = got[:len(got)+n] {
						n, err = s.out.Read(got[len(got):min(len(got)+300, cap(got))]) // about a line
					}
					if err != io.EOF || !bytes.Equal(got, want) {
						t.Errorf("%v, %s", err, firstDifference(got, want))
					}
					err = s.cmd.Wait()
					if err != nil || s.stderr.Len() > 0 {
						t.Errorf("%v, stderr %s", err, &s.stderr)
					}
				})
			}
		}
	}
}

// slow is a command whose output nothing reads.
type slow struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    *os.File // what is to read its output
	stderr strings.Builder
}

// startSlow starts a command with a pipe as its output. nonblocking puts that into non-blocking
// mode.
func startSlow(t *testing.T, args []string, nonblocking bool) *slow {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := &slow{t: t, cmd: exec.Command(args[0], args[1:]...), out: r}
	s.cmd.Stdout, s.cmd.Stderr = w, &s.stderr
	err = s.cmd.Start()
	if err == nil && nonblocking {
		err = syscall.SetNonblock(int(w.Fd()), true) // the mode is that of both processes
	}
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		r.Close()
	})
	return s
}

// waitBlocked returns when the command has printed something, and has used no processor time for
// a while.
// Why it is polled: that a process waits cannot be seen from outside otherwise.
func (s *slow) waitBlocked() {
	s.t.Helper()
	ready, _, err := fd.Wait(s.out, nil, timeout)
	if err != nil || !ready {
		s.t.Fatalf("no output, %v", err)
	}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	end := time.After(timeout)
	for same, last := 0, ""; same < 25; {
		select {
		case <-ticker.C:
		case <-end:
			s.t.Fatal("it uses processor time while it has to wait for its reader")
		}
		now := s.processorTime()
		if now == last {
			same++
		} else {
			same, last = 0, now
		}
	}
}

// processorTime returns how long the command has worked, in clock ticks: for itself, and in the
// kernel.
func (s *slow) processorTime() string {
	s.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // after the name
	fields := strings.Fields(rest)
	return fields[11] + " " + fields[12]
}

// memory returns how many bytes the command has had in memory at most.
func (s *slow) memory() (n int) {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	if err == nil {
		_, err = fmt.Sscan(rest, &n)
	}
	if err != nil || !ok {
		s.t.Fatal(err)
	}
	return n << 10
}
