//go:build !purego

package ndjson

import (
	"bytes"
	"unsafe"
)

// stretch is leads with values between them that are mostly as long as they are
// here: so many bytes that walk can look at without asking where anything ends. Each
// byte has its bounds (a lead's is itself, a text's is what is plain, a number's a
// digit), and what keeps to them is these leads and good values, whatever may follow
// some lead by now. It knows where in it a time and readings stand.
type stretch struct {
	turn        [maxStretch]byte // what each byte is turned by (xor),
	least, most [maxStretch]byte // and its bounds then; what is behind n may be anything
	n           uint32           // how many bytes
	count       uint32           // how many figures
	last        *lead            // that it ends with
	met         uint64           // the bits of what is wanted in it,
	barred      uint64           // and those that may not have been met before it
	when        uint32           // where in it the time stands, from quote
	whenEnd     uint32           // to quote; 0: nowhere
	unit        uint32           // what the last digit of a second's fraction counts, in nanoseconds; 0: the time is none that walk reads
	fails       uint32           // how often it was expected and not there, since the last look
	fraction    [16]byte         // the shuffle that moves the fraction's digits to the end
	figure      [maxFigures]figure
}

// figure is a number in a stretch that is to be a reading.
type figure struct {
	digits [16]byte // the shuffle that moves its digits to the end
	at     uint32   // where the first stands
	slot   int32
	scale  int32  // how many are decimals, less 15
	floor  uint32 // 1 << -scale, so that no more zeros are left out at its end; or none is: 1 << 15
	neg    uint8
	_      [15]byte
}

// taut is the stretches of a parser, and when they are looked at.
type taut struct {
	heads        []*lead    // that they begin with, the oldest first
	spare        []*stretch // the room of those that were given up
	draft        stretch
	walked, look int // how many lines were walked since the last look, and after how many is the next,
	last         int // which is no more than so many
}

const (
	maxFigures = 8
	maxHeads   = 1 << 8  // stretches of a parser
	firstLook  = 1 << 6  // lines from the first look, which is at once, to the second; each next is twice as far,
	lastLook   = 1 << 12 // but no farther than that, as a rule
	failsIn    = 8       // a stretch may fail in one of so many lines that are walked
	fewFails   = 1 << 6  // and so often, until they are counted anew;
	wrongIn    = 32      // a value may be of another length in one of so many

	// Turned by plainTurn, what is plain in a text is from firstPlain to lastPlain, and a
	// quote is not. (A backslash is; walk looks for it everywhere.)
	plainTurn  = 2
	firstPlain = 0x21
	lastPlain  = 0x7f
)

// What walk_amd64.s takes for granted.
var (
	_ [0]byte = [maxStretch % 32]byte{}
	_ [0]byte = [unsafe.Offsetof(figure{}.digits)]byte{}
)

// tauten gives up stretches that fail, when walk has taken some lines of which last is
// the last one, and from time to time looks for others.
func (p *Parser) tauten(last *entry, lines int) {
	u := &p.walker.taut
	u.walked += lines
	due := u.walked >= u.look
	some := u.walked // lines that they fail in, of which they may in some
	if !due {
		some += fewFails * failsIn
	}
	kept := u.heads[:0]
	for _, l := range u.heads {
		st := &l.steady
		if int(l.stretch.fails)*failsIn > some {
			u.drop(l)
			st.rest = 1 << st.drops
			st.drops = min(st.drops+1, 31)
			u.look = min(firstLook, u.last)
			continue
		}
		if due {
			l.stretch.fails = 0
			st.drops = max(st.drops, 1) - 1
		}
		kept = append(kept, l)
	}
	u.heads = kept
	if due {
		p.stretches(int(last.from))
		u.walked, u.look = 0, min(max(2*u.look, firstLook), u.last)
	}
}

// slacken gives up all stretches: what their leads mean, or how they are spelt, may be
// about to change.
func (p *Parser) slacken() {
	if p.walker == nil {
		return
	}
	u := &p.walker.taut
	for _, l := range u.heads {
		u.drop(l)
	}
	u.heads, u.walked, u.look = u.heads[:0], 0, min(firstLook, u.last)
}

