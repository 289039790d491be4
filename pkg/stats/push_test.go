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

// parsed returns the records of lines, each in a block that is not reused.
func parsed(tb testing.TB, plan batch.Plan, lines []byte) (all []batch.Record) {
	tb.Helper()
	rd := ndjson.NewRecords(plan, ndjson.Options{})
	rd.Reset(bytes.NewReader(lines), "lines")
	for {
		b := new(ndjson.Block)
		if err := rd.Read(b); err == io.EOF {
			return all
		} else if err != nil {
			tb.Fatal(err)
		}
		rd.Parser().Parse(b)
		for r, bad, ok := b.Next(); ok; r, bad, ok = b.Next() {
			if bad != nil {
				tb.Fatal(bad)
			}
			all = append(all, *r)
		}
	}
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
			records := parsed(b, stats.New(c.o).Plan(), machines(max(keys, 1)))
			w := lines.New(io.Discard, -1)
			var f *stats.Filter
			first := func() {
				f = stats.New(c.o)
				for i := range records {
					_, _ = f.Push(&records[i], w)
				}
			}
			second := func() {
				for i := range records {
					_ = f.PushSecond(&records[i], w)
				}
			}
			for name, pass := range map[string]func(){"first": first, "second": second} {
				b.Run(fmt.Sprintf("%s/%s/%dkeys", name, c.name, keys), func(b *testing.B) {
					first()
					for b.Loop() {
						pass()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(records)), "ns/record")
				})
			}
		}
	}
}
