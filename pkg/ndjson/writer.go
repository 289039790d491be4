package ndjson

import (
	"encoding/binary"
	"io"
	"slices"

	"weir/pkg/exact"
)

// Writer makes lines: of a record with members added, or of an object from
// nothing. Lines are held back until Flush or until there are many; a line is
// never handed on in parts unless it alone is longer than the buffer.
//
// The members of an object follow each other by Name and then one value: Value,
// Raw, Text, or Object … Close. The first error is kept, and told by Flush.
type Writer struct {
	out       io.Writer
	buf       []byte
	comma     bool // the next member needs one
	tail      []byte
	digits    int
	flushSize int // how many bytes are handed on at once, or more
	lines     int64
	staged    []Cell
	deferred  []deferredLine
	err       error

	columns []Column
	sums    []int64
}

// Figure is what a record's line will say of the reading in a slot.
type Cell struct {
	Slot  int
	Value exact.Value
}

// owed is a line that is to be printed later: of the record of that index, with the
// figures up to to. Or the lines of a run of n records, with the columns up to to.
type deferredLine struct{ index, n, to int }

const defaultFlushSize = 128 << 10 // Writer.lot, where nobody says otherwise

// NewWriter writes to out. Numbers are rounded to that many decimals; -1 is not
// at all.
func NewWriter(out io.Writer, digits int) *Writer {
	return &Writer{out: out, buf: make([]byte, 0, defaultFlushSize+defaultFlushSize/4), digits: digits, flushSize: defaultFlushSize}
}

// Record begins a line as r, without the member that its plan takes out, ready
// for more members.
func (w *Writer) Record(r *Record) {
	buf, from, to := r.b.buf, int(r.e.from), int(r.e.to)-1
	end := to
	for end > from && buf[end-1] <= ' ' {
		end--
	}
	if x := r.extra(); x != nil {
		for _, c := range r.b.cuts[x.cuts[0]:x.cuts[1]] {
			w.buf = append(w.buf, buf[from:c.from]...)
			from = c.to
		}
	}
	w.buf = append(w.buf, buf[from:end]...)
	if w.tail = w.tail[:0]; end < to {
		w.tail = append(w.tail, buf[end:to+1]...)
	}
	w.comma = !r.e.empty
}

// Object begins a line, or the value of a member, as an object.
func (w *Writer) Object() {
	w.buf = append(w.buf, '{')
	w.comma = false
}

// Name begins a member; quoted is its name as JSON, quotes and all.
func (w *Writer) Name(quoted []byte) {
	b := w.buf
	if w.comma {
		b = append(b, ',')
	}
	w.buf, w.comma = append(append(b, quoted...), ':'), true
}

// Label is what stands before a member's value: a comma, the name and a colon.
type Label struct {
	text  []byte
	short [labelRoom]byte // text, if there is room
}

const labelRoom = 32

// NewLabel is that of a name, as JSON prints it, with quotes.
func NewLabel(quoted []byte) Label {
	l := Label{text: append(append(append(make([]byte, 0, len(quoted)+2), ','), quoted...), ':')}
	if len(l.text) <= labelRoom {
		copy(l.short[:], l.text)
	}
	return l
}

// Name is the name, with quotes.
func (l *Label) Name() []byte { return l.text[1 : len(l.text)-1] }

// put writes it, and perhaps labelRoom bytes. It returns how long it is.
func (l *Label) put(out []byte) int {
	if len(l.text) > labelRoom {
		return copy(out, l.text)
	}
	*(*[labelRoom]byte)(out) = l.short
	return len(l.text)
}

// Value is the value of a member: a number, or null.
func (w *Writer) Value(v exact.Value) { w.buf = v.Append(w.buf, w.digits) }

// Raw is the value of a member, as JSON.
func (w *Writer) Raw(text []byte) { w.buf = append(w.buf, text...) }

// Text is the value of a member: a string.
func (w *Writer) Text(s string) { w.buf = AppendQuoted(w.buf, s) }

// Close ends an object that is a member's value.
func (w *Writer) Close() {
	w.buf = append(w.buf, '}')
	w.comma = true
}

// Array begins an array as the value of a member; its elements follow, each
// after Element, until CloseArray.
func (w *Writer) Array() {
	w.buf = append(w.buf, '[')
	w.comma = false
}

// Element begins an element of an array; its value follows.
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

// ended counts a line.
func (w *Writer) ended() {
	if w.lines++; len(w.buf) >= w.flushSize {
		w.Flush()
	}
}

// Hold makes it hold back so many bytes before it hands them on unasked.
func (w *Writer) SetFlushSize(bytes int) { w.flushSize = bytes }

// Keep keeps a figure of the line that [Writer.Owe] will owe.
func (w *Writer) Stage(slot int, v exact.Value) {
	n := len(w.staged)
	if n == cap(w.staged) {
		w.staged = append(w.staged, Cell{})
	}
	w.staged = w.staged[:n+1]
	f := &w.staged[n]
	f.Slot, f.Value = slot, v
}

// Owe leaves the line of r to be printed by Pay, with what has been kept since the
// last Owe.
func (w *Writer) Defer(r *Record) {
	w.deferred = append(w.deferred, deferredLine{r.index, 0, len(w.staged)})
}

// Column is a figure of each record of a run: By.Of(Sums[i]) is that of record i.
type Column struct {
	Slot    int
	Divisor exact.Divisor
	Sums    []int64

	label *Label
}

// OweRun leaves the lines of a run to be printed by PayObject, with a figure for each
// reading: By and Sums of the columns are to be set before anything else is owed.
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

