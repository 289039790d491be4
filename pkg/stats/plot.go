package stats

import (
	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/ndjson"
)

// Sizes of a picture. Whoever draws it merges columns and bins to what fits.
const (
	columns  = 240
	bins     = 48
	maxPlots = 64 // pairs of key and field: more, nobody looks at
)

// picture is what a drawing of a field needs: over time, the smallest and the
// largest reading of each column, so that no spike can hide; and how many
// readings are of what size.
type plotData struct {
	byTime   bool // else by count
	n        int64
	over     [columns]agg.MinMax
	min      exact.Dec // of all readings
	max      exact.Dec
	from, to float64 // the same
	counts   [bins]int64
}

func newPlotData(x *field) *plotData {
	e := x.part.MinMax()
	return &plotData{byTime: !x.untimed && x.from.Before(x.to), min: e.Min, max: e.Max, from: e.Min.Float(), to: e.Max.Float()}
}

// add puts a reading in.
func (p *plotData) add(x *field, r *ndjson.Record, d exact.Dec) {
	var at int
	if p.byTime {
		at = instant(r.Time(), x.from, x.to, columns)
	} else {
		at = within(float64(p.n)/float64(x.part.Len()), columns)
	}
	p.n++
	p.over[at].Add(d)
	bin := 0
	if width := p.to/2 - p.from/2; width > 0 { // halves: the whole may be beyond float64
		bin = within((d.Float()/2-p.from/2)/width, bins)
	}
	p.counts[bin]++
}

// Names of a picture's members.
var (
	sparkName     = []byte(`"spark"`)
	histogramName = []byte(`"histogram"`)
	countsName    = []byte(`"counts"`)
)

func (p *plotData) write(w *ndjson.Writer) {
	w.Name(sparkName)
	w.Array()
	for i := range p.over {
		w.Element()
		e := &p.over[i]
		if !e.Any {
			w.Value(exact.Null())
			continue
		}
		w.Array()
		w.Element()
		w.Value(e.Min.Value())
		w.Element()
		w.Value(e.Max.Value())
		w.CloseArray()
	}
	w.CloseArray()
	w.Name(histogramName)
	w.Object()
	w.Name(fromName)
	w.Value(p.min.Value())
	w.Name(toName)
	w.Value(p.max.Value())
	w.Name(countsName)
	w.Array()
	counts := p.counts[:]
	if p.min.Cmp(p.max) == 0 { // all are one
		counts = counts[:1]
	}
	for _, n := range counts {
		w.Element()
		w.Value(exact.Count(n))
	}
	w.CloseArray()
	w.Close()
}
