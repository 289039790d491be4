// Package jsonscan validates JSON text strictly: RFC 8259, valid UTF-8, nested at
// most [MaxDepth] deep. It defines which lines are good in weir, and words what is
// wrong with those that are not.
//
// Its functions are pure: bytes in, an end or an error with its position out. They
// keep no state, know no plan, and allocate nothing for valid text. Those that only
// look something up in text that is already known to be valid say so.
//
//   - [Object] judges a line, [Value] one value in it. Both return an [*Error].
//   - [Find] and [Names] look members up in a valid object.
//   - [AppendQuoted], [AppendCanonical] and [AppendDecoded] convert strings.
//
// The parser of ndjson, which is what lines of data go through, accepts the lines
// that Object accepts. It is faster because it compares a line with earlier ones. So
// it calls Object only for the lines that it does not accept, for the error. The
// tests of ndjson hold the two together.
//
// # Terminology
//
// A value's spelling is its bytes in the text. A string may be spelt in several
// ways: "a" and "\u0061" are equal once decoded. Its canonical spelling is the one
// that all equal strings share.
package jsonscan

import (
	"bytes"
	"iter"
	"strconv"
)

// MaxDepth is the deepest nesting of objects and arrays that is accepted. The
// outermost object has depth 1.
const MaxDepth = 1000

// Error is what is wrong with a text, and where.
//
// Functions return it as *Error and not as error, so that nothing is allocated
// for a nil one. Compare it with nil before it is assigned to an error.
type Error struct {
	Offset int    // The index of the error in the text; at most the text's length.
	Kind   string // What is wrong, and what to do where that is known; equal for errors of the same cause.
	Detail string // The offending text, shortened; may be empty.

	// Syntax reports whether the text after the error has no known structure. It is
	// false if the text is JSON but not acceptable: too deep, not an object, or not
	// UTF-8 inside a string. Then the value's end can still be found by its brackets.
	Syntax bool
}

// Error returns Kind and Detail: "not a number: 7l.4".
func (e *Error) Error() string {
	if e.Detail == "" {
		return e.Kind
	}
	return e.Kind + ": " + e.Detail
}

// Object validates b, which must be one object with nothing but white space around
// it. It returns the index after the object's closing brace, or an error.
func Object(b []byte) (end int, err *Error) {
	s := scanner{b: b}
	end = s.line()
	return max(end, 0), s.err
}

// Value validates the value of any type that b begins with, without white space
// before it. depth is the number of objects and arrays that contain it. It returns
// the index after the value, or an error. What follows the value is not checked,
// except that a number or a word must not continue.
func Value(b []byte, depth int) (end int, err *Error) {
	s := scanner{b: b}
	end = s.value(0, depth)
	return max(end, 0), s.err
}

// Space returns the index of the first byte of b from i on that is not white space
// (RFC 8259, section 2: blank, tab, line feed, carriage return), or len(b).
func Space(b []byte, i int) int {
	for i < len(b) {
		c := b[i]
		if c > ' ' || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			break
		}
		i++
	}
	return i
}

// Find returns the position of a member's value, b[from:to]. path has the decoded
// names from the top level of b down to the member; in an array, the index of an element,
// from 0. ok is false if there is no such member, or path is empty. Of duplicate names
// the last counts, at each level.
//
// Requires that b begins with a valid object or array, with or without white space before
// it.
func Find(b []byte, path []string) (from, to int, ok bool) {
	s := scanner{b: b}
	for _, name := range path {
		from = s.space(from)
		if from < len(b) && b[from] == '[' {
			from, to, ok = s.element(from, name)
		} else {
			from, to, ok = s.find(from, name)
		}
		if !ok {
			return 0, 0, false
		}
	}
	return from, to, ok
}

// find is Find for one name, in the object at i. ok is false if another value is
// there.
func (s *scanner) find(i int, name string) (from, to int, ok bool) {
	i = s.space(i)
	if i == len(s.b) || s.b[i] != '{' {
		return 0, 0, false
	}
	want := AppendQuoted(nil, name)
	var canonical []byte
	i++
	for first := true; ; first = false {
		m := s.memberStart(i, first)
		if m.value == failed || m.close {
			return from, to, ok
		}
		i = s.value(m.value, 1)
		if i == failed {
			return 0, 0, false
		}
		canonical = AppendCanonical(canonical[:0], s.b[m.name+1:m.nameEnd-1])
		if bytes.Equal(canonical, want) {
			from, to, ok = m.value, i, true
		}
	}
}

// IsIndex reports whether a name may be the index of an element: a whole number in decimal
// digits without zeros before it.
func IsIndex(name string) bool {
	for _, c := range []byte(name) {
		if c-'0' > 9 {
			return false
		}
	}
	return name == "0" || name != "" && name[0] != '0' && len(name) <= 9
}

// element is Find for one index, in the array at i.
func (s *scanner) element(i int, index string) (from, to int, ok bool) {
	if !IsIndex(index) {
		return 0, 0, false
	}
	n, _ := strconv.Atoi(index) // cannot fail: it has at most nine digits
	for ; ; n-- {
		from = s.space(i + 1)
		if from == len(s.b) || s.b[from] == ']' {
			return 0, 0, false
		}
		to = s.value(from, 1)
		if to == failed {
			return 0, 0, false
		}
		if n == 0 {
			return from, to, true
		}
		i = s.space(to)
		if i == len(s.b) || s.b[i] != ',' {
			return 0, 0, false
		}
	}
}

// Names returns the decoded names of an object's own members, in order, duplicates
// included.
//
// Requires that b begins with a valid object, without white space before it.
func Names(b []byte) (names []string) {
	for name := range Members(b) {
		names = append(names, name)
	}
	return names
}

// Members yields the decoded names and the values of an object's own members, in order,
// duplicates included.
//
// Requires that b begins with a valid object, without white space before it.
func Members(b []byte) iter.Seq2[string, []byte] {
	return func(yield func(name string, value []byte) bool) {
		s := scanner{b: b}
		i := 1
		for first := true; ; first = false {
			m := s.memberStart(i, first)
			if m.value == failed || m.close {
				return
			}
			i = s.value(m.value, 1)
			if i == failed || !yield(string(AppendDecoded(nil, b[m.name+1:m.nameEnd-1])), b[m.value:i]) {
				return
			}
		}
	}
}
