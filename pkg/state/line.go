package state

import (
	"fmt"

	"weir/pkg/jsonscan"
)

// This file is about single lines that are not part of a state, and that have the same members:
// the rows of package partial.

// NewLineWriter returns a Writer of single lines, which writes to nothing: Begin begins a line,
// the methods that append members append them, and Current returns it. Line, SetFields and
// Close must not be called.
func NewLineWriter() *Writer { return &Writer{} }

// Begin begins a line with a text, which is the beginning of an object: its brace and at least
// one member.
func (w *Writer) Begin(text []byte) { w.line = append(w.line[:0], text...) }

// Raw appends a member whose value is a JSON text.
func (w *Writer) Raw(name string, text []byte) {
	w.name(name)
	w.line = append(w.line, text...)
}

// Current returns the present line without the brace that ends its object. It is valid until
// the next call of a method.
func (w *Writer) Current() []byte { return w.line }

// NewLineReader returns a Reader of single lines: Load reads one, and the methods that return
// members return its. Next, Done and all that is about a whole state must not be called.
func NewLineReader() *Reader { return &Reader{} }

// Load makes a line, which must be one that a Writer of single lines has written, the present
// one, and forgets the error of the line before. The text must not be changed while members
// are read. The error is ErrDamaged.
func (r *Reader) Load(text []byte) error {
	r.err = nil
	r.cursor = cursor{line: text, at: 1}
	if len(text) == 0 || text[0] != '{' {
		r.err = fmt.Errorf("%w: it is not an object", ErrDamaged)
	}
	return r.err
}

// End returns the first error of the present line, or ErrDamaged if a member has not been read.
func (r *Reader) End() error {
	if r.err == nil && string(r.rest()) != "}" {
		r.err = fmt.Errorf("%w: %q was not expected here", ErrDamaged, jsonscan.Truncate(r.rest()))
	}
	return r.err
}
