package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain is machsim itself, where a test asks for it.
func TestMain(m *testing.M) {
	if os.Getenv("MACHSIM") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for what should come at once; it tells a
// hang, not slowness.
const patience = 20 * time.Second

// running is a machsim with a pipe at each end.
type running struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Closer
	lines  chan string
	stderr strings.Builder
}

func start(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{t: t, cmd: exec.Command(os.Args[0], args...), lines: make(chan string, 1000)}
	r.cmd.Env = append(os.Environ(), "MACHSIM=1")
	r.cmd.Stderr = &r.stderr
	out, err := r.cmd.StdoutPipe()
	if err == nil {
		r.in, err = r.cmd.StdinPipe()
	}
	if err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	r.out = out
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			r.lines <- s.Text()
		}
		close(r.lines)
	}()
	return r
}

func (r *running) read() string {
	r.t.Helper()
	select {
	case line, ok := <-r.lines:
		if !ok {
			r.t.Fatalf("the output has ended; stderr: %s", &r.stderr)
		}
		return line
	case <-time.After(patience):
		r.t.Fatal("nothing came")
	}
	return ""
}

// code waits for the end, with what still comes, and gives the exit code.
func (r *running) code() int {
	r.t.Helper()
	late := time.AfterFunc(patience, func() { _ = r.cmd.Process.Kill() })
	defer late.Stop()
	for range r.lines {
	}
	_ = r.cmd.Wait()
	return r.cmd.ProcessState.ExitCode()
}

// TestSignals: a line is out when it is due, and a signal ends the wait for the
// next; what was written is kept whole, the truth too.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}} {
		for _, rate := range []string{"--interval=1h", "--rate=max", "--rate=1000"} {
			truth := filepath.Join(t.TempDir(), "truth")
			r := start(t, rate, "--fault", "drift", "--fault-every", "1", "--truth", truth, "-v")
			if line := r.read(); !strings.HasPrefix(line, `{"timestamp":"2024-05-06T08:00:00Z","machine":"m1"`) {
				t.Errorf("%s", line)
			}
			began := time.Now()
			if err := r.cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if got := r.code(); got != c.code {
				t.Errorf("%s %v: exit code %d, want %d: %s", rate, c.signal, got, c.code, &r.stderr)
			}
			t.Logf("%s %v: it took %v", rate, c.signal, time.Since(began))
			text, err := os.ReadFile(truth)
			if err != nil || !strings.HasSuffix(string(text), "}\n") || !strings.HasPrefix(string(text), `{"fault":"drift","machine":"m1","timestamp":"2024-05-06T08:00:00Z","line":1,`) {
				t.Errorf("the truth is %s, %v", text, err)
			}
			if words := r.stderr.String(); !strings.HasPrefix(words, "machsim: ") || !strings.Contains(words, " lines; faults planted: ") {
				t.Errorf("-v says %q", words)
			}
		}
	}
}

// TestOutputOfSignal: an output that is written aside is put in place.
func TestOutputOfSignal(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "out")
	truth := filepath.Join(folder, "truth")
	if err := syscall.Mkfifo(truth, 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "-o", name, "--interval", "1h", "--fault", "spike", "--fault-every", "1", "--truth", truth)
	fifo, err := os.Open(truth)
	if err != nil {
		t.Fatal(err)
	}
	defer fifo.Close()
	told, err := bufio.NewReader(fifo).ReadString('\n') // flushed before the wait, as the output is
	if err != nil || !strings.HasPrefix(told, `{"fault":"spike"`) {
		t.Errorf("the truth is %q, %v", told, err)
	}
	if _, err := os.Stat(name); err == nil {
		t.Error("it is there before the end")
	}
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	if got := r.code(); got != 143 || r.stderr.String() != "" {
		t.Errorf("exit code %d: %s", got, &r.stderr)
	}
	if text, err := os.ReadFile(name); err != nil || strings.Count(string(text), "\n") != 1 {
		t.Errorf("%q, %v", text, err)
	}
}

// TestReplayOfAPipe: a line that comes in is out at once, when it is due already;
// a signal ends the wait for input too.
func TestReplayOfAPipe(t *testing.T) {
	r := start(t, "--from", "-", "--rate", "max")
	for _, line := range []string{`{"x": 1.0}`, `no json`, `{"x":2}`} {
		if _, err := io.WriteString(r.in, line+"\n"); err != nil {
			t.Fatal(err)
		}
		if got := r.read(); got != line {
			t.Errorf("got %s, want %s", got, line)
		}
	}
	_ = r.cmd.Process.Signal(syscall.SIGINT)
	if got := r.code(); got != 130 || r.stderr.String() != "" {
		t.Errorf("exit code %d: %s", got, &r.stderr)
	}
}

// TestReaderLeaves: no words, exit code 0, found out at the next line; the truth
// is kept.
func TestReaderLeaves(t *testing.T) {
	truth := filepath.Join(t.TempDir(), "truth")
	r := start(t, "--rate", "200", "--fault", "badline", "--truth", truth)
	r.read()
	_ = r.out.Close()
	if got := r.code(); got != 0 || r.stderr.String() != "" {
		t.Errorf("exit code %d: %s", got, &r.stderr)
	}
	if _, err := os.Stat(truth); err != nil {
		t.Error(err)
	}
}
