package ndjson

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"

	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// This file is the reference: it defines which lines are good. The fast path
// (match.go, kernel_amd64.s) accepts a subset of what it accepts and must find
// the same in it; on anything else the fast path gives up and the scanner runs.
// fault.go has the messages.
//
// All scanning methods follow one convention. They take the index of the first
// byte of what they scan, return the index after its last byte, or return
// failed after a call of fail. No method reads at or beyond len(s.b).

// kind is the type of a JSON value, named by its first byte: '"' string, '{'
// object, '[' array, '0' number, 't' true, 'f' false, 'n' null. 0 is no value.
type kind byte

// span is the position of a value: text[from:to].
type span struct {
	from, to int
	kind     kind
	escaped  bool // The string has escapes or non-ASCII bytes, so other spellings of it exist.
}

// in returns the value's bytes.
func (s span) in(text []byte) []byte { return text[s.from:s.to] }

// inside returns a string's bytes without its quotes. It requires kind '"'.
func (s span) inside(text []byte) []byte { return text[s.from+1 : s.to-1] }

// scanner is the general path: a recursive-descent parser for one record. It
// validates by RFC 8259, records the members that a plan wants, and describes
// the first error. It runs in linear time; its memory is constant but for the
// recursion, which MaxDepth bounds.
type scanner struct {
	b    []byte
	from int // The record begins at b[from]. Fault positions are relative to it.

	// p receives what is found. It may be nil if every level passed in is nil:
	// then the scanner validates only.
	p *Parser

	numbers   []scannedNumber // Under Plan.All: the readings, in the record's order.
	last      int             // The index of the record's closing brace.
	remaining int             // How many top-level members are not omitted.
	escaped   bool            // A string scanned since this was cleared has escapes or non-ASCII bytes.
	fault     fault           // The error, once a method has returned failed.
}

// scannedNumber is a number under Plan.All. slot is noSlot if a later member of
// the same name replaced it; below noSlot it refers to Block.pending.
type scannedNumber struct {
	slot int32
	span span
}

// failed is returned instead of an index when the text is not valid.
const failed = -1

// record scans b[from:], which must be one object with nothing but white space
// around it, and collects what level n wants; n may be nil. It reports whether
// the record is good; if not, s.fault has the reason.
func (s *scanner) record(b []byte, from int, n *level) bool {
	s.b, s.from, s.remaining, s.numbers = b, from, 0, s.numbers[:0]
	i := s.space(from)
	if i == len(b) {
		return s.fail(i, "an empty line", "") != failed
	}
	if b[i] != '{' {
		return s.notObject(i) != failed
	}
	end := s.object(i, 1, n)
	if end == failed {
		return false
	}
	s.last = end - 1
	i = s.space(end)
	if i < len(b) {
		return s.failAfterObject(i) != failed
	}
	if n != nil {
		s.p.empty = s.remaining == 0
		s.readings()
	}
	return true
}

// readings appends the collected numbers to the block. A number outside the
// range of exact.Dec is not a reading under Plan.All.
func (s *scanner) readings() {
	for _, f := range s.numbers {
		if f.slot == noSlot {
			continue
		}
		d, err := exact.Parse(f.span.in(s.b))
		if err == nil {
			s.p.b.reading(f.slot, d)
		}
	}
}

// notObject reports why the text at i is not an object. It always returns
// failed. A complete value of another type is valid JSON, so the fault is not
// one of syntax: in an array the next element can still be found.
func (s *scanner) notObject(i int) int {
	switch s.b[i] {
	case '}', ']', ',', ':':
		return s.fail(i, "expected '{'"+onePerLine, s.token(i))
	}
	end := s.value(i, 1, nil)
	if end == failed {
		return failed
	}
	at := s.space(end)
	if at < len(s.b) {
		return s.fail(at, "text after the value"+onePerLine, s.token(at))
	}
	s.fail(i, "not an object", truncate(s.b[i:end]))
	s.fault.syntax = false
	return failed
}

// fail records an error at index at, of a kind and with a detail, and returns
// failed. If the byte there does not begin a valid UTF-8 sequence (RFC 8259,
// section 8.1), that is reported instead, whatever was expected.
func (s *scanner) fail(at int, kind, detail string) int {
	if at < len(s.b) && s.b[at] >= utf8.RuneSelf {
		r, size := utf8.DecodeRune(s.b[at:])
		if r == utf8.RuneError && size == 1 {
			kind, detail = "not UTF-8", fmt.Sprintf("the byte 0x%02x", s.b[at])
		}
	}
	s.fault = fault{at: at - s.from, kind: kind, detail: detail, syntax: true}
	return failed
}

