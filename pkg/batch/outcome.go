package batch

import (
	"cmp"
	"slices"
)

// Verdict is what a filter did with a record.
type Verdict uint8

// The verdicts.
const (
	Used      Verdict = iota // The record had its effect.
	NoReading                // It has no reading that the filter uses.
	Late                     // It arrived after a row that should have included it.
	Rejected                 // Its line is bad.
)

// Outcome is the verdict on one row, where that is not Used; or what has become of a
// record that was held.
type Outcome struct {
	Row     int // The row; if Held is set, the one before which the verdict was given.
	Verdict Verdict
	Err     *LineError // What is wrong with a rejected record or a late one, or is to be reported of a used one; else nil.
	Held    *Held      // The record, if it was held; it may be of an earlier batch.
}

// outcome is what became of the rows of a batch.
type outcome struct {
	list     []Outcome // In the order in which the filter gave them.
	limitRow int       // The row in which a field was first ignored because of a limit; -1: none.
	stop     bool      // Under --bad stop: the first rejected row ends the run.
	stopped  bool      // It has.
	merged   bool      // list has the rows that are errors as well, and is sorted.
	reported []int     // The result of ReportedRows.
}

func (o *outcome) reset() {
	clear(o.list)
	*o = outcome{list: o.list[:0], limitRow: -1, reported: o.reported}
}

// Reject says that the filter cannot use the record in a row. It reports whether the run
// is to stop there: then Push returns at once.
func (b *Batch) Reject(row int, err *LineError) (stop bool) {
	b.outcome.list = append(b.outcome.list, Outcome{Row: row, Verdict: Rejected, Err: err})
	b.outcome.stopped = b.outcome.stop
	return b.outcome.stopped
}

// Late says that the record in a row is late. It may still have an effect.
func (b *Batch) Late(row int, err *LineError) {
	b.outcome.list = append(b.outcome.list, Outcome{Row: row, Verdict: Late, Err: err})
}

// NoReading says that the record in a row has no reading that the filter uses.
func (b *Batch) NoReading(row int) {
	b.outcome.list = append(b.outcome.list, Outcome{Row: row, Verdict: NoReading})
}

// LimitReached says that in a row a field was ignored because of a limit.
func (b *Batch) LimitReached(row int) {
	if b.outcome.limitRow < 0 || row < b.outcome.limitRow {
		b.outcome.limitRow = row
	}
}

// LimitRow returns the first row in which a field was ignored because of a limit on the
// number of fields or groups, -1 if there is none.
func (b *Batch) LimitRow() int { return b.outcome.limitRow }

// StopAtRejected ends the run at the first row that is no record, or in which the time or
// a named value cannot be read: rows after it are removed. Reject will report that the run is
// to stop. It must be called before the batch is consumed.
func (b *Batch) StopAtRejected() {
	b.outcome.stop = true
	for i := range b.Notes {
		n := &b.Notes[i]
		if (n.error() != nil || n.single()) && !b.Rows[n.Row].Filtered {
			b.outcome.stopped = true
			b.Truncate(n.Row + 1)
			return
		}
	}
}

// Truncate removes all rows from that index on, and their numbers, as if they had not
// been read. Push calls it before it returns an error, with the first row that it has not
// consumed.
func (b *Batch) Truncate(rows int) {
	b.Rows = b.Rows[:rows]
	nums := 0
	if rows > 0 {
		nums = int(b.Rows[rows-1].Nums)
	}
	b.Nums = b.Nums[:nums]
	b.Notes = slices.DeleteFunc(b.Notes, func(n Note) bool { return n.Row >= rows })
	b.FirstSeen = slices.DeleteFunc(b.FirstSeen, func(s FirstSeen) bool { return s.Row >= rows })
	b.Skipped = slices.DeleteFunc(b.Skipped, func(s Skipped) bool { return s.Row >= rows })
}

// Outcomes returns the verdicts on all rows that are records, pass the plan's conditions
// and were not used, and on all rows that are errors, in the order of rows; with those
// that Push has given on records that were held; and whether the run is to stop after the
// batch. It is called after Push. If Push has stopped, the rows after the last rejected
// one are removed; if that one was held, the rows from the one on that decided about it.
func (b *Batch) Outcomes() (list []Outcome, stopped bool) {
	o := &b.outcome
	if o.merged {
		return o.list, o.stopped
	}
	o.merged = true
	if o.stop && o.stopped && len(o.list) > 0 {
		last := o.list[len(o.list)-1]
		if last.Verdict == Rejected {
			b.Truncate(last.Row + 1)
		}
	}
	decided := b.fold.Decided()
	if len(decided) > 0 {
		last := decided[len(decided)-1]
		if o.stop && last.Verdict == Rejected {
			o.stopped = true
			b.Truncate(last.Row)
		}
		o.list = append(decided, o.list...) // of one row, what was held comes first
	}
	for i := range b.Notes {
		n := &b.Notes[i]
		err := n.error()
		if err != nil {
			o.list = append(o.list, Outcome{Row: n.Row, Verdict: Rejected, Err: err})
		}
	}
	byRow := func(x, y Outcome) int { return cmp.Compare(x.Row, y.Row) }
	if !slices.IsSortedFunc(o.list, byRow) {
		slices.SortStableFunc(o.list, byRow)
	}
	return o.list, o.stopped
}

// Reported returns the errors of the record in a row that leave it good: under
// Plan.ReportOnly, the named members that are neither number nor null, or out of range.
func (b *Batch) Reported(row int) []*LineError {
	n := b.note(row)
	if n == nil {
		return nil
	}
	return n.Reported
}

// ReportedRows returns the rows, in order, of the records that Reported has errors for.
func (b *Batch) ReportedRows() []int {
	b.outcome.reported = b.outcome.reported[:0]
	for i := range b.Notes {
		n := &b.Notes[i]
		if n.Reported != nil && !b.Rows[n.Row].Filtered {
			b.outcome.reported = append(b.outcome.reported, n.Row)
		}
	}
	return b.outcome.reported
}

// Filtered returns how many rows a condition of the plan has filtered out.
func (b *Batch) Filtered() (n int64) {
	if len(b.fold.plan.Where) == 0 {
		return 0
	}
	for i := range b.Rows {
		if b.Rows[i].Filtered {
			n++
		}
	}
	return n
}
