// Package winavg is the moving average over the last W minutes of event time:
// a row for every step, holding the statistics of the readings in the window
// before it. Event time alone decides; the filter asks no clock. Only its
// command leans on it.
//
// Time is cut into half steps: the instants at which a step begins are the even
// ones, what lies between two of them the odd ones. Every window, open or closed
// at either end, is then a run of whole half steps, and a reading is summed up
// in the one it falls into (a cell) and never kept itself. A cell enters its
// key's window with the first row that holds it and leaves it after the last, so
// a reading costs the same however wide the window.
package winavg

import (
	"fmt"
	"math"
	"time"

	"weir/pkg/agg"
	"weir/pkg/group"
	"weir/pkg/ndjson"
	"weir/pkg/stamp"
)

// Closed says which ends of the window [t-w, t] count as inside.
type Closed uint8

// The four ways to close a window.
const (
	Left Closed = iota
	Right
	Both
	Neither
)

// Empty says what a row is whose window holds no event.
type Empty uint8

// What an empty window prints.
const (
	Zero Empty = iota
	Null
	Skip
)

// Column is one figure of a row.
type Column struct {
	Field int // index into Options.Fields
	Stat  agg.Stat
	Name  string
}

// Options are what the command's flags say.
type Options struct {
	Window   time.Duration // w: a multiple of Step
	Step     time.Duration // whole seconds
	Closed   Closed
	Empty    Empty
	Drain    bool          // go on while the window holds an event
	Live     bool          // Tick moves stream time
	Lateness time.Duration // how long a row waits; Forever: for the end of input
	MaxGap   time.Duration // how far ahead of stream time an event may be; Forever: any

	Time    ndjson.Path
	Format  stamp.Format
	Fields  []ndjson.Path
	By      []ndjson.Path
	Where   []ndjson.Cond
	Columns []Column

	MaxGroups int // pairs of key and field that may be held
}

// Forever is longer than any time.
const Forever = time.Duration(math.MaxInt64)

// Filter is a pipe.Filter, a pipe.Finisher and, with Options.Live, a
// pipe.Ticker.
type Filter struct {
	opts  Options
	step  int64 // seconds
	back  int64 // half steps from the first in a row's window to the row's instant
	fore  int64 // half steps from the last in it to that: 0 or 1
	need  agg.Needs
	keys  *group.Table[key]
	panes panes

	by      [][]byte // names of the key's members, quoted
	columns [][]byte // names of the columns, quoted

	at struct{ from, half int64 } // the step that was met last: where it begins, and its odd half step

	current  currentStep
	begun    bool // an event has been read
	stream   stamp.Time
	gap      int64         // an event that is fewer seconds beyond stream time is not too far
	newest   time.Duration // when the newest event was read
	due      int64         // the last row that has fallen due
	dueNext  stamp.Time    // stream time below this lets no further row fall due
	last     stamp.Time    // the newest event's
	first    int64         // the first row
	next     int64         // the row to be printed next, once any has been
	printing bool
	rows     rows
	snapshot *snapshot
}

// calm is the inside of a step in which an event was in time. One more there, as
// most are, is so too, and not too far ahead, until a further row falls due.
type currentStep struct {
	from  int64  // in seconds
	secs  uint64 // how long it is
	index int64
}

// New makes the filter.
func New(o Options) *Filter {
	f := &Filter{
		opts: o, step: int64(o.Step / time.Second), back: 2*int64(o.Window/o.Step) - 1, fore: 1,
		keys: group.New[key](o.MaxGroups), first: math.MaxInt64, due: math.MinInt64, gap: int64(o.MaxGap / time.Second),
	}
	if o.Closed == Left || o.Closed == Both {
		f.back++
	}
	if f.rightClosed() {
		f.fore = 0
	}
	f.at.half = 1
	f.dueNext.Sec, f.last.Sec = math.MinInt64, math.MinInt64
	if o.Lateness == Forever {
		f.dueNext.Sec = math.MaxInt64
	}
	var stats []agg.Stat
	for _, c := range o.Columns {
		stats = append(stats, c.Stat)
		f.columns = append(f.columns, ndjson.AppendQuoted(nil, c.Name))
	}
	for _, p := range o.By {
		f.by = append(f.by, ndjson.AppendQuoted(nil, p.String()))
	}
	f.need = agg.NeedsOf(stats)
	f.panes.init(len(o.Fields), f.need)
	return f
}

