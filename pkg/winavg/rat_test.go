package winavg_test

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strings"
)

// reading is a number of a field and when it was read, in nanoseconds.
type reading struct {
	at int64
	v  *big.Rat
}

// figure prints a statistic of the readings, in arithmetic without limits.
func figure(stat string, set []reading) string {
	n := int64(len(set))
	switch stat {
	case "count":
		return plain(big.NewRat(n, 1))
	case "sum":
		return plain(total(set))
	}
	if n == 0 {
		return "null"
	}
	byValue := func(a, b reading) int { return a.v.Cmp(b.v) }
	byTime := func(a, b reading) int {
		if a.at != b.at {
			return map[bool]int{true: -1, false: 1}[a.at < b.at]
		}
		return byValue(a, b)
	}
	switch stat {
	case "mean":
		return float(mean(set))
	case "min":
		return plain(slices.MinFunc(set, byValue).v)
	case "max":
		return plain(slices.MaxFunc(set, byValue).v)
	case "first":
		return plain(slices.MinFunc(set, byTime).v)
	case "last":
		return plain(slices.MaxFunc(set, byTime).v)
	case "sd", "var":
		return spread(stat, set, mean(set))
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

func spread(stat string, set []reading, mean *big.Rat) string {
	if len(set) < 2 {
		return "null"
	}
	squares := new(big.Rat)
	for _, r := range set {
		d := new(big.Rat).Sub(r.v, mean)
		squares.Add(squares, d.Mul(d, d))
	}
	squares.Quo(squares, big.NewRat(int64(len(set)-1), 1))
	if stat == "var" {
		return float(squares)
	}
	root := new(big.Float).SetPrec(4000).SetRat(squares)
	f, _ := root.Sqrt(root).Float64()
	return floatText(f)
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
