//go:build linux

package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// eventLoad is how many clients read /events, and what the stream has for them.
type eventLoad struct {
	clients int           // beside the one that reads nothing
	lines   int           // a second
	time    time.Duration // of the stream
}

// TestEventClients: every client of /events gets every record, each once and in order,
// while one of them reads nothing. That one is disconnected; then it resumes, and has
// missed nothing either.
func TestEventClients(t *testing.T) {
	t.Parallel()
	load := eventLoad{clients: 200, lines: 200, time: 15 * time.Second} // longer than a stalled client is kept
	if testing.Short() {
		load = eventLoad{clients: 50, lines: 200, time: 2 * time.Second}
	}
	load.run(t)
}

// BenchmarkEventClients measures 1,000 clients, which is the limit, at 1,000 records a second:
//
//	go test ./cmd -run '^$' -bench EventClients -benchtime 1x
//
// cpu-s/s is the CPU time of statusd in a second of the stream; the clients
// take about as much. p50-ms and p99-ms are from before the record is written to statusd's
// input until a client has it.
func BenchmarkEventClients(b *testing.B) {
	for b.Loop() {
		load := eventLoad{clients: 999, lines: 1000, time: 20 * time.Second}
		f := load.run(b)
		b.ReportMetric(f.cpu.Seconds()/load.time.Seconds(), "cpu-s/s")
		b.ReportMetric(float64(f.peak)/1024, "peak-MiB")
		b.ReportMetric(float64(f.quantile(50))/1e6, "p50-ms")
		b.ReportMetric(float64(f.quantile(99))/1e6, "p99-ms")
		b.ReportMetric(float64(load.clients*load.lines), "events/s")
	}
}

// eventFigures is what a run has measured.
type eventFigures struct {
	cpu       time.Duration // user and system time of statusd
	peak      int           // largest resident memory of statusd, in KiB
	latencies []time.Duration
}

// quantile returns the p-th percentile of the latencies.
func (f *eventFigures) quantile(p int) time.Duration { return f.latencies[(len(f.latencies)-1)*p/100] }

// eventClient reads /events from a connection.
type eventClient struct {
	conn      net.Conn
	buffer    []byte
	filled    int
	lastID    []byte
	last      int // number of the last record
	resumed   int // number of the last record of the first connection
	latencies []time.Duration
}

// connect sends the request, to resume after the last event if there is one.
func (c *eventClient) connect(address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	resume := ""
	if len(c.lastID) > 0 {
		resume = "Last-Event-ID: " + string(c.lastID) + "\r\n"
	}
	_, err = io.WriteString(conn, "GET /events?types=record HTTP/1.1\r\nHost: localhost\r\n"+resume+"\r\n")
	c.conn, c.filled = conn, 0
	c.buffer = make([]byte, 16<<10)
	return err
}

// head reads until the id that precedes all events: then what happens is sent.
func (c *eventClient) head() error {
	for {
		n, err := c.conn.Read(c.buffer[c.filled:])
		if err != nil {
			return err
		}
		c.filled += n
		if !bytes.HasPrefix(c.buffer, []byte("HTTP/1.1 200 ")) {
			return fmt.Errorf("%q", c.buffer[:c.filled])
		}
		_, rest, ok := bytes.Cut(c.buffer[:c.filled], []byte("\nid: "))
		end := bytes.Index(rest, []byte("\n\n"))
		if ok && end >= 0 {
			c.lastID = bytes.Clone(rest[:end])
			c.filled = copy(c.buffer, rest[end+2:])
			return nil
		}
	}
}

// read reads events up to the record with number until. The error is that a record is
// missing, or one of the connection.
func (c *eventClient) read(until int) error {
	for c.last < until {
		n, err := c.conn.Read(c.buffer[c.filled:])
		c.filled += n
		now := time.Now()
		text := c.buffer[:c.filled]
		for {
			block, rest, ok := bytes.Cut(text, []byte("\n\n"))
			if !ok {
				break
			}
			text = rest
			err := c.event(block, now)
			if err != nil {
				return err
			}
		}
		c.filled = copy(c.buffer, text)
		if err != nil {
			return err
		}
	}
	return nil
}

