package template

import (
	"hash/maphash"

	"weir/pkg/batch"
)

// prefix is the validated text between two values, whatever levels it crosses: '{' or
// ',', the quoted name, ':' and any white space between them; before that, '}' for each
// object that is closed; after it, for each object that is entered, '{' and the first
// name in it. A prefix that closes the record ends with its brace. Take a plan that
// reads http.ms, and this line:
//
//	{"id":7,"http":{"ms":20,"path":"/"},"tags":{"a":"b"}}
//
//	{"id":           outside to the record       nothing is wanted of the value
//	,"http":{"ms":   the record to http          number 0
//	,"path":         in http                     nothing
//	},"tags":{"a":   http to an unwanted object  nothing
//	}}               from there to outside       the record ends
//
// An empty object is a value, and so are arrays, and objects that are not entered: see
// Matcher.child.
//
// A matcher learns each prefix once, through parsePrefix, and from then on compares
// text with it: bytes that equal a prefix need no validation. Each prefix predicts
// its successors. A template, the layout that a line follows, is a chain of
// prefixes from Matcher.start to a closing one; templates share the prefixes they
// have in common.
//
// The successors of a prefix begin in the level that it ends in. (noPrefix, which never
// matches, is in no level.) So the text alone decides whether one follows.
//
// Invariants, by use (set by classify, setUse and setAction; slot is that of the value,
// batch.NoSlot if entersSlot):
//
//	use                member   slot                  action           width
//	useSkip            nil      batch.NoSlot          actNone          by n
//	useEnd             nil      batch.NoSlot          actNone          by n
//	useCut             omit     batch.NoSlot          actNone          by n
//	useUnresolved      nil      batch.UnresolvedSlot  actNone          by n
//	useWantUnresolved  a field  batch.UnresolvedSlot  the member's     by n; widthGo for actNone
//	useWant            a field  batch.NoSlot          the member's     by n; widthGo for actNone
//	useWant            nil      >= 0                  actSlot or       by n
//	                                                  actSlotNoBit     widthNoBit; widthGo for n > 32
//	useWant            a field  >= 0                  actNone          widthGo
//
// "By n" is width32 up to 32 bytes, width64 up to 64, else widthGo; widthCross up to 64
// if the prefix enters members or slots, and widthGo if one of these has no bit. bit and
// dest hold only where action is not actNone: bit is in [0, maxBits), and each bit
// belongs to one field of the plan or to one slot; with actSlotNoBit it is maxBits,
// which all such slots share. dest is the slot for actNumber, actSlot and
// actSlotNoBit, else unused.
//
// The kernel reads this struct by the offsets in go_asm.h; hence so many fields side by
// side. Those before tail are what it needs of a prefix of at most 32 bytes: the first
// 120 bytes. meaning has what it does not read.
type prefix struct {
	head   masked  // The first 32 bytes of the text.
	next   *prefix // The first prediction of the successor. noPrefix if there is none; never nil.
	alt    *prefix // The second one. resolve makes the prefix that it finds the first; the kernel changes neither.
	n      uint32  // The length of the text in bytes.
	use    use     // What the plan wants of the value. The kernel loads use and width as one 16-bit word.
	width  width   // How the kernel compares the text.
	action action  // What the kernel does with the value.
	bit    uint8   // The bit of kernel.seen that the kernel sets when a line has this field.
	dest   int32   // The slot of the readings.
	from   uint32  // The id of the level that the text begins in. The kernel compares it with toID of the prefix before.
	toID   uint32  // The id of the level that it ends in.
	//lint:ignore U1000 matchLines reads and writes it
	length uint32 // The predicted length of the value: that of the last text of at most 31 bytes, or of the last number, without quotes and sign; noLength: not predicted.
	//lint:ignore U1000 matchLines reads and writes it
	missLine uint32 // The line, by kernel.line, in which length was last wrong.
	//lint:ignore U1000 matchLines reads and writes it
	misses  uint32 // How often length was wrong, each time within missDistance lines of the time before.
	lookups int32  // How many successors the kernel found in its cache since the last review. It begins below 0 while irregular.

	tail     masked // The bytes from the 33rd on, up to the 64th.
	opened   uint64 // The bits of kernel.seen of the members and the slot whose objects the prefix enters.
	slot     int32  // Under Plan.All, the slot of the name in the record, or batch.NoSlot or batch.UnresolvedSlot; else batch.NoSlot.
	lookedUp int32  // The fields.generation of the last lookup of name; -1 before the first. Used while slot is batch.UnresolvedSlot.

	meaning
	irregular bool    // The successors are looked up, not predicted: next and alt are noPrefix. Set by review.
	guesses   uint32  // While irregular, how often guess was the successor since the last review.
	guess     *prefix // While irregular, what would be predicted; else nil.
	hash      uint64  // The hash of the text, under prefixTable.seed.
}

