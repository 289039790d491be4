// Package svg draws the results of stats as an image in SVG: for every field and key its
// statistics, a chart over time beside a histogram, and the largest anomalies. It draws what
// package table draws on a terminal, from the same lines and by the same model, package
// chart.
//
// cli imports it for --svg: stats writes its lines, with the data of the charts, to a
// [Drawing], and the finished image to the file.
//
// # The image
//
// An image is one file that needs no other: no script, no font, no link. It is 800 units
// wide, with the blocks of all fields one below the other. The colours are those of a light
// page, of a dark one where the viewer asks for that (prefers-color-scheme), and on paper
// those of a light one. Text has a contrast of at least 4.5 to its background in both (WCAG
// 2, criterion 1.4.3). For those who do not see it, desc says in words what the image shows.
//
// The size is bounded, whatever the input: at most maxBlocks fields are drawn, each from at
// most as many columns and bins as a line of stats has, and texts of the input are
// shortened.
//
// The files: svg.go collects blocks; overview.go draws a table with a row for each key; block.go
// draws a block, with plot.go (the chart),
// histogram.go and anomalies.go; style.go has the colours; text.go makes texts safe and
// estimates their widths.
package svg

import (
	"bytes"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"strings"

	"weir/pkg/chart"
	"weir/pkg/lines"
)

// width is the width of an image, and margin the distance of its content from its edges. All
// lengths of this package are in units of the image, which are pixels where it is not scaled.
const (
	width  = 800
	margin = 20
)

// maxBlocks is the number of fields that are drawn: as many as stats makes charts of.
const maxBlocks = 64

// Drawing is an image that lines of stats are drawn in. It is an io.Writer of these lines,
// which may be written in pieces of any size, and then an io.WriterTo. Memory is bounded by
// maxBlocks blocks and the longest line.
//
// A line that is not a summary of stats is ignored.
type Drawing struct {
	parser chart.Parser
	input  lines.Splitter
	body   bytes.Buffer // The blocks that are drawn.
	height float64      // Of these.
	names  []string     // Of the fields that are drawn.
	words  []string     // A sentence for each.
	lines  int          // The number of fields, also of those that are not drawn.

	overview overview // Of lines with keys.

	// The sum of all lines so far is in the ids of elements: a page may have several images as
	// parts of itself, and their ids must differ.
	sum hash.Hash32
}

// New returns an empty image.
func New() *Drawing { return &Drawing{sum: fnv.New32a()} }

// id returns the beginning of an id.
func (d *Drawing) id() string { return fmt.Sprintf("weir-%08x", d.sum.Sum32()) }

// Write implements io.Writer. It draws every line that is complete.
func (d *Drawing) Write(p []byte) (int, error) {
	d.input.Split(p, d.line)
	return len(p), nil
}

// line draws one line.
func (d *Drawing) line(text []byte) {
	l, ok := d.parser.Parse(text)
	if !ok || l.ListRow != nil {
		return
	}
	d.lines++
	_, _ = d.sum.Write(text) // a hash has no errors
	if l.Keys != nil {
		d.overview.add(l)
	}
	if len(d.words) == maxBlocks {
		return
	}
	n := len(d.words)
	b := block{line: l, n: n, id: fmt.Sprintf("%s-%d", d.id(), n), top: d.height + margin}
	b.draw(&d.body)
	d.height = b.top
	d.names = append(d.names, b.name())
	d.words = append(d.words, b.sentence())
}

// WriteTo writes the image: implements io.WriterTo.
func (d *Drawing) WriteTo(w io.Writer) (int64, error) {
	var b, tables bytes.Buffer
	top := d.overview.draw(&tables, margin) - margin // where the blocks begin
	height := top + d.height + margin
	note := ""
	switch {
	case d.lines == 0:
		note = "no readings"
	case d.lines > len(d.words):
		note = fmt.Sprintf("charts are drawn of the first %d of %s", len(d.words), chart.FormatCount(d.lines))
	}
	if note != "" {
		height += 24
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="weir" width="%d" height="%s" viewBox="0 0 %[1]d %[2]s" role="img" aria-labelledby="%[3]s-title %[3]s-desc">`+"\n", width, length(height), d.id())
	fmt.Fprintf(&b, `<title id="%s-title">%s</title>`+"\n", d.id(), escape(d.title()))
	fmt.Fprintf(&b, `<desc id="%s-desc">%s</desc>`+"\n", d.id(), escape(strings.TrimSpace(strings.Join(d.words, " ")+" "+note)))
	b.WriteString("<style>\n" + stylesheet() + "</style>\n")
	fmt.Fprintf(&b, `<rect class="page" width="%d" height="%s"/>`+"\n", width, length(height))
	b.Write(tables.Bytes())
	fmt.Fprintf(&b, `<g transform="translate(0 %s)">`+"\n", length(top))
	b.Write(d.body.Bytes())
	b.WriteString("</g>\n")
	if note != "" {
		text(&b, "small", margin, height-margin, note)
	}
	b.WriteString("</svg>\n")
	n, err := w.Write(b.Bytes())
	return int64(n), err
}

// title returns the title of the image: the names of its first fields.
func (d *Drawing) title() string {
	const most = 5
	names := d.names
	if len(names) > most {
		names = append(names[:most:most], fmt.Sprintf("%d more", len(d.names)-most+d.lines-len(d.words)))
	}
	return strings.TrimSpace("stats: " + strings.Join(names, ", "))
}
