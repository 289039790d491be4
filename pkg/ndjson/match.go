package ndjson

import (
	"bytes"
	"math/bits"
	"unicode/utf8"

	"weir/pkg/exact"
)

// What follows is the short way of a line: its leads are compared with those
// that are known, its values are proven good as they are passed. It finds what
// the scanner finds, or it fails; it is no judge of what is wrong, and leaves to
// the scanner whatever is rare. Members are passed once, and nothing is noted but
// what the plan wants. (walk_amd64.s does the same for what is plain, in vectors.)

// object goes on through an object of the plan, behind the lead prev, to behind
// its closing brace; or failed. At its opening brace, prev is n.start.
func (p *Parser) object(n *level, prev *lead, i int) int {
	t := p.t
	for {
		l := prev.next
		if l.differs(t, i) != 0 || l.n > 8*someWords && !l.match(t, i) {
			if l = p.turn(n, prev, i); l == nil {
				return failed
			}
		}
		before := i
		i += l.n
		if l.mode == closes {
			p.bare = prev == &n.start
			return i
		}
		prev = l
		c := t.at(i)
		if c <= ' ' { // more white space than there was in the lead
			i = p.blanks(i)
			c = t.at(i)
		}
		switch {
		case c == '"' && (l.mode == passed || l.mode == numbers && l.asked == p.stage):
			if i = plainEnd(t, i+1); t.at(i) == '"' {
				i++
				continue
			}
			i = p.restOfText(i)
		case l.mode == passed && c-'1' <= 8: // a whole number, mostly
			for i++; t.at(i)-'0' <= 9; i++ {
			}
			if c := t.at(i); c == ',' || c == '}' {
				continue
			}
			if i = p.behindDigits(i); i != failed {
				continue
			}
		case l.mode == passed:
			i = p.value(i)
		case l.m != nil:
			i = p.member(n, l, before, i)
		default:
			i = p.slotted(l, i)
		}
		if i == failed {
			return failed
		}
	}
}

// member is the value at i of a name that the plan wants; what stands before
// the name begins at before.
func (p *Parser) member(n *level, l *lead, before, i int) int {
	m := l.m
	switch {
	case m == n.take:
		end := p.value(i)
		if p.t.at(before) == '{' {
			return failed
		}
		p.b.cuts = append(p.b.cuts, span{from: before, to: end})
		return end
	case m.seq == p.seq:
		return failed
	}
	m.seq = p.seq
	if l.slot != noSlot {
		if to := p.slotted(l, i); to == failed {
			return failed
		}
	}
	c := p.t.at(i)
	end := failed
	m.parsed = false
	p.odd = false
	switch {
	case m == p.time && c == '"':
		end = p.timeAt(i)
	case c == '{' && m.below != nil:
		if p.depth == MaxDepth {
			return failed
		}
		p.depth++
		end = p.object(m.below, &m.below.start, i)
		p.depth--
	case m.number && c <= '9':
		d, k := exact.Scan(p.b.buf[i : p.b.size+1])
		if m.parsed = k > 0; m.parsed {
			m.num = d
			end = i + k
			break
		}
		fallthrough
	default:
		end = p.value(i)
	}
	m.span = span{from: i, to: end, kind: kindOf(c), odd: p.odd}
	return end
}

// timeAt is the text of the time at i. It is mostly as long as the last one, and in
// the same minute: to read it is then to prove it good.
func (p *Parser) timeAt(i int) int {
	if end := i + p.timeLen; p.timeLen > 0 && end < p.b.size && p.t.at(end) == '"' {
		if t, ok := p.clock.Again(p.b.buf[i+1 : end]); ok {
			p.when, p.whenSeq = t, p.seq
			return end + 1
		}
	}
	end := p.value(i)
	p.timeLen = end - 1 - i
	return end
}

// slotted is the value of a name that has a slot under all, or may get one.
func (p *Parser) slotted(l *lead, i int) int {
	c := p.t.at(i)
	number := c-'0' <= 9 || c == '-'
	if l.slot == unknownSlot && l.asked != p.stage {
		p.ask(l)
	}
	if l.slot < 0 {
		if l.slot == unknownSlot && number {
			return failed
		}
		return p.value(i)
	}
	if !p.mark(l.slot) {
		return failed
	}
	if !number {
		return p.value(i)
	}
	d, k := exact.Scan(p.b.buf[i : p.b.size+1])
	if k == 0 {
		end := p.number(i)
		if end == failed {
			return failed
		}
		var err error
		if d, err = exact.Parse(p.b.buf[i:end]); err != nil {
			return end
		}
		k = end - i
	}
	p.b.reading(l.slot, d)
	return i + k
}

