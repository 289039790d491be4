package stats_test

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Arithmetic without limits, for the oracle.

// reading is a number of a field, when it was read, and where.
type reading struct {
	v     *big.Rat
	at    time.Time
	when  string // as it came; "" is no time
	file  string
	line  int64
	seq   int
	field int // its place in the record
}

func byValue(a, b reading) int { return a.v.Cmp(b.v) }

func byTime(a, b reading) int {
	if c := a.at.Compare(b.at); c != 0 {
		return c
	}
	return byValue(a, b)
}

// figure prints a statistic of at least one reading.
func figure(stat string, set []reading) string {
	n := int64(len(set))
	switch stat {
	case "count":
		return plain(big.NewRat(n, 1))
	case "sum":
		return plain(total(set))
	case "mean":
		return float(mean(set))
	case "min":
		return plain(slices.MinFunc(set, byValue).v)
	case "max":
		return plain(slices.MaxFunc(set, byValue).v)
	case "first", "last":
		set = timed(set)
		switch {
		case len(set) == 0:
			return "null"
		case stat == "first":
			return plain(slices.MinFunc(set, byTime).v)
		}
		return plain(slices.MaxFunc(set, byTime).v)
	case "sd", "var":
		if n < 2 {
			return "null"
		}
		v := variance(set)
		if stat == "var" {
			return float(v)
		}
		root := new(big.Float).SetPrec(8000).SetRat(v)
		f, _ := root.Sqrt(root).Float64()
		return floatText(f)
	case "median":
		stat = "p50"
	}
	h, _ := new(big.Rat).SetString(stat[1:])
	h.Mul(h, big.NewRat(n-1, 100))
	k := new(big.Int).Quo(h.Num(), h.Denom())
	set = slices.SortedFunc(slices.Values(set), byValue)
	low, high := set[k.Int64()].v, set[min(k.Int64()+1, n-1)].v
	part := new(big.Rat).Sub(high, low)
	part.Mul(part, h.Sub(h, new(big.Rat).SetInt(k)))
	return float(part.Add(part, low))
}

func timed(set []reading) []reading {
	return slices.DeleteFunc(slices.Clone(set), func(r reading) bool { return r.when == "" })
}

func total(set []reading) *big.Rat {
	sum := new(big.Rat)
	for _, r := range set {
		sum.Add(sum, r.v)
	}
	return sum
}

func mean(set []reading) *big.Rat {
	return new(big.Rat).Quo(total(set), big.NewRat(int64(len(set)), 1))
}

// variance is that of at least two readings.
func variance(set []reading) *big.Rat {
	m, squares := mean(set), new(big.Rat)
	for _, r := range set {
		d := new(big.Rat).Sub(r.v, m)
		squares.Add(squares, d.Mul(d, d))
	}
	return squares.Quo(squares, big.NewRat(int64(len(set)-1), 1))
}

// standsOut is "differs from the mean by more than 20 % of its magnitude", or
// by more than so many standard deviations.
func standsOut(deviation string, off *big.Rat, set []reading) bool {
	off = new(big.Rat).Abs(off)
	if share, ok := strings.CutSuffix(deviation, "%"); ok {
		limit, _ := new(big.Rat).SetString(share)
		limit.Mul(limit, new(big.Rat).Abs(mean(set)))
		return off.Cmp(limit.Quo(limit, big.NewRat(100, 1))) > 0
	}
	if len(set) < 2 {
		return false
	}
	k, _ := new(big.Rat).SetString(strings.TrimSuffix(deviation, "sd"))
	limit := new(big.Rat).Mul(k, k)
	limit.Mul(limit, variance(set))
	return off.Mul(off, off).Cmp(limit) > 0
}

// plain is how counts, sums and extremes print.
func plain(r *big.Rat) string {
	decimals, exact := r.FloatPrec()
	text := r.FloatString(decimals)
	digits := len(strings.TrimLeft(strings.Trim(strings.Replace(text, ".", "", 1), "-"), "0"))
	if exact && max(digits, decimals) <= 40 {
		return text
	}
	return float(r)
}

// float is how everything else prints.
func float(r *big.Rat) string {
	f, _ := r.Float64()
	return floatText(f)
}

func floatText(f float64) string {
	if math.IsInf(f, 0) {
		return "null"
	}
	text, _ := json.Marshal(f + 0) // + 0: never -0
	return string(text)
}
