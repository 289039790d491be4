package stats

import (
	"bytes"
	"cmp"
	"container/heap"
	"slices"

	"weir/pkg/batch"
	"weir/pkg/deviation"
	"weir/pkg/exact"
	"weir/pkg/lines"
)

// anomalies finds the anomalies of a field in the second pass. It counts all and keeps
// the max with the largest deviation.
type anomalies struct {
	baseline deviation.Baseline // the Center is the mean
	count    int64
	max      int

	// heap has the anomalies with the largest deviation so far, at most max. Its first element
	// is the one among them that is nearest to the mean, of several the latest: the next
	// one to be replaced.
	heap []anomaly
}

// anomaly is a reading that is an anomaly, and its position.
type anomaly struct {
	seq  int64
	d    exact.Dec
	when []byte
	file string
	line int64
}

func newAnomalies(x *field, o *Options) *anomalies {
	k := &anomalies{max: o.Anomalies}
	k.baseline.Set(o.Deviation, &x.part)
	return k
}

// inTopN reports whether d, the newest anomaly, is among the max largest so far. Of
// equally far ones, the earlier stays.
func (k *anomalies) inTopN(d exact.Dec) bool {
	return len(k.heap) < k.max || k.max > 0 && k.baseline.Compare(d, k.heap[0].d) > 0
}

// add keeps an anomaly that is in the top n. It copies a.when, into the memory of the
// anomaly that it replaces.
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

// Less implements heap.Interface: the anomaly to be replaced first comes first.
func (k *anomalies) Less(i, j int) bool {
	a, b := &k.heap[i], &k.heap[j]
	c := k.baseline.Compare(a.d, b.d)
	if c != 0 {
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

// list prints the anomalies of the heap, in input order. It ends the heap's order.
func (k *anomalies) list(w *lines.Output) {
	slices.SortFunc(k.heap, func(a, b anomaly) int { return cmp.Compare(a.seq, b.seq) })
	w.Array()
	for i := range k.heap {
		w.Element()
		w.Object()
		k.write(&k.heap[i], w)
		w.Close()
	}
	w.CloseArray()
}

// write prints the members of an anomaly.
func (k *anomalies) write(a *anomaly, w *lines.Output) {
	w.Name(timestampName)
	raw(w, a.when)
	w.Name(valueName)
	w.Value(a.d.Value())
	off, percent := k.baseline.Off(a.d)
	w.Name(deviationName)
	w.Value(off)
	w.Name(percentName)
	w.Value(percent)
	w.Name(fileName)
	w.Text(a.file)
	w.Name(lineName)
	w.Value(exact.Count(a.line))
}

// PushSecond implements pipe.SecondPass: it finds the anomalies among the readings of b.
// Requires that the first pass had the same records.
func (f *Filter) PushSecond(b *batch.Batch, out *lines.Output) error {
	f.runs.Begin(b, f.keys.Resolve(b), false)
	for f.runs.NextOne() {
		f.seq++
		r := b.Record(f.runs.Row(0))
		id := f.keys.ID(&f.runs.Run)
		if id < 0 || r.Judge() != nil {
			continue
		}
		r.Resolve()
		k := f.keys.At(id)
		for i := range r.Len() {
			slot, d := r.At(i)
			x := k.Find(slot)
			if x != nil {
				f.check(x, &r, d, out)
			}
		}
	}
	return nil
}

// check counts a reading of r that is an anomaly, and adds it to the plot.
func (f *Filter) check(x *field, r *batch.Record, d exact.Dec, out *lines.Output) {
	if x.anomalies == nil {
		f.begin(x)
	}
	found := f.opts.judges() && x.anomalies.baseline.Exceeded(d)
	if x.plot != nil {
		x.plot.add(x, r, d, found)
	}
	if found {
		x.anomalies.count++
		f.anomaly(x, r, d, out)
	} else if x.plot != nil {
		x.plot.episodes.end(x.anomalies)
	}
}

// begin prepares a field for the second pass.
func (f *Filter) begin(x *field) {
	x.anomalies = newAnomalies(x, &f.opts)
	if f.opts.charts() && f.plots < maxPlots {
		f.plots++
		x.plot = newPlotData(x)
	}
}

// anomaly keeps an anomaly of field x for the summary, and prints it under Options.List.
func (f *Filter) anomaly(x *field, r *batch.Record, d exact.Dec, w *lines.Output) {
	if x.plot != nil {
		x.plot.episodes.add(x.anomalies, r, d, f.seq)
	}
	kept := (!f.opts.List || f.opts.Image != nil) && x.anomalies.inTopN(d)
	if !f.opts.List && !kept {
		return
	}
	file, line := r.Location()
	a := anomaly{seq: f.seq, d: d, when: r.When(), file: file, line: line}
	if kept {
		x.anomalies.add(a)
	}
	if !f.opts.List {
		return
	}
	w.Object()
	f.head(x, w)
	x.anomalies.write(&a, w)
	w.End()
}

// FinishSecond implements pipe.SecondPass: it prints the summary.
func (f *Filter) FinishSecond(w *lines.Output) error {
	for _, x := range f.sorted() {
		if x.anomalies == nil { // it has no readings in this run, but in an earlier one
			f.begin(x)
		}
	}
	return f.summary(w)
}
