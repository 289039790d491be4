package state

import (
	"bytes"
	"encoding/binary"
	"math"

	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
)

// cursor is a position in a line. Its methods move over what [Writer] writes, in its one
// spelling: no white space, no other order of members, no other spelling of a string or a
// number. Each reports ok, or true, if that is what is there; if not, the position is not
// valid any more.
//
// Why not a tree, as elsewhere for JSON of a known layout: to build one and to search it for
// each member took most of the time in which a state was read, and accepted other spellings.
//
// Invariant: 0 < at ≤ len(line), or the line is empty.
type cursor struct {
	line []byte
	at   int
}

// rest returns the text from the position on.
func (c *cursor) rest() []byte { return c.line[min(c.at, len(c.line)):] }

// has reports whether a member of that name is next. It does not move.
func (c *cursor) has(name string) bool { return c.valueOf(name) > 0 }

// valueOf returns where the value of the member is that is next, if it has that name; else 0.
// Requires that the name is written without escapes.
func (c *cursor) valueOf(name string) int {
	b, i := c.rest(), 0
	if len(b) > 0 && c.line[c.at-1] != '{' { // it is not the first member
		if b[0] != ',' {
			return 0
		}
		i = 1
	}
	n := len(name)
	if len(b) < i+n+3 || b[i] != '"' || string(b[i+1:i+1+n]) != name || b[i+1+n] != '"' || b[i+2+n] != ':' {
		return 0
	}
	return c.at + i + n + 3
}

// member moves to the value of the member of that name.
func (c *cursor) member(name string) bool {
	at := c.valueOf(name)
	if at > 0 {
		c.at = at
	}
	return at > 0
}

// literal moves over some text.
func (c *cursor) literal(text string) bool {
	b := c.rest()
	if len(b) < len(text) || string(b[:len(text)]) != text {
		return false
	}
	c.at += len(text)
	return true
}

// more moves to the next element of an array, and reports whether there is one; after the
// last one it moves over the bracket. first says that none has been read. Requires that the
// opening bracket has been moved over.
func (c *cursor) more(first bool) (more, ok bool) {
	if c.literal("]") {
		return false, true
	}
	if first {
		return true, true
	}
	ok = c.literal(",")
	return ok, ok
}

// quoted moves over a string, and returns it with its quotes. It is in canonical spelling.
func (c *cursor) quoted() (text []byte, ok bool) {
	b := c.rest()
	if len(b) == 0 || b[0] != '"' {
		return nil, false
	}
	i := plainLen(b[1:]) + 1
	if i == len(b) {
		return nil, false
	}
	if b[i] != '"' {
		i, ok = canonical(b)
		if !ok {
			return nil, false
		}
	}
	c.at += i + 1
	return b[: i+1 : i+1], true
}

// plainLen returns the number of bytes that b begins with and that are neither quotes,
// backslashes, control characters nor parts of other characters than those of ASCII.
func plainLen(b []byte) (n int) {
	for n+8 <= len(b) {
		if jsonscan.StringEnds(binary.LittleEndian.Uint64(b[n:])) != 0 {
			break
		}
		n += 8
	}
	for n < len(b) && b[n] >= ' ' && b[n] < 0x80 && b[n] != '"' && b[n] != '\\' {
		n++
	}
	return n
}

// canonical returns the index of the last byte of the string that b begins with, if that is
// valid and in canonical spelling. Quotes and backslashes are usual, as in the JSON text of a
// time; a string with anything else is left to package jsonscan.
func canonical(b []byte) (last int, ok bool) {
	for i := 1; ; i += 2 {
		i += plainLen(b[i:])
		if i+1 < len(b) && b[i] == '\\' && (b[i+1] == '"' || b[i+1] == '\\') {
			continue
		}
		if i < len(b) && b[i] == '"' {
			return i, true
		}
		break
	}
	end, err := jsonscan.Value(b, 0)
	if err != nil {
		return 0, false
	}
	return end - 1, bytes.Equal(jsonscan.AppendCanonical(nil, b[1:end-1]), b[:end])
}

// appendDecoded appends the text of a string in canonical spelling, which has its quotes.
func appendDecoded(dst, quoted []byte) []byte {
	text := quoted[1 : len(quoted)-1]
	for {
		n := bytes.IndexByte(text, '\\')
		if n < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:n]...)
		c := text[n+1]
		if c != '"' && c != '\\' {
			return jsonscan.AppendDecoded(dst, text[n:])
		}
		dst, text = append(dst, c), text[n+2:]
	}
}

// appendQuoted is jsonscan.AppendQuoted of bytes.
func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	for {
		n := plainLen(text)
		dst = append(dst, text[:n]...)
		text = text[n:]
		switch {
		case len(text) == 0:
			return append(dst, '"')
		case text[0] == '"' || text[0] == '\\':
			dst, text = append(dst, '\\', text[0]), text[1:]
		default:
			end := len(dst) - 1
			last := dst[end] // in whose place the opening quote comes
			dst = jsonscan.AppendQuoted(dst[:end], string(text))
			dst[end] = last
			return dst
		}
	}
}

// scalar moves over what is no string, object or array, and returns it: what is before the
// next comma, bracket or brace.
func (c *cursor) scalar() []byte {
	b := c.rest()
	i := 0
	for i < len(b) && b[i] != ',' && b[i]|0x20 != '}' {
		i++
	}
	c.at += i
	return b[:i:i]
}

// int moves over a whole number.
func (c *cursor) int() (int64, bool) { return parseInt(c.scalar()) }

// bool moves over true or false.
func (c *cursor) bool() (value, ok bool) {
	value = c.literal("true")
	return value, value || c.literal("false")
}

// time moves over an instant.
func (c *cursor) time() (t stamp.Time, ok bool) {
	text, ok := c.quoted()
	if !ok {
		return t, false
	}
	sec := text[1 : len(text)-1]
	const digits = 9 // of nanoseconds
	point := len(sec) - 1 - digits
	if point > 0 && sec[point] == '.' {
		for _, d := range sec[point+1:] {
			if d-'0' > 9 {
				return t, false
			}
			t.Nsec = t.Nsec*10 + int32(d-'0')
		}
		if t.Nsec == 0 {
			return t, false
		}
		sec = sec[:point]
	}
	t.Sec, ok = parseInt(sec)
	return t, ok
}

// parseInt reads a whole number as strconv.AppendInt writes it.
func parseInt(b []byte) (int64, bool) {
	limit, neg := uint64(math.MaxInt64), len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
		limit++
	}
	if len(b) == 0 || len(b) > 19 || b[0] == '0' && (len(b) > 1 || neg) {
		return 0, false
	}
	var x uint64 // 19 digits are less than 2^64
	for _, d := range b {
		if d-'0' > 9 {
			return 0, false
		}
		x = 10*x + uint64(d-'0')
	}
	if neg {
		return -int64(x), x <= limit
	}
	return int64(x), x <= limit
}
