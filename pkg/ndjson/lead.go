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
type lead struct {
	head  [leadWords]uint64 // its bytes
	mask  [leadWords]uint64 // which of them there are
	n     int               // how many
	next  *lead             // what followed last; nobody, if nothing has
	other *lead             // and what before that

	m     *member // what its name means; nil is nothing
	named []byte  // the name, canonical, if it had no slot
	slot  int32   // under all: that of its name, noSlot or unknownSlot
	asked int32   // Parser.stage when its name was asked for and had no slot; -1: not so
	mode  mode

	// What else walk needs to know.
	gait gait
	goal goal
	bit  uint8 // that notes in walk.met that it has been met
	into int32 // the slot of a reading
	//lint:ignore U1000 walkLines reads and writes it
	long uint32 // how long the last text or number behind it was, without quotes and sign; unsure: that is no guess
	//lint:ignore U1000 walkLines reads and writes it
	missed uint32 // in which line long was last found wrong,
	//lint:ignore U1000 walkLines reads and writes it
	misses uint32 // and how many times within a few lines of each other
	wrong  uint32 // and in all

	stretch *stretch // that begins with it; nil: none, or none for now
	steady  steady

	hash uint64
}

// mode is what is to be done with the value behind a lead.
type mode uint8

const (
	passed  mode = iota // nothing is wanted of it
	noted               // it is wanted, by a path or for a slot
	numbers             // its name, which no path has, has no slot but would get one with a number
	both                // a path has its name, and it has no slot either
	taken               // it is what Plan.Take leaves out
	closes              // there is none
)

// gait is how walk compares a lead.
type gait uint8

const (
	short gait = iota // 32 bytes at once
	wide              // and 32 more
	halt              // not at all
)

// goal is where walk brings a value that is noted.
type goal uint8

const (
	nowhere  goal = iota // walk does not know
	toNumber             // a reading of a named number: if it is another value, walk does not know
	toSlot               // a reading under all: any other value is passed over
	toTime               // the entry's time
	toSpan               // the spans of keys and conditions
)

// nobody is a lead that stands nowhere: no good line has its first byte.
var nobody = &lead{head: [leadWords]uint64{0xff}, mask: [leadWords]uint64{0xff}, mode: taken, slot: noSlot}

// steady is what is known of how the value behind a lead keeps its length, and of the
// stretch that begins with the lead.
type steady struct {
	long, wrong uint32   // the lead's own, when it was last looked at
	made        *stretch // the room for one
	drops       uint8    // how often it was given up,
	rest        uint32   // and for how many looks it stays so
}

const (
	leadWords = 8
	maxLead   = 8 * leadWords // bytes; longer ones are read each time
	maxLeads  = 1 << 14       // of a level; when there are more, all are forgotten
	someWords = 3             // of the head, that most leads have no more than

	maxStretch = 256 // bytes
)

// set spells a lead. One that is longer than maxLead matches nothing.
func (l *lead) set(spelt []byte) {
	*l = lead{n: len(spelt), next: nobody, other: nobody, slot: noSlot}
	for k := range l.head {
		l.head[k], l.mask[k] = word(spelt[min(8*k, len(spelt)):])
	}
}

// word is up to eight bytes, and which there are.
func word(b []byte) (w, mask uint64) {
	for i, c := range b[:min(len(b), 8)] {
		w |= uint64(c) << (8 * i)
		mask |= 0xff << (8 * i)
	}
	return w, mask
}

// match reports whether it stands at i.
func (l *lead) match(t text, i int) bool {
	return l.differs(t, i) == 0 && (l.n <= 8*someWords || l.matchRest(t, i))
}

// differs is 0 if the first words of its head stand at i. (All are looked at, and
// no branch depends on how many there are.)
func (l *lead) differs(t text, i int) uint64 {
	return (t.word(i)^l.head[0])&l.mask[0] | (t.word(i+8)^l.head[1])&l.mask[1] | (t.word(i+16)^l.head[2])&l.mask[2]
}

func (l *lead) matchRest(t text, i int) bool {
	for k := someWords; 8*k < l.n; k++ {
		if (t.word(i+8*k)^l.head[k])&l.mask[k] != 0 { // at the line's end at the latest
			return false
		}
	}
	return true
}

// leads finds those that were learned by their spelling: a table of hashes with
// linear probing, at most half full.
type leads struct {
	seed  maphash.Seed // so that nobody can write leads that collide
	table []*lead
	used  int
	spare []*lead // forgotten, to be spelt anew
}

// find finds the lead that is spelt so, which stands at i.
func (ls *leads) find(spelt []byte, t text, i int) *lead {
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
func (ls *leads) add(spelt []byte) (l *lead) {
	if ls.used == maxLeads {
		for _, l := range ls.table {
			if l != nil {
				ls.spare = append(ls.spare, l)
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
		ls.table = make([]*lead, max(32, 2*len(old)))
		for _, l := range old {
			if l != nil {
				ls.put(l)
			}
		}
	}
	if n := len(ls.spare); n > 0 {
		l, ls.spare = ls.spare[n-1], ls.spare[:n-1]
	} else {
		l = new(lead)
	}
	l.set(spelt)
	l.hash = maphash.Bytes(ls.seed, spelt)
	ls.put(l)
	ls.used++
	return l
}

func (ls *leads) put(l *lead) {
	for i := l.hash; ; i++ {
		if at := int(i) & (len(ls.table) - 1); ls.table[at] == nil {
			ls.table[at] = l
			return
		}
	}
}
