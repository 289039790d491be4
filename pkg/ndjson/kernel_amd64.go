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

// kernel is the AVX2 form of Parser.matchObject for members at the top level. It
// follows predicted prefixes and simple values over many lines in one call, and
// writes entries and readings itself. It judges nothing: a line that it cannot
// finish is matched again from its start by the matcher. On a processor without AVX2,
// BMI1 or BMI2 the matcher does all of it.
//
// This struct is the argument block of the assembly routine matchLines, and its
// memory between calls.
//
// # Buffer
//
// The kernel works on one block, whose buffer it reads but never writes:
//
//	Block.buf
//	|<------------- size ------------->|<-------- pad = 128 -------->|
//	{"a":1,...}\n{"a":2,...}\n...{...}\n................ anything ....
//	^           ^                     ^                ^
//	0           next: the first line  end-1: the last  at most 64 bytes
//	            of the batch          '\n'             are read after it
//
// Byte size-1 is always '\n'; the Reader adds one where the input has none, which
// leaves one byte less of pad. What is in the bytes after it does not matter: they are
// loaded together with bytes before them, and never decide anything, because the
// '\n' stops every comparison and every search first.
//
// # Memory safety
//
// The assembly has no bounds checks. It is safe because:
//
//  1. It never advances past a '\n' but to begin the next line, and begins no line
//     at or after end. No prefix, string, number or literal that it matches
//     contains a '\n', and each position is computed only after the bytes before it
//     matched. A predicted length is used only after a comparison with the true one.
//  2. A load begins at most one byte after a position that was matched, so at the
//     '\n' at the latest, and is at most 32 bytes wide. Two kinds of load may begin
//     later, and both read only bytes that a vector has just loaded: the words of the
//     lookup in the cache (tryCache), and bytes 17 and 20 of a time (readMinutes). So
//     less is read of pad than the 64 bytes that the kernel and the matcher may
//     read. (guard_test.go runs both in front of an unreadable page.)
//  3. It begins a line only if there is space for an entry (entry <= lastEntry) and
//     for 2*maxBits readings (reading <= lastReading). A slot or member with a bit is
//     stored at most once per line: its bit in seen is tested and set first. So these
//     take at most maxBits readings. A reading whose slot has no bit is
//     stored only while reading <= lastNoBit, so after all of these maxBits readings
//     are still free.
//  4. Spans have bits below maxSpans, so a line stores at most maxSpans of them.
//     A round, from prepareKernel to finishLines, may be several calls of matchLines,
//     but it begins at most kernelLines lines. So span is large enough.
//  5. noBitSeen has an element for each slot below Parser.slotCount. No prefix has a
//     slot from there on: Parser.slot hides those, and slotCount never shrinks.
//  6. It stores no pointer and keeps none: the addresses in this struct that are
//     uintptr are set by prepareKernel and used only until the next finishLines,
//     while Block.entries and Block.values, which are never reallocated in between,
//     keep the memory alive. Slices do not move: their arrays are on the heap.
//  7. The prefixes that it reads and updates are reachable from the parser: as
//     successors, or in cache.
//  8. A position fits 32 bits: see maxLine. A predicted length is below 32, because
//     only lengths that one vector showed are stored. So none is taken for noLength,
//     which the assembly recognises by the sign bit.
//
// # What a line that is given up leaves behind
//
// Nothing that counts: its entry is not counted, finishLines truncates the readings,
// spans counts finished lines only. Marks in noBitSeen differ from those of the next round
// by kernel.round. unread may be too large, which costs finishLines a pass over the
// readings. Predicted lengths have no effect on results.
type kernel struct {
	text  text
	start *prefix // level.start of the top level: the prefix before a line.
	end   int     // Block.size.

	// Output, as addresses. entry and reading are where matchLines writes next.
	entry, lastEntry, entries      uintptr // Of 64-byte entries: the next, the last that may be begun, and the first of this round.
	reading, lastReading, readings uintptr // Of 16-byte readings: the next, the last at which a line may begin, and Block.values[0].

	// Readings of slots that have no bit of their own.
	noBitSeen []uint64 // By slot: the mark of the line that had it last, round plus the address of the entry.
	round     uint64   // Makes marks of this round differ from older ones. It wraps around after 2^16 rounds: a mark that is equal by chance makes the matcher handle the line, which decides for itself.
	lastNoBit uintptr  // The last address at which such a reading may be stored.

	seenMask   uint64 // Parser.seenMask: a line that has seen other bits ends the call, so that finishLines sees it as the last one.
	seen       uint64 // The bits of the fields in the line at hand, or in the last one that was finished.
	generation int32  // Parser.generation.
	maxLine    uint32 // Options.MaxLine.
	line       uint32 // The number of lines in the block before the line at hand.
	unread     uint32 // At least the number of readings whose scale is unread.
	timed      uint32 // The number of finished lines whose time was read.
	spans      uint32 // The number of spans of finished lines.
	span       [kernelLines * maxSpans]keySpan

	// The cache of prefixes: where matchLines looks when neither prediction is right.
	// It is direct-mapped, with the hash that insert computes. An element may be stale
	// in all respects (see prefixTable); matchLines compares the text.
	cache    [1 << cacheBits]*prefix
	cacheTag [1 << cacheBits]uint32 // Other bits of the hash: most prefixes that are absent differ there, so they need not be loaded.

	hour      [2]uint64 // The first 14 bytes of times whose hour is known, as two words that overlap: see stamp.Parser.Hour.
	hourStart int64     // The Unix time at which that hour begins.
}

