package winavg

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
)

// parsed returns the batches of an input, ready to be pushed.
func parsed(tb testing.TB, plan batch.Plan, in io.Reader) (all []*batch.Batch) {
	tb.Helper()
	fold := batch.NewFold(plan)
	rd := ndjson.NewReader(fold, ndjson.Options{})
	p := rd.Parser()
	rd.Reset(in, "lines")
	for {
		b := new(ndjson.Block)
		err := rd.Read(b)
		if err == io.EOF {
			return all
		}
		if err != nil {
			tb.Fatal(err)
		}
		p.Parse(b)
		if b.More() {
			tb.Fatal("not all records of a block are in one batch")
		}
		fold.Begin(&b.Batch)
		all = append(all, &b.Batch)
	}
}

// pushUsed pushes a batch, all records of which must be used.
func pushUsed(tb testing.TB, f *Filter, b *batch.Batch, w *lines.Output) {
	err := f.Push(b, w)
	outcomes, _ := b.Outcomes()
	if err != nil || len(outcomes) > 0 {
		tb.Fatal(err, outcomes)
	}
}

// TestNoAllocation: once the window is full, records and rows do not allocate, though
// every step has its own panes.
func TestNoAllocation(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection that starts allocates, and the whole process is counted
	for name, o := range map[string]Options{
		"one": {Empty: Zero}, "keys": {By: []batch.Path{{"k"}}, Empty: Skip, Drain: true},
	} {
		for _, apart := range []float64{0.5, 60, 400} {
			for _, lateness := range []time.Duration{0, 90 * time.Second} {
				o.Window, o.MaxGap, o.Lateness = 30*time.Minute, Forever, lateness
				f := newFilter(t, o, "mean", "max", "first")
				w := lines.New(io.Discard, -1, nil)
				batches := parsed(t, f.Plan(), &lineReader{events(6000, 7, apart, false), 100})
				some := func() {
					for n := 0; n < 100; { // one batch, or several with small blocks
						n += len(batches[0].Rows)
						pushUsed(t, f, batches[0], w)
						batches = batches[1:]
					}
				}
				for range 45 {
					some()
				}
				n := testing.AllocsPerRun(10, some)
				if n != 0 {
					t.Errorf("%s, %v s apart, lateness %v: %v allocations in 100 events", name, apart, lateness, n)
				}
			}
		}
	}
}

// fold measures what Push costs for each of 20,000 records, of some keys in turn, with
// times some seconds apart.
func fold(b *testing.B, o Options, keys int, apart float64, stats ...string) {
	const n = 20000
	if keys > 0 {
		o.By, o.Empty, o.Drain = []batch.Path{{"k"}}, Skip, true
	}
	o.MaxGap = 31 * 24 * time.Hour
	batches := parsed(b, newFilter(b, o, stats...).Plan(), strings.NewReader(events(n, max(keys, 1), apart, false)))
	w := lines.New(io.Discard, -1, nil)
	b.ReportAllocs()
	for b.Loop() {
		f := newFilter(b, o, stats...)
		for _, x := range batches {
			pushUsed(b, f, x, w)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
}

// BenchmarkFold has many events in a step.
func BenchmarkFold(b *testing.B) {
	for _, stats := range []string{"mean", "count mean min max sd", "p99"} {
		for _, keys := range []int{0, 1, 100} {
			b.Run(fmt.Sprintf("%s/%dkeys", strings.ReplaceAll(stats, " ", "-"), keys), func(b *testing.B) {
				fold(b, Options{Window: 10 * time.Minute}, keys, 0.03, strings.Fields(stats)...)
			})
		}
	}
}

// BenchmarkSteps has a step for every event, or for every round of the keys: panes enter
// and leave, and rows are printed.
func BenchmarkSteps(b *testing.B) {
	for _, minutes := range []int{1, 10, 1000, 10000} {
		for _, keys := range []int{0, 100} {
			b.Run(fmt.Sprintf("%dmin/%dkeys", minutes, keys), func(b *testing.B) {
				fold(b, Options{Window: time.Duration(minutes) * time.Minute}, keys, 60/float64(max(keys, 1)), "mean")
			})
		}
	}
}