// meaning is what the text of a prefix says, beyond what the kernel needs.
type meaning struct {
	to         *level  // The level that the text ends in: that of the value.
	member     *Member // The member of that level that has this name; nil if no path of the plan does.
	edges      []edge  // Members that the prefix enters, and those it closes whose span is wanted; in text order.
	last       int32   // The offset at which the text of the first member begins, after what is closed.
	special    bool    // There is something to do before the value: edges, a slot, or the end of the record.
	enters     bool    // If the value is an object that is not empty, it is entered: the prefix is longer then.
	entersSlot bool    // The name that has the slot is not that of the value, but that of an object that the prefix enters.
	empty      bool    // The prefix is a record without members.
	name       []byte  // The canonical name, for another lookup; valid while slot is batch.UnresolvedSlot. reset keeps its memory.
}

// edge is where a prefix enters or closes the object of a member, at an offset in its
// text: at the brace if it enters, after the brace if it closes.
type edge struct {
	member *Member
	at     int32
	closes bool
}

// masked is up to 32 bytes of text for comparisons of whole words. Byte k of the
// text is byte k%8 of text[k/8], lowest first. The mask has 0xff for each byte that
// exists; where it has 0, text has 0 too.
type masked struct{ text, mask [4]uint64 }

// use is what the plan wants of the value after a prefix.
type use uint8

// The order matters: the kernel takes 0 for "skip the value" without further tests.
const (
	useSkip           use = iota // nothing: the value is validated and skipped
	useWant                      // a path, a slot or both
	useUnresolved                // a name under Plan.All that no path has and that has no slot yet: the first number gives it one
	useWantUnresolved            // the same, but a path has the name too
	useCut                       // the member that Plan.Omit leaves out of the record
	useEnd                       // there is no value: the prefix closes the object
)

// width tells the kernel how many vectors compare a prefix.
type width uint8

const (
	width32    width = iota // one vector of 32 bytes: head
	width64                 // two: head and tail
	widthCross              // two, and opened and slot have to be looked at
	widthNoBit              // one, and the action is actSlotNoBit
	widthGo                 // not by the kernel: it leaves the line to the matcher
)

// action is what the kernel does with the value after a prefix.
type action uint8

// The order matters: the kernel tests for "a reading whose slot has a bit" by
// action <= actSlot.
const (
	actNone      action = iota // the kernel has no action for this use
	actNumber                  // store a reading of a named number; null is skipped, any other value ends the kernel's work on the line
	actSlot                    // store a reading under Plan.All; any other value is skipped
	actTime                    // store the position of the time, and the time itself if its hour is known
	actSpan                    // append the position to kernel.span: a key or a condition
	actParent                  // none; paths only lead through the member
	actSlotNoBit               // as actSlot, for a slot that has no bit of its own
)

// unresolvedSlot is batch.UnresolvedSlot, for go_asm.h.
//
//lint:ignore U1000 matchLines uses it
const unresolvedSlot = batch.UnresolvedSlot

// noPrefix replaces a missing successor, so that predictions are never nil. It
// matches only before a byte 0xff, which no valid line has. Its n is 0, so the matcher
// then fails at that byte; its use is useCut, so the kernel leaves the line to Go.
var noPrefix = &prefix{head: masked{[4]uint64{0xff}, [4]uint64{0xff}}, use: useCut, slot: batch.NoSlot, meaning: meaning{to: &level{}}}

const (
	maxPrefix   = 64      // The longest text that is learned, in bytes. Longer ones are parsed each time.
	maxPrefixes = 1 << 14 // The most prefixes of a level; the table is cleared before one more.
	fastWords   = 3       // The words of head that differs compares: most prefixes have at most 24 bytes.
)

// reset makes f a prefix of n bytes without successors, and forgets all else. Until
// set has stored its text, it must not be compared.
func (f *prefix) reset(n int) {
	*f = prefix{n: uint32(n), next: noPrefix, alt: noPrefix, slot: batch.NoSlot, meaning: meaning{name: f.name[:0], edges: f.edges[:0]}}
}

// connect sets the levels that f begins and ends in.
func (f *prefix) connect(from, to *level) { f.from, f.to, f.toID = from.id, to, to.id }

// set makes f a prefix with the text b and no successors. Requires that len(b) is at
// most maxPrefix.
func (f *prefix) set(b []byte) {
	f.reset(len(b))
	f.head.set(b)
	f.tail.set(b[min(maxPrefix/2, len(b)):])
}

// set stores the first 32 bytes of b, or all if there are fewer.
func (m *masked) set(b []byte) {
	for k := range m.text {
		m.text[k], m.mask[k] = load8(b[min(8*k, len(b)):])
	}
}

// load8 returns the first eight bytes of b, or as many as there are, as a word with
// the first byte lowest, and a mask of the bytes that exist.
func load8(b []byte) (w, mask uint64) {
	for i, c := range b[:min(len(b), 8)] {
		w |= uint64(c) << (8 * i)
		mask |= 0xff << (8 * i)
	}
	return w, mask
}

