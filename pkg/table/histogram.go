package table

import (
	"math"
	"strconv"
	"strings"

	"weir/pkg/batch"
)

// histogram has the numbers of readings in bins of equal width from one value to
// another.
type histogram struct {
	from, to float64
	counts   []uint64
}

// maxBars is the maximum number of bars. Of more bins, as many as necessary are
// added up into each bar.
const maxBars = 12

// histogram stores {"from":…,"to":…,"counts":[…]} in h; null is an empty histogram, and
// a count that is null is 0. The sum of the counts must fit an int64, so that no sum
// below can overflow.
func (p *parser) histogram(h *histogram, v batch.Value) {
	if v.Kind() == 'n' {
		return
	}
	for _, m := range p.object(v) {
		switch m.name {
		case "from":
			h.from = p.number(m.value)
		case "to":
			h.to = p.number(m.value)
		case "counts":
			h.counts = nil
			for _, e := range p.array(m.value) {
				n := uint64(0)
				if e.Kind() != 'n' {
					n = p.count(e)
				}
				h.counts = append(h.counts, n)
			}
		default:
			p.bad = true
		}
	}
	total := uint64(0)
	for _, n := range h.counts {
		total += n
		p.bad = p.bad || total < n || total > math.MaxInt64
	}
}

// outliers returns how many readings of each bin are outliers: all of it or none.
//
// Consecutive bins with readings form a cluster. The readings of a cluster are
// outliers if on both sides of it at least a twentieth of all bins, or all bins up
// to the end, are empty, and if they are at most one in a hundred of all readings.
// If more than one in ten of all readings are outliers by this rule, or there are
// fewer than 4 readings, there are no outliers: the data is scattered.
func (h histogram) outliers() []uint64 {
	total, sum := uint64(0), uint64(0)
	for _, n := range h.counts {
		total += n
	}
	outliers := make([]uint64, len(h.counts))
	minEmpty, last := max(1, len(h.counts)/20), -len(h.counts) // last: the last bin of the cluster before
	for i := 0; i < len(h.counts); {
		if h.counts[i] == 0 {
			i++
			continue
		}
		end, readings := i, uint64(0)
		for end < len(h.counts) && h.counts[end] > 0 {
			readings += h.counts[end]
			end++
		}
		next := end // the first bin of the cluster after
		for next < len(h.counts) && h.counts[next] == 0 {
			next++
		}
		if i-last > minEmpty && (next == len(h.counts) || next-end >= minEmpty) && readings <= max(1, total/100) {
			copy(outliers[i:end], h.counts[i:end])
			sum += readings
		}
		last, i = end-1, next
	}
	if total < 4 || sum > max(1, total/10) {
		clear(outliers)
	}
	return outliers
}

// bar is a line of the histogram: one bin, or several added up.
type bar struct {
	from, to        float64
	count, outliers uint64 // outliers: how many of count
}

func (h histogram) bars() []bar {
	outliers := h.outliers()
	binsPerBar := (len(h.counts) + maxBars - 1) / maxBars
	edge := func(i int) float64 { // a weighted sum, as to-from may overflow
		part := float64(i) / float64(len(h.counts))
		return h.from*(1-part) + h.to*part
	}
	var all []bar
	for i := 0; i < len(h.counts); i += binsPerBar {
		end := min(i+binsPerBar, len(h.counts))
		b := bar{from: edge(i), to: edge(end)}
		for j := i; j < end; j++ {
			b.count += h.counts[j]
			b.outliers += outliers[j]
		}
		all = append(all, b)
	}
	return all
}

// outlierNote returns the text after a bar with outliers, "" for one without. It calls
// them isolated, which is how they look in the histogram: to the user, "outlier" could
// mean the same as "anomaly", which is a reading far from the mean.
func (p style) outlierNote(b bar) string {
	switch b.outliers {
	case 0:
		return ""
	case b.count:
		return p.pointer + " isolated"
	}
	return p.pointer + " " + formatCount(b.outliers) + " isolated"
}

// histogram draws one line a bar: its range, a bar of proportional length, the
// count, and a note if there are outliers. A bar that has readings has at least the
// smallest length, so that one reading among a million can be seen.
func (p style) histogram(h histogram) []string {
	bars := h.bars()
	if len(bars) == 0 {
		return nil
	}
	labels := p.labels(bars, true)
	counts, notes := make([]string, len(bars)), make([]string, len(bars))
	longest, widths := uint64(1), make([]int, 4)
	for i, b := range bars {
		longest = max(longest, b.count)
		counts[i] = formatCount(b.count)
		notes[i] = p.outlierNote(b)
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
		barColor, countColor := chartColor, faint
		if b.outliers > 0 {
			barColor, countColor = outlierColor, outlierColor
		}
		rows[i] = []string{
			p.paint(faint, labels[i]), p.paint(barColor, p.bar(b.count, longest, widths[1])),
			p.paint(countColor, counts[i]), p.paint(outlierColor, notes[i]),
		}
		if b.count > 0 && b.outliers == 0 {
			rows[i][2] = counts[i]
		}
	}
	lines, _ := grid(rows, []bool{true, false, true, false}, widths)
	return lines
}

// labels returns the ranges of the bars, or only where they begin. Their edges have
// two significant digits of the width of a bar.
func (p style) labels(bars []bar, both bool) []string {
	edges := make([]float64, 0, len(bars)+1)
	for _, b := range bars {
		edges = append(edges, b.from)
	}
	edges = append(edges, bars[len(bars)-1].to)
	// decimals gives the width six significant digits; four decimals fewer leave two.
	texts := formatAligned(edges, max(0, decimals(edges[1]-edges[0])-digits+2))
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

// formatCount formats a count in full, with commas.
func formatCount(n uint64) string { return addCommas(strconv.FormatUint(n, 10)) }
