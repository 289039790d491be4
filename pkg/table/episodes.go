package table

import (
	"math"
	"slices"
	"strconv"

	"weir/pkg/chart"
)

// maxShown is the number of episodes or anomalies that a block lists.
const maxShown = 10

// found lists what stats has found far from the mean: the episodes of the plot, or
// without a plot the anomalies of the line.
func (p style) found(l chart.Line) []string {
	n, err := strconv.ParseUint(l.Count, 10, 64)
	if err != nil || n == 0 || l.Plot == nil || len(l.Plot.Largest) == 0 {
		return p.anomalies(l)
	}
	var lines []string
	if !l.Fits() {
		lines = p.wrap(p.sanitize(l.Misfit()))
	}
	shown := l.Plot.Largest[:min(len(l.Plot.Largest), maxShown)]
	title := l.AnomalyTitle() + l.ListTitle(len(shown))
	if l.Plot.Episodes > 1 {
		title += ":"
	}
	lines = append(lines, p.titled(title)...)
	lines = append(lines, p.episodes(shown)...)
	for _, s := range p.wrap("--list prints all anomalies, with file and line") {
		if n > uint64(len(shown)) {
			lines = append(lines, p.paint(faint, s))
		}
	}
	return lines
}

// titled returns a title after the mark that is on the axis of the chart.
func (p style) titled(title string) (lines []string) {
	for i, s := range p.wrap(p.mark + " " + title) {
		if i == 0 {
			s = p.paint(outlierColor, p.mark) + p.paint(bold, s[len(p.mark):])
		} else {
			s = p.paint(bold, s)
		}
		lines = append(lines, s)
	}
	return lines
}

// episodes arranges episodes, one line each: period, number of readings, and of the worst
// reading its value, deviation from the mean, and location. If these do not fit, the
// location is left out; if the rest does not fit, an episode has two lines.
func (p style) episodes(all []chart.Episode) []string {
	values := make([]float64, len(all))
	for i, e := range all {
		values[i] = e.Worst.Value
	}
	texts := chart.FormatColumn(values)
	rows := [][]string{{"episode", "readings", "worst", "from the mean", "file:line"}}
	for i := range rows[0] {
		rows[0][i] = p.paint(faint, rows[0][i])
	}
	widths := make([]int, 5)
	for i, e := range all {
		if math.IsNaN(values[i]) {
			texts[i] = p.none
		}
		row := []string{p.period(e), chart.FormatCount(e.Count), texts[i], p.signedDeviation(e.Worst), p.sanitize(e.Worst.Location)}
		rows = append(rows, row)
	}
	for _, row := range rows {
		for i, s := range row {
			widths[i] = max(widths[i], displayWidth(s))
		}
	}
	if gridWidth(widths[:4]) > p.width {
		return p.stackedEpisodes(all)
	}
	free := p.width - gridWidth(widths[:4]) - columnGap
	for i, row := range rows {
		location := p.truncateStart(row[4], max(free, 0))
		switch {
		case free < minLocation && widths[4] > free:
			rows[i] = row[:4]
		case i > 0:
			row[4] = p.paint(faint, location)
		}
	}
	right := []bool{false, true, true, true, false}[:len(rows[0])]
	if !slices.ContainsFunc(rows[1:], func(row []string) bool { return row[0] != p.none }) { // no times
		right = right[1:]
		for i := range rows {
			rows[i] = rows[i][1:]
		}
	}
	lines, _ := grid(rows, right, nil)
	return lines
}

// stackedEpisodes arranges every episode on two lines, or more if the terminal is narrower.
func (p style) stackedEpisodes(all []chart.Episode) (lines []string) {
	for _, e := range all {
		lines = append(lines, p.wrap(p.period(e))...)
		text := p.signedDeviation(e.Worst)
		if !math.IsNaN(e.Worst.Value) {
			text = formatNumber(e.Worst.Value) + " (" + text + ")"
		}
		if e.Count > 1 {
			text = chart.FormatCount(e.Count) + " readings, worst " + text
		}
		for _, s := range p.wrapTo(text, p.width-2) {
			lines = append(lines, "  "+s)
		}
	}
	return lines
}

// period returns the times of an episode.
func (p style) period(e chart.Episode) string {
	from, to := e.Times()
	switch {
	case to != "":
		return p.sanitize(from) + " " + p.span + " " + p.sanitize(to)
	case from == "":
		return p.none
	}
	return p.sanitize(from)
}

// signedDeviation returns how far a reading is from the mean.
func (p style) signedDeviation(a chart.Anomaly) string {
	text := a.Signed()
	if text == "" {
		return p.none
	}
	return text
}
