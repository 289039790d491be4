package cmd

import (
	"bufio"
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

// timeout is how long a test waits for output or for the end of a process. Both
// come within milliseconds; the wait is long so that a slow machine does not look
// like a process that hangs.
const timeout = time.Minute

// pipeline is a running shell command with a pipe to its stdin and one from its
// stdout.
type pipeline struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  chan string // of stdout; closed at its end
	stderr strings.Builder
}

func start(t *testing.T, command string) *pipeline {
	t.Helper()
	p := &pipeline{t: t, cmd: exec.Command("sh", "-c", command), lines: make(chan string, 1000)}
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.in, err = p.cmd.StdinPipe()
	}
	if err == nil {
		err = startGroup(t, p.cmd)
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
		close(p.lines)
	}()
	return p
}

func (p *pipeline) write(s string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, s)
	if err != nil {
		p.t.Fatal(err)
	}
}

// read returns the next line of stdout.
func (p *pipeline) read() string {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatalf("the output has ended; stderr: %s", &p.stderr)
		}
		return line
	case <-time.After(timeout):
		p.t.Fatal("no output: it is held back until the input ends")
	}
	return ""
}

// wantPrefix reads the next line of stdout, which must begin with prefix.
func (p *pipeline) wantPrefix(prefix string) {
	p.t.Helper()
	got := p.read()
	if !strings.HasPrefix(got, prefix) {
		p.t.Fatalf("got %s, want %s…", got, prefix)
	}
}

// wantCode waits for the end, which must come with that exit code.
func (p *pipeline) wantCode(code int) {
	p.t.Helper()
	done := make(chan error, 1)
	go func() {
		for range p.lines {
		}
		done <- p.cmd.Wait()
	}()
	select {
	case <-done:
	case <-time.After(timeout):
		p.t.Fatal("it does not end")
	}
	got := p.cmd.ProcessState.ExitCode()
	if got != code {
		p.t.Errorf("exit code %d, want %d", got, code)
	}
}

// TestEachLineAtOnce: in a chain of filters each line comes out before the next
// one goes in, without any flag.
func TestEachLineAtOnce(t *testing.T) {
	openSources()
	t.Parallel()
	p := start(t, "mavg | mavg --as again | cat")
	var worst time.Duration
	for i := range 20 {
		began := time.Now()
		p.write(fmt.Sprintf("{\"x\":%d}\n", i))
		p.wantPrefix(fmt.Sprintf(`{"x":%d,`, i))
		if i > 0 { // the first waits for the processes to start
			worst = max(worst, time.Since(began))
		}
	}
	t.Logf("the slowest line took %v from end to end", worst)
	p.in.Close()
	p.wantCode(0)
}

// TestTableIsLive: the header and each line of a table come out at once, and records that --having
// selects, too.
func TestTableIsLive(t *testing.T) {
	openSources()
	t.Parallel()
	p := start(t, "mavg -f x --format csv")
	p.write(`{"ts":1700000000,"x":1}` + "\n")
	p.wantPrefix("ts,x")
	p.wantPrefix("1700000000,1")
	p.write(`{"ts":1700000001,"x":2}` + "\n")
	p.wantPrefix("1700000001,1.5")
	p.in.Close()
	p.wantCode(0)
	p = start(t, "mavg -f x -n 1 --having mean\\>5")
	p.write(`{"x":1}` + "\n" + `{"x":6}` + "\n")
	p.wantPrefix(`{"x":6,`)
}

// TestRowsAreLive: winavg prints a row as soon as an event shows that it is due; the first
// one as soon as a second event agrees with the first, so that its clock can be trusted.
func TestRowsAreLive(t *testing.T) {
	openSources()
	t.Parallel()
	p := start(t, "winavg -w 1 -f x --as x")
	p.write(`{"timestamp":"2024-01-01T00:00:30Z","x":1}` + "\n")
	p.write(`{"timestamp":"2024-01-01T00:00:40Z","x":1}` + "\n")
	p.wantPrefix(`{"date":"2024-01-01 00:00:00"`)
	p.write(`{"timestamp":"2024-01-01T00:01:00Z","x":2}` + "\n")
	p.wantPrefix(`{"date":"2024-01-01 00:01:00","x":1}`)
}

// TestLiveTicks: with --live the clock makes rows due on a quiet stream, also those of a
// first event that stays alone.
func TestLiveTicks(t *testing.T) {
	openSources()
	t.Parallel()
	p := start(t, "winavg -w 1s --every 1s -f x --as x --live")
	p.write(`{"timestamp":"2024-01-01T00:00:00.9Z","x":1}` + "\n")
	for _, want := range []string{`{"date":"2024-01-01 00:00:00","x":null}`, `{"date":"2024-01-01 00:00:01","x":1}`, `{"date":"2024-01-01 00:00:02","x":null}`} {
		p.wantPrefix(want)
	}
}