// space skips white space (RFC 8259, section 2: blank, tab, line feed, carriage
// return). It returns the index of the first other byte, or len(s.b).
func (s *scanner) space(i int) int {
	for i < len(s.b) {
		c := s.b[i]
		if c > ' ' || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			break
		}
		i++
	}
	return i
}

// value scans a value of any type (RFC 8259, section 3). depth is the depth of
// the object or array that contains it; n says what is wanted of its members if
// it is an object. i may be len(s.b): then the value is missing.
func (s *scanner) value(i, depth int, n *level) int {
	if i == len(s.b) {
		return s.failUnfinished()
	}
	c := s.b[i]
	switch c {
	case '"':
		return s.string(i)
	case '{':
		return s.object(i, depth+1, n)
	case '[':
		return s.array(i, depth+1)
	case 't':
		return s.literal(i, "true")
	case 'f':
		return s.literal(i, "false")
	case 'n':
		return s.literal(i, "null")
	default:
		if c == '-' || c-'0' <= 9 { // c is unsigned, so a byte below '0' wraps to a large value
			return s.number(i)
		}
		return s.failValue(i)
	}
}

// object scans an object (RFC 8259, section 4). It requires s.b[i] == '{'.
//
// At the top level it also records which text Writer.Record has to leave out
// for Plan.Omit, so that what remains is valid JSON: a member that follows
// another one is cut with the comma before it; one without a predecessor is cut
// with the comma after it, up to the next name.
func (s *scanner) object(i, depth int, n *level) int {
	if depth > MaxDepth {
		return s.failDepth(i)
	}
	top := depth == 1 && n != nil
	pending := -1 // where the cut begins of an omitted member that has no predecessor, until its end is known
	end := i + 1  // after the last value, or after the brace
	for first := true; ; first = false {
		l := s.memberStart(end, first)
		if l.value == failed {
			return failed
		}
		if pending >= 0 {
			to := l.name
			if l.close {
				to = end
			}
			s.p.b.cuts = append(s.p.b.cuts, span{from: pending, to: to})
			pending = -1
		}
		if l.close {
			return l.value + 1
		}
		var m *member
		slot := int32(noSlot)
		if n != nil {
			s.p.canon = jsonscan.AppendCanonical(s.p.canon[:0], s.b[l.name+1:l.nameEnd-1])
			m, slot = s.p.lookupField(n, s.p.canon)
		}
		i = s.member(l.value, depth, m, slot)
		if i == failed {
			return failed
		}
		if top {
			switch {
			case m == nil || m != n.omit:
				s.remaining++
			case s.remaining > 0:
				s.p.b.cuts = append(s.p.b.cuts, span{from: end, to: i})
			default:
				pending = l.name
			}
		}
		end = i
	}
}

// memberStart is the text before a value in an object: comma, name and colon.
// If close is true, the object's closing brace is there instead.
type memberStart struct {
	name, nameEnd int // The name with its quotes is s.b[name:nameEnd].
	value         int // The index of the value or the brace; failed on an error.
	close         bool
}

// memberStart scans from i, the end of the previous value, to the next value.
// first is true directly after the opening brace, where there is no comma. RFC
// 8259 allows no trailing comma and no name without quotes.
//
// The value's index may be len(s.b); value reports that.
func (s *scanner) memberStart(i int, first bool) memberStart {
	bad := memberStart{value: failed}
	i = s.space(i)
	if i == len(s.b) {
		s.failUnfinished()
		return bad
	}
	if s.b[i] == '}' {
		return memberStart{value: i, close: true}
	}
	if !first {
		if s.b[i] != ',' {
			s.failComma(i, "or '}'")
			return bad
		}
		comma := i
		i = s.space(i + 1)
		if i == len(s.b) {
			s.failUnfinished()
			return bad
		}
		if s.b[i] == '}' {
			s.fail(comma, "trailing comma before '}'", "")
			return bad
		}
	}
	if s.b[i] != '"' {
		s.failName(i)
		return bad
	}
	l := memberStart{name: i, nameEnd: s.string(i)}
	if l.nameEnd == failed {
		return bad
	}
	i = s.space(l.nameEnd)
	if i == len(s.b) {
		s.failUnfinished()
		return bad
	}
	if s.b[i] != ':' {
		s.fail(i, "expected ':' after a name", s.token(i))
		return bad
	}
	l.value = s.space(i + 1)
	return l
}

