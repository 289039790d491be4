package ndjson

import (
	"bytes"
	"math/bits"
	"unicode/utf8"

	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// This file is the matcher. It compares the text between values with prefixes that
// were learned from earlier lines, and validates each value while it skips it.
// kernel_amd64.s does the same for simple lines in vectors, and calls resolve and
// skipOtherValue when matchLines stops.
//
// The functions fall into three groups:
//
//   - match...: follow the plan. They return the index after what they matched, or
//     failed, and store what the plan wants in members, slots and Block.cuts.
//   - skip...: validate a value, or part of one, and return the index after it, or
//     failed. They store nothing but Parser.escaped.
//   - resolve and what it calls: find, learn or only parse a prefix that was not
//     predicted.
//
// The matcher accepts an object if and only if jsonscan.Object does. But it does not
// say what is wrong with one that it does not accept: jsonscan does, which the caller
// then runs on the whole line. FuzzPathsAgree and FuzzLine check the two against each
// other, and against encoding/json.
//
// Of duplicate names the last counts (RFC 8259, section 4, leaves that open). So a
// repeated name discards what was found of its previous value and inside it:
// `{"a":{"b":1},"a":{}}` has no a.b.
//
// Bounds: i is never after the line's '\n', for no function passes it: it is neither
// part of a prefix, nor of a string, a number or a literal, nor white space here. A
// load at i reads at most 24 bytes, and Block.buf has pad bytes after the last line.

// failed is returned instead of an index when there is no match.
const failed = -1

// matchObject matches the rest of an object of the plan from i on, where the prefix
// after prev begins, and returns the index after its closing brace, or failed. To
// begin at the opening brace, pass &n.start as prev. It sets Parser.empty for the
// object that ends last, which in the end is the record.
//
// Requires that Parser.depth is the depth of the object.
//
// The loop runs once per member. The first two cases of the switch are the values
// that nothing is wanted of, inlined: most members of a line are such.
func (p *Parser) matchObject(n *level, prev *prefix, i int) int {
	t := p.t
	for {
		f := prev.next
		if f.differs(t, i) != 0 || f.n > 8*fastWords && !f.match(t, i) {
			f = p.resolve(n, prev, i)
			if f == nil {
				return failed
			}
		}
		before := i
		i += f.n
		if f.use == useEnd {
			p.empty = prev == &n.start || len(p.b.cuts) > p.cutsBefore && p.allCut(before)
			return i
		}
		prev = f
		c := t.at(i)
		if c <= ' ' { // white space that is not part of the prefix: the text had less of it when the prefix was learned
			i = p.skipSpace(i)
			c = t.at(i)
		}
		switch {
		case c == '"' && (f.use == useSkip || f.use == useUnresolved && f.lookedUp == p.generation && p.pendingIn != p.seq):
			i = plainEnd(t, i+1)
			if t.at(i) == '"' {
				i++
				continue
			}
			i = p.skipString(i)
		case f.use == useSkip && c-'1' <= 8: // a number, mostly a short whole one: byte by byte is faster than by words
			for i++; t.at(i)-'0' <= 9; i++ {
			}
			c = t.at(i)
			if c == ',' || c == '}' {
				continue
			}
			i = p.skipFraction(i)
			if i != failed {
				continue
			}
		case f.use == useSkip:
			i = p.skipValue(i)
		case f.member != nil:
			i = p.matchMember(n, f, before, i)
		default:
			i = p.matchSlot(f, i)
		}
		if i == failed {
			return failed
		}
	}
}

// matchMember matches the value at i of a name that a path of the plan has, or
// Plan.Omit. f is the prefix before it, which begins at before. It fills the member:
// seq, span, and num if the value is a simple number.
func (p *Parser) matchMember(n *level, f *prefix, before, i int) int {
	m := f.member
	switch {
	case m == n.omit:
		return p.matchOmitted(before, i)
	case m.seq == p.seq: // the name comes again
		for _, d := range m.descendants {
			d.seq = 0
		}
		p.whenSeq = 0
	}
	m.seq = p.seq         // m is seen now; if the line is given up, a new seq voids that
	if f.slot != noSlot { // the name is a reading under Plan.All as well; the value is skipped twice
		to := p.matchSlot(f, i)
		if to == failed {
			return failed
		}
	}
	c := p.t.at(i)
	end := failed
	m.parsed = false
	p.escaped = false // for span.escaped: the value's own strings count
	switch {
	case m == p.time && c == '"':
		end = p.matchTime(i)
	case c == '{' && m.children != nil:
		// A path leads into the object. The recursion is as deep as the plan's
		// paths are long; the limit is for those that are longer than MaxDepth.
		if p.depth == jsonscan.MaxDepth {
			return failed
		}
		p.depth++
		end = p.matchObject(m.children, &m.children.start, i)
		p.depth--
	case m.number && c <= '9':
		// One pass validates the number and reads it. What Scan does not read,
		// long numbers, exponents and what is not a number, is only skipped here;
		// fill reads it from the span.
		d, k := exact.Scan(p.b.buf[i : p.b.size+1])
		m.parsed = k > 0
		if m.parsed {
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

// matchOmitted skips the value at i of the member that Plan.Omit names, and cuts the
// member out of the record, so that what remains is valid JSON. before is where its
// prefix begins.
//
// A member that follows another one is cut with the comma before it. One that follows
// none, or none that remains, is cut with the comma after it, up to the next name.
func (p *Parser) matchOmitted(before, i int) int {
	b := p.b
	end := p.skipValue(i)
	if end == failed {
		return failed
	}
	cut := span{from: before, to: end}
	name := p.skipSpace(p.skipSpace(before) + 1)
	last := len(b.cuts) - 1
	if p.t.at(before) == '{' || last >= p.cutsBefore && b.cuts[last].to == name {
		cut.from = name
		next := p.skipSpace(end)
		if p.t.at(next) == ',' {
			cut.to = p.skipSpace(next + 1)
		}
	}
	b.cuts = append(b.cuts, cut)
	return end
}

// allCut reports whether all members of a record are cut out, of which the last value
// ends at end: then the last cut begins at a name and reaches as far. Requires that
// there is a cut.
func (p *Parser) allCut(end int) bool {
	last := p.b.cuts[len(p.b.cuts)-1]
	return last.to == end && p.t.at(last.from) == '"'
}

// matchTime matches the string at i, which should be the time, and reads it if it is
// as long as the last one and in the same minute. Then it needs no other validation:
// clock.Again accepts only digits and the punctuation of a time.
//
// Bounds: Again does not accept a text that contains the line's '\n'.
func (p *Parser) matchTime(i int) int {
	end := i + p.timeLen
	if p.timeLen > 0 && end < p.b.size && p.t.at(end) == '"' {
		if t, ok := p.clock.Again(p.b.buf[i+1 : end]); ok {
			p.when, p.whenSeq = t, p.seq
			return end + 1
		}
	}
	end = p.skipValue(i)
	p.timeLen = end - 1 - i // below 0 if it failed
	return end
}

// matchSlot matches the value at i of a name that has a slot under Plan.All, or may
// get one, and appends its reading if it is a number. A number that is out of range
// is neither a reading nor an error there.
func (p *Parser) matchSlot(f *prefix, i int) int {
	c := p.t.at(i)
	number := c-'0' <= 9 || c == '-'
	// The fold may have assigned a slot since the last lookup.
	if f.slot == unresolvedSlot && f.lookedUp != p.generation {
		p.retryLookup(f)
	}
	var m *slotMark
	slot := f.slot
	switch {
	case slot >= 0:
		m = &p.marks[slot]
	case slot == noSlot || !number && p.pendingIn != p.seq:
		return p.skipValue(i)
	default:
		slot, m = p.pendingSlot(f.name)
	}
	// A value that is not a number is marked too: of a name that comes again, the last
	// value counts, whatever it is.
	if m.seq == p.seq {
		p.discardReading(m)
	}
	m.seq = p.seq
	if !number {
		m.at = 0
		return p.skipValue(i)
	}
	d, k := exact.Scan(p.b.buf[i : p.b.size+1])
	if k == 0 { // not a simple number
		end := p.skipNumber(i)
		if end == failed {
			return failed
		}
		var err error
		d, err = exact.Parse(p.b.buf[i:end])
		if err != nil {
			m.at = 0
			return end
		}
		k = end - i
	}
	p.b.reading(slot, d)
	m.at = len(p.b.values)
	return i + k
}

// pendingSlot returns the provisional slot of a name that has none yet, and its mark.
// The slot is -2-i for Block.pending[i], and valid in this batch. Block.resolveNames
// replaces it when the block is consumed, in input order, which keeps the numbering of
// slots independent of how many parsers there are.
func (p *Parser) pendingSlot(name []byte) (slot int32, m *slotMark) {
	p.pendingIn = p.seq
	i, ok := p.pending[string(name)]
	if !ok {
		i = len(p.b.pending)
		p.b.pending = append(p.b.pending, bytes.Clone(name))
		p.pending[string(name)] = i
		if i == len(p.pendingMarks) {
			p.pendingMarks = append(p.pendingMarks, slotMark{})
		}
	}
	return int32(-2 - i), &p.pendingMarks[i]
}

// discardReading voids the reading of a slot in the record at hand, if it has one,
// because the name comes again. dropDiscarded removes it.
func (p *Parser) discardReading(m *slotMark) {
	if m.at > 0 {
		p.b.values[m.at-1].slot = noSlot
		p.discardedIn = p.seq
	}
}

// dropDiscarded removes the discarded readings of the record at hand. Those that
// remain keep their order: of a name that came twice, the last one's.
func (p *Parser) dropDiscarded() {
	b := p.b
	remaining := b.values[:p.valuesBefore]
	for _, v := range b.values[p.valuesBefore:] {
		if v.slot != noSlot {
			remaining = append(remaining, v)
		}
	}
	b.values = remaining
}

// skipValue skips a value of any kind. What may follow it is for the next prefix to
// check; so "truex" fails only there.
func (p *Parser) skipValue(i int) int {
	c := p.t.at(i)
	switch {
	case c == '"':
		i = plainEnd(p.t, i+1)
		if p.t.at(i) == '"' {
			return i + 1
		}
		return p.skipString(i)
	case c-'0' <= 9 || c == '-':
		return p.skipNumber(i)
	// The literals are compared as words, whose first byte is the lowest.
	case c == 't' || c == 'n':
		w := uint32(p.t.word(i))
		if w == 'e'<<24|'u'<<16|'r'<<8|'t' || w == 'l'<<24|'l'<<16|'u'<<8|'n' {
			return i + 4
		}
	case c == 'f':
		if p.t.word(i)<<24 == 'e'<<56|'s'<<48|'l'<<40|'a'<<32|'f'<<24 {
			return i + 5
		}
	case c == '{' || c == '[':
		return p.skipNested(i)
	}
	return failed
}

// skipNested skips an object or array that the plan wants nothing of. jsonscan does it,
// whose bounds are a slice: it needs the end of the line. lineEnd caches that, for as
// long as i has not reached it.
func (p *Parser) skipNested(i int) int {
	if p.lineEnd < i {
		p.lineEnd = i + bytes.IndexByte(p.b.buf[i:p.b.size], '\n')
	}
	n, err := jsonscan.Value(p.b.buf[i:p.lineEnd], p.depth)
	if err != nil {
		return failed
	}
	return i + n
}

// skipNumber skips a number: '-', then 0 or digits that do not begin with 0, then a
// fraction and an exponent. What may follow it is for the next prefix to check.
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

// skipFraction skips the fraction and the exponent of a number, if it has them, from
// the first byte after its whole digits on.
func (p *Parser) skipFraction(i int) int {
	t := p.t
	if t.at(i) == '.' {
		from := i + 1
		i = skipDigits(t, from)
		if i == from {
			return failed
		}
	}
	if t.at(i)|0x20 == 'e' {
		i++
		c := t.at(i)
		if c == '+' || c == '-' {
			i++
		}
		from := i
		i = skipDigits(t, from)
		if i == from {
			return failed
		}
	}
	return i
}

// skipDigits returns the index of the first byte from i on that is not a digit.
//
// Why it works, per byte: b^'0' is at most 9 for digits only, and adding 0x76 sets the
// high bit from 10 on. A sum carries into the next byte only from 0x8a on, that is,
// for a byte that is not ASCII; w has the high bit there, and only the lowest byte
// that is marked counts, and no carry reaches it, as a byte that carries is marked itself.
func skipDigits(t text, i int) int {
	const zeros, high, over = 0x3030303030303030, 0x8080808080808080, 0x7676767676767676
	for {
		w := t.word(i)
		m := ((w ^ zeros) + over | w) & high
		if m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
}

// plainEnd returns the index of the first byte from i on that ends a string or needs
// decoding or a check in it: a quote, a backslash, a control character or a byte that is not
// ASCII.
func plainEnd(t text, i int) int {
	for {
		m := jsonscan.StringEnds(t.word(i))
		if m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
}

// skipString skips the rest of a string from i on, the result of plainEnd. It
// validates escapes and UTF-8, and sets Parser.escaped where it finds either. A lone
// surrogate as an escape is valid, as the grammar has it.
func (p *Parser) skipString(i int) int {
	for {
		c := p.t.at(i)
		switch {
		case c == '"':
			return i + 1
		case c == '\\':
			p.escaped = true
			i = p.skipEscape(i + 1)
			if i == failed {
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
			i += size
			if p.t.at(i) >= utf8.RuneSelf { // text that is not ASCII mostly continues so
				continue
			}
		}
		i = plainEnd(p.t, i)
	}
}

// skipEscape skips the rest of an escape after its backslash.
func (p *Parser) skipEscape(i int) int {
	switch p.t.at(i) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for k := i + 1; k < i+5; k++ {
			c := p.t.at(k)
			if c-'0' > 9 && (c|0x20)-'a' > 5 {
				return failed
			}
		}
		return i + 5
	}
	return failed
}

// resolve handles a misprediction: the text at i is not prev.next. It returns the
// prefix that is there, nil if there is no valid one.
//
// If prev.alt matches, the two predictions are exchanged, so two templates
// that alternate cost one comparison more. Otherwise the prefix is parsed, then found in
// the table or learned, and becomes prev's first prediction.
//
// A prefix that is too long to learn, or comes while learning is off, is returned in
// n.unlearned, which is valid until the next one and is never made a prediction. It is
// classified on each line anew. The kernel sees the difference by prev.next.
func (p *Parser) resolve(n *level, prev *prefix, i int) *prefix {
	alt := prev.alt
	if alt.match(p.t, i) {
		prev.next, prev.alt = alt, prev.next
		return alt
	}
	name, nameEnd, end := p.parsePrefix(i, prev == &n.start)
	if end == failed {
		return nil
	}
	b := p.b.buf[i:end]
	var f *prefix
	if len(b) <= maxPrefix {
		f = n.prefixes.find(b, p.t, i)
	}
	switch {
	case f != nil:
	case len(b) > maxPrefix || p.learning.off:
		n.unlearned.reset(len(b))
		p.classify(&n.unlearned, n, name, nameEnd)
		return &n.unlearned
	default:
		p.learning.count++
		f = n.prefixes.add(b)
		p.classify(f, n, name, nameEnd)
	}
	prev.next, prev.alt = f, prev.next
	return f
}

// parsePrefix parses and validates the prefix at i; first says that it opens the
// object. It returns the bounds of the name, with its quotes, and the end of the
// prefix: the first byte of the value, or what follows the closing brace. A closing
// prefix has no name: nameEnd is 0. end is failed if there is no valid prefix.
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
	name = i
	if t.at(i) != '"' {
		return 0, 0, failed
	}
	nameEnd = p.skipString(plainEnd(t, i+1))
	if nameEnd == failed {
		return 0, 0, failed
	}
	i = p.skipSpace(nameEnd)
	if t.at(i) != ':' {
		return 0, 0, failed
	}
	return name, nameEnd, p.skipSpace(i + 1)
}

// skipSpace skips white space within the line: not '\n'.
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

// classify sets the use of a new prefix, and what follows from it, by its name in
// p.b.buf[name:nameEnd], with quotes. nameEnd is 0 for a closing prefix. The other
// fields must be as set left them.
func (p *Parser) classify(f *prefix, n *level, name, nameEnd int) {
	if nameEnd == 0 {
		f.use = useEnd
		p.setAction(f)
		return
	}
	p.canon = jsonscan.AppendCanonical(p.canon[:0], p.b.buf[name+1:nameEnd-1])
	f.lookedUp = -1
	f.member, f.slot = p.lookupField(n, p.canon)
	switch {
	case f.member != nil && f.member == n.omit:
		f.use = useCut
	case f.slot == unresolvedSlot:
		f.name = append(f.name[:0], p.canon...)
		p.retryLookup(f)
		return
	case f.member != nil || f.slot != noSlot:
		f.use = useWant
	}
	p.setAction(f)
}

// setAction derives action, bit, dest and width of a prefix from its use, member,
// slot and length. It must be called whenever one of these has changed. For the
// combinations see prefix.
func (p *Parser) setAction(f *prefix) {
	f.action = actNone
	// A name that is a slot and a member of the plan as well needs two actions: the
	// kernel has none for it.
	slotOnly := f.use == useWant && f.member == nil
	switch {
	case slotOnly && int(f.slot) < maxBits-p.spanBits:
		f.action, f.bit, f.dest = actSlot, uint8(p.spanBits+int(f.slot)), f.slot
	case slotOnly:
		f.action, f.bit, f.dest = actSlotNoBit, maxBits, f.slot
	case f.use == useWant && f.slot == noSlot || f.use == useWantUnresolved:
		f.action, f.bit, f.dest = f.member.action, f.member.bit, f.member.dest
	}
	// A value that is wanted but cannot be stored: the kernel must not pass over it.
	// (At useCut it stops anyway, and in the other uses nothing is stored.)
	noAction := f.action == actNone && (f.use == useWant || f.use == useWantUnresolved)
	switch {
	case noAction, f.n > maxPrefix, f.n > maxPrefix/2 && f.action == actSlotNoBit:
		f.width = widthGo
	case f.n > maxPrefix/2:
		f.width = width64
	case f.action == actSlotNoBit:
		f.width = widthNoBit
	default:
		f.width = width32
	}
}

// lookupField returns what the plan wants of a canonical name at level n: the member
// that paths lead to or that is omitted, nil if there is none; and under Plan.All the
// slot, which is noSlot otherwise.
func (p *Parser) lookupField(n *level, name []byte) (m *member, slot int32) {
	if n.omit != nil && bytes.Equal(n.omit.name, name) {
		return n.omit, noSlot
	}
	if n.all {
		return n.find(name), p.slot(name)
	}
	return n.find(name), noSlot
}

// retryLookup looks up the slot of a prefix that had none, and sets its use again.
// Requires that f.name is the canonical name. As long as the name has no slot, the
// prefix remembers in which generation that was, so that there is one lookup, which
// takes a lock, per change of the names and not one per line.
func (p *Parser) retryLookup(f *prefix) {
	f.slot = p.slot(f.name)
	switch {
	case f.slot == unresolvedSlot && f.member == nil:
		f.use, f.lookedUp = useUnresolved, p.generation
	case f.slot == unresolvedSlot:
		f.use, f.lookedUp = useWantUnresolved, p.generation
	case f.slot == noSlot && f.member == nil:
		f.use = useSkip
	default:
		f.use = useWant
	}
	p.setAction(f)
}

// slot returns the slot of a canonical name under Plan.All, or noSlot or
// unresolvedSlot. Slots that were assigned after the batch began are not seen yet.
// Why: otherwise one name could have a slot on one line and be pending on an earlier
// one of the same batch, and would be listed in two forms.
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
