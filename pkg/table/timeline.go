package table

import (
	"math"
	"strings"

	"weir/pkg/chart"
)

// The chart over time draws the columns of a chart.Plot, so that no spike can hide:
// it sets all dots of a column from its maximum down to its minimum, both included: at
// least one dot for every column that has a reading. A single outlier among a million
// readings is a vertical line. Lines in the background show the mean and the band.
// Anomalies are painted, and marked on the horizontal axis, where they can be seen without
// colours too.
//
// TestNoSpikeHides reads the dots back and checks that.

// resolution says how many dots a character cell has: x columns and y rows. glyph
// returns the character that shows a set of dots. Bit c*y+r of the set is the dot
// in column c and row r of the cell, from the top left.
type resolution struct {
	x, y  int
	glyph func(dots uint) rune
}

// quadrants draws 2 by 2 dots with the block elements U+2580 to U+259F. Braille
// characters would have 2 by 4 dots, but many fonts lack them, and terminals leave
// gaps between their dots.
//
// Bits: 1 top left, 2 bottom left, 4 top right, 8 bottom right. So glyph 3 is the
// left half, and glyph 15 the full block.
func quadrants() resolution {
	const glyphs = " ▘▖▌▝▀▞▛▗▚▄▙▐▜▟█"
	return resolution{2, 2, func(dots uint) rune { return []rune(glyphs)[dots] }}
}

// strokes draws 1 by 3 dots with ASCII: 1 top, 2 middle, 4 bottom. Two dots and more
// are a vertical bar.
func strokes() resolution {
	return resolution{1, 3, func(dots uint) rune { return rune(" '-|.|||"[dots]) }}
}

// The height of the chart in lines. It has what is left of a screen by the rest of the
// block, within these limits: less shows no shape, more is taller than wide.
const (
	minChart   = 10
	constChart = 3 // if all readings are equal
)

// chartHeight returns the height of the chart of a block that has other lines beside it.
func (p style) chartHeight(other int) int {
	least := max(3, min(minChart, p.height/3))
	most := max(least, p.width/5)
	return min(max(p.height-other-1, least), most) // 1: the prompt
}

// plane maps values to the rows of a chart, and holds what is drawn.
type plane struct {
	style  style
	plot   *chart.Plot
	lo, hi float64
	height int // in characters
	left   int // columns of the labels of the vertical axis
	right  int // columns of the labels of mean and band
	cells  int // columns of the chart
	canvas canvas
}

// timeline draws the chart, with its axes, in height lines and at most two more. It
// returns nil if there are no readings, or a single one.
func (p style) timeline(plot *chart.Plot, height int) []string {
	if plot == nil || plot.Readings == 1 {
		return nil
	}
	lo, hi, ok := plot.Range()
	if !ok {
		return nil
	}
	if lo == hi {
		height = min(height, constChart)
	}
	c := plane{style: p, plot: plot, lo: lo, hi: hi, height: height}
	ticks := c.values()
	for _, t := range ticks {
		c.left = max(c.left, displayWidth(t.Label)+1)
	}
	if c.left > p.width/3 {
		c.left, ticks = 0, nil // no labels: the chart needs the space
	}
	notes := c.notes()
	c.cells = p.width - c.left - c.right
	c.canvas = newCanvas(p.width, height+2)
	for _, t := range ticks {
		c.canvas.text(c.left-1-displayWidth(t.Label), c.row(t.Value), t.Label, faint)
	}
	for _, n := range notes {
		c.canvas.text(c.left, c.row(n.value), strings.Repeat(n.line, c.cells), faint)
		c.canvas.text(c.left+c.cells+1, c.row(n.value), n.label, faint)
	}
	c.columns(plot.Fit(c.cells * p.resolution.x))
	c.axis()
	lines := c.canvas.lines(p)
	if lines[height+1] == "" {
		lines = lines[:height+1]
	}
	return lines
}

// values returns the ticks of the vertical axis: as many as leave a line between two labels.
func (c *plane) values() (ticks []chart.Tick) {
	for n := max(2, c.height/2); n >= 2; n-- {
		ticks = chart.Ticks(c.lo, c.hi, n)
		apart := true
		for i, t := range ticks[1:] {
			apart = apart && c.row(ticks[i].Value)-c.row(t.Value) > 1
		}
		if apart {
			break
		}
	}
	return ticks
}

// note is a horizontal line in the background of the chart.
type note struct {
	value       float64
	line, label string
}

// The lines of the background have labels if the terminal has minNotes columns. One that is
// longer than maxNote, or not ASCII, is not from stats and left out.
const (
	minNotes = 60
	maxNote  = 12
)

// notes returns the lines of the mean and the band that are within the chart, one for
// each row, and sets right.
func (c *plane) notes() (all []note) {
	band, p := c.plot.Band, c.style
	limit := band.LimitText()
	used := map[int]bool{}
	for _, n := range []note{{band.Mean, p.meanLine, "mean"}, {band.High, p.limitLine, "+" + limit}, {band.Low, p.limitLine, "-" + limit}} {
		if !(n.value >= c.lo && n.value <= c.hi) || c.lo == c.hi || used[c.row(n.value)] {
			continue
		}
		used[c.row(n.value)] = true
		if p.width < minNotes || len(n.label) > maxNote || displayWidth(n.label) != len(n.label) {
			n.label = ""
		} else {
			c.right = max(c.right, displayWidth(n.label)+1)
		}
		all = append(all, n)
	}
	return all
}

