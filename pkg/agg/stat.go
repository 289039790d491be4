package agg

import (
	"fmt"
	"slices"
	"strings"

	"weir/pkg/exact"
)

// Stat is a statistic of the table. Make one with [ParseStat].
type Stat struct {
	Name     string // as printed
	Needs    Needs
	of       func(Summary) exact.Value // nil for a quantile
	num, den int64                     // of a quantile, else 0
}

// Of returns the statistic of a set of readings. Requires that s keeps what the
// statistic needs.
func (st Stat) Of(s Summary) exact.Value {
	if st.den > 0 {
		return s.Quantile(st.num, st.den)
	}
	return st.of(s)
}

// Quantile returns which quantile the statistic is: num/den. It returns false if it is
// none.
func (st Stat) Quantile() (num, den int64, ok bool) { return st.num, st.den, st.den > 0 }

// mean is the name of the mean, which has a faster implementation in some filters.
const mean = "mean"

// mad is the name of the median absolute deviation.
const mad = "mad"

// ewma is the name of the exponentially weighted mean.
const ewma = "ewma"

// IsEWMA reports whether the statistic is the exponentially weighted mean, which is not of the
// readings in a window, but of all so far.
func (st Stat) IsEWMA() bool { return st.Name == ewma }

// twa is the name of the time-weighted average.
const twa = "twa"

// IsTWA reports whether the statistic is the time-weighted average, for which readings are carried
// forward into windows that they are not in.
func (st Stat) IsTWA() bool { return st.Name == twa }

// IsMean reports whether the statistic is the mean.
func (st Stat) IsMean() bool { return st.Name == mean }

// Summary is a set of readings as a statistic sees it; windows implement it. Count,
// sum and mean are always known. The other methods may only be called if what they
// need is kept.
type Summary interface {
	Len() int64
	Sum() exact.Value         // 0 of no readings
	Mean() exact.Value        // null of no readings
	Var() exact.Value         // of a sample (n-1), null of fewer than two readings; needs Squares
	SD() exact.Value          // the square root of Var; needs Squares
	Min() (exact.Dec, bool)   // false of no readings; needs MinMax
	Max() (exact.Dec, bool)   // false of no readings; needs MinMax
	First() (exact.Dec, bool) // with the smallest time, false if no reading has one; needs FirstLast
	Last() (exact.Dec, bool)  // with the largest time, false if no reading has one; needs FirstLast

	// Rate returns the increase per second of a counter: see [Rate]. It is null of fewer than
	// two readings. It needs Series.
	Rate() exact.Value

	// Quantile returns the quantile num/den: the median is 1/2. It is null of no
	// readings. It needs Quantiles, and MinMax, as it is clamped to the extremes.
	// Requires 0 ≤ num ≤ den and den > 0.
	Quantile(num, den int64) exact.Value

	// MAD returns the median absolute deviation, the median of the readings' distances from
	// their median. It is null of no readings. It needs what Quantile does.
	MAD() exact.Value
}

// Smoothed is a set of readings in the order in which they came, of which an exponentially
// weighted mean is kept.
type Smoothed interface {
	Summary
	// EWMA returns the exponentially weighted mean after the last reading: it begins as the
	// first reading, and each further one x at a distance d changes it by (1-2^(-d/h))·(x-EWMA),
	// where h is the half-life. This is pandas' ewm with adjust=False. It is null if the last
	// reading has no time and h is one.
	EWMA() exact.Value
}

// Weighted is the readings in a window of time, and the last one before it.
type Weighted interface {
	Summary
	// TWA returns the time-weighted average: the integral over the window of the value that was
	// read last, divided by the time for which there is one. Each reading is carried forward to
	// the next one or the end of the window, and the last one before the window into it; what
	// comes before the first reading of all does not count. Of readings at one time, the largest
	// is carried forward. It is null if there is no such time.
	//
	// That is TimescaleDB's interpolated_average of a time_weight('LOCF') summary, given those of
	// the windows before (https://www.tigerdata.com/docs/reference/toolkit/time_weight), and
	// time_weighted_avg_fl of Kusto. A window without readings has the value that was carried into
	// it, as is proposed for the former in
	// https://github.com/timescale/timescaledb-toolkit/issues/548. InfluxDB's timeWeightedAvg is
	// another statistic: it draws straight lines between readings.
	TWA() exact.Value
}

