package pipe_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/pipe"
	"weir/pkg/sink"
)

const good = `{"on":1,"do":"use"}`

// TestFlushBeforeWait: before every wait for input, all that can be printed is flushed.
func TestFlushBeforeWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubbleTB{t}, func(t *rapid.T) {
			lines := rapid.SliceOfN(rapid.SampledFrom([]string{good, `{"on":1,"v":7}`, "{}", "no json", "", `{"on":1,"do":"late"}`}), 0, 20).Draw(t, "lines")
			text := strings.Join(lines, "\n")
			var steps []step
			for rest := text; rest != ""; {
				n := rapid.IntRange(1, min(60, len(rest))).Draw(t, "bytes")
				steps = append(steps, step{text: rest[:n], wait: time.Duration(rapid.IntRange(0, 2).Draw(t, "wait"))})
				rest = rest[n:]
			}
			r := newFixture(t, echoFilter{}, slices.Clone(steps))
			in := r.inputs[0]
			in.onWait = func() {
				read := len(text)
				for _, s := range in.steps {
					read -= len(s.text)
				}
				want := expectedOutput(text[:strings.LastIndexByte(text[:read], '\n')+1])
				if r.out.shown.String() != want {
					t.Fatalf("after %q the flushed output is\n%q, not\n%q", text[:read], r.out.shown.String(), want)
				}
			}
			if err := r.run(); err != nil {
				t.Fatal(err)
			}
			want := expectedOutput(text)
			if r.out.shown.String() != want {
				t.Fatalf("at the end %q, want %q", r.out.shown.String(), want)
			}
		})
	})
}

// expectedOutput returns what echoFilter prints for the lines of text.
func expectedOutput(text string) string {
	var b strings.Builder
	for l := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(l, `{"on":1`) && !strings.Contains(l, "late") {
			b.WriteString(l + "\n")
		}
	}
	return b.String()
}

// TestNoFlushWhileInputIsAvailable: a busy stream is written in large blocks of whole
// lines and flushed once, at its end.
func TestNoFlushWhileInputIsAvailable(t *testing.T) {
	t.Parallel()
	const chunks = 64
	line := `{"on":1,"pad":"` + strings.Repeat("x", 500) + `"}` + "\n"
	var steps []step
	for range chunks {
		steps = append(steps, step{text: strings.Repeat(line, 128)})
	}
	r := newFixture(t, echoFilter{}, steps[:chunks/2], steps[chunks/2:])
	r.c.Jobs = 1
	if err := r.run(); err != nil {
		t.Fatal(err)
	}
	if r.out.shown.String() != strings.Repeat(line, 128*chunks) {
		t.Fatal("the output is not the input")
	}
	if r.out.flushes != 1 {
		t.Errorf("%d flushes, want one, at the end", r.out.flushes)
	}
	for _, n := range r.out.writes[:len(r.out.writes)-1] {
		if n < 64<<10 || n%len(line) != 0 {
			t.Errorf("a write of %d bytes: want at least 64 KiB, and whole lines", n)
		}
	}
}

// tickFilter is an echoFilter and a Ticker.
type tickFilter struct {
	echoFilter
	next func(now time.Duration) (time.Duration, error)
	seen []time.Duration // arguments of Tick
	read []time.Duration // Position.ReadAt of the pushed records
}

func (c *tickFilter) Push(b *batch.Batch, w *lines.Output) error {
	eachRecord(b, func(int, *batch.Record) { c.read = append(c.read, b.ReadAt) })
	return c.echoFilter.Push(b, w)
}

func (c *tickFilter) Tick(now time.Duration, w *lines.Output) (time.Duration, error) {
	c.seen = append(c.seen, now)
	w.Object()
	w.End()
	return c.next(now)
}

func TestTicker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &tickFilter{next: func(now time.Duration) (time.Duration, error) {
			if now < 4*time.Second {
				return 2 * time.Second, nil
			}
			return -1, nil
		}}
		r := newFixture(t, f, []step{{text: good + "\n"}, {wait: 5 * time.Second, text: good + "\n"}, {wait: time.Second}})
		began := time.Now()
		r.c.Live, r.c.Clock = true, func() time.Duration { return time.Since(began) }
		var shown []int
		r.inputs[0].onWait = func() { shown = append(shown, strings.Count(r.out.shown.String(), "{}")) }
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{0, 2 * time.Second, 4 * time.Second, 5 * time.Second}
		if !slices.Equal(f.seen, want) {
			t.Errorf("ticked at %v, want %v", f.seen, want)
		}
		want = []time.Duration{0, 5 * time.Second}
		if !slices.Equal(f.read, want) {
			t.Errorf("records read at %v, want %v", f.read, want)
		}
		wantShown := []int{1, 2, 3, 4}
		if !slices.Equal(shown, wantShown) {
			t.Errorf("ticks flushed before each wait: %v, want %v", shown, wantShown)
		}
	})
}

func TestTickerOnlyLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &tickFilter{}
		r := newFixture(t, f, []step{{text: good + "\n"}, {wait: time.Second}})
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		if len(f.seen) > 0 || r.inputs[0].idles != 1 {
			t.Errorf("ticked %d times in %d waits, want 0 in 1", len(f.seen), r.inputs[0].idles)
		}
	})
}

func TestTickerFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &tickFilter{next: func(time.Duration) (time.Duration, error) { return 0, errBroken }}
		r := newFixture(t, f, []step{{text: good + "\n"}, {wait: time.Second, text: good + "\n"}})
		r.c.Live, r.c.Clock = true, func() time.Duration { return 0 }
		if err := r.run(); err != errBroken {
			t.Errorf("error %v, want that of Tick", err)
		}
		want := good + "\n{}\n"
		if r.out.shown.String() != want {
			t.Errorf("printed %q, want %q", r.out.shown.String(), want)
		}
	})
}

// TestFinishAfterEarlyEnd: for all ways in which the input can end early, the filter prints
// its last lines, and an incomplete line is not processed.
func TestFinishAfterEarlyEnd(t *testing.T) {
	t.Parallel()
	const part = `{"on":1,"do":"use","x":12`
	for _, c := range []struct {
		name string
		last step
		bad  pipe.Bad
		err  error
		lost int // bytes of the incomplete line
	}{
		{"stopped", step{stop: true}, pipe.Report, nil, len(part)},
		{"stopped in a wait", step{wait: time.Second, stop: true}, pipe.Report, nil, len(part)},
		{"read error", step{err: errBroken}, pipe.Report, errBroken, len(part)},
		{"first bad line", step{text: "bad\n" + good + "\n" + good}, pipe.Stop, nil, 0},
		{"filter error", step{text: "\n" + `{"on":1,"do":"break"}` + "\n" + good}, pipe.Report, errBroken, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				text := good + "\n" + good + "\n" + part
				if c.lost == 0 {
					text = good + "\n" + good + "\n"
				}
				r := newFixture(t, finishFilter{}, []step{{text: text}, c.last}, []step{{text: good}})
				r.c.Bad = c.bad
				if err := r.run(); err != c.err {
					t.Errorf("error %v, want %v", err, c.err)
				}
				want := good + "\n" + good + "\n" + ending + "\n"
				if r.out.shown.String() != want {
					t.Errorf("printed %q, want %q", r.out.shown.String(), want)
				}
				l := r.p.Ledger()
				if l.Unfinished != c.lost || l.Read-l.Rejected != 2 {
					t.Errorf("%d bytes unfinished, want %d: %+v", l.Unfinished, c.lost, l)
				}
				if r.nextCalls != 1 || r.inputs[1].reads > 0 {
					t.Error("the next input was opened or read")
				}
			})
		})
	}
}

// failingFinish is an echoFilter that fails at the end.
type failingFinish struct{ echoFilter }

func (failingFinish) Finish(*lines.Output) error { return errBroken }

// TestFinishFails: its error is returned after every orderly end: that of the input, a
// stop, and the first bad line under Stop. The error that has ended the input comes first.
func TestFinishFails(t *testing.T) {
	t.Parallel()
	other := errors.New("read error")
	for _, bad := range []pipe.Bad{pipe.Report, pipe.Stop} {
		for want, last := range map[error][]step{errBroken: {{text: good}, {text: "bad\n" + good}, {stop: true}}, other: {{err: other}}} {
			for _, end := range last {
				r := newFixture(t, failingFinish{}, []step{{text: good + "\n"}, end})
				r.c.Bad = bad
				err := r.run()
				if err != want {
					t.Errorf("%v, after %+v: %v, want %v", bad, end, err, want)
				}
			}
		}
	}
}

