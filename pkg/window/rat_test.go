package window

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"weir/pkg/agg"
	"weir/pkg/exact"
)

// reading is a number as the window gets it and as the oracle does.
type reading struct {
	at int64 // when it was read
	d  exact.Dec
	r  *big.Rat
	f  float64 // nearest to r
}

func read(at int64, text string) reading {
	d, err := exact.Parse([]byte(text))
	r, ok := new(big.Rat).SetString(text)
	if err != nil || !ok {
		panic("not a number: " + text)
	}
	f, _ := r.Float64()
	return reading{at, d, r, f}
}

func byValue(a, b reading) int {
	if a.f != b.f {
		return map[bool]int{true: -1, false: 1}[a.f < b.f]
	}
	return a.r.Cmp(b.r)
}

func byTime(a, b reading) int {
	if a.at != b.at {
		return map[bool]int{true: -1, false: 1}[a.at < b.at]
	}
	return byValue(a, b)
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
	switch stat {
	case "mean":
		return float(mean(set))
	case "min":
		return plain(slices.MinFunc(set, byValue).r)
	case "max":
		return plain(slices.MaxFunc(set, byValue).r)
	case "first":
		return plain(slices.MinFunc(set, byTime).r)
	case "last":
		return plain(slices.MaxFunc(set, byTime).r)
	case "sd", "var":
		return spread(stat, set, mean(set))
	case "median":
		stat = "p50"
	}
	return quantile(stat, slices.SortedFunc(slices.Values(set), byValue))
}

func total(set []reading) *big.Rat {
	sum := new(big.Rat)
	for _, r := range set {
		sum.Add(sum, r.r)
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
		d := new(big.Rat).Sub(r.r, mean)
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

// quantile is that of an ascending set: of its readings up to 4,096, of the
// middles of their bins beyond.
func quantile(stat string, set []reading) string {
	n := int64(len(set))
	h, _ := new(big.Rat).SetString(stat[1:])
	h.Mul(h, big.NewRat(n-1, 100))
	k := new(big.Int).Quo(h.Num(), h.Denom()).Int64()
	low, high := set[k].r, set[min(k+1, n-1)].r
	if n > 4096 {
		low, high = middle(set[k].f), middle(set[min(k+1, n-1)].f)
	}
	v := new(big.Rat).Sub(high, low)
	v.Mul(v, h.Sub(h, big.NewRat(k, 1)))
	v.Add(v, low)
	if least := set[0].r; v.Cmp(least) < 0 {
		v = least
	}
	if most := set[n-1].r; v.Cmp(most) > 0 {
		v = most
	}
	return float(v)
}

// middle is the middle of the bin of f: of what shares its sign, its exponent
// and the top 7 bits of its mantissa.
func middle(f float64) *big.Rat {
	if f == 0 {
		return new(big.Rat)
	}
	low := math.Float64frombits(math.Float64bits(f) &^ (1<<45 - 1))
	_, e := math.Frexp(low)
	half := math.Copysign(math.Ldexp(1, max(e, -1021)-9), f)
	return new(big.Rat).SetFloat64(low + half)
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

var every = []string{"count", "mean", "min", "max", "sum", "sd", "var", "median", "p0", "p100", "p90", "p99.9", "first", "last"}

func stats(t testing.TB, names []string) []agg.Stat {
	t.Helper()
	var list []agg.Stat
	for _, name := range names {
		s, err := agg.ParseStat(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

// compare holds every statistic against the oracle's.
func compare(t interface{ Fatalf(string, ...any) }, list []agg.Stat, stat func(agg.Stat) exact.Value, set []reading) {
	for _, s := range list {
		if got, want := string(stat(s).Append(nil, -1)), figure(s.Name, set); got != want {
			t.Fatalf("%s of %d readings is %s, want %s", s.Name, len(set), got, want)
		}
	}
}

// texts are numbers among which a spike must leave no trace.
var texts = []string{"1", "2", "2.0", "0.1", "0.2", "0.3", "-0", "0", "-7.25", "1e12", "1000000000000.1", "1e300", "-1e300", "1e-300", "123456789012345678901234567890"}
