// Package winavg is the filter of the command winavg, which imports it: it prints, for
// every step of event time, a row with the statistics of the readings in the window
// that ends there. In the terms of Flink and Beam these are sliding event-time windows
// with a watermark and bounded out-of-orderness (Options.Lateness):
//
//   - A record that passes all checks and has a reading is an event. Row t, with t a
//     multiple of the step, covers the events of [t-w, t); Options.Closed says which of
//     the two ends are inside.
//   - The watermark is the largest time of an event so far minus Options.Lateness, over
//     all keys. It never goes back. Row t is due when the watermark reaches t, or exceeds
//     it if t itself is inside; it is printed at once and holds what was read before.
//   - An event is late if the first row that covers it was due before it was read. It is
//     reported, and still counts in later rows that cover it.
//   - An event that is more than Options.MaxGap ahead of the largest time so far is a
//     bad line.
//   - Rows begin at the step of the earliest event that was not late. They end, at the
//     end of input, with the first row after the newest event, or at its time if the
//     right end is inside; with Options.Drain they continue until the window is empty.
//
// The filter does not read the clock, so a replay prints what the live stream printed;
// only with Options.Live does Tick advance the watermark on a quiet stream.
//
// Panes. A window is computed from panes, which do not overlap and are summed once
// (Li et al., "No Pane, No Gain", 2005). A step k has two of them: the instant at which
// it begins has the even index 2k, the time between that and the next step the odd index
// 2k+1. So every window, open or closed at either end, covers a whole number of panes,
// from 2t-firstOffset to 2t-lastOffset for row t (in steps). A reading is added to the
// pane of its key and index and not kept itself. A pane enters the window of its key
// with the first row that covers it, and leaves it after the last, so a reading costs
// the same however long the window is.
//
// Files: winavg.go has the options, events and the watermark; panes.go and queue.go the
// panes and their order; rows.go the rows; snapshot.go a row that was due before rows
// began.
package winavg

import (
	"fmt"
	"math"
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/group"
	"weir/pkg/jsonscan"
	"weir/pkg/lines"
	"weir/pkg/stamp"
)

// Closed says which ends of the window from t-w to t are inside.
type Closed uint8

// The values of Closed: the window of row t is [t-w, t), (t-w, t], [t-w, t] or (t-w, t).
const (
	Left Closed = iota
	Right
	Both
	Neither
)

// Empty says what is printed for a window without events.
type Empty uint8

// The values of Empty.
const (
	Zero Empty = iota // a row of zeros
	Null              // a row of nulls, of count and sum 0
	Skip              // no row
)

// Column is a column of a row: a statistic of a field.
type Column struct {
	Field int // index into Options.Fields
	Stat  agg.Stat
	Name  string // as printed
}

// Options are the values of the command's flags.
type Options struct {
	Window   time.Duration // w, a multiple of Step
	Step     time.Duration // the interval between rows, whole seconds
	Closed   Closed
	Empty    Empty
	Drain    bool          // after the last event, print rows until the window is empty
	Live     bool          // Tick advances the watermark
	Lateness time.Duration // how long a row waits for late events; Forever: until the end of input
	MaxGap   time.Duration // how far ahead of the largest time so far an event may be; Forever: any distance

	Time    batch.Path
	Format  stamp.Format
	Fields  []batch.Path
	By      []batch.Path
	Where   []batch.Cond
	Columns []Column

	MaxGroups int // limit of pairs of key and field
}

// Forever is longer than any time.
const Forever = time.Duration(math.MaxInt64)

