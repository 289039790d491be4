// Package lines writes lines of JSON, or of a table: records with a member appended, and
// rows of a filter's own. The filters, pipe and cli import it,
// and table and svg.
//
// [Output] buffers lines and writes them in large pieces. A [Member] says what is
// appended to records, by [Output.Defer], which a worker renders later, outside the fold
// (append.go; only.go writes the member without the record, keep.go drops records,
// anomaly.go writes a second member). A [Format] makes them lines of a table (table.go).
// A [Splitter] finds the lines again, for those who draw them (split.go).
package lines

import (
	"bytes"
	"io"

	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// Output writes lines of JSON. Lines are buffered until Flush is called or the buffer is
// full. Each Write on the underlying writer is a number of whole lines.
//
// A row is begun by Object and ended by End. In between, a member is written as Name and
// one value: Value, Raw, Text, Object ... Close, or Array ... CloseArray. Nothing checks
// that order.
//
// A record is passed on with a [Member] appended, by Defer, which takes the values now,
// and Render, which writes the lines later. That lets one goroutine compute values in
// input order while others format the lines of earlier batches. All deferred records must
// be rendered before their batch is filled again.
//
// The first error of a write is kept: later lines are discarded, and Flush and Err
// return it.
type Output struct {
	out       io.Writer
	buf       []byte // Finished lines, and the one being written.
	comma     bool   // The next member or element needs a comma before it.
	digits    int    // See New.
	flushSize int    // The buffer is flushed when it has this many bytes or more.
	lines     int64  // How many lines have been ended.
	err       error
	format    Format
	text      []byte // A buffer: the decoded text of a field of a table.
	deferred  deferred
}

// defaultFlushSize is Output.flushSize unless SetFlushSize is called, in bytes.
const defaultFlushSize = 128 << 10

// New returns an Output on out. Numbers are rounded to that many decimals; if digits is
// -1 they are not rounded. member is what Defer appends to records; nil if it is not used.
func New(out io.Writer, digits int, member *Member) *Output {
	return &Output{
		out: out, buf: make([]byte, 0, defaultFlushSize+defaultFlushSize/4), digits: digits, flushSize: defaultFlushSize,
		deferred: deferred{member: member},
	}
}

// Object begins an object: a line, or the value of a member.
func (w *Output) Object() {
	if w.format != JSON {
		w.comma = false
		return
	}
	w.buf = append(w.buf, '{')
	w.comma = false
}

// Name begins a member. quoted is its name as a JSON string, with quotes.
func (w *Output) Name(quoted []byte) {
	if w.format != JSON {
		w.beginField()
		return
	}
	b := w.buf
	if w.comma {
		b = append(b, ',')
	}
	w.buf, w.comma = append(append(b, quoted...), ':'), true
}

// Value writes a number, or null, as a value.
func (w *Output) Value(v exact.Value) {
	if w.format != JSON {
		w.valueField(v)
		return
	}
	w.buf = v.Append(w.buf, w.digits)
}

// Raw writes a value that is JSON text.
func (w *Output) Raw(text []byte) {
	if w.format != JSON {
		w.rawField(text)
		return
	}
	w.buf = append(w.buf, text...)
}

// Text writes a string as a value.
func (w *Output) Text(s string) {
	if w.format != JSON {
		w.field([]byte(s))
		return
	}
	w.buf = jsonscan.AppendQuoted(w.buf, s)
}

// Key writes the members of a key, which is as batch.Batch.Key returns it. names are those of its
// members, as JSON strings.
func (w *Output) Key(names [][]byte, key []byte) {
	for i, name := range names {
		member := key // the last one
		if i+1 < len(names) {
			member, key, _ = bytes.Cut(key, []byte{0})
		}
		w.Name(name)
		w.Raw(member)
	}
}

// Close ends an object that is the value of a member.
func (w *Output) Close() {
	w.buf = append(w.buf, '}')
	w.comma = true
}

// Array begins an array as the value of a member. Its elements follow, each as Element
// and a value, until CloseArray.
func (w *Output) Array() {
	w.buf = append(w.buf, '[')
	w.comma = false
}

// Element begins an element of an array. Its value follows.
func (w *Output) Element() {
	if w.comma {
		w.buf = append(w.buf, ',')
	}
	w.comma = true
}

// CloseArray ends an array.
func (w *Output) CloseArray() {
	w.buf = append(w.buf, ']')
	w.comma = true
}

// End ends the line.
func (w *Output) End() {
	if w.format == JSON {
		w.buf = append(w.buf, '}')
	}
	w.buf = append(w.buf, '\n')
	w.ended()
}

// Line writes a whole line: a text that has no line break.
func (w *Output) Line(text []byte) {
	w.buf = append(append(w.buf, text...), '\n')
	w.ended()
}

// ended counts a line, and flushes the buffer if it is full.
func (w *Output) ended() {
	w.lines++
	if len(w.buf) >= w.flushSize {
		w.Flush()
	}
}

// SetFlushSize sets how many bytes are buffered before they are written without a call
// of Flush.
func (w *Output) SetFlushSize(bytes int) { w.flushSize = bytes }

// Lines returns how many lines have been ended.
func (w *Output) Lines() int64 { return w.lines }

// Flush writes what is buffered, and returns the first error of any write so far.
func (w *Output) Flush() error {
	if len(w.buf) > 0 {
		if w.err == nil {
			_, w.err = w.out.Write(w.buf)
		}
		w.buf = w.buf[:0]
	}
	return w.err
}

// Trim gives up buffers that long lines have grown. It requires that nothing is deferred.
// Lines that have not been flushed stay.
func (w *Output) Trim() {
	if cap(w.buf) > maxIdleBuffer && len(w.buf) <= defaultFlushSize {
		w.buf = append(make([]byte, 0, defaultFlushSize+defaultFlushSize/4), w.buf...)
	}
	if cap(w.deferred.columns) > maxIdleColumns {
		w.deferred = deferred{member: w.deferred.member}
	}
}

// The largest buffers that Trim keeps: in bytes, and in columns of about 128 bytes.
const (
	maxIdleBuffer  = 2 << 20
	maxIdleColumns = maxIdleBuffer / 128
)

// Err returns the first error of any write so far.
func (w *Output) Err() error { return w.err }
