package ndjson

import (
	"encoding/binary"
	"io"
	"slices"

	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// Writer writes lines of JSON: a record with members added, or new objects. Lines are
// buffered until Flush is called or the buffer is full. Each Write on the underlying
// writer is a number of whole lines.
//
// A line is begun by Record or Object and ended by End. In between, a member is written
// as Name and one value: Value, Raw, Text, Object ... Close, or Array ... CloseArray.
// Nothing checks that order.
//
// A line can also be deferred: its values are given now, by Stage and Defer or by
// DeferRun, and it is formatted later, by Render or RenderObject. That lets one goroutine
// compute values in input order while others format the lines of earlier blocks. All
// deferred lines must be rendered before the Block of their records is filled again.
//
// The first error of a write is kept: later lines are discarded, and Flush and Err
// return it.
type Writer struct {
	out       io.Writer
	buf       []byte // Finished lines, and the one being written.
	comma     bool   // The next member or element needs a comma before it.
	tail      []byte // The record's own end, if there is white space before its closing brace; End writes it.
	digits    int    // See NewWriter.
	flushSize int    // The buffer is flushed when it has this many bytes or more.
	lines     int64  // How many lines have been ended.
	staged    []Cell
	deferred  []deferredLine
	err       error

	columns []Column // Of the deferred runs.
	sums    []int64  // The memory of Column.Sums.
}

// Cell is one output value of a record: that of the reading in a slot.
type Cell struct {
	Slot  int
	Value exact.Value
}

// deferredLine is a line to be rendered. If n is 0, it is that of the record with that
// index, with the cells staged[from:to], where from is the previous line's to. If n > 0,
// it stands for n lines, those of a run whose first record has that index, with the
// columns [from:to].
type deferredLine struct{ index, n, to int }

// defaultFlushSize is Writer.flushSize unless SetFlushSize is called, in bytes.
const defaultFlushSize = 128 << 10

// NewWriter returns a Writer on out. Numbers are rounded to that many decimals; if
// digits is -1 they are not rounded.
func NewWriter(out io.Writer, digits int) *Writer {
	return &Writer{out: out, buf: make([]byte, 0, defaultFlushSize+defaultFlushSize/4), digits: digits, flushSize: defaultFlushSize}
}

// Record begins a line with the members of r, as they came, without the one that
// Plan.Omit names. More members may follow. White space between the last member and the
// closing brace stays before the brace.
func (w *Writer) Record(r *Record) {
	buf, from, to := r.b.buf, int(r.e.from), int(r.e.to)-1
	end := to
	for end > from && buf[end-1] <= ' ' {
		end--
	}
	x := r.extra()
	if x != nil {
		for _, c := range r.b.cuts[x.cuts[0]:x.cuts[1]] {
			w.buf = append(w.buf, buf[from:c.from]...)
			from = c.to
		}
	}
	w.buf = append(w.buf, buf[from:end]...)
	w.tail = w.tail[:0]
	if end < to {
		w.tail = append(w.tail, buf[end:to+1]...)
	}
	w.comma = !r.e.empty
}

// Object begins an object: a line, or the value of a member.
func (w *Writer) Object() {
	w.buf = append(w.buf, '{')
	w.comma = false
}

// Name begins a member. quoted is its name as a JSON string, with quotes.
func (w *Writer) Name(quoted []byte) {
	b := w.buf
	if w.comma {
		b = append(b, ',')
	}
	w.buf, w.comma = append(append(b, quoted...), ':'), true
}

// Label is a member's name with the comma before and the colon after it, ready to be
// copied before a value.
type Label struct {
	text  []byte
	short [labelSize]byte // A copy of text if that fits: an array of fixed size is copied without a call.
}

// labelSize is the length of the longest label with a short form, in bytes. copyTo writes
// as many for every such label.
const labelSize = 32

// NewLabel returns the label of a name, given as a JSON string with quotes.
func NewLabel(quoted []byte) Label {
	l := Label{text: append(append(append(make([]byte, 0, len(quoted)+2), ','), quoted...), ':')}
	if len(l.text) <= labelSize {
		copy(l.short[:], l.text)
	}
	return l
}

// Name returns the name as a JSON string, with quotes.
func (l *Label) Name() []byte { return l.text[1 : len(l.text)-1] }

// copyTo copies the label to out and returns its length. If it is short, it overwrites
// labelSize bytes of out, which must be there.
func (l *Label) copyTo(out []byte) int {
	if len(l.text) > labelSize {
		return copy(out, l.text)
	}
	*(*[labelSize]byte)(out) = l.short
	return len(l.text)
}

// Value writes a number, or null, as a value.
func (w *Writer) Value(v exact.Value) { w.buf = v.Append(w.buf, w.digits) }

// Raw writes a value that is JSON text.
func (w *Writer) Raw(text []byte) { w.buf = append(w.buf, text...) }

// Text writes a string as a value.
func (w *Writer) Text(s string) { w.buf = jsonscan.AppendQuoted(w.buf, s) }

// Close ends an object that is the value of a member.
func (w *Writer) Close() {
	w.buf = append(w.buf, '}')
	w.comma = true
}

// Array begins an array as the value of a member. Its elements follow, each as Element
// and a value, until CloseArray.
func (w *Writer) Array() {
	w.buf = append(w.buf, '[')
	w.comma = false
}

// Element begins an element of an array. Its value follows.
func (w *Writer) Element() {
	if w.comma {
		w.buf = append(w.buf, ',')
	}
	w.comma = true
}

// CloseArray ends an array.
func (w *Writer) CloseArray() {
	w.buf = append(w.buf, ']')
	w.comma = true
}

// End ends the line.
func (w *Writer) End() {
	if len(w.tail) > 0 {
		w.buf = append(append(w.buf, w.tail...), '\n')
		w.tail = w.tail[:0]
	} else {
		w.buf = append(w.buf, '}', '\n')
	}
	w.ended()
}

// ended counts a line, and flushes the buffer if it is full.
func (w *Writer) ended() {
	w.lines++
	if len(w.buf) >= w.flushSize {
		w.Flush()
	}
}

// SetFlushSize sets how many bytes are buffered before they are written without a call
// of Flush.
func (w *Writer) SetFlushSize(bytes int) { w.flushSize = bytes }

// Stage adds a value to the line that the next [Writer.Defer] defers.
func (w *Writer) Stage(slot int, v exact.Value) {
	n := len(w.staged)
	if n == cap(w.staged) {
		w.staged = append(w.staged, Cell{})
	}
	w.staged = w.staged[:n+1]
	c := &w.staged[n]
	c.Slot, c.Value = slot, v
}

// Defer defers the line of r, with the values staged since the last Defer, to be written
// by Render or RenderObject.
func (w *Writer) Defer(r *Record) {
	w.deferred = append(w.deferred, deferredLine{r.index, 0, len(w.staged)})
}

// Column holds one output value for each record of a run: that of record i is
// Divisor.Quotient(Sums[i]).
type Column struct {
	Slot    int
	Divisor exact.Divisor
	Sums    []int64

	label *Label
}

// DeferRun defers the lines of all records of a run, to be written by RenderObject. It
// returns one column for each reading of the run, in order. The caller must set their
// Divisor and Sums before it defers anything else.
func (w *Writer) DeferRun(run *Run) []Column {
	from := len(w.columns)
	for k := range run.width {
		n := len(w.sums)
		w.sums = slices.Grow(w.sums, run.n)[:n+run.n]
		w.columns = append(w.columns, Column{Slot: run.Slot(k), Sums: w.sums[n:], label: &run.b.names[run.Slot(k)]})
	}
	w.deferred = append(w.deferred, deferredLine{run.first, run.n, len(w.columns)})
	return w.columns[from:]
}

// Render calls print for each deferred line, to write it. It requires that all are of
// records of b, and none of a run.
func (w *Writer) Render(b *Block, print func(*Record, []Cell, *Writer)) {
	from := 0
	for _, line := range w.deferred {
		print(b.Record(line.index), w.staged[from:line.to], w)
		from = line.to
	}
	w.resetDeferred()
}

// RenderObject writes each deferred line: the record with one member added, an object
// with one member for each value, named like its slot. It requires that all are of
// records of b.
func (w *Writer) RenderObject(b *Block, label *Label) {
	cell, column := 0, 0
	for _, line := range w.deferred {
		if line.n > 0 {
			w.renderRun(b, line, label, w.columns[column:line.to])
			column = line.to
			continue
		}
		list := w.staged[cell:line.to]
		cell = line.to
		w.renderOne(b, line.index, label, list)
	}
	w.resetDeferred()
}

// renderOne writes the line of one entry.
func (w *Writer) renderOne(b *Block, index int, label *Label, list []Cell) {
	if !w.renderFast(b, &b.entries[index], label, list) {
		w.renderObject(b.Record(index), label, list)
	}
}

// resetDeferred discards all deferred lines.
func (w *Writer) resetDeferred() {
	w.deferred, w.staged, w.columns, w.sums = w.deferred[:0], w.staged[:0], w.columns[:0], w.sums[:0]
}

// renderFast is renderObject for the usual case: nothing is omitted from the record, it
// has members, no white space comes before its closing brace, and there are values. It
// reports false, and writes nothing, in other cases.
//
// It reserves memory for the whole line first, so that labels and numbers can be copied
// in blocks of fixed size which may extend beyond their end.
func (w *Writer) renderFast(b *Block, e *entry, label *Label, list []Cell) bool {
	text, names := b.buf[e.from:e.to-1], b.names
	if e.extra >= 0 || e.empty || len(list) == 0 || text[len(text)-1] <= ' ' {
		return false
	}
	need := len(label.text) + labelSize + 4
	for i := range list {
		need += len(names[list[i].Slot].text) + labelSize + exact.FormatSize
	}
	n := len(w.buf)
	if cap(w.buf)-n < len(text)+need {
		w.buf = slices.Grow(w.buf, len(text)+need)
	}
	out := w.buf[:cap(w.buf)]
	n += copy(out[n:], text)
	n += label.copyTo(out[n:])
	open := n
	for i := range list {
		c := &list[i]
		n += names[c.Slot].copyTo(out[n:])
		size := 0
		if w.digits < 0 {
			size = c.Value.FastFormat((*[exact.FormatSize]byte)(out[n:]))
		}
		if size == 0 {
			out = c.Value.Append(out[:n], w.digits)
			size = len(out) - n
			out = slices.Grow(out, need)
			out = out[:cap(out)]
		}
		n += size
	}
	out[open] = '{' // replaces the first label's comma
	binary.LittleEndian.PutUint32(out[n:], '}'|'}'<<8|'\n'<<16)
	w.buf = out[:n+3]
	w.ended()
	return true
}

// renderRun writes the lines of a run. It writes a line directly, by renderShort, if all
// labels are short, all values may have the fast format, and the buffer has space; else
// by renderColumns.
//
// Why noinline: the compiler inlines less into large functions, and this one must not
// enlarge its caller.
//
//go:noinline
func (w *Writer) renderRun(b *Block, line deferredLine, label *Label, columns []Column) {
	need := len(label.text) + labelSize + 4
	short := w.digits < 0 && len(label.text) <= labelSize
	for k := range columns {
		c := &columns[k]
		need += len(c.label.text) + labelSize + exact.FormatSize
		short = short && len(c.label.text) <= labelSize && c.Divisor.CanFormatMilli()
	}
	short = short && need <= shortSize
	entries := b.entries[line.index:][:line.n]
	for i := range entries {
		e := &entries[i]
		text := b.buf[e.from : e.to-1]
		n := len(w.buf)
		if short && text[len(text)-1] > ' ' && cap(w.buf)-n >= len(text)+2*shortSize {
			out := w.buf[:cap(w.buf)]
			n += copy(out[n:], text)
			size := renderShort((*[2 * shortSize]byte)(out[n:]), label, columns, i)
			if size > 0 {
				w.buf = out[:n+size]
				w.ended()
				continue
			}
		}
		w.renderColumns(b, line.index+i, label, columns, i)
	}
}

// renderShort writes to out what renderRun appends to the text of record i, and returns
// its length, or 0 if a value has too many digits for the fast format. It requires that
// all labels are short and that the result has at most shortSize bytes.
//
// Why it is a function of its own: without slices of variable length, all it needs stays
// in registers. The masks with shortSize-1 change nothing, as n < shortSize; they show the
// compiler that each fixed-size copy stays inside the array, so there are no bounds checks.
//
//go:noinline
func renderShort(out *[2 * shortSize]byte, label *Label, columns []Column, i int) int {
	*(*[labelSize]byte)(out[:]) = label.short
	open := len(label.text)
	n := open
	for k := range columns {
		c := &columns[k]
		l := c.label
		*(*[labelSize]byte)(out[n&(shortSize-1):]) = l.short
		n += len(l.text)
		size := c.Divisor.FormatMilli(c.Sums[i], (*[exact.FormatSize]byte)(out[n&(shortSize-1):]))
		if size == 0 {
			return 0
		}
		n += size
	}
	out[open&(shortSize-1)] = '{'
	binary.LittleEndian.PutUint32(out[n&(shortSize-1):], '}'|'}'<<8|'\n'<<16)
	return n + 3
}

// shortSize is the longest result of renderShort, in bytes: a power of two, for the masks.
const shortSize = 1 << 10

// renderColumns writes the line of record i of a run like that of any other record. It is
// the general path of renderRun.
//
//go:noinline
func (w *Writer) renderColumns(b *Block, index int, label *Label, columns []Column, i int) {
	from := len(w.staged)
	for k := range columns {
		c := &columns[k]
		w.Stage(c.Slot, c.Divisor.Quotient(c.Sums[i]))
	}
	w.renderOne(b, index, label, w.staged[from:])
	w.staged = w.staged[:from]
}

// renderObject writes a line of RenderObject for any record. It is the general path of
// renderFast.
func (w *Writer) renderObject(r *Record, label *Label, list []Cell) {
	w.Record(r)
	w.Name(label.Name())
	w.Object()
	for i := range list {
		w.Name(r.Name(list[i].Slot))
		w.Value(list[i].Value)
	}
	w.Close()
	w.End()
}

// Lines returns how many lines have been ended.
func (w *Writer) Lines() int64 { return w.lines }

// Flush writes what is buffered, and returns the first error of any write so far.
func (w *Writer) Flush() error {
	if len(w.buf) > 0 {
		if w.err == nil {
			_, w.err = w.out.Write(w.buf)
		}
		w.buf = w.buf[:0]
	}
	return w.err
}

// Err returns the first error of any write so far.
func (w *Writer) Err() error { return w.err }
