package svg

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"weir/pkg/chart"
)

const cellGap = 16 // between the cells of a row

// maxEpisodes is the number of episodes that are listed.
const maxEpisodes = 10

// anomalyTitle says how many anomalies there are.
func (b *block) anomalyTitle() string {
	l := b.line
	if l.Count == "" && l.Anomalies == nil { // both were null
		return "anomalies unknown: no second pass"
	}
	count := l.Count
	if count == "" {
		count = strconv.Itoa(len(l.Anomalies))
	}
	title := chart.AddCommas(count) + " anomalies"
	switch {
	case count == "0":
		return "no anomalies"
	case count == "1":
		return "1 anomaly"
	case l.Plot == nil || l.Plot.Episodes == 0:
		return title
	case l.Plot.Episodes == 1:
		return title + " in one episode"
	}
	return title + " in " + formatCount(l.Plot.Episodes) + " episodes"
}

// formatCount formats a count in full, with commas.
func formatCount(n int64) string { return chart.AddCommas(strconv.FormatInt(n, 10)) }

// misfit says that the yardstick does not suit the data, "" if it does.
func (b *block) misfit() string {
	n, err := strconv.ParseUint(b.line.Count, 10, 64)
	if err != nil || b.line.Plot == nil || b.line.Plot.Fits(n) {
		return ""
	}
	return "More than a third of all readings are anomalies: " + b.line.Plot.Yardstick.Limit + " does not suit these values. Try --deviation 3sd, which finds at most one in nine."
}

// anomalies lists the largest episodes: when, how many readings, the worst of them, and where
// it is.
func (b *block) anomalies(out *bytes.Buffer) {
	b.top += 26
	title := b.anomalyTitle()
	plot := b.line.Plot
	if plot != nil && plot.Episodes > 1 {
		title += ", the largest first"
		shown := min(len(plot.Largest), maxEpisodes)
		if int64(shown) < plot.Episodes {
			title += fmt.Sprintf(" (%d shown)", shown)
		}
	}
	text(out, "value", margin, b.top, title)
	misfit := b.misfit()
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
	count := ""
	if e.Count > 1 {
		count = formatCount(e.Count) + " readings"
	}
	return []string{when(e), count, value, deviation(e.Worst), e.Worst.Location}
}

// when returns the time of an episode. Date and offset of its end are left out if they are
// those of its beginning.
func when(e chart.Episode) string {
	const date = len("2006-01-02T")
	from, to := e.From, e.To
	switch {
	case from == to || e.Count == 1:
		return shorten(from, maxTime)
	case len(from) > date && len(to) > date && from[:date] == to[:date] && strings.Contains(" T", from[date-1:date]):
		to = to[date:]
		zone := strings.LastIndexAny(to, "Z+-")
		if zone > 0 && strings.HasSuffix(from, to[zone:]) {
			to = to[:zone]
		}
	}
	return shorten(from, maxTime) + " – " + shorten(to, maxTime)
}

// deviation returns how far a reading is from the mean, with its sign: in per cent, or
// absolute if the mean is 0.
func deviation(a chart.Anomaly) string {
	sign := "+"
	if a.Deviation < 0 {
		sign = "-"
	}
	switch {
	case !math.IsNaN(a.Percent):
		return sign + percent(math.Abs(a.Percent)) + " %"
	case !math.IsNaN(a.Deviation):
		return sign + chart.FormatNumber(math.Abs(a.Deviation))
	}
	return ""
}

// percent formats a percentage with one decimal, with none from 1,000 on, and as any number
// below 0.1.
func percent(v float64) string {
	switch {
	case v < 0.1 || v >= 1e15:
		return chart.FormatNumber(v)
	case v >= 1000:
		return chart.AddCommas(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}