func (u *taut) drop(l *lead) {
	u.spare = append(u.spare, l.stretch)
	l.stretch = nil
}

// stretches looks for stretches in the line at i, which is good.
func (p *Parser) stretches(i int) {
	s := &p.walker.taut.draft
	p.lineEnd = 0
	for l := &p.root.start; ; {
		head, from := p.after(l, i), i
		if head == nil {
			return
		}
		s.begin()
		for l = head; ; {
			s.lead(p.b.buf[i : i+l.n])
			i += l.n
			end := p.keeps(l, i)
			if end == failed || end-from > maxStretch {
				break
			}
			next := p.after(l, end)
			if next == nil || next.gait > wide || end+next.n-from > maxStretch {
				break
			}
			s.value(p.b.buf[i:end], l)
			l, i = next, end
		}
		if l != head {
			p.stretch(head, l)
		}
		if l.mode == closes {
			return
		}
		if i = p.value(i); i == failed {
			return
		}
	}
}

// after is the lead at i, if it is one that prev remembers, or a brace, which walk may
// have passed without learning it.
func (p *Parser) after(prev *lead, i int) *lead {
	for _, l := range [...]*lead{prev.next, prev.other} {
		if l.match(p.t, i) {
			return l
		}
	}
	if p.t.at(i) == '}' && !p.root.leads.respells() {
		return p.turn(p.root, prev, i)
	}
	return nil
}

// keeps is the end of the value at i, behind the lead l, if it is one that the draft
// can take, and mostly as long as here; or failed.
func (p *Parser) keeps(l *lead, i int) int {
	first, end := i, failed
	fits := l.mode == passed
	switch c := p.t.at(i); {
	case c == '"':
		first++
		if end = plainEnd(p.t, first); p.t.at(end) != '"' {
			return failed
		}
		fits = fits || l.mode == numbers && l.asked == p.stage || l.mode == noted && l.goal == toTime
	case c == '-' || c-'0' <= 9:
		if c == '-' {
			first++
		}
		if end = p.number(i); end == failed || bytes.ContainsAny(p.b.buf[first:end], "eE") {
			return failed
		}
		fits = fits || l.mode == noted && (l.goal == toNumber || l.goal == toSlot) && p.walker.taut.draft.room(l, end-first)
	default:
		return failed
	}
	long := uint32(end - first)
	if l.long == unsure {
		l.long, l.misses = long, 0 // it may be sure by the next look
		fits = false
	}
	was := l.steady
	l.steady.long, l.steady.wrong = l.long, l.wrong
	if !fits || l.long != long || was.long != long || int(l.wrong-was.wrong)*wrongIn > p.walker.taut.walked {
		return failed
	}
	if p.t.at(i) == '"' {
		end++
	}
	return end
}

// stretch makes the draft the stretch from head to last, if head has none that is as
// long, and is not to rest. If there are too many, the oldest goes.
func (p *Parser) stretch(head, last *lead) {
	u := &p.walker.taut
	switch {
	case head.stretch != nil:
		if head.stretch.n >= u.draft.n {
			return
		}
	case head.steady.rest > 0:
		head.steady.rest--
		return
	default:
		if len(u.heads) == maxHeads {
			u.drop(u.heads[0])
			u.heads = append(u.heads[:0], u.heads[1:]...)
		}
		if len(u.spare) == 0 {
			u.spare = append(u.spare, new(stretch))
		}
		n := len(u.spare) - 1
		head.stretch, u.spare = u.spare[n], u.spare[:n]
		u.heads = append(u.heads, head)
	}
	u.draft.last = last
	u.draft.end()
	*head.stretch = u.draft
}

func (s *stretch) begin() {
	s.n, s.count, s.met, s.barred, s.when, s.whenEnd, s.unit, s.fails = 0, 0, 0, 0, 0, 0, 0, 0
}

// add adds bytes that are within bounds.
func (s *stretch) add(n int, least, most, turn byte) {
	for range n {
		s.least[s.n], s.most[s.n], s.turn[s.n] = least, most, turn
		s.n++
	}
}

// lead adds bytes that are as they are.
func (s *stretch) lead(b []byte) {
	for _, c := range b {
		s.add(1, c, c, 0)
	}
}

