package svg

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"weir/pkg/chart"
)

// Sizes of a chart.
const (
	plotHeight     = 180
	inset          = 6   // From the extremes to the edges of the chart.
	histogramWidth = 110 // Of the longest bar.
	histogramGap   = 14
)

// area is where the chart over time is drawn, and the scale of its vertical axis.
type area struct {
	left, right, top, bottom float64
	lo, hi                   float64 // Values at the insets.
}

// x returns the position of a share of the period.
func (a area) x(at float64) float64 { return a.left + at*(a.right-a.left) }

// y returns the position of a value, which is the middle if all are equal. It halves the
// values first, as hi-lo may be beyond float64.
func (a area) y(v float64) float64 {
	span := a.hi/2 - a.lo/2
	if span == 0 {
		return (a.top + a.bottom) / 2
	}
	return a.bottom - inset - (v/2-a.lo/2)/span*(a.bottom-a.top-2*inset)
}

// clamped returns the position of a value that may be outside the chart, or of an infinity.
func (a area) clamped(v float64) float64 { return min(max(a.y(v), a.top), a.bottom) }

// plot draws the chart over time and the histogram beside it, on one scale of values.
func (b *block) plot(out *bytes.Buffer, p *chart.Plot) {
	lo, hi, ok := p.Range()
	if !ok || p.Readings == 1 { // of one reading, the statistics have said all
		return
	}
	if len(p.Histogram.Counts) > 1 { // its edges are round numbers, and it is on the same scale
		lo, hi = min(lo, p.Histogram.From), max(hi, p.Histogram.To)
	}
	ticks := chart.Ticks(lo, hi, 7)
	gutter := 0.0
	for _, t := range ticks {
		gutter = max(gutter, widthOf(t.Label, small))
	}
	a := area{left: margin + math.Ceil(gutter) + 8, right: width - margin, top: b.top + 34, lo: lo, hi: hi}
	a.bottom = a.top + plotHeight
	if len(p.Histogram.Counts) > 1 {
		a.right -= histogramWidth + histogramGap
	}
	fmt.Fprintf(out, `<rect class="frame" x="%s" y="%s" width="%s" height="%d"/>`+"\n", length(a.left), length(a.top), length(a.right-a.left), plotHeight)
	b.legend(out, p, a)
	a.grid(out, ticks)
	a.band(out, p.Band)
	b.readings(out, p, a)
	a.mean(out, p.Band)
	a.histogram(out, p)
	b.top = a.timeAxis(out, p)
	a.marks(out, p) // above the ticks: a gap in a mark would say that there is no anomaly
}

// grid draws the lines and the labels of the vertical axis.
func (a area) grid(out *bytes.Buffer, ticks []chart.Tick) {
	var path strings.Builder
	for _, t := range ticks {
		y := a.y(t.Value)
		fmt.Fprintf(&path, "M%s %sH%s", length(a.left), length(y), length(a.right))
		endText(out, "label", a.left-8, y+4, t.Label)
	}
	if path.Len() > 0 {
		fmt.Fprintf(out, `<path class="grid" d="%s"/>`+"\n", path.String())
	}
}

// band draws the band in which readings are no anomalies.
func (a area) band(out *bytes.Buffer, b chart.Band) {
	if a.visible(b) {
		top, bottom := a.clamped(b.High), a.clamped(b.Low)
		fmt.Fprintf(out, `<rect class="band" x="%s" y="%s" width="%s" height="%s"/>`+"\n", length(a.left), length(top), length(a.right-a.left), length(bottom-top))
	}
}

// mean draws the line of the mean.
func (a area) mean(out *bytes.Buffer, b chart.Band) {
	if !math.IsNaN(b.Mean) {
		fmt.Fprintf(out, `<path class="mean" d="M%s %sH%s"/>`+"\n", length(a.left), length(a.clamped(b.Mean)), length(a.right))
	}
}

// hasBand reports whether the band has two edges that can be drawn.
func hasBand(b chart.Band) bool { return b.Limit != "" && b.Low <= b.High }

// visible reports whether a part of the band is within the chart.
func (a area) visible(b chart.Band) bool {
	return hasBand(b) && a.clamped(b.High) < a.clamped(b.Low)
}

// readings draws the columns. Where there is a band, what is outside has the colour of
// anomalies, which is just what they are.
func (b *block) readings(out *bytes.Buffer, p *chart.Plot, a area) {
	areas, dots := a.shapes(p, maxDots)
	fmt.Fprintf(out, `<defs><path id="%s-a" d="%s"/><path id="%[1]s-d" d="%[3]s"/>`, b.id, areas, dots)
	band := p.Band
	crossed := hasBand(band) && (band.High < a.hi || band.Low > a.lo)
	if crossed {
		high, low := a.clamped(band.High), a.clamped(band.Low)
		edge := 4.0 // beyond the chart, for the dots on its edges
		left, w := a.left-edge, a.right-a.left+2*edge
		clip := func(suffix string, spans ...[2]float64) {
			fmt.Fprintf(out, `<clipPath id="%s-%s">`, b.id, suffix)
			for _, span := range spans {
				fmt.Fprintf(out, `<rect x="%s" y="%s" width="%s" height="%s"/>`, length(left), length(span[0]), length(w), length(span[1]-span[0]))
			}
			out.WriteString("</clipPath>")
		}
		clip("in", [2]float64{high, low})
		clip("out", [2]float64{a.top, high}, [2]float64{low, a.bottom})
	}
	out.WriteString("</defs>\n")
	use := func(class, suffix, clip string) {
		fmt.Fprintf(out, `<use class="%s" href="#%s-%s"%s/>`+"\n", class, b.id, suffix, clip)
	}
	within, outside := "", ""
	if crossed {
		within, outside = fmt.Sprintf(` clip-path="url(#%s-in)"`, b.id), fmt.Sprintf(` clip-path="url(#%s-out)"`, b.id)
	}
	use("area", "a", within)
	use("dot", "d", within)
	if crossed {
		use("off", "a", outside)
		use("off dot", "d", outside)
	}
}

