package ndjson

import (
	"hash/maphash"
)

// lead is what stands before a value in an object, as it was spelt once and
// found good then: brace or comma, name, colon and the white space between
// them; or, closing, what stands before the brace that ends the object, and the
// brace. Machines write the same leads again and again, so a line is mostly
// compared, not read: each lead remembers which one followed it last. A shape
// of lines is a chain of leads, and shapes that have leads in common share them.
type prefix struct {
	// What walk needs of it, in two cache lines.
	head     masked  // its first bytes
	next     *prefix // what followed last; nobody, if nothing has
	alt      *prefix // and what before that
	n        int     // how many bytes it has
	use      use
	width    width
	action   action
	bit      uint8 // that notes in walk.met that it has been met
	dest     int32 // the slot of a reading
	lookedUp int32 // Parser.stage when its name was asked for and had no slot; -1: not so
	//lint:ignore U1000 walkLines reads and writes it
	length uint32 // how long the last text or number behind it was, without quotes and sign; unsure: that is no guess
	//lint:ignore U1000 walkLines reads and writes it
	missLine uint32 // in which line long was last found wrong,
	//lint:ignore U1000 walkLines reads and writes it
	misses uint32 // and how many times within a few lines of each other
	//lint:ignore U1000 walkLines writes it
	lookups uint32 // how often walk has looked up what follows

	tail   masked  // the bytes behind head
	member *member // what its name means; nil is nothing
	slot   int32   // under all: that of its name, noSlot or unknownSlot
	name   []byte  // the name, canonical, if it had no slot
	hash   uint64
}

// words are up to 32 bytes, and which of them there are.
type masked struct{ text, mask [4]uint64 }

// mode is what is to be done with the value behind a lead.
type use uint8

const (
	useSkip           use = iota // nothing is wanted of it
	useWant                      // it is wanted, by a path or for a slot
	useUnresolved                // its name, which no path has, has no slot but would get one with a number
	useWantUnresolved            // a path has its name, and it has no slot either
	useCut                       // it is what Plan.Take leaves out
	useEnd                       // there is none
)

// gait is how walk compares a lead.
type width uint8

const (
	width32    width = iota // 32 bytes at once
	width64                 // and 32 more
	widthNoBit              // 32 bytes at once, and it goes far: see toFar
	widthGo                 // not at all
)

// goal is where walk brings a value that is noted.
type action uint8

const (
	actNone      action = iota // walk does not know
	actNumber                  // a reading of a named number: if it is another value, walk does not know
	actSlot                    // a reading under all: any other value is passed over
	actTime                    // the entry's time
	actSpan                    // the spans of keys and conditions
	actSlotNoBit               // a reading under all of a slot that has no bit
)

// nobody is a lead that stands nowhere: no good line has its first byte.
var noPrefix = &prefix{head: masked{[4]uint64{0xff}, [4]uint64{0xff}}, use: useCut, slot: noSlot}

const (
	maxPrefix   = 64      // bytes; longer ones are read each time
	maxPrefixes = 1 << 14 // of a level; when there are more, all are forgotten
	fastWords   = 3       // of the head, that most leads have no more than
)

// set spells a lead. One that is longer than maxLead matches nothing.
func (l *prefix) set(spelt []byte) {
	*l = prefix{n: len(spelt), next: noPrefix, alt: noPrefix, slot: noSlot}
	l.head.set(spelt)
	l.tail.set(spelt[min(maxPrefix/2, len(spelt)):])
}

func (w *masked) set(b []byte) {
	for k := range w.text {
		w.text[k], w.mask[k] = load8(b[min(8*k, len(b)):])
	}
}

// word is up to eight bytes, and which there are.
func load8(b []byte) (w, mask uint64) {
	for i, c := range b[:min(len(b), 8)] {
		w |= uint64(c) << (8 * i)
		mask |= 0xff << (8 * i)
	}
	return w, mask
}

// match reports whether it stands at i.
func (l *prefix) match(t text, i int) bool {
	return l.differs(t, i) == 0 && (l.n <= 8*fastWords || l.matchRest(t, i))
}

// differs is 0 if the first words of its head stand at i. (All are looked at, and
// no branch depends on how many there are.)
func (l *prefix) differs(t text, i int) uint64 {
	h := &l.head
	return (t.word(i)^h.text[0])&h.mask[0] | (t.word(i+8)^h.text[1])&h.mask[1] | (t.word(i+16)^h.text[2])&h.mask[2]
}

func (l *prefix) matchRest(t text, i int) bool {
	h := &l.head
	if (t.word(i+24)^h.text[3])&h.mask[3] != 0 {
		return false
	}
	h = &l.tail
	for k := 0; maxPrefix/2+8*k < l.n; k++ { // at the line's end at the latest
		if (t.word(i+maxPrefix/2+8*k)^h.text[k])&h.mask[k] != 0 {
			return false
		}
	}
	return true
}

// leads finds those that were learned by their spelling: a table of hashes with
// linear probing, at most half full.
type prefixTable struct {
	seed  maphash.Seed // so that nobody can write leads that collide
	table []*prefix
	used  int
	free  []*prefix // forgotten, to be spelt anew
}

// find finds the lead that is spelt so, which stands at i.
func (ls *prefixTable) find(spelt []byte, t text, i int) *prefix {
	if ls.used == 0 {
		return nil
	}
	h := maphash.Bytes(ls.seed, spelt)
	for at := h; ; at++ {
		l := ls.table[int(at)&(len(ls.table)-1)]
		if l == nil || l.hash == h && l.n == len(spelt) && l.match(t, i) {
			return l
		}
	}
}

// add learns a lead that find does not know; what it means is for the caller to
// say. If there are too many, all others are forgotten: those that still follow
// some lead, or have become another one, are right in what they say all the same.
func (ls *prefixTable) add(spelt []byte) (l *prefix) {
	if ls.used == maxPrefixes {
		for _, l := range ls.table {
			if l != nil {
				ls.free = append(ls.free, l)
			}
		}
		clear(ls.table)
		ls.used = 0
	}
	if len(ls.table) == 0 {
		ls.seed = maphash.MakeSeed()
	}
	if 2*ls.used >= len(ls.table) {
		old := ls.table
		ls.table = make([]*prefix, max(32, 2*len(old)))
		for _, l := range old {
			if l != nil {
				ls.insert(l)
			}
		}
	}
	if n := len(ls.free); n > 0 {
		l, ls.free = ls.free[n-1], ls.free[:n-1]
	} else {
		l = new(prefix)
	}
	l.set(spelt)
	l.hash = maphash.Bytes(ls.seed, spelt)
	ls.insert(l)
	ls.used++
	return l
}

func (ls *prefixTable) insert(l *prefix) {
	for i := l.hash; ; i++ {
		if at := int(i) & (len(ls.table) - 1); ls.table[at] == nil {
			ls.table[at] = l
			return
		}
	}
}
