package state

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// layout is a line as a filter writes it, and reads it back.
type layout struct {
	name  string
	write func(w *Writer, key []byte)
	read  func(r *Reader)
}

// layouts are the lines of which a state has one for each key and field: of stats, the panes of
// winavg with one statistic and with several, and the windows of mavg.
func layouts() []layout {
	pane := agg.Needs{}
	several := agg.Needs{Squares: true, MinMax: true, Quantiles: true}
	return []layout{
		aggregate("stats", 3, allNeeds, func(w *Writer) {
			w.Bool("no_time", false)
			w.Time("from", stamp.Time{Sec: 1714960800, Nsec: 5e8})
			w.TextBytes("from_text", []byte(`"2024-05-06T02:00:00.500Z"`))
		}, func(r *Reader) {
			r.Bool("no_time")
			r.Time("from")
			r.TextBytes("from_text")
		}),
		aggregate("pane of a mean", 10, pane, nil, nil),
		aggregate("pane of several statistics", 10, several, nil, nil),
		{"window of 10", func(w *Writer, key []byte) {
			w.Line("line")
			w.Key(key)
			w.Field(0)
			w.Decs("readings", tenReadings)
		}, func(r *Reader) {
			r.Key()
			r.Field()
			r.Decs("readings")
		}},
	}
}

var tenReadings = func() (list []exact.Dec) {
	for i := range int64(10) {
		list = append(list, exact.FromUnits(7000+i*i*13, 2))
	}
	return list
}()

// aggregate returns the layout of a part with n readings, and of what more writes and reads.
func aggregate(name string, n int, need agg.Needs, write func(*Writer), read func(*Reader)) layout {
	p := window.NewPart(need)
	for i, d := range tenReadings[:n] {
		p.Add(stamp.Time{Sec: 1714960800 + int64(i)}, d)
	}
	return layout{name, func(w *Writer, key []byte) {
		w.Line("line")
		w.Key(key)
		w.Field(0)
		w.Int("index", 28582680)
		w.Part(&p, need)
		if write != nil {
			write(w)
		}
	}, func(r *Reader) {
		r.Key()
		r.Field()
		r.Int("index")
		r.Contents(need)
		if read != nil {
			read(r)
		}
	}}
}

// lines returns a state of n lines.
func (l *layout) lines(n int) []byte {
	var text bytes.Buffer
	w := NewWriter(&text, Header{})
	w.SetFields([][]byte{[]byte(`"temperature"`)})
	for i := range n {
		l.write(w, fmt.Appendf(nil, `"machine-%d"`, i))
	}
	_ = w.Close()
	return text.Bytes()
}

// open returns a Reader of a state, before its first line.
func open(t interface{ Fatal(...any) }, text []byte) *Reader {
	r, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	r.Fields()
	return r
}

// TestLinesDoNotAllocate: once there was one like it, a line is written and read without
// allocating.
func TestLinesDoNotAllocate(t *testing.T) {
	for _, l := range layouts() {
		w := NewWriter(io.Discard, Header{})
		w.SetFields([][]byte{[]byte(`"temperature"`)})
		key := []byte("\"machine-1\"\x00null")
		n := testing.AllocsPerRun(1000, func() { l.write(w, key) })
		if n != 0 {
			t.Errorf("%s: %v allocations to write a line", l.name, n)
		}
		const lines = 1000
		r := open(t, l.lines(lines+1))
		n = testing.AllocsPerRun(lines, func() {
			if !r.Next("line") {
				t.Fatal(r.Err())
			}
			l.read(r)
		})
		if n != 0 || r.Done() != nil {
			t.Errorf("%s: %v allocations to read a line, %v", l.name, n, r.Done())
		}
	}
}

// BenchmarkLine is what a state costs for each key and field.
func BenchmarkLine(b *testing.B) {
	for _, l := range layouts() {
		b.Run("write "+l.name, func(b *testing.B) {
			w := NewWriter(io.Discard, Header{})
			w.SetFields([][]byte{[]byte(`"temperature"`)})
			key := []byte(`"machine-1"`)
			b.ReportAllocs()
			for b.Loop() {
				l.write(w, key)
			}
		})
		b.Run("read "+l.name, func(b *testing.B) {
			const lines = 1000
			text := l.lines(lines)
			for b.Loop() {
				r := open(b, text)
				for r.Next("line") {
					l.read(r)
				}
				if r.Done() != nil {
					b.Fatal(r.Done())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
		})
	}
}
