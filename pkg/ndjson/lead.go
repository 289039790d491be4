package ndjson

import (
	"bytes"
	"hash/maphash"
)

// lead is what stands before a value in an object, as it was spelt once and
// found good then: brace or comma, name, colon and the white space between
// them; or, closing, what stands before the brace that ends the object, and the
// brace. Machines write the same leads again and again, so a line is mostly
// compared, not read: each lead remembers which one followed it last. A shape
// of lines is a chain of leads, and shapes that have leads in common share them.
type lead struct {
	head  [leadWords]uint64 // its first bytes, the last word filled up with zeros
	mask  uint64            // of the bytes in the last word
	words int               // that are used
	n     int               // bytes
	next  *lead             // what followed last, and what before that
	other *lead

	close bool
	m     *member // what its name means; nil is nothing
	slot  int32   // under all: that of its name, noSlot or unknownSlot
	named []byte  // the name, canonical, if it has no slot yet
	asked int32   // when it was asked for: how many had been given
	rest  []byte  // the bytes behind head
	hash  uint64
}

const (
	leadWords = 4
	maxLead   = 256     // bytes; longer ones are read each time
	maxLeads  = 1 << 14 // of a level; when there are more, all are forgotten
)

// set spells a lead.
func (l *lead) set(spelt []byte) {
	*l = lead{n: len(spelt), rest: l.rest[:0]}
	head := spelt
	if len(head) > 8*leadWords {
		head = spelt[:8*leadWords]
		l.rest = append(l.rest, spelt[8*leadWords:]...)
	}
	for i, c := range head {
		l.head[i/8] |= uint64(c) << (i % 8 * 8)
	}
	l.words = (len(head) + 7) / 8
	l.mask = ^uint64(0) >> (64*l.words - 8*len(head))
}

// match reports whether it stands at i.
func (l *lead) match(t text, i int) bool {
	last := (l.words - 1) & (leadWords - 1)
	for k := range last {
		if t.word(i+8*k) != l.head[k] {
			return false
		}
	}
	return (t.word(i+8*last)^l.head[last])&l.mask == 0 && (l.n <= 8*leadWords || l.matchRest(t, i+8*leadWords))
}

func (l *lead) matchRest(t text, i int) bool {
	for k, c := range l.rest {
		if t.at(i+k) != c {
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

func (ls *leads) find(spelt []byte) *lead {
	if ls.used == 0 {
		return nil
	}
	h := maphash.Bytes(ls.seed, spelt)
	for i := h; ; i++ {
		l := ls.table[int(i)&(len(ls.table)-1)]
		if l == nil || l.hash == h && l.is(spelt) {
			return l
		}
	}
}

func (l *lead) is(spelt []byte) bool {
	if l.n != len(spelt) || !bytes.HasSuffix(spelt, l.rest) {
		return false
	}
	for i, c := range spelt[:len(spelt)-len(l.rest)] {
		if byte(l.head[i/8]>>(i%8*8)) != c {
			return false
		}
	}
	return true
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