// row returns the row of characters of a value.
func (c *plane) row(v float64) int { return c.dot(v) / c.style.resolution.y }

// dot returns the row of dots of v, from 0 at hi to the last at lo; the middle if all
// values are equal. It halves the values first, so that no difference overflows: hi - lo
// may be beyond float64, hi/2 - lo/2 is not.
func (c *plane) dot(v float64) int {
	n := c.height * c.style.resolution.y
	span := c.hi/2 - c.lo/2
	if span == 0 {
		return n / 2
	}
	return int(math.Round((c.hi/2 - v/2) / span * float64(n-1)))
}

// columns draws the columns, over the lines of the background. If the values of a column
// do not overlap those of the one before, it is extended to these, so that the eye can
// follow them.
func (c *plane) columns(columns []chart.Column) {
	res := c.style.resolution
	dots := make([]uint, c.height*c.cells) // the set of dots of every cell, line by line
	marked := make([]bool, len(dots))
	for x, col := range columns {
		if !col.Any {
			continue
		}
		top, bottom := c.dot(col.Max), c.dot(col.Min)
		if x > 0 && columns[x-1].Any {
			top, bottom = min(top, c.dot(columns[x-1].Min)), max(bottom, c.dot(columns[x-1].Max))
		}
		at, firstBit := x/res.x, x%res.x*res.y
		for y := top; y <= bottom; y++ {
			i := y/res.y*c.cells + at
			dots[i] |= 1 << (firstBit + y%res.y)
			marked[i] = marked[i] || c.isMarked(col, y/res.y)
		}
	}
	for i, set := range dots {
		if set == 0 {
			continue
		}
		color := chartColor
		if marked[i] {
			color = outlierColor
		}
		c.data(&c.canvas.rows[i/c.cells][c.left+i%c.cells], set, color)
	}
}

// data draws a set of dots, which is not empty, in a cell. In a cell that is full, the line
// of the mean stays visible.
func (c *plane) data(at *cell, dots uint, color attr) {
	res := c.style.resolution
	full := uint(1)<<(res.x*res.y) - 1
	if dots == full && c.style.color && !c.style.ascii && at.char == c.style.meanLine {
		*at = cell{at.char, color + inverse}
		return
	}
	*at = cell{string(res.glyph(dots)), color}
}

// isMarked reports whether a part of a column in a row of characters is painted as an
// anomaly: from the edge of the band on, or all of it if there is none.
func (c *plane) isMarked(col chart.Column, row int) bool {
	band := c.plot.Band
	switch {
	case !col.Marked():
		return false
	case col.Max > band.High && row <= c.row(max(band.High, c.lo)):
		return true
	case col.Min < band.Low && row >= c.row(min(band.Low, c.hi)):
		return true
	}
	return col.Outlier
}

// axis draws the horizontal axis below the chart: a line with the ticks and the marks, and
// below it the labels of the ticks.
func (c *plane) axis() {
	p, y := c.style, c.height
	c.canvas.text(c.left, y, strings.Repeat(p.rule, c.cells), faint)
	position := func(t chart.Tick) int { return c.left + min(c.cells-1, int(t.At*float64(c.cells))) }
	for _, t := range c.ticks() {
		at, w := position(t), displayWidth(t.Label)
		c.canvas.text(at, y, p.tick, faint)
		c.canvas.text(min(max(at-w/2, 0), p.width-w), y+1, t.Label, faint)
	}
	n := c.cells * p.resolution.x
	for i, col := range c.plot.Columns {
		x := i * n / len(c.plot.Columns) // as in chart.Plot.Fit
		if len(c.plot.Columns) < n {
			x = (2*i + 1) * n / (2 * len(c.plot.Columns)) // the middle of a column that is repeated
		}
		if col.Marked() {
			c.canvas.text(c.left+x/p.resolution.x, y, p.mark, outlierColor)
		}
	}
}

// ticks returns the ticks of the horizontal axis: times, or numbers of readings.
func (c *plane) ticks() []chart.Tick {
	width := func(label string) float64 { return float64(displayWidth(label)) }
	switch {
	case c.plot.Period.HasTime():
		ticks := c.plot.Period.Ticks(float64(c.cells), width, 4)
		for i := range ticks {
			if c.style.ascii {
				ticks[i].Label = strings.ReplaceAll(ticks[i].Label, "µ", "u")
			}
		}
		return ticks
	case c.plot.Readings > 1 && c.plot.Period.None:
		last := float64(c.plot.Readings)
		fit := c.cells / (len(formatNumber(last)) + 6)
		return chart.Ticks(1, last, max(2, min(fit, int(c.plot.Readings)))) // more would be between two readings
	}
	return nil
}
