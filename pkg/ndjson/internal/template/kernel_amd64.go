//go:build !purego

package template

import (
	"math/bits"
	"slices"
	"unsafe"

	"golang.org/x/sys/cpu"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// kernel is the AVX2 form of Matcher.Match. It
// follows predicted prefixes and simple values over many lines in one call, and
// writes rows and readings itself. It judges nothing: a line that it cannot
// finish is matched again from its start by the matcher. On a processor without AVX2,
// BMI1 or BMI2 the matcher does all of it.
//
// This struct is the argument block of the assembly routine matchLines, and its
// memory between calls; hence its 28 fields, which the assembly reads by the offsets in
// go_asm.h.
//
// # Buffer
//
// The kernel works on one block, whose buffer it reads but never writes:
//
//	Batch.Text
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
//     later: in the words of the lookup in the cache (tryCache) and bytes 17 and 20 of a
//     time (readMinutes), which a vector has just loaded but for the two bytes after it;
//     and in the second vector of a prefix, or of the bytes searched for the next one
//     (lookUp), which ends 64 bytes after a position. So
//     less is read of pad than the 64 bytes that the kernel and the matcher may
//     read. (guard_test.go of package ndjson runs both in front of an unreadable
//     page.)
//  3. It begins a line only if there is space for a row (row <= lastRow) and
//     for 2*maxBits readings (reading <= lastReading). A slot or member with a bit is
//     stored at most once per line: its bit in seen is tested and set first. So these
//     take at most maxBits readings. A reading whose slot has no bit is
//     stored only while reading <= lastNoBit, so after all of these maxBits readings
//     are still free.
//  4. Spans have bits below maxSpans, so a line stores at most maxSpans of them.
//     A round, from prepare to finish, may be several calls of matchLines,
//     but it begins at most kernelLines lines. So span is large enough.
//  5. noBitSeen has an element for each slot below fields.slotCount. No prefix has a
//     slot from there on: Matcher.slot hides those, and slotCount never shrinks.
//  6. It stores no pointer and keeps none: the addresses in this struct that are
//     uintptr are set by prepare and used only until finish,
//     while Batch.Rows and Batch.Nums, which are never reallocated in between,
//     keep the memory alive. Slices do not move: their arrays are on the heap.
//  7. The prefixes that it reads and updates are reachable from the matcher: as
//     successors, or in cache.
//  8. A position fits 32 bits: see maxLine. A predicted length is below 32, because
//     only lengths that one vector showed are stored. So none is taken for noLength,
//     which the assembly recognises by the sign bit.
//
// # What a line that is given up leaves behind
//
// Nothing that counts: its row is not counted, finish truncates the readings,
// spans counts finished lines only. Marks in noBitSeen differ from those of the next round
// by kernel.round. unread may be too large, which costs finish a pass over the
// readings. Predicted lengths have no effect on results.
type kernel struct {
	text  text
	start *prefix // Matcher.start: the prefix before a line.
	end   int     // Matcher.size.

	// Output, as addresses. row and reading are where matchLines writes next.
	row, lastRow, rows             uintptr // Of 64-byte rows: the next, the last that may be begun, and the first of this round.
	reading, lastReading, readings uintptr // Of 16-byte numbers: the next, the last at which a line may begin, and Batch.Nums[0].

	// Readings of slots that have no bit of their own.
	noBitSeen []uint64 // By slot: the mark of the line that had it last, round plus the address of the row.
	round     uint64   // Makes marks of this round differ from older ones. It wraps around after 2^16 rounds: a mark that is equal by chance makes the matcher handle the line, which decides for itself.
	lastNoBit uintptr  // The last address at which such a reading may be stored.

	seenMask   uint64 // fieldBits.seen: a line that has seen other bits ends the call, so that MatchLines sees it as the last one.
	seen       uint64 // The bits of the fields in the line at hand, or in the last one that was finished.
	generation int32  // fields.generation.
	maxLine    uint32 // Options.MaxLine.
	line       uint32 // The number of lines in the block before the line at hand.
	unread     uint32 // At least the number of readings whose scale is unread.
	timed      uint32 // The number of finished lines whose time was read.
	spans      uint32 // The number of spans of finished lines.
	span       [kernelLines * maxSpans]keySpan

	spansLeft []keySpan // The spans of the rows that Load has not been called for.
	newBits   uint64    // The bits of the last row that fieldBits.seen lacks.

	//lint:ignore U1000 matchLines reads and writes it
	guess int // Where the next prefix probably is: at the comma or brace after the one that was last looked up in the cache.

	// The cache of prefixes: where matchLines looks when neither prediction is right.
	// It is direct-mapped, with the hash that insert computes. An element may be stale
	// in all respects (see prefixTable); matchLines compares the text.
	cache    [1 << cacheBits]*prefix
	cacheTag [1 << cacheBits]uint32 // Other bits of the hash: most prefixes that are absent differ there, so they need not be loaded.

	hour      [2]uint64 // The first 14 bytes of times whose hour is known, as two words that overlap: see stamp.Parser.Hour.
	hourStart int64     // The Unix time at which that hour begins.
}

// The kernel writes rows and numbers. The names are for go_asm.h, which has the offsets of
// the types of this package.
type (
	row = batch.Row
	num = batch.Num
)

// keySpan is the position of a value that a key or a condition reads, [from, to) in the
// block, and the bit of its member.
type keySpan struct{ bit, from, to, _ uint32 }

// kernelLines is the most lines of a round: few enough that what matchLines has written
// is still in the first-level cache when MatchLines reads it.
const kernelLines = 64

// Why matchLines returns.
const (
	done          = 0 // There are no more lines, or there is no space for one, or the last one had a field that seenMask lacks. All lines are finished.
	unknownPrefix = 1 // Neither prediction nor the cache has the prefix at stop, after the prefix at.
	otherValue    = 2 // The value at stop, after the prefix at, is not simple. Nothing of it has been stored.
	otherLine     = 3 // The line has anything else. It cannot be resumed.
)

// unread, as Num.Scale, marks a reading whose number has more digits than one
// vector converts; C is then the index of the number's first byte. It is above
// every scale that the kernel writes: those are below 32.
const unread = 255

const (
	cacheBits        = 14                 // The cache has as many elements as a level has prefixes at most.
	tagShift         = 18                 // The tag is the 32 bits of the hash from here on; the index is the highest cacheBits bits.
	cacheHash        = 0x1e3779b97f4a7c15 // Fibonacci hashing (Knuth): 2^64 divided by the golden ratio, without the highest bit. It is odd, so different words have different products, and the highest bits of a product depend on all bits of the word.
	relookup         = 64                 // After so many successors of a prefix that were not predicted, Go reviews it.
	irregularLookups = 512                // The same, of a prefix whose successors are not predicted.
)

// review decides whether the successors of prev are predicted; f is the one at hand.
// matchLines calls for it when the cache has found relookup successors.
//
// Where the order of members is random, predictions that are wrong cost more than to look
// up each successor at once, because the processor mispredicts what follows. So after
// relookup wrong predictions no more are made, but irregularLookups successors are looked
// up, and one that would have been predicted is counted. If it was right in most cases, it
// is predicted again. Otherwise that is repeated with another one.
func (k *kernel) review(prev, f *prefix) {
	prev.lookups = relookup - irregularLookups
	switch {
	case !prev.irregular:
		prev.irregular, prev.guess = true, prev.alt // which was next before resolve
		prev.next, prev.alt = noPrefix, noPrefix
	case prev.guesses > irregularLookups/2:
		prev.next = prev.guess
		prev.irregular, prev.guess, prev.lookups = false, nil, 0
	default:
		prev.guess = f
	}
	prev.guesses = 0
}

// learn puts f into the cache, which was resolved at i after prev, and reports whether the
// kernel can match it. It cannot if f was not learned, or is neither predicted nor in the
// cache.
func (m *Matcher) learn(prev, f *prefix, i int) bool {
	if f == nil || f == &m.unlearned {
		return false
	}
	return m.kernel.insert(f, i) || f == prev.next
}

// insert puts a prefix into the cache, unless it has no hash; it is at i in the text. matchLines must find
// it from the text and its level only, before it knows how long the prefix is. So the
// hash is of the first and the last eight bytes up to the closing quote of the first name,
// or of the second one if that follows after ":{", n bytes in all; or of the braces, if a
// prefix begins with closing braces and no comma follows. The same computation is in
// kernel_amd64.s, after the label tryCache.
//
// Prefixes whose braces or whose first name one vector does not hold stay out.
func (k *kernel) insert(f *prefix, i int) bool {
	n := k.hashed(i)
	if n == 0 || n >= maxPrefix/2 {
		return false
	}
	first, last := k.text.word(i), k.text.word(i+max(n-8, 0))
	if n < 8 {
		first &= 1<<(8*n) - 1
		last &= 1<<(8*n) - 1
	}
	hash := (first ^ bits.RotateLeft64(last, 32) ^ uint64(f.from)) * cacheHash
	at := hash >> (64 - cacheBits)
	k.cache[at], k.cacheTag[at] = f, uint32(hash>>tagShift)
	return true
}

// hashed returns how many bytes at i are hashed for the cache; 0 if there is no hash. Of
// quotes and braces it sees those of one vector.
func (k *kernel) hashed(i int) int {
	t := k.text
	braces := 0
	for t.at(i+braces) == '}' {
		braces++
	}
	if braces > 0 && t.at(i+braces) != ',' {
		return braces
	}
	var quotes uint32
	for n := range maxPrefix / 2 {
		if t.at(i+n) == '"' {
			quotes |= 1 << n
		}
	}
	quotes &= quotes - 1
	if quotes == 0 {
		return 0
	}
	n := bits.TrailingZeros32(quotes)
	if t.at(i+n+1) == ':' && t.at(i+n+2) == '{' {
		quotes &= quotes - 1
		quotes &= quotes - 1
		if quotes != 0 {
			return bits.TrailingZeros32(quotes)
		}
	}
	return n
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
	_ [64]byte  = [unsafe.Sizeof(row{})]byte{}                                            // cleared by two vectors
	_ [16]byte  = [unsafe.Sizeof(num{})]byte{}                                            // index = address >> 4
	_ [16]byte  = [unsafe.Sizeof(keySpan{})]byte{}                                        // address = index << 4
	_ [63]byte  = [maxBits]byte{}                                                         // bits of a 64-bit register, one of them shared
	_ [120]byte = [unsafe.Offsetof(prefix{}.tail)]byte{}                                  // the first 120 bytes are all that a prefix of at most 32 bytes needs
	_ [8]byte   = [unsafe.Offsetof(stamp.Time{}.Nsec)]byte{}                              // a Time is stored by its two parts
	_ [1]byte   = [unsafe.Offsetof(prefix{}.width) - unsafe.Offsetof(prefix{}.use)]byte{} // loaded as one word
	_ [2]byte   = [unsafe.Offsetof(num{}.IsBig) - unsafe.Offsetof(num{}.Scale)]byte{}     // Scale, Neg and IsBig are cleared by one store
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
// It returns why it stopped, at which index, and the prefix before that index, which mean
// nothing for done and otherLine; for otherValue also the prefix before that one. What it has done is in k: row is
// after the rows of the finished lines; reading is after all readings, those of an
// unfinished line included; seen, line, unread, timed and spans are as their comments
// say.
//
// Requires what prepare sets up, and text, start, end, generation and maxLine,
// which MatchLines sets. A call that resumes a line requires that
// nothing of it has been changed since the call before.
//
//go:noescape
func matchLines(k *kernel, after *prefix, i int) (at *prefix, stop int, why int, before *prefix)

// newKernel returns nil if the processor lacks an instruction that matchLines uses.
func newKernel() *kernel {
	if cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2 {
		return &kernel{}
	}
	return nil
}

// backoff says when the kernel is tried. A stream in which most lines are given up would
// match each line twice. So after more than four lines in a row that the kernel could not
// finish, that many lines, up to 32, go to the matcher before the kernel is tried again.
type backoff struct {
	bailouts int // How often the kernel stopped at a line that it could not finish, since the last line that it did finish.
	lines    int // The lines still to go to the matcher.
}

// skip reports whether the kernel is not to be tried for the next line.
func (b *backoff) skip() bool {
	if b.lines == 0 {
		return false
	}
	b.lines--
	return true
}

// bailed records that the kernel stopped at a line that it could not finish.
func (b *backoff) bailed() {
	b.bailouts++
	if b.bailouts > 4 {
		b.lines = min(b.bailouts, 32)
	}
}

// KernelReady reports whether the kernel is to be tried for the next line.
func (m *Matcher) KernelReady() bool { return m.kernel != nil && !m.backoff.skip() }

// MatchLines matches lines from next on with the kernel, and appends a row for each that
// it could finish, with its numbers. lines is the number of lines of the batch before
// them, maxLine the length of the longest line. It returns false if the line after these
// is for Match; there may be none of them then.
//
// A row is as Match and the caller would have filled it, but: its condition, key and
// checksum have not been looked at (see Load), and its time may have to be read
// (FinishTime).
//
// One call is one use of the kernel's buffers:
//
//  1. prepare makes space for kernelLines rows, and for the readings of at least one line.
//  2. matchLines finishes as many as it can.
//  3. If it stops at a prefix or a value that Go can get past (resolve,
//     skipOtherValue), the line is resumed after that. Otherwise it is given up.
//  4. finish takes over the lines that were finished.
func (m *Matcher) MatchLines(next int, lines int64, maxLine int) (more bool) {
	k := m.kernel
	k.text, k.start, k.end, k.generation = m.t, &m.start, m.size, m.fields.generation
	k.maxLine = uint32(maxLine)
	m.line.lineEnd = 0 // for skipValue
	m.prepare(k, lines)
	at, i, why, before := matchLines(k, k.start, next)
	resolved := -1 // the last index at which a prefix was resolved: twice is once too often
	for {
		to := failed
		switch why {
		case unknownPrefix:
			if i == resolved {
				break
			}
			resolved = i
			f := m.resolve(at, i)
			if f != nil && at.lookups >= relookup {
				k.review(at, f)
			}
			if m.learn(at, f, i) {
				to = i
			}
		case otherValue:
			at, to = m.passValue(before, at, i)
		}
		if to == failed {
			break
		}
		at, i, why, before = matchLines(k, at, to)
	}
	if m.finish(k, why) {
		m.backoff.bailouts = 0
	}
	if why != done {
		m.backoff.bailed()
		return false
	}
	return true
}

// passValue gets past the value at i, at which the kernel stopped with otherValue after
// the prefix f, which comes after before. It returns where the kernel is to resume, and
// the prefix before that: after the value, or at f if that is longer than the kernel
// knew. It fails if the value is invalid, or something is wanted of it.
func (m *Matcher) passValue(before, f *prefix, i int) (at *prefix, to int) {
	k := m.kernel
	c := m.t.at(i)
	if c == '{' && f.enters {
		begin, n := i-int(f.n), f.n
		longer := m.resolveLonger(before, begin)
		if longer == nil {
			return nil, failed
		}
		if longer.n > n {
			k.seen &^= f.opened // the longer prefix opens them too
			if !m.learn(before, longer, begin) {
				return nil, failed
			}
			return before, begin
		}
	}
	switch {
	case f.use == useSkip:
	case f.use == useUnresolved && f.lookedUp == m.fields.generation && KindOf(c) != '0':
	default:
		return nil, failed
	}
	m.line.depth = f.to.depth
	return f, m.skipValue(i)
}

// prepare makes space for kernelLines rows and for the readings of at least one line,
// and sets up the fields of the kernel that change from call to call. Batch.Rows and
// Batch.Nums must not be appended to between this and finish.
func (m *Matcher) prepare(k *kernel, lines int64) {
	b := m.b
	b.Rows = slices.Grow(b.Rows, kernelLines)
	b.Nums = slices.Grow(b.Nums, 4*maxBits) // more than the 2*maxBits that one line needs, so that a few fit
	n := len(b.Rows)
	k.rows = uintptr(unsafe.Pointer(unsafe.SliceData(b.Rows[n : n+1])))
	k.row, k.lastRow = k.rows, k.rows+(kernelLines-1)*unsafe.Sizeof(row{})
	free := cap(b.Nums) - len(b.Nums)
	k.readings = uintptr(unsafe.Pointer(unsafe.SliceData(b.Nums[:1])))
	k.reading = k.readings + uintptr(len(b.Nums))*unsafe.Sizeof(num{})
	// 2*maxBits readings fit from lastReading on. Of these, maxBits are for slots that
	// have bits, wherever the others end: see "Memory safety".
	k.lastReading = k.reading + uintptr(free-2*maxBits)*unsafe.Sizeof(num{})
	k.lastNoBit = k.lastReading + (maxBits-1)*unsafe.Sizeof(num{})
	k.noBitSeen = append(k.noBitSeen, make([]uint64, max(int(m.fields.slotCount)-len(k.noBitSeen), 0))...)
	k.round += 1 << 48 // addresses have at most 48 bits, so the sum is unique to the round
	k.seenMask, k.line, k.unread, k.timed, k.spans = m.bits.seen, uint32(lines), 0, 0, 0
	k.hour, k.hourStart = m.clock.Hour()
}

// finish takes over the rows that the kernel has written, and does what is left to do
// for their readings: numbers of many digits, the order of named readings. It reports
// whether there are any rows. why is the result of the last matchLines.
func (m *Matcher) finish(k *kernel, why int) bool {
	b := m.b
	first := len(b.Rows)
	n := int((k.row - k.rows) / unsafe.Sizeof(row{}))
	k.newBits = 0
	k.spansLeft = k.span[:0]
	if n == 0 {
		return false
	}
	b.Rows = b.Rows[:first+n]
	nums := len(b.Nums)
	b.Nums = b.Nums[:b.Rows[first+n-1].Nums] // without those of a line that was given up
	if k.unread > 0 {
		m.readLongNumbers(b.Nums[nums:])
	}
	if len(m.Numbers) > 1 {
		sortUnordered(b, b.Rows[first:], nums)
	}
	k.spansLeft = k.span[:]
	if why == done {
		k.newBits = k.seen &^ m.bits.seen
	}
	return true
}

// TimesRead returns how many rows of the last MatchLines have their time.
func (m *Matcher) TimesRead() int { return int(m.kernel.timed) }

// NewlySeen reports whether the last row of MatchLines has the member of a slot that
// Seen has not been called for. Only the last one can: it ends the call.
func (m *Matcher) NewlySeen(slot int) bool {
	mem := m.Numbers[slot]
	return mem.action == actNumber && m.kernel.newBits>>mem.bit&1 != 0
}

// Load makes a row of MatchLines the record at hand, for conditions and keys. It must be
// called for all rows of a call, in order, or for none.
func (m *Matcher) Load(r *batch.Row) {
	k := m.kernel
	m.Seq++
	n := int(r.Key) // the kernel has left the number of the row's spans there
	for _, s := range k.spansLeft[:n] {
		mem := m.bits.spans[s.bit]
		mem.Seq = m.Seq
		mem.Span = Span{From: int(s.from), To: int(s.to), Kind: KindOf(m.t.at(int(s.from)))} // never escaped: the kernel does not match such strings
	}
	k.spansLeft = k.spansLeft[n:]
	r.Key, r.KeyEnd = uint32(len(m.b.Keys)), uint32(len(m.b.Keys))
}

// TakeSpan returns the only span of a row of MatchLines, ok is false if it has none, and
// makes its key empty. It takes the place of Load for a plan that has one key and no
// conditions, and must be called for all rows of a call, in order.
func (m *Matcher) TakeSpan(r *batch.Row) (v Span, ok bool) {
	k := m.kernel
	n := r.Key // the kernel has left the number of the row's spans there
	r.Key = uint32(len(m.b.Keys))
	if n == 0 {
		return v, false
	}
	s := &k.spansLeft[0]
	k.spansLeft = k.spansLeft[1:]
	return Span{From: int(s.from), To: int(s.to), Kind: KindOf(m.t.at(int(s.from)))}, true
}

// FinishTime reads the time of a row of MatchLines if the kernel has not, and reports
// whether it could. If not, the record at hand has the position of the time, if there is
// one, for the caller to read.
func (m *Matcher) FinishTime(r *batch.Row) bool {
	if r.Timed {
		return true
	}
	// The kernel has stored the position of the value in When and WhenEnd; WhenEnd is 0
	// if the record has none.
	if r.WhenEnd > 0 && m.t.at(int(r.When)) == '"' {
		if t, ok := m.clock.Again(m.b.Text[r.When+1 : r.WhenEnd-1]); ok {
			r.Time = t
			return true
		}
	}
	m.Seq++
	if r.WhenEnd > 0 {
		m.Time.Seq = m.Seq
		m.Time.Span = Span{From: int(r.When), To: int(r.WhenEnd), Kind: KindOf(m.t.at(int(r.When)))}
		r.When, r.WhenEnd = 0, 0
	}
	return false
}

// sortUnordered sorts the readings of each row that is unordered by slot, the order
// of the plan. The readings of the first row begin at first. Under Plan.All the
// order is the record's, and nothing is sorted.
//
// Why by insertion: a row has few readings, and most are in order.
func sortUnordered(b *batch.Batch, rows []batch.Row, first int) {
	for i := range rows {
		r := &rows[i]
		if r.Unordered {
			nums := b.Nums[first:r.Nums]
			for k := 1; k < len(nums); k++ {
				v := nums[k]
				at := k
				for ; at > 0 && nums[at-1].Slot > v.Slot; at-- {
					nums[at] = nums[at-1]
				}
				nums[at] = v
			}
		}
		first = int(r.Nums)
	}
}

// readLongNumbers reads the numbers of which the kernel has stored only the position.
// It has validated them: at most 32 bytes without an exponent. So they have no error.
func (m *Matcher) readLongNumbers(nums []batch.Num) {
	b := m.b
	for i := range nums {
		v := &nums[i]
		if v.Scale != unread {
			continue
		}
		from := int(v.C)
		d, _ := exact.Parse(b.Text[from:m.skipNumber(from)])
		*v = b.ToNum(v.Slot, d)
	}
}