// TestWriteErrorEndsTheRun: for all calls of Write and Flush, the error of the first one that
// fails is returned, and nothing is read or written after it.
func TestWriteErrorEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		block := strings.Repeat(good+"\n", 20_000)
		for _, cause := range []error{errBroken, fmt.Errorf("stdout: %w", sink.ErrReaderClosed)} {
			for k := 1; ; k++ {
				r := newFixture(t, finishFilter{}, []step{{text: good + "\n"}, {wait: 1, text: block}, {wait: 1, text: good}}, []step{{wait: 1, text: good}})
				r.c.Jobs = 1 // other workers might read on
				reads, nextCalls := 0, 0
				all := func() (n int) {
					for _, in := range r.inputs {
						n += in.reads
					}
					return n
				}
				r.out.fails, r.out.err = k, cause
				r.out.onFail = func() { reads, nextCalls = all(), r.nextCalls }
				err := r.run()
				if r.out.calls < k {
					if err != nil || k < 8 {
						t.Fatalf("without a failure in %d calls: %v", r.out.calls, err)
					}
					break
				}
				var failed *pipe.WriteError
				if !errors.As(err, &failed) || failed.Err != cause || !errors.Is(err, cause) {
					t.Errorf("call %d: error %v, want a WriteError of %v", k, err, cause)
				}
				if all() != reads || r.nextCalls != nextCalls || r.out.calls != k {
					t.Errorf("call %d: %d reads, %d inputs and %d writes after it failed", k, all()-reads, r.nextCalls-nextCalls, r.out.calls-k)
				}
			}
		}
	})
}

// TestWriteErrorEndsTheWait: a write that fails in Idle stops the source.
func TestWriteErrorEndsTheWait(t *testing.T) {
	t.Parallel()
	for _, call := range []int{1, 2} { // Write, Flush
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			r := newFixture(t, echoFilter{}, []step{{text: good + "\n"}, {wait: time.Hour}})
			r.out.fails, r.out.err = call, errBroken
			if err := r.run(); !errors.Is(err, errBroken) {
				t.Error(err)
			}
			if !r.c.Stop.Stopped() || time.Since(began) > 0 {
				t.Errorf("call %d: stopped: %v, after %v", call, r.c.Stop.Stopped(), time.Since(began))
			}
		})
	}
}

// limitFilter is an echoFilter that ignores all readings because of a limit.
type limitFilter struct{ echoFilter }

func (f limitFilter) Push(b *batch.Batch, w *lines.Output) error {
	eachRecord(b, func(row int, r *batch.Record) {
		if r.Len() > 0 {
			b.LimitReached(row)
		}
	})
	return f.echoFilter.Push(b, w)
}

// TestLimitIsReportedOnce: and only if the filter has reached it.
func TestLimitIsReportedOnce(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]int{"null": 0, "1": 1} {
		r := newFixture(t, limitFilter{}, []step{{text: strings.Repeat(`{"on":1,"v":`+v+"}\n", 3)}})
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		if r.reporter.limits != want {
			t.Errorf("v %s: reported %d times, want %d", v, r.reporter.limits, want)
		}
	}
}

// TestLimitIsReportedInInputOrder: whatever the sizes of the reads. (Regression: the order
// once depended on whether the next bad line was in the same read.)
func TestLimitIsReportedInInputOrder(t *testing.T) {
	t.Parallel()
	const field, bad = `{"on":1,"v":1}` + "\n", "{bad\n"
	for before, lines := range [][]string{{field, bad, bad}, {bad, field, bad}, {bad, bad, field}} {
		for _, steps := range [][]step{{{text: lines[0] + lines[1] + lines[2]}}, {{text: lines[0]}, {text: lines[1]}, {text: lines[2]}}} {
			r := newFixture(t, limitFilter{}, steps)
			if err := r.run(); err != nil {
				t.Fatal(err)
			}
			if r.reporter.limits != 1 || r.reporter.badBefore != before {
				t.Errorf("%q in %d reads: reported %d times, after %d bad lines", lines, len(steps), r.reporter.limits, r.reporter.badBefore)
			}
		}
	}
}

// TestInputsAreSeparate: no line continues in the next input, lines are counted from 1 in
// each, and errors name the right one.
func TestInputsAreSeparate(t *testing.T) {
	t.Parallel()
	r := newFixture(t, finishFilter{},
		[]step{{text: "\ufeff" + good + "\nbad"}},
		[]step{},
		[]step{{text: "\ufeff[" + good + ",\n7]"}},
		[]step{{text: `{"on":1,"v":"` + "\n" + good + "\r\n\n"}, {text: good}},
		[]step{{text: good + "\n\n\tnull"}},
	)
	if err := r.run(); err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat(good+"\n", 5) + ending + "\n"
	if r.out.shown.String() != want {
		t.Errorf("printed\n%s", r.out.shown.String())
	}
	var positions []string
	for _, e := range r.reporter.bad {
		positions = append(positions, fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column))
	}
	wantPositions := []string{"a:2:1", "c:2:1", "d:1:13", "e:3:2"}
	if !slices.Equal(positions, wantPositions) {
		t.Errorf("errors at %v, want %v", positions, wantPositions)
	}
}
