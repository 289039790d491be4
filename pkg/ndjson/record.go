package ndjson

import (
	"bytes"
	"time"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Record is one good line and what the plan read of it. It belongs to a [Block]. It,
// and all slices that its methods return, are valid as [Block.Next] says; copy what
// is needed longer.
type Record struct {
	b     *Block
	e     *entry
	index int // e is b.entries[index].
	first int // Its readings are b.values[first:first+n].
	n     int
}

// Next advances r to the following record of the block, if that has at least one
// reading and needs no other handling: it is not an error, is not filtered out, and no
// name in its block is new. Otherwise it reports false and changes nothing, and the
// caller continues with [Block.Next]. It is a cheaper Block.Next for the usual case,
// to be called on the record that Block.Next returned.
func (r *Record) Next() bool { return r.next(max(r.b.least, 1)) }

// next is Next for a record with at least that many readings. Invariant: b.handoff is 0
// unless entries 1 to b.handoff are records without extra, new names and first-seen
// fields, so only their readings have to be counted.
func (r *Record) next(least int) bool {
	b := r.b
	at, consumed := b.at, b.consumedValues
	if uint(at-1) >= uint(b.handoff) {
		return false
	}
	e := &b.entries[at]
	n := int(e.values) - consumed
	if n < least || e.filtered {
		return false
	}
	r.e, r.index, r.first, r.n = e, at, consumed, n
	b.at, b.consumedValues = at+1, consumed+n
	return true
}

// Index returns how many records and errors come before r in its batch.
func (r *Record) Index() int { return r.index }

// Raw returns the object's bytes as they came, from brace to brace. An array element
// with line breaks has lost these and the indentation after them.
func (r *Record) Raw() []byte { return r.b.buf[r.e.from:r.e.to] }

// Len returns the number of readings.
func (r *Record) Len() int { return r.n }

// At returns the slot and the number of reading i, 0 <= i < Len. Readings are in the
// order of Plan.Numbers; under Plan.All, in the record's order.
func (r *Record) At(i int) (slot int, num exact.Dec) {
	v := &r.b.values[r.first+i]
	return int(v.slot), r.b.num(v)
}

// Name returns the name of a slot as a JSON string, with quotes.
func (r *Record) Name(slot int) []byte { return r.b.names[slot].Name() }

// Key returns the record's key: the JSON texts of the members of Plan.Key in its
// order, strings in canonical spelling, with a zero byte between them. Records belong
// to the same group if and only if their keys are equal, and sorting keys as bytes
// sorts the groups. The key is empty without Plan.Key.
func (r *Record) Key() []byte { return r.b.keys[r.e.key:r.e.keyEnd] }

// Time returns the record's timestamp, or the zero Time if it has none.
func (r *Record) Time() stamp.Time { return r.e.time }

// Timed reports whether the record has a timestamp that could be read.
func (r *Record) Timed() bool { return r.e.when != r.e.whenEnd }

// When returns the timestamp's JSON text as it came, or nil if there is none.
func (r *Record) When() []byte {
	if !r.Timed() {
		return nil
	}
	return r.b.buf[r.e.when:r.e.whenEnd]
}

// Location returns where the record begins: the input's name and the line, from 1.
func (r *Record) Location() (file string, line int64) { return r.b.name, r.b.line + int64(r.e.line) }

// ReadTime returns when the record's bytes were read, by Options.Clock; 0 without one.
func (r *Record) ReadTime() time.Duration { return r.b.read }

// Sum returns the CRC-32C checksum of Raw, if Options.Sums is set; else 0.
func (r *Record) Sum() uint32 { return r.e.sum }

// extra returns the entry's extra, or nil if it has none.
func (r *Record) extra() *extra {
	if r.e.extra < 0 {
		return nil
	}
	return &r.b.extras[r.e.extra]
}

// Judge returns the first error in what the plan reads of the record, time before
// values, or nil. Its result is a *LineError. Condition and key come before these: a
// record whose key is bad is not returned by Next at all. A filter calls Judge after it
// has accepted the record's key, so that the limit on keys is checked first.
func (r *Record) Judge() error {
	x := r.extra()
	switch {
	case x == nil:
	case x.badTime != nil:
		return x.badTime
	case x.bad != nil:
		return x.bad
	}
	return nil
}

// Reported returns the errors that leave the record good: under Plan.ReportOnly, the
// named members that are neither number nor null, or out of range.
func (r *Record) Reported() []*LineError {
	x := r.extra()
	if x == nil {
		return nil
	}
	return x.reported
}

// Fault returns an error for this record that a filter has found. kind is the same for
// errors of the same cause; detail is the particular text and may be empty.
func (r *Record) Fault(kind, detail string) *LineError {
	return r.locate(fault{Kind: kind, Detail: detail})
}

// TimeFault is Fault with the position of the record's timestamp.
func (r *Record) TimeFault(kind, detail string) *LineError {
	return r.locate(fault{Offset: int(r.e.when - r.e.from), Kind: kind, Detail: detail})
}

// locate is Block.locate for a record whose block has its line number by now.
func (r *Record) locate(f fault) *LineError {
	e := r.b.locate(r.e, f)
	e.Line += r.b.line
	return e
}

// Filtered reports whether a condition of Plan.Where does not hold. Nothing else has
// been read of the record then.
func (r *Record) Filtered() bool { return r.e.filtered }

// locate makes the LineError of a fault in entry e. Its line is counted from the
// block's first line, which may not be numbered yet: see extra.addLine. f.Offset is an index
// into the entry's text, of which white space after the record is not a part.
//
// If the block holds an element whose line breaks were removed, the position is that in
// the original text.
func (b *Block) locate(e *entry, f fault) *LineError {
	b.faults++
	raw, i, indent := b.buf[e.from:e.to], min(f.Offset, int(e.to-e.from)), 0
	if b.origin != nil {
		raw, i = b.origin, unjoin(b.origin, i)
	}
	if e.extra >= 0 {
		indent = int(b.extras[e.extra].indent)
	}
	start := int64(e.from) - int64(indent)
	line, column := int64(e.line), int64(indent+i+1)
	if start == 0 {
		column += b.column
	}
	last := bytes.LastIndexByte(raw[:i], '\n')
	if last >= 0 {
		line += int64(bytes.Count(raw[:i], []byte{'\n'}))
		column = int64(i - last)
	}
	text, at := contextOf(raw, i)
	return &LineError{
		File: b.name, Line: line, Column: column, Offset: b.offset + start,
		Reason: f.Error(), Kind: f.Kind, Text: text, At: at, syntax: f.Syntax,
	}
}
