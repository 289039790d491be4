package table

import (
	"cmp"
	"slices"
	"strconv"

	"weir/pkg/chart"
)

// anomalies lists the largest anomalies of a block, in the order of the input,
// below their number.
func (p style) anomalies(l chart.Line) []string {
	if l.Count == "" && l.Anomalies == nil { // both were null
		return p.wrap(l.AnomalyTitle())
	}
	n, err := strconv.ParseUint(l.Count, 10, 64)
	if err != nil { // it was null
		n = uint64(len(l.Anomalies))
	}
	shown := largest(l.Anomalies, maxShown)
	title := l.AnomalyTitle()
	if n > uint64(len(shown)) && len(shown) > 0 {
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
		more := "and " + chart.FormatCount(n-uint64(len(shown))) + " more (add --list to print all)"
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
	size := a.Size()
	switch {
	case size == "":
		return "too large to show"
	case a.Deviation < 0:
		return size + " below the mean"
	}
	return size + " above the mean"
}