// keySpan is the position of a value that a key or a condition reads, [from, to) in the
// block, and the bit of its member.
type keySpan struct{ bit, from, to, _ uint32 }

// kernelLines is the most lines of a round: few enough that what matchLines has written
// is still in the first-level cache when finishLines reads it.
const kernelLines = 64

// Why matchLines returns.
const (
	done          = 0 // There are no more lines, or there is no space for one, or the last one had a field that seenMask lacks. All lines are finished.
	unknownPrefix = 1 // Neither prediction nor the cache has the prefix at stop, after the prefix at.
	otherValue    = 2 // The value at stop, after the prefix at, is not simple, and nothing needs to be stored of it unless it is a number.
	otherLine     = 3 // The line has anything else. It cannot be resumed.
)

// unread, as reading.scale, marks a reading whose number has more digits than one
// vector converts; c is then the index of the number's first byte. It is above
// every scale that the kernel writes: those are below 32.
const unread = 255

const (
	cacheBits = 14                 // The cache has as many elements as a level has prefixes at most.
	tagShift  = 18                 // The tag is the 32 bits of the hash from here on; the index is the highest cacheBits bits.
	cacheHash = 0x1e3779b97f4a7c15 // Fibonacci hashing (Knuth): 2^64 divided by the golden ratio, without the highest bit. It is odd, so different words have different products, and the highest bits of a product depend on all bits of the word.
	//lint:ignore U1000 matchLines uses it
	relookup = 64 // A power of two: one of every relookup prefixes that the cache finds is given to resolve instead, which makes it a prediction.
)

// insert puts a prefix into the cache; it is at i in the text. matchLines must find
// it from the text only, before it knows how long the prefix is. So the hash is of the
// first and the last eight bytes up to the closing quote of the name, n bytes in all,
// or of the brace that closes the object. The same computation is in
// kernel_amd64.s, after the label tryCache.
//
// Prefixes that one vector cannot compare stay out, and so do closing prefixes with
// white space, whose hash would depend on what follows.
func (k *kernel) insert(f *prefix, i int) {
	n := 1
	t := k.text
	switch {
	case f.n > maxPrefix/2:
		return
	case t.at(i) == '}':
	case f.use == useEnd:
		return
	default:
		for n = 0; t.at(i+n) != '"'; n++ {
		}
		for n++; t.at(i+n) != '"'; n++ {
		}
	}
	first, last := k.text.word(i), k.text.word(i+max(n-8, 0))
	if n < 8 {
		first &= 1<<(8*n) - 1
		last &= 1<<(8*n) - 1
	}
	hash := (first ^ bits.RotateLeft64(last, 32)) * cacheHash
	at := hash >> (64 - cacheBits)
	k.cache[at], k.cacheTag[at] = f, uint32(hash>>tagShift)
}

