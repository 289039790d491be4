package lines

import (
	"bytes"

	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// This file writes lines of a table (CSV or TSV) in place of objects.

// Format is how lines are written.
type Format uint8

// The formats. JSON is an object on each line.
//
// CSV is that of RFC 4180, with LF in place of CRLF at the end of a line, as tools that
// take lines apart (awk, cut, gnuplot) would find CR in the last field. A text is quoted if
// it is empty, has a comma, a quotation mark or a line break, or begins or ends with a
// blank. Null is an empty field without quotation marks.
//
// TSV has no quotation marks: tab, line feed, carriage return and backslash are written as
// \t, \n, \r and \\. Null and an empty text are both an empty field.
const (
	JSON Format = iota
	CSV
	TSV
)

// SetFormat makes w write lines in a format: in a table, Object and Name begin a field
// without writing a name, Raw and Text write the text that a string decodes to, and there are
// no objects or arrays within a line. Requires that nothing was written.
func (w *Output) SetFormat(f Format) { w.format = f }

// Header writes the names of a table's columns as a line, which Lines does not count. For JSON
// it writes nothing.
func (w *Output) Header(names []string) {
	if w.format == JSON {
		return
	}
	w.comma = false
	for _, name := range names {
		w.beginField()
		w.field([]byte(name))
	}
	w.buf = append(w.buf, '\n')
}

// beginField writes the separator before a field that is not the first one.
func (w *Output) beginField() {
	if w.comma {
		w.buf = append(w.buf, w.separator())
	}
	w.comma = true
}

// separator returns what is between two fields.
func (w *Output) separator() byte {
	if w.format == TSV {
		return '\t'
	}
	return ','
}

// valueField writes a number as a field.
func (w *Output) valueField(v exact.Value) {
	n := len(w.buf)
	w.buf = v.Append(w.buf, w.digits)
	if string(w.buf[n:]) == "null" { // also a number that is outside of float64
		w.buf = w.buf[:n]
	}
}

// rawField writes a JSON text as a field.
func (w *Output) rawField(text []byte) {
	switch {
	case string(text) == "null":
	case text[0] == '"':
		w.text = jsonscan.AppendDecoded(w.text[:0], text[1:len(text)-1])
		w.field(w.text)
	default:
		w.field(text)
	}
}

// field writes a text as a field.
func (w *Output) field(text []byte) {
	if w.format == TSV {
		w.escapedField(text)
		return
	}
	n := len(text)
	if n > 0 && text[0] > ' ' && text[n-1] > ' ' && !bytes.ContainsAny(text, ",\"\r\n") {
		w.buf = append(w.buf, text...)
		return
	}
	w.buf = append(w.buf, '"')
	for _, c := range text {
		if c == '"' {
			w.buf = append(w.buf, '"')
		}
		w.buf = append(w.buf, c)
	}
	w.buf = append(w.buf, '"')
}

// escapedField writes a text as a field of TSV.
func (w *Output) escapedField(text []byte) {
	for _, c := range text {
		switch c {
		case '\t':
			w.buf = append(w.buf, `\t`...)
		case '\n':
			w.buf = append(w.buf, `\n`...)
		case '\r':
			w.buf = append(w.buf, `\r`...)
		case '\\':
			w.buf = append(w.buf, `\\`...)
		default:
			w.buf = append(w.buf, c)
		}
	}
}
