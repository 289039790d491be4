package winavg

import (
	"fmt"

	"weir/pkg/ndjson"
	"weir/pkg/stamp"
)

// Push implements pipe.Filter: it adds the readings of r, and of the records after it as
// far as r.Next goes, to their panes, and prints the rows that become due.
func (f *Filter) Push(r *ndjson.Record, w *ndjson.Writer) (ndjson.Verdict, error) {
	for {
		k := f.keys.Find(r.Key())
		if k == nil && !f.keys.Fits(len(f.opts.Fields)) {
			return 0, r.Fault(fmt.Sprintf("too many keys (limit: --max-groups %d)", f.opts.MaxGroups), "")
		}
		if err := r.Judge(); err != nil {
			return 0, err
		}
		if r.Len() == 0 {
			return ndjson.NoReading, nil
		}
		index, v := f.judge(r.Time(), r.ReadTime(), w)
		if v == jump {
			return 0, f.jumpError(r)
		}
		if k == nil {
			k = f.addKey(r.Key())
		}
		if v == late {
			f.addLate(k, index, r)
			return ndjson.Late, f.lateError(r, index)
		}
		f.add(k, index, r)
		if !r.Next() {
			return ndjson.Used, nil
		}
	}
}

// add adds an event that is in time to its pane; and if it begins a run, also the records
// of that which are within watermark.safe. It advances r to the last record added.
func (f *Filter) add(k *key, index int64, r *ndjson.Record) {
	if f.byColumn {
		run := r.Run()
		n, newest := run.Within(f.watermark.safe.begin, f.watermark.safe.length)
		if n > 1 {
			f.watermark.observeSafe(newest, r.ReadTime())
			f.addColumns(k, index, &run, n)
			r.Skip(n - 1)
			return
		}
	}
	x, t := f.panes.pane(k, index), r.Time()
	for i := range r.Len() {
		field, d := r.At(i)
		x.parts[field].Add(t, d)
	}
}

// addColumns adds the first n records of a run to one pane, column by column. Within a
// pane the order of readings does not matter.
func (f *Filter) addColumns(k *key, index int64, run *ndjson.Run, n int) {
	x := f.panes.pane(k, index)
	for i := range run.Width() {
		run.Add(i, n, &x.parts[run.Slot(i)])
	}
}

// addLate adds a late event to its pane if rows to come cover that: if the pane's last row
// is after lastDue. If it is lastDue itself, the pane is still in the present window, and
// the event goes there and leaves with it.
func (f *Filter) addLate(k *key, index int64, r *ndjson.Record) {
	if f.panes.lastRow(index) < f.watermark.lastDue {
		return
	}
	if !f.rows.begun {
		f.snapshot.take(f.watermark.lastDue, &f.panes, &f.rows.columns)
	}
	for i := range r.Len() {
		field, d := r.At(i)
		f.panes.addLate(k, index, field, r.Time(), d)
	}
}

// jumpError returns the error that reports an event that is too far ahead.
func (f *Filter) jumpError(r *ndjson.Record) error {
	return r.TimeFault(fmt.Sprintf("more than %s ahead of the newest time so far (a larger --max-gap accepts it)", stamp.SpanText(f.opts.MaxGap)), dateTime(r))
}

// lateError returns the error that reports a late event.
func (f *Filter) lateError(r *ndjson.Record, index int64) error {
	enough := "all"
	lateness := f.watermark.enough(index)
	if lateness != Forever {
		enough = stamp.SpanText(lateness)
	}
	return r.TimeFault(fmt.Sprintf("late: the time of its first row had already passed (--lateness %s would have waited)", enough), dateTime(r))
}

// dateTime returns the time of r as it is printed.
func dateTime(r *ndjson.Record) string { return string(stamp.AppendDateTime(nil, r.Time().Sec)) }
