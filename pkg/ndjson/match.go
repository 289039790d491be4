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
// what the plan wants. (kernel_amd64.s does the same for what is plain, in vectors.)

// object goes on through an object of the plan, behind the lead prev, to behind
// its closing brace; or failed. At its opening brace, prev is n.start.
func (p *Parser) matchObject(n *level, prev *prefix, i int) int {
	t := p.t
	for {
		l := prev.next
		if l.differs(t, i) != 0 || l.n > 8*fastWords && !l.match(t, i) {
			if l = p.resolve(n, prev, i); l == nil {
				return failed
			}
		}
		before := i
		i += l.n
		if l.use == useEnd {
			p.empty = prev == &n.start
			return i
		}
		prev = l
		c := t.at(i)
		if c <= ' ' { // more white space than there was in the lead
			i = p.skipSpace(i)
			c = t.at(i)
		}
		switch {
		case c == '"' && (l.use == useSkip || l.use == useUnresolved && l.lookedUp == p.generation):
			if i = plainEnd(t, i+1); t.at(i) == '"' {
				i++
				continue
			}
			i = p.skipString(i)
		case l.use == useSkip && c-'1' <= 8: // a whole number, mostly
			for i++; t.at(i)-'0' <= 9; i++ {
			}
			if c := t.at(i); c == ',' || c == '}' {
				continue
			}
			if i = p.skipFraction(i); i != failed {
				continue
			}
		case l.use == useSkip:
			i = p.skipValue(i)
		case l.member != nil:
			i = p.matchMember(n, l, before, i)
		default:
			i = p.matchSlot(l, i)
		}
		if i == failed {
			return failed
		}
	}
}

// member is the value at i of a name that the plan wants; what stands before
// the name begins at before.
func (p *Parser) matchMember(n *level, l *prefix, before, i int) int {
	m := l.member
	switch {
	case m == n.omit:
		end := p.skipValue(i)
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
		if to := p.matchSlot(l, i); to == failed {
			return failed
		}
	}
	c := p.t.at(i)
	end := failed
	m.parsed = false
	p.escaped = false
	switch {
	case m == p.time && c == '"':
		end = p.matchTime(i)
	case c == '{' && m.children != nil:
		if p.depth == MaxDepth {
			return failed
		}
		p.depth++
		end = p.matchObject(m.children, &m.children.start, i)
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
		end = p.skipValue(i)
	}
	m.span = span{from: i, to: end, kind: kindOf(c), escaped: p.escaped}
	return end
}

// timeAt is the text of the time at i. It is mostly as long as the last one, and in
// the same minute: to read it is then to prove it good.
func (p *Parser) matchTime(i int) int {
	if end := i + p.timeLen; p.timeLen > 0 && end < p.b.size && p.t.at(end) == '"' {
		if t, ok := p.clock.Again(p.b.buf[i+1 : end]); ok {
			p.when, p.whenSeq = t, p.seq
			return end + 1
		}
	}
	end := p.skipValue(i)
	p.timeLen = end - 1 - i
	return end
}

