package cmd

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stopTime is the time in which statusd must end after a signal.
const stopTime = 5 * time.Second

// hang opens n connections to an address that each wait for ever: a third has sent a
// part of a request, a third a part of a body, and a third does not read its answer.
func hang(t *testing.T, address string, n int) {
	t.Helper()
	for i := range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		request := []string{
			"GET /data HTTP/1.1\r\nHost: localhost\r\n",
			"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
			"GET /data HTTP/1.1\r\nHost: localhost\r\n\r\n",
		}[i%3]
		_, err = io.WriteString(c, request)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestStatusdStopsInTime: in the middle of a pipe, SIGTERM ends statusd in 5 s although
// 50 clients hang; the rest of the pipe sees the end of the data and ends in order, with
// every line that statusd has read.
func TestStatusdStopsInTime(t *testing.T) {
	openSources()
	t.Parallel()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	d := newDaemon(t, "-v", "--keep", "100000")
	machsim, mavg := exec.Command("machsim", "--rate", "20000", "--machines", "20"), exec.Command("mavg", "-n", "5")
	machsim.Stdout, mavg.Stdin, mavg.Stdout = d.in, d.out, out
	for _, c := range []*exec.Cmd{machsim, mavg} {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	}
	d.in.Close() // only the processes have the pipes now
	d.out.Close()
	d.waitFor("/data?limit=1", "timestamp")
	hang(t, strings.TrimPrefix(d.url, "http://"), 50)
	began := time.Now()
	d.signal(syscall.SIGTERM)
	_ = mavg.Wait() // it has all of statusd's output then
	took, code := time.Since(began), mavg.ProcessState.ExitCode()
	if code != 0 || took > stopTime {
		t.Errorf("mavg ends after %v with exit code %d", took, code)
	}
	stderr := d.wait(143)
	took = time.Since(began)
	if took > stopTime {
		t.Errorf("statusd ends after %v", took)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`read (\d+) = kept \d+ \+ bad 0 \+ `).FindStringSubmatch(stderr)
	if m == nil {
		t.Fatal(stderr)
	}
	read, _ := strconv.Atoi(m[1])
	lines := bytes.Count(text, []byte("\n"))
	// What is drained after the signal is passed on, but not counted.
	if lines < read || read == 0 || bytes.Count(text, []byte("moving_averages")) != lines || !bytes.HasSuffix(text, []byte("}\n")) {
		t.Errorf("mavg printed %d lines; %s", lines, stderr)
	}
}

// TestStatusdSecondSignal: a second signal ends statusd at once, although the stream
// waits for a reader that does not read.
func TestStatusdSecondSignal(t *testing.T) {
	openSources()
	t.Parallel()
	d := newDaemon(t)
	written := make(chan error, 1)
	go func() {
		_, err := io.WriteString(d.in, strings.Repeat("{\"x\":1}\n", 1<<20))
		written <- err
	}()
	d.waitFor("/data?limit=1", `{"x":1}`)
	d.signal(syscall.SIGTERM)
	d.signal(syscall.SIGINT)
	select {
	case <-d.closed:
	case <-time.After(timeout):
		t.Fatal("statusd does not exit")
	}
	_ = d.cmd.Wait()
	// Which of the two is handled first, and whether the other one still is, is open. Had it
	// waited for the reader, it would say so and exit with 74.
	code := d.cmd.ProcessState.ExitCode()
	if code == 74 || code == 0 || len(d.stderr) > 0 {
		t.Errorf("exit code %d, stderr %q", code, d.stderr)
	}
	<-written
}
