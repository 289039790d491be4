//go:build unix

package httpapi

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/status"
)

// messages collects what is reported, by any goroutine.
type messages chan string

func (m messages) print(text string) { m <- text }

// newEmitter returns an Emitter for the members timestamp and machine.
func newEmitter(t failer, printf func(string)) *Emitter {
	t.Helper()
	e, err := NewEmitter(batch.Path{"timestamp"}, batch.Path{"machine"}, printf)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// change returns change number n of machine m1, and the line that is emitted for it.
func change(n uint64) (status.Change, string) {
	c := status.Change{Seq: n, Machine: fmt.Sprint("m", n), Before: "IDLE", Word: "STARTED", Time: time.UnixMilli(1714982400000).UTC()}
	return c, fmt.Sprintf(`{"timestamp":"2024-05-06T08:00:00.000Z","machine":"m%d","status":"STARTED","previous":"IDLE","event":"status"}`+"\n", n)
}

// TestEmitBetweenLines: whatever the pieces in which the input arrives, and whenever
// statuses change, the output is the lines of the input, unchanged and in their order,
// and between them the events, all of them and in their order. A line feed is added at
// most at the end of the input.
func TestEmitBetweenLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{`{"a":1}`, "", "nonsense", `{"text":"` + strings.Repeat("x", 5000) + `"}`, "\r", "\x1f"})
		input := "first" + rapid.SampledFrom([]string{"\n", ""}).Draw(t, "first") + strings.Join(rapid.SliceOfN(line, 0, 40).Draw(t, "lines"), "\n")
		size := rapid.SampledFrom([]int{1, 7, 100, 1 << 20}).Draw(t, "size")
		emitter := newEmitter(t, func(string) {})
		p := newPipes(t, &Stream{Records: newRecords(t, ""), MaxLine: 1000, Emitter: emitter})
		defer p.close()
		changes := uint64(rapid.IntRange(0, 30).Draw(t, "changes"))
		var want []string
		for n := range changes {
			_, text := change(n)
			want = append(want, text)
		}
		next := uint64(0)
		add := func() {
			if next < changes {
				c, _ := change(next)
				emitter.Change(c)
				next++
			}
		}
		every := rapid.IntRange(1, 5).Draw(t, "every")
		pieces := 0
		p.beforeWrite = func() { // on another goroutine than the stream's
			pieces++
			if pieces%every == 0 {
				add()
			}
		}
		got, err := p.runThen([]byte(input), size, func() {
			for range changes {
				add()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		var data strings.Builder
		for l := range strings.Lines(string(got)) {
			if len(want) > 0 && l == want[0] {
				want = want[1:]
				continue
			}
			data.WriteString(l)
		}
		if len(want) > 0 {
			t.Fatalf("%d of %d events are missing; output %q", len(want), changes, got)
		}
		if data.String() != input && data.String() != input+"\n" {
			t.Fatalf("the data are %q, want %q", data.String(), input)
		}
		written, lost := emitter.Counts()
		if written != changes || lost != 0 || p.Passed() != int64(len(input)) {
			t.Fatalf("written %d, lost %d of %d; %d bytes passed of %d", written, lost, changes, p.Passed(), len(input))
		}
	})
}