// keepZeros is the most decimals that are stored with zeros at the end; of more
// decimals the zeros are removed. Why keep any: prices and the like have as many
// decimals in each line, and columns of one scale are the fastest to add.
//
//lint:ignore U1000 matchLines uses it
const keepZeros = 2

// The prediction of lengths. Where the length of a value is stable, the kernel takes
// prefix.length for it, so that the next prefix can be loaded before the end of
// the value is known. A misprediction costs more than no prediction. So a length
// that was wrong maxMisses times, each time within missDistance lines of the time
// before, is no longer predicted: prefix.length is noLength from then on.
const (
	noLength = 1<<32 - 1
	//lint:ignore U1000 matchLines uses it
	missDistance = 8
	//lint:ignore U1000 matchLines uses it
	maxMisses = 16
)

// What kernel_amd64.s assumes of the layout of structs, beside the offsets in
// go_asm.h. Each line fails to compile if it no longer holds.
var (
	_ [64]byte  = [unsafe.Sizeof(entry{})]byte{}                                            // cleared by two vectors
	_ [16]byte  = [unsafe.Sizeof(reading{})]byte{}                                          // index = address >> 4
	_ [16]byte  = [unsafe.Sizeof(keySpan{})]byte{}                                          // address = index << 4
	_ [63]byte  = [maxBits]byte{}                                                           // bits of a 64-bit register, one of them shared
	_ [120]byte = [unsafe.Offsetof(prefix{}.tail)]byte{}                                    // the first 120 bytes are all that a prefix of at most 32 bytes needs
	_ [8]byte   = [unsafe.Offsetof(stamp.Time{}.Nsec)]byte{}                                // a Time is stored by its two parts
	_ [1]byte   = [unsafe.Offsetof(prefix{}.width) - unsafe.Offsetof(prefix{}.use)]byte{}   // loaded as one word
	_ [2]byte   = [unsafe.Offsetof(reading{}.big) - unsafe.Offsetof(reading{}.scale)]byte{} // scale, neg and big are cleared by one store
)

// removePoint[d] is a shuffle that takes the point out of sixteen bytes that end with
// a number of d decimals: the bytes before the point move up by one. With d = 0 there
// is no point, and nothing moves.
//
//lint:ignore U1000 matchLines reads it
var removePoint = func() (t [17][16]byte) {
	for decimals := range t {
		for i := range 16 {
			t[decimals][i] = byte(i)
			if decimals > 0 && i < 16-decimals {
				t[decimals][i] = byte(i - 1) // for i = 0 that is 255, which gives a 0 byte
			}
		}
	}
	return t
}()

// matchLines matches lines from i on. after is the prefix before i: k.start to begin
// at the start of a line, else one whose value ends at i, to resume the line that the
// last call gave up.
//
// It returns why it stopped, at which index, and the prefix before that index; the
// last two mean nothing for done and otherLine. What it has done is in k: entry is
// after the entries of the finished lines; reading is after all readings, those of an
// unfinished line included; seen, line, unread, timed and spans are as their comments
// say.
//
// Requires what prepareKernel sets up, and text, start, end, generation and maxLine,
// which runKernel sets. A call that resumes a line requires that
// nothing of it has been changed since the call before.
//
//go:noescape
func matchLines(k *kernel, after *prefix, i int) (at *prefix, stop int, why int)

