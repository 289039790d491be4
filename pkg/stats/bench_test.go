package stats_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
	"weir/pkg/pipe"
	"weir/pkg/stats"
)

const records = 1000

// machine is 1,000 records of a machine, none of which is an anomaly.
func machine() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for i := range records {
		fmt.Fprintf(&b, `{"timestamp":"2025-01-01T00:%02d:%02dZ","machine":"m%d","temperature":%.1f,"speed":%d,"status":"STARTED"}`+"\n",
			i/60, i%60, i%7, 70+random.Float64()*5, 110+random.IntN(10))
	}
	return b.Bytes()
}

// harness is a filter with a reader and an output, to be run over the same records
// many times.
type harness struct {
	f      *stats.Filter
	fold   *batch.Fold
	rd     *ndjson.Reader
	parser *ndjson.Parser
	block  ndjson.Block
	w      *lines.Output
	in     bytes.Reader
	data   []byte
}

func newHarness(o stats.Options, data []byte) *harness {
	x := &harness{f: stats.New(o), w: lines.New(io.Discard, -1, nil), data: data}
	x.fold = batch.NewFold(x.f.Plan())
	x.rd = ndjson.NewReader(x.fold, ndjson.Options{})
	x.parser = x.rd.Parser()
	return x
}

// each pushes all records, batch by batch, and checks that all are used.
func (x *harness) each(tb testing.TB, push func(*batch.Batch, *lines.Output) error) {
	x.in.Reset(x.data)
	x.rd.Reset(&x.in, "in")
	x.fold.Reset()
	n := 0
	for {
		if !x.block.More() {
			err := x.rd.Read(&x.block)
			if err == io.EOF && n == records {
				return
			}
			if err != nil {
				tb.Fatal(n, err)
			}
		}
		b := &x.block.Batch
		x.parser.Parse(&x.block)
		x.fold.Begin(b)
		if err := push(b, x.w); err != nil {
			tb.Fatal(n, err)
		}
		outcomes, _ := b.Outcomes()
		if len(outcomes) > 0 {
			tb.Fatal(n, outcomes)
		}
		n += len(b.Rows)
		x.fold.End(b)
	}
}

func (x *harness) first(tb testing.TB)  { x.each(tb, x.f.Push) }
func (x *harness) second(tb testing.TB) { x.each(tb, x.f.PushSecond) }

// withoutQuantiles is options for the cheaper statistics.
func withoutQuantiles(deviation string) stats.Options {
	r := defaults()
	r.stats, r.deviation = []string{"count", "mean", "min", "max", "sd"}, deviation
	return r.options()
}

// TestNoAllocation: once fields and layouts are known, no record allocates, in
// either pass.
func TestNoAllocation(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection that starts allocates, and the whole process is counted
	for name, data := range map[string][]byte{"machine": machine(), "constant": constant()} {
		for _, by := range [][]batch.Path{nil, {{"machine"}}} {
			for _, deviation := range []string{"none", "20%", "5sd"} {
				o := withoutQuantiles(deviation)
				o.By = by
				x := newHarness(o, data)
				n := testing.AllocsPerRun(5, func() { x.first(t) })
				if n != 0 {
					t.Errorf("%s by %v: %v allocations in the first pass over %d records", name, by, n, records)
				}
				n = testing.AllocsPerRun(5, func() { x.second(t) })
				if n != 0 {
					t.Errorf("%s by %v, %s: %v allocations in the second pass over %d records", name, by, deviation, n, records)
				}
			}
		}
	}
}

func BenchmarkFirstPass(b *testing.B) {
	data := machine()
	for name, o := range map[string]stats.Options{"no-quantiles": withoutQuantiles("none"), "defaults": defaultOptions()} {
		b.Run(name, func(b *testing.B) {
			x := newHarness(o, data)
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				x.first(b)
			}
		})
	}
}

func BenchmarkSecondPass(b *testing.B) {
	data := machine()
	for _, c := range []struct {
		name, deviation string
		data            []byte
	}{{"20%", "20%", data}, {"3sd", "3sd", data}, {"constant", "3sd", constant()}, {"all-anomalies", "0%", data}} {
		b.Run(c.name, func(b *testing.B) {
			x := newHarness(withoutQuantiles(c.deviation), c.data)
			x.first(b)
			b.ReportAllocs()
			b.SetBytes(int64(len(c.data)))
			for b.Loop() {
				x.second(b)
			}
		})
	}
}

// constant is 1,000 equal records: every reading is exactly the mean.
func constant() []byte { return bytes.Repeat([]byte(`{"v":0,"w":5.5}`+"\n"), records) }

// BenchmarkPipe measures whole runs, over a file and over a pipe.
func BenchmarkPipe(b *testing.B) {
	data := machine()
	for _, kind := range []string{"files", "pipes"} {
		b.Run(kind, func(b *testing.B) {
			b.SetBytes(int64(len(data)) * 100)
			text := string(bytes.Repeat(data, 100))
			for b.Loop() {
				out, _, _ := run(b, defaultOptions(), pipe.Report, inputs([]file{{"in", text}}, kind, 1<<20))
				if out == "" {
					b.Fatal("nothing")
				}
			}
		})
	}
}