// member scans the value at i of the member whose canonical name is s.p.canon.
// It records the value for m, a member of the plan, and for slot, under
// Plan.All; either may be absent (nil, noSlot).
//
// Of duplicate names the last counts (RFC 8259, section 4, leaves that open).
// So a repeated name also discards what was found inside its previous value:
// `{"a":{"b":1},"a":{}}` has no a.b.
func (s *scanner) member(i, depth int, m *member, slot int32) int {
	if m == nil && slot == noSlot {
		return s.value(i, depth, nil)
	}
	name := s.p.canon
	if slot == unresolvedSlot {
		slot = s.pendingSlot(name)
	}
	var children *level
	if m != nil {
		for _, u := range m.descendants {
			u.seq = 0
		}
		m.seq = s.p.seq
		children = m.children
	}
	s.escaped = false
	end := s.value(i, depth, children)
	if end == failed {
		return failed
	}
	v := span{from: i, to: end, kind: kindOf(s.b[i]), escaped: s.escaped}
	if m != nil {
		m.span, m.parsed = v, false
	}
	if slot != noSlot {
		s.reading(slot, v)
	}
	return end
}

// pendingSlot returns the provisional slot of a name that has none yet: -2-i
// for Block.pending[i]. It is valid in this block. Block.resolveNames replaces
// it when the block is consumed in input order, which keeps the numbering of
// slots independent of how many parsers there are.
func (s *scanner) pendingSlot(name []byte) int32 {
	b := s.p.b
	if slot, ok := s.p.pending[string(name)]; ok {
		return slot
	}
	slot := int32(-2 - len(b.pending))
	b.pending = append(b.pending, bytes.Clone(name))
	s.p.pending[string(name)] = slot
	return slot
}

// reading notes the value of a slot under Plan.All. Invariant: marks[slot].at-1
// is the index in s.numbers of the slot's number in this record, if it has one.
// A second member of the same name removes the first number; its own is then
// at its own position in the record's order.
func (s *scanner) reading(slot int32, v span) {
	p := s.p
	marks, at := &p.marks, int(slot)
	if slot < 0 {
		marks, at = &p.pendingMarks, -2-int(slot)
	}
	for len(*marks) <= at {
		*marks = append(*marks, slotMark{})
	}
	m := &(*marks)[at]
	if m.seq == p.seq && m.at > 0 {
		s.numbers[m.at-1].slot = noSlot
	}
	*m = slotMark{seq: p.seq}
	if v.kind == '0' {
		s.numbers = append(s.numbers, scannedNumber{slot, v})
		m.at = len(s.numbers)
	}
}

// kindOf returns the kind of the value that begins with c. It requires a valid
// value: c is not checked.
func kindOf(c byte) kind {
	if c == '-' || c-'0' <= 9 {
		return '0'
	}
	return kind(c)
}

// array scans an array (RFC 8259, section 5). It requires s.b[i] == '['. No
// path leads into an array, so its elements are validated only.
func (s *scanner) array(i, depth int) int {
	if depth > MaxDepth {
		return s.failDepth(i)
	}
	i = s.space(i + 1)
	if i < len(s.b) && s.b[i] == ']' {
		return i + 1
	}
	for {
		i = s.value(i, depth, nil)
		if i == failed {
			return failed
		}
		i = s.space(i)
		if i == len(s.b) {
			return s.failUnfinished()
		}
		switch s.b[i] {
		case ',':
			comma := i
			i = s.space(i + 1)
			if i < len(s.b) && s.b[i] == ']' {
				return s.fail(comma, "trailing comma before ']'", "")
			}
		case ']':
			return i + 1
		default:
			return s.failComma(i, "or ']'")
		}
	}
}

// string scans a string (RFC 8259, section 7): no raw control characters, valid
// escapes only, valid UTF-8 (section 8.1). It requires s.b[i] == '"'. It sets
// s.escaped if the string has escapes or non-ASCII bytes.
//
// Plain bytes are skipped eight at a time; the byte loop handles the last seven
// of the text.
func (s *scanner) string(i int) int {
	b := s.b
	open := i
	i++
	for {
		for i+8 <= len(b) {
			marks := stringEnds(binary.LittleEndian.Uint64(b[i:]))
			if marks != 0 {
				i += bits.TrailingZeros64(marks) >> 3
				break
			}
			i += 8
		}
		for i < len(b) && plain[b[i]] {
			i++
		}
		if i == len(b) {
			return s.fail(open, "unterminated string", s.token(open))
		}
		c := b[i]
		switch {
		case c == '"':
			return i + 1
		case c == '\\':
			s.escaped = true
			i = s.escape(i)
			if i == failed {
				return failed
			}
		case c < ' ':
			return s.fail(i, "a control character in a string must be escaped", fmt.Sprintf("\\u%04x", c))
		default:
			s.escaped = true
			r, size := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && size == 1 {
				s.fail(i, "", "") // which fills in the message
				s.fault.syntax = false
				return failed
			}
			i += size
		}
	}
}

