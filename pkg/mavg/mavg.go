// Package mavg is the filter of the command mavg, which imports it: it passes every
// record on with one member added, which holds the moving average of each field's last
// N readings, and one more if it has anomalies. It uses times for the rate, for a half-life
// that is a time, and to print them: windows are of readings in the order in which they came.
//
// [Filter] keeps a window.Count for every pair of key and field. Push adds the readings of
// a run of records, column by column, to their windows, and defers the records with the
// averages; they are written later, on another goroutine.
package mavg

import (
	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/deviation"
	"weir/pkg/exact"
	"weir/pkg/group"
	"weir/pkg/having"
	"weir/pkg/jsonscan"
	"weir/pkg/lines"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Options are the values of the command's flags.
type Options struct {
	N         int           // readings in a window, at least 1
	Fields    []batch.Path  // the fields to average; nil: every numeric top-level member
	By        []batch.Path  // a key has its own windows
	Where     []batch.Cond  // other records are not passed on
	Time      batch.Path    // not averaged unless Fields has it
	TimeNamed bool          // -t named it; else another field may be the time: see batch.Plan.FindTime
	Format    stamp.Format  // of times
	Stats     []agg.Stat    // at least one; one is printed as a number, several as an object
	As        string        // name of the added member
	Only      bool          // print the time, the key and the added members of a record, and no others
	Having    []having.Cond // print only records for which each holds, of one of its fields at least
	HalfLife  *window.Decay // of the exponentially weighted mean; nil if Stats does not have it
	MaxGroups int           // limit of pairs of key and field

	Anomalies Anomalies
}

// Anomalies says which readings are anomalies, and what they change in the output. The zero value
// is that none are.
type Anomalies struct {
	Limit  deviation.Limit // a reading is one if it differs by more from the N readings before it
	Member string          // name of the member that is added to records with one
	Only   bool            // print only these
}

// judges reports whether readings are judged.
func (a *Anomalies) judges() bool { return a.Limit.Kind != deviation.None }

// Filter is a pipe.Filter, a pipe.Appender, with Options.Only and Fields a pipe.Tabler, and a
// pipe.Joiner.
type Filter struct {
	opts   Options
	member lines.Member
	mean   bool // the mean is the only statistic
	batch  bool // readings are pushed as a batch where the window takes one
	needs  agg.Needs
	judge  deviation.Baseline // of the window at hand; reused
	keys   *group.Keys[windows]
	runs   batch.Runs
	units  []int64 // the numbers of a column; reused
}

// windows are the windows of one key, by the fields' slots.
type windows = group.Slots[window.Count]

// New returns a filter. Requires that N and MaxGroups are at least 1, that there is
// at least one of Stats, and that HalfLife is set if one of them IsEWMA.
func New(o Options) *Filter {
	f := &Filter{opts: o, needs: agg.NeedsOf(o.Stats).And(o.Anomalies.Limit.Needs()), keys: group.NewKeys[windows](o.MaxGroups, o.By != nil)}
	f.member.Label = batch.NewLabel(jsonscan.AppendQuoted(nil, o.As))
	f.mean = len(o.Stats) == 1 && o.Stats[0].IsMean()
	if len(o.Stats) > 1 {
		for _, s := range o.Stats {
			f.member.Stats = append(f.member.Stats, jsonscan.AppendQuoted(nil, s.Name))
		}
	}
	if o.Only {
		f.member.Only = &lines.Only{Keys: batch.QuotedNames(o.By), Fields: batch.QuotedNames(o.Fields)}
	}
	if o.Having != nil {
		f.member.Keep = newKeeper(&o).keep
	}
	if o.Anomalies.judges() {
		f.member.Anomalies, f.member.OnlyAnomalies = jsonscan.AppendQuoted(nil, o.Anomalies.Member), o.Anomalies.Only
	}
	f.batch = f.mean && f.needs == agg.Needs{}
	f.units = make([]int64, exact.MaxBatch)
	return f
}

// Columns implements pipe.Tabler.
func (f *Filter) Columns(time batch.Path) []string {
	names := []string{time.String()}
	for _, p := range f.opts.By {
		names = append(names, p.String())
	}
	for i := range f.opts.Fields {
		for j := range f.opts.Stats {
			names = append(names, f.opts.Column(i, j))
		}
		if f.opts.Anomalies.judges() {
			field := f.opts.Fields[i].String()
			names = append(names, field+"_baseline", field+"_percent")
		}
	}
	return names
}

// Column returns the name of the column that has a statistic of one of Fields: the field's, with
// several statistics followed by that of the statistic.
func (o *Options) Column(field, stat int) string {
	name := o.Fields[field].String()
	if len(o.Stats) > 1 {
		name += "_" + o.Stats[stat].Name
	}
	return name
}

// Plan implements pipe.Filter.
func (f *Filter) Plan() batch.Plan { return f.opts.plan() }

// plan returns what is read of every record. Times are read if they are needed; if -t names
// them, so that a name that no record has is reported; and with Only, which prints them.
//
// Why with Only: the parser compares the time with those of earlier records. To find it in the
// record when that is printed takes twice as many instructions as all the rest.
func (o *Options) plan() batch.Plan {
	omit := []string{o.As}
	if o.Anomalies.judges() {
		omit = append(omit, o.Anomalies.Member)
	}
	if o.Only { // no member is printed, so none is replaced
		omit = nil
	}
	unread := !o.TimeNamed && !o.Only && !agg.NeedsOf(o.Stats).Series
	return batch.Plan{
		Numbers: o.Fields, All: o.Fields == nil, Key: o.By, Where: o.Where,
		Time: o.Time, FindTime: !o.TimeNamed, Format: o.Format, TimeUnread: unread, TimeOptional: true, IgnoreBadTime: true,
		Omit: omit, ReportOnly: true, MaxFields: o.MaxGroups,
	}
}

// Member implements pipe.Appender.
func (f *Filter) Member() *lines.Member { return &f.member }

// Push implements pipe.Filter: it adds the readings of each record to their windows, and
// passes the record on with the windows' statistics.
func (f *Filter) Push(b *batch.Batch, out *lines.Output) error {
	anyOrder := f.keys.Fits(b.Keys, len(b.Nums)) // while the limit is far, the order of keys does not matter
	f.runs.Begin(b, f.keys.Resolve(b), anyOrder)
	for f.runs.Next() {
		run := &f.runs.Run
		row := run.Row(0)
		f.keys.Touch(run, touch)
		id := f.keys.ID(run)
		if id < 0 && !f.keys.Fits(run.Key(), 1) {
			if b.Reject(row, b.TooManyKeys(row, f.opts.MaxGroups)) {
				return nil
			}
			continue
		}
		_ = run.Fault() // nil: the plan ignores bad times, and reports wrong values only

		if id < 0 && run.Width() > 0 { // a key without readings is not kept
			id = f.keys.Add(run.Key())
		}
		out.Defer(run)
		used := false
		var windows *windows
		if id >= 0 {
			windows = f.keys.At(id)
		}
		for k := range run.Width() {
			win := windows.Find(run.Slot(k))
			if win == nil {
				win = f.addWindow(windows, run, k)
			}
			if win == nil {
				b.LimitReached(row)
				continue
			}
			f.push(win, run, k, out)
			used = true
		}
		if !used {
			for i := range run.Len() {
				b.NoReading(run.Row(i))
			}
		}
	}
	return nil
}

// touch loads what a record of a key changes: see window.Count.Touch.
func touch(w *windows) (sum int64) {
	for slot := range 2 {
		win := w.Find(slot)
		if win != nil {
			sum += win.Touch()
		}
	}
	return sum
}

// push pushes reading k of a run to its window, and gives the statistics after each to
// out: as a batch of integers if the window can take one, else one by one. If readings are
// judged, each is compared with the N before it, if its window has so many.
func (f *Filter) push(win *window.Count, run *batch.Run, k int, out *lines.Output) {
	n := run.Len()
	if n >= minBatch && f.batch && win.CanPushBatch() {
		column, ok := run.Column(k, f.units[:n])
		if ok && win.Fits(column) {
			if f.opts.Anomalies.judges() {
				f.judgeBatch(win, run, k, column, out)
				return
			}
			sums, divisor := out.Means(run.Label(k))
			*divisor = win.PushBatch(column, sums)
			return
		}
	}
	values := out.Values(run.Label(k))
	judges := f.opts.Anomalies.judges()
	for i := range n {
		if judges && win.Len() == int64(f.opts.N) {
			f.judge.Set(f.opts.Anomalies.Limit, win)
			f.compare(run, i, k, out)
		}
		if f.needs.Series {
			win.PushTimed(instant(run, i), run.Num(i, k))
		} else {
			win.Push(run.Num(i, k))
		}
		if f.mean {
			values[i] = win.Mean()
			continue
		}
		for j, s := range f.opts.Stats {
			values[i*len(f.opts.Stats)+j] = s.Of(win)
		}
	}
}

// judgeBatch pushes column, which is the readings k of a run, to their window, which has N, and
// compares each with those before it, by their sum.
func (f *Filter) judgeBatch(win *window.Count, run *batch.Run, k int, column exact.Batch, out *lines.Output) {
	sums, divisor := out.Means(run.Label(k))
	before := win.UnitSum()
	*divisor = win.PushBatch(column, sums)
	for i, sum := range sums {
		f.judge.SetMean(f.opts.Anomalies.Limit, divisor.Quotient(before))
		f.compare(run, i, k, out)
		before = sum
	}
}

// compare compares reading k of record i of a run with the baseline.
func (f *Filter) compare(run *batch.Run, i, k int, out *lines.Output) {
	d := run.Num(i, k)
	if f.judge.Exceeded(d) {
		_, percent := f.judge.Off(d)
		out.Anomaly(run, i, lines.Anomaly{Label: run.Label(k), Baseline: f.judge.Center, Percent: percent})
	}
}

// instant returns the time of record i of a run.
func instant(run *batch.Run, i int) window.Instant {
	return window.Instant{Time: run.Time(i), Known: run.Timed(i)}
}

// minBatch is the number of readings from which on a batch is faster.
const minBatch = 4

// addWindow adds a window for reading k of a run to those of its key. It returns nil if that
// would exceed MaxGroups.
func (f *Filter) addWindow(windows *windows, run *batch.Run, k int) *window.Count {
	if !f.keys.Reserve(1) {
		return nil
	}
	win := windows.Add(run.Slot(k), run.Width())
	f.init(win)
	return win
}

// init makes the zero value an empty window.
func (f *Filter) init(win *window.Count) {
	win.Init(f.opts.N, f.needs)
	if f.opts.HalfLife != nil {
		win.Smooth(f.opts.HalfLife)
	}
}