// Plan implements pipe.Filter.
func (f *Filter) Plan() ndjson.Plan {
	return ndjson.Plan{Numbers: f.opts.Fields, Time: f.opts.Time, Format: f.opts.Format, Key: f.opts.By, Where: f.opts.Where}
}

// Push implements pipe.Filter.
func (f *Filter) Push(r *ndjson.Record, w *ndjson.Writer) (ndjson.Verdict, error) {
	for {
		k := f.keys.Find(r.Key())
		if k == nil && !f.keys.HasRoom(len(f.opts.Fields)) {
			return 0, r.Fault(fmt.Sprintf("no room for another key (--max-groups %d)", f.opts.MaxGroups), "")
		}
		if err := r.Judge(); err != nil {
			return 0, err
		}
		if r.Len() == 0 {
			return ndjson.NoReading, nil
		}
		t := r.Time()
		half, late := f.current.index, false
		if uint64(t.Sec-f.current.from) >= f.current.secs {
			var err error
			if half, late, err = f.place(t, r, w); err != nil {
				return 0, err
			}
		}
		if f.last.Before(t) {
			f.last, f.newest = t, r.Read()
			f.advance(t, w)
		}
		if !f.need.FirstLast && k != nil && f.run(k, r) {
			if !r.Next() {
				return ndjson.Used, nil
			}
			continue
		}
		if k == nil {
			f.keys.Reserve(len(f.opts.Fields))
			k = f.keys.Add(r.Key())
			k.init(r.Key(), len(f.opts.Fields), f.need)
		}
		if late {
			return ndjson.Late, f.late(k, half, t, r)
		}
		x := f.panes.pane(k, half)
		for i := range r.Len() {
			field, d := r.At(i)
			x.parts[field].Add(t, d)
		}
		if !r.Next() {
			return ndjson.Used, nil
		}
	}
}

// run puts in a run of records, column by column: as many as are in time, within the
// step that was met last and before a further row falls due. False, and nothing is
// done, if they are few.
func (f *Filter) run(k *key, r *ndjson.Record) bool {
	run := r.Run()
	n, last := run.Within(f.current.from, min(f.current.secs, uint64(f.dueNext.Sec-f.current.from)))
	if n < 2 {
		return false
	}
	if f.last.Before(last) {
		f.last, f.newest = last, r.Read()
	}
	if f.stream.Before(last) {
		f.stream = last
	}
	x := f.panes.pane(k, f.current.index)
	for col := range run.Width() {
		run.Add(col, n, &x.parts[run.Slot(col)])
	}
	r.Skip(n - 1)
	return true
}

// place finds the half step of a record, whether it is late, or a fault.
func (f *Filter) place(t stamp.Time, r *ndjson.Record, w *ndjson.Writer) (half int64, late bool, _ error) {
	if t.Sec-f.stream.Sec >= f.gap {
		if err := f.tooFar(r, t); err != nil {
			return 0, false, err
		}
	}
	half = f.index(t)
	if f.firstRow(half) <= f.due {
		return half, true, nil
	}
	f.first = min(f.first, half>>1)
	f.printTo(f.due, w) // rows that were due and have only now begun
	if f.step <= f.gap {
		f.current = currentStep{f.at.from + 1, uint64(f.step - 1), f.at.half}
	}
	return half, false, nil
}

// late puts in a record whose first row was due, and tells by how much.
func (f *Filter) late(k *key, half int64, t stamp.Time, r *ndjson.Record) error {
	if f.lastRow(half) >= f.due { // else no coming row reaches back to it
		if !f.printing {
			f.takeSnapshot()
		}
		f.panes.late(k, half, t, r)
	}
	return f.lateness(r, t)
}