// mark notes that a slot has been met in the record; false: it had been before.
func (p *Parser) mark(slot int32) bool {
	m := &p.marks[slot]
	if m.seq == p.seq {
		return false
	}
	m.seq = p.seq
	return true
}

// value passes a value of any kind.
func (p *Parser) value(i int) int {
	switch c := p.t.at(i); {
	case c == '"':
		if i = plainEnd(p.t, i+1); p.t.at(i) == '"' {
			return i + 1
		}
		return p.restOfText(i)
	case c-'0' <= 9 || c == '-':
		return p.number(i)
	case c == 't' || c == 'n':
		if w := uint32(p.t.word(i)); w == 'e'<<24|'u'<<16|'r'<<8|'t' || w == 'l'<<24|'l'<<16|'u'<<8|'n' {
			return i + 4
		}
	case c == 'f':
		if p.t.word(i)<<24 == 'e'<<56|'s'<<48|'l'<<40|'a'<<32|'f'<<24 {
			return i + 5
		}
	case c == '{' || c == '[':
		s := &p.scan
		if p.lineEnd < i {
			p.lineEnd = i + bytes.IndexByte(p.b.buf[i:p.b.size], '\n')
		}
		s.b, s.from = p.b.buf[:p.lineEnd], i // nobody is told a fault of here, but it is put into words
		return s.value(i, p.depth, nil)
	}
	return failed
}

// number passes a number. What may stand behind it is the next lead's to say.
func (p *Parser) number(i int) int {
	t := p.t
	if t.at(i) == '-' {
		i++
	}
	from := i
	i = passDigits(t, i)
	if i == from || t.at(from) == '0' && i > from+1 {
		return failed
	}
	return p.behindDigits(i)
}

// behindDigits passes what a number has behind its whole digits.
func (p *Parser) behindDigits(i int) int {
	t := p.t
	if t.at(i) == '.' {
		from := i + 1
		if i = passDigits(t, from); i == from {
			return failed
		}
	}
	if t.at(i)|0x20 == 'e' {
		i++
		if c := t.at(i); c == '+' || c == '-' {
			i++
		}
		from := i
		if i = passDigits(t, from); i == from {
			return failed
		}
	}
	return i
}