// match reports whether the text of f is at i. It compares all of it.
// Requires f.n <= maxPrefix, and that i is at most the index of a line break.
func (f *prefix) match(t text, i int) bool {
	return f.differs(t, i) == 0 && (f.n <= 8*fastWords || f.matchRest(t, i))
}

// differs returns 0 if the first 24 bytes of f, or all if it is shorter, are at i.
// It always loads three words and has no branch on n: lengths alternate from one
// prefix to the next, so the processor would mispredict it. It reads 24 bytes,
// which may be after the line break; pad allows that.
func (f *prefix) differs(t text, i int) uint64 {
	h := &f.head
	return (t.word(i)^h.text[0])&h.mask[0] | (t.word(i+8)^h.text[1])&h.mask[1] | (t.word(i+16)^h.text[2])&h.mask[2]
}

// matchRest compares what differs does not.
// Requires that differs returned 0, and f.n > 24.
// Bounds: each word is loaded only after all before it were equal. No prefix
// contains a line break, so a load begins at the line break at the latest.
func (f *prefix) matchRest(t text, i int) bool {
	h := &f.head
	if (t.word(i+24)^h.text[3])&h.mask[3] != 0 {
		return false
	}
	h = &f.tail
	for k := 0; maxPrefix/2+8*k < int(f.n); k++ {
		if (t.word(i+maxPrefix/2+8*k)^h.text[k])&h.mask[k] != 0 {
			return false
		}
	}
	return true
}

// prefixTable holds the prefixes of one level, by their text. It is a hash table
// with linear probing.
//
// Invariants: len(buckets) is 0 or a power of two; used is the number of buckets
// that are not nil; 2*used <= len(buckets), so a search ends at
// a nil bucket; used <= maxPrefixes; single prefixes are never deleted.
//
// Clearing: when the table is full, add clears all of it and makes the old prefixes
// available for reuse. Cleared prefixes may still be successors of others, and in
// the kernel's cache; a reused one has another text then. That is safe:
//
//  1. A match compares the full text, wherever the prefix came from. So a stale link
//     costs a misprediction, or happens to be a prefix that matches.
//  2. What may be at a position depends on the level only. Reuse keeps the level that
//     a prefix begins in. The one that it ends in may change, but then it has no
//     successors any more. So a stale link leads to a prefix that may be there if its
//     text is.
//  3. A prefix that was cleared but not reused is still right: text and use are as
//     they were learned.
//
// Why not evict single prefixes: a level with more than maxPrefixes names is not
// what machines write with a fixed layout, and clearing needs no bookkeeping.
type prefixTable struct {
	seed    maphash.Seed // Random, so that an input cannot be made of colliding prefixes.
	buckets []*prefix    // A prefix is at its hash or after it, modulo the length.
	used    int          // The number of prefixes in buckets.
	free    []*prefix    // Cleared prefixes, for reuse.
}

// find returns the prefix with the text b, or nil. Requires that b is the text at i:
// the comparison reads it there, in words.
func (pt *prefixTable) find(b []byte, t text, i int) *prefix {
	if pt.used == 0 {
		return nil
	}
	h := maphash.Bytes(pt.seed, b)
	for at := h; ; at++ {
		f := pt.buckets[int(at)&(len(pt.buckets)-1)]
		if f == nil || f.hash == h && int(f.n) == len(b) && f.match(t, i) {
			return f
		}
	}
}

// add learns the prefix with the text b. Requires that find does not know it, and that its length is
// at most maxPrefix. The caller must classify the result. If the table is full, add
// clears it first: see prefixTable. Note that the result may then be any earlier
// prefix of the level, even the one that the caller came from.
func (pt *prefixTable) add(b []byte) (f *prefix) {
	if pt.used == maxPrefixes {
		for _, f := range pt.buckets {
			if f != nil {
				pt.free = append(pt.free, f)
			}
		}
		clear(pt.buckets)
		pt.used = 0
	}
	if len(pt.buckets) == 0 {
		pt.seed = maphash.MakeSeed()
	}
	if 2*pt.used >= len(pt.buckets) {
		old := pt.buckets
		pt.buckets = make([]*prefix, max(32, 2*len(old)))
		for _, f := range old {
			if f != nil {
				pt.insert(f)
			}
		}
	}
	n := len(pt.free)
	if n > 0 {
		f, pt.free = pt.free[n-1], pt.free[:n-1]
	} else {
		f = new(prefix)
	}
	f.set(b)
	f.hash = maphash.Bytes(pt.seed, b)
	pt.insert(f)
	pt.used++
	return f
}

// insert puts f into the first free bucket from its hash on. Requires that there is
// one.
func (pt *prefixTable) insert(f *prefix) {
	for i := f.hash; ; i++ {
		at := int(i) & (len(pt.buckets) - 1)
		if pt.buckets[at] == nil {
			pt.buckets[at] = f
			return
		}
	}
}
