package svg

import (
	"bytes"
	"fmt"
	"strings"

	"weir/pkg/chart"
)

// Limits of the texts of a block, in characters.
const (
	maxName = 60
	maxKeys = 90
	maxTime = 40
)

// block is the part of an image that shows one line of stats.
type block struct {
	line chart.Line
	n    int     // The number of the block in the image, from 0.
	id   string  // The beginning of the ids of its elements.
	top  float64 // What is drawn next begins below this position.
}

// draw draws the block, and moves top to its lower end.
func (b *block) draw(out *bytes.Buffer) {
	b.heading(out)
	b.statistics(out)
	if b.line.QuantileError != "" {
		b.top += 18
		text(out, "small", margin, b.top, "quantiles are within "+chart.FormatText(b.line.QuantileError)+" of the exact ones")
	}
	if b.line.Plot != nil {
		b.plot(out, b.line.Plot)
	}
	if b.line.HasAnomalies {
		b.anomalies(out)
	}
	b.top += 14
}

// name returns the name of the field with its keys.
func (b *block) name() string {
	return strings.TrimSpace(shorten(b.line.Field, maxName) + "  " + b.keys())
}

// keys returns the keys as a text, "" if there are none.
func (b *block) keys() string {
	var texts []string
	for _, k := range b.line.Keys {
		texts = append(texts, k.Name+"="+k.Text)
	}
	return shortenMiddle(strings.Join(texts, "  "), maxKeys)
}

// period returns the time from the first to the last reading, "" if it is not known.
func (b *block) period() string {
	from, to := shorten(b.line.From, maxTime), shorten(b.line.To, maxTime)
	if from == to {
		return from
	}
	return strings.TrimSpace(from + " – " + to)
}

// heading draws the name and the keys, and on the right the period. What does not fit beside the
// name has a line of its own.
func (b *block) heading(out *bytes.Buffer) {
	if b.n > 0 {
		fmt.Fprintf(out, `<path class="grid" d="M%d %sH%d"/>`+"\n", margin, length(b.top-6), width-margin)
		b.top += 6
	}
	b.top += 18
	const content, gap = width - 2*margin, 30
	field, keys, period := fit(shorten(b.line.Field, maxName), bold, content), b.keys(), b.period()
	fmt.Fprintf(out, `<text class="name" x="%d" y="%s">%s`, margin, length(b.top), escape(field))
	used := widthOf(field, bold)
	below := used+widthOf(keys, small)+gap > content
	if keys != "" && !below {
		fmt.Fprintf(out, `<tspan class="small" dx="10">%s</tspan>`, escape(keys))
		used += widthOf(keys, small)
	}
	out.WriteString("</text>\n")
	if keys != "" && below {
		b.top += 18
		keys = fitMiddle(keys, small, content)
		text(out, "small", margin, b.top, keys)
		used = widthOf(keys, small)
	}
	if period == "" {
		return
	}
	if used+widthOf(period, small)+gap > content {
		b.top += 18
	}
	endText(out, "small", width-margin, b.top, period)
}

// statistics draws the values below their names, in as many rows as they need.
func (b *block) statistics(out *bytes.Buffer) {
	x := float64(margin)
	for i, s := range b.line.Statistics {
		value := "–"
		if s.Text != "" {
			value = chart.FormatText(s.Text)
		}
		w := max(widthOf(s.Name, small), widthOf(value, medium)) + 16
		if i == 0 || x+w > width-margin+16 {
			x = margin
			b.top += 38
		}
		text(out, "label", x, b.top-15, s.Name)
		text(out, "value", x, b.top, value)
		x += w
	}
}

// sentence describes the block in words.
func (b *block) sentence() string {
	var parts []string
	for _, s := range b.line.Statistics {
		value := "unknown"
		if s.Text != "" {
			value = chart.FormatText(s.Text)
		}
		parts = append(parts, s.Name+" "+value)
	}
	if b.period() != "" {
		parts = append(parts, b.period())
	}
	if b.line.HasAnomalies {
		parts = append(parts, b.line.AnomalyTitle())
	}
	return b.name() + ": " + strings.Join(parts, ", ") + "."
}