// room reports whether a number of n bytes, its sign aside, can be one more figure:
// they are in the order of their slots, whose bits are above all others.
func (s *stretch) room(l *lead, n int) bool {
	return n <= 16 && s.count < maxFigures && s.met>>l.bit == 0
}

// value adds a value that keeps has found good, behind the lead l.
func (s *stretch) value(b []byte, l *lead) {
	wanted := l.mode == noted
	if wanted {
		s.met |= 1 << l.bit
	}
	if b[0] == '"' {
		from := s.n
		s.lead(b[:1])
		s.add(len(b)-2, firstPlain, lastPlain, plainTurn)
		s.lead(b[:1])
		if wanted {
			s.when, s.whenEnd = from, s.n
			s.barred |= 1 << l.bit
			s.time(b[1 : len(b)-1])
		}
		return
	}
	neg := b[0] == '-'
	if neg {
		s.lead(b[:1])
		b = b[1:]
	}
	at := s.n
	whole := bytes.IndexByte(b, '.')
	if whole < 0 {
		whole = len(b)
	}
	for k, c := range b {
		switch {
		case c == '.':
			s.lead(b[k : k+1])
		case k == 0 && whole > 1:
			s.add(1, '1', '9', 0)
		default:
			s.add(1, '0', '9', 0)
		}
	}
	if !wanted {
		return
	}
	if s.count == 0 {
		s.barred |= (1<<allBits - 1) &^ (1<<l.bit - 1)
	}
	decimals := max(len(b)-whole-1, 0)
	f := &s.figure[s.count]
	s.count++
	*f = figure{at: at, slot: l.into, scale: int32(decimals) - 15, floor: 1 << 15}
	if decimals > sameDecimals {
		f.floor = 1 << (15 - decimals)
	}
	if neg {
		f.neg = 1
	}
	f.digits = toEnd(0, whole, whole+1, whole+1+decimals)
}

// toEnd is the shuffle that moves the bytes from a to b and from c to d to the end of
// sixteen, zeros in front.
func toEnd(a, b, c, d int) (shuffle [16]byte) {
	for k := range shuffle {
		shuffle[k] = 0x80
	}
	k := 16 - (b - a) - (d - c)
	for ; a < b; a++ {
		shuffle[k] = byte(a)
		k++
	}
	for ; c < d; c++ {
		shuffle[k] = byte(c)
		k++
	}
	return shuffle
}

// time bounds what is behind the hour of a time that was just added, if it is one that
// walk can read: minutes and seconds, and maybe a fraction of up to eight digits, and a
// Z.
func (s *stretch) time(text []byte) {
	const (
		hour  = "2018-12-26 18:"
		least = len(hour + "11:08")
		point = least
	)
	b := bytes.TrimRight(text, "zZ")
	digits := max(len(b)-point-1, 0)
	if len(b) < least || len(b) == point+1 || len(b) < len(text)-1 || digits > 8 {
		return
	}
	for k := len(hour); k < len(b); k++ {
		mark := byte(0)
		switch k {
		case len(hour) + 2:
			mark = ':'
		case point:
			mark = '.'
		}
		if mark != 0 && b[k] != mark || mark == 0 && b[k]-'0' > 9 {
			return
		}
	}
	s.n = s.when + 1 + uint32(len(hour))
	s.add(1, '0', '5', 0)
	s.add(1, '0', '9', 0)
	s.lead(b[len(hour)+2 : len(hour)+3])
	s.add(1, '0', '5', 0)
	s.add(1, '0', '9', 0)
	if digits > 0 {
		s.lead(b[point : point+1])
		s.add(digits, '0', '9', 0)
	}
	s.lead(text[len(b):])
	s.n++ // the quote
	s.unit = 1
	for k := digits; k < 9; k++ {
		s.unit *= 10
	}
	s.fraction = toEnd(0, digits, 0, 0)
}

// end bounds what is behind all that was added.
func (s *stretch) end() {
	for k := s.n; k < maxStretch; k++ {
		s.least[k], s.most[k], s.turn[k] = 0, 0xff, 0
	}
}
