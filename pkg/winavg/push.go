package winavg

import (
	"fmt"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/stamp"
)

// Push implements pipe.Filter: it adds the readings of each event to its pane, and prints
// the rows that become due.
func (f *Filter) Push(b *batch.Batch, out *lines.Output) error {
	f.removeUnused()
	f.runs.Begin(b, f.keys.Resolve(b), false)
	for f.runs.NextOne() {
		run := &f.runs.Run
		row := run.Row(0)
		f.keys.Touch(run, touch)
		id := f.keys.ID(run)
		var err *batch.LineError
		if id < 0 && !f.hasPlace(run) {
			err = f.keysError(b, row)
		} else {
			err = run.Fault()
		}
		if err == nil {
			var stop bool
			stop, err = f.event(id, b, out)
			if stop {
				return nil
			}
		}
		if err != nil && b.Reject(row, err) {
			return nil
		}
	}
	return nil
}

// touch loads what a record of a key changes: see window.Part.Touch.
func touch(k *key) int64 {
	if k.lastPane == nil {
		return 0
	}
	return k.lastPane.parts[0].Touch()
}

// event takes the present run, a record of the key with that id, below 0 if the key is
// new. If it is an event, its readings are added, with those of events that follow, or it
// waits. It reports whether an event that waited is rejected and the run is to stop, and
// returns an error if this one is to be rejected.
func (f *Filter) event(id int32, b *batch.Batch, out *lines.Output) (stop bool, err *batch.LineError) {
	run := &f.runs.Run
	row := run.Row(0)
	if run.Width() == 0 {
		b.NoReading(row)
		return false, nil
	}
	t := run.Time(0)
	if !f.watermark.safe.contains(t) {
		if f.jumps != (jumps{}) {
			stop = f.settle(t, row, out)
			if stop {
				return true, nil
			}
			id = f.keys.ID(run) // an event that waited may have had the same key, or have taken the place of this one
			if id < 0 && !f.hasPlace(run) {
				return false, f.keysError(b, row)
			}
		}
		if f.waits(t) {
			f.hold(b, row)
			return false, nil
		}
	}
	k, index, v := f.accept(id, run, b, out)
	if v == noPlace {
		return false, f.keysError(b, row)
	}
	if v == late {
		b.Late(row, f.lateError(b, row, index))
		return false, nil
	}
	f.add(k, index, b)
	return false, nil
}

// accept judges an event that does not wait, and adds its key if it is new: if id is below
// 0. If it is late, its readings are added, else they are to be added; if there is no place
// for the key, neither, and k is nil.
func (f *Filter) accept(id int32, run *batch.Run, b *batch.Batch, out *lines.Output) (k *key, index int64, v judgement) {
	t := run.Time(0)
	if id < 0 && !f.opts.freesKeys() && !f.fits(run.Key()) {
		return nil, 0, noPlace
	}
	index, v = f.judge(t, run.Row(0), b, out)
	if id < 0 {
		if !f.fits(run.Key()) {
			return nil, 0, noPlace
		}
		f.keys.Reserve(len(f.opts.Fields))
		id = f.addKey(run.Key())
		if f.panes.carriesKey {
			f.panes.arrive(f.keys.At(id))
		}
	}
	k = f.keys.At(id)
	if v == late {
		f.closing.late(t, f.watermark.enough(index))
		f.addLate(k, index, run)
		f.panes.noteUnused(k)
	}
	return k, index, v
}

// add adds the event of the present run, which is in time, to its pane; and with it the
// events that follow, as far as they are within watermark.safe: column by column, in
// any order of keys. Within a pane the order of readings does not matter.
func (f *Filter) add(k *key, index int64, b *batch.Batch) {
	n := 0
	if f.byColumn && !f.keys.Stale() {
		var newest stamp.Time
		n, newest = f.runs.Within(f.watermark.safe.begin, f.watermark.safe.length)
		if n > 1 {
			f.watermark.observeSafe(newest, b.ReadAt)
		}
	}
	if n <= 1 {
		f.addOne(k, index, &f.runs.Run)
		return
	}
	f.runs.Divide(n)
	for f.runs.NextDivided() {
		run := &f.runs.Run
		x := f.panes.pane(f.keys.At(f.keys.ID(run)), index)
		for i := range run.Width() {
			f.runs.Add(i, &x.parts[run.Slot(i)])
		}
	}
}

// addOne adds an event that is in time to its pane.
func (f *Filter) addOne(k *key, index int64, run *batch.Run) {
	x, t := f.panes.pane(k, index), run.Time(0)
	for i := range run.Width() {
		x.parts[run.Slot(i)].Add(t, run.Num(0, i))
	}
}

// addLate adds a late event to its pane if rows to come cover that: if the pane's last row
// is after lastDue. If it is lastDue itself, the pane is still in the present window, and
// the event goes there and leaves with it. An event before all that may still be carried forward.
func (f *Filter) addLate(k *key, index int64, run *batch.Run) {
	f.panes.newestInside = max(f.panes.newestInside, index)
	covered := f.panes.lastRow(index) >= f.watermark.lastDue
	if !covered && !f.rows.columns.carries {
		return
	}
	if !f.rows.begun {
		f.snapshot.take(f.watermark.lastDue, &f.panes, &f.rows.columns)
	}
	if !covered {
		f.carryLate(k, run)
		return
	}
	for i := range run.Width() {
		f.panes.addLate(k, index, run.Slot(i), run.Time(0), run.Num(0, i))
	}
}

// keysError returns the error that reports a record whose key does not fit any more.
func (f *Filter) keysError(b *batch.Batch, row int) *batch.LineError {
	return b.TooManyKeys(row, f.opts.MaxGroups)
}

// lateError returns the error that reports a late event.
func (f *Filter) lateError(b *batch.Batch, row int, index int64) *batch.LineError {
	enough := latenessText(f.watermark.enough(index))
	return b.TimeFault(row, fmt.Sprintf("late: the time of its first row had already passed (--lateness %s would have waited)", enough), f.dateTimeOf(b.Rows[row].Time))
}
