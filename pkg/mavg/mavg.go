// Package mavg is the filter of the command mavg, which imports it: it passes every
// record on with one member added, which holds the moving average of each field's last
// N readings. It does not use time.
//
// [Filter] keeps a window.Count for every pair of key and field. Push adds the readings
// of a record to their windows and stages the averages; Print renders them later, on
// another goroutine. Where consecutive records have one key and one layout, Push takes
// them as a run, column by column.
package mavg

import (
	"fmt"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/group"
	"weir/pkg/jsonscan"
	"weir/pkg/ndjson"
	"weir/pkg/window"
)

// Options are the values of the command's flags.
type Options struct {
	N         int           // readings in a window, at least 1
	Fields    []ndjson.Path // the fields to average; nil: every numeric top-level member
	By        []ndjson.Path // a key has its own windows
	Time      ndjson.Path   // not averaged unless Fields has it
	Stats     []agg.Stat    // at least one; one is printed as a number, several as an object
	As        string        // name of the added member
	MaxGroups int           // limit of pairs of key and field
}

// Filter is a pipe.Filter and a pipe.Printer.
type Filter struct {
	opts  Options
	as    ndjson.Label
	stats [][]byte // names of the statistics, quoted; nil if there is one
	mean  bool     // the mean is the only statistic
	needs agg.Needs
	keys  *group.Table[windows]

	limitReached bool // a field was left out because of MaxGroups

	// Runs cost more than they save where they are short. So after one that was not used,
	// its records are pushed one by one, and after a short one backoff records more.
	oneByOne int // records to push one by one before the next run is tried
	backoff  int // doubles with every short run, up to 15; 0 after a run that was used

	columns []column // of the run being pushed; reused
	units   []int64  // the numbers of their batches; reused
}

// column is the readings of one field in a run, and the window that they go to.
type column struct {
	win   *window.Count
	batch exact.Batch
}

// windows are the windows of one key, by the fields' slots.
type windows = group.Fields[window.Count]

// New returns a filter. Requires that N and MaxGroups are at least 1, and that there is
// at least one of Stats.
func New(o Options) *Filter {
	f := &Filter{opts: o, as: ndjson.NewLabel(jsonscan.AppendQuoted(nil, o.As)), needs: agg.NeedsOf(o.Stats), keys: group.New[windows](o.MaxGroups)}
	f.mean = len(o.Stats) == 1 && o.Stats[0].IsMean()
	if len(o.Stats) > 1 {
		for _, s := range o.Stats {
			f.stats = append(f.stats, jsonscan.AppendQuoted(nil, s.Name))
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

// Push implements pipe.Filter: it pushes the readings of r, and of the records after it
// as far as r.Next goes.
func (f *Filter) Push(r *ndjson.Record, w *ndjson.Writer) (ndjson.Verdict, error) {
	for {
		key := f.keys.Find(r.Key())
		if key == nil {
			if !f.keys.Fits(1) {
				return 0, r.Fault(fmt.Sprintf("too many keys (limit: --max-groups %d)", f.opts.MaxGroups), "")
			}
			if r.Len() > 0 { // a key without readings is not kept
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
				w.Stage(slot, s.Of(win))
			}
		}
		w.Defer(r)
		if verdict != ndjson.Used || !r.Next() {
			return verdict, nil
		}
	}
}

// run pushes the run of records that starts with r, column by column, and advances r
// to the last of them. It changes nothing and returns false if the run is short, or if
// a window is missing or cannot push its column as a batch.
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
		if win == nil || !win.CanPushBatch() {
			return false
		}
		f.columns = append(f.columns, column{win: win})
	}
	f.units = slices.Grow(f.units[:0], n*run.Width())[:n*run.Width()]
	for k := range f.columns {
		c := &f.columns[k]
		var ok bool
		c.batch, ok = run.Column(k, f.units[k*n:][:n])
		if !ok || !c.win.Fits(c.batch) {
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

// minRun is the number of records from which on a run is faster.
const minRun = 4

// Print implements pipe.Printer: it renders the lines of a block.
func (f *Filter) Print(b *ndjson.Block, w *ndjson.Writer) {
	if f.stats == nil {
		w.RenderObject(b, &f.as)
	} else {
		w.Render(b, f.line)
	}
}

// line renders a record and its cells: for each reading, one cell for each of several
// statistics.
func (f *Filter) line(r *ndjson.Record, cells []ndjson.Cell, w *ndjson.Writer) {
	w.Record(r)
	w.Name(f.as.Name())
	w.Object()
	for n := len(f.stats); len(cells) > 0; cells = cells[n:] {
		w.Name(r.Name(cells[0].Slot))
		w.Object()
		for i, v := range cells[:n] {
			w.Name(f.stats[i])
			w.Value(v.Value)
		}
		w.Close()
	}
	w.Close()
	w.End()
}

// window returns the window of a key and slot. It returns nil if there is none yet, and
// a new one would exceed MaxGroups.
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

// LimitReached implements pipe.Limiter: it reports whether a field was left out because
// of MaxGroups.
func (f *Filter) LimitReached() bool { return f.limitReached }
