package ndjson

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"

	"weir/pkg/exact"
)

// kind is what a JSON value begins with: '"', '{', '[', '0' (any number), 't',
// 'f', 'n'; 0 is no value.
type kind byte

// span is where a value stands in its text.
type span struct {
	from, to int
	kind     kind
	escaped  bool // a string with escapes, or that is not ASCII: its text may have other spellings
}

func (s span) in(text []byte) []byte { return text[s.from:s.to] }

// inside is a string's text between its quotes.
func (s span) inside(text []byte) []byte { return text[s.from+1 : s.to-1] }

// scanner is the long way: it judges one text, says what is wrong with it, and
// finds the members of a plan in it. Its time is linear in the text, its memory
// constant but for the depth.
type scanner struct {
	b         []byte
	from      int           // where the record begins
	p         *Parser       // whose members are filled; not needed without a level
	found     []foundNumber // under all: the numbers, in the record's order
	last      int           // index of the closing brace
	remaining int           // members at the top that stay
	escaped   bool          // since it was last cleared, a string was
	fault     fault
}

// found is a number under all; the last under a name counts.
type foundNumber struct {
	slot int32 // noSlot is passed over; below, one of Block.fresh
	span span
}

const failed = -1

// record scans b, which from there on must be one object with nothing but white
// space around it. It reports whether it is good; if not, fault says why.
func (s *scanner) record(b []byte, from int, n *level) bool {
	s.b, s.from, s.remaining, s.found = b, from, 0, s.found[:0]
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
	if i = s.space(end); i < len(b) {
		return s.fail(i, "text after the object"+oneObject, s.token(i)) != failed
	}
	if n != nil {
		s.p.empty = s.remaining == 0
		s.readings()
	}
	return true
}

// readings hands on the numbers under all.
func (s *scanner) readings() {
	for _, f := range s.found {
		if f.slot == noSlot {
			continue
		}
		if d, err := exact.Parse(f.span.in(s.b)); err == nil {
			s.p.b.reading(f.slot, d)
		}
	}
}

// other says what stands where an object should: a value of another type is
// not at fault as JSON.
func (s *scanner) notObject(i int) int {
	if c := s.b[i]; c == '}' || c == ']' || c == ',' || c == ':' {
		return s.fail(i, "expected '{'"+oneObject, s.token(i))
	}
	end := s.value(i, 1, nil)
	if end == failed {
		return failed
	}
	if at := s.space(end); at < len(s.b) {
		return s.fail(at, "text after the value"+oneObject, s.token(at))
	}
	s.fail(i, "not an object", truncate(s.b[i:end]))
	s.fault.syntax = false
	return failed
}

func (s *scanner) fail(at int, kind, detail string) int {
	if at < len(s.b) && s.b[at] >= utf8.RuneSelf {
		if r, size := utf8.DecodeRune(s.b[at:]); r == utf8.RuneError && size == 1 {
			kind, detail = "not UTF-8", fmt.Sprintf("the byte 0x%02x", s.b[at])
		}
	}
	s.fault = fault{at: at - s.from, kind: kind, detail: detail, syntax: true}
	return failed
}

func (s *scanner) space(i int) int {
	for i < len(s.b) {
		if c := s.b[i]; c > ' ' || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			break
		}
		i++
	}
	return i
}

// value scans the value that begins at i and returns where it ends.
func (s *scanner) value(i, depth int, n *level) int {
	if i == len(s.b) {
		return s.failUnfinished()
	}
	switch c := s.b[i]; c {
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
		if c == '-' || c-'0' <= 9 {
			return s.number(i)
		}
		return s.failValue(i)
	}
}

