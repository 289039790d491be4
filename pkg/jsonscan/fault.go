package jsonscan

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file words the errors of the scanner. It runs for bad text only.
//
// A message is a kind, which is the same for errors of the same cause so that
// they can be grouped, and a detail, which is the offending text. The kind says
// in parentheses what to do, where that is known.

// maxShown limits the offending text in a message, in bytes.
const maxShown = 40

// Truncate returns b for a message: at most maxShown bytes, give or take one
// character, and an ellipsis; characters that cannot be printed as \u escapes.
func Truncate(b []byte) string {
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

// token returns the offending token at i for a message: a string up to its
// second quote, or the text up to a byte of endsValue, at least one byte.
func (s *scanner) token(i int) string {
	if s.b[i] == '"' {
		n := bytes.IndexByte(s.b[i+1:], '"')
		if n >= 0 {
			return Truncate(s.b[i : i+n+2])
		}
		return Truncate(s.b[i:])
	}
	end := i
	for end < len(s.b) && (end == i || !endsValue[s.b[end]]) {
		end++
	}
	return Truncate(s.b[i:end])
}

// letter reports whether c may be part of a word: a letter, a digit or _.
func letter(c byte) bool { return (c|0x20)-'a' <= 25 || c-'0' <= 9 || c == '_' }

// failDepth reports an object or array beyond MaxDepth. That is a limit of this
// package and not an error of syntax: in an array the next element can be found.
func (s *scanner) failDepth(i int) int {
	s.fail(i, "nested more than 1000 levels deep", "")
	s.err.Syntax = false
	return failed
}

// Hints for input that is JSON, but not one object per line. The second is for
// errors that jq can repair: it reads values that span lines or share one, but
// no commas or brackets around them.
const (
	onePerLine   = " (write one object per line)"
	onePerLineJQ = " (write one object per line; jq -c . does that)"
)

// failUnfinished reports that the text ends before its object or array does, or
// before its value begins.
func (s *scanner) failUnfinished() int {
	i := s.space(0)
	switch {
	case i == len(s.b):
		return s.fail(i, "a value is missing", "")
	case s.b[i] == '[':
		return s.fail(len(s.b), "the line ends inside the array"+onePerLine, "")
	}
	return s.fail(len(s.b), "the line ends inside the object"+onePerLineJQ, "")
}

// failAfterObject reports text between the object and the end of its line.
func (s *scanner) failAfterObject(i int) int {
	hint := onePerLine
	if s.b[i] == '{' {
		hint = onePerLineJQ
	}
	return s.fail(i, "text after the object"+hint, s.token(i))
}

// failNumber reports what begins like a number and is not one. A minus before a
// word, as in -Infinity, is reported as the word is.
func (s *scanner) failNumber(from int) int {
	word := strings.TrimPrefix(s.token(from), "-")
	if word != "" && (word[0]|0x20)-'a' <= 25 {
		return s.failValue(from)
	}
	return s.fail(from, "not a number", s.token(from))
}

// foreignWords are values of other languages, in lower case, with the kind of
// the error and what to write instead.
var foreignWords = map[string]string{
	"nan":       "not a JSON value (JSON has no NaN; write null)",
	"inf":       "not a JSON value (JSON has no Infinity; write null)",
	"infinity":  "not a JSON value (JSON has no Infinity; write null)",
	"none":      "not a JSON value (JSON has no None; write null)",
	"nil":       "not a JSON value (JSON has no nil; write null)",
	"undefined": "not a JSON value (JSON has no undefined; write null)",
	"na":        "not a JSON value (JSON has no NA; write null)",
	"null":      "not a JSON value (JSON spells it null)",
	"true":      "not a JSON value (JSON spells it true)",
	"false":     "not a JSON value (JSON spells it false)",
}

// failValue reports that no value begins at i. It requires i < len(s.b).
func (s *scanner) failValue(i int) int {
	word := s.token(i)
	if kind, ok := foreignWords[strings.ToLower(strings.TrimLeft(word, "+-"))]; ok {
		return s.fail(i, kind, word)
	}
	switch s.b[i] {
	case '}', ']', ',', ':':
		return s.fail(i, "a value is missing before", string(s.b[i]))
	case '+', '.':
		return s.failNumber(i)
	case '\'':
		return s.fail(i, "strings are quoted with \" in JSON", word)
	}
	return s.fail(i, "not a JSON value", word)
}

// failName reports that no member name begins at i.
func (s *scanner) failName(i int) int {
	c := s.b[i]
	switch {
	case c == ',':
		return s.fail(i, "extra comma", "")
	case c == '\'' || letter(c):
		return s.fail(i, "names are quoted with \" in JSON", s.token(i))
	}
	return s.fail(i, "expected a name", s.token(i))
}

// failComma reports that after a value there is neither a comma nor the closing
// bracket, which or names.
func (s *scanner) failComma(i int, or string) int {
	return s.fail(i, "expected ',' "+or, s.token(i))
}