// Rounded is a set of readings whose quantiles may not be exact.
type Rounded interface {
	Step(num, den int64) float64 // by how much the quantile num/den may be off
	MADStep() float64            // by how much the median absolute deviation may be off
}

// Step returns by how much the statistic of a set may be off; 0 if it is exact, as all but
// quantiles and the median absolute deviation are.
func (st Stat) Step(r Rounded) float64 {
	num, den, ok := st.Quantile()
	switch {
	case ok:
		return r.Step(num, den)
	case st.Name == mad:
		return r.MADStep()
	}
	return 0
}

// Needs says what must be kept of a set to compute some statistics, beyond count
// and sum, which are always kept.
type Needs struct {
	Squares   bool // the sum of squares
	MinMax    bool // the extremes
	FirstLast bool // the earliest and the latest reading
	Quantiles bool // a sketch
	Series    bool // every reading with its time
}

// NeedsOf returns what all of the statistics need.
func NeedsOf(stats []Stat) (n Needs) {
	for _, s := range stats {
		n = n.And(s.Needs)
	}
	return n
}

// And returns what both need together.
func (n Needs) And(o Needs) Needs {
	return Needs{
		Squares:   n.Squares || o.Squares,
		MinMax:    n.MinMax || o.MinMax,
		FirstLast: n.FirstLast || o.FirstLast,
		Quantiles: n.Quantiles || o.Quantiles,
		Series:    n.Series || o.Series,
	}
}

// Kind is what kind of set of readings a statistic is of, or several kinds.
type Kind uint8

// The kinds.
const (
	LastN Kind = 1 << iota // a window of the last N readings, in the order in which they came
	Span                   // a window of time
	Whole                  // a whole stream, whose readings are not kept

	AnyKind = LastN | Span | Whole
)

// Names lists the statistics of sets of a kind, for help and messages. It leaves out the
// aliases.
func Names(k Kind) string {
	var names []string
	for _, e := range table {
		if e.isOf(k) {
			names = append(names, e.name)
		}
	}
	return strings.Join(names, ", ")
}

// Words returns names that -a accepts as they are, for completion: those of Names, with
// the examples in place of pN.
func Words(k Kind) (words []string) {
	for _, e := range table {
		if !e.isOf(k) {
			continue
		}
		_, examples, ok := strings.Cut(strings.TrimSuffix(e.name, ")"), " (")
		if ok {
			words = append(words, strings.Split(examples, ", ")...)
		} else {
			words = append(words, e.name)
		}
	}
	return words
}

// ParseStat is [ParseFor] of AnyKind.
func ParseStat(name string) (Stat, error) { return ParseFor(name, AnyKind) }

// ParseFor returns the statistic of a name or an alias, for sets of a kind. The error of an
// unknown name lists the known ones, that of a quantile says which there are, and that of a
// statistic that sets of this kind do not have says why, and what does have it.
func ParseFor(name string, k Kind) (Stat, error) {
	for _, e := range table {
		if !e.parse && e.name != name && !slices.Contains(e.aliases, name) {
			continue
		}
		if !e.isOf(k) {
			return Stat{}, fmt.Errorf("%s %s", e.name, e.instead)
		}
		if e.quantile == nil {
			return Stat{Name: e.name, Needs: e.needs, of: e.of}, nil
		}
		num, den, ok := e.quantile(name)
		if ok {
			return Stat{Name: name, Needs: quantileNeeds, num: num, den: den}, nil
		}
	}
	limits := ""
	if len(name) > 1 && name[0] == 'p' && strings.Trim(name[1:], "0123456789.+-") == "" {
		limits = fmt.Sprintf(" (in pN, N is from 0 to 100, with at most %d decimals)", maxDecimals)
	}
	return Stat{}, fmt.Errorf("unknown statistic %q%s: use one of %s", name, limits, Names(k))
}
