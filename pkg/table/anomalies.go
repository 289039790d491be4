package table

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"weir/pkg/chart"
)

// anomalies lists the largest anomalies of a block, in the order of the input,
// below their number.
func (p style) anomalies(l chart.Line) []string {
	if l.Count == "" && l.Anomalies == nil { // both were null
		return p.wrap("anomalies unknown: no second pass")
	}
	count := l.Count
	if count == "" {
		count = strconv.Itoa(len(l.Anomalies))
	}
	n, _ := strconv.ParseUint(count, 10, 64) // cannot fail: chart.Parser has parsed it
	shown := largest(l.Anomalies, maxShown)
	title := addCommas(count) + " anomalies"
	switch {
	case n == 0:
		title = "no anomalies"
	case n == 1:
		title = "1 anomaly"
	case n > uint64(len(shown)) && len(shown) > 0:
		title += ", the " + strconv.Itoa(len(shown)) + " largest, in input order:"
	}
	var lines []string
	for _, s := range p.wrap(title) {
		lines = append(lines, p.paint(bold, s))
	}
	t := layout{style: p}
	for _, a := range shown {
		t.add(a, nil)
	}
	lines = append(lines, t.lines(nil)...)
	if n > uint64(len(shown)) {
		more := "and " + formatCount(n-uint64(len(shown))) + " more (add --list to print all)"
		if len(shown) == 0 {
			more = "add --list to print them"
		}
		for _, s := range p.wrap(more) {
			lines = append(lines, p.paint(faint, s))
		}
	}
	return lines
}

// largest returns the n anomalies with the largest distance from the mean, in their
// order in all. Of equal ones, the earlier are taken.
func largest(all []chart.Anomaly, n int) []chart.Anomaly {
	if len(all) <= n {
		return all
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(all[j].Distance(), all[i].Distance()) })
	order = order[:n]
	slices.Sort(order)
	selected := make([]chart.Anomaly, n)
	for i, at := range order {
		selected[i] = all[at]
	}
	return selected
}

// deviation describes the deviation of a reading from the mean: in per cent, or
// absolute if the mean is 0.
func (p style) deviation(a chart.Anomaly) string {
	side := " above the mean"
	if a.Deviation < 0 {
		side = " below the mean"
	}
	switch {
	case !math.IsNaN(a.Percent):
		return formatPercent(math.Abs(a.Percent)) + " %" + side
	case !math.IsNaN(a.Deviation):
		return formatNumber(math.Abs(a.Deviation)) + side
	}
	return "too large to show"
}

// formatPercent formats a percentage with one decimal, with none from 1,000 on, and
// with six digits below 0.1, where one decimal would be too coarse.
//
// Requires: v is not negative.
func formatPercent(v float64) string {
	if v < 0.1 || v >= 1e15 {
		return formatNumber(v)
	}
	decimals := 1
	if v >= 1000 {
		decimals = 0
	}
	return addCommas(strconv.FormatFloat(v, 'f', decimals, 64))
}
