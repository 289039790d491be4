package ndjson

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What follows finds the words for a fault; it is never on the way of a good
// line.

// maxShown is how much of a wrong token a message shows, in bytes.
const maxShown = 40

// cut shortens what a message shows, and spells what could not be seen.
func truncate(b []byte) string {
	var s strings.Builder
	for i := 0; i < len(b); {
		if s.Len() >= maxShown {
			return s.String() + "…"
		}
		r, size := utf8.DecodeRune(b[i:])
		if unicode.IsPrint(r) {
			s.WriteRune(r)
		} else {
			fmt.Fprintf(&s, "\\u%04x", r)
		}
		i += size
	}
	return s.String()
}

// token is the wrong word at i: a string, or all up to what can end a value.
func (s *scanner) token(i int) string {
	if s.b[i] == '"' {
		if n := bytes.IndexByte(s.b[i+1:], '"'); n >= 0 {
			return truncate(s.b[i : i+n+2])
		}
		return truncate(s.b[i:])
	}
	end := i
	for end < len(s.b) && (end == i || !endsValue[s.b[end]]) {
		end++
	}
	return truncate(s.b[i:end])
}

func letter(c byte) bool { return (c|0x20)-'a' <= 25 || c-'0' <= 9 || c == '_' }

func (s *scanner) failDepth(i int) int {
	s.fail(i, "nested more than 1000 deep", "")
	s.fault.syntax = false
	return failed
}

// oneObject is the hint for who has JSON in another shape.
const oneObject = " (one object a line; jq -c . makes it so)"

func (s *scanner) failUnfinished() int {
	what := "object"
	if s.b[s.space(s.from)] == '[' {
		what = "array"
	}
	return s.fail(len(s.b), "the line ends inside the "+what+oneObject, "")
}

// noNumber is said of what begins as a number.
func (s *scanner) failNumber(from int) int {
	if word := strings.TrimPrefix(s.token(from), "-"); word != "" && (word[0]|0x20)-'a' <= 25 {
		return s.failValue(from)
	}
	return s.fail(from, "not a number", s.token(from))
}

// noValue tells the words of other languages from mere noise.
func (s *scanner) failValue(i int) int {
	word := s.token(i)
	switch strings.ToLower(strings.TrimLeft(word, "+-")) {
	case "nan", "inf", "infinity", "none", "nil", "undefined", "null", "na":
		return s.fail(i, "not a JSON value (JSON writes null for no number)", word)
	case "true", "false":
		return s.fail(i, "not a JSON value (JSON writes true and false)", word)
	}
	switch c := s.b[i]; {
	case c == '}' || c == ']' || c == ',' || c == ':':
		return s.fail(i, "a value is missing before", string(c))
	case c == '+' || c == '.':
		return s.failNumber(i)
	case c == '\'':
		return s.fail(i, "strings are quoted with \" in JSON", word)
	}
	return s.fail(i, "not a JSON value", word)
}

func (s *scanner) failName(i int) int {
	switch c := s.b[i]; {
	case c == ',':
		return s.fail(i, "a comma too many", "")
	case c == '\'' || letter(c):
		return s.fail(i, "names are quoted with \" in JSON", s.token(i))
	}
	return s.fail(i, "expected a name", s.token(i))
}

func (s *scanner) failComma(i int, or string) int {
	return s.fail(i, "expected ',' "+or, s.token(i))
}