// newKernel returns nil if the processor lacks an instruction that matchLines uses.
func newKernel() *kernel {
	if cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2 {
		return &kernel{}
	}
	return nil
}

// runKernel runs the kernel from b.next on. It reports true if there are no more
// lines or the batch is full, false if the line at b.next is for the matcher.
//
// One round of the outer loop is one use of the kernel's buffers:
//
//  1. prepareKernel makes space for kernelLines entries, and for the readings of at
//     least one line.
//  2. matchLines finishes as many as it can.
//  3. If it stops at a prefix or a value that Go can get past (resolve,
//     skipOtherValue), the line is resumed after that. Otherwise it is given up.
//  4. finishLines takes over the lines that were finished.
//
// A stream in which most lines are given up would match each line twice. So after
// more than four lines in a row that the kernel could not finish, that many lines, up
// to 32, go to the matcher before the kernel is tried again.
func (p *Parser) runKernel() bool {
	k, b := p.kernel, p.b
	if k == nil {
		return false
	}
	if p.backoff > 0 {
		p.backoff--
		return false
	}
	k.text, k.start, k.end, k.generation = p.t, &p.root.start, b.size, p.generation
	k.maxLine = uint32(p.rd.opts.MaxLine)
	p.depth, p.lineEnd = 1, 0 // for skipOtherValue
	for !p.batchFull() && b.More() {
		p.prepareKernel(k)
		at, i, why := matchLines(k, k.start, b.next)
		for {
			to := failed
			switch why {
			case unknownPrefix:
				// A prefix that is too long to be learned is not at.next; the
				// kernel could not get past it.
				f := p.resolve(p.root, at, i)
				if f != nil && f == at.next {
					k.insert(f, i)
					to = i
				}
			case otherValue:
				to = p.skipOtherValue(at, i)
			}
			if to == failed {
				break
			}
			at, i, why = matchLines(k, at, to)
		}
		if p.finishLines(k, why) {
			p.bailouts = 0
		}
		if why != done {
			p.bailouts++
			if p.bailouts > 4 {
				p.backoff = min(p.bailouts, 32)
			}
			return false
		}
	}
	return true
}

// skipOtherValue skips the value at i, at which the kernel stopped with otherValue
// after the prefix f. It fails if the value is invalid, or may give a name a slot.
func (p *Parser) skipOtherValue(f *prefix, i int) int {
	c := p.t.at(i)
	if f.use == useUnresolved && (f.lookedUp != p.generation || kindOf(c) == '0') {
		return failed
	}
	return p.skipValue(i)
}

// prepareKernel makes space for kernelLines entries and for the readings of at least
// one line, and sets up the fields of the kernel that change from round to round.
// Block.entries and Block.values must not be appended to between this and finishLines.
func (p *Parser) prepareKernel(k *kernel) {
	b := p.b
	b.entries = slices.Grow(b.entries, kernelLines)
	b.values = slices.Grow(b.values, 4*maxBits) // more than the 2*maxBits that one line needs, so that a few fit
	n := len(b.entries)
	k.entries = uintptr(unsafe.Pointer(unsafe.SliceData(b.entries[n : n+1])))
	k.entry, k.lastEntry = k.entries, k.entries+(kernelLines-1)*unsafe.Sizeof(entry{})
	free := cap(b.values) - len(b.values)
	k.readings = uintptr(unsafe.Pointer(unsafe.SliceData(b.values[:1])))
	k.reading = k.readings + uintptr(len(b.values))*unsafe.Sizeof(reading{})
	// 2*maxBits readings fit from lastReading on. Of these, maxBits are for slots that
	// have bits, wherever the others end: see "Memory safety".
	k.lastReading = k.reading + uintptr(free-2*maxBits)*unsafe.Sizeof(reading{})
	k.lastNoBit = k.lastReading + (maxBits-1)*unsafe.Sizeof(reading{})
	k.noBitSeen = append(k.noBitSeen, make([]uint64, max(int(p.slotCount)-len(k.noBitSeen), 0))...)
	k.round += 1 << 48 // addresses have at most 48 bits, so the sum is unique to the round
	k.seenMask, k.line, k.unread, k.timed, k.spans = p.seenMask, uint32(b.lines), 0, 0, 0
	k.hour, k.hourStart = p.clock.Hour()
}

