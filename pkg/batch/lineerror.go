package batch

import (
	"bytes"
	"fmt"
)

// LineError is an error in one line or array element. It never affects other
// lines.
type LineError struct {
	File   string // The input's name as it was given; "-" is standard input.
	Line   int64  // The line, from 1.
	Column int64  // The position of the error in the line, in bytes, from 1.
	Offset int64  // The offset of the line's or element's first byte in the decompressed input, from 0.
	Reason string // What is wrong, with the offending text, and what to do where that is known.
	Kind   string // Reason without the offending text: equal for errors of the same cause.

	// Field is the named number whose value is wrong, or the time that the record lacks, ""
	// for any other error. In many records, it is probably the flag that is wrong.
	Field string

	// Text is the text around the error, without line breaks and at most a few
	// hundred bytes. At is the index in it that Column refers to.
	Text []byte
	At   int

	// Syntax says that the text is not JSON: in an array, the elements after this
	// one cannot be found.
	Syntax bool
}

// Error returns position and reason: "in.jsonl:88:33: not a number: 7l.4".
func (e *LineError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Reason)
}

// ContextBytes is how many bytes of text an error keeps on each side of its
// position. A reader that reports an error has that many after it in memory, if the
// input has, so that messages do not depend on how the input was divided into reads.
const ContextBytes = 200

// contextOf copies the text around text[at], with control characters replaced by
// blanks, and returns the index of text[at] in the copy.
func contextOf(text []byte, at int) ([]byte, int) {
	from, to := max(0, at-ContextBytes), min(len(text), at+ContextBytes)
	around := bytes.Clone(text[from:to])
	for i, c := range around {
		if c < ' ' {
			around[i] = ' '
		}
	}
	return around, at - from
}
