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

	"weir/pkg/ndjson"
	"weir/pkg/pipe"
	"weir/pkg/sink"
)

const good = `{"on":1,"do":"use"}`

// TestFlushBeforeWait: whenever the input is waited for, all that can be
// printed has been, without a moment's delay.
func TestFlushBeforeWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubble{t}, func(t *rapid.T) {
			lines := rapid.SliceOfN(rapid.SampledFrom([]string{good, `{"on":1,"v":7}`, "{}", "no json", "", `{"on":1,"do":"late"}`}), 0, 20).Draw(t, "lines")
			text := strings.Join(lines, "\n")
			var steps []step
			for rest := text; rest != ""; {
				n := rapid.IntRange(1, min(60, len(rest))).Draw(t, "bytes")
				steps = append(steps, step{text: rest[:n], wait: time.Duration(rapid.IntRange(0, 2).Draw(t, "wait"))})
				rest = rest[n:]
			}
			r := newRig(t, echo{}, slices.Clone(steps))
			in := r.inputs[0]
			in.onWait = func() {
				read := len(text)
				for _, s := range in.steps {
					read -= len(s.text)
				}
				if want := printed(text[:strings.LastIndexByte(text[:read], '\n')+1]); r.out.shown.String() != want {
					t.Fatalf("after %q there is to be seen\n%q, not\n%q", text[:read], r.out.shown.String(), want)
				}
			}
			if err := r.run(); err != nil {
				t.Fatal(err)
			}
			if want := printed(text); r.out.shown.String() != want {
				t.Fatalf("at the end %q, want %q", r.out.shown.String(), want)
			}
		})
	})
}

// printed is what echo makes of lines that are wholly there.
func printed(text string) string {
	var b strings.Builder
	for l := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(l, `{"on":1`) && !strings.Contains(l, "late") {
			b.WriteString(l + "\n")
		}
	}
	return b.String()
}

// TestBusyStream: while there is input nothing is flushed, and what is made
// leaves in large blocks of whole lines.
func TestBusyStream(t *testing.T) {
	const chunks = 64
	line := `{"on":1,"pad":"` + strings.Repeat("x", 500) + `"}` + "\n"
	var steps []step
	for range chunks {
		steps = append(steps, step{text: strings.Repeat(line, 128)})
	}
	r := newRig(t, echo{}, steps[:chunks/2], steps[chunks/2:])
	r.c.Jobs = 1
	if err := r.run(); err != nil {
		t.Fatal(err)
	}
	if r.out.shown.String() != strings.Repeat(line, 128*chunks) {
		t.Fatal("not what came in")
	}
	if r.out.flushes != 1 {
		t.Errorf("%d flushes, want one, at the end", r.out.flushes)
	}
	for _, n := range r.out.writes[:len(r.out.writes)-1] {
		if n < 64<<10 || n%len(line) != 0 {
			t.Errorf("a write of %d bytes: want large ones, of whole lines", n)
		}
	}
}

// clockwork is an echo on which time works.
type clockwork struct {
	echo
	next func(now time.Duration) (time.Duration, error)
	seen []time.Duration // when it was called
	read []time.Duration // Record.Read
}

func (c *clockwork) Push(r *ndjson.Record, w *ndjson.Writer) (ndjson.Verdict, error) {
	c.read = append(c.read, r.Read())
	return c.echo.Push(r, w)
}

func (c *clockwork) Tick(now time.Duration, w *ndjson.Writer) (time.Duration, error) {
	c.seen = append(c.seen, now)
	w.Object()
	w.End()
	return c.next(now)
}

func TestTicker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &clockwork{next: func(now time.Duration) (time.Duration, error) {
			if now < 4*time.Second {
				return 2 * time.Second, nil
			}
			return -1, nil
		}}
		r := newRig(t, f, []step{{text: good + "\n"}, {wait: 5 * time.Second, text: good + "\n"}, {wait: time.Second}})
		began := time.Now()
		r.c.Live, r.c.Clock = true, func() time.Duration { return time.Since(began) }
		var shown []int
		r.inputs[0].onWait = func() { shown = append(shown, strings.Count(r.out.shown.String(), "{}")) }
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{0, 2 * time.Second, 4 * time.Second, 5 * time.Second}; !slices.Equal(f.seen, want) {
			t.Errorf("ticked at %v, want %v", f.seen, want)
		}
		if want := []time.Duration{0, 5 * time.Second}; !slices.Equal(f.read, want) {
			t.Errorf("records read at %v, want %v", f.read, want)
		}
		if want := []int{1, 2, 3, 4}; !slices.Equal(shown, want) {
			t.Errorf("at the waits %v ticks were to be seen, want %v", shown, want)
		}
	})
}

func TestTickerOnlyLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &clockwork{}
		r := newRig(t, f, []step{{text: good + "\n"}, {wait: time.Second}})
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		if len(f.seen) > 0 || r.inputs[0].idles != 1 {
			t.Errorf("ticked %d times in %d waits, want 0 in 1", len(f.seen), r.inputs[0].idles)
		}
	})
}

func TestTickerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &clockwork{next: func(time.Duration) (time.Duration, error) { return 0, errBroken }}
		r := newRig(t, f, []step{{text: good + "\n"}, {wait: time.Second, text: good + "\n"}})
		r.c.Live, r.c.Clock = true, func() time.Duration { return 0 }
		if err := r.run(); err != errBroken {
			t.Errorf("error %v, want that of Tick", err)
		}
		if want := good + "\n{}\n"; r.out.shown.String() != want {
			t.Errorf("printed %q, want %q", r.out.shown.String(), want)
		}
	})
}

