package stats

import (
	"bytes"
	"container/heap"
	"math"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/ndjson"
	"weir/pkg/stamp"
)

// Kind is what a deviation is measured in.
type Kind uint8

// None looks for no anomalies; Percent measures in hundredths of the mean's
// magnitude, SDs in standard deviations.
const (
	None Kind = iota
	Percent
	SDs
)

// Deviation is how far from the mean a reading stands out: farther than Factor
// times the mean's magnitude, or times the standard deviation.
type Deviation struct {
	Kind   Kind
	Factor exact.Dec
}

// found is what the second look finds of a field.
type anomalies struct {
	mean, of      exact.Value // what is looked at, and what it is measured in
	factor        exact.Dec
	center, limit float64 // the mean, and how far from it is too far, as floats; NaN: decide without
	bounded       bool    // the mean is same, exactly: readings that are it need no deciding
	same          exact.Dec
	count         int64
	max           int
	heap          []anomaly // a heap: the one that is to go first
}

// anomaly is a reading that stands out.
type anomaly struct {
	seq  int64
	d    exact.Dec
	when []byte
	file string
	line int64
}

func newAnomalies(x *field, o *Options) *anomalies {
	mean := x.part.Stat(agg.Stat{Kind: agg.Mean})
	k := &anomalies{mean: mean, of: mean, factor: o.Deviation.Factor, max: o.Anomalies, center: math.NaN(), limit: math.NaN()}
	if o.Deviation.Kind == SDs {
		k.of = x.part.Stat(agg.Stat{Kind: agg.SD})
	}
	if near, ok := k.mean.Float(); ok {
		k.center = near
	}
	if of, ok := k.of.Float(); ok {
		k.limit = math.Abs(of) * k.factor.Float()
	}
	d, err := exact.Parse(mean.Append(nil, -1))
	k.same, k.bounded = d, err == nil && d.Minus(mean).Sign() == 0
	return k
}

// standsOut decides exactly, by floats where these leave no doubt.
func (k *anomalies) isAnomaly(d exact.Dec) bool {
	x := d.Float()
	off := math.Abs(x - k.center)
	doubt := doubt(math.Abs(x) + math.Abs(k.center) + k.limit)
	switch {
	case off > k.limit+doubt:
		return true
	case off < k.limit-doubt:
		return false
	case k.bounded && d.Cmp(k.same) == 0:
		return false
	}
	return d.Minus(k.mean).Exceeds(k.factor, k.of)
}

// doubt is how far a difference of floats may be from the true one. Each of
// them is within 2^-52 of its true value, or where float64 ends; size is the sum
// of their magnitudes.
func doubt(size float64) float64 { return size*0x1p-48 + 0x1p-1048 }

// compare says which of d and e is the farther from the mean: 1 if d is, 0 if
// both are as far. Exactly, by floats where these leave no doubt.
func (k *anomalies) compare(d, e exact.Dec) int {
	if d.Cmp(e) == 0 {
		return 0
	}
	x, y := d.Float(), e.Float()
	more := math.Abs(x-k.center) - math.Abs(y-k.center)
	doubt := doubt(math.Abs(x) + math.Abs(y) + math.Abs(k.center))
	switch {
	case more > doubt:
		return 1
	case more < -doubt:
		return -1
	}
	return magnitude(d.Minus(k.mean)).Cmp(magnitude(e.Minus(k.mean)))
}

func magnitude(v exact.Value) exact.Value {
	if v.Sign() < 0 {
		return v.Negated()
	}
	return v
}

// listed reports whether d, the newest, is among the farthest so far.
func (k *anomalies) inTopN(d exact.Dec) bool {
	return len(k.heap) < k.max || k.max > 0 && k.compare(d, k.heap[0].d) > 0
}

// add keeps an anomaly that is to be listed.
func (k *anomalies) add(a anomaly) {
	if len(k.heap) < k.max {
		a.when = bytes.Clone(a.when)
		heap.Push(k, a)
		return
	}
	if a.when != nil {
		a.when = append(k.heap[0].when[:0], a.when...)
	}
	k.heap[0] = a
	heap.Fix(k, 0)
}

// Less implements heap.Interface: the nearer goes first, of two as near the
// later.
func (k *anomalies) Less(i, j int) bool {
	a, b := &k.heap[i], &k.heap[j]
	if c := k.compare(a.d, b.d); c != 0 {
		return c < 0
	}
	return a.seq > b.seq
}