// TestEmitAtOnce: an event is written at once while the input is idle, before its first
// byte as well; in the middle of a line, after that line; and after a last line without
// a line feed, on a line of its own.
func TestEmitAtOnce(t *testing.T) {
	t.Parallel()
	emitter := newEmitter(t, func(message string) { t.Error(message) })
	p := newPipes(t, &Stream{Records: newRecords(t, ""), Emitter: emitter})
	defer p.close()
	ended := make(chan error)
	go func() {
		err := p.Run()
		if err == nil {
			err = p.Out.Commit()
		}
		ended <- err
	}()
	var seq uint64
	emit := func() string {
		seq++
		c, text := change(seq)
		emitter.Change(c)
		return text
	}
	write := func(text string) string {
		_, err := p.in.WriteString(text)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	expect := func(want string) {
		t.Helper()
		got := make([]byte, len(want))
		_, err := io.ReadFull(p.out, got)
		if err != nil || string(got) != want {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	}
	expect(emit())
	expect(write("{\"a\":1}\n"))
	expect(emit() + emit())
	expect(write(`{"a":`))
	waiting := emit()
	expect(write("2") + write("}\n") + waiting)
	expect(write("{\"a\":3}\n{\"a\":4"))
	waiting = emit()
	p.in.Close()
	expect("\n" + waiting)
	err := <-ended
	if err != nil {
		t.Error(err)
	}
	_ = emit() // after the end of the input
	written, lost := emitter.Counts()
	if written != 5 || lost != 1 {
		t.Errorf("written %d, lost %d, want 5 and 1", written, lost)
	}
}

// TestEmitBlockedOutput: while the output is blocked, no change waits, and all beyond
// the limit of the queue are lost, the oldest first; that is reported and counted.
func TestEmitBlockedOutput(t *testing.T) {
	t.Parallel()
	printed := make(messages, 10)
	emitter := newEmitter(t, printed.print)
	p := newPipes(t, &Stream{Records: newRecords(t, ""), Emitter: emitter})
	defer p.close()
	blocked, resume := make(chan struct{}), make(chan struct{})
	var out bytes.Buffer
	var once sync.Once
	emitter.begin(func(b []byte) error {
		once.Do(func() { close(blocked); <-resume })
		out.Write(b)
		return nil
	})
	const n = 3 * maxWaiting
	c, want := change(0)
	emitter.Change(c)
	<-blocked
	for i := uint64(1); i <= n; i++ {
		c, text := change(i)
		emitter.Change(c)
		if i > n-maxWaiting {
			want += text
		}
	}
	full := <-printed
	if !strings.Contains(full, "does not read: more than 1000 status changes wait") {
		t.Error(full)
	}
	close(resume)
	lostText := <-printed
	if !strings.HasPrefix(lostText, "2000 status changes were not written") {
		t.Error(lostText)
	}
	emitter.end()
	written, lost := emitter.Counts()
	if out.String() != want || written != maxWaiting+1 || lost != n-maxWaiting {
		t.Errorf("written %d, lost %d, %.300q", written, lost, out.String())
	}
}

// TestEmitNotLines: an array and compressed data are passed on unchanged, and it is
// reported that status changes are not.
func TestEmitNotLines(t *testing.T) {
	t.Parallel()
	for text, found := range map[string]string{
		" \r\n\ufeff[{\"a\":1},\n{\"a\":2}]\n": "an array",
		string(compress([]byte("{}\n"))):       "gzip data",
		"\x28\xb5\x2f\xfd\n\n":                 "zstd data",
	} {
		printed := make(messages, 10)
		emitter := newEmitter(t, printed.print)
		p := newPipes(t, &Stream{Records: newRecords(t, ""), MaxLine: 100, Emitter: emitter})
		message := ""
		got, _ := p.runThen([]byte(text), 1, func() { // the zstd data are damaged
			message = <-printed
			c, _ := change(1)
			emitter.Change(c)
		})
		_, lost := emitter.Counts()
		if string(got) != text || !strings.Contains(message, "the input is "+found) || lost != 1 {
			t.Errorf("%q: %q, %s, lost %d", text, got, message, lost)
		}
		p.close()
	}
}

// TestEventLayout: the time and the machine have the names of the data's, in one object
// if they are there, too. Names that would occur twice are an error.
func TestEventLayout(t *testing.T) {
	t.Parallel()
	whole := status.Change{Word: "A\"", Time: time.UnixMilli(0)}
	for _, c := range []struct {
		time, machine, want string
	}{
		{"timestamp", "machine", `{"timestamp":"1970-01-01T00:00:00.000Z","machine":null,"status":"A\"","previous":null,"event":"status"}`},
		{"t", `a\.b.c`, `{"t":"1970-01-01T00:00:00.000Z","a.b":{"c":null},"status":"A\"","previous":null,"event":"status"}`},
		{"x.y.t", "x.y.m", `{"x":{"y":{"t":"1970-01-01T00:00:00.000Z","m":null}},"status":"A\"","previous":null,"event":"status"}`},
		{"timestamp", "status", "two members status"},
		{"timestamp", "status.id", "two members status"},
		{"event", "machine", "two members event"},
		{"x", "x.y", "two members x"},
		{"x", "x", "two members x"},
	} {
		path := func(s string) batch.Path {
			p, err := batch.ParsePath(s)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		l, err := newEventLayout(path(c.time), path(c.machine))
		got := fmt.Sprint(err)
		if err == nil {
			got = string(l.append(nil, whole))
		}
		if got != c.want+"\n" && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s, %s: %s, want %s", c.time, c.machine, got, c.want)
		}
	}
}