// Filter is a pipe.Filter, a pipe.Finisher and, with Options.Live, a pipe.Ticker. Rows
// are counted in steps since 1970: row n is at second n·step.
type Filter struct {
	opts        Options
	step        int64 // in seconds
	firstOffset int64 // the first pane in the window of row n is 2n-firstOffset
	lastOffset  int64 // the last pane in it is 2n-lastOffset; 0 or 1
	need        agg.Needs
	keys        *group.Table[key]
	panes       panes

	by      [][]byte // names of the key's members, quoted
	columns [][]byte // names of the columns, quoted

	// cached is the step that index computed last: its first second, and the index of its
	// odd pane.
	cached struct{ begin, index int64 }

	current currentStep
	runs    batch.Runs

	hasEvent    bool          // an event has been read
	maxTime     stamp.Time    // the largest time so far, of an event or of Tick; the watermark plus the lateness
	maxGap      int64         // in seconds: an event that is less than this ahead of maxTime is not checked further
	newest      stamp.Time    // the largest time of an event
	newestRead  time.Duration // when that event was read
	lastDue     int64         // the last row that is due
	nextDueTime stamp.Time    // the next row is due when maxTime reaches this

	first    int64 // the first row: the step of the earliest event that was not late
	nextRow  int64 // the row to be printed next, if printing
	printing bool  // rows have begun
	rows     rows
	snapshot *snapshot // nil, or a row that was due before rows began
}

// currentStep is a step in which an event was in time. Until another row is due, every
// further event of the step is in time as well, and not too far ahead; so it needs no
// checks, and its pane is known. The first second of the step is left out, as an event
// at its very beginning belongs to another pane.
type currentStep struct {
	begin  int64  // in seconds
	length uint64 // in seconds; 0: there is no such step
	index  int64  // of the pane
}

// New returns a filter. Requires that Step is one second or more and a number of whole
// seconds, that Window is a multiple of it, at least once, that there are Fields and
// Columns, that each Column.Field is an index into Fields, and that MaxGroups is at
// least 1.
func New(o Options) *Filter {
	f := &Filter{
		opts: o, step: int64(o.Step / time.Second), firstOffset: 2*int64(o.Window/o.Step) - 1, lastOffset: 1,
		keys: group.New[key](o.MaxGroups), first: math.MaxInt64, lastDue: math.MinInt64, maxGap: int64(o.MaxGap / time.Second),
	}
	if o.Closed == Left || o.Closed == Both {
		f.firstOffset++
	}
	if f.rightClosed() {
		f.lastOffset = 0
	}
	f.cached.index = 1 // of the step at 0
	f.nextDueTime.Sec, f.newest.Sec = math.MinInt64, math.MinInt64
	if o.Lateness == Forever {
		f.nextDueTime.Sec = math.MaxInt64
	}
	var stats []agg.Stat
	for _, c := range o.Columns {
		stats = append(stats, c.Stat)
		f.columns = append(f.columns, jsonscan.AppendQuoted(nil, c.Name))
	}
	for _, p := range o.By {
		f.by = append(f.by, jsonscan.AppendQuoted(nil, p.String()))
	}
	f.need = agg.NeedsOf(stats)
	f.panes.init(len(o.Fields), f.need)
	return f
}

// Plan implements pipe.Filter.
func (f *Filter) Plan() batch.Plan {
	return batch.Plan{Numbers: f.opts.Fields, Time: f.opts.Time, Format: f.opts.Format, Key: f.opts.By, Where: f.opts.Where}
}

// Push implements pipe.Filter: it adds the readings of each event to its pane, and prints
// the rows that become due. Records in the current step are added column by column, in
// any order of keys.
func (f *Filter) Push(b *batch.Batch, out *lines.Output) error {
	ids := f.keys.Resolve(b)
	f.runs.Begin(b, ids, false)
	for f.runs.NextOne() {
		run := &f.runs.Run
		k := f.keys.Find(run.Key())
		var err *batch.LineError
		if k == nil && !f.keys.Fits(len(f.opts.Fields)) {
			err = b.Fault(run.Row(0), fmt.Sprintf("too many keys (limit: --max-groups %d)", f.opts.MaxGroups), "")
		} else {
			err = run.Fault()
		}
		if err == nil && run.Width() == 0 {
			b.NoReading(run.Row(0))
			continue
		}
		if err == nil {
			err = f.event(k, b, out)
		}
		if err != nil && b.Reject(run.Row(0), err) {
			return nil
		}
	}
	return nil
}

