package stats

import (
	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/stamp"
)

// The resolution of a plot. Package table merges columns and bins until they fit the
// terminal.
const (
	columns  = 240
	bins     = 48
	maxPlots = 64 // fields that get a plot; a terminal shows no more in a readable way
)

// plotData is the data of a field's charts: for the chart over time the minimum and the
// maximum of each column, so that it shows every spike, and for the histogram the number
// of readings in each bin.
type plotData struct {
	byTime   bool                // columns are intervals of time; else of the number of readings
	n        int64               // readings so far
	over     [columns]agg.MinMax // one for each column
	min      exact.Dec           // of all readings, as the first pass found them
	max      exact.Dec
	from, to float64 // min and max as floats
	counts   [bins]int64
}

func newPlotData(x *field) *plotData {
	least, _ := x.part.Min()
	most, _ := x.part.Max()
	return &plotData{byTime: !x.noTime && x.from.Before(x.to), min: least, max: most, from: least.Float(), to: most.Float()}
}

// add adds a reading of r.
func (p *plotData) add(x *field, r *batch.Record, d exact.Dec) {
	var column int
	if p.byTime {
		column = instant(r.Time(), x.from, x.to, columns)
	} else {
		column = within(float64(p.n)/float64(x.part.Len()), columns)
	}
	p.n++
	p.over[column].Add(d)
	bin := 0
	half := p.to/2 - p.from/2 // the whole range may be beyond float64
	if half > 0 {
		bin = within((d.Float()/2-p.from/2)/half, bins)
	}
	p.counts[bin]++
}

// instant maps a time from from to to onto [0, n). Requires from < to.
func instant(t, from, to stamp.Time, n int) int {
	at := float64(t.Sec-from.Sec) + float64(t.Nsec-from.Nsec)/1e9
	all := float64(to.Sec-from.Sec) + float64(to.Nsec-from.Nsec)/1e9
	return within(at/all, n)
}

// within maps a share, 0 to 1, onto [0, n).
func within(share float64, n int) int {
	return min(max(int(share*float64(n)), 0), n-1)
}

// Names of a plot's members.
var (
	sparkName     = []byte(`"spark"`)
	histogramName = []byte(`"histogram"`)
	countsName    = []byte(`"counts"`)
)

// write prints the members of the plot.
func (p *plotData) write(w *lines.Output) {
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
	if p.min.Cmp(p.max) == 0 { // all readings are equal: one bin
		counts = counts[:1]
	}
	for _, n := range counts {
		w.Element()
		w.Value(exact.Count(n))
	}
	w.CloseArray()
	w.Close()
}
