package table

import (
	"math"
	"slices"
	"strings"

	"weir/pkg/batch"
)

// The chart over time.
//
// stats divides the time from the first to the last reading (without times, the
// readings) into 240 equal columns, and prints the minimum and the maximum of each. A chart is drawn from
// these in such a way that no spike can hide, however small the terminal:
//
//  1. merge reduces the columns to those that the terminal has. A merged column
//     has the smallest minimum and the largest maximum of its parts. Nothing is
//     averaged and nothing is sampled.
//  2. The scale spans the smallest minimum to the largest maximum of all columns.
//     So the extremes are on the first and the last row of dots.
//  3. draw sets all dots of a column from its maximum down to its minimum, both
//     included: at least one dot for every column that has a reading. A single
//     outlier among a million readings is a vertical line.
//  4. Columns with outliers are found before merging. A merged column is an outlier
//     if one of its parts is, and is marked below the chart, and by its colour.
//
// TestNoSpikeHides reads the dots back and checks that.

// column is an interval of time, with the minimum and the maximum of its readings.
type column struct {
	some     bool // there is at least one reading; otherwise the rest is not used
	min, max float64
	outlier  bool // it differs from the other columns: see markOutliers
}

// columns returns the columns of [[min,max],null,…]; null is an interval without a
// reading.
func (p *parser) columns(v batch.Value) (all []column) {
	for _, e := range p.array(v) {
		c, pair := column{}, p.array(e)
		switch {
		case len(pair) == 2:
			a, b := p.number(pair[0]), p.number(pair[1])
			c = column{some: true, min: min(a, b), max: max(a, b)}
		case pair != nil:
			p.bad = true
		}
		all = append(all, c)
	}
	markOutliers(all)
	return all
}

// markOutliers sets outlier in the columns whose maximum is above the upper outer
// fence of all maxima, or whose minimum is below the lower outer fence of all
// minima. Of fewer than 3 columns there are none.
//
// At most a tenth of the columns are marked, those farthest outside: if there are
// more, they are a part of the data rather than outliers. Columns that are equally
// far outside are marked together or not at all.
func markOutliers(all []column) {
	var minima, maxima []float64
	for _, c := range all {
		if c.some {
			minima, maxima = append(minima, c.min), append(maxima, c.max)
		}
	}
	if len(minima) < 3 {
		return
	}
	low, _ := outerFences(minima)
	_, high := outerFences(maxima)
	excess := func(c column) float64 { return max(c.max-high, low-c.min) } // above 0 outside the fences
	var outside []float64
	for _, c := range all {
		if c.some && excess(c) > 0 {
			outside = append(outside, excess(c))
		}
	}
	slices.Sort(outside)
	threshold := 0.0
	limit := max(1, len(minima)/10)
	if len(outside) > limit {
		threshold = outside[len(outside)-limit-1]
	}
	for i, c := range all {
		all[i].outlier = c.some && excess(c) > threshold
	}
}

// outerFences returns the quartiles of values, moved outwards by three times their
// distance (Tukey, Exploratory Data Analysis, 1977). It sorts values.
func outerFences(values []float64) (low, high float64) {
	slices.Sort(values)
	q1, q3 := values[(len(values)-1)/4], values[(len(values)-1)*3/4]
	return q1 - 3*(q3-q1), q3 + 3*(q3-q1)
}

// merge returns at most n columns for all of the time. If there are more, each of
// the n gets the minimum and the maximum of those it replaces. If there are fewer,
// each is repeated as often as they fit.
func merge(all []column, n int) []column {
	if len(all) <= n {
		var repeated []column
		for _, c := range all {
			repeated = append(repeated, slices.Repeat([]column{c}, n/len(all))...)
		}
		return repeated
	}
	merged := make([]column, n)
	for i, c := range all {
		m := &merged[i*n/len(all)]
		switch {
		case !c.some:
		case !m.some:
			*m = c
		default:
			*m = column{true, min(m.min, c.min), max(m.max, c.max), m.outlier || c.outlier}
		}
	}
	return merged
}

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

// chartHeight is the height of the chart in lines.
const chartHeight = 5

