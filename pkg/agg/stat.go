package agg

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is the kind of a statistic.
type Kind uint8

// The kinds of statistics. The README has the same list.
const (
	Count    Kind = iota // number of readings
	Mean                 // arithmetic mean
	Min                  // smallest reading
	Max                  // largest reading
	Sum                  // sum of the readings
	SD                   // sample standard deviation
	Var                  // sample variance (n-1)
	Quantile             // median or percentile
	First                // reading with the smallest time
	Last                 // reading with the largest time
)

// Stat is a statistic. Two are equal if they are of one kind, fraction and name.
type Stat struct {
	Kind     Kind
	Num, Den int64  // of a quantile: the fraction Num/Den of the readings that lie below it
	Name     string // as printed
}

// Names lists the statistics that ParseStat understands, for help and messages.
// It leaves out the synonyms.
const Names = "count, mean, min, max, sum, sd, var, median, pN (p90, p99.9), first, last"

// table is the table of statistics: each by its name and by its synonyms.
// Percentiles are not in it: ParseStat reads their number.
var table = map[string]Stat{
	"count":  {Kind: Count, Name: "count"},
	"mean":   {Kind: Mean, Name: "mean"},
	"min":    {Kind: Min, Name: "min"},
	"max":    {Kind: Max, Name: "max"},
	"sum":    {Kind: Sum, Name: "sum"},
	"sd":     {Kind: SD, Name: "sd"},
	"var":    {Kind: Var, Name: "var"},
	"median": {Kind: Quantile, Num: 1, Den: 2, Name: "median"},
	"first":  {Kind: First, Name: "first"},
	"last":   {Kind: Last, Name: "last"},

	"average": {Kind: Mean, Name: "mean"},
	"avg":     {Kind: Mean, Name: "mean"},
	"minimum": {Kind: Min, Name: "min"},
	"maximum": {Kind: Max, Name: "max"},
	"stddev":  {Kind: SD, Name: "sd"},
}

// ParseStat returns the statistic that a name or a synonym stands for: pN is the
// percentile N, from p0 to p100 with up to six decimals. The error of an unknown
// name lists the known ones.
func ParseStat(s string) (Stat, error) {
	if st, ok := table[s]; ok {
		return st, nil
	}
	if p, ok := strings.CutPrefix(s, "p"); ok {
		if st, ok := percentile(p); ok {
			return st, nil
		}
	}
	return Stat{}, fmt.Errorf("unknown statistic %q: use one of %s", s, Names)
}

// percentile reads the N of pN: 0 to 100, with up to six decimals. Num is N's digits
// without the point, so Num/Den is exact; it is not reduced. Den is at most 10^8.
func percentile(s string) (Stat, bool) {
	whole, decimals, hasPoint := strings.Cut(s, ".")
	if whole == "" || len(whole) > 3 || len(decimals) > 6 || hasPoint && decimals == "" {
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

// Needs says what must be kept of a set to compute some statistics, beyond count
// and sum, which are always kept.
type Needs struct {
	Squares   bool // the sum of squares, for SD and Var
	MinMax    bool // the extremes, for Min, Max and Quantile, which is clamped to them
	FirstLast bool // the earliest and the latest reading
	Quantiles bool // a sketch
}

// NeedsOf returns what all of the statistics need.
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
