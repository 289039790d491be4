package ndjson

import (
	"bytes"
	"time"

	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
)

// Block is a batch of whole lines, or one element of an array, and what a Parser
// found in it: one entry for each record and each error, in input order, and the
// readings of all records in one slice. The zero Block is empty.
//
// The lines are in buf, which has these segments:
//
//	+--------------+--------------------------+-----------------------+
//	| parsed lines | lines not parsed yet  \n | pad bytes, or more    |
//	+--------------+--------------------------+-----------------------+
//	0              next                       size           len(buf)
//
// Invariants, after Read has filled the block with text:
//
//   - 0 <= next <= size <= len(buf)-pad+1.
//   - A line begins at next, unless next == size.
//   - buf[size-1] is a line break. The Reader adds one to an array element, and to a
//     last line that has none: then size is length+1. So code that stops at a
//     line break needs no other bounds check.
//   - The bytes from size on are arbitrary. The parser loads words and vectors without
//     knowing where the line ends, and may read less than pad/2 bytes after a line's
//     '\n', but no result depends on these. This is what makes the unchecked loads of
//     word.go and the kernel safe.
//
// Positions in entries and spans are indices into buf. They refer to the batch that
// the last call of Parse found, which replaces the one before.
//
// A block goes through three stages. In each, one goroutine at a time owns it:
//
//  1. [Reader.Read] fills it. Blocks of one Reader are read by one goroutine at a
//     time, in input order.
//  2. [Parser.Parse] parses it. Different blocks may be parsed at the same time, by
//     different parsers.
//  3. [Block.Next], and the methods of its records, consume it. Blocks of one Reader
//     are consumed by one goroutine at a time, in the order in which they were read.
//     If More reports true after the last record, the block is parsed and consumed
//     again before the next block is consumed.
//
// A block for which Large reports false must be consumed before the next Read: that
// of an array element may refer to the Reader's buffer.
type Block struct {
	reader *Reader
	names  []Label // The labels of the slots assigned so far.

	buf    []byte // See above.
	size   int    // The length of the lines in buf, line breaks included.
	next   int    // Where Parse continues.
	faults int    // How many errors have been made for entries of the current batch, by the parser or by a filter.
	origin []byte // The text of an element that had line breaks, as it came; else nil. Refers to Reader.buf.
	parsed bool   // Read has parsed the block itself, or it holds no text to parse.

	name   string        // The input's name.
	line   int64         // The number of the first line, from 1; 0 until Next takes it from the block before.
	lines  int64         // How many line breaks have been parsed.
	offset int64         // The offset of buf[0] in the input.
	length int64         // How many bytes of the input the block accounts for.
	column int64         // How many bytes come before buf[0] on its line.
	read   time.Duration // When the last of the bytes were read: see Options.Clock.

	entries   []entry
	values    []reading   // The readings of all entries, in order: see entry.values.
	big       []exact.Dec // Numbers with too many digits for a reading.
	keys      []byte      // The keys of all entries: see entry.key.
	cuts      []span      // The text that Writer.Record leaves out for Plan.Omit: see extra.cuts.
	extras    []extra     // What few entries have: see entry.extra.
	pending   [][]byte    // Names without a slot. Readings use the provisional slot -2-i for pending[i].
	firstSeen []firstSeen // In the order of entries.

	// The state of Next.
	at             int // The index of the entry that Next returns next.
	consumedValues int // How many readings belong to the entries before it.
	firstSeenAt    int // The index of the next one in firstSeen.
	handoff        int // How many entries after the first need no handling of their own: see Record.next.
	least          int // How many readings an entry must have for that.
	runEnd         int // The index of the first entry that Record.Run has not examined.

	units [exact.MaxBatch]int64 // The result of Run.Column.
	rec   Record                // The result of Next.
	other Record                // The result of Record.
}

// entry is a record, or an error in its place. It takes 64 bytes; the kernel writes
// it field by field, so kernel_amd64.s depends on its layout.
type entry struct {
	from, to  uint32 // The record is buf[from:to], from brace to brace.
	end       uint32 // The index of the line break after it.
	line      uint32 // How many lines of the block come before it.
	values    uint32 // Its readings end at Block.values[values] and begin where those of the entry before end.
	extra     int32  // The index in Block.extras; -1 is none.
	key       uint32 // Its key is Block.keys[key:keyEnd].
	keyEnd    uint32
	when      uint32 // Its timestamp is buf[when:whenEnd]; empty if it has none.
	whenEnd   uint32
	sum       uint32     // The checksum of its bytes, under Options.Sums.
	filtered  bool       // A condition of the plan does not hold.
	empty     bool       // It has no member but the one that Plan.Omit leaves out.
	unordered bool       // Its readings are not in slot order yet.
	timed     bool       // The kernel has read its time.
	time      stamp.Time // Its timestamp.
}