// TestEndsEarly: however the input ends, what is owed is printed, and a line
// that is not all there is not taken for one.
func TestEndsEarly(t *testing.T) {
	const part = `{"on":1,"do":"use","x":12`
	for _, c := range []struct {
		name string
		last step
		bad  pipe.Bad
		err  error
		cut  int
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
				if c.cut == 0 {
					text = good + "\n" + good + "\n"
				}
				r := newRig(t, counter{}, []step{{text: text}, c.last}, []step{{text: good}})
				r.c.Bad = c.bad
				if err := r.run(); err != c.err {
					t.Errorf("error %v, want %v", err, c.err)
				}
				if want := good + "\n" + good + "\n" + ending + "\n"; r.out.shown.String() != want {
					t.Errorf("printed %q, want %q", r.out.shown.String(), want)
				}
				if l := r.p.Ledger(); l.Unfinished != c.cut || l.Read-l.Rejected != 2 {
					t.Errorf("%d bytes cut, want %d: %+v", l.Unfinished, c.cut, l)
				}
				if r.asked != 1 || r.inputs[1].reads > 0 {
					t.Error("went on to the next input")
				}
			})
		})
	}
}

// TestWriteError: whichever write or flush fails, its error is the one that
// comes back, and nothing more is read or written.
func TestWriteError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := strings.Repeat(good+"\n", 20_000)
		for _, cause := range []error{errBroken, fmt.Errorf("stdout: %w", sink.ErrGone)} {
			for k := 1; ; k++ {
				r := newRig(t, counter{}, []step{{text: good + "\n"}, {wait: 1, text: block}, {wait: 1, text: good}}, []step{{wait: 1, text: good}})
				r.c.Jobs = 1 // others would have read on
				reads, asked := 0, 0
				all := func() (n int) {
					for _, in := range r.inputs {
						n += in.reads
					}
					return n
				}
				r.out.fails, r.out.err = k, cause
				r.out.onFail = func() { reads, asked = all(), r.asked }
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
				if all() != reads || r.asked != asked || r.out.calls != k {
					t.Errorf("call %d: %d reads, %d inputs and %d writes after it failed", k, all()-reads, r.asked-asked, r.out.calls-k)
				}
			}
		}
	})
}

// TestIdleStops: a write that fails while the input is quiet must end the wait.
func TestIdleStops(t *testing.T) {
	for _, call := range []int{1, 2} { // Write, Flush
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			r := newRig(t, echo{}, []step{{text: good + "\n"}, {wait: time.Hour}})
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

// full is an echo without room for the fields "v".
type full struct {
	echo
	turned bool
}

func (f *full) Push(r *ndjson.Record, w *ndjson.Writer) (ndjson.Verdict, error) {
	f.turned = f.turned || r.Len() > 0
	return f.echo.Push(r, w)
}

func (f *full) LimitReached() bool { return f.turned }

func TestCrowdedIsToldOnce(t *testing.T) {
	for v, want := range map[string]int{"null": 0, "1": 1} {
		r := newRig(t, &full{}, []step{{text: strings.Repeat(`{"on":1,"v":`+v+"}\n", 3)}})
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		if r.ears.crowded != want {
			t.Errorf("v %s: told %d times, want %d", v, r.ears.crowded, want)
		}
	}
}

// TestCrowdedInItsPlace: what is told comes in the order of the input, however it
// is cut. (It once depended on whether the next bad line came with the same read.)
func TestCrowdedInItsPlace(t *testing.T) {
	const found, bad = `{"on":1,"v":1}` + "\n", "{bad\n"
	for before, lines := range [][]string{{found, bad, bad}, {bad, found, bad}, {bad, bad, found}} {
		for _, steps := range [][]step{{{text: lines[0] + lines[1] + lines[2]}}, {{text: lines[0]}, {text: lines[1]}, {text: lines[2]}}} {
			r := newRig(t, &full{}, steps)
			if err := r.run(); err != nil {
				t.Fatal(err)
			}
			if r.ears.crowded != 1 || r.ears.before != before {
				t.Errorf("%q in %d reads: told %d times, behind %d bad lines", lines, len(steps), r.ears.crowded, r.ears.before)
			}
		}
	}
}

// TestManyInputs: each is itself: no line goes over from one to the next, lines
// are counted anew, faults name the right one.
func TestManyInputs(t *testing.T) {
	r := newRig(t, counter{},
		[]step{{text: "\ufeff" + good + "\nbad"}},
		[]step{},
		[]step{{text: "\ufeff[" + good + ",\n7]"}},
		[]step{{text: `{"on":1,"v":"` + "\n" + good + "\r\n\n"}, {text: good}},
		[]step{{text: good + "\n\n\tnull"}},
	)
	if err := r.run(); err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat(good+"\n", 5) + ending + "\n"; r.out.shown.String() != want {
		t.Errorf("printed\n%s", r.out.shown.String())
	}
	var places []string
	for _, e := range r.ears.bad {
		places = append(places, fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column))
	}
	if want := []string{"a:2:1", "c:2:1", "d:1:13", "e:3:2"}; !slices.Equal(places, want) {
		t.Errorf("faults at %v, want %v", places, want)
	}
}