// passDigits goes to the first byte that is no digit.
func passDigits(t text, i int) int {
	const zeros, high, over = 0x3030303030303030, 0x8080808080808080, 0x7676767676767676
	for {
		w := t.word(i)
		if m := ((w ^ zeros) + over | w) & high; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
}

// plainEnd goes to the first byte that ends a string or is not plain in it.
func plainEnd(t text, i int) int {
	for {
		if m := special(t.word(i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
}

// restOfText goes on in a string from a byte at i that ends it or is not plain.
func (p *Parser) restOfText(i int) int {
	for {
		switch c := p.t.at(i); {
		case c == '"':
			return i + 1
		case c == '\\':
			p.odd = true
			if i = p.escape(i + 1); i == failed {
				return failed
			}
		case c < ' ':
			return failed
		default:
			p.odd = true
			r, size := utf8.DecodeRune(p.b.buf[i : p.b.size+1])
			if r == utf8.RuneError && size == 1 {
				return failed
			}
			if i += size; p.t.at(i) >= utf8.RuneSelf {
				continue
			}
		}
		i = plainEnd(p.t, i)
	}
}

// escape passes what stands behind a backslash.
func (p *Parser) escape(i int) int {
	switch p.t.at(i) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for k := i + 1; k < i+5; k++ {
			if c := p.t.at(k); c-'0' > 9 && (c|0x20)-'a' > 5 {
				return failed
			}
		}
		return i + 5
	}
	return failed
}

// turn finds the lead at i where another one was expected behind prev.
func (p *Parser) turn(n *level, prev *lead, i int) *lead {
	if o := prev.other; o.match(p.t, i) {
		prev.next, prev.other = o, prev.next
		return o
	}
	name, nameEnd, end := p.spell(i, prev == &n.start)
	if end == failed {
		return nil
	}
	spelt := p.b.buf[i:end]
	if len(spelt) > maxLead {
		n.long.set(spelt)
		p.mean(&n.long, n, name, nameEnd)
		return &n.long
	}
	l := n.leads.find(spelt, p.t, i)
	if l == nil {
		l = n.leads.add(spelt)
		p.mean(l, n, name, nameEnd)
	}
	prev.next, prev.other = l, prev.next
	return l
}

// spell finds the name, with its quotes, and the end of the lead at i. A closing
// one has no name.
func (p *Parser) spell(i int, first bool) (name, nameEnd, end int) {
	t := p.t
	if first {
		if t.at(i) != '{' {
			return 0, 0, failed
		}
		i++
	}
	i = p.blanks(i)
	if t.at(i) == '}' {
		return 0, 0, i + 1
	}
	if !first {
		if t.at(i) != ',' {
			return 0, 0, failed
		}
		i = p.blanks(i + 1)
	}
	if name = i; t.at(i) != '"' {
		return 0, 0, failed
	}
	if nameEnd = p.restOfText(plainEnd(t, i+1)); nameEnd == failed {
		return 0, 0, failed
	}
	if i = p.blanks(nameEnd); t.at(i) != ':' {
		return 0, 0, failed
	}
	return name, nameEnd, p.blanks(i + 1)
}

// blanks passes white space, as far as the line goes.
func (p *Parser) blanks(i int) int {
	for {
		switch p.t.at(i) {
		case ' ', '\t', '\r':
			i++
		default:
			return i
		}
	}
}

// mean says what a lead stands for.
func (p *Parser) mean(l *lead, n *level, name, nameEnd int) {
	if nameEnd == 0 {
		l.mode = closes
		p.direct(l)
		return
	}
	p.canon = appendCanonical(p.canon[:0], p.b.buf[name+1:nameEnd-1])
	l.asked = -1
	l.m, l.slot = p.meaning(n, p.canon)
	switch {
	case l.m != nil && l.m == n.take:
		l.mode = taken
	case l.slot == unknownSlot:
		l.named = bytes.Clone(p.canon)
		p.ask(l)
		return
	case l.m != nil || l.slot != noSlot:
		l.mode = noted
	}
	p.direct(l)
}

// direct tells walk what to do with a lead.
func (p *Parser) direct(l *lead) {
	l.goal = nowhere
	switch slotted := l.mode == noted && l.m == nil; {
	case slotted && int(l.slot) < allBits-p.bits:
		l.goal, l.bit, l.into = toSlot, uint8(p.bits+int(l.slot)), l.slot
	case slotted:
		l.goal, l.bit, l.into = toFar, allBits, l.slot
	case l.mode == noted && l.slot == noSlot || l.mode == both:
		l.goal, l.bit, l.into = l.m.goal, l.m.bit, l.m.into
	}
	lost := l.goal == nowhere && (l.mode == noted || l.mode == both)
	switch {
	case lost, l.n > maxLead, l.n > maxLead/2 && l.goal == toFar:
		l.gait = halt
	case l.n > maxLead/2:
		l.gait = wide
	case l.goal == toFar:
		l.gait = far
	default:
		l.gait = short
	}
}

// meaning is what a name, canonical, stands for: a member, and under all a slot.
func (p *Parser) meaning(n *level, name []byte) (m *member, slot int32) {
	if n.take != nil && bytes.Equal(n.take.name, name) {
		return n.take, noSlot
	}
	if n.all {
		return n.find(name), p.slot(name)
	}
	return n.find(name), noSlot
}

// ask looks whether the name of a lead has a slot by now.
func (p *Parser) ask(l *lead) {
	switch l.slot = p.slot(l.named); {
	case l.slot == unknownSlot && l.m == nil:
		l.mode, l.asked = numbers, p.stage
	case l.slot == unknownSlot:
		l.mode, l.asked = both, p.stage
	case l.slot == noSlot && l.m == nil:
		l.mode = passed
	default:
		l.mode = noted
	}
	p.direct(l)
}

// slot is that of a name under all. What was given after the block at hand was
// begun is not seen: a name means the same in all of it.
func (p *Parser) slot(name []byte) int32 {
	slot := p.rd.all.slot(name)
	if slot >= p.given {
		return unknownSlot
	}
	if slot == unknownSlot && p.full {
		return noSlot
	}
	return slot
}
