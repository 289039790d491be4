package table

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
)

// column is a stretch of time: the least and the greatest reading in it, if
// there was one.
type column struct {
	some     bool
	min, max float64
	outlier  bool // it stands out of the others
}

// columns reads [[min,max],null,…].
func columns(value json.RawMessage) ([]column, error) {
	var pairs [][]*float64
	if err := json.Unmarshal(value, &pairs); err != nil {
		return nil, err
	}
	all := make([]column, len(pairs))
	for i, p := range pairs {
		if p == nil {
			continue
		}
		if len(p) != 2 || p[0] == nil || p[1] == nil {
			return nil, errNoStats
		}
		all[i] = column{some: true, min: min(*p[0], *p[1]), max: max(*p[0], *p[1])}
	}
	isOutlier(all)
	return all, nil
}

// single finds the columns that stand out: their maximum is farther above the
// upper quartile of the maxima than three times the distance of the quartiles
// (Tukey's outer fence), or their minimum below that of the minima. More than a
// tenth of the columns do not stand out: then only the farthest of them do.
func isOutlier(all []column) {
	var lows, highs []float64
	for _, c := range all {
		if c.some {
			lows, highs = append(lows, c.min), append(highs, c.max)
		}
	}
	if len(lows) < 3 {
		return
	}
	low, _ := fences(lows)
	_, high := fences(highs)
	excess := func(c column) float64 { return max(c.max-high, low-c.min) }
	var farthest []float64
	for _, c := range all {
		if c.some && excess(c) > 0 {
			farthest = append(farthest, excess(c))
		}
	}
	slices.Sort(farthest)
	least := 0.0
	if most := max(1, len(lows)/10); len(farthest) > most {
		least = farthest[len(farthest)-most-1]
	}
	for i, c := range all {
		all[i].outlier = c.some && excess(c) > least
	}
}

func fences(values []float64) (low, high float64) {
	slices.Sort(values)
	q1, q3 := values[(len(values)-1)/4], values[(len(values)-1)*3/4]
	return q1 - 3*(q3-q1), q3 + 3*(q3-q1)
}

// merge makes n columns of all, or n for each where there are fewer: a column
// has the minimum and the maximum of all that fall into it, so no spike is
// lost. It never makes more than n.
func merge(all []column, n int) []column {
	if len(all) <= n {
		var wider []column
		for _, c := range all {
			wider = append(wider, slices.Repeat([]column{c}, n/len(all))...)
		}
		return wider
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

// grain is how fine a cell can be drawn: x by y dots. glyph is what shows
// those of a set, numbered from the top left, a column after the other.
type resolution struct {
	x, y  int
	glyph func(dots uint) rune
}

// quadrants are block elements: coarser than braille, but fonts have them, and
// terminals draw them without a seam.
func quadrants() resolution {
	const glyphs = " ▘▖▌▝▀▞▛▗▚▄▙▐▜▟█"
	return resolution{2, 2, func(dots uint) rune { return []rune(glyphs)[dots] }}
}

func strokes() resolution {
	return resolution{1, 3, func(dots uint) rune { return rune(" '-|.|||"[dots]) }}
}

// tall is the height of the course in lines.
const tall = 5

// course draws the columns over time, with the scale at the left and what
// stands out marked below.
func (p style) timeline(l line) []string {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, c := range l.spark {
		if c.some {
			lo, hi = min(lo, c.min), max(hi, c.max)
		}
	}
	if lo > hi {
		return p.period(l, 0, p.width)
	}
	scale := fixed([]float64{hi, lo}, decimals(max(hi, -lo)))
	scale[0], scale[1] = trim(scale[0]), trim(scale[1])
	gutter := max(displayWidth(scale[0]), displayWidth(scale[1])) + 1
	if gutter > p.width/3 {
		gutter = 0
	}
	merged := merge(l.spark, (p.width-gutter)*p.grain.x)
	cells := (len(merged) + p.grain.x - 1) / p.grain.x
	lines := p.draw(merged, cells, lo, hi)
	margin := strings.Repeat(" ", gutter)
	for i := range lines {
		lead := margin
		if at := map[int]int{0: 0, tall - 1: 1}; gutter > 0 && (i == 0 || i == tall-1) {
			s := scale[at[i]]
			lead = strings.Repeat(" ", gutter-1-displayWidth(s)) + p.paint(faint, s) + " "
		}
		lines[i] = lead + lines[i]
	}
	return append(lines, p.period(l, gutter, cells)...)
}

// draw makes the picture, tall lines and one with marks, if there are any.
func (p style) draw(merged []column, cells int, lo, hi float64) []string {
	g := p.grain
	dots := make([]uint, tall*cells)
	lone := make([]bool, cells)
	for x, c := range merged {
		if !c.some {
			continue
		}
		cell, shift := x/g.x, x%g.x*g.y
		lone[cell] = lone[cell] || c.outlier
		top, bottom := level(c.max, lo, hi, tall*g.y), level(c.min, lo, hi, tall*g.y)
		for y := top; y <= bottom; y++ {
			dots[y/g.y*cells+cell] |= 1 << (shift + y%g.y)
		}
	}
	var lines []string
	for y := range tall {
		glyphs := make([]string, cells)
		for x := range cells {
			glyphs[x] = string(g.glyph(dots[y*cells+x]))
		}
		lines = append(lines, p.colorRuns(glyphs, lone))
	}
	if !slices.Contains(lone, true) {
		return lines
	}
	marks := make([]string, cells)
	for x := range cells {
		marks[x] = " "
		if lone[x] {
			marks[x] = p.mark
		}
	}
	return append(lines, p.colorRuns(marks, lone))
}

// level is the dot of v, counted from the top, of n between lo and hi.
// Halves are taken so that no difference overflows.
func level(v, lo, hi float64, n int) int {
	span := hi/2 - lo/2
	if span == 0 {
		return n / 2
	}
	return int(math.Round((hi/2 - v/2) / span * float64(n-1)))
}

// runs paints what stands out, and the rest, in as few sequences as it takes.
func (p style) colorRuns(cells []string, lone []bool) string {
	for len(cells) > 0 && cells[len(cells)-1] == " " {
		cells = cells[:len(cells)-1]
	}
	var b strings.Builder
	for from := 0; from < len(cells); {
		to := from + 1
		for to < len(cells) && lone[to] == lone[from] {
			to++
		}
		st := ink
		if lone[from] {
			st = alarm
		}
		b.WriteString(p.paint(st, strings.Join(cells[from:to], "")))
		from = to
	}
	return b.String()
}

// period is from and to, under the ends of what they are the ends of, if there
// is room.
func (p style) period(l line, margin, width int) []string {
	from, to := p.clean(l.from), p.clean(l.to)
	if from == "" || from == to {
		from, to = to, ""
	}
	switch both := displayWidth(from) + displayWidth(to); {
	case from == "":
		return nil
	case margin+both+2 > p.width && both+2 <= p.width:
		margin, width = 0, p.width
	case margin+both+2 > p.width:
		return slices.DeleteFunc([]string{p.paint(faint, from), p.paint(faint, to)}, func(s string) bool { return s == "" })
	}
	gap := max(2, width-displayWidth(from)-displayWidth(to))
	return []string{strings.Repeat(" ", margin) + p.paint(faint, from+strings.Repeat(" ", gap)+to)}
}
