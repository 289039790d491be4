//go:build !purego

package ndjson

import (
	"golang.org/x/sys/cpu"

	"weir/pkg/exact"
)

// walk is what object does at the top, for many lines at once and in vectors of 32
// bytes: from lead to lead, as far as they are those that followed last or before
// that, and the values plain. (That it is written in assembly is worth more than
// half of the time of winavg.) What it notes of a line is a row, and a find for
// each value that the plan may want; take makes entries of them. It judges
// nothing: where it stops, object goes on, and where there is no such processor,
// object does it all.
//
// It reads up to 64 bytes behind any place in a line, which pad allows; stops at
// a line break at the latest, as no lead, text or number has one; and begins no
// line at or behind end.
type walk struct {
	text   text
	start  *lead // what stands before a line
	end    int
	stage  int32
	walked int // what there is of rows, in bytes
	noted  int // and of finds
	rows   [maxRows]row
	finds  [maxFinds]find
}

// row is a line that has been walked to its end.
type row struct {
	to    uint32 // behind its closing brace
	end   uint32 // where its line break stands
	finds uint32 // how many there are up to its last one
}

// find is a value.
type find struct {
	slot, member int32 // those of its lead
	from, to     uint32
	c            uint64 // of a number: its digits
	kind         uint32
	scale        uint32 // of a number: how many of them are decimals, or unread
}

// What is taken at once stays in the first cache.
const (
	maxRows  = 64
	maxFinds = 256
	rowSize  = 12
	unread   = 255 // as the scale: of a number of over 16 bytes, which is left to be read
)

// unpoint holds the shuffles that take out of sixteen bytes the point that has so
// many behind it.
var unpoint = func() (t [17][16]byte) {
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

// walkLines walks from the lead at i, which stands behind prev, until w is full or
// comes to its end, or to something rare. It returns where it stands then, at a
// lead again.
//
//go:noescape
func walkLines(w *walk, prev *lead, i int) (at *lead, stop int, rare bool)

// newWalk is nil where the processor has not what walkLines is made of.
func newWalk() *walk {
	if cpu.X86.HasAVX2 && cpu.X86.HasBMI1 {
		return new(walk)
	}
	return nil
}

// walk takes lines from the one that is open on, until there are no more, or
// enough for now: then at is nil. Or until one, which is open, has something
// rare: then that one has been gone through up to i, behind at; i may be failed.
func (p *Parser) walk() (at *lead, i int) {
	w, b := p.walker, p.b
	at, i = &p.root.start, b.next
	if w == nil {
		return at, i
	}
	w.text, w.start, w.end, w.stage = p.t, at, b.size, p.stage
	for {
		var rare bool
		at, i, rare = walkLines(w, at, i)
		first, rows := uint32(0), w.rows[:w.walked/rowSize]
		for k, r := range rows {
			if p.take(w.finds[first:r.finds]) {
				p.closeLine(int(r.to), int(r.end))
			} else {
				p.line(int(r.end))
			}
			if k == len(rows)-1 && (b.full() || !b.More()) {
				return nil, failed
			}
			p.openLine()
			first = r.finds
		}
		if !p.take(w.finds[first:w.noted]) {
			return at, failed
		}
		if rare {
			return at, i
		}
	}
}

// take is what object does with the values that it comes by. It reports whether
// they are as object can take them.
func (p *Parser) take(finds []find) bool {
	b := p.b
	for k := range finds {
		f := &finds[k]
		var num exact.Dec
		number, parsed := f.kind == '0', false
		switch {
		case number && f.scale != unread:
			num, parsed = exact.Small(f.c, uint8(f.scale), p.t.at(int(f.from)) == '-'), true
		case number:
			var n int
			num, n = exact.Scan(b.buf[f.from : f.to+1])
			parsed = n > 0
		}
		if f.member >= 0 {
			m := p.root.members[f.member]
			if m.seq == p.seq {
				return false
			}
			m.seq = p.seq
			m.span = span{from: int(f.from), to: int(f.to), kind: kind(f.kind)}
			if m.parsed = parsed; parsed {
				m.num = num
			}
			if m == p.time && f.kind == '"' {
				if t, ok := p.clock.Again(b.buf[f.from+1 : f.to-1]); ok {
					p.when, p.whenSeq = t, p.seq
				}
			}
		}
		switch {
		case f.slot == noSlot:
		case f.slot == unknownSlot:
			if number {
				return false
			}
		case !p.mark(f.slot):
			return false
		case parsed:
			b.reading(f.slot, num)
		case number:
			if num, err := exact.Parse(b.buf[f.from:f.to]); err == nil {
				b.reading(f.slot, num)
			}
		}
	}
	return true
}