// event adds the event of the present run to its pane, and those after it in the current
// step. k is nil if its key is new. It returns an error if the event is too far ahead.
func (f *Filter) event(k *key, b *batch.Batch, out *lines.Output) *batch.LineError {
	run := &f.runs.Run
	t, row := run.Time(0), run.Row(0)
	index, late := f.current.index, false
	if uint64(t.Sec-f.current.begin) >= f.current.length {
		var err *batch.LineError
		index, late, err = f.assign(t, b, row, out)
		if err != nil {
			return err
		}
	}
	if f.newest.Before(t) {
		f.newest, f.newestRead = t, b.ReadAt
		f.advance(t, out)
	}
	if !f.need.FirstLast && k != nil && !late {
		n, last := f.runs.Within(f.current.begin, min(f.current.length, uint64(f.nextDueTime.Sec-f.current.begin)))
		if n > 1 {
			f.addRange(n, last, b)
			return nil
		}
	}
	if k == nil {
		f.keys.Reserve(len(f.opts.Fields))
		k = f.keys.Add(run.Key())
		k.init(run.Key(), len(f.opts.Fields), f.need)
	}
	if late {
		b.Late(row, f.addLate(k, index, t, b, run))
		return nil
	}
	x := f.panes.pane(k, index)
	for i := range run.Width() {
		x.parts[run.Slot(i)].Add(t, run.Num(0, i))
	}
	return nil
}

// addRange adds the n events from the present run on, which are in the current step and
// do not make another row due; last is the latest time among them.
func (f *Filter) addRange(n int, last stamp.Time, b *batch.Batch) {
	if f.newest.Before(last) {
		f.newest, f.newestRead = last, b.ReadAt
	}
	if f.maxTime.Before(last) {
		f.maxTime = last
	}
	f.runs.Divide(n)
	for f.runs.NextDivided() {
		run := &f.runs.Run
		x := f.panes.pane(f.keys.Find(run.Key()), f.current.index)
		for i := range run.Width() {
			f.runs.Add(i, &x.parts[run.Slot(i)])
		}
	}
}

// assign returns the index of the pane of an event at t, and whether the event is late;
// or an error if it is too far ahead. It prints rows that were due, if this event is
// what makes them begin.
func (f *Filter) assign(t stamp.Time, b *batch.Batch, row int, w *lines.Output) (index int64, late bool, _ *batch.LineError) {
	if t.Sec-f.maxTime.Sec >= f.maxGap {
		if err := f.checkGap(t, b, row); err != nil {
			return 0, false, err
		}
	}
	index = f.index(t)
	if f.firstRow(index) <= f.lastDue {
		return index, true, nil
	}
	f.first = min(f.first, index>>1)
	f.printTo(f.lastDue, w)
	if f.step <= f.maxGap {
		f.current = currentStep{f.cached.begin + 1, uint64(f.step - 1), f.cached.index}
	}
	return index, false, nil
}

// addLate adds a late event, and returns the error that reports it.
func (f *Filter) addLate(k *key, index int64, t stamp.Time, b *batch.Batch, run *batch.Run) *batch.LineError {
	// Rows to come cover the pane only if its last row is after lastDue. If it is lastDue
	// itself, the pane is still in the present window, and the event goes there and leaves
	// with it.
	if f.lastRow(index) >= f.lastDue {
		if !f.printing {
			f.takeSnapshot()
		}
		f.panes.addLate(k, index, t, run)
	}
	return f.lateError(t, b, run.Row(0))
}

// checkGap returns an error if t is more than MaxGap ahead of the largest time so far.
func (f *Filter) checkGap(t stamp.Time, b *batch.Batch, row int) *batch.LineError {
	if !f.hasEvent || t.Sub(f.maxTime) <= f.opts.MaxGap || f.opts.MaxGap == Forever {
		return nil
	}
	return b.TimeFault(row, fmt.Sprintf("more than %s ahead of the newest time so far (a larger --max-gap accepts it)", stamp.SpanText(f.opts.MaxGap)), string(stamp.AppendDateTime(nil, t.Sec)))
}

// maxLateness is the largest lateness that a message proposes; it is beyond what is
// useful. Differences of times saturate at some 106,751 days.
const maxLateness = 100_000 * 24 * time.Hour

