package stats

import (
	"math"
	"strconv"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/chart"
	"weir/pkg/deviation"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/stamp"
)

// The resolution of a plot. A drawer merges columns until they fit.
const (
	columns    = 240
	bars       = 12 // of the histogram, at most
	binsPerBar = 4
	maxPlots   = 64 // fields that get a plot; a terminal shows no more in a readable way
)

// plotData is the data of a field's picture: for the chart over time what is known of the
// readings of each column, so that it shows every spike, and for the histogram the number
// of readings in each bin. The member that it prints is the one that package chart reads.
type plotData struct {
	byTime bool  // columns are intervals of time; else of the number of readings
	n      int64 // readings so far
	over   [columns]column
	bins   bins

	episodes episodes
}

// column is a part of the chart over time.
type column struct {
	agg.MinMax
	count     int64
	mean      float64
	anomalies int64
}

func newPlotData(x *field) *plotData {
	least, _ := x.part.Min()
	most, _ := x.part.Max()
	return &plotData{byTime: !x.noTime && x.from.Before(x.to), bins: newBins(least, most)}
}

// add adds a reading of r. anomalous says that it is an anomaly.
func (p *plotData) add(x *field, r *batch.Record, d exact.Dec, anomalous bool) {
	var at int
	if p.byTime {
		at = instant(r.Time(), x.from, x.to, columns)
	} else {
		at = within(float64(p.n)/float64(x.part.Len()), columns)
	}
	p.n++
	c := &p.over[at]
	c.Add(d)
	c.count++
	n := float64(c.count)
	c.mean += d.Float()/n - c.mean/n // no sum, which could be beyond float64
	if anomalous {
		c.anomalies++
	}
	p.bins.add(d)
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

// bins are the bins of a histogram. Those of binsPerBar consecutive ones make a bar, whose
// ends are round numbers. Each bin has its lower edge, and the last one the upper edge too.
// If the least and the largest reading are whole, so probably are all others, and a bar is
// not narrower than 1.
//
// If all readings are equal, or a step cannot be found, there is one bin from the least to
// the largest reading.
type bins struct {
	edges  []exact.Dec // in rising order; one more than counts
	texts  [2][]byte   // the first and the last edge, as JSON numbers
	counts []int64
}

// newBins returns the bins of readings from least to most.
func newBins(least, most exact.Dec) bins {
	one := bins{edges: []exact.Dec{least, most}, counts: make([]int64, 1)}
	one.texts = [2][]byte{least.Value().Append(nil, -1), most.Value().Append(nil, -1)}
	lo, hi := least.Float(), most.Float()
	step, ok := chart.SpacingOf(lo, hi, bars)
	if !ok {
		return one
	}
	whole := hi-lo >= 2 && lo == math.Trunc(lo) && hi == math.Trunc(hi)
	if whole && step.Exponent < 0 {
		step = chart.Spacing{Digit: 1}
	}
	first, last := around(step, least, most)
	if last-first > bars { // an end is beyond a multiple by less than a float shows
		step, ok = chart.SpacingOf(lo, hi, bars-2)
		if !ok {
			return one
		}
		first, last = around(step, least, most)
	}
	if whole && step.Size() == 1 && last-first < bars {
		last++ // the largest has a bar of its own, as all others have
	}
	b := bins{texts: [2][]byte{[]byte(step.Text(first)), []byte(step.Text(last))}}
	fine := chart.Spacing{Digit: step.Digit * 100 / binsPerBar, Exponent: step.Exponent - 2}
	for k := first * binsPerBar; k <= last*binsPerBar; k++ {
		d, err := exact.Parse([]byte(fine.Text(k)))
		if err != nil {
			return one
		}
		b.edges = append(b.edges, d)
	}
	b.counts = make([]int64, len(b.edges)-1)
	return b
}

// around returns the largest multiple of s that is not above least, and the smallest that is
// not below most. The division of floats is off by one at most.
func around(s chart.Spacing, least, most exact.Dec) (first, last float64) {
	compare := func(k float64, d exact.Dec) int {
		edge, err := exact.Parse([]byte(s.Text(k)))
		if err != nil {
			return 0 // newBins sees the error too
		}
		return edge.Cmp(d)
	}
	first, last = math.Floor(least.Float()/s.Size())-1, math.Ceil(most.Float()/s.Size())+1
	for range 2 {
		if compare(first+1, least) <= 0 {
			first++
		}
		if compare(last-1, most) >= 0 {
			last--
		}
	}
	return first, last
}

// add counts a reading, which is within the edges.
func (b *bins) add(d exact.Dec) {
	last := len(b.counts) - 1
	lo, hi := b.edges[0].Float()/2, b.edges[last+1].Float()/2 // the whole range may be beyond float64
	i := 0
	if hi > lo {
		i = within((d.Float()/2-lo)/(hi-lo), len(b.counts))
	}
	for i < last && d.Cmp(b.edges[i+1]) >= 0 {
		i++
	}
	for i > 0 && d.Cmp(b.edges[i]) < 0 {
		i--
	}
	b.counts[i]++
}

// Names of a plot's members.
var (
	plotName      = []byte(`"plot"`)
	readingsName  = []byte(`"readings"`)
	startName     = []byte(`"start"`)
	endName       = []byte(`"end"`)
	zoneName      = []byte(`"zone"`)
	limitName     = []byte(`"limit"`)
	meanName      = []byte(`"mean"`)
	lowName       = []byte(`"low"`)
	highName      = []byte(`"high"`)
	columnsName   = []byte(`"columns"`)
	histogramName = []byte(`"histogram"`)
	barsName      = []byte(`"bars"`)
	countsName    = []byte(`"counts"`)
	episodesName  = []byte(`"episodes"`)
	largestName   = []byte(`"largest"`)
	readingCount  = []byte(`"count"`)
	worstName     = []byte(`"worst"`)
)

// write prints the member of the plot: see chart.Parser.
func (p *plotData) write(x *field, o *Options, w *lines.Output) {
	w.Name(plotName)
	w.Object()
	w.Name(readingsName)
	w.Value(exact.Count(p.n))
	if !x.noTime && x.fromText.isSet() {
		w.Name(startName)
		w.Raw(unixText(x.from))
		w.Name(endName)
		w.Raw(unixText(x.to))
	}
	zone := o.Format.Zone()
	if zone != nil {
		w.Name(zoneName)
		w.Text(zone.String())
	}
	p.writeBand(&x.anomalies.baseline, o.Deviation, w)
	w.Name(columnsName)
	w.Array()
	for i := range p.over {
		w.Element()
		p.over[i].write(w)
	}
	w.CloseArray()
	p.bins.write(w)
	if o.judges() {
		p.episodes.write(x.anomalies, w)
	}
	w.Close()
}

// unixText returns a time as a JSON number: seconds since 1970, with nine decimals.
func unixText(t stamp.Time) []byte {
	sec, nsec, sign := t.Sec, int64(t.Nsec), ""
	if sec < 0 && nsec > 0 { // -0.25 is -1 s and 0.75e9 ns
		sec, nsec = sec+1, 1e9-nsec
	}
	if t.Sec < 0 {
		sec, sign = -sec, "-"
	}
	text := sign + strconv.FormatInt(sec, 10)
	if nsec > 0 {
		text += "." + strconv.FormatInt(1e9+nsec, 10)[1:]
	}
	return []byte(text)
}

// writeBand prints the mean and, if there is one, the limit.
func (p *plotData) writeBand(b *deviation.Baseline, limit deviation.Limit, w *lines.Output) {
	w.Name(meanName)
	w.Value(b.Center)
	if limit.Kind == deviation.None {
		return
	}
	w.Name(limitName)
	w.Text(limit.String())
	low, high := b.Band()
	w.Name(lowName)
	writeFloat(w, low)
	w.Name(highName)
	writeFloat(w, high)
}

// writeFloat prints v, null if it is not finite.
func writeFloat(w *lines.Output, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		raw(w, nil)
		return
	}
	w.Value(exact.Float(v))
}

// write prints a column: its minimum, maximum and mean, and the number of anomalies.
func (c *column) write(w *lines.Output) {
	if !c.Any {
		w.Value(exact.Null())
		return
	}
	w.Array()
	w.Element()
	w.Value(c.Min.Value())
	w.Element()
	w.Value(c.Max.Value())
	w.Element()
	writeFloat(w, min(max(c.mean, c.Min.Float()), c.Max.Float()))
	w.Element()
	w.Value(exact.Count(c.anomalies))
	w.CloseArray()
}

// write prints the histogram.
func (b *bins) write(w *lines.Output) {
	w.Name(histogramName)
	w.Object()
	w.Name(fromName)
	w.Raw(b.texts[0])
	w.Name(toName)
	w.Raw(b.texts[1])
	w.Name(barsName)
	w.Value(exact.Count(int64(max(1, len(b.counts)/binsPerBar))))
	w.Name(countsName)
	w.Array()
	for _, n := range b.counts {
		w.Element()
		w.Value(exact.Count(n))
	}
	w.CloseArray()
	w.Close()
}
