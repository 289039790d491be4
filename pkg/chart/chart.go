// Package chart is the model of what stats shows a person: what a line of stats says,
// and the picture of it before it is drawn. It knows no characters, pixels or
// colours. Package table draws the model on a terminal, package svg as an image.
//
// The input is a line that stats prints with its option Plot: the line of NDJSON,
// and a member "plot" after it, which no user sees. So a picture cannot say more than
// the line does.
//
// The files, in the order of the data: line.go parses a line into a [Line], plot.go
// its member "plot" into a [Plot]; columns.go fits the columns to a width, bars.go
// the bins of the histogram; ticks.go finds round values, and times.go round times,
// for the axes; number.go formats numbers, and words.go has sentences.
//
// # Coordinates
//
// Positions on an axis are shares of its length: 0 is the first time or the smallest
// value, 1 the last time or the largest value. A drawer multiplies by its own width
// and height.
package chart

import (
	"math"
	"strings"
	"time"
)

// Plot is what a picture of one field shows, at no particular size.
type Plot struct {
	Readings int64 // Number of readings, at least 0.
	Period   Period
	Band     Band

	// Columns are equal parts of the period in order of time. Without times they are
	// equal parts of the readings, in input order.
	Columns   []Column
	Histogram Histogram

	Episodes int64     // Number of all episodes.
	Largest  []Episode // The largest episodes, the largest first; of equal ones, the earlier first.
}

// Column is an equal part of the period, with what is known of its readings.
type Column struct {
	Any            bool // There is at least one reading. Otherwise the rest is not used.
	Min, Max, Mean float64
	Anomalies      int64 // Number of readings that are anomalies.

	// Outlier reports that the column is far from the others: see markOutliers. It is
	// set only if the plot has no limit.
	Outlier bool
}

// Marked reports whether the column is to be marked: it has an anomaly or an outlier.
func (c Column) Marked() bool { return c.Any && (c.Anomalies > 0 || c.Outlier) }

// Band is where readings are no anomalies, by the limit of --deviation: from Low to High.
type Band struct {
	Limit     string  // As --deviation takes it: "20%", "3sd"; "" if there is none.
	Mean      float64 // Of all readings; NaN if float64 cannot hold it.
	Low, High float64 // NaN if there is no limit, or if float64 cannot hold it.
}

// LimitText returns the limit as people write it: "20 %", "3 sd".
func (b Band) LimitText() string {
	number := strings.TrimRight(b.Limit, "%adms")
	if number == b.Limit {
		return number
	}
	return number + " " + b.Limit[len(number):]
}

// Outside reports whether a bar lies outside the band.
func (b Band) Outside(bar Bar) bool { return bar.From >= b.High || bar.To <= b.Low }

// Period is the time from the first to the last reading.
//
// Invariant: Start is not after End. Both are the zero time if None.
type Period struct {
	Start, End time.Time // In the location whose clock the axis shows.
	None       bool      // A reading has no time: the columns are parts of the readings.
}

// HasTime reports whether the horizontal axis is one of time.
func (p Period) HasTime() bool { return p.Start.Before(p.End) }

// At returns the position of a time, 0 at Start and 1 at End. Requires HasTime.
func (p Period) At(t time.Time) float64 {
	return seconds(p.Start, t) / seconds(p.Start, p.End)
}

// seconds returns the time from a to b. A time.Duration holds no more than 292 years.
func seconds(a, b time.Time) float64 {
	return float64(b.Unix()-a.Unix()) + float64(b.Nanosecond()-a.Nanosecond())/1e9
}

// Episode is a run of consecutive readings of the field that are all anomalies.
type Episode struct {
	From, To string  // Earliest and latest time, as texts of the input; "" if no reading has a time.
	Count    int64   // Number of readings, at least 1.
	Worst    Anomaly // The reading with the largest deviation from the mean; of equal ones, the first.
}

// Range returns the smallest and the largest value of the plot's columns. ok is false if
// no column has a reading.
func (p *Plot) Range() (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, c := range p.Columns {
		if c.Any {
			lo, hi = min(lo, c.Min), max(hi, c.Max)
		}
	}
	return lo, hi, lo <= hi
}
