// Package table draws the results of stats for a person: for every field and key,
// its statistics, a chart over time, a histogram, and the anomalies; and those of mavg and
// winavg as rows of aligned columns. Its input are
// the NDJSON lines that these commands print, and nothing else, so the picture cannot say
// more than these lines do.
//
// cli imports it: with a terminal as standard output, it sends the lines through a
// [Writer] or a [Rows] instead of writing them to package sink directly. It imports go-pretty,
// for grids and for the width of text, which no other package does. What a picture
// shows is computed by package chart; this package turns it into characters.
//
// The files, in the order of the data: table.go splits the input into lines, which
// package chart parses; overview.go draws the table that precedes the blocks of stats -g;
// block.go draws what a line has, with timeline.go (the chart,
// on a canvas.go), histogram.go, and episodes.go, or anomalies.go with layout.go if
// there is no plot; list.go draws stats --list. rows.go and columns.go draw the lines of mavg
// and winavg, which rowline.go reads. style.go has glyphs, colours and
// widths; terminal.go finds out what the terminal supports.
//
// # Nothing is averaged away
//
// A person must not miss an outlier because the terminal is small. So every column
// of the chart spans the minimum to the maximum of its readings, however many
// columns are merged into one; every bin of the histogram that has a reading has a
// bar of at least the smallest length; and all anomalies are marked in the chart, not
// only those that are listed. Numbers are shortened to six digits, whole numbers below
// 10^15 are not; the exact numbers are in the NDJSON. One number has one spelling:
// those of axes and bars are round, and so differ from those of readings.
package table

import (
	"bytes"
	"io"

	"weir/pkg/chart"
	"weir/pkg/lines"
)

// Options describe the terminal.
type Options struct {
	Width  int  // number of columns; not positive: 80
	Height int  // number of rows; not positive: 40
	Color  bool // use colours (SGR sequences)
	ASCII  bool // use ASCII characters only
}

// Output receives the text. Package pipe has the same interface for its output.
type Output interface {
	io.Writer
	Flush() error
}

// Writer draws lines of stats as text. It is itself an Output: lines may be
// written in pieces of any size.
//
// A line that is not one of stats is copied unchanged. The lines of stats --list
// form one table. Up to maxHeld of its rows are held to find the widths of the
// columns; later rows use at least these widths, so that memory is bounded.
type Writer struct {
	out    Output
	style  style
	parser chart.Parser // of the lines of input
	input  lines.Splitter
	text   bytes.Buffer // text not yet passed to out
	list   list         // the current table of stats --list
	keyed  overview     // the lines of stats -g since the last Flush
	begun  bool         // a block or a table was drawn: an empty line precedes the next
	err    error        // the first error of out; all later calls return it
}

// New returns a Writer that writes to out. No line it draws is wider than o.Width.
func New(out Output, o Options) *Writer {
	return &Writer{out: out, style: newStyle(o)}
}

// Write implements io.Writer. It draws every line that is complete, and passes the
// text on, except rows of a list that are held until Flush or the end of the list.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.input.Split(p, func(line []byte) {
		if w.err == nil {
			w.line(line)
			w.writeOut()
		}
	})
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// Flush draws the rows that are held, writes all text, and flushes the output. The
// beginning of a line that has no end yet stays.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.drawList()
		w.drawKeyed()
		w.writeOut()
	}
	if w.err == nil {
		w.err = w.out.Flush()
	}
	return w.err
}

// line draws one complete line of input.
func (w *Writer) line(raw []byte) {
	l, ok := w.parser.Parse(raw)
	switch {
	case !ok:
		w.drawList()
		w.text.Write(raw)
	case l.ListRow != nil:
		if !w.list.accepts(l) {
			w.drawList()
			w.list = list{}
		}
		w.list.add(l)
		if w.list.full() {
			w.drawList()
		}
	default:
		w.drawList()
		w.list = list{}
		if len(l.Keys) > 0 {
			w.keyed.add(l)
			if w.keyed.full() {
				w.drawOverview(false)
			}
			return
		}
		w.separate()
		w.draw(w.style.block(l))
	}
}

// drawKeyed draws the lines of stats -g: a row for each, and then their blocks. Lines of one key have
// no rows, if they have blocks.
func (w *Writer) drawKeyed() {
	if w.keyed.other || w.keyed.n > len(w.keyed.lines) {
		w.drawOverview(true)
	}
	for _, l := range w.keyed.lines {
		w.separate()
		w.draw(w.style.block(l))
	}
	if w.keyed.n > len(w.keyed.lines) {
		w.separate()
		w.draw(w.keyed.more(w.style))
	}
	w.keyed = overview{}
}

// drawOverview draws the rows of the overview that are held. all says that there were no others, and
// will be none.
func (w *Writer) drawOverview(all bool) {
	continued := w.keyed.whole.columns.find != nil
	for _, lines := range w.keyed.take(w.style, all) {
		if lines != nil && !continued {
			w.separate()
		}
		w.draw(lines)
	}
}

// drawList draws the rows of the list that are held.
func (w *Writer) drawList() {
	if len(w.list.layout.rows) == 0 {
		return
	}
	if !w.list.hasHeader {
		w.separate()
	}
	w.draw(w.list.lines(w.style))
}

// separate adds an empty line, except before the first block.
func (w *Writer) separate() {
	if w.begun {
		w.text.WriteByte('\n')
	}
	w.begun = true
}

// draw adds lines, each truncated to the width of the terminal.
func (w *Writer) draw(lines []string) {
	for _, s := range lines {
		w.text.WriteString(w.style.truncateLine(s))
		w.text.WriteByte('\n')
	}
}

// writeOut writes the text to the output.
func (w *Writer) writeOut() {
	if w.text.Len() == 0 {
		return
	}
	_, w.err = w.out.Write(w.text.Bytes())
	w.text.Reset()
}