// timeline draws the chart: the scale (maximum and minimum) on the left, the
// columns, the marks below them if there are outliers, and the time axis.
func (p style) timeline(l line) []string {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, c := range l.columns {
		if c.some {
			lo, hi = min(lo, c.min), max(hi, c.max)
		}
	}
	if lo > hi { // no column has a reading
		return p.timeAxis(l, 0, p.width)
	}
	scale := formatAligned([]float64{hi, lo}, decimals(max(hi, -lo)))
	scale[0], scale[1] = trimZeros(scale[0]), trimZeros(scale[1])
	gutter := max(displayWidth(scale[0]), displayWidth(scale[1])) + 1
	if gutter > p.width/3 {
		gutter = 0 // no scale: the chart needs the space
	}
	merged := merge(l.columns, (p.width-gutter)*p.resolution.x)
	cells := (len(merged) + p.resolution.x - 1) / p.resolution.x
	lines := p.draw(merged, cells, lo, hi)
	label := func(s string) string {
		return strings.Repeat(" ", gutter-1-displayWidth(s)) + p.paint(faint, s) + " "
	}
	for i := range lines {
		left := strings.Repeat(" ", gutter)
		switch {
		case gutter == 0:
		case i == 0:
			left = label(scale[0])
		case i == chartHeight-1:
			left = label(scale[1])
		}
		lines[i] = left + lines[i]
	}
	return append(lines, p.timeAxis(l, gutter, cells)...)
}

// draw returns the lines of the chart, and one more with marks if there are
// outliers. cells is the number of characters of a line.
func (p style) draw(merged []column, cells int, lo, hi float64) []string {
	res := p.resolution
	dots := make([]uint, chartHeight*cells) // the set of dots of every cell, line by line
	outliers := make([]bool, cells)
	for x, c := range merged {
		if !c.some {
			continue
		}
		cell, firstBit := x/res.x, x%res.x*res.y
		outliers[cell] = outliers[cell] || c.outlier
		top, bottom := dotRow(c.max, lo, hi, chartHeight*res.y), dotRow(c.min, lo, hi, chartHeight*res.y)
		for y := top; y <= bottom; y++ {
			dots[y/res.y*cells+cell] |= 1 << (firstBit + y%res.y)
		}
	}
	var lines []string
	for y := range chartHeight {
		chars := make([]string, cells)
		for x := range cells {
			chars[x] = string(res.glyph(dots[y*cells+x]))
		}
		lines = append(lines, p.colorRuns(chars, outliers))
	}
	if !slices.Contains(outliers, true) {
		return lines
	}
	marks := make([]string, cells)
	for x := range cells {
		marks[x] = " "
		if outliers[x] {
			marks[x] = p.mark
		}
	}
	return append(lines, p.colorRuns(marks, outliers))
}

// dotRow returns the row of v, from 0 at hi to n-1 at lo; the middle if all values
// are equal. It halves the values first, so that no difference overflows: hi - lo
// may be beyond float64, hi/2 - lo/2 is not.
func dotRow(v, lo, hi float64, n int) int {
	span := hi/2 - lo/2
	if span == 0 {
		return n / 2
	}
	return int(math.Round((hi/2 - v/2) / span * float64(n-1)))
}

// colorRuns joins cells and paints outliers in one colour and the rest in another.
// A run of cells with the same colour gets one pair of SGR sequences, and spaces at
// the end are dropped.
func (p style) colorRuns(cells []string, outliers []bool) string {
	for len(cells) > 0 && cells[len(cells)-1] == " " {
		cells = cells[:len(cells)-1]
	}
	var b strings.Builder
	for start := 0; start < len(cells); {
		end := start + 1
		for end < len(cells) && outliers[end] == outliers[start] {
			end++
		}
		color := chartColor
		if outliers[start] {
			color = outlierColor
		}
		b.WriteString(p.paint(color, strings.Join(cells[start:end], "")))
		start = end
	}
	return b.String()
}

// timeAxis returns the first and the last time, aligned with the two ends of a chart
// of width columns that begins after margin columns. If they do not fit there, they
// are aligned with the ends of the terminal; if it is narrower than both, they are
// on two lines.
func (p style) timeAxis(l line, margin, width int) []string {
	from, to := p.sanitize(l.from), p.sanitize(l.to)
	if from == "" || from == to {
		from, to = to, ""
	}
	both := displayWidth(from) + displayWidth(to)
	switch {
	case from == "":
		return nil
	case margin+both+2 > p.width && both+2 <= p.width:
		margin, width = 0, p.width
	case margin+both+2 > p.width:
		return slices.DeleteFunc([]string{p.paint(faint, from), p.paint(faint, to)}, func(s string) bool { return s == "" })
	}
	spaces := max(2, width-displayWidth(from)-displayWidth(to))
	return []string{strings.Repeat(" ", margin) + p.paint(faint, from+strings.Repeat(" ", spaces)+to)}
}
