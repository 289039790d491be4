//go:build unix

package tee_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/status"
	"weir/pkg/tee"
	"weir/pkg/tee/teetest"
)

// messages collects what is reported, by any goroutine.
type messages chan string

func (m messages) print(text string) { m <- text }

// newEmitter returns an Emitter for the members timestamp and machine.
func newEmitter(t teetest.Failer, printf func(string)) *tee.Emitter {
	t.Helper()
	e, err := tee.NewEmitter(batch.Path{"timestamp"}, batch.Path{"machine"}, printf)
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
		p := teetest.New(t, &tee.Stream{Records: newRecords(), MaxLine: 1000, Emitter: emitter})
		defer p.Close()
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
		p.BeforeWrite = func() { // on another goroutine than the stream's
			pieces++
			if pieces%every == 0 {
				add()
			}
		}
		got, err := p.CopyThen([]byte(input), size, func() {
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
	p := teetest.New(t, &tee.Stream{Records: newRecords(), Emitter: emitter})
	defer p.Close()
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
		_, err := p.Input.WriteString(text)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	expect := func(want string) {
		t.Helper()
		got := make([]byte, len(want))
		_, err := io.ReadFull(p.Output, got)
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
	p.Input.Close()
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

// TestEmitNotLines: an array and compressed data are passed on unchanged, and it is
// reported that status changes are not.
func TestEmitNotLines(t *testing.T) {
	t.Parallel()
	for text, found := range map[string]string{
		" \r\n\ufeff[{\"a\":1},\n{\"a\":2}]\n":   "an array",
		string(teetest.Compress([]byte("{}\n"))): "gzip data",
		"\x28\xb5\x2f\xfd\n\n":                   "zstd data",
	} {
		printed := make(messages, 10)
		emitter := newEmitter(t, printed.print)
		p := teetest.New(t, &tee.Stream{Records: newRecords(), MaxLine: 100, Emitter: emitter})
		message := ""
		got, _ := p.CopyThen([]byte(text), 1, func() { // the zstd data are damaged
			message = <-printed
			c, _ := change(1)
			emitter.Change(c)
		})
		_, lost := emitter.Counts()
		if string(got) != text || !strings.Contains(message, "the input is "+found) || lost != 1 {
			t.Errorf("%q: %q, %s, lost %d", text, got, message, lost)
		}
		p.Close()
	}
}

// TestEmitPrintsBeforeTheEnd: a process that ends with the stream has printed that the input has
// no lines, however slowly stderr takes it.
func TestEmitPrintsBeforeTheEnd(t *testing.T) {
	t.Parallel()
	var printed atomic.Bool
	emitter := newEmitter(t, func(string) {
		sha256.Sum256(make([]byte, 64<<20)) // takes longer than the rest of the stream
		printed.Store(true)
	})
	p := teetest.New(t, &tee.Stream{Records: newRecords(), MaxLine: 100, Emitter: emitter})
	defer p.Close()
	_, err := p.Copy([]byte("[]"), 2)
	if err != nil || !printed.Load() {
		t.Errorf("the stream has ended with error %v, and printed: %v", err, printed.Load())
	}
}
