package main

import (
	"bytes"
	"errors"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// Delay is the time from writing a line into an idle pipe to reading its line.
type Delay struct {
	Name, Command  string
	Ours           bool
	P50, P99, Most float64 // seconds
	Lines          int
	Failed         string
}

const (
	liveLines = 1000
	warmup    = 50
	pause     = 2 * time.Millisecond // after which the filter waits for input
	heldAfter = 2 * time.Second      // without output it counts as held back
)

// livePeers returns the peers that can answer line by line. They read standard
// input.
func livePeers() []Peer {
	return []Peer{
		{Name: "cat", Tool: "cat", Note: "what the kernel and the measurement take"},
		{Name: "mavg", Tool: "mavg", Args: []string{"-n", "5"}, Ours: true},
		{Name: "winavg", Tool: "winavg", Args: []string{"-w", "10"}, Ours: true},
		{Name: "statusd", Tool: "statusd", Args: []string{"--exit-on-eof", "--listen", "127.0.0.1:0"}, Ours: true},
		{Name: "simdjson on-demand, C++", Tool: "ondemand", Args: []string{"mavg", "-"}},
		{Name: "fastjson line by line, Go", Tool: "fastjson", Args: []string{"mavg", "-"}},
		{Name: "mawk", Tool: "mawk", Args: []string{"-W", "interactive", "-v", "interactive=1", "-f", "mavg.awk"}},
		{Name: "Python's json", Tool: "python", Args: []string{"json_peer.py", "mavg", "-", "--live"}},
		{Name: "jq", Tool: "jq", Args: []string{"--unbuffered", "-nc", "-f", "mavg.jq"}},
		{Name: "gojq", Tool: "gojq", Args: []string{"-nc", "-f", "mavg.jq"}},
		{Name: "Miller", Tool: "mlr", Args: []string{"--ijsonl", "--ojsonl", "--records-per-batch", "1", "--fflush", "step", "-a", "slwin_4_0", "-f", "temperature,speed", "then", "put", "-f", "mavg.mlr"}},
	}
}

func measureLive(t *Tools) (all []Delay) {
	for _, p := range livePeers() {
		d := Delay{Name: p.Name, Command: p.commandLine(), Ours: p.Ours, Lines: liveLines}
		if why, ok := t.missing[p.Tool]; ok {
			d.Failed = why
		} else {
			logf("  %s", p.Name)
			var g generator = newTelemetry()
			if p.Tool == "winavg" { // an event a minute: a row for each
				e := newEvents(1)
				e.gap, e.exact = time.Minute, true
				g = e
			}
			times, err := delays(exec.Command(t.path[p.Tool], p.arguments("-")...), g)
			if err != nil {
				d.Failed = err.Error()
			} else {
				d.P50, d.P99, d.Most = quantile(times, 0.5), quantile(times, 0.99), times[len(times)-1]
			}
		}
		all = append(all, d)
	}
	for _, name := range []string{"DuckDB", "Polars"} {
		all = append(all, Delay{Name: name, Failed: "cannot: reads to the end of the input before it answers"})
	}
	return all
}

// quantile returns the smallest of sorted values that at least a share p of them do
// not exceed.
func quantile(sorted []float64, p float64) float64 {
	return sorted[max(int(math.Ceil(p*float64(len(sorted))))-1, 0)]
}

// delays runs a filter between two pipes, sends it one line at a time and waits for
// the answer. The thread blocks in read, as a reader of the pipe would.
func delays(c *exec.Cmd, g generator) (times []float64, err error) {
	in, err := newPipe()
	if err != nil {
		return nil, err
	}
	out, err := newPipe()
	if err != nil {
		return nil, err
	}
	var stderr bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = in.r, out.w, &stderr
	if err := c.Start(); err != nil {
		return nil, err
	}
	in.r.Close()
	out.w.Close()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	watchdog := time.AfterFunc(time.Hour, func() { c.Process.Kill() })
	times, err = exchange(int(in.w.Fd()), int(out.r.Fd()), g, watchdog)
	watchdog.Stop()
	in.w.Close()
	out.r.Close()
	c.Process.Kill()
	c.Wait()
	if err != nil && stderr.Len() > 0 {
		err = errors.New(err.Error() + ": " + lastLine(stderr.Bytes()))
	}
	slices.Sort(times)
	return times, err
}

var errHeld = errors.New("holds its output back: no line within 2 s")

func exchange(in, out int, g generator, watchdog *time.Timer) (times []float64, err error) {
	var line []byte
	answer := make([]byte, 1<<16)
	for i := range warmup + liveLines {
		time.Sleep(pause)
		line = g.line(line[:0])
		if i == 0 {
			watchdog.Reset(heldAfter + 3*time.Second) // it may have to start first
		} else {
			watchdog.Reset(heldAfter)
		}
		begin := time.Now()
		_, err := syscall.Write(in, line)
		if err != nil {
			return nil, err
		}
		for {
			n, err := syscall.Read(out, answer)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if n == 0 {
				return nil, errHeld
			}
			if answer[n-1] == '\n' {
				break
			}
		}
		if i >= warmup {
			times = append(times, time.Since(begin).Seconds())
		}
	}
	return times, nil
}

// pipe is a pipe with blocking ends. The runtime's poller watches those of os.Pipe,
// and its wake-up would be measured too.
type pipe struct{ r, w *os.File }

func newPipe() (pipe, error) {
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		return pipe{}, err
	}
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
	}
	return pipe{os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe")}, nil
}
