package lines

import (
	"encoding/binary"
	"slices"

	"weir/pkg/batch"
	"weir/pkg/exact"
)

// Member is what is appended to records: an object with a value for each reading, named
// like its field, or, with Stats, an object of the statistics' values.
type Member struct {
	Label batch.Label // The member's name.
	Stats [][]byte    // The names of several statistics as JSON strings, with quotes; nil if there is one.
	Only  *Only       // What is written of the record; nil: all of it. A table needs it.

	// Keep reports whether a record is written; nil: all are. Several goroutines may call it at
	// the same time.
	Keep func(Values) bool

	// Anomalies is the name, as a JSON string, of a second member, after the first: an object
	// with an object for each reading that is an [Anomaly]. Records without any do not get it.
	// Nil: no record does.
	Anomalies     []byte
	OnlyAnomalies bool // Records without an anomaly are not written.
}

// values returns how many values there are for each reading.
func (m *Member) values() int { return max(len(m.Stats), 1) }

// deferred is the records of a batch that are to be written with a member appended.
type deferred struct {
	member  *Member
	runs    []deferredRun
	owners  []int32       // By row: 1 + the index of its run, negative if the row is not written or has an anomaly; 0: it is of no run.
	cells   []cell        // Of the runs of one record with one statistic.
	columns []column      // Of all other runs.
	row     []cell        // A buffer: the cells of one record.
	sums    []int64       // The memory of column.sums.
	values  []exact.Value // The memory of column.values.

	timeName []byte // With Only: the name of the time field, as a JSON string.

	anomalies []deferredAnomaly // Those of one row are linked: see anomaly.go.
	last      []int32           // By row: 1 + the index of its last anomaly; 0, or beyond the end: it has none.
}

// reset makes d empty, and keeps its memory.
func (d *deferred) reset() {
	d.runs, d.owners, d.cells, d.columns, d.sums, d.values = d.runs[:0], d.owners[:0], d.cells[:0], d.columns[:0], d.sums[:0], d.values[:0]
	d.anomalies, d.last = d.anomalies[:0], d.last[:0]
}

// deferredRun is a run of records to be written.
type deferredRun struct {
	from, to int // Its columns are deferred.columns[from:to]; if single, its cells are deferred.cells[from:to].
	n        int // How many records it has.
	next     int // The record to be written next.
	form     form
	single   bool // It has one record and one statistic.
}

// cell is what is appended to a record for one reading, if there is one statistic. Records
// of many layouts, or of many keys, are runs of one: cells are cheaper than columns.
type cell struct {
	label *batch.Label
	value [1]exact.Value // An array, so that Values can return it as a slice.
}

// form says how the lines of a run can be written.
type form uint8

const (
	formUnknown form = iota
	formShort        // By appendShort: all labels are short, and all values may have the fast format.
	formAny
)

// column has what is appended to the records of a run for one reading: the values of
// record i are values[i*n:][:n], where n is the number of statistics; or, if sums is set,
// the one value divisor.Quotient(sums[i]), which is formatted faster.
type column struct {
	label   *batch.Label
	values  []exact.Value
	divisor exact.Divisor
	sums    []int64
}

// value returns value k of n of record i.
func (c *column) value(i, k, n int) exact.Value {
	if c.sums != nil {
		return c.divisor.Quotient(c.sums[i])
	}
	return c.values[i*n+k]
}

// Defer passes the records of a run on, each with the member appended: Render writes
// them. The member has no values yet: Values and Means add them.
func (w *Output) Defer(run *batch.Run) {
	d := &w.deferred
	n := run.Len()
	from, single := len(d.columns), n == 1 && d.member.Stats == nil
	if single {
		from = len(d.cells)
	}
	d.runs = append(d.runs, deferredRun{from: from, to: from, n: n, single: single})
	owner := int32(len(d.runs))
	rows := run.Row(n-1) + 1
	if rows > len(d.owners) {
		had := len(d.owners)
		d.owners = slices.Grow(d.owners, rows-had)[:rows]
		clear(d.owners[had:])
	}
	if run.Consecutive() {
		for i := run.Row(0); i < rows; i++ {
			d.owners[i] = owner
		}
		return
	}
	for i := range n {
		d.owners[run.Row(i)] = owner
	}
}

// column adds a column to the run that was deferred last. Its divisor is not set.
//
// Why not append(d.columns, column{...}): that would build a column on the stack and copy
// it, which is most of the cost of a short run.
func (d *deferred) column(label *batch.Label) *column {
	n := len(d.columns)
	if n == cap(d.columns) {
		d.columns = append(d.columns, column{})
	}
	d.columns = d.columns[:n+1]
	c := &d.columns[n]
	c.label, c.values, c.sums = label, nil, nil
	d.runs[len(d.runs)-1].to++
	return c
}