// Pay has print make each line that is owed, all of records of b and none of a run.
func (w *Writer) Render(b *Block, print func(*Record, []Cell, *Writer)) {
	from := 0
	for _, o := range w.deferred {
		print(b.Record(o.index), w.staged[from:o.to], w)
		from = o.to
	}
	w.resetDeferred()
}

// PayObject makes each line that is owed, all of records of b: the record with one
// member more, an object that has a member for each figure, by the name of its slot.
func (w *Writer) RenderObject(b *Block, label *Label) {
	figure, column := 0, 0
	for _, o := range w.deferred {
		if o.n > 0 {
			w.renderRun(b, o, label, w.columns[column:o.to])
			column = o.to
			continue
		}
		list := w.staged[figure:o.to]
		figure = o.to
		w.renderOne(b, o.index, label, list)
	}
	w.resetDeferred()
}

// payOne makes the line of an entry.
func (w *Writer) renderOne(b *Block, index int, label *Label, list []Cell) {
	if !w.renderFast(b, &b.entries[index], label, list) {
		w.renderObject(b.Record(index), label, list)
	}
}

func (w *Writer) resetDeferred() {
	w.deferred, w.staged, w.columns, w.sums = w.deferred[:0], w.staged[:0], w.columns[:0], w.sums[:0]
}

// whole makes a line of PayObject, if nothing is left out of its record.
func (w *Writer) renderFast(b *Block, e *entry, label *Label, list []Cell) bool {
	text, names := b.buf[e.from:e.to-1], b.names
	if e.extra >= 0 || e.empty || len(list) == 0 || text[len(text)-1] <= ' ' {
		return false
	}
	room := len(label.text) + labelRoom + 4
	for i := range list {
		room += len(names[list[i].Slot].text) + labelRoom + exact.Room
	}
	n := len(w.buf)
	if cap(w.buf)-n < len(text)+room {
		w.buf = slices.Grow(w.buf, len(text)+room)
	}
	out := w.buf[:cap(w.buf)]
	n += copy(out[n:], text)
	n += label.put(out[n:])
	open := n
	for i := range list {
		f := &list[i]
		n += names[f.Slot].put(out[n:])
		size := 0
		if w.digits < 0 {
			size = f.Value.FastFormat((*[exact.Room]byte)(out[n:]))
		}
		if size == 0 {
			out = f.Value.Append(out[:n], w.digits)
			size = len(out) - n
			out = slices.Grow(out, room)
			out = out[:cap(out)]
		}
		n += size
	}
	out[open] = '{' // in place of a comma
	binary.LittleEndian.PutUint32(out[n:], '}'|'}'<<8|'\n'<<16)
	w.buf = out[:n+3]
	w.ended()
	return true
}

// payRun makes the lines of a run, of whose records nothing is left out. (By itself, as
// the compiler puts less into what is large.)
//
//go:noinline
func (w *Writer) renderRun(b *Block, o deferredLine, label *Label, columns []Column) {
	room := len(label.text) + labelRoom + 4
	short := w.digits < 0 && len(label.text) <= labelRoom
	for k := range columns {
		c := &columns[k]
		room += len(c.label.text) + labelRoom + exact.Room
		short = short && len(c.label.text) <= labelRoom && c.Divisor.CanFormatMilli()
	}
	short = short && room <= shortRoom
	entries := b.entries[o.index:][:o.n]
	for i := range entries {
		e := &entries[i]
		text := b.buf[e.from : e.to-1]
		if n := len(w.buf); short && text[len(text)-1] > ' ' && cap(w.buf)-n >= len(text)+2*shortRoom {
			out := w.buf[:cap(w.buf)]
			n += copy(out[n:], text)
			if size := renderShort((*[2 * shortRoom]byte)(out[n:]), label, columns, i); size > 0 {
				w.buf = out[:n+size]
				w.ended()
				continue
			}
		}
		w.renderColumns(b, o.index+i, label, columns, i)
	}
}

// brief writes what payRun puts behind the text of record i, where no name is long, or
// returns 0, if a figure has too many digits to go by threes. (It calls nothing and its
// room is constant, so that all it needs stays in registers, and in bounds.)
//
//go:noinline
func renderShort(out *[2 * shortRoom]byte, label *Label, columns []Column, i int) int {
	*(*[labelRoom]byte)(out[:]) = label.short
	open := len(label.text)
	n := open
	for k := range columns {
		c := &columns[k]
		l := c.label
		*(*[labelRoom]byte)(out[n&(shortRoom-1):]) = l.short
		n += len(l.text)
		size := c.Divisor.FormatMilli(c.Sums[i], (*[exact.Room]byte)(out[n&(shortRoom-1):]))
		if size == 0 {
			return 0
		}
		n += size
	}
	out[open&(shortRoom-1)] = '{'
	binary.LittleEndian.PutUint32(out[n&(shortRoom-1):], '}'|'}'<<8|'\n'<<16)
	return n + 3
}

const shortRoom = 1 << 10 // bytes, a power of two

// payColumns makes the line of a record of a run, its i-th, as that of any other.
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

// payObject makes a line of PayObject, whatever is in it.
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

// Lines is how many lines have been ended.
func (w *Writer) Lines() int64 { return w.lines }

// Flush hands on what is held back. It returns the first error of any write.
func (w *Writer) Flush() error {
	if len(w.buf) > 0 {
		if w.err == nil {
			_, w.err = w.out.Write(w.buf)
		}
		w.buf = w.buf[:0]
	}
	return w.err
}

// Err is the first error of any write so far.
func (w *Writer) Err() error { return w.err }