// extra holds what few records have.
type extra struct {
	fault    *LineError   // The entry is not a record but this error.
	badKey   *LineError   // The key is an object or an array.
	badTime  *LineError   // The time is missing or cannot be read.
	bad      *LineError   // The first named value that is not a reading.
	reported []*LineError // The same under Plan.ReportOnly: all such values.

	indent uint32 // How many bytes of white space come before the record on its line.
	text   []byte // The rejected text, if it is not one line of the block; may refer to Reader.buf.
	whole  bool   // text is complete.
	cuts   [2]int // The entry's cuts are Block.cuts[cuts[0]:cuts[1]].
}

// reading is the number ±c × 10^-scale in a slot. Trailing zeros are kept or
// dropped: equal numbers may have different c and scale. If big is true, the number
// is Block.big[c] instead. The type has no pointer, so that the garbage collector
// does not scan it and the kernel may write it.
type reading struct {
	slot  int32
	scale uint8
	neg   bool
	big   bool
	c     uint64
}

// firstSeen says that an entry is the first in which a parser saw the member of a
// named number; its value may be null.
type firstSeen struct {
	entry int
	slot  int32
}

// pad is how many bytes follow the lines in a buffer, or one less. It is twice what
// is needed: see Block.
const pad = 2 * maxPrefix

// reset empties the block and gives it the reader's position. Its line number is
// not set: see Block.line.
func (b *Block) reset(rd *Reader) {
	b.reader, b.name, b.read = rd, rd.name, rd.read
	b.line, b.lines, b.offset, b.column, b.length = 0, 0, rd.offset, rd.column, 0
	b.size, b.next, b.origin, b.parsed = 0, 0, nil, false
	b.clear()
}

// clear discards what was found in the block. The text stays. Pointers are cleared
// so that the block does not keep their targets alive.
func (b *Block) clear() {
	b.entries, b.values, b.keys, b.cuts = b.entries[:0], b.values[:0], b.keys[:0], b.cuts[:0]
	clear(b.big)
	b.big = b.big[:0]
	clear(b.extras)
	b.extras, b.pending, b.firstSeen = b.extras[:0], b.pending[:0], b.firstSeen[:0]
	b.at, b.consumedValues, b.firstSeenAt, b.handoff, b.runEnd, b.faults = 0, 0, 0, 0, 0, 0
}

// grow makes len(buf) at least n+pad and keeps what is in buf.
func (b *Block) grow(n int) {
	if len(b.buf) < n+pad {
		buf := make([]byte, n+pad)
		copy(buf, b.buf)
		b.buf = buf
	}
}

// add appends an entry. The pointer is valid until the next one is appended.
func (b *Block) add(e entry) *entry {
	b.entries = append(b.entries, e)
	return &b.entries[len(b.entries)-1]
}

// Large reports whether the block is big enough to hand to another goroutine while
// more is read. One that is not must be consumed before the next Read.
func (b *Block) Large() bool { return b.size >= blockSize/4 && !b.parsed }

// More reports whether lines are left that have not been parsed.
func (b *Block) More() bool { return b.next < b.size }

// Next returns the next record, or the error in its place, in input order. ok is
// false after the last one of the batch that Parse found. A record, and all that it
// returns, is valid until Next is called again, on the block or on the record, or
// until the block is filled again.
//
// Next assigns slots to new names and counts lines, so blocks must be consumed in
// the order in which they were read.
func (b *Block) Next() (r *Record, bad *LineError, ok bool) {
	if b.at > 0 && b.rec.next(b.least) {
		return &b.rec, nil, true
	}
	return b.nextOf()
}

