// Package winavg is the filter of the command winavg, which imports it: it prints, for
// every step of event time, a row with the statistics of the readings in the window
// that ends there. In the terms of Flink and Beam these are sliding event-time windows
// with a watermark and bounded out-of-orderness (Options.Lateness):
//
//   - A record that passes all checks and has a reading is an event. Row t, with t where a
//     step begins, covers the events of [t-w, t); Options.Closed says which of the two
//     ends are inside. In UTC, steps begin at multiples of their size; in another zone, by
//     its clocks, and w is a number of steps: see grid.go.
//   - The watermark is the largest time of an event so far minus Options.Lateness, over
//     all keys. It never goes back. Row t is due when the watermark reaches t, or exceeds
//     it if t itself is inside; it is printed at once and holds what was read before.
//   - An event is late if the first row that covers it was due before it was read. It is
//     reported, and still counts in later rows that cover it.
//   - An event that is more than Options.MaxGap ahead of the largest time so far, or
//     behind the newest event, is held until the next event, and is a bad line unless that
//     confirms it: see jumps.go. A first event alone waits as well.
//   - In a pause, where two steps that have events are more than Options.MaxGap apart, no
//     row with an empty window is printed.
//   - There is room for as many pairs of key and field as Options.MaxGroups says. With
//     Empty Skip, a key whose events have all left the window gives up its place: see keys.go.
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
// Files, each of which uses only those after it: partial.go divides a stream among runs;
// push.go takes records, whose type no other file knows; keys.go adds and removes keys;
// jumps.go holds events that are far from the others; winavg.go judges events; closing.go
// collects hints for the end of the run; rows.go prints rows, with date.go their dates;
// snapshot.go preserves a row that was due before rows began; previous.go keeps what fills
// empty windows; carry.go what is carried forward into windows; columns.go computes the
// columns of a row; panes.go, with queue.go, keeps the panes in order; watermark.go decides
// what is due, late or too far ahead; assigner.go says which panes a window covers; grid.go
// divides time into steps; options.go has the options.
package winavg

import (
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/group"
	"weir/pkg/lines"
	"weir/pkg/stamp"
)

// Filter is a pipe.Filter, a pipe.Finisher, a pipe.Tabler, a pipe.Keeper, a partial.Merger and, with
// Options.Live, a pipe.Ticker.
type Filter struct {
	opts      Options
	byColumn  bool // records are added column by column
	keys      *group.Keys[key]
	names     [][]byte // of the fields, as JSON strings
	spare     []key    // keys that were removed, with their memory
	runs      batch.Runs
	jumps     jumps
	closing   closing
	watermark watermark
	panes     panes
	snapshot  snapshot
	rows      rows
}

// New returns a filter. Requires that Step is one second or more, a number of whole seconds,
// and what FittingStep returns for it; that Window is a multiple of it, at least once; that
// there are Fields and Columns; that each Column.Field is an index into Fields; and that
// MaxGroups is at least 1.
func New(o Options) *Filter {
	var stats []agg.Stat
	for _, c := range o.Columns {
		stats = append(stats, c.Stat)
	}
	needs := agg.NeedsOf(stats)
	a := newAssigner(o.Window, o.Step, o.Closed, o.Format.Zone())
	f := &Filter{
		opts:      o,
		byColumn:  !needs.FirstLast && !needs.Series, // a column has no times
		keys:      newKeys(&o),
		names:     batch.QuotedNames(o.Fields),
		closing:   closing{margin: o.Window, marginSecs: int64(o.Window / time.Second)},
		watermark: newWatermark(a, &o),
		panes:     newPanes(a, len(o.Fields), needs),
		rows:      newRows(a, newColumns(&o), &o),
	}
	f.panes.freesKeys, f.panes.carriesKey = o.freesKeys(), o.carriesKey()
	return f
}

// newKeys returns the keys of a filter.
func newKeys(o *Options) *group.Keys[key] {
	if o.freesKeys() {
		return group.NewRemovableKeys[key](o.MaxGroups)
	}
	return group.NewKeys[key](o.MaxGroups, o.By != nil)
}

// Plan implements pipe.Filter.
func (f *Filter) Plan() batch.Plan {
	return batch.Plan{
		Numbers: f.opts.Fields, Time: f.opts.Time, FindTime: !f.opts.TimeNamed, Format: f.opts.Format, Key: f.opts.By, Where: f.opts.Where,
	}
}

// judgement is what the time of an event says about it.
type judgement uint8

const (
	inTime judgement = iota
	late
	noPlace // as there are too many keys
)

// judge judges an event at t, in a row of b, and returns the pane it belongs to. The
// watermark advances to it, and the rows that become due are printed, and those that were
// due, if this event is what makes rows begin. So its readings, which are not in these
// rows, are to be added after the call.
func (f *Filter) judge(t stamp.Time, row int, b *batch.Batch, w *lines.Output) (index int64, v judgement) {
	m := &f.watermark
	if m.safe.contains(t) {
		m.observeSafe(t, b.ReadAt)
		return m.safe.index, inTime
	}
	if f.closing.alone || !m.hasEvent || t.Sec-m.newest.Sec >= f.closing.marginSecs {
		f.closing.see(t, m.newest, m.hasEvent, b, row)
	}
	s := f.panes.locate(t)
	index = s.pane(t)
	if m.isLate(index) {
		v = late
	} else {
		f.rows.include(index)
		f.printTo(m.lastDue, index, w)
	}
	due := m.observe(t, b.ReadAt)
	if due {
		f.printTo(m.lastDue, index, w)
	}
	switch {
	case f.closing.alone:
		m.safe.length = 0
	case v == inTime:
		m.setSafe(s)
	}
	return index, v
}

// Tick implements pipe.Ticker: on a quiet stream, the watermark advances from the newest
// event by the time since that was read. Returns how long to wait for the next tick; a
// negative duration means that none is needed.
func (f *Filter) Tick(now time.Duration, w *lines.Output) (time.Duration, error) {
	first := f.jumps.first
	if first != nil && f.opts.Live && f.opts.Lateness != Forever {
		wait := f.watermark.untilFirstRow(first.Time(), now-first.ReadAt)
		if wait > 0 {
			return max(wait, time.Millisecond), nil
		}
		f.jumps.first = nil
		f.addHeld(first, 0, w)
	}
	due, wait := f.watermark.tick(now)
	if due {
		f.printTo(f.watermark.lastDue, noPane, w)
	}
	return wait, nil
}

// Finish implements pipe.Finisher: it decides about the events that wait, and prints the
// rows up to the last one.
func (f *Filter) Finish(w *lines.Output) error {
	held, first := f.jumps.held, f.jumps.first
	if held != nil {
		f.rejectHeld(held, 0)
	}
	f.jumps = jumps{}
	if first != nil {
		f.addHeld(first, 0, w)
	}
	f.printRest(w)
	return nil
}

// printRest prints the rows up to the last one of a stream that ends now.
func (f *Filter) printRest(w *lines.Output) {
	if f.watermark.hasEvent {
		newest := f.watermark.newest
		f.printTo(f.rows.end(f.panes.locate(newest).pane(newest), f.opts.Drain), noPane, w)
	}
}

// printTo prints the rows up to and including end that have not been printed. coming is
// the pane of an event that is going to be added, or noPane.
func (f *Filter) printTo(end, coming int64, w *lines.Output) {
	f.rows.printTo(end, coming, &f.panes, &f.snapshot, w)
}
