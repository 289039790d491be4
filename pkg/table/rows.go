package table

import (
	"bytes"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/lines"
)

// RowOptions describe the terminal, and the lines of mavg or winavg that are shown on it.
type RowOptions struct {
	// Size returns the columns and rows of the terminal; not positive: 80 and 24. It is called
	// for each Write, because a person may change the size while a stream is shown.
	Size func() (width, height int)

	Color  bool // use colours (SGR sequences)
	ASCII  bool // use ASCII characters only
	Digits int  // numbers have at most that many decimals, and are shown as they came; -1: they are shown with six digits

	Time []batch.Path // where a line may have its time: the first that it has
	Keys []batch.Path // the fields of -g

	// Columns are the columns of a line of winavg after its time and its keys. They are nil for
	// lines of mavg.
	Columns []Title

	// The following are of lines of mavg.

	Averages  string       // the name of the member with the averages
	Anomalies string       // that of the member with the anomalies; "" if readings are not judged
	Stat      string       // the statistic, if there is one
	Fields    []batch.Path // the fields of -f
}

// Title names a column of numbers.
type Title struct {
	Field string // stands above the columns of the same field; "": none
	Name  string // the statistic
}

// Rows draws lines of mavg and winavg as rows of aligned columns. It is an [Output]: lines may be
// written in pieces of any size, and a line is drawn in the same Write as its end.
//
// The columns are as wide as the widest cell so far, so that rows which follow each other are
// aligned although later ones are not known yet. When that changes, and after each screenful, the
// header is drawn again. Columns that do not fit the terminal are left out: see layout of columns.go.
//
// Invariant: no line is wider than the terminal.
type Rows struct {
	out     Output
	options RowOptions
	style   style
	tree    batch.Tree // the line that is read
	columns columns
	input   lines.Splitter
	rows    []row // rows that are parsed and not drawn
	drawn   rowLayout
	since   int // rows since the header was drawn
	page    int // rows between two headers
	begun   bool
	resized bool         // the width has changed since the layout
	text    bytes.Buffer // text not yet passed to out
	err     error        // the first error of out; all later calls return it
}

// row is a line of input.
type row struct {
	cells []rowCell
	raw   string // a line that could not be parsed; "" for all others
}

// NewRows returns a Rows that writes to out.
func NewRows(out Output, o RowOptions) *Rows {
	r := &Rows{out: out, options: o}
	r.columns = columns{find: map[columnID]int{}, live: true, decimals: shownDigits - 2}
	if o.Digits >= 0 {
		r.columns.decimals = min(r.columns.decimals, o.Digits)
	}
	r.resize()
	return r
}

// resize adapts to the size of the terminal.
func (r *Rows) resize() {
	width, height := r.options.Size()
	if width < 1 {
		width = 80
	}
	if height < 1 {
		height = 24
	}
	r.resized = r.resized || width != r.style.width
	r.style = newStyle(Options{Width: width, Color: r.options.Color, ASCII: r.options.ASCII})
	r.style.width = width // unlike a chart, rows use a wide terminal
	r.page = max(minPage, height-headerHeight)
}

const (
	headerHeight = 4  // an empty line, a header of two lines, and one for the prompt of the shell
	minPage      = 10 // rows between two headers at least
)

// Write implements io.Writer.
func (r *Rows) Write(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	r.resize()
	r.input.Split(p, func(line []byte) {
		r.rows = append(r.rows, r.parse(bytes.TrimSuffix(line, []byte("\n"))))
		if len(r.rows) == maxHeld {
			r.draw()
		}
	})
	r.draw()
	if r.err != nil {
		return 0, r.err
	}
	return len(p), nil
}

// Flush flushes the output. The beginning of a line that has no end yet stays.
func (r *Rows) Flush() error {
	if r.err == nil {
		r.err = r.out.Flush()
	}
	return r.err
}

// draw draws the rows that have been parsed, and passes the text on.
func (r *Rows) draw() {
	if len(r.rows) == 0 || r.err != nil {
		return
	}
	if r.columns.moved || r.resized {
		layout := r.columns.layout(r.style.width, 0)
		if !layout.equal(&r.drawn) {
			r.drawn, r.since = layout, r.page
		}
		r.resized = false
	}
	for i := range r.rows {
		r.drawRow(&r.rows[i])
	}
	clear(r.rows)
	r.rows = r.rows[:0]
	_, r.err = r.out.Write(r.text.Bytes())
	r.text.Reset()
}

// drawRow draws one row, below a header if it is time for that.
func (r *Rows) drawRow(w *row) {
	if w.raw != "" {
		r.line(r.style.truncateEnd(w.raw, r.style.width))
		return
	}
	if r.since >= r.page {
		if r.begun {
			r.line("")
		}
		for _, s := range r.drawn.header(r.style) {
			r.line(s)
		}
		r.since = 0
	}
	r.begun = true
	r.since++
	r.line(r.drawn.row(r.style, w.cells))
}

// line adds a line to the text.
func (r *Rows) line(s string) {
	r.text.WriteString(r.style.truncateLine(s))
	r.text.WriteByte('\n')
}

// parse returns the cells of a line.
func (r *Rows) parse(text []byte) row {
	root, err := r.tree.Parse(text)
	if err != nil || root.Kind() != '{' {
		return row{raw: r.style.sanitize(string(text)) + " "}
	}
	l := rowLine{Rows: r, root: root}
	for name, value := range root.Members() {
		l.members = append(l.members, rowMember{string(name), value})
	}
	if r.options.Averages == "" {
		l.fixed()
	} else {
		l.record()
	}
	return row{cells: l.cells}
}

// trimmed returns a text without the spaces at its end.
func trimmed(b *strings.Builder) string { return strings.TrimRight(b.String(), " ") }