// nextOf is Next for entries that need more than being returned, and for the first
// entry and the end of the batch.
func (b *Block) nextOf() (r *Record, bad *LineError, ok bool) {
	rd := b.reader
	if b.at == 0 {
		if b.line == 0 {
			b.line = rd.lines
		}
		rd.lines = b.line + b.lines
		rd.current = b
		b.names = rd.names()
	}
	if b.at == len(b.entries) {
		rd.consumed = b.offset + b.length
		if b.More() {
			rd.consumed = b.offset + int64(b.next)
		}
		rd.current = nil
		return nil, nil, false
	}
	r = &b.rec
	*r = Record{b: b, e: &b.entries[b.at], index: b.at, first: b.consumedValues}
	r.n = int(r.e.values) - b.consumedValues
	b.consumedValues = int(r.e.values)
	if r.e.filtered {
		r.n = 0
	}
	if len(b.pending) > 0 {
		r.n = b.resolveNames(b.values[r.first : r.first+r.n])
	}
	for ; b.firstSeenAt < len(b.firstSeen) && b.firstSeen[b.firstSeenAt].entry == b.at; b.firstSeenAt++ {
		rd.seen[b.firstSeen[b.firstSeenAt].slot] = true
	}
	b.at++
	x := r.extra()
	if x != nil {
		x.addLine(b.line)
		if x.fault == nil {
			x.fault = x.badKey
		}
		if x.fault != nil {
			return nil, x.fault, true
		}
	}
	if rd.firstNames == nil && r.n < len(rd.plan.Numbers) && !r.e.filtered {
		rd.firstNames = append(jsonscan.Names(r.Raw()), "") // not nil, even for an empty object
	}
	if b.at == 1 && len(b.pending)+len(b.firstSeen)+len(b.extras) == 0 {
		b.handoff = len(b.entries) - 1
	}
	b.least = 0
	if rd.firstNames == nil {
		b.least = len(rd.plan.Numbers)
	}
	return r, nil, true
}

// handedOut returns the offset in the input up to which records have been returned
// by Next: the end of the last one's line.
func (b *Block) handedOut() int64 {
	if b.at == 0 {
		return b.offset
	}
	return b.offset + min(b.length, int64(b.entries[b.at-1].end)+1)
}

// Record returns entry i, which Next must have returned as a record before. Its
// readings are there only if the batch could have runs: see Record.Run. The result is
// valid until the next call of Record.
func (b *Block) Record(i int) *Record {
	r := &b.other
	*r = Record{b: b, e: &b.entries[i], index: i}
	if b.handoff > 0 {
		if i > 0 {
			r.first = int(b.entries[i-1].values)
		}
		r.n = int(r.e.values) - r.first
	}
	return r
}

// num returns the number of a reading.
func (b *Block) num(v *reading) exact.Dec {
	if v.big {
		return b.big[v.c]
	}
	return exact.FromParts(v.c, v.scale, v.neg)
}

// reading appends a reading.
func (b *Block) reading(slot int32, d exact.Dec) {
	b.values = append(b.values, b.toReading(slot, d))
}

// toReading makes a reading, and stores the number in b.big if it is not small.
func (b *Block) toReading(slot int32, d exact.Dec) reading {
	v := reading{slot: slot}
	var small bool
	v.c, v.scale, v.neg, small = d.Parts()
	if !small {
		v.c, v.big = uint64(len(b.big)), true
		b.big = append(b.big, d)
	}
	return v
}

// resolveNames replaces the provisional slots of a record's readings by real ones,
// which it assigns where a name has none yet. Readings that get none, because of
// Plan.MaxFields, are removed: the first n of values remain.
func (b *Block) resolveNames(values []reading) (n int) {
	resolved := values[:0]
	for _, v := range values {
		if v.slot < noSlot {
			v.slot = b.reader.all.assign(b.pending[-2-v.slot])
		}
		if v.slot != noSlot {
			resolved = append(resolved, v)
		}
	}
	b.names = b.reader.all.list
	return len(resolved)
}

// addLine adds the number of the block's first line to the errors, whose lines were
// counted from there. It must be called once.
func (x *extra) addLine(line int64) {
	for _, e := range []*LineError{x.fault, x.badKey, x.badTime, x.bad} {
		if e != nil {
			e.Line += line
		}
	}
	for _, e := range x.reported {
		e.Line += line
	}
}

// Text returns the line or element that the last result of Next, record or error,
// came from, without its line break. If whole is false, it was longer than
// Options.MaxLine and text is its beginning.
func (b *Block) Text() (text []byte, whole bool) {
	e := &b.entries[b.at-1]
	from := e.from
	if e.extra >= 0 {
		x := &b.extras[e.extra]
		if x.text != nil {
			return x.text, x.whole
		}
		from -= x.indent
	}
	return bytes.TrimSuffix(b.buf[from:e.end], []byte{'\r'}), true
}
