package state

import (
	"bytes"
	"io"
	"testing"

	"weir/pkg/exact"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// BenchmarkAggregate is what the state costs for each key and field of stats.
func BenchmarkAggregate(b *testing.B) {
	var text bytes.Buffer
	w := NewWriter(&text, Header{})
	w.SetFields([][]byte{[]byte(`"x"`)})
	for i := range 1000 {
		p := window.NewPart(allNeeds)
		p.Add(stamp.Time{Sec: int64(i)}, exact.Int(int64(i)))
		c := p.Contents()
		w.Line("field")
		w.Key([]byte(`"machine"`))
		w.Field(0)
		w.Contents(&c, allNeeds)
	}
	w.Close()
	b.Run("write", func(b *testing.B) {
		p := window.NewPart(allNeeds)
		p.Add(stamp.Time{Sec: 1}, exact.Int(1))
		w := NewWriter(io.Discard, Header{})
		w.SetFields([][]byte{[]byte(`"x"`)})
		for b.Loop() {
			c := p.Contents()
			w.Line("field")
			w.Field(0)
			w.Contents(&c, allNeeds)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			r, _ := Parse(text.Bytes())
			r.Fields()
			for r.Next("field") {
				p := window.NewPart(allNeeds)
				p.Restore(r.Contents(allNeeds))
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/line")
	})
}
