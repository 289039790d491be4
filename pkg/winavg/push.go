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
	f.runs.Begin(b, f.keys.Resolve(b), false)
	for f.runs.NextOne() {
		run := &f.runs.Run
		row := run.Row(0)
		f.keys.Touch(run, touch)
		id := f.keys.ID(run)
		var err *batch.LineError
		if id < 0 && !f.keys.Fits(run.Key(), len(f.opts.Fields)) {
			err = b.Fault(row, fmt.Sprintf("too many keys (limit: --max-groups %d)", f.opts.MaxGroups), "")
		} else {
			err = run.Fault()
		}
		if err == nil {
			err = f.event(id, b, out)
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

// event adds the readings of the present run, a record of the key with that id, below 0 if
// the key is new.
// It returns an error if the event is too far ahead.
func (f *Filter) event(id int32, b *batch.Batch, out *lines.Output) *batch.LineError {
	run := &f.runs.Run
	row := run.Row(0)
	if run.Width() == 0 {
		b.NoReading(row)
		return nil
	}
	index, v := f.judge(run.Time(0), b.ReadAt, out)
	if v == jump {
		return f.jumpError(b, row)
	}
	if id < 0 {
		id = f.addKey(run.Key())
	}
	k := f.keys.At(id)
	if v == late {
		f.addLate(k, index, run)
		b.Late(row, f.lateError(b, row, index))
		return nil
	}
	f.add(k, index, b)
	return nil
}

// add adds the event of the present run, which is in time, to its pane; and with it the
// events that follow, as far as they are within watermark.safe: column by column, in
// any order of keys. Within a pane the order of readings does not matter.
func (f *Filter) add(k *key, index int64, b *batch.Batch) {
	n := 0
	if f.byColumn {
		var newest stamp.Time
		n, newest = f.runs.Within(f.watermark.safe.begin, f.watermark.safe.length)
		if n > 1 {
			f.watermark.observeSafe(newest, b.ReadAt)
		}
	}
	if n <= 1 {
		run := &f.runs.Run
		x, t := f.panes.pane(k, index), run.Time(0)
		for i := range run.Width() {
			x.parts[run.Slot(i)].Add(t, run.Num(0, i))
		}
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

// addLate adds a late event to its pane if rows to come cover that: if the pane's last row
// is after lastDue. If it is lastDue itself, the pane is still in the present window, and
// the event goes there and leaves with it.
func (f *Filter) addLate(k *key, index int64, run *batch.Run) {
	if f.panes.lastRow(index) < f.watermark.lastDue {
		return
	}
	if !f.rows.begun {
		f.snapshot.take(f.watermark.lastDue, &f.panes, &f.rows.columns)
	}
	for i := range run.Width() {
		f.panes.addLate(k, index, run.Slot(i), run.Time(0), run.Num(0, i))
	}
}

// jumpError returns the error that reports an event that is too far ahead.
func (f *Filter) jumpError(b *batch.Batch, row int) *batch.LineError {
	return b.TimeFault(row, fmt.Sprintf("more than %s ahead of the newest time so far (a larger --max-gap accepts it)", stamp.SpanText(f.opts.MaxGap)), dateTime(b, row))
}

// lateError returns the error that reports a late event.
func (f *Filter) lateError(b *batch.Batch, row int, index int64) *batch.LineError {
	enough := "all"
	lateness := f.watermark.enough(index)
	if lateness != Forever {
		enough = stamp.SpanText(lateness)
	}
	return b.TimeFault(row, fmt.Sprintf("late: the time of its first row had already passed (--lateness %s would have waited)", enough), dateTime(b, row))
}

// dateTime returns the time of a row as it is printed.
func dateTime(b *batch.Batch, row int) string {
	return string(stamp.AppendDateTime(nil, b.Rows[row].Time.Sec))
}