// slotted is the value of a name that has a slot under all, or may get one.
func (p *Parser) matchSlot(l *prefix, i int) int {
	c := p.t.at(i)
	number := c-'0' <= 9 || c == '-'
	if l.slot == unresolvedSlot && l.lookedUp != p.generation {
		p.retryLookup(l)
	}
	if l.slot < 0 {
		if l.slot == unresolvedSlot && number {
			return failed
		}
		return p.skipValue(i)
	}
	if !p.markSeen(l.slot) {
		return failed
	}
	if !number {
		return p.skipValue(i)
	}
	d, k := exact.Scan(p.b.buf[i : p.b.size+1])
	if k == 0 {
		end := p.skipNumber(i)
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
func (p *Parser) markSeen(slot int32) bool {
	m := &p.marks[slot]
	if m.seq == p.seq {
		return false
	}
	m.seq = p.seq
	return true
}

// value passes a value of any kind.
func (p *Parser) skipValue(i int) int {
	switch c := p.t.at(i); {
	case c == '"':
		if i = plainEnd(p.t, i+1); p.t.at(i) == '"' {
			return i + 1
		}
		return p.skipString(i)
	case c-'0' <= 9 || c == '-':
		return p.skipNumber(i)
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
func (p *Parser) skipNumber(i int) int {
	t := p.t
	if t.at(i) == '-' {
		i++
	}
	from := i
	i = skipDigits(t, i)
	if i == from || t.at(from) == '0' && i > from+1 {
		return failed
	}
	return p.skipFraction(i)
}

// behindDigits passes what a number has behind its whole digits.
func (p *Parser) skipFraction(i int) int {
	t := p.t
	if t.at(i) == '.' {
		from := i + 1
		if i = skipDigits(t, from); i == from {
			return failed
		}
	}
	if t.at(i)|0x20 == 'e' {
		i++
		if c := t.at(i); c == '+' || c == '-' {
			i++
		}
		from := i
		if i = skipDigits(t, from); i == from {
			return failed
		}
	}
	return i
}

// passDigits goes to the first byte that is no digit.
func skipDigits(t text, i int) int {
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
		if m := stringEnds(t.word(i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
}

// restOfText goes on in a string from a byte at i that ends it or is not plain.
func (p *Parser) skipString(i int) int {
	for {
		switch c := p.t.at(i); {
		case c == '"':
			return i + 1
		case c == '\\':
			p.escaped = true
			if i = p.skipEscape(i + 1); i == failed {
				return failed
			}
		case c < ' ':
			return failed
		default:
			p.escaped = true
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
func (p *Parser) skipEscape(i int) int {
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
func (p *Parser) resolve(n *level, prev *prefix, i int) *prefix {
	if o := prev.alt; o.match(p.t, i) {
		prev.next, prev.alt = o, prev.next
		return o
	}
	name, nameEnd, end := p.parsePrefix(i, prev == &n.start)
	if end == failed {
		return nil
	}
	spelt := p.b.buf[i:end]
	if len(spelt) > maxPrefix {
		n.longPrefix.set(spelt)
		p.classify(&n.longPrefix, n, name, nameEnd)
		return &n.longPrefix
	}
	l := n.prefixes.find(spelt, p.t, i)
	if l == nil {
		l = n.prefixes.add(spelt)
		p.classify(l, n, name, nameEnd)
	}
	prev.next, prev.alt = l, prev.next
	return l
}

// spell finds the name, with its quotes, and the end of the lead at i. A closing
// one has no name.
func (p *Parser) parsePrefix(i int, first bool) (name, nameEnd, end int) {
	t := p.t
	if first {
		if t.at(i) != '{' {
			return 0, 0, failed
		}
		i++
	}
	i = p.skipSpace(i)
	if t.at(i) == '}' {
		return 0, 0, i + 1
	}
	if !first {
		if t.at(i) != ',' {
			return 0, 0, failed
		}
		i = p.skipSpace(i + 1)
	}
	if name = i; t.at(i) != '"' {
		return 0, 0, failed
	}
	if nameEnd = p.skipString(plainEnd(t, i+1)); nameEnd == failed {
		return 0, 0, failed
	}
	if i = p.skipSpace(nameEnd); t.at(i) != ':' {
		return 0, 0, failed
	}
	return name, nameEnd, p.skipSpace(i + 1)
}

// blanks passes white space, as far as the line goes.
func (p *Parser) skipSpace(i int) int {
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
func (p *Parser) classify(l *prefix, n *level, name, nameEnd int) {
	if nameEnd == 0 {
		l.use = useEnd
		p.setAction(l)
		return
	}
	p.canon = appendCanonical(p.canon[:0], p.b.buf[name+1:nameEnd-1])
	l.lookedUp = -1
	l.member, l.slot = p.lookupField(n, p.canon)
	switch {
	case l.member != nil && l.member == n.omit:
		l.use = useCut
	case l.slot == unresolvedSlot:
		l.name = bytes.Clone(p.canon)
		p.retryLookup(l)
		return
	case l.member != nil || l.slot != noSlot:
		l.use = useWant
	}
	p.setAction(l)
}

// direct tells walk what to do with a lead.
func (p *Parser) setAction(l *prefix) {
	l.action = actNone
	switch slotted := l.use == useWant && l.member == nil; {
	case slotted && int(l.slot) < maxBits-p.spanBits:
		l.action, l.bit, l.dest = actSlot, uint8(p.spanBits+int(l.slot)), l.slot
	case slotted:
		l.action, l.bit, l.dest = actSlotNoBit, maxBits, l.slot
	case l.use == useWant && l.slot == noSlot || l.use == useWantUnresolved:
		l.action, l.bit, l.dest = l.member.action, l.member.bit, l.member.dest
	}
	lost := l.action == actNone && (l.use == useWant || l.use == useWantUnresolved)
	switch {
	case lost, l.n > maxPrefix, l.n > maxPrefix/2 && l.action == actSlotNoBit:
		l.width = widthGo
	case l.n > maxPrefix/2:
		l.width = width64
	case l.action == actSlotNoBit:
		l.width = widthNoBit
	default:
		l.width = width32
	}
}

// meaning is what a name, canonical, stands for: a member, and under all a slot.
func (p *Parser) lookupField(n *level, name []byte) (m *member, slot int32) {
	if n.omit != nil && bytes.Equal(n.omit.name, name) {
		return n.omit, noSlot
	}
	if n.all {
		return n.find(name), p.slot(name)
	}
	return n.find(name), noSlot
}

// ask looks whether the name of a lead has a slot by now.
func (p *Parser) retryLookup(l *prefix) {
	switch l.slot = p.slot(l.name); {
	case l.slot == unresolvedSlot && l.member == nil:
		l.use, l.lookedUp = useUnresolved, p.generation
	case l.slot == unresolvedSlot:
		l.use, l.lookedUp = useWantUnresolved, p.generation
	case l.slot == noSlot && l.member == nil:
		l.use = useSkip
	default:
		l.use = useWant
	}
	p.setAction(l)
}

// slot is that of a name under all. What was given after the block at hand was
// begun is not seen: a name means the same in all of it.
func (p *Parser) slot(name []byte) int32 {
	slot := p.rd.all.slot(name)
	if slot >= p.slotCount {
		return unresolvedSlot
	}
	if slot == unresolvedSlot && p.limitReached {
		return noSlot
	}
	return slot
}
