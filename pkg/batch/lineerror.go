package batch

import (
	"bytes"
	"fmt"

	"weir/pkg/jsonscan"
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

// Locate makes the LineError of an error in a row. f.Offset is an index into the row's
// text, of which white space after the record is not a part. The line is counted from
// the batch's first line if that is not numbered yet: see Fold.Begin.
//
// If the batch is an element whose line breaks were removed, the position is that in
// the original text.
func (b *Batch) Locate(r *Row, f jsonscan.Error) *LineError {
	b.Faults++
	raw, i, indent := b.Text[r.From:r.To], min(f.Offset, int(r.To-r.From)), 0
	if b.Original != nil {
		raw, i = b.Original, unjoin(b.Original, i)
	}
	if r.Note >= 0 {
		indent = int(b.Notes[r.Note].Indent)
	}
	start := int64(r.From) - int64(indent)
	line, column := int64(r.Line), int64(indent+i+1)
	if b.numbered {
		line += b.Line
	}
	if start == 0 {
		column += b.Column
	}
	last := bytes.LastIndexByte(raw[:i], '\n')
	if last >= 0 {
		line += int64(bytes.Count(raw[:i], []byte{'\n'}))
		column = int64(i - last)
	}
	text, at := contextOf(raw, i)
	return &LineError{
		File: b.File, Line: line, Column: column, Offset: b.Offset + start,
		Reason: f.Error(), Kind: f.Kind, Text: text, At: at, Syntax: f.Syntax,
	}
}

// Join appends an element of an array without its line breaks and the white space after
// each. It requires valid JSON: that has no line break inside a string.
func Join(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\n' && c != '\r' {
			dst = append(dst, c)
			continue
		}
		for i+1 < len(text) && text[i+1] <= ' ' {
			i++
		}
	}
	return dst
}

// unjoin maps an index into the result of Join back to an index into text.
func unjoin(text []byte, at int) int {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\n' || c == '\r' {
			for i+1 < len(text) && text[i+1] <= ' ' {
				i++
			}
			continue
		}
		at--
		if at < 0 {
			return i
		}
	}
	return len(text)
}
