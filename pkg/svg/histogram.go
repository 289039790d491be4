package svg

import (
	"bytes"
	"fmt"

	"weir/pkg/chart"
)

// histogram draws the numbers of readings as bars on the right of the chart, on its vertical
// axis. A bin that has a reading has a bar that can be seen. Bars outside the band have the
// colour of anomalies; without one, so have bars that are far from all others. Each bar says its
// range and number where the viewer shows titles.
func (a area) histogram(out *bytes.Buffer, p *chart.Plot) {
	bins := p.Histogram.Bars()
	if len(bins) < 2 {
		return
	}
	longest := uint64(1)
	for _, b := range bins {
		longest = max(longest, b.Count)
	}
	left := a.right + histogramGap
	text(out, "label", left, a.top-8, "readings by value")
	edges := make([]float64, 0, len(bins)+1)
	for _, b := range bins {
		edges = append(edges, b.From)
	}
	texts := chart.FormatEdges(append(edges, bins[len(bins)-1].To))
	for i, b := range bins {
		if b.Count == 0 {
			continue
		}
		class := "bar"
		if p.Band.Outside(b) || p.Band.Limit == "" && b.Isolated > 0 {
			class = "outside"
		}
		top, bottom := a.y(b.To), a.y(b.From)
		w := max(1.5, float64(b.Count)/float64(longest)*histogramWidth)
		fmt.Fprintf(out, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"><title>%s – %s: %s</title></rect>`+"\n",
			class, length(left), length(top), length(w), length(max(1, bottom-top-1)),
			texts[i], texts[i+1], chart.FormatCount(b.Count))
	}
}
