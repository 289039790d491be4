package svg

import (
	"bytes"
	"strings"

	"weir/pkg/chart"
)

const cellGap = 16 // between the cells of a row

// maxEpisodes is the number of episodes that are listed.
const maxEpisodes = 10

// anomalies lists the largest episodes: when, how many readings, the worst of them, and where
// it is.
func (b *block) anomalies(out *bytes.Buffer) {
	b.top += 26
	plot, title := b.line.Plot, b.line.AnomalyTitle()
	if plot != nil {
		title += b.line.ListTitle(min(len(plot.Largest), maxEpisodes))
	}
	text(out, "value", margin, b.top, title)
	misfit := b.line.Misfit()
	if misfit != "" {
		b.top += 18
		text(out, "small", margin, b.top, misfit)
	}
	if plot == nil {
		return
	}
	episodes := plot.Largest[:min(len(plot.Largest), maxEpisodes)]
	values := make([]float64, len(episodes))
	for i, e := range episodes {
		values[i] = e.Worst.Value
	}
	var rows [][]string
	for i, value := range alignedTexts(values) {
		rows = append(rows, episodeCells(episodes[i], value))
	}
	if len(rows) == 0 {
		return
	}
	widths := make([]float64, len(rows[0]))
	for _, cells := range rows {
		for i, c := range cells {
			widths[i] = max(widths[i], widthOf(c, small))
		}
	}
	free := float64(width - 2*margin)
	for _, w := range widths[:len(widths)-1] {
		if w > 0 {
			free -= w + cellGap
		}
	}
	for _, cells := range rows {
		cells[len(cells)-1] = fitEnd(cells[len(cells)-1], small, free)
		b.top += 18
		x := float64(margin)
		for i, c := range cells {
			if widths[i] == 0 {
				continue
			}
			class, at := episodeClasses[i], x
			if strings.HasSuffix(class, " end") {
				at += widths[i]
			}
			if c != "" {
				text(out, class, at, b.top, c)
			}
			x += widths[i] + cellGap
		}
	}
}

// episodeClasses are the styles of the cells of an episode.
var episodeClasses = []string{"small", "small end", "bad end", "small end", "small"}

// episodeCells returns the cells of an episode: its time, the number of its readings, the
// value of the worst, how far that is from the mean, and its place.
func episodeCells(e chart.Episode, value string) []string {
	when, to := e.Times()
	when = shorten(when, maxTime)
	if to != "" {
		when += " – " + shorten(to, maxTime)
	}
	count := ""
	if e.Count > 1 {
		count = chart.FormatCount(e.Count) + " readings"
	}
	return []string{when, count, value, e.Worst.Signed(), e.Worst.Location}
}
