package table

import (
	"math"
	"strings"

	"weir/pkg/chart"
)

// isolatedNote returns the text after a bar with isolated readings, "" for one without.
// "Isolated" is how they look in the histogram; "outlier" could be taken for "anomaly",
// which is a reading far from the mean.
func (p style) isolatedNote(b chart.Bar) string {
	switch b.Isolated {
	case 0:
		return ""
	case b.Count:
		return p.pointer + " isolated"
	}
	return p.pointer + " " + chart.FormatCount(b.Isolated) + " isolated"
}

// minHistogram is the number of readings from which on a histogram says more than the
// readings themselves.
const minHistogram = 5

// histogram draws one line a bar: its range, a bar of proportional length, the
// count, and a note if there are isolated readings. A bar that has readings has at least
// the smallest length, so that one reading among a million can be seen. Bars outside the
// band are painted as anomalies. There is no histogram of readings that are all equal.
func (p style) histogram(plot *chart.Plot) []string {
	if plot == nil || plot.Readings > 0 && plot.Readings < minHistogram {
		return nil
	}
	bars := plot.Histogram.Bars()
	if len(bars) == 0 || len(bars) == 1 && bars[0].From == bars[0].To {
		return nil
	}
	labels := p.labels(bars, true)
	counts, notes := make([]string, len(bars)), make([]string, len(bars))
	longest, widths := uint64(1), make([]int, 4)
	for i, b := range bars {
		longest = max(longest, b.Count)
		counts[i] = chart.FormatCount(b.Count)
		notes[i] = p.isolatedNote(b)
		widths[2] = max(widths[2], displayWidth(counts[i]))
		widths[3] = max(widths[3], displayWidth(notes[i]))
	}
	// barWidth returns the columns that labels leave for the bars, at most 60: on a
	// wide terminal, a count would otherwise be too distant from its range.
	barWidth := func() int {
		widths[0] = 0
		for _, s := range labels {
			widths[0] = max(widths[0], displayWidth(s))
		}
		return min(60, p.width-gridWidth(widths))
	}
	if barWidth() < 8 {
		labels = p.labels(bars, false)
	}
	widths[1] = max(1, barWidth())
	rows := make([][]string, len(bars))
	for i, b := range bars {
		barColor := chartColor
		if plot.Band.Outside(b) {
			barColor = outlierColor
		}
		rows[i] = []string{p.paint(faint, labels[i]), p.paint(barColor, p.bar(b.Count, longest, widths[1])), counts[i], notes[i]}
		if b.Count == 0 {
			rows[i][2] = p.paint(faint, counts[i])
		}
	}
	lines, _ := grid(rows, []bool{true, false, true, false}, widths)
	return lines
}

// labels returns the ranges of the bars, or only where they begin.
func (p style) labels(bars []chart.Bar, both bool) []string {
	edges := make([]float64, 0, len(bars)+1)
	for _, b := range bars {
		edges = append(edges, b.From)
	}
	edges = append(edges, bars[len(bars)-1].To)
	texts := chart.FormatEdges(edges)
	widest := 0
	for _, s := range texts[1:] {
		widest = max(widest, displayWidth(s))
	}
	labels := make([]string, len(bars))
	for i := range bars {
		labels[i] = texts[i]
		if both && texts[i] != texts[i+1] {
			labels[i] += " " + p.span + " " + strings.Repeat(" ", widest-displayWidth(texts[i+1])) + texts[i+1]
		}
	}
	return labels
}

// bar draws a bar whose length is part/whole of width characters, in steps of an
// eighth of a character; in ASCII of a whole one, and "|" where that rounds to
// none. It is empty only if part is 0.
func (p style) bar(part, whole uint64, width int) string {
	if part == 0 {
		return ""
	}
	steps := len(p.bars) - 1 // of one character
	n := int(math.Round(float64(part) / float64(whole) * float64(width*steps)))
	if n == 0 && p.ascii {
		return "|"
	}
	n = max(1, n)
	return strings.Repeat(p.bars[steps], n/steps) + p.bars[n%steps]
}