// maxDots is the number of columns with readings up to which these are drawn as dots too.
const maxDots = 80

// shapes returns the paths of the columns: areas from the minima to the maxima of columns that
// follow each other, and dots where one is alone, and everywhere if at most maxDots have readings. A pause, which is
// where chart.Plot.Fit leaves columns empty, divides areas.
func (a area) shapes(p *chart.Plot, maxDots int) (areas, dots string) {
	n := len(p.Columns)
	fitted := p.Fit(n)
	some := 0
	for _, c := range p.Columns {
		if c.Any {
			some++
		}
	}
	var path, points strings.Builder
	var run []int // columns with readings that follow each other
	end := func() {
		a.shape(&path, p.Columns, run)
		for _, i := range run {
			if some > maxDots && len(run) > 1 {
				break
			}
			x, c := length(a.x((float64(i)+0.5)/float64(n))), p.Columns[i]
			fmt.Fprintf(&points, "M%s %sh0", x, length(a.y(c.Max)))
			if c.Min < c.Max {
				fmt.Fprintf(&points, "M%s %sh0", x, length(a.y(c.Min)))
			}
		}
		run = run[:0]
	}
	for i, c := range p.Columns {
		switch {
		case c.Any:
			run = append(run, i)
		case !fitted[i].Any:
			end()
		}
	}
	end()
	return path.String(), points.String()
}

// shape adds the outline of consecutive columns to a path: the maxima from left to right, and
// the minima back.
func (a area) shape(path *strings.Builder, columns []chart.Column, run []int) {
	if len(run) == 0 {
		return
	}
	x := func(i int) string { return length(a.x((float64(i) + 0.5) / float64(len(columns)))) }
	for k, i := range run {
		command := "L"
		if k == 0 {
			command = "M"
		}
		fmt.Fprintf(path, "%s%s %s", command, x(i), length(a.y(columns[i].Max)))
	}
	for k := range run {
		i := run[len(run)-1-k]
		fmt.Fprintf(path, "L%s %s", x(i), length(a.y(columns[i].Min)))
	}
	path.WriteString("Z")
}

// marks draws a mark below every column with an anomaly or an outlier, so that the shortest
// one can be seen. Columns that follow each other have one mark.
func (a area) marks(out *bytes.Buffer, p *chart.Plot) {
	n := len(p.Columns)
	var path strings.Builder
	for i := 0; i < n; i++ {
		if !p.Columns[i].Marked() {
			continue
		}
		end := i + 1
		for end < n && p.Columns[end].Marked() {
			end++
		}
		from, to := a.x(float64(i)/float64(n)), a.x(float64(end)/float64(n))
		fmt.Fprintf(&path, "M%s %sh%sv4h-%[3]sz", length(from), length(a.bottom+1), length(max(to-from, 2)))
		i = end
	}
	if path.Len() > 0 {
		fmt.Fprintf(out, `<path class="mark" d="%s"/>`+"\n", path.String())
	}
}

// timeAxis draws the axis below the chart, and returns where it ends.
func (a area) timeAxis(out *bytes.Buffer, p *chart.Plot) float64 {
	y := a.bottom + 19
	if !p.Period.HasTime() {
		if p.Readings > 1 {
			text(out, "label", a.left, y, "first reading")
			endText(out, "label", a.right, y, "last, number "+chart.FormatCount(p.Readings))
		}
		return y
	}
	labelWidth := func(s string) float64 { return widthOf(s, small) }
	var path strings.Builder
	for _, t := range p.Period.Ticks(a.right-a.left, labelWidth, 24) {
		x := a.x(t.At)
		fmt.Fprintf(&path, "M%s %sv7", length(x), length(a.bottom+1))
		half := labelWidth(t.Label) / 2
		text(out, "label middle", min(max(x, half), width-half), y, t.Label)
	}
	fmt.Fprintf(out, `<path class="grid" d="M%s %sH%s%s"/>`+"\n", length(a.left), length(a.bottom), length(a.right), path.String())
	return y
}

// legend names the line of the mean and the band, above the chart on its right.
func (b *block) legend(out *bytes.Buffer, p *chart.Plot, a area) {
	y := a.top - 8
	x := a.right
	item := func(label, symbol string) {
		endText(out, "label", x, y, label)
		x -= widthOf(label, small) + 26
		fmt.Fprintf(out, symbol+"\n", length(x), length(y-4))
		x -= 16
	}
	const mark = `<path class="mark" d="M%s %sm0 -2h18v4h-18z"/>`
	switch {
	case b.line.Count != "" && b.line.Count != "0":
		item("anomalies", mark)
	case slices.ContainsFunc(p.Columns, chart.Column.Marked):
		item("outliers", mark)
	}
	if a.visible(p.Band) {
		item("mean ± "+p.Band.LimitText(), `<path class="band" d="M%s %sm0 -5h18v10h-18z"/>`)
	}
	if !math.IsNaN(p.Band.Mean) {
		item("mean "+chart.FormatNumber(p.Band.Mean), `<path class="mean" d="M%s %sh18"/>`)
	}
}
