package table

import (
	"slices"
	"strings"

	"weir/pkg/chart"
)

// block draws a line of stats: heading, statistics, period, chart, histogram, and what
// is far from the mean, with an empty line before each of the last three. The chart has
// the height that the others leave.
func (p style) block(l chart.Line) []string {
	lines := append(p.heading(l), p.statistics(l.Statistics)...)
	lines = append(lines, p.remarks(l)...)
	bars := p.histogram(l.Plot)
	var found []string
	switch {
	case l.HasAnomalies:
		found = p.found(l)
	case l.Plot != nil && slices.ContainsFunc(l.Plot.Columns, chart.Column.Marked):
		found = p.titled("outliers: far from most other readings")
	}
	other := len(lines) + len(bars) + len(found) + 1 + 2 // an empty line, and two of the axis
	for _, part := range [][]string{bars, found} {
		other += min(len(part), 1) // an empty line
	}
	chart := p.timeline(l.Plot, p.chartHeight(other))
	for _, part := range [][]string{chart, bars, found} {
		if len(part) > 0 {
			lines = append(append(lines, ""), part...)
		}
	}
	return lines
}

// remarks returns the period of the readings, and how exact quantiles are.
func (p style) remarks(l chart.Line) (lines []string) {
	from, to := p.sanitize(l.From), p.sanitize(l.To)
	texts := []string{from}
	if from != to && to != "" {
		texts[0] = from + " " + p.span + " " + to
	}
	if l.Plot != nil && l.Plot.Period.None && l.Plot.Readings > 1 && len(l.Plot.Columns) > 0 {
		texts = append(texts, "the chart shows the readings in input order: not all of them have a time")
	}
	if l.QuantileError != "" {
		texts = append(texts, "quantiles are within "+formatText(l.QuantileError)+" of the exact ones")
	}
	for _, text := range texts {
		for _, s := range p.wrap(text) {
			if s != "" {
				lines = append(lines, p.paint(faint, strings.TrimRight(s, " ")))
			}
		}
	}
	return lines
}

// heading draws the field, the keys, and a rule to the right edge; the keys on a line of their own if
// they do not fit, as they say which block it is.
func (p style) heading(l chart.Line) []string {
	field := p.truncateEnd(p.sanitize(l.Field), p.width)
	keys := ""
	for _, k := range l.Keys {
		keys += "  " + p.sanitize(k.Name) + "=" + p.sanitize(k.Text)
	}
	below := strings.TrimLeft(keys, " ")
	if displayWidth(field)+displayWidth(keys) <= p.width {
		below = ""
	} else {
		keys = ""
	}
	rule := p.width - displayWidth(field) - displayWidth(keys) - 1
	lines := []string{p.paint(bold, field) + keys + " " + p.paint(faint, strings.Repeat(p.rule, max(0, rule)))}
	if below != "" {
		lines = append(lines, p.truncateMiddle(below, p.width))
	}
	return lines
}

// statistics draws the values below their names. If they do not fit one row, they
// are distributed evenly over several, and all columns are as wide as the widest.
func (p style) statistics(all []chart.Member) []string {
	if len(all) == 0 {
		return nil
	}
	widest, widths := 0, make([]int, len(all))
	names, values := make([]string, len(all)), make([]string, len(all))
	for i, s := range all {
		name, value := p.sanitize(s.Name), p.none
		if s.Text != "" {
			value = formatText(s.Text)
		}
		widths[i] = max(displayWidth(name), displayWidth(value))
		widest = max(widest, widths[i])
		names[i], values[i] = p.paint(faint, name), p.paint(bold, value)
	}
	if gridWidth(widths) > p.width {
		perRow := max(1, (p.width+columnGap)/(widest+columnGap))
		rows := (len(all) + perRow - 1) / perRow
		widths = slices.Repeat([]int{widest}, (len(all)+rows-1)/rows)
	}
	var rows [][]string
	for i := 0; i < len(all); i += len(widths) {
		end := min(i+len(widths), len(all))
		rows = append(rows, names[i:end], values[i:end])
	}
	lines, _ := grid(rows, slices.Repeat([]bool{true}, len(widths)), widths)
	return lines
}
