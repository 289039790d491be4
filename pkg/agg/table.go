package agg

import (
	"strconv"
	"strings"

	"weir/pkg/exact"
)

// table is the table of statistics. Help and messages list them in this order, and
// the README has the same list.
var table = []entry{
	{name: "count", of: func(s Summary) exact.Value { return exact.Count(s.Len()) }},
	{name: mean, aliases: []string{"average", "avg"}, of: Summary.Mean},
	{name: "min", aliases: []string{"minimum"}, needs: Needs{MinMax: true}, of: func(s Summary) exact.Value { return value(s.Min()) }},
	{name: "max", aliases: []string{"maximum"}, needs: Needs{MinMax: true}, of: func(s Summary) exact.Value { return value(s.Max()) }},
	{name: "range", needs: Needs{MinMax: true}, of: rangeOf},
	{name: "sum", of: Summary.Sum},
	{name: "sd", aliases: []string{"stddev", "stdev"}, needs: Needs{Squares: true}, of: Summary.SD},
	{name: "var", needs: Needs{Squares: true}, of: Summary.Var},
	{name: "median", quantile: func(string) (num, den int64, ok bool) { return 1, 2, true }},
	{name: "pN (p90, p99.9)", parse: true, quantile: percentile},
	{name: mad, needs: quantileNeeds, of: Summary.MAD},
	{name: "first", needs: Needs{FirstLast: true}, of: func(s Summary) exact.Value { return value(s.First()) }},
	{name: "last", needs: Needs{FirstLast: true}, of: func(s Summary) exact.Value { return value(s.Last()) }},
	{name: "delta", needs: Needs{FirstLast: true}, of: deltaOf},
	{name: "rate", needs: Needs{Series: true}, of: Summary.Rate, kinds: LastN | Span, instead: everyReading},
	{name: twa, needs: Needs{Series: true}, of: func(s Summary) exact.Value { return s.(Weighted).TWA() }, kinds: Span, instead: ofTime},
	{name: ewma, needs: Needs{Series: true}, of: func(s Summary) exact.Value { return s.(Smoothed).EWMA() }, kinds: LastN, instead: inOrder},
}

// entry is an entry of the table: a statistic, or with parse all those that differ
// in a number which is part of their name.
type entry struct {
	name    string   // as -a names it, and as it is printed; with parse, as help lists it
	aliases []string // other names for -a
	needs   Needs
	of      func(Summary) exact.Value // nil with quantile

	// quantile returns the quantile num/den that a name means; nil: the statistic is none.
	// With parse, it returns false if the name is none of this entry's, and the statistic is
	// printed under the name that -a used.
	quantile func(name string) (num, den int64, ok bool)
	parse    bool

	kinds   Kind   // of sets that have the statistic; 0: all
	instead string // why the others do not have it, and what to use, after the name
}

// isOf reports whether sets of a kind have the statistic.
func (e *entry) isOf(k Kind) bool { return e.kinds == 0 || e.kinds&k != 0 }

// inOrder is why a window of time and a whole stream do not have a statistic in which readings
// have weights by the order in which they came: they, and what is merged, have no such order.
const inOrder = "depends on the order in which readings come, which windows of time, summaries and merged results do not: use mavg -a ewma --half-life"

// everyReading is why a whole stream does not have a statistic that needs a Series: its memory
// is bounded.
const everyReading = "needs every reading in order of time, and a summary of a whole stream keeps none: use winavg, for windows of time, or mavg"

// ofTime is why only a window of time has the time-weighted average: the last N readings have no
// ends in time, and a whole stream keeps no readings.
const ofTime = "counts each reading for the time until the next one, and needs a window of time with all its readings: use winavg -a twa"

// quantileNeeds is what quantiles need: they are limited to the extremes.
var quantileNeeds = Needs{Quantiles: true, MinMax: true}

// value returns d, or null if there is none.
func value(d exact.Dec, ok bool) exact.Value {
	if !ok {
		return exact.Value{}
	}
	return d.Value()
}

// rangeOf returns the largest reading minus the smallest, exactly.
func rangeOf(s Summary) exact.Value {
	least, _ := s.Min()
	most, ok := s.Max()
	return difference(most, least, ok)
}

// deltaOf returns the last reading minus the first, exactly: 0 if they are the same one.
func deltaOf(s Summary) exact.Value {
	first, _ := s.First()
	last, ok := s.Last()
	return difference(last, first, ok)
}

// difference returns a - b, or null if there are none.
func difference(a, b exact.Dec, ok bool) exact.Value {
	if !ok {
		return exact.Value{}
	}
	var d exact.Sum
	d.Add(a)
	d.Remove(b)
	return d.Value()
}

// maxDecimals is the largest number of decimals of N in pN.
const maxDecimals = 6

// percentile reads pN, with an N from 0 to 100 that has up to maxDecimals decimals. The
// quantile's numerator is N's digits without the point, so it is exact; the fraction
// is not reduced. The denominator is at most 10^8.
func percentile(name string) (num, den int64, ok bool) {
	digits, ok := strings.CutPrefix(name, "p")
	whole, decimals, hasPoint := strings.Cut(digits, ".")
	if !ok || whole == "" || len(whole) > 3 || len(decimals) > maxDecimals || hasPoint && decimals == "" {
		return 0, 0, false
	}
	n, err := strconv.ParseUint(whole+decimals, 10, 63)
	if err != nil {
		return 0, 0, false
	}
	num, den = int64(n), int64(100)
	for range decimals {
		den *= 10
	}
	return num, den, num <= den
}