// cell adds a cell, and returns its value to be set. Why not append: see column.
func (d *deferred) cell(label *batch.Label) []exact.Value {
	n := len(d.cells)
	if n == cap(d.cells) {
		d.cells = append(d.cells, cell{})
	}
	d.cells = d.cells[:n+1]
	c := &d.cells[n]
	c.label = label
	return c.value[:]
}

// Values adds a reading of that label to the run that was deferred last. The caller sets
// the values that it returns, before anything else is added: those of all statistics of
// the first record, then of the second, and so on.
func (w *Output) Values(label *batch.Label) []exact.Value {
	d := &w.deferred
	run := &d.runs[len(d.runs)-1]
	if run.single {
		run.to++
		return d.cell(label)
	}
	c := d.column(label)
	from, n := len(d.values), run.n*d.member.values()
	d.values = slices.Grow(d.values, n)[:from+n]
	c.values = d.values[from : from+n : from+n]
	return c.values
}

// Means is Values for one value for each record that is a quotient: that of record i is
// the i-th of the sums, which the caller sets, divided by the divisor, which the caller
// sets. Requires a run of more than one record, and one statistic.
func (w *Output) Means(label *batch.Label) (sums []int64, divisor *exact.Divisor) {
	d := &w.deferred
	c := d.column(label)
	from, n := len(d.sums), d.runs[len(d.runs)-1].n
	d.sums = slices.Grow(d.sums, n)[:from+n]
	c.sums = d.sums[from : from+n : from+n]
	return c.sums, &c.divisor
}

// Render writes the records that were deferred, in the order of b's rows. It requires
// that all are of b. It writes a line directly, by appendShort, if the run allows that and
// the buffer has space; else by renderRow.
func (w *Output) Render(b *batch.Batch) {
	d := &w.deferred
	if d.member.OnlyAnomalies {
		d.dropOrdinary()
	}
	if d.member.Keep != nil {
		w.drop()
	}
	if d.member.Only != nil {
		w.renderOnly(b)
		return
	}
	for row, owner := range d.owners {
		if owner <= 0 {
			if owner < 0 {
				d.runs[-owner-1].next++
				if len(d.anomalies) > 0 {
					w.renderAnomaly(b, row)
				}
			}
			continue
		}
		run := &d.runs[owner-1]
		if run.single {
			w.renderRow(b, row, d.cells[run.from:run.to])
			continue
		}
		columns := d.columns[run.from:run.to]
		if run.form == formUnknown {
			run.form = w.formOf(columns)
		}
		i := run.next
		run.next++
		r := &b.Rows[row]
		text := b.Text[r.From : r.To-1]
		n := len(w.buf)
		if run.form == formShort && r.Note < 0 && !r.Empty && text[len(text)-1] > ' ' && cap(w.buf)-n >= len(text)+2*shortSize {
			out := w.buf[:cap(w.buf)]
			n += copy(out[n:], text)
			size := appendShort((*[2 * shortSize]byte)(out[n:]), &d.member.Label, columns, i)
			if size > 0 {
				w.buf = out[:n+size]
				w.ended()
				continue
			}
		}
		if d.member.Stats != nil {
			w.renderStats(b, row, columns, i)
			continue
		}
		d.row = d.row[:0]
		for k := range columns {
			d.row = append(d.row, cell{columns[k].label, [1]exact.Value{columns[k].value(i, 0, 1)}})
		}
		w.renderRow(b, row, d.row)
	}
	d.reset()
}

// formOf returns the form of a run's lines.
func (w *Output) formOf(columns []column) form {
	label := &w.deferred.member.Label
	need := label.Len() + batch.LabelSize + 4
	if w.digits >= 0 || label.Len() > batch.LabelSize || len(columns) == 0 {
		return formAny
	}
	for k := range columns {
		c := &columns[k]
		need += c.label.Len() + batch.LabelSize + exact.FormatSize
		if c.sums == nil || c.label.Len() > batch.LabelSize || !c.divisor.CanFormatMilli() {
			return formAny
		}
	}
	if need > shortSize {
		return formAny
	}
	return formShort
}

