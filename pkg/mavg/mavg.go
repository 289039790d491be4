// Package mavg is the moving average over the last N readings: every record
// comes out, with one member more that holds the averages. It never looks at
// time. Only its command leans on it.
package mavg

import (
	"fmt"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/group"
	"weir/pkg/ndjson"
	"weir/pkg/window"
)

// Options are what the command's flags say.
type Options struct {
	N         int           // readings a window holds, at least 1
	Fields    []ndjson.Path // what is averaged; none: every numeric member at the top
	By        []ndjson.Path // windows are kept apart by these
	Time      ndjson.Path   // never averaged without being named
	Stats     []agg.Stat    // at least one; one stands bare, several by name
	As        string        // the member that is added
	MaxGroups int           // pairs of key and field that may have a window
}

// Filter is a pipe.Filter and a pipe.Printer.
type Filter struct {
	opts  Options
	as    ndjson.Label
	stats [][]byte // their names, if there are several
	mean  bool     // nothing else is asked for
	needs agg.Needs
	keys  *group.Table[windows]

	limitReached bool

	oneByOne int      // how many records are to be pushed one by one
	backoff  int      // and how many more, the next time that few are alike
	columns  []column // of a run
	units    []int64  // in their batches
}

type column struct {
	win   *window.Count
	batch exact.Batch
}

// windows are those of one key, by slot.
type windows = group.Fields[window.Count]

// New makes the filter.
func New(o Options) *Filter {
	f := &Filter{opts: o, as: ndjson.NewLabel(ndjson.AppendQuoted(nil, o.As)), needs: agg.NeedsOf(o.Stats), keys: group.New[windows](o.MaxGroups)}
	f.mean = len(o.Stats) == 1 && o.Stats[0].Kind == agg.Mean
	if len(o.Stats) > 1 {
		for _, s := range o.Stats {
			f.stats = append(f.stats, ndjson.AppendQuoted(nil, s.Name))
		}
	}
	return f
}

// Plan implements pipe.Filter.
func (f *Filter) Plan() ndjson.Plan {
	return ndjson.Plan{
		Numbers: f.opts.Fields, All: f.opts.Fields == nil, Exclude: []ndjson.Path{f.opts.Time},
		Key: f.opts.By, Omit: f.opts.As, ReportOnly: true, MaxFields: f.opts.MaxGroups,
	}
}

// Push implements pipe.Filter.
func (f *Filter) Push(r *ndjson.Record, w *ndjson.Writer) (ndjson.Verdict, error) {
	for {
		key := f.keys.Find(r.Key())
		if key == nil {
			if !f.keys.HasRoom(1) {
				return 0, r.Fault(fmt.Sprintf("no room for another key (--max-groups %d)", f.opts.MaxGroups), "")
			}
			if r.Len() > 0 { // a key without readings takes no room
				key = f.keys.Add(r.Key())
			}
		}
		if f.mean && r.Len() > 0 && f.run(key, r, w) {
			if !r.Next() {
				return ndjson.Used, nil
			}
			continue
		}
		verdict := ndjson.NoReading
		for i := range r.Len() {
			slot, d := r.At(i)
			win := f.window(key, slot)
			if win == nil {
				continue
			}
			verdict = ndjson.Used
			win.Push(d)
			if f.mean {
				w.Stage(slot, win.Mean())
				continue
			}
			for _, s := range f.opts.Stats {
				w.Stage(slot, win.Stat(s))
			}
		}
		w.Defer(r)
		if verdict != ndjson.Used || !r.Next() {
			return verdict, nil
		}
	}
}

// run pushes a run of records, column by column; false, and nothing is done, where it
// is not worth while or not all windows take theirs. It is not tried again then until
// all these records have been pushed one by one, and more where few were alike before.
func (f *Filter) run(key *windows, r *ndjson.Record, w *ndjson.Writer) bool {
	if f.oneByOne > 0 {
		f.oneByOne--
		return false
	}
	run := r.Run()
	n := run.Len()
	f.oneByOne = max(n-1, 0)
	if n < minRun {
		f.oneByOne += f.backoff
		f.backoff = min(2*f.backoff+1, 15)
		return false
	}
	f.columns = f.columns[:0]
	for k := range run.Width() {
		win := key.Find(run.Slot(k))
		if win == nil || !win.Full() {
			return false
		}
		f.columns = append(f.columns, column{win: win})
	}
	f.units = slices.Grow(f.units[:0], n*run.Width())[:n*run.Width()]
	for k := range f.columns {
		c := &f.columns[k]
		var ok bool
		if c.batch, ok = run.Column(k, f.units[k*n:][:n]); !ok || !c.win.Fits(c.batch) {
			return false
		}
	}
	means := w.DeferRun(&run)
	for k := range means {
		c := &f.columns[k]
		means[k].Divisor = c.win.PushBatch(c.batch, means[k].Sums)
	}
	f.oneByOne, f.backoff = 0, 0
	r.Skip(n - 1)
	return true
}

// few records are not worth a run.
const minRun = 4

// Print implements pipe.Printer.
func (f *Filter) Print(b *ndjson.Block, w *ndjson.Writer) {
	if f.stats == nil {
		w.RenderObject(b, &f.as)
	} else {
		w.Render(b, f.line)
	}
}

// line is that of a record and several statistics of each reading.
func (f *Filter) line(r *ndjson.Record, figures []ndjson.Cell, w *ndjson.Writer) {
	w.Record(r)
	w.Name(f.as.Name())
	w.Object()
	for n := len(f.stats); len(figures) > 0; figures = figures[n:] {
		w.Name(r.Name(figures[0].Slot))
		w.Object()
		for i, v := range figures[:n] {
			w.Name(f.stats[i])
			w.Value(v.Value)
		}
		w.Close()
	}
	w.Close()
	w.End()
}

// window is the one of a key and slot; nil if there is no room for a new one.
func (f *Filter) window(key *windows, slot int) *window.Count {
	win := key.Find(slot)
	if win != nil {
		return win
	}
	if !f.keys.Reserve(1) {
		f.limitReached = true
		return nil
	}
	win = window.NewCount(f.opts.N, f.needs)
	key.Put(slot, win)
	return win
}

// Crowded implements pipe.Crowder: a field was given no window for want of room.
func (f *Filter) LimitReached() bool { return f.limitReached }