// object scans the members of an object.
func (s *scanner) object(i, depth int, n *level) int {
	if depth > MaxDepth {
		return s.failDepth(i)
	}
	top := depth == 1 && n != nil
	pending := -1 // where a member that is left out, with none kept before it, begins
	end := i + 1  // of the last value
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
			s.p.canon = appendCanonical(s.p.canon[:0], s.b[l.name+1:l.nameEnd-1])
			m, slot = s.p.lookupField(n, s.p.canon)
		}
		if i = s.member(l.value, depth, m, slot); i == failed {
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

// place is what stands before a value in an object: white space, comma, name,
// colon. If it is a brace instead, close is true.
type memberStart struct {
	name, nameEnd int // with quotes
	value         int // where the value, or the brace, stands; or failed
	close         bool
}

func (s *scanner) memberStart(i int, first bool) memberStart {
	bad := memberStart{value: failed}
	if i = s.space(i); i == len(s.b) {
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
		if i = s.space(i + 1); i == len(s.b) {
			s.failUnfinished()
			return bad
		}
		if s.b[i] == '}' {
			s.fail(comma, "a comma before '}'", "")
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
	if i = s.space(l.nameEnd); i == len(s.b) {
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

// member scans the value of a name that means m, or has a slot. Of members of
// one name the last counts.
func (s *scanner) member(i, depth int, m *member, slot int32) int {
	if m == nil && slot == noSlot {
		return s.value(i, depth, nil)
	}
	name := s.p.canon
	if slot == unresolvedSlot {
		slot = s.pendingSlot(name)
	}
	var below *level
	if m != nil {
		for _, u := range m.descendants {
			u.seq = 0
		}
		m.seq = s.p.seq
		below = m.children
	}
	s.escaped = false
	end := s.value(i, depth, below)
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

// unnamed is what a name that has no slot goes by in this block.
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

// reading notes a value under all.
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
	if m.seq == p.seq { // the name comes again: the last counts, where it stands
		if m.at > 0 {
			s.found[m.at-1].slot = noSlot
		}
	}
	*m = slotMark{seq: p.seq}
	if v.kind == '0' {
		s.found = append(s.found, foundNumber{slot, v})
		m.at = len(s.found)
	}
}

func kindOf(c byte) kind {
	if c == '-' || c-'0' <= 9 {
		return '0'
	}
	return kind(c)
}

func (s *scanner) array(i, depth int) int {
	if depth > MaxDepth {
		return s.failDepth(i)
	}
	i = s.space(i + 1)
	if i < len(s.b) && s.b[i] == ']' {
		return i + 1
	}
	for {
		if i = s.value(i, depth, nil); i == failed {
			return failed
		}
		if i = s.space(i); i == len(s.b) {
			return s.failUnfinished()
		}
		switch s.b[i] {
		case ',':
			comma := i
			i = s.space(i + 1)
			if i < len(s.b) && s.b[i] == ']' {
				return s.fail(comma, "a comma before ']'", "")
			}
		case ']':
			return i + 1
		default:
			return s.failComma(i, "or ']'")
		}
	}
}

// text scans a string: eight bytes at a time while they are plain.
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
			return s.fail(open, "a string that does not end on its line", s.token(open))
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			s.escaped = true
			if i = s.escape(i); i == failed {
				return failed
			}
		case c < ' ':
			return s.fail(i, "a raw control character in a string (it must be escaped)", fmt.Sprintf("\\u%04x", c))
		default:
			s.escaped = true
			r, size := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && size == 1 {
				s.fail(i, "", "")
				s.fault.syntax = false
				return failed
			}
			i += size
		}
	}
}

// special marks, by its high bit, the lowest byte of w that is a quote, a
// backslash, a control character or not ASCII. (Bytes above it may be marked
// wrongly. A quote with its second bit turned is a blank, a blank none.)
func stringEnds(w uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	return ((w ^ ones*2 - ones*0x21) | (w ^ ones*'\\' - ones) | w) & high
}

// plain marks the bytes that may stand in a string as they are.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// escape scans an escape, as far as the text goes.
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
			if c := s.b[k]; c-'0' > 9 && (c|0x20)-'a' > 5 {
				return s.fail(i, "an escape \\u needs four hexadecimal digits", truncate(s.b[i:k+1]))
			}
		}
		return i + 6
	}
	_, size := utf8.DecodeRune(s.b[i+1:])
	return s.fail(i, "no such escape in JSON", truncate(s.b[i:i+1+size]))
}

// number scans by the grammar of RFC 8259, section 6.
func (s *scanner) number(i int) int {
	from := i
	if s.b[i] == '-' {
		i++
	}
	digits := i
	if i = s.digits(i); i == digits || s.b[digits] == '0' && i > digits+1 {
		return s.failNumber(from)
	}
	if i < len(s.b) && s.b[i] == '.' {
		digits = i + 1
		if i = s.digits(digits); i == digits {
			return s.failNumber(from)
		}
	}
	if i < len(s.b) && s.b[i]|0x20 == 'e' {
		i++
		if i < len(s.b) && (s.b[i] == '+' || s.b[i] == '-') {
			i++
		}
		digits = i
		if i = s.digits(i); i == digits {
			return s.failNumber(from)
		}
	}
	if i < len(s.b) && !endsValue[s.b[i]] {
		return s.failNumber(from)
	}
	return i
}

func (s *scanner) digits(i int) int {
	for i < len(s.b) && s.b[i]-'0' <= 9 {
		i++
	}
	return i
}

// endsValue marks what may follow a number or a literal.
var endsValue = [256]bool{' ': true, '\t': true, '\n': true, '\r': true, ',': true, ']': true, '}': true, ':': true, '"': true, '[': true, '{': true}

func (s *scanner) literal(i int, w string) int {
	if end := i + len(w); end <= len(s.b) && string(s.b[i:end]) == w && (end == len(s.b) || !letter(s.b[end])) {
		return end
	}
	return s.failValue(i)
}
