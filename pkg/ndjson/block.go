package ndjson

import (
	"bytes"
	"time"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Block is a run of whole lines, or one element of an array, and what a Parser
// has found in it: an entry for each record and each fault, in their order, and
// the figures of all of them side by side. It goes from [Reader.Read], which
// fills it with bytes, to [Parser.Parse], and then to one that calls
// [Block.Next]. Each of these is for one goroutine at a time. The zero Block is
// empty.
type Block struct {
	reader *Reader
	names  []Label // of the slots, as far as they are known

	buf    []byte // what was read, a line break behind the last line if it had none, and pad bytes
	size   int    // of the lines in buf, their line breaks included
	next   int    // where Parse goes on
	faults int    // that have been put into words
	origin []byte // an element as it stood, if line breaks were taken out
	parsed bool   // an element is when it is read

	name   string
	line   int64 // of the first line, from 1; 0: as many as the blocks before it say
	lines  int64 // how many line breaks there are
	offset int64 // of buf[0] in the input
	length int64 // bytes of the input it stands for
	column int64 // bytes before buf[0] on its line
	read   time.Duration

	entries   []entry
	values    []reading
	big       []exact.Dec // readings with too many digits for values
	keys      []byte
	cuts      []span // what Plan.Take leaves out
	extras    []extra
	pending   [][]byte // names that had no slot: -2-i is that of fresh[i] for now
	firstSeen []firstSeen

	at             int // of the entry that Next hands out next
	consumedValues int // how many values are before its own
	firstSeenAt    int
	handoff        int // how many entries behind the first one are only to be handed out,
	least          int // if they have at least so many readings
	runEnd         int // the entry up to which Record.Run has looked
	units          [exact.MaxBatch]int64
	rec            Record
	other          Record // of Record
}

// entry is a record, or a fault in its place. (64 bytes, in the order in which
// walk writes them.)
type entry struct {
	from, to  uint32 // the record, from brace to brace
	end       uint32 // where the line break behind it stands
	line      uint32 // lines before it in the block
	values    uint32 // how many readings there are up to its last one
	extra     int32  // its index; -1 is none
	key       uint32 // where its key is in keys
	keyEnd    uint32
	when      uint32 // where the time's text is; none if it is empty
	whenEnd   uint32
	sum       uint32 // of its bytes, under Options.Sums
	filtered  bool
	empty     bool // no member but the one that is taken out
	unordered bool // its readings are still to be brought into the order of their slots
	timed     bool // walk has read its time
	time      stamp.Time
}

// extra is what few records have.
type extra struct {
	fault    *LineError // it is no record
	badKey   *LineError
	badTime  *LineError
	bad      *LineError
	reported []*LineError

	indent uint32 // white space before the record on its line
	text   []byte // of a fault that is not one line of the block
	whole  bool   // text is all there was
	cuts   [2]int // which of Block.cuts are its own: from, to
}

// reading is ±c × 10^-scale in a slot, with zeros at its end or without; if it is wide,
// c is its index in Block.wides. (It has no pointer, so that nobody looks for one, and
// walk writes it.)
type reading struct {
	slot  int32
	scale uint8
	neg   bool
	big   bool
	c     uint64
}

// meeting is the first time that a parser meets a named number.
type firstSeen struct {
	entry int
	slot  int32
}

const pad = 2 * maxPrefix // see text

// reset makes the block empty, at the place where the reader is.
func (b *Block) reset(rd *Reader) {
	b.reader, b.name, b.read = rd, rd.name, rd.read
	b.line, b.lines, b.offset, b.column, b.length = 0, 0, rd.offset, rd.column, 0
	b.size, b.next, b.origin, b.parsed = 0, 0, nil, false
	b.clear()
}

// clear drops what was found in the block.
func (b *Block) clear() {
	b.entries, b.values, b.keys, b.cuts = b.entries[:0], b.values[:0], b.keys[:0], b.cuts[:0]
	clear(b.big)
	b.big = b.big[:0]
	clear(b.extras)
	b.extras, b.pending, b.firstSeen = b.extras[:0], b.pending[:0], b.firstSeen[:0]
	b.at, b.consumedValues, b.firstSeenAt, b.handoff, b.runEnd, b.faults = 0, 0, 0, 0, 0, 0
}

// grow makes room for n bytes and pad; what is there stays.
func (b *Block) grow(n int) {
	if len(b.buf) < n+pad {
		buf := make([]byte, n+pad)
		copy(buf, b.buf)
		b.buf = buf
	}
}

func (b *Block) add(e entry) *entry {
	b.entries = append(b.entries, e)
	return &b.entries[len(b.entries)-1]
}

// Large reports whether it is worth while to let others read on while this block is
// worked at. One that is not must be done with before the next is read.
func (b *Block) Large() bool { return b.size >= blockSize/4 && !b.parsed }

// More reports whether Parse has not come to the end of the block.
func (b *Block) More() bool { return b.next < b.size }

// Next is the next record or fault, in the order of the input; false is the end
// of what Parse has found. A record is valid until the next call of Next, here or of
// the record itself, or until the block is read into again. Whoever calls it folds:
// blocks must be gone through in the order in which they were read.
func (b *Block) Next() (r *Record, bad *LineError, ok bool) {
	if b.at > 0 && b.rec.next(b.least) {
		return &b.rec, nil, true
	}
	return b.nextOf()
}

// nextOf is Next for the first entry and behind the last one, and where there is
// more to be done about entries than to hand them out.
func (b *Block) nextOf() (r *Record, bad *LineError, ok bool) {
	rd := b.reader
	if b.at == 0 {
		if b.line == 0 {
			b.line = rd.lines
		}
		rd.lines = b.line + b.lines
		rd.inside = b
		b.names = rd.names()
	}
	if b.at == len(b.entries) {
		if rd.consumed = b.offset + b.length; b.More() {
			rd.consumed = b.offset + int64(b.next)
		}
		rd.inside = nil
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
	if x := r.extra(); x != nil {
		x.placeAt(b.line)
		if x.fault == nil {
			x.fault = x.badKey
		}
		if x.fault != nil {
			return nil, x.fault, true
		}
	}
	if rd.firstNames == nil && r.n < len(rd.plan.Numbers) && !r.e.filtered {
		rd.firstNames = append(memberNames(r.Raw()), "") // never nil again
	}
	if b.at == 1 && len(b.pending)+len(b.firstSeen)+len(b.extras) == 0 {
		b.handoff = len(b.entries) - 1
	}
	if b.least = 0; rd.firstNames == nil {
		b.least = len(rd.plan.Numbers)
	}
	return r, nil, true
}

// handedOut is how many bytes of the input come before what is still to be handed
// out.
func (b *Block) handedOut() int64 {
	if b.at == 0 {
		return b.offset
	}
	return b.offset + min(b.length, int64(b.entries[b.at-1].end)+1)
}

// Record is the one of that index, which has been handed out; with its readings, if it
// was in a run. It is valid until the next call.
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

// num is the number of a reading.
func (b *Block) num(v *reading) exact.Dec {
	if v.big {
		return b.big[v.c]
	}
	return exact.FromParts(v.c, v.scale, v.neg)
}

// reading appends one.
func (b *Block) reading(slot int32, d exact.Dec) {
	b.values = append(b.values, b.toReading(slot, d))
}

func (b *Block) toReading(slot int32, d exact.Dec) reading {
	v := reading{slot: slot}
	var small bool
	if v.c, v.scale, v.neg, small = d.Parts(); !small {
		v.c, v.big = uint64(len(b.big)), true
		b.big = append(b.big, d)
	}
	return v
}

// settle gives slots to readings whose names had none when they were parsed. It
// returns how many have one then; they come first.
func (b *Block) resolveNames(values []reading) int {
	kept := values[:0]
	for _, v := range values {
		if v.slot < noSlot {
			v.slot = b.reader.all.assign(b.pending[-2-v.slot])
		}
		if v.slot != noSlot {
			kept = append(kept, v)
		}
	}
	b.names = b.reader.all.list
	return len(kept)
}

// placeAt tells faults which line is the block's first.
func (x *extra) placeAt(line int64) {
	for _, e := range []*LineError{x.fault, x.badKey, x.badTime, x.bad} {
		if e != nil {
			e.Line += line
		}
	}
	for _, e := range x.reported {
		e.Line += line
	}
}

// Text is the line or element that the last call of Next was about, record or
// fault, without its line break; whole is false when it was too long to hold,
// and text is its beginning.
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