// TestSignals: the first signal ends the input. What is known is printed, a line
// that has begun is not used, and the exit code is 128+n.
func TestSignals(t *testing.T) {
	openSources()
	t.Parallel()
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}, {syscall.SIGQUIT, 131}} {
		t.Run(c.signal.String(), func(t *testing.T) {
			t.Parallel()
			p := start(t, "exec winavg -w 1 -f x --as x -v")
			p.write(strings.Repeat(`{"timestamp":"2024-01-01T00:00:30Z","x":1}`+"\n", 2) + `{"timestamp":"2024-01-01T0`)
			p.read()
			began := time.Now()
			if err := p.cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			p.wantPrefix(`{"date":"2024-01-01 00:01:00","x":1}`)
			p.wantCode(c.code)
			t.Logf("it took %v", time.Since(began))
			if !strings.Contains(p.stderr.String(), "26 bytes of an unfinished line were ignored when the run was interrupted") {
				t.Errorf("stderr: %s", &p.stderr)
			}
			if strings.Contains(p.stderr.String(), "goroutine") {
				t.Errorf("a stack trace: %s", &p.stderr)
			}
		})
	}
}

// TestSecondSignal: a process whose output is blocked, because the reader of its
// pipe does not read, ends at the second signal, without a stack trace.
func TestSecondSignal(t *testing.T) {
	openSources()
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			testSecondSignal(t, signal)
		})
	}
}

func testSecondSignal(t *testing.T, signal syscall.Signal) {
	m := startBlocked(t)
	deadline := time.After(timeout)
	ticker := time.NewTicker(10 * time.Millisecond) // when it first blocks cannot be seen from here
	defer ticker.Stop()
	for ended := false; !ended; {
		select {
		case <-m.done:
			ended = true
		case <-deadline:
			t.Fatal("it does not end")
		case <-ticker.C:
			_ = m.cmd.Process.Signal(signal)
		}
	}
	status := m.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() && status.ExitStatus() != 128+int(signal) || strings.Contains(m.stderr.String(), "goroutine") {
		t.Errorf("it ended with %v, stderr %s", m.cmd.ProcessState, &m.stderr)
	}
}

// TestTwoSignalsAtOneMoment: two signals that come together count as two, whichever is first.
// One of them was lost in 14 of 100 runs, which then waited for their reader.
func TestTwoSignalsAtOneMoment(t *testing.T) {
	openSources()
	t.Parallel()
	for range 40 {
		m := startBlocked(t)
		_ = m.cmd.Process.Signal(syscall.SIGTERM)
		_ = m.cmd.Process.Signal(syscall.SIGINT)
		select {
		case <-m.done:
		case <-time.After(timeout):
			t.Fatal("it does not end")
		}
		code := m.cmd.ProcessState.ExitCode()
		if code != 128+int(syscall.SIGTERM) && code != 128+int(syscall.SIGINT) {
			t.Fatalf("it ended with %v, stderr %s", m.cmd.ProcessState, &m.stderr)
		}
	}
}

// blocked is a mavg whose output is not read.
type blocked struct {
	cmd    *exec.Cmd
	stderr strings.Builder // to be read once done is closed
	done   chan struct{}   // closed when it has ended
}

// startBlocked starts mavg with more input than the pipes hold, so that it blocks on its
// output. It returns once mavg has written something: it handles signals then. Before that,
// Go's runtime prints its stacks on SIGQUIT.
func startBlocked(t *testing.T) *blocked {
	t.Helper()
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, full, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	m := &blocked{cmd: exec.Command("mavg"), done: make(chan struct{})}
	m.cmd.Stdin, m.cmd.Stdout, m.cmd.Stderr = in, full, &m.stderr
	err = m.cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	in.Close() // only the process has these two now
	full.Close()
	fed := make(chan error, 1)
	go func() {
		_, err := feed.WriteString(strings.Repeat("{\"x\":1}\n", 1<<20))
		fed <- err
	}()
	_, err = out.Read(make([]byte, 1))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = m.cmd.Wait(); close(m.done) }()
	t.Cleanup(func() {
		_ = m.cmd.Process.Kill()
		<-m.done
		<-fed
		feed.Close()
		out.Close()
	})
	return m
}

// TestKillLeavesNoFile: a kill in the middle of the output leaves the old file of -o, and
// nothing beside it.
func TestKillLeavesNoFile(t *testing.T) {
	openSources()
	t.Parallel()
	dir := t.TempDir()
	probe, err := fd.CreateUnnamed(dir, 0o600)
	if err != nil {
		t.Skip("the file system has no files without a name: ", err)
	}
	probe.Close()
	for _, old := range []string{"", "old\n"} {
		out := filepath.Join(dir, "out")
		if old != "" {
			if err := os.WriteFile(out, []byte(old), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p := start(t, "exec mavg -o "+out)
		p.write(strings.Repeat(`{"x":1}`+"\n", 1<<19)) // more than the pipe holds: it has read, and written
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		p.wantCode(-1)
		text, _ := os.ReadFile(out) // "" if there is none
		left, err := filepath.Glob(filepath.Join(dir, "*"))
		hidden, err2 := filepath.Glob(filepath.Join(dir, ".*"))
		if string(text) != old || len(left) != len(old)/4 || len(hidden) > 0 || err != nil || err2 != nil {
			t.Errorf("%q was replaced by %.20q, left: %q, %q", old, text, left, hidden)
		}
	}
}
