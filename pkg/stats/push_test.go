package stats_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
	"weir/pkg/stats"
)

// parsed returns the batches of text for filters with the options, ready to be pushed
// many times, and the number of records. All fields have slots before, as in all but the
// first batch of a stream.
func parsed(tb testing.TB, o stats.Options, text []byte) (batches []*batch.Batch, records int) {
	tb.Helper()
	x := newHarness(o, nil)
	for _, keep := range []bool{false, true} {
		x.rd.Reset(bytes.NewReader(text), "lines")
		x.fold.Reset()
		for {
			b := new(ndjson.Block)
			err := x.rd.Read(b)
			if err == io.EOF {
				break
			}
			if err != nil {
				tb.Fatal(err)
			}
			for b.More() {
				x.parser.Parse(b)
				x.fold.Begin(&b.Batch)
				if keep {
					batches, records = append(batches, &b.Batch), records+len(b.Rows)
					break
				}
				if err := x.f.Push(&b.Batch, x.w); err != nil {
					tb.Fatal(err)
				}
				x.fold.End(&b.Batch)
			}
			outcomes, _ := b.Outcomes()
			if len(outcomes) > 0 || b.More() {
				tb.Fatal("not all records of a block are in one batch and used", outcomes)
			}
		}
	}
	return batches, records
}

// machines is 20,000 records of two readings, of n machines in turn.
func machines(n int) []byte {
	var b bytes.Buffer
	for i := range 20000 {
		fmt.Fprintf(&b, `{"timestamp":"2025-01-01T%02d:%02d:%02dZ","machine":"m%d","temperature":%.1f,"speed":%d,"status":"STARTED"}`+"\n",
			i/3600, i/60%60, i%60, i%n, 70+float64(i*7919%50)/10, 110+i%10)
	}
	return b.Bytes()
}

// BenchmarkFold measures what a record of two readings costs, in the first and in
// the second pass.
func BenchmarkFold(b *testing.B) {
	for _, c := range []struct {
		name string
		o    stats.Options
	}{{"none", withoutQuantiles("none")}, {"20%", withoutQuantiles("20%")}, {"3sd", withoutQuantiles("3sd")}, {"defaults", defaultOptions()}} {
		for _, keys := range []int{0, 1, 100} {
			c.o.By = nil
			if keys > 0 {
				c.o.By = []batch.Path{{"machine"}}
			}
			batches, records := parsed(b, c.o, machines(max(keys, 1)))
			w := lines.New(io.Discard, -1, nil)
			var f *stats.Filter
			first := func() {
				f = stats.New(c.o)
				for _, x := range batches {
					_ = f.Push(x, w)
				}
			}
			second := func() {
				for _, x := range batches {
					_ = f.PushSecond(x, w)
				}
			}
			for name, pass := range map[string]func(){"first": first, "second": second} {
				b.Run(fmt.Sprintf("%s/%s/%dkeys", name, c.name, keys), func(b *testing.B) {
					first()
					for b.Loop() {
						pass()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(records), "ns/record")
				})
			}
		}
	}
}