// stringEnds finds the first of eight string bytes that needs attention: a
// quote, a backslash, a control character or a non-ASCII byte. w holds the
// bytes in little-endian order. The lowest bit set in the result is the high
// bit of that byte; the result is 0 if all eight are plain. Bits above the
// lowest one are not reliable.
//
// It works on all eight bytes at once (SWAR, SIMD within a register). Take one
// byte c below 0x80, and think of no borrow from the byte below it:
//
//   - (c ^ 0x02) - 0x21 has its high bit set when c^0x02 < 0x21, because the
//     difference wraps below zero. Flipping bit 1 permutes the control
//     characters 0x00..0x1f, maps the quote 0x22 to 0x20 and the blank 0x20 to
//     0x22. So the test holds for exactly the control characters and the quote.
//   - (c ^ 0x5c) - 0x01 has its high bit set when c is the backslash 0x5c: only
//     then c^0x5c is 0, and the difference wraps to 0xff.
//   - c itself has no high bit. A byte of 0x80 or more does, which marks it.
//
// Why borrows do no harm: a byte borrows from the one above it only if it wraps,
// and then it is marked itself. So below the lowest mark nothing has borrowed,
// and that mark is right.
func stringEnds(w uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	return ((w ^ ones*2 - ones*0x21) | (w ^ ones*'\\' - ones) | w) & high
}

// plain marks the ASCII bytes that stand for themselves in a string: the
// complement of what stringEnds marks.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// escape scans an escape sequence (RFC 8259, section 7). It requires s.b[i] ==
// '\\'. If the text ends inside the sequence it returns len(s.b), and string
// reports the missing quote. Surrogates are not paired here: RFC 8259 allows a
// lone one, see decodeOne.
func (s *scanner) escape(i int) int {
	if i+1 == len(s.b) {
		return i + 1
	}
	switch s.b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for k := i + 2; k < i+6; k++ {
			if k == len(s.b) {
				return k
			}
			c := s.b[k]
			if c-'0' > 9 && (c|0x20)-'a' > 5 {
				return s.fail(i, "an escape \\u needs four hexadecimal digits", truncate(s.b[i:k+1]))
			}
		}
		return i + 6
	}
	_, size := utf8.DecodeRune(s.b[i+1:])
	return s.fail(i, "not a JSON escape", truncate(s.b[i:i+1+size]))
}

// number scans a number (RFC 8259, section 6): an optional minus; one 0, or
// digits without a leading 0; an optional fraction; an optional exponent. It
// requires a digit or a minus at i. A number must be followed by a byte that can
// follow a value, so that 12abc is one bad number and not a good one before text.
func (s *scanner) number(i int) int {
	from := i
	if s.b[i] == '-' {
		i++
	}
	digits := i
	i = s.digits(i)
	if i == digits || s.b[digits] == '0' && i > digits+1 {
		return s.failNumber(from)
	}
	if i < len(s.b) && s.b[i] == '.' {
		digits = i + 1
		i = s.digits(digits)
		if i == digits {
			return s.failNumber(from)
		}
	}
	if i < len(s.b) && s.b[i]|0x20 == 'e' {
		i++
		if i < len(s.b) && (s.b[i] == '+' || s.b[i] == '-') {
			i++
		}
		digits = i
		i = s.digits(i)
		if i == digits {
			return s.failNumber(from)
		}
	}
	if i < len(s.b) && !endsValue[s.b[i]] {
		return s.failNumber(from)
	}
	return i
}

// digits skips decimal digits. It returns the index of the first other byte, or
// len(s.b).
func (s *scanner) digits(i int) int {
	for i < len(s.b) && s.b[i]-'0' <= 9 {
		i++
	}
	return i
}

// endsValue marks the bytes that end a wrong token, and may follow a number:
// white space and JSON's punctuation. Whether the punctuation is right in its
// position is for the caller to check.
var endsValue = [256]bool{' ': true, '\t': true, '\n': true, '\r': true, ',': true, ']': true, '}': true, ':': true, '"': true, '[': true, '{': true}

// literal scans true, false or null (RFC 8259, section 3). It requires that the
// first byte of w has been compared. A letter or digit must not follow.
func (s *scanner) literal(i int, w string) int {
	end := i + len(w)
	if end <= len(s.b) && string(s.b[i:end]) == w && (end == len(s.b) || !letter(s.b[end])) {
		return end
	}
	return s.failValue(i)
}
