package batch

import (
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Record is one good line and what the plan read of it: a row of a [Batch]. It, and all
// slices that its methods return, are valid until the batch is filled again.
type Record struct {
	b     *Batch
	row   int
	first int // Its readings are b.Nums[first:first+n].
	n     int
}

// Record returns the record in a row. Requires that the row is not an error, and that
// the fold has begun; under Plan.All, readings whose names have no slot yet have none, and
// must not be used, until Resolve or Run.Fault has been called for the row.
func (b *Batch) Record(row int) Record {
	first, n := b.nums(row)
	return Record{b: b, row: row, first: first, n: n}
}

// Resolve gives slots to the names of the record's readings that have none yet. It must
// be called before they are used, for a record that is not rejected, in input order.
// [Run.Fault] does the same for a run.
func (r *Record) Resolve() {
	if len(r.b.Pending) > 0 {
		r.n = r.b.resolve(r.row, r.first, r.n)
	}
}

// Row returns the index of the record's row.
func (r *Record) Row() int { return r.row }

// Raw returns the object's bytes as they came, from brace to brace. An array element
// with line breaks has lost these and the indentation after them.
func (r *Record) Raw() []byte {
	x := &r.b.Rows[r.row]
	return r.b.Text[x.From:x.To]
}

// Len returns the number of readings.
func (r *Record) Len() int { return r.n }

// At returns the slot and the number of reading i, 0 <= i < Len. Readings are in the
// order of Plan.Numbers; under Plan.All, in the record's order.
func (r *Record) At(i int) (slot int, num exact.Dec) {
	v := &r.b.Nums[r.first+i]
	return int(v.Slot), r.b.num(v)
}

// Name returns the name of a slot as a JSON string, with quotes.
func (r *Record) Name(slot int) []byte { return r.b.fold.Labels()[slot].Name() }

// Key returns the record's key: see [Batch.Key].
func (r *Record) Key() []byte { return r.b.Key(r.row) }

// Time returns the record's timestamp, or the zero Time if it has none.
func (r *Record) Time() stamp.Time { return r.b.Rows[r.row].Time }

// Timed reports whether the record has a timestamp that could be read.
func (r *Record) Timed() bool { return r.b.Rows[r.row].timed() }

// When returns the timestamp's JSON text as it came, or nil if there is none.
func (r *Record) When() []byte { return r.b.when(r.row) }

// Location returns where the record begins: the input's name and the line, from 1.
func (r *Record) Location() (file string, line int64) {
	return r.b.File, r.b.Line + int64(r.b.Rows[r.row].Line)
}

// timed reports whether the row has a timestamp that could be read.
func (r *Row) timed() bool { return r.When != r.WhenEnd }

// when returns the JSON text of a row's timestamp as it came, or nil if there is none.
func (b *Batch) when(row int) []byte {
	r := &b.Rows[row]
	if !r.timed() {
		return nil
	}
	return b.Text[r.When:r.WhenEnd]
}

// judge returns the first error in what the plan reads of a row, time before values, or
// nil. Condition and key come before these: a row whose key is bad is not a record.
func (b *Batch) judge(row int) *LineError {
	n := b.note(row)
	switch {
	case n == nil:
		return nil
	case n.BadTime != nil:
		return n.BadTime
	}
	return n.BadValue
}

// Judge returns the first error in what the plan reads of the record, time before
// values, or nil.
func (r *Record) Judge() *LineError { return r.b.judge(r.row) }
