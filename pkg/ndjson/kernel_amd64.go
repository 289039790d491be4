//go:build !purego

package ndjson

import (
	"math/bits"
	"slices"
	"unsafe"

	"golang.org/x/sys/cpu"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// walk is what object does at the top, for many lines at once and in vectors of 32
// bytes: from lead to lead, as far as it knows them, and the values plain.  It writes entries and readings itself. It judges nothing: where
// it stops, object goes on, and where there is no such processor, object does it all.
// (It saves winavg half of its CPU time.)
//
// What makes it safe: it stops at a line break at the latest, as no lead, text
// or number has one, reads less than pad bytes behind it, which pad allows, and
// begins no line at or behind end; and it begins none unless there is room for an entry
// and for as many readings and spans as a line can have that have bits of their own, a
// room that those without a bit have to leave. Leads, entries and readings are kept by
// the parser and the block, which outlive it; it writes no pointers.
type kernel struct {
	text  text
	start *prefix // what stands before a line
	end   int

	// Where it writes next, from where on there may be no room, and where it began.
	entry, lastEntry, entries      uintptr
	reading, lastReading, readings uintptr

	// Readings of slots that have no bit: which line has one last, and where they may
	// not go on.
	noBitSeen []uint64
	round     uint64 // with the entry's address makes a line's mark there. (It comes round: that a slot was met is for object to judge.)
	lastNoBit uintptr

	seenMask   uint64 // Parser.known: a line that has met more is the last
	seen       uint64 // in the line at hand, or the last one
	generation int32
	maxLine    uint32
	line       uint32 // how many are before the line at hand
	unread     uint32 // how many readings are
	timed      uint32 // how many lines have a time that was read
	spans      uint32
	span       [kernelLines * maxSpans]keySpan

	cache    [1 << cacheBits]*prefix // see place
	cacheTag [1 << cacheBits]uint32  // what tells most of those from others, so that they need not be looked at

	hour      [2]uint64 // how times begin whose hour is known: stamp.Parser.Hour
	hourStart int64
}

// keySpan is where a value stands that belongs to a key or a condition.
type keySpan struct{ bit, from, to, _ uint32 }

const (
	kernelLines = 64 // lines: so what walk notes of them stays near

	// Why walkLines returns.
	done          = 0 // there is no room, or there are no more lines, or met had to be looked at
	unknownPrefix = 1 // none that it knows stands there
	otherValue    = 2 // one that is not wanted, unless it is a number, is not plain; it stands behind the lead that is returned
	otherLine     = 3 // anything else

	unread = 255 // as reading.scale: c is where the number stands, which has too many digits for a vector
)

const (
	cacheBits = 14 // as many places as a level has leads at most
	tagShift  = 18
	cacheHash = 0x1e3779b97f4a7c15
	//lint:ignore U1000 walkLines uses it
	relookup = 64 // one of so many leads that are looked up, a power of two, goes to turn, so that it is remembered
)

// place puts a lead, which stands at i, where walk looks for it: by its first and
// last eight bytes up to the end of its name, or by its brace.
func (w *kernel) insert(l *prefix, i int) {
	n := 1
	switch t := w.text; {
	case l.n > maxPrefix/2:
		return
	case t.at(i) == '}':
	case l.use == useEnd: // with white space before
		return
	default:
		for n = 0; t.at(i+n) != '"'; n++ {
		}
		for n++; t.at(i+n) != '"'; n++ {
		}
	}
	first, last := w.text.word(i), w.text.word(i+max(n-8, 0))
	if n < 8 {
		first &= 1<<(8*n) - 1
		last &= 1<<(8*n) - 1
	}
	hash := (first ^ bits.RotateLeft64(last, 32)) * cacheHash
	at := hash >> (64 - cacheBits)
	w.cache[at], w.cacheTag[at] = l, uint32(hash>>tagShift)
}

// Of so many decimals zeros at the end stay: prices and the like have as many in each
// line, and columns of one scale are the quickest to add up.
const keepZeros = 2

// A length that is wrong so often (manyMisses times, fewLines apart at most) is not
// guessed any more: lead.long is unsure.
const (
	noLength = 1<<32 - 1
	//lint:ignore U1000 walkLines uses it
	missDistance = 8
	//lint:ignore U1000 walkLines uses it
	maxMisses = 16
)

// What kernel_amd64.s takes for granted beside the offsets that it is given.
var (
	_ [64]byte  = [unsafe.Sizeof(entry{})]byte{}
	_ [16]byte  = [unsafe.Sizeof(reading{})]byte{}
	_ [16]byte  = [unsafe.Sizeof(keySpan{})]byte{}
	_ [63]byte  = [maxBits]byte{}
	_ [120]byte = [unsafe.Offsetof(prefix{}.tail)]byte{} // two cache lines
	_ [8]byte   = [unsafe.Offsetof(stamp.Time{}.Nsec)]byte{}
	_ [1]byte   = [unsafe.Offsetof(prefix{}.width) - unsafe.Offsetof(prefix{}.use)]byte{}
	_ [2]byte   = [unsafe.Offsetof(reading{}.big) - unsafe.Offsetof(reading{}.scale)]byte{}
)

// unpoint holds the shuffles that take out of sixteen bytes the point that has so
// many behind it.
//
//lint:ignore U1000 walkLines reads it
var removePoint = func() (t [17][16]byte) {
	for behind := range t {
		for k := range 16 {
			t[behind][k] = byte(k)
			if behind > 0 && k < 16-behind {
				t[behind][k] = byte(k - 1)
			}
		}
	}
	return t
}()

// walkLines walks on from i, behind the lead prev. It returns where it stands
// then, and why.
//
//go:noescape
func matchLines(w *kernel, prev *prefix, i int) (at *prefix, stop int, why int)

// newWalk is nil where the processor has not what walkLines is made of.
func newKernel() *kernel {
	if cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2 {
		return &kernel{}
	}
	return nil
}

// walk takes lines, from the block's next on, until it comes to one that it cannot
// take, or, true, there are no more or enough of them.
func (p *Parser) runKernel() bool {
	w, b := p.kernel, p.b
	if w == nil {
		return false
	}
	if p.backoff > 0 {
		p.backoff--
		return false
	}
	w.text, w.start, w.end, w.generation = p.t, &p.root.start, b.size, p.generation
	w.maxLine = uint32(p.rd.opts.MaxLine)
	p.depth, p.lineEnd = 1, 0
	for !p.batchFull() && b.More() {
		p.prepareKernel(w)
		at, i, why := matchLines(w, w.start, b.next)
		for {
			to := failed
			switch why {
			case unknownPrefix:
				if l := p.resolve(p.root, at, i); l != nil && l == at.next {
					w.insert(l, i)
					to = i
				}
			case otherValue:
				to = p.skipOtherValue(at, i)
			}
			if to == failed {
				break
			}
			at, i, why = matchLines(w, at, to)
		}
		if p.finishLines(w, why) {
			p.bailouts = 0
		}
		if why != done {
			if p.bailouts++; p.bailouts > 4 { // they are mostly not for here
				p.backoff = min(p.bailouts, 32)
			}
			return false
		}
	}
	return true
}

// oddValue passes the value at i, behind a lead.
func (p *Parser) skipOtherValue(l *prefix, i int) int {
	if c := p.t.at(i); l.use == useUnresolved && (l.lookedUp != p.generation || kindOf(c) == '0') {
		return failed
	}
	return p.skipValue(i)
}

// ready makes room for lines.
func (p *Parser) prepareKernel(w *kernel) {
	b := p.b
	b.entries = slices.Grow(b.entries, kernelLines)
	b.values = slices.Grow(b.values, 4*maxBits)
	n := len(b.entries)
	w.entries = uintptr(unsafe.Pointer(unsafe.SliceData(b.entries[n : n+1])))
	w.entry, w.lastEntry = w.entries, w.entries+(kernelLines-1)*unsafe.Sizeof(entry{})
	room := cap(b.values) - len(b.values)
	w.readings = uintptr(unsafe.Pointer(unsafe.SliceData(b.values[:1])))
	w.reading = w.readings + uintptr(len(b.values))*unsafe.Sizeof(reading{})
	w.lastReading = w.reading + uintptr(room-2*maxBits)*unsafe.Sizeof(reading{})
	w.lastNoBit = w.lastReading + (maxBits-1)*unsafe.Sizeof(reading{})
	w.noBitSeen = append(w.noBitSeen, make([]uint64, max(int(p.slotCount)-len(w.noBitSeen), 0))...)
	w.round += 1 << 48
	w.seenMask, w.line, w.unread, w.timed, w.spans = p.seenMask, uint32(b.lines), 0, 0, 0
	w.hour, w.hourStart = p.clock.Hour()
}

// walked takes over what walk has written. It reports whether there is any.
func (p *Parser) finishLines(w *kernel, why int) bool {
	b := p.b
	first := len(b.entries)
	n := int((w.entry - w.entries) / unsafe.Sizeof(entry{}))
	if n == 0 {
		return false
	}
	b.entries = b.entries[:first+n]
	last := &b.entries[first+n-1]
	values := len(b.values)
	b.values = b.values[:last.values]
	if w.unread > 0 {
		p.readLongNumbers(b.values[values:])
	}
	added := b.entries[first:]
	switch {
	case p.keys != nil || p.where != nil || p.sums != nil:
		spans := w.span[:]
		for i := range added {
			mine := spans[:added[i].key]
			spans = spans[len(mine):]
			p.finishLine(&added[i], mine)
		}
	case p.time != nil && int(w.timed) < n:
		for i := range added {
			p.finishTime(&added[i])
		}
	}
	if len(p.numbers) > 1 {
		b.sortUnordered(added, values)
	}
	if met := w.seen &^ p.seenMask; why == done && met != 0 && !last.filtered {
		for slot, m := range p.numbers {
			if m.action == actNumber && met>>m.bit&1 != 0 {
				p.setSeen(int32(slot), first+n-1)
			}
		}
	}
	b.lines += int64(n)
	b.next = int(last.end) + 1
	return true
}

// finish does for a line that was walked what fill does for others, but for
// readings.
func (p *Parser) finishLine(e *entry, spans []keySpan) {
	b := p.b
	p.seq++
	for _, s := range spans {
		m := p.spans[s.bit]
		m.seq = p.seq
		m.span = span{from: int(s.from), to: int(s.to), kind: kindOf(b.buf[s.from])}
	}
	e.key, e.keyEnd = uint32(len(b.keys)), uint32(len(b.keys))
	if p.sums != nil {
		p.sum(e)
	}
	if p.where != nil && !p.matchesWhere() {
		e.filtered = true
		e.when, e.whenEnd, e.time = 0, 0, stamp.Time{}
		return
	}
	if p.keys != nil {
		p.readKey(e)
	}
	if p.time != nil {
		p.finishTime(e)
	}
}

// sortMixed brings the readings of entries, which begin at first, into the order of
// their slots where they are not.
func (b *Block) sortUnordered(entries []entry, first int) {
	for i := range entries {
		e := &entries[i]
		if e.unordered {
			slices.SortFunc(b.values[first:e.values], func(x, y reading) int { return int(x.slot - y.slot) })
		}
		first = int(e.values)
	}
}

// finishTime reads the time, if walk has not.
func (p *Parser) finishTime(e *entry) {
	if e.timed {
		return
	}
	if e.whenEnd > 0 && p.t.at(int(e.when)) == '"' {
		if t, ok := p.clock.Again(p.b.buf[e.when+1 : e.whenEnd-1]); ok {
			e.time = t
			return
		}
	}
	p.seq++
	if e.whenEnd > 0 {
		p.time.seq = p.seq
		p.time.span = span{from: int(e.when), to: int(e.whenEnd), kind: kindOf(p.t.at(int(e.when)))}
		e.when, e.whenEnd = 0, 0
	}
	p.readTime(e)
}

// readOn reads the numbers of which walk has noted only where they stand.
func (p *Parser) readLongNumbers(values []reading) {
	b := p.b
	for i := range values {
		v := &values[i]
		if v.scale != unread {
			continue
		}
		from := int(v.c)
		d, _ := exact.Parse(b.buf[from:p.skipNumber(from)]) // of at most 32 bytes and without an exponent, so it has no fault
		*v = b.toReading(v.slot, d)
	}
}