// event handles an event: {"n":N,"t":NANOSECONDS,…} must be the next record.
func (c *eventClient) event(block []byte, now time.Time) error {
	_, id, ok := bytes.Cut(block, []byte("id: "))
	id, _, _ = bytes.Cut(id, []byte("\n"))
	if ok {
		c.lastID = append(c.lastID[:0], id...)
	}
	_, data, ok := bytes.Cut(block, []byte("event: record\ndata: {\"n\":"))
	if !ok {
		if bytes.Contains(block, []byte("event: ")) {
			return fmt.Errorf("after record %d: %q", c.last, block)
		}
		return nil // the head of the answer, or a comment
	}
	number, data, _ := bytes.Cut(data, []byte(`,"t":`))
	nanos, _, _ := bytes.Cut(data, []byte(","))
	n, err := strconv.Atoi(string(number))
	if err != nil || n != c.last+1 {
		return fmt.Errorf("after record %d: %q", c.last, block)
	}
	c.last = n
	t, err := strconv.ParseInt(string(nanos), 10, 64)
	if n%16 == 0 {
		c.latencies = append(c.latencies, now.Sub(time.Unix(0, t)))
	}
	return err
}

// run runs statusd with clients, and returns what was measured.
func (l eventLoad) run(t testing.TB) (f eventFigures) {
	d := newDaemon(t)
	address := strings.TrimPrefix(d.url, "http://")
	go io.Copy(io.Discard, d.out)
	last := l.lines * int(l.time.Seconds())
	clients := make([]*eventClient, l.clients)
	for i := range clients {
		clients[i] = &eventClient{}
		err := clients[i].connect(address)
		if err == nil {
			err = clients[i].head()
		}
		if err != nil {
			t.Fatal(err)
		}
		defer clients[i].conn.Close()
	}
	stalled := &eventClient{}
	err := stalled.connect(address)
	if err == nil {
		err = stalled.conn.(*net.TCPConn).SetReadBuffer(8 << 10)
	}
	if err == nil {
		err = stalled.head()
	}
	if err != nil {
		t.Fatal(err)
	}
	before := d.cpuTime()
	var all sync.WaitGroup
	for i, c := range clients {
		all.Go(func() {
			err := c.read(last)
			if err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	l.write(d, last)
	all.Wait()
	f.cpu, f.peak = d.cpuTime()-before, d.peakMemory()
	for _, c := range clients {
		f.latencies = append(f.latencies, c.latencies...)
	}
	slices.Sort(f.latencies)
	connections := 1
	for err = stalled.read(last); err != nil && connections < 3; err = stalled.read(last) {
		if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			break
		}
		stalled.conn.Close()
		stalled.resumed = stalled.last
		connections++
		err = stalled.connect(address)
		if err != nil {
			break
		}
	}
	stalled.conn.Close()
	if err != nil || connections != 2 && l.time > 12*time.Second {
		t.Errorf("the stalled client: record %d of %d after %d connections, %v", stalled.last, last, connections, err)
	}
	t.Logf("%d clients, %d records a second for %v: statusd %.2f CPU seconds a second, at most %d MiB; latency p50 %v, p99 %v, max %v; the stalled client resumed after record %d",
		l.clients, l.lines, l.time, f.cpu.Seconds()/l.time.Seconds(), f.peak>>10, f.quantile(50), f.quantile(99), f.quantile(100), stalled.resumed)
	return f
}

// write writes records to the input of statusd, up to number last.
func (l eventLoad) write(d *daemon, last int) {
	d.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for n := 0; n < last; {
		now := <-tick.C
		due := min(last, int(now.Sub(began).Seconds()*float64(l.lines)))
		text := ""
		for ; n < due; n++ {
			text += fmt.Sprintf("{\"n\":%d,\"t\":%d,\"machine\":\"m%d\",\"temperature\":71.5,\"speed\":117,\"status\":\"STARTED\"}\n", n+1, time.Now().UnixNano(), n%3)
		}
		d.send(text)
	}
}

// cpuTime returns the user and system time that statusd has used.
func (d *daemon) cpuTime() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	fields := bytes.Fields(rest)
	ticks := 0
	for _, field := range fields[11:13] { // utime and stime, proc_pid_stat(5), in hundredths of a second
		n, err := strconv.Atoi(string(field))
		if err != nil {
			d.t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// peakMemory returns the largest resident memory of statusd, in KiB.
func (d *daemon) peakMemory() (kib int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	_, err = fmt.Sscan(rest, &kib)
	if err != nil {
		d.t.Fatal(err)
	}
	return kib
}
