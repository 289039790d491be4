package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// What a picture says in words, the same in every drawing. Texts of the input are as they came: a
// drawer makes them safe to show.

// Fits reports whether the limit suits the readings of the line: at most a third of them are
// anomalies. It is true if the line does not say how many there are of either.
func (l Line) Fits() bool {
	anomalies, err := strconv.ParseInt(l.Count, 10, 64)
	readings, ok := l.Readings()
	return err != nil || !ok || float64(anomalies) <= float64(readings)/3
}

// Readings returns the number of readings. ok is false if it is not known: a line of stats has no
// plot if there are many lines, and no count if -a leaves it out.
func (l Line) Readings() (n int64, ok bool) {
	if l.Plot != nil {
		return l.Plot.Readings, true
	}
	for _, s := range l.Statistics {
		if s.Name == "count" {
			n, err := strconv.ParseInt(s.Text, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// Misfit returns a sentence which says that the limit does not suit the readings, and names
// another; "" if it does, or if its limit is not known.
func (l Line) Misfit() string {
	if l.Plot == nil || l.Fits() {
		return ""
	}
	return "More than a third of all readings are anomalies: " + l.Plot.Band.Limit + " does not suit these values. Try --deviation 3sd, which finds at most one in nine."
}

// AnomalyTitle says how many anomalies there are, and in how many episodes.
func (l Line) AnomalyTitle() string {
	count := l.Count
	switch {
	case count == "" && l.Anomalies == nil: // both were null
		return "anomalies unknown: no second pass"
	case count == "":
		count = strconv.Itoa(len(l.Anomalies))
	}
	title := AddCommas(count) + " anomalies"
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
	return title + " in " + FormatCount(l.Plot.Episodes) + " episodes"
}

// ListTitle returns what a list of the first shown of the largest episodes adds to AnomalyTitle.
// Requires a plot.
func (l Line) ListTitle(shown int) string {
	switch {
	case l.Plot.Episodes <= 1:
		return ""
	case int64(shown) < l.Plot.Episodes:
		return ", the largest first (" + strconv.Itoa(shown) + " shown)"
	}
	return ", the largest first"
}

// Glance returns the statistics that say most about a line at a glance, or all if there are none
// of these.
func (l Line) Glance() (list []Member) {
	for _, name := range []string{"count", "mean", "min", "max", "sd"} {
		i := slices.IndexFunc(l.Statistics, func(m Member) bool { return m.Name == name })
		if i >= 0 {
			list = append(list, l.Statistics[i])
		}
	}
	if list == nil {
		return l.Statistics
	}
	return list
}

// Extreme returns the minimum or the maximum of the column: what is farther from the mean.
func (c Column) Extreme(mean float64) float64 {
	if math.Abs(c.Min-mean) > math.Abs(c.Max-mean) {
		return c.Min
	}
	return c.Max
}

// Times returns the first and the last time of an episode; to is "" if they are the same, and both
// are if there is no time. Date and offset of to are left out if they are those of from.
func (e Episode) Times() (from, to string) {
	const date = len("2006-01-02T")
	from, to = e.From, e.To
	switch {
	case from == to || e.Count == 1:
		return from, ""
	case len(from) > date && len(to) > date && from[:date] == to[:date] && strings.Contains(" T", from[date-1:date]):
		to = to[date:]
		zone := strings.LastIndexAny(to, "Z+-")
		if zone > 0 && strings.HasSuffix(from, to[zone:]) {
			to = to[:zone]
		}
	}
	return from, to
}

// Signed returns the deviation of a reading from the mean with its sign: in per cent, or absolute
// if the mean is 0; "" if it is not known.
func (a Anomaly) Signed() string {
	sign := "+"
	if a.Deviation < 0 {
		sign = "-"
	}
	size := a.Size()
	if size == "" {
		return ""
	}
	return sign + size
}

// Size is Signed without the sign.
func (a Anomaly) Size() string {
	switch {
	case !math.IsNaN(a.Percent):
		return FormatPercent(math.Abs(a.Percent)) + " %"
	case !math.IsNaN(a.Deviation):
		return FormatNumber(math.Abs(a.Deviation))
	}
	return ""
}
