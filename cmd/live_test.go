package cmd

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what should come at once; it is told
// from a hang, not from slowness.
const patience = 20 * time.Second

// run is a command with a pipe at each end.
type run struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  chan string
	stderr strings.Builder
}

func start(t *testing.T, shell string) *run {
	t.Helper()
	r := &run{t: t, cmd: exec.Command("bash", "-c", shell), lines: make(chan string, 1000)}
	r.cmd.Stderr = &r.stderr
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
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
	t.Cleanup(func() { _ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) })
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			r.lines <- s.Text()
		}
		close(r.lines)
	}()
	return r
}

func (r *run) write(s string) {
	r.t.Helper()
	if _, err := io.WriteString(r.in, s); err != nil {
		r.t.Fatal(err)
	}
}

func (r *run) read() string {
	r.t.Helper()
	select {
	case line, ok := <-r.lines:
		if !ok {
			r.t.Fatalf("the output has ended; stderr: %s", &r.stderr)
		}
		return line
	case <-time.After(patience):
		r.t.Fatal("nothing came: it is held back until the input ends")
	}
	return ""
}

// code waits for the end and gives the exit code.
func (r *run) code() int {
	r.t.Helper()
	done := make(chan error, 1)
	go func() {
		for range r.lines {
		}
		done <- r.cmd.Wait()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		r.t.Fatal("it does not end")
	}
	return r.cmd.ProcessState.ExitCode()
}

// TestEachLineAtOnce: what goes into a chain of filters comes out before the
// next line goes in, without any flag.
func TestEachLineAtOnce(t *testing.T) {
	r := start(t, "mavg | mavg --as again | cat")
	var worst time.Duration
	for i := range 20 {
		began := time.Now()
		r.write(fmt.Sprintf("{\"x\":%d}\n", i))
		if got, want := r.read(), fmt.Sprintf(`{"x":%d,`, i); !strings.HasPrefix(got, want) {
			t.Fatalf("got %s, want %s…", got, want)
		}
		if i > 0 { // the first waits for the processes to start
			worst = max(worst, time.Since(began))
		}
	}
	t.Logf("a line took %v at most from end to end", worst)
	r.in.Close()
	if code := r.code(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestRowsAreLive: a row of winavg is out as soon as an event shows that it is
// due.
func TestRowsAreLive(t *testing.T) {
	r := start(t, "winavg -w 1 -f x --as x")
	r.write(`{"timestamp":"2024-01-01T00:00:30Z","x":1}` + "\n")
	if got := r.read(); !strings.Contains(got, "00:00:00") {
		t.Errorf("got %s", got)
	}
	r.write(`{"timestamp":"2024-01-01T00:01:00Z","x":2}` + "\n")
	if got, want := r.read(), `{"date":"2024-01-01 00:01:00","x":1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestLiveTicks: with --live a row falls due by the clock on a quiet stream.
func TestLiveTicks(t *testing.T) {
	r := start(t, "winavg -w 1s --every 1s -f x --as x --live")
	r.write(`{"timestamp":"2024-01-01T00:00:00.9Z","x":1}` + "\n")
	for _, want := range []string{`{"date":"2024-01-01 00:00:00","x":0}`, `{"date":"2024-01-01 00:00:01","x":1}`, `{"date":"2024-01-01 00:00:02","x":0}`} {
		if got := r.read(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestSignals: the first signal ends the input; what is owed is printed, the
// line that had begun is left, the exit code is 128+n.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}} {
		t.Run(c.signal.String(), func(t *testing.T) {
			r := start(t, "exec winavg -w 1 -f x --as x -v")
			r.write(`{"timestamp":"2024-01-01T00:00:30Z","x":1}` + "\n" + `{"timestamp":"2024-01-01T0`)
			r.read()
			began := time.Now()
			if err := r.cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if got, want := r.read(), `{"date":"2024-01-01 00:01:00","x":1}`; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if got := r.code(); got != c.code {
				t.Errorf("exit code %d, want %d", got, c.code)
			}
			t.Logf("it took %v", time.Since(began))
			if !strings.Contains(r.stderr.String(), "26 bytes of an unfinished line") {
				t.Errorf("stderr: %s", &r.stderr)
			}
		})
	}
}

// TestSecondSignal: a process that cannot print what it owes, because nobody
// reads, is ended by a second signal.
func TestSecondSignal(t *testing.T) {
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, full, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	cmd := exec.Command("mavg")
	cmd.Stdin, cmd.Stdout = in, full
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	full.Close()
	fed := make(chan error, 1)
	go func() { // more than the pipes hold: the filter blocks on its output
		_, err := feed.WriteString(strings.Repeat("{\"x\":1}\n", 1<<20))
		fed <- err
	}()
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	deadline := time.After(patience)
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		case <-deadline:
			t.Fatal("it does not end")
		default:
			_ = cmd.Process.Signal(syscall.SIGINT)
		}
	}
	in.Close()
	<-fed
	if s := cmd.ProcessState.Sys().(syscall.WaitStatus); !s.Signaled() && s.ExitStatus() != 130 {
		t.Errorf("it ended with %v", cmd.ProcessState)
	}
}
