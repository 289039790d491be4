package stats_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"weir/pkg/ndjson"
	"weir/pkg/pipe"
	"weir/pkg/stats"
)

const records = 1000

// machine is what a machine writes in 1,000 records, none of which stands out.
func machine() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for i := range records {
		fmt.Fprintf(&b, `{"timestamp":"2025-01-01T00:%02d:%02dZ","machine":"m%d","temperature":%.1f,"speed":%d,"status":"STARTED"}`+"\n",
			i/60, i%60, i%7, 70+random.Float64()*5, 110+random.IntN(10))
	}
	return b.Bytes()
}

// filtering is a filter with its ends, to be run over the same records again
// and again.
type filtering struct {
	f    *stats.Filter
	rd   *ndjson.Reader
	w    *ndjson.Writer
	in   bytes.Reader
	data []byte
}

func newFiltering(o stats.Options, data []byte) *filtering {
	f := stats.New(o)
	return &filtering{f: f, rd: ndjson.NewReader(f.Plan(), ndjson.Options{}), w: ndjson.NewWriter(io.Discard, -1), data: data}
}

func (x *filtering) each(tb testing.TB, push func(*ndjson.Record) error) {
	x.in.Reset(x.data)
	x.rd.Reset(&x.in, "in")
	for n := 0; ; n++ {
		r, err := x.rd.Next()
		if err == io.EOF && n == records {
			return
		}
		if err != nil {
			tb.Fatal(n, err)
		}
		first := r.Index()
		if err := push(r); err != nil {
			tb.Fatal(n, err)
		}
		n += r.Index() - first
	}
}

func (x *filtering) first(tb testing.TB) {
	x.each(tb, func(r *ndjson.Record) error {
		if v, err := x.f.Push(r, x.w); v != ndjson.Used || err != nil {
			tb.Fatal(v, err)
		}
		return nil
	})
}

func (x *filtering) second(tb testing.TB) {
	x.each(tb, func(r *ndjson.Record) error { return x.f.PushSecond(r, x.w) })
}

// lean asks for what is kept without quantiles.
func lean(deviation string) stats.Options {
	r := defaults()
	r.stats, r.deviation = []string{"count", "mean", "min", "max", "sd"}, deviation
	return r.options()
}

// TestNoAllocation: once fields and layouts are known, a record costs none, in
// neither look.
func TestNoAllocation(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection that begins allocates, and all of the process is counted
	for name, data := range map[string][]byte{"machine": machine(), "constant": constant()} {
		for _, by := range [][]ndjson.Path{nil, {{"machine"}}} {
			for _, deviation := range []string{"none", "20%", "5sd"} {
				o := lean(deviation)
				o.By = by
				x := newFiltering(o, data)
				if n := testing.AllocsPerRun(5, func() { x.first(t) }); n != 0 {
					t.Errorf("%s by %v: %v allocations in the first look at %d records", name, by, n, records)
				}
				if n := testing.AllocsPerRun(5, func() { x.second(t) }); n != 0 {
					t.Errorf("%s by %v, %s: %v allocations in the second look at %d records", name, by, deviation, n, records)
				}
			}
		}
	}
}

func BenchmarkFirstLook(b *testing.B) {
	data := machine()
	for name, o := range map[string]stats.Options{"lean": lean("none"), "defaults": defaultOptions()} {
		b.Run(name, func(b *testing.B) {
			x := newFiltering(o, data)
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				x.first(b)
			}
		})
	}
}

func BenchmarkSecondLook(b *testing.B) {
	data := machine()
	for _, c := range []struct {
		name, deviation string
		data            []byte
	}{{"20%", "20%", data}, {"3sd", "3sd", data}, {"constant", "3sd", constant()}, {"all-stand-out", "0%", data}} {
		b.Run(c.name, func(b *testing.B) {
			x := newFiltering(lean(c.deviation), c.data)
			x.first(b)
			b.ReportAllocs()
			b.SetBytes(int64(len(c.data)))
			for b.Loop() {
				x.second(b)
			}
		})
	}
}

// constant is a machine that stands still: every reading is exactly the mean.
func constant() []byte { return bytes.Repeat([]byte(`{"v":0,"w":5.5}`+"\n"), records) }

// BenchmarkPipe is all of it, of a file and of a pipe.
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
