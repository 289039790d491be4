package template

import (
	"bytes"
	"math/bits"
	"unicode/utf8"

	"weir/pkg/jsonscan"
)

// The functions of this file validate a value, or part of one, and return the index
// after it, or failed. They store nothing but line.escaped.

// skipValue skips a value of any kind. What may follow it is for the next prefix to
// check; so "truex" fails only there.
func (m *Matcher) skipValue(i int) int {
	c := m.t.at(i)
	switch {
	case c == '"':
		i = plainEnd(m.t, i+1)
		if m.t.at(i) == '"' {
			return i + 1
		}
		return m.skipString(i)
	case c-'0' <= 9 || c == '-':
		return m.skipNumber(i)
	// The literals are compared as words, whose first byte is the lowest.
	case c == 't' || c == 'n':
		w := uint32(m.t.word(i))
		if w == 'e'<<24|'u'<<16|'r'<<8|'t' || w == 'l'<<24|'l'<<16|'u'<<8|'n' {
			return i + 4
		}
	case c == 'f':
		if m.t.word(i)<<24 == 'e'<<56|'s'<<48|'l'<<40|'a'<<32|'f'<<24 {
			return i + 5
		}
	case c == '{' || c == '[':
		return m.skipNested(i)
	}
	return failed
}

// skipNested skips an object or array that the plan wants nothing of. jsonscan does it,
// whose bounds are a slice: it needs the end of the line. lineEnd caches that, for as
// long as i has not reached it.
func (m *Matcher) skipNested(i int) int {
	if m.line.lineEnd < i {
		m.line.lineEnd = i + bytes.IndexByte(m.b.Text[i:m.size], '\n')
	}
	n, err := jsonscan.Value(m.b.Text[i:m.line.lineEnd], m.line.depth)
	if err != nil {
		return failed
	}
	return i + n
}

// skipNumber skips a number: '-', then 0 or digits that do not begin with 0, then a
// fraction and an exponent. What may follow it is for the next prefix to check.
func (m *Matcher) skipNumber(i int) int {
	t := m.t
	if t.at(i) == '-' {
		i++
	}
	from := i
	i = skipDigits(t, i)
	if i == from || t.at(from) == '0' && i > from+1 {
		return failed
	}
	return m.skipFraction(i)
}

// skipFraction skips the fraction and the exponent of a number, if it has them, from
// the first byte after its whole digits on.
func (m *Matcher) skipFraction(i int) int {
	t := m.t
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
// validates escapes and UTF-8, and sets Matcher.escaped where it finds either. A lone
// surrogate as an escape is valid, as the grammar has it.
func (m *Matcher) skipString(i int) int {
	for {
		c := m.t.at(i)
		switch {
		case c == '"':
			return i + 1
		case c == '\\':
			m.line.escaped = true
			i = m.skipEscape(i + 1)
			if i == failed {
				return failed
			}
		case c < ' ':
			return failed
		default:
			m.line.escaped = true
			r, size := utf8.DecodeRune(m.b.Text[i : m.size+1])
			if r == utf8.RuneError && size == 1 {
				return failed
			}
			i += size
			if m.t.at(i) >= utf8.RuneSelf { // text that is not ASCII mostly continues so
				continue
			}
		}
		i = plainEnd(m.t, i)
	}
}

// skipEscape skips the rest of an escape after its backslash.
func (m *Matcher) skipEscape(i int) int {
	switch m.t.at(i) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for k := i + 1; k < i+5; k++ {
			c := m.t.at(k)
			if c-'0' > 9 && (c|0x20)-'a' > 5 {
				return failed
			}
		}
		return i + 5
	}
	return failed
}

// skipSpace skips white space within the line: not '\n'.
func (m *Matcher) skipSpace(i int) int {
	for {
		switch m.t.at(i) {
		case ' ', '\t', '\r':
			i++
		default:
			return i
		}
	}
}
