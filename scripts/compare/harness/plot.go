package main

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// Sizes in pixels.
const (
	plotWidth  = 760
	labelWidth = 232
	valueWidth = 60
	barHeight  = 16
	rowHeight  = 22
	headHeight = 34
	footHeight = 34
)

// plot draws a panel for each case: CPU seconds for 1 GB, as bars on a logarithmic
// scale, the smallest first. Its colors suit light and dark backgrounds.
func plot(r Results) []byte {
	type panel struct {
		title string
		rows  []Row
	}
	var panels []panel
	least, most := math.Inf(1), 0.0
	height := 0
	for _, name := range []string{"winavg", "mavg", "stats"} {
		t, ok := r.Cases[name]
		if !ok {
			continue
		}
		var rows []Row
		for _, row := range t.Rows {
			if row.Failed == "" && row.CPU > 0 && !strings.HasSuffix(row.Name, "one thread") {
				row.CPU *= whole / float64(t.Bytes)
				rows = append(rows, row)
				least, most = min(least, row.CPU), max(most, row.CPU)
			}
		}
		slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.CPU, b.CPU) })
		panels = append(panels, panel{titles[name], rows})
		height += headHeight + rowHeight*len(rows)
	}
	if len(panels) == 0 {
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>` + "\n")
	}
	s := newScale(least, most)
	var b bytes.Buffer
	s.open(&b, height+footHeight)
	y := 0
	for _, p := range panels {
		fmt.Fprintf(&b, "<text class=\"title\" x=\"8\" y=\"%d\">%s</text>\n", y+22, html.EscapeString(p.title))
		y += headHeight
		s.grid(&b, y, rowHeight*len(p.rows))
		for _, row := range p.rows {
			s.bar(&b, y, row)
			y += rowHeight
		}
	}
	s.axis(&b, y)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// scale maps seconds to pixels by their logarithm. It begins at a power of ten below
// the smallest value.
type scale struct{ low, high float64 }

func newScale(least, most float64) scale {
	return scale{low: math.Floor(math.Log10(least * 0.9)), high: math.Log10(most * 1.05)}
}

func (s scale) x(v float64) float64 {
	return (math.Log10(v) - s.low) / (s.high - s.low) * (plotWidth - labelWidth - valueWidth)
}

const style = `<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px }
.label { text-anchor: end }
.ours { font-weight: 600 }
.value, .tick { font-size: 12px; fill: #57606a }
.tick { text-anchor: middle }
.bar { fill: #9aa5b1 }
.bar.ours { fill: #0969da }
.line { stroke: #d0d7de; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.value, .tick { fill: #9da7b3 }
.bar { fill: #5f6b78 }
.bar.ours { fill: #4493f8 }
.line { stroke: #3d444d }
}
</style>
`

func (s scale) open(b *bytes.Buffer, height int) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">`+"\n", plotWidth, height)
	b.WriteString("<title>CPU seconds for 1 GB, by program, on a logarithmic scale</title>\n" + style)
}

// grid draws a line at each power of ten across a panel.
func (s scale) grid(b *bytes.Buffer, y, height int) {
	for e := s.low; e <= s.high; e++ {
		x := labelWidth + s.x(math.Pow(10, e))
		fmt.Fprintf(b, `<line class="line" x1="%.1f" x2="%[1]f" y1="%d" y2="%d"/>`+"\n", x, y-4, y+height-2)
	}
}

func (s scale) bar(b *bytes.Buffer, y int, r Row) {
	class := ""
	if r.Ours {
		class = " ours"
	}
	middle := y + barHeight - 3
	w := s.x(r.CPU)
	fmt.Fprintf(b, `<text class="label%s" x="%d" y="%d">%s</text>`, class, labelWidth-8, middle, html.EscapeString(r.Name))
	fmt.Fprintf(b, `<rect class="bar%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`, class, labelWidth, y, w, barHeight)
	fmt.Fprintf(b, `<text class="value" x="%.1f" y="%d">%s</text>`+"\n", labelWidth+w+5, middle, seconds2(r.CPU))
}

func (s scale) axis(b *bytes.Buffer, y int) {
	for e := s.low; e <= s.high; e++ {
		v := math.Pow(10, e)
		fmt.Fprintf(b, `<text class="tick" x="%.1f" y="%d">%g</text>`+"\n", labelWidth+s.x(v), y+14, v)
	}
	fmt.Fprintf(b, `<text class="value label" x="%d" y="%d">CPU seconds for 1 GB, logarithmic</text>`+"\n", plotWidth-8, y+29)
}

// seconds2 prints two significant digits.
func seconds2(v float64) string {
	if v >= 10 {
		return fmt.Sprintf("%.0f s", v)
	}
	return fmt.Sprintf("%.2g s", v)
}