// appendShort writes to out what is appended to the text of record i, and returns
// its length, or 0 if a value has too many digits for the fast format. It requires that
// all labels are short and that the result has at most shortSize bytes.
//
// Why it is a function of its own: without slices of variable length, all it needs stays
// in registers. The masks with shortSize-1 change nothing, as n < shortSize; they show the
// compiler that each fixed-size copy stays inside the array, so there are no bounds checks.
//
//go:noinline
func appendShort(out *[2 * shortSize]byte, label *batch.Label, columns []column, i int) int {
	label.PutShort((*[batch.LabelSize]byte)(out[:]))
	open := label.Len()
	n := open
	for k := range columns {
		c := &columns[k]
		l := c.label
		l.PutShort((*[batch.LabelSize]byte)(out[n&(shortSize-1):]))
		n += l.Len()
		size := c.divisor.FormatMilli(c.sums[i], (*[exact.FormatSize]byte)(out[n&(shortSize-1):]))
		if size == 0 {
			return 0
		}
		n += size
	}
	out[open&(shortSize-1)] = '{'
	binary.LittleEndian.PutUint32(out[n&(shortSize-1):], '}'|'}'<<8|'\n'<<16)
	return n + 3
}

// shortSize is the longest result of appendShort, in bytes: a power of two, for the masks.
const shortSize = 1 << 10

// renderRow writes the record in a row, with a value for each cell.
func (w *Output) renderRow(b *batch.Batch, row int, cells []cell) {
	if w.renderFast(b, &b.Rows[row], cells) {
		return
	}
	w.record(b, row)
	w.Name(w.deferred.member.Label.Name())
	w.Object()
	for k := range cells {
		w.Name(cells[k].label.Name())
		w.Value(cells[k].value[0])
	}
	w.endRecord(b, row)
}

// renderStats writes record i of a run, in a row, with several statistics.
func (w *Output) renderStats(b *batch.Batch, row int, columns []column, i int) {
	m := w.deferred.member
	w.record(b, row)
	w.Name(m.Label.Name())
	w.Object()
	for k := range columns {
		c := &columns[k]
		w.Name(c.label.Name())
		w.Object()
		for j, name := range m.Stats {
			w.Name(name)
			w.Value(c.value(i, j, len(m.Stats)))
		}
		w.Close()
	}
	w.endRecord(b, row)
}

// endRecord ends the member and the line.
func (w *Output) endRecord(b *batch.Batch, row int) {
	w.Close()
	w.buf = append(w.buf, endOf(b, row)...)
	w.buf = append(w.buf, '\n')
	w.ended()
}

// record begins a line with the members of the record in a row, as they came, without
// those that Plan.Omit names.
func (w *Output) record(b *batch.Batch, row int) {
	r := &b.Rows[row]
	from, end := int(r.From), int(r.To)-len(endOf(b, row))
	if r.Note >= 0 {
		cuts := b.Notes[r.Note].Cuts
		for _, c := range b.Cuts[cuts[0]:cuts[1]] {
			w.buf = append(w.buf, b.Text[from:c.From]...)
			from = c.To
		}
	}
	w.buf = append(w.buf, b.Text[from:end]...)
	w.comma = !r.Empty
}

// endOf returns the closing brace of the record in a row, with the white space before it.
func endOf(b *batch.Batch, row int) []byte {
	r := &b.Rows[row]
	from := int(r.To) - 1
	for from > int(r.From) && b.Text[from-1] <= ' ' {
		from--
	}
	return b.Text[from:r.To]
}

// renderFast is renderRow for the usual case: nothing is omitted from the
// record, it has members, no white space comes before its closing brace, and there are
// values. It reports false, and writes nothing, in other cases.
//
// It reserves memory for the whole line first, so that labels and numbers can be copied
// in blocks of fixed size which may extend beyond their end.
func (w *Output) renderFast(b *batch.Batch, r *batch.Row, cells []cell) bool {
	text, label := b.Text[r.From:r.To-1], &w.deferred.member.Label
	if r.Note >= 0 || r.Empty || len(cells) == 0 || text[len(text)-1] <= ' ' {
		return false
	}
	need := label.Len() + batch.LabelSize + 4
	for k := range cells {
		need += cells[k].label.Len() + batch.LabelSize + exact.FormatSize
	}
	n := len(w.buf)
	if cap(w.buf)-n < len(text)+need {
		w.buf = slices.Grow(w.buf, len(text)+need)
	}
	out := w.buf[:cap(w.buf)]
	n += copy(out[n:], text)
	n += label.CopyTo(out[n:])
	open := n
	for k := range cells {
		c := &cells[k]
		n += c.label.CopyTo(out[n:])
		v := &c.value[0]
		size := 0
		if w.digits < 0 {
			size = v.FastFormat((*[exact.FormatSize]byte)(out[n:]))
		}
		if size == 0 {
			out = v.Append(out[:n], w.digits)
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
