package table

import (
	"slices"
	"strings"
)

// block shows all that is known of a field and key: name, figures, course,
// spread, and what stands out.
func (p style) block(l line) []string {
	lines := []string{p.heading(l)}
	lines = append(lines, p.figures(l.figures)...)
	if course := p.timeline(l); len(course) > 0 {
		lines = append(append(lines, ""), course...)
	}
	if bars := p.histogram(l.histo); len(bars) > 0 {
		lines = append(append(lines, ""), bars...)
	}
	if l.sought {
		lines = append(append(lines, ""), p.anomalies(l)...)
	}
	return lines
}

func (p style) heading(l line) string {
	field := p.fit(p.clean(l.field), p.width)
	rest := ""
	for _, k := range l.keys {
		rest += "  " + p.clean(k.name) + "=" + p.clean(k.text)
	}
	rest = p.fit(rest, max(0, p.width-displayWidth(field)))
	rule := p.width - displayWidth(field) - displayWidth(rest) - 1
	return p.paint(strong, field) + rest + " " + p.paint(faint, strings.Repeat(p.rule, max(0, rule)))
}

// figures stand under their names, in one row if there is room, else in columns
// of one width.
func (p style) figures(all []member) []string {
	if len(all) == 0 {
		return nil
	}
	cell, widths := 0, make([]int, len(all))
	names, numbers := make([]string, len(all)), make([]string, len(all))
	for i, f := range all {
		name, number := p.clean(f.name), p.none
		if f.text != "" {
			number = shortText(f.text)
		}
		widths[i] = max(displayWidth(name), displayWidth(number))
		cell = max(cell, widths[i])
		names[i], numbers[i] = p.paint(faint, name), p.paint(strong, number)
	}
	if across(widths) > p.width {
		most := max(1, (p.width+2)/(cell+2))
		lines := (len(all) + most - 1) / most
		widths = slices.Repeat([]int{cell}, (len(all)+lines-1)/lines)
	}
	var rows [][]string
	for i := 0; i < len(all); i += len(widths) {
		end := min(i+len(widths), len(all))
		rows = append(rows, names[i:end], numbers[i:end])
	}
	lines, _ := grid(rows, slices.Repeat([]bool{true}, len(widths)), widths)
	return lines
}
