package batch

import (
	"bytes"
	"fmt"

	"weir/pkg/jsonscan"
)

// This file makes errors of rows: where in the input they are, and the text around them.

// Fault returns an error for the record in a row that a filter has found. kind is the
// same for errors of the same cause; detail is the particular text and may be empty.
func (b *Batch) Fault(row int, kind, detail string) *LineError {
	return b.Locate(&b.Rows[row], jsonscan.Error{Kind: kind, Detail: detail})
}

// TooManyKeys returns the error for the record in a row whose key exceeds the limit of keys and
// fields of a filter.
func (b *Batch) TooManyKeys(row, limit int) *LineError { return b.Fault(row, TooManyKeys(limit), "") }

// TooManyKeys says that a key exceeds the limit of keys and fields of a filter.
func TooManyKeys(limit int) string {
	return fmt.Sprintf("too many keys (limit: --max-groups %d)", limit)
}

// TimeFault is Fault with the position of the record's timestamp.
func (b *Batch) TimeFault(row int, kind, detail string) *LineError {
	r := &b.Rows[row]
	return b.Locate(r, jsonscan.Error{Offset: int(r.When - r.From), Kind: kind, Detail: detail})
}

// Locate makes the LineError of an error in a row. f.Offset is an index into the row's
// text, of which white space after the record is not a part. The line is counted from
// the batch's first line if that is not numbered yet: see Fold.Begin.
//
// If the batch is an element whose line breaks were removed, the position is that in
// the original text.
func (b *Batch) Locate(r *Row, f jsonscan.Error) *LineError {
	b.Faults++
	raw, i, indent, nuls := b.Text[r.From:r.To], min(f.Offset, int(r.To-r.From)), 0, 0
	if b.Original != nil {
		raw, i = b.Original, unjoin(b.Original, i)
	}
	if r.Note >= 0 {
		indent, nuls = int(b.Notes[r.Note].Indent), int(b.Notes[r.Note].NULs)
	}
	start := int64(r.From) - int64(indent)
	line, column := int64(r.Line), int64(nuls+indent+i+1)
	if b.numbered {
		line += b.Line
	}
	if start == int64(nuls) {
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
