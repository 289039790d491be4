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

	"weir/pkg/group"
	"weir/pkg/ndjson"
	"weir/pkg/stamp"
	"weir/pkg/tally"
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
	Stat  tally.Stat
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
	opts Options
	step int64 // seconds
	span int64 // steps in a window
	need tally.Need
	keys *group.Table[key]
	cal  calendar

	by      [][]byte // names of the key's members, quoted
	columns [][]byte // names of the columns, quoted

	begun    bool // an event has been read
	stream   stamp.Time
	newest   time.Duration // when the newest event was read
	due      int64         // the last row that has fallen due
	dueNext  stamp.Time    // stream time below this lets no further row fall due
	last     stamp.Time    // the newest event's
	first    int64         // the first row
	next     int64         // the row to be printed next, once any has been
	printing bool
	rows     rows
	frozen   *frozen
}

// New makes the filter.
func New(o Options) *Filter {
	f := &Filter{
		opts: o, step: int64(o.Step / time.Second), span: int64(o.Window / o.Step),
		keys: group.New[key](o.MaxGroups), first: math.MaxInt64, due: math.MinInt64,
	}
	var stats []tally.Stat
	for _, c := range o.Columns {
		stats = append(stats, c.Stat)
		f.columns = append(f.columns, ndjson.AppendQuoted(nil, c.Name))
	}
	for _, p := range o.By {
		f.by = append(f.by, ndjson.AppendQuoted(nil, p.String()))
	}
	f.need = tally.Needs(stats)
	f.cal.init(len(o.Fields), f.need)
	return f
}

// Plan implements pipe.Filter.
func (f *Filter) Plan() ndjson.Plan {
	return ndjson.Plan{Numbers: f.opts.Fields, Time: f.opts.Time, Format: f.opts.Format, Key: f.opts.By, Where: f.opts.Where}
}

// Push implements pipe.Filter.
func (f *Filter) Push(r *ndjson.Record, w *ndjson.Writer) (ndjson.Verdict, error) {
	k := f.keys.Find(r.Key())
	if k == nil && !f.keys.Room(len(f.opts.Fields)) {
		return 0, r.Fault(fmt.Sprintf("no room for another key (--max-groups %d)", f.opts.MaxGroups), "")
	}
	if err := r.Judge(); err != nil {
		return 0, err
	}
	if r.Len() == 0 {
		return ndjson.NoReading, nil
	}
	t := r.Time()
	if err := f.tooFar(r, t); err != nil {
		return 0, err
	}
	late := f.begun && f.firstRow(f.half(t)) <= f.due
	if !late {
		f.first = min(f.first, floorDiv(t.Sec, f.step))
		f.printTo(f.due, w) // rows that were due and have only now begun
	}
	if !f.begun || t.Compare(f.last) > 0 {
		f.last = t
		f.newest = r.Read()
		f.advance(t, w)
	}
	if k == nil {
		f.keys.Hold(len(f.opts.Fields))
		k = f.keys.Add(r.Key())
		k.init(r.Key(), len(f.opts.Fields), f.need)
	}
	if half := f.half(t); !late || f.lastRow(half) >= f.due { // else no coming row reaches back to it
		if late && !f.printing {
			f.freeze()
		}
		f.cal.add(k, half, t, r)
	}
	if late {
		return ndjson.Late, f.lateness(r, t)
	}
	return ndjson.Used, nil
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
	row := stamp.Time{Sec: f.firstRow(f.half(t)) * f.step}
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
		end = max(end, f.lastRow(f.half(f.last)))
	}
	f.printTo(end, w)
	return nil
}

func (f *Filter) rightClosed() bool { return f.opts.Closed == Right || f.opts.Closed == Both }

// half is the half step that t falls into.
func (f *Filter) half(t stamp.Time) int64 {
	k := floorDiv(t.Sec, f.step)
	if t.Nsec == 0 && k*f.step == t.Sec {
		return 2 * k
	}
	return 2*k + 1
}

// bounds are the first and the last half step of a row's window.
func (f *Filter) bounds(row int64) (lo, hi int64) {
	lo, hi = 2*(row-f.span)+1, 2*row-1
	if f.opts.Closed == Left || f.opts.Closed == Both {
		lo--
	}
	if f.rightClosed() {
		hi++
	}
	return lo, hi
}

// firstRow is the first row whose window reaches up to half.
func (f *Filter) firstRow(half int64) int64 {
	if f.rightClosed() {
		return (half + 1) >> 1
	}
	return half>>1 + 1
}

// lastRow is the last row whose window still reaches back to half.
func (f *Filter) lastRow(half int64) int64 {
	if f.opts.Closed == Left || f.opts.Closed == Both {
		return half>>1 + f.span
	}
	return (half-1)>>1 + f.span
}

// advance moves stream time to t, if that is ahead, and prints what falls due.
func (f *Filter) advance(t stamp.Time, w *ndjson.Writer) {
	if f.begun && t.Compare(f.stream) <= 0 {
		return
	}
	f.begun, f.stream = true, t
	if f.opts.Lateness == Forever || f.due != math.MinInt64 && t.Compare(f.dueNext) < 0 {
		return
	}
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
