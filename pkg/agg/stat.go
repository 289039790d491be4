package agg

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is what a statistic measures.
type Kind uint8

// The statistics, as the README has them.
const (
	Count Kind = iota
	Mean
	Min
	Max
	Sum
	SD
	Var
	Quantile
	First
	Last
)

// Stat is a statistic that somebody asked for.
type Stat struct {
	Kind     Kind
	Num, Den int64  // of a quantile: the share of readings below it
	Name     string // as it stands in output
}

// Names are the statistics that ParseStats knows, for help.
const Names = "count, mean, min, max, sum, sd, var, median, pN (p90, p99.9), first, last"

var kinds = map[string]Stat{
	"count": {Count, 0, 0, "count"}, "mean": {Mean, 0, 0, "mean"}, "average": {Mean, 0, 0, "mean"}, "avg": {Mean, 0, 0, "mean"},
	"min": {Min, 0, 0, "min"}, "minimum": {Min, 0, 0, "min"}, "max": {Max, 0, 0, "max"}, "maximum": {Max, 0, 0, "max"},
	"sum": {Sum, 0, 0, "sum"}, "sd": {SD, 0, 0, "sd"}, "stddev": {SD, 0, 0, "sd"}, "var": {Var, 0, 0, "var"},
	"median": {Quantile, 1, 2, "median"}, "first": {First, 0, 0, "first"}, "last": {Last, 0, 0, "last"},
}

// ParseStat reads the name of one statistic.
func ParseStat(s string) (Stat, error) {
	if st, ok := kinds[s]; ok {
		return st, nil
	}
	if p, ok := strings.CutPrefix(s, "p"); ok {
		if st, ok := percentile(p); ok {
			return st, nil
		}
	}
	return Stat{}, fmt.Errorf("no statistic is called %q: there are %s", s, Names)
}

// percentile reads N of pN: 0 to 100, with up to six decimals.
func percentile(s string) (Stat, bool) {
	whole, decimals, dotted := strings.Cut(s, ".")
	if whole == "" || len(whole) > 3 || len(decimals) > 6 || dotted && decimals == "" {
		return Stat{}, false
	}
	num, err := strconv.ParseUint(whole+decimals, 10, 63)
	if err != nil {
		return Stat{}, false
	}
	den := int64(100)
	for range decimals {
		den *= 10
	}
	if int64(num) > den {
		return Stat{}, false
	}
	return Stat{Quantile, int64(num), den, "p" + s}, true
}

// Need is what must be kept for some statistics.
type Needs struct {
	Squares   bool
	MinMax    bool
	FirstLast bool
	Quantiles bool // of quantiles, which need the extremes too
}

// Needs is what must be kept to answer all of stats.
func NeedsOf(stats []Stat) (n Needs) {
	for _, s := range stats {
		switch s.Kind {
		case SD, Var:
			n.Squares = true
		case Min, Max:
			n.MinMax = true
		case Quantile:
			n.MinMax, n.Quantiles = true, true
		case First, Last:
			n.FirstLast = true
		}
	}
	return n
}