// lateError returns the error that reports a late event. It names a lateness that would
// have been enough: the smallest number of whole seconds, or from a minute on of whole
// minutes, by which the row would not have been due.
func (f *Filter) lateError(t stamp.Time, b *batch.Batch, row int) *batch.LineError {
	due := stamp.Time{Sec: f.firstRow(f.index(t)) * f.step}
	by := f.maxTime.Sub(due)
	unit := time.Second
	if by >= time.Minute {
		unit = time.Minute
	}
	enough := "all"
	if by < maxLateness {
		enough = stamp.SpanText(by.Truncate(unit) + unit)
	}
	return b.TimeFault(row, fmt.Sprintf("late: the time of its first row had already passed (--lateness %s would have waited)", enough), string(stamp.AppendDateTime(nil, t.Sec)))
}

// Tick implements pipe.Ticker: on a quiet stream, the watermark advances from the newest
// event by the time since that was read. Returns how long to wait for the next tick; a
// negative duration means that none is needed.
func (f *Filter) Tick(now time.Duration, w *lines.Output) (time.Duration, error) {
	if !f.opts.Live || !f.hasEvent {
		return -1, nil
	}
	t := f.newest.Add(now - f.newestRead)
	f.advance(t, w)
	if f.opts.Lateness == Forever {
		return -1, nil
	}
	return max(f.nextDueTime.Sub(t), time.Millisecond), nil
}

// Finish implements pipe.Finisher: it prints the rows up to the last one.
func (f *Filter) Finish(w *lines.Output) error {
	if !f.hasEvent || f.first == math.MaxInt64 {
		return nil
	}
	end := floorDiv(f.newest.Sec, f.step) + 1
	if f.rightClosed() {
		end = f.newest.Ceil(f.step) / f.step
	}
	if f.opts.Drain {
		end = max(end, f.lastRow(f.index(f.newest)))
	}
	f.printTo(end, w)
	return nil
}

func (f *Filter) rightClosed() bool { return f.opts.Closed == Right || f.opts.Closed == Both }

// index returns the index of the pane that t falls into.
func (f *Filter) index(t stamp.Time) int64 {
	if uint64(t.Sec-f.cached.begin) >= uint64(f.step) {
		k := floorDiv(t.Sec, f.step)
		f.cached.begin, f.cached.index = k*f.step, 2*k+1
	}
	if t.Nsec == 0 && t.Sec == f.cached.begin {
		return f.cached.index - 1
	}
	return f.cached.index
}

// bounds returns the indexes of the first and the last pane in the window of a row.
func (f *Filter) bounds(row int64) (first, last int64) {
	return 2*row - f.firstOffset, 2*row - f.lastOffset
}

// firstRow returns the first row whose window covers a pane.
func (f *Filter) firstRow(index int64) int64 { return (index + f.lastOffset + 1) >> 1 }

// lastRow returns the last row whose window covers a pane.
func (f *Filter) lastRow(index int64) int64 { return (index + f.firstOffset) >> 1 }

// advance raises the largest time so far to t, and with it the watermark, and prints the
// rows that become due. A t that is not larger changes nothing.
func (f *Filter) advance(t stamp.Time, w *lines.Output) {
	if f.hasEvent && !f.maxTime.Before(t) {
		return
	}
	f.hasEvent, f.maxTime = true, t
	if t.Before(f.nextDueTime) {
		return
	}
	f.printDue(t, w)
}

// printDue prints the rows that are due when the largest time is t, and computes when the
// next one is due.
func (f *Filter) printDue(t stamp.Time, w *lines.Output) {
	f.current.length = 0
	watermark := t.Add(-f.opts.Lateness)
	next := int64(0)
	if f.rightClosed() { // rows before the watermark are due
		f.lastDue = watermark.Ceil(f.step)/f.step - 1
		next = (f.lastDue + 1) * f.step
		f.nextDueTime = stamp.Time{Sec: next, Nsec: 1}.Add(f.opts.Lateness)
	} else { // rows up to the watermark are due
		f.lastDue = watermark.Floor(f.step) / f.step
		next = (f.lastDue + 1) * f.step
		f.nextDueTime = stamp.Time{Sec: next}.Add(f.opts.Lateness)
	}
	f.printTo(f.lastDue, w)
}

// floorDiv returns a/b rounded down, for b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
