package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain runs machsim itself in the processes that the tests start.
func TestMain(m *testing.M) {
	if os.Getenv("MACHSIM") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// timeout is how long a test waits for what should happen at once. It is long, so that only a
// process that hangs reaches it.
const timeout = 20 * time.Second

// process is a running machsim, with pipes as its standard input and output.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Closer
	lines  chan string // of its output
	stderr strings.Builder
}

// start starts machsim. Its signals have their default effect, also if the process that runs the
// tests ignores them (as under nohup): a signal that is caught here is reset in a new process.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	r := &process{t: t, cmd: exec.Command(os.Args[0], args...), lines: make(chan string, 1000)}
	r.cmd.Env = append(os.Environ(), "MACHSIM=1")
	r.cmd.Stderr = &r.stderr
	out, err := r.cmd.StdoutPipe()
	if err == nil {
		r.in, err = r.cmd.StdinPipe()
	}
	if err == nil {
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		err = r.cmd.Start()
		signal.Stop(caught)
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

// read returns the next line of the output.
func (r *process) read() string {
	r.t.Helper()
	select {
	case line, ok := <-r.lines:
		if !ok {
			r.t.Fatalf("the output has ended; stderr: %s", &r.stderr)
		}
		return line
	case <-time.After(timeout):
		r.t.Fatal("no output")
	}
	return ""
}

// code reads the rest of the output, waits for the end of the process and returns its exit code.
func (r *process) code() int {
	r.t.Helper()
	timer := time.AfterFunc(timeout, func() { _ = r.cmd.Process.Kill() })
	defer timer.Stop()
	for range r.lines {
	}
	_ = r.cmd.Wait()
	return r.cmd.ProcessState.ExitCode()
}

// TestSignals: a line is written when it is due, and a signal ends the wait for the next one. The
// output and the truth have complete lines only.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}} {
		for _, rate := range []string{"--interval=1h", "--rate=max", "--rate=1000"} {
			truth := filepath.Join(t.TempDir(), "truth")
			r := start(t, rate, "--fault", "drift", "--fault-every", "1", "--truth", truth, "-v")
			line := r.read()
			if !strings.HasPrefix(line, `{"timestamp":"2024-05-06T08:00:00Z","machine":"m1"`) {
				t.Errorf("%s", line)
			}
			began := time.Now()
			if err := r.cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			got := r.code()
			if got != c.code {
				t.Errorf("%s %v: exit code %d, want %d: %s", rate, c.signal, got, c.code, &r.stderr)
			}
			t.Logf("%s %v: it took %v", rate, c.signal, time.Since(began))
			text, err := os.ReadFile(truth)
			if err != nil || !strings.HasSuffix(string(text), "}\n") || !strings.HasPrefix(string(text), `{"fault":"drift","machine":"m1","timestamp":"2024-05-06T08:00:00Z","line":1,`) {
				t.Errorf("the truth is %s, %v", text, err)
			}
			messages := r.stderr.String()
			if !strings.HasPrefix(messages, "machsim: ") || !strings.Contains(messages, " lines; faults injected: ") {
				t.Errorf("-v prints %q", messages)
			}
		}
	}
}

// TestReplayOfPipe: a line that is due is written as soon as it has been read. A signal ends the
// wait for input.
func TestReplayOfPipe(t *testing.T) {
	t.Parallel()
	r := start(t, "--from", "-", "--rate", "max")
	for _, line := range []string{`{"x": 1.0}`, `no json`, `{"x":2}`} {
		_, err := io.WriteString(r.in, line+"\n")
		if err != nil {
			t.Fatal(err)
		}
		got := r.read()
		if got != line {
			t.Errorf("got %s, want %s", got, line)
		}
	}
	_ = r.cmd.Process.Signal(syscall.SIGINT)
	got := r.code()
	if got != 130 || r.stderr.String() != "" {
		t.Errorf("exit code %d: %s", got, &r.stderr)
	}
}

// TestReaderClosesPipe: ends the run at the next line, with exit code 0 and without a message. The
// truth is written.
func TestReaderClosesPipe(t *testing.T) {
	t.Parallel()
	truth := filepath.Join(t.TempDir(), "truth")
	r := start(t, "--rate", "200", "--fault", "badline", "--truth", truth)
	r.read()
	_ = r.out.Close()
	got := r.code()
	if got != 0 || r.stderr.String() != "" {
		t.Errorf("exit code %d: %s", got, &r.stderr)
	}
	_, err := os.Stat(truth)
	if err != nil {
		t.Error(err)
	}
}
