package ndjson

import (
	"bytes"
	"time"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Record is one good line and what the plan wanted of it. A [Block] owns it: see
// there for how long it, and all it hands out, are valid.
type Record struct {
	b     *Block
	e     *entry
	index int
	first int // of Block.values
	n     int
}

// Next goes on to the record that follows, if there is nothing to be done about it but
// to hand it out, with a reading at least, and reports whether it did. Who is handed a
// record by [Block.Next] may take those behind it so, for less; if it does not go on,
// that goes on.
func (r *Record) Next() bool { return r.next(max(r.b.least, 1)) }

// next goes on to the record that follows, if it is only to be handed out and has at
// least so many readings.
func (r *Record) next(least int) bool {
	b := r.b
	at, had := b.at, b.consumedValues
	if uint(at-1) >= uint(b.handoff) {
		return false
	}
	e := &b.entries[at]
	n := int(e.values) - had
	if n < least || e.filtered {
		return false
	}
	r.e, r.index, r.first, r.n = e, at, had, n
	b.at, b.consumedValues = at+1, had+n
	return true
}

// Index is how many records and faults stand before it in its block.
func (r *Record) Index() int { return r.index }

// Raw is the object as it came, from brace to brace. (Of a pretty-printed
// array's element, without line breaks and indentation.)
func (r *Record) Raw() []byte { return r.b.buf[r.e.from:r.e.to] }

// Len is the number of readings present.
func (r *Record) Len() int { return r.n }

// At gives reading i of Len: its slot and its number. Named readings come in
// the plan's order, under all in the record's.
func (r *Record) At(i int) (slot int, num exact.Dec) {
	v := &r.b.values[r.first+i]
	return int(v.slot), r.b.num(v)
}

// Name is the name of a slot as JSON prints it, with quotes.
func (r *Record) Name(slot int) []byte { return r.b.names[slot].Name() }

// Key is the record's key: the JSON texts of its members in the plan's order,
// each followed by a 0 byte but the last; they sort as the keys do. Empty
// without Plan.Key.
func (r *Record) Key() []byte { return r.b.keys[r.e.key:r.e.keyEnd] }

// Time is the record's timestamp; zero where the plan has none.
func (r *Record) Time() stamp.Time { return r.e.time }

// Timed reports whether the record has a time; it does unless the plan allows
// it not to.
func (r *Record) Timed() bool { return r.e.when != r.e.whenEnd }

// When is the timestamp as it came, as JSON; nil if there is none.
func (r *Record) When() []byte {
	if !r.Timed() {
		return nil
	}
	return r.b.buf[r.e.when:r.e.whenEnd]
}

// Place is where the record began: the input's name and the line, from 1.
func (r *Record) Place() (file string, line int64) { return r.b.name, r.b.line + int64(r.e.line) }

// Read is when the record's bytes were read, on the clock handed to the
// Reader; zero without one.
func (r *Record) Read() time.Duration { return r.b.read }

// Sum is a checksum of Raw, under Options.Sums.
func (r *Record) Sum() uint32 { return r.e.sum }

func (r *Record) extra() *extra {
	if r.e.extra < 0 {
		return nil
	}
	return &r.b.extras[r.e.extra]
}

// Judge is the first fault of what the plan reads, in the order in which a
// record is judged after its key: time, then value. A filter asks once it has
// found room for the key.
func (r *Record) Judge() error {
	switch x := r.extra(); {
	case x == nil:
	case x.badTime != nil:
		return x.badTime
	case x.bad != nil:
		return x.bad
	}
	return nil
}

// Told are the faults that leave the record good: named values of another type
// under Plan.Tell.
func (r *Record) Reported() []*LineError {
	if x := r.extra(); x != nil {
		return x.reported
	}
	return nil
}

// Fault condemns this record, for a reason that a filter found. kind is the
// same for like faults, detail may be empty.
func (r *Record) Fault(kind, detail string) *LineError {
	return r.placed(fault{kind: kind, detail: detail})
}

// TimeFault is a Fault placed at the record's timestamp.
func (r *Record) TimeFault(kind, detail string) *LineError {
	return r.placed(fault{at: int(r.e.when - r.e.from), kind: kind, detail: detail})
}

func (r *Record) placed(f fault) *LineError {
	e := r.b.locate(r.e, f)
	e.Line += r.b.line
	return e
}

// Filtered reports whether a condition of the plan does not hold; nothing else
// is known of the record then.
func (r *Record) Filtered() bool { return r.e.filtered }

// blame places a fault of an entry; its line is counted from the block's first.
func (b *Block) locate(e *entry, f fault) *LineError {
	b.faults++
	raw, i, indent := b.buf[e.from:e.to], min(f.at, int(e.to-e.from)), 0 // white space behind the record is none of it
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
	if last := bytes.LastIndexByte(raw[:i], '\n'); last >= 0 {
		line += int64(bytes.Count(raw[:i], []byte{'\n'}))
		column = int64(i - last)
	}
	text, at := contextOf(raw, i)
	return &LineError{
		File: b.name, Line: line, Column: column, Offset: b.offset + start,
		Reason: f.reason(), Kind: f.kind, Text: text, At: at, syntax: f.syntax,
	}
}