// Len, Swap, Push and Pop implement heap.Interface.
func (k *anomalies) Len() int      { return len(k.heap) }
func (k *anomalies) Swap(i, j int) { k.heap[i], k.heap[j] = k.heap[j], k.heap[i] }
func (k *anomalies) Push(a any)    { k.heap = append(k.heap, a.(anomaly)) }
func (k *anomalies) Pop() any {
	last := k.heap[len(k.heap)-1]
	k.heap = k.heap[:len(k.heap)-1]
	return last
}

// Names of an anomaly's members.
var (
	timestampName = []byte(`"timestamp"`)
	valueName     = []byte(`"value"`)
	deviationName = []byte(`"deviation"`)
	percentName   = []byte(`"percent"`)
	fileName      = []byte(`"file"`)
	lineName      = []byte(`"line"`)
)

// list prints those that were kept, in input order.
func (k *anomalies) list(w *ndjson.Writer) {
	slices.SortFunc(k.heap, func(a, b anomaly) int { return int(min(max(a.seq-b.seq, -1), 1)) })
	w.Array()
	for i := range k.heap {
		w.Element()
		w.Object()
		k.write(&k.heap[i], w)
		w.Close()
	}
	w.CloseArray()
}

func (k *anomalies) write(a *anomaly, w *ndjson.Writer) {
	w.Name(timestampName)
	raw(w, a.when)
	w.Name(valueName)
	w.Value(a.d.Value())
	off := a.d.Minus(k.mean)
	w.Name(deviationName)
	w.Value(off)
	w.Name(percentName)
	w.Value(off.Percent(k.mean))
	w.Name(fileName)
	w.Text(a.file)
	w.Name(lineName)
	w.Value(exact.Count(a.line))
}

// PushAgain implements pipe.Second.
func (f *Filter) PushSecond(r *ndjson.Record, w *ndjson.Writer) error {
	f.seq++
	k := f.keys.Find(r.Key())
	if k == nil || r.Judge() != nil {
		return nil
	}
	for i := range r.Len() {
		slot, d := r.At(i)
		x := k.fields.Find(slot)
		if x == nil {
			continue
		}
		if x.anomalies == nil {
			f.begin(x)
		}
		if x.plot != nil {
			x.plot.add(x, r, d)
		}
		if f.opts.Deviation.Kind != None && x.anomalies.isAnomaly(d) {
			x.anomalies.count++
			f.anomaly(x, r, d, w)
		}
	}
	return nil
}

// begin readies a field for the second look.
func (f *Filter) begin(x *field) {
	x.anomalies = newAnomalies(x, &f.opts)
	if f.opts.Plot && !f.opts.List && f.pairs < maxPlots {
		f.pairs++
		x.plot = newPlotData(x)
	}
}

func (f *Filter) anomaly(x *field, r *ndjson.Record, d exact.Dec, w *ndjson.Writer) {
	if !f.opts.List && !x.anomalies.inTopN(d) {
		return
	}
	file, line := r.Place()
	a := anomaly{seq: f.seq, d: d, when: r.When(), file: file, line: line}
	if !f.opts.List {
		x.anomalies.add(a)
		return
	}
	w.Object()
	f.head(x, w)
	x.anomalies.write(&a, w)
	w.End()
}

// FinishAgain implements pipe.Second.
func (f *Filter) FinishSecond(w *ndjson.Writer) error {
	if f.opts.List {
		return nil
	}
	for _, x := range f.sorted() {
		f.line(x, w)
	}
	return nil
}

// ParseDeviation reads "20%", "3sd" or "none".
func ParseDeviation(s string) (Deviation, bool) {
	if s == "none" {
		return Deviation{}, true
	}
	for suffix, kind := range map[string]Kind{"%": Percent, "sd": SDs} {
		number, ok := bytes.CutSuffix([]byte(s), []byte(suffix))
		if !ok {
			continue
		}
		if kind == Percent {
			number = append(number, "e-2"...)
		}
		d, err := exact.Parse(number)
		return Deviation{kind, d}, err == nil && d.Sign() >= 0
	}
	return Deviation{}, false
}

// instant maps a time between from and to onto [0, n).
func instant(t, from, to stamp.Time, n int) int {
	at := float64(t.Sec-from.Sec) + float64(t.Nsec-from.Nsec)/1e9
	all := float64(to.Sec-from.Sec) + float64(to.Nsec-from.Nsec)/1e9
	return within(at/all, n)
}

// within maps a share of the whole onto [0, n).
func within(share float64, n int) int {
	return min(max(int(share*float64(n)), 0), n-1)
}