// finishLines takes over what the kernel has written, and does what is left to do for
// its lines: conditions, keys, checksums, times that it did not read, numbers of many
// digits, the order of named readings. It reports whether there are any lines. why is
// the result of the last matchLines.
func (p *Parser) finishLines(k *kernel, why int) bool {
	b := p.b
	first := len(b.entries)
	n := int((k.entry - k.entries) / unsafe.Sizeof(entry{}))
	if n == 0 {
		return false
	}
	b.entries = b.entries[:first+n]
	last := &b.entries[first+n-1]
	values := len(b.values)
	b.values = b.values[:last.values] // without those of a line that was given up
	if k.unread > 0 {
		p.readLongNumbers(b.values[values:])
	}
	added := b.entries[first:]
	switch {
	case p.keys != nil || p.where != nil || p.sums != nil:
		// The kernel has left the number of a line's spans in entry.key.
		spans := k.span[:]
		for i := range added {
			lineSpans := spans[:added[i].key]
			spans = spans[len(lineSpans):]
			p.finishLine(&added[i], lineSpans)
		}
	case p.time != nil && int(k.timed) < n:
		for i := range added {
			p.finishTime(&added[i])
		}
	}
	if len(p.numbers) > 1 {
		b.sortUnordered(added, values)
	}
	// Only the last line can have a field that was not seen before: it ended the call.
	newBits := k.seen &^ p.seenMask
	if why == done && newBits != 0 && !last.filtered {
		for slot, m := range p.numbers {
			if m.action == actNumber && newBits>>m.bit&1 != 0 {
				p.setSeen(int32(slot), first+n-1)
			}
		}
	}
	b.lines += int64(n)
	b.next = int(last.end) + 1
	return true
}

// finishLine does for a line of the kernel what fill does for others, in the same
// order, but for the values, which are readings already. spans are the positions of
// its keys and conditions. A line that is filtered out keeps its readings in
// b.values; Block.Next ignores them.
func (p *Parser) finishLine(e *entry, spans []keySpan) {
	b := p.b
	p.seq++
	for _, s := range spans {
		m := p.spans[s.bit]
		m.seq = p.seq
		m.span = span{from: int(s.from), to: int(s.to), kind: kindOf(b.buf[s.from])} // never escaped: the kernel does not match such strings
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

// sortUnordered sorts the readings of each entry that is unordered by slot, the order
// of the plan. The readings of the first entry begin at first. Under Plan.All the
// order is the record's, and nothing is sorted.
func (b *Block) sortUnordered(entries []entry, first int) {
	for i := range entries {
		e := &entries[i]
		if e.unordered {
			slices.SortFunc(b.values[first:e.values], func(x, y reading) int { return int(x.slot - y.slot) })
		}
		first = int(e.values)
	}
}

// finishTime reads the time of an entry if the kernel has not. The kernel has stored
// the position of its value in when and whenEnd; whenEnd is 0 if the record has none.
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

// readLongNumbers reads the numbers of which the kernel has stored only the position.
// It has validated them: at most 32 bytes without an exponent. So they have no error.
func (p *Parser) readLongNumbers(values []reading) {
	b := p.b
	for i := range values {
		v := &values[i]
		if v.scale != unread {
			continue
		}
		from := int(v.c)
		d, _ := exact.Parse(b.buf[from:p.skipNumber(from)])
		*v = b.toReading(v.slot, d)
	}
}
