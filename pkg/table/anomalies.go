package table

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// screenful is how many anomalies a block shows.
const screenful = 10

// anomalies says in words what stands out, the farthest only, in the order
// they came.
func (p style) anomalies(l line) []string {
	if l.count == "" && l.farther == nil { // both are null
		return p.words("Interrupted before the anomalies could be found.")
	}
	count := l.count
	if count == "" {
		count = strconv.Itoa(len(l.farther))
	}
	n, _ := strconv.ParseUint(count, 10, 64) // it was read before
	shown := largest(l.farther, screenful)
	title := commas(count) + " anomalies"
	switch {
	case n == 0:
		title = "no anomalies"
	case n == 1:
		title = "1 anomaly"
	case n > uint64(len(shown)) && len(shown) > 0:
		title += ", the " + strconv.Itoa(len(shown)) + " farthest:"
	}
	var lines []string
	for _, s := range p.words(title) {
		lines = append(lines, p.paint(strong, s))
	}
	sh := layout{style: p}
	for _, a := range shown {
		sh.add(a, nil)
	}
	lines = append(lines, sh.lines(nil)...)
	if more := n - uint64(len(shown)); n > uint64(len(shown)) {
		s := "and " + whole(more) + " more: see stats --list"
		if len(shown) == 0 {
			s = "see stats --list"
		}
		for _, s := range p.words(s) {
			lines = append(lines, p.paint(faint, s))
		}
	}
	return lines
}

// farthest keeps the n anomalies that are farthest from the mean, of equals the
// earlier, in their order.
func largest(all []anomaly, n int) []anomaly {
	if len(all) <= n {
		return all
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(all[j].distance(), all[i].distance()) })
	order = order[:n]
	slices.Sort(order)
	kept := make([]anomaly, n)
	for i, at := range order {
		kept[i] = all[at]
	}
	return kept
}

// far is the distance from the mean; what float64 cannot hold is farthest.
func (a anomaly) distance() float64 {
	if math.IsNaN(a.deviation) {
		return math.Inf(1)
	}
	return math.Abs(a.deviation)
}

// distance is how far a reading is from the mean, in words.
func (p style) distance(a anomaly) string {
	way := " above the mean"
	if a.deviation < 0 {
		way = " below the mean"
	}
	switch {
	case !math.IsNaN(a.percent):
		return percent(math.Abs(a.percent)) + " %" + way
	case !math.IsNaN(a.deviation):
		return short(math.Abs(a.deviation)) + way
	}
	return "too far to say"
}

// percent has one decimal where that says anything.
func percent(v float64) string {
	if v < 0.1 || !plain(v) {
		return short(v)
	}
	places := 1
	if v >= 1000 {
		places = 0
	}
	return commas(strconv.FormatFloat(v, 'f', places, 64))
}
