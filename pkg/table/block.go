package table

import (
	"slices"
	"strings"
)

// block draws a line of stats: heading, statistics and how exact they are, chart,
// histogram, anomalies, with an empty line before each of the last three.
func (p style) block(l line) []string {
	lines := []string{p.heading(l)}
	lines = append(lines, p.statistics(l.statistics)...)
	if l.quantileError != "" {
		lines = append(lines, p.paint(faint, "quantiles are within "+formatText(l.quantileError)+" of the exact ones"))
	}
	chart := p.timeline(l)
	if len(chart) > 0 {
		lines = append(append(lines, ""), chart...)
	}
	bars := p.histogram(l.histogram)
	if len(bars) > 0 {
		lines = append(append(lines, ""), bars...)
	}
	if l.hasAnomalies {
		lines = append(append(lines, ""), p.anomalies(l)...)
	}
	return lines
}

// heading draws the field, the keys, and a rule to the right edge.
func (p style) heading(l line) string {
	field := p.truncateEnd(p.sanitize(l.field), p.width)
	keys := ""
	for _, k := range l.keys {
		keys += "  " + p.sanitize(k.name) + "=" + p.sanitize(k.text)
	}
	keys = p.truncateEnd(keys, max(0, p.width-displayWidth(field)))
	rule := p.width - displayWidth(field) - displayWidth(keys) - 1
	return p.paint(bold, field) + keys + " " + p.paint(faint, strings.Repeat(p.rule, max(0, rule)))
}

// statistics draws the values below their names. If they do not fit one row, they
// are distributed evenly over several, and all columns are as wide as the widest.
func (p style) statistics(all []member) []string {
	if len(all) == 0 {
		return nil
	}
	widest, widths := 0, make([]int, len(all))
	names, values := make([]string, len(all)), make([]string, len(all))
	for i, s := range all {
		name, value := p.sanitize(s.name), p.none
		if s.text != "" {
			value = formatText(s.text)
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