func (f *Filter) tooFar(r *ndjson.Record, t stamp.Time) error {
	if !f.begun || t.Sub(f.stream) <= f.opts.MaxGap || f.opts.MaxGap == Forever {
		return nil
	}
	return r.TimeFault(fmt.Sprintf("more than %s beyond the newest time so far (--max-gap allows more)", stamp.SpanText(f.opts.MaxGap)), string(stamp.AppendDateTime(nil, t.Sec)))
}

// longest is beyond what anybody waits for; differences of times saturate not
// far above it.
const longest = 100_000 * 24 * time.Hour

// lateness says how late an event was, in the time that would have been enough.
func (f *Filter) lateness(r *ndjson.Record, t stamp.Time) error {
	row := stamp.Time{Sec: f.firstRow(f.index(t)) * f.step}
	by := f.stream.Sub(row)
	unit := time.Second
	if by >= time.Minute {
		unit = time.Minute
	}
	enough := "all"
	if by < longest {
		enough = stamp.SpanText(by.Truncate(unit) + unit)
	}
	return r.TimeFault(fmt.Sprintf("late, its first row was due (--lateness %s would have waited)", enough), string(stamp.AppendDateTime(nil, t.Sec)))
}

// Tick implements pipe.Ticker: on a quiet stream, time goes on from the newest
// event.
func (f *Filter) Tick(now time.Duration, w *ndjson.Writer) (time.Duration, error) {
	if !f.opts.Live || !f.begun {
		return -1, nil
	}
	t := f.last.Add(now - f.newest)
	f.advance(t, w)
	if f.opts.Lateness == Forever {
		return -1, nil
	}
	return max(f.dueNext.Sub(t), time.Millisecond), nil
}

// Finish implements pipe.Finisher.
func (f *Filter) Finish(w *ndjson.Writer) error {
	if !f.begun || f.first == math.MaxInt64 {
		return nil
	}
	end := floorDiv(f.last.Sec, f.step) + 1
	if f.rightClosed() {
		end = f.last.Ceil(f.step) / f.step
	}
	if f.opts.Drain {
		end = max(end, f.lastRow(f.index(f.last)))
	}
	f.printTo(end, w)
	return nil
}

func (f *Filter) rightClosed() bool { return f.opts.Closed == Right || f.opts.Closed == Both }

// half is the half step that t falls into.
func (f *Filter) index(t stamp.Time) int64 {
	if uint64(t.Sec-f.at.from) >= uint64(f.step) {
		k := floorDiv(t.Sec, f.step)
		f.at.from, f.at.half = k*f.step, 2*k+1
	}
	if t.Nsec == 0 && t.Sec == f.at.from {
		return f.at.half - 1
	}
	return f.at.half
}

// bounds are the first and the last half step of a row's window.
func (f *Filter) bounds(row int64) (lo, hi int64) { return 2*row - f.back, 2*row - f.fore }

// firstRow is the first row whose window reaches up to half.
func (f *Filter) firstRow(half int64) int64 { return (half + f.fore + 1) >> 1 }

// lastRow is the last row whose window still reaches back to half.
func (f *Filter) lastRow(half int64) int64 { return (half + f.back) >> 1 }

// advance moves stream time to t, if that is ahead, and prints what falls due.
func (f *Filter) advance(t stamp.Time, w *ndjson.Writer) {
	if f.begun && !f.stream.Before(t) {
		return
	}
	f.begun, f.stream = true, t
	if t.Before(f.dueNext) {
		return
	}
	f.pass(t, w)
}

// pass prints what falls due when stream time comes to t.
func (f *Filter) pass(t stamp.Time, w *ndjson.Writer) {
	f.current.secs = 0
	reached := t.Add(-f.opts.Lateness)
	next := int64(0)
	if f.rightClosed() { // rows before the time reached are due
		f.due = reached.Ceil(f.step)/f.step - 1
		next = (f.due + 1) * f.step
		f.dueNext = stamp.Time{Sec: next, Nsec: 1}.Add(f.opts.Lateness)
	} else { // rows up to the time reached
		f.due = reached.Floor(f.step) / f.step
		next = (f.due + 1) * f.step
		f.dueNext = stamp.Time{Sec: next}.Add(f.opts.Lateness)
	}
	f.printTo(f.due, w)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
