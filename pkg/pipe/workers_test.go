package pipe_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/pipe"
)

// manyBlocks is enough lines for several workers.
var manyBlocks = strings.Repeat(`{"on":1,"do":"use","pad":"`+strings.Repeat("x", 500)+"\"}\n", 8_000)

// TestNoGoroutineIsLeft: however a run with several workers ends, they have ended when Run
// returns. The bubble fails the test if a goroutine is left in it.
func TestNoGoroutineIsLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		last  []step
		write int // the call of the output that fails
	}{
		{name: "end of input"},
		{name: "stopped in a wait", last: []step{{wait: time.Second, stop: true}}},
		{name: "read error", last: []step{{err: errBroken}}},
		{name: "filter error", last: []step{{text: `{"on":1,"do":"break"}` + "\n" + manyBlocks}}},
		{name: "write error", last: []step{{text: manyBlocks}}, write: 5},
		{name: "later write error", last: []step{{wait: time.Second, text: manyBlocks}}, write: 17},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newFixture(t, finishFilter{}, append([]step{{text: manyBlocks}}, c.last...))
				r.out.fails, r.out.err = c.write, errBroken
				err := r.run()
				wantErr := strings.HasSuffix(c.name, "error") || c.write > 0
				if (err != nil) != wantErr {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

// aloneFilter passes records on, and notes how much had been read when it did so with a
// long one. It is an Output as well, which checks that no more has been read when that
// one is written.
type aloneFilter struct {
	echoFilter
	*fakeOutput
	t     *testing.T
	in    *fakeInput
	reads int // in.reads at the last Push of a long record that has not been written
	long  int // long records so far
}

const long = 1 << 20

func (f *aloneFilter) Member() *lines.Member {
	return &lines.Member{Label: batch.NewLabel([]byte(`"more"`))}
}

func (f *aloneFilter) Push(b *batch.Batch, out *lines.Output) error {
	var runs batch.Runs
	runs.Begin(b, nil, false)
	for runs.NextOne() {
		r := b.Record(runs.Row(0))
		if len(r.Raw()) > long {
			f.long++
			f.reads = f.in.reads
		}
		out.Defer(&runs.Run)
	}
	return nil
}

func (f *aloneFilter) Write(p []byte) (int, error) {
	if len(p) > long {
		if f.reads > 0 && f.in.reads != f.reads {
			f.t.Errorf("%d reads while a long record was processed", f.in.reads-f.reads)
		}
		f.reads = 0
	}
	return f.fakeOutput.Write(p)
}

// TestLongLinesOneAtATime: while a long line is processed nothing is read, so memory does
// not grow with the number of workers.
func TestLongLinesOneAtATime(t *testing.T) {
	t.Parallel()
	line := `{"on":1,"pad":"` + strings.Repeat("x", 2*long) + "\"}\n"
	f := &aloneFilter{t: t}
	r := newFixture(t, f, []step{{text: manyBlocks}, {text: line + line}, {text: manyBlocks}, {text: line}})
	r.c.Jobs = 4
	f.in, f.fakeOutput, r.c.Out = r.inputs[0], r.out, f
	if err := r.run(); err != nil {
		t.Fatal(err)
	}
	if f.long != 3 {
		t.Errorf("%d long records, want 3", f.long)
	}
}

// TestSameOutputForAllJobs: lines of all lengths come out as they came in, whatever the
// number of workers.
func TestSameOutputForAllJobs(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i, n := range []int{10, 300 << 10, 5, 3 << 20, 700 << 10, 600 << 10, 1, 1 << 20} {
		b.WriteString(`{"on":1,"pad":"` + strings.Repeat(string(rune('a'+i)), n) + "\"}\n")
		b.WriteString(manyBlocks[:1<<20/(i+1)/500*530])
		b.WriteString("\n")
	}
	text := b.String()
	want := ""
	for _, jobs := range []int{1, 2, 3, 100} {
		r := newFixture(t, finishFilter{}, []step{{text: text}}, []step{{text: text[:len(text)/2]}})
		r.c.Jobs, r.c.Bad = jobs, pipe.Skip
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		got := r.out.shown.String()
		if jobs == 1 {
			want = got
		}
		if got != want || len(got) < len(text) {
			t.Errorf("%d workers: %d bytes of output that are not the %d of one worker", jobs, len(got), len(want))
		}
	}
}
