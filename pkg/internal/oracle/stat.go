package oracle

import (
	"cmp"
	"math"
	"math/big"
	"slices"
)

// Reading is a number and when it was read. Make one with [Read].
type Reading struct {
	Value  *big.Rat
	Time   int64 // in any unit, as it orders readings; for a rate without PerSecond, in seconds
	NoTime bool  // it is neither first nor last

	// PerSecond is how many units of Time a second has, 1 if it is 0.
	PerSecond int64

	float float64 // the float64 nearest to Value, which orders most numbers quickly
}

// Read returns the reading of value at time.
func Read(value *big.Rat, time int64) Reading {
	return Reading{Value: value, Time: time, float: Nearest(value)}
}

// Number returns the number that text spells. It panics if text spells none.
func Number(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("oracle: not a number: " + text)
	}
	return r
}

// Nearest returns the float64 nearest to r, an infinity if r is too large.
func Nearest(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}

// CompareValue orders readings by their values.
func CompareValue(a, b Reading) int {
	if a.float != b.float {
		return cmp.Compare(a.float, b.float)
	}
	return a.Value.Cmp(b.Value)
}

// compareTime orders readings by their times, those of one time by their values.
func compareTime(a, b Reading) int {
	if a.Time != b.Time {
		return cmp.Compare(a.Time, b.Time)
	}
	return CompareValue(a, b)
}

// Sorted returns the readings in ascending order.
func Sorted(set []Reading) []Reading {
	return slices.SortedFunc(slices.Values(set), CompareValue)
}

// Stat returns what weir prints for a statistic, named as in -a, of the
// readings, in any order; digits as for --digits, -1 without it.
//
// First and last are the values with the smallest and the largest time, of
// several at one time the smallest and the largest; delta is their difference. A mean, a deviation or an
// extreme that the set is too small for is null; sum and count are then 0. Quantiles are
// exact.
func Stat(name string, set []Reading, digits int) string {
	return StatOf(name, set, digits, AllBits)
}

// StatOf is Stat for a set of which that many bits are kept for quantiles.
func StatOf(name string, set []Reading, digits, bits int) string {
	switch name {
	case "count":
		return Exact(big.NewRat(int64(len(set)), 1), digits)
	case "sum":
		return Exact(Sum(set), digits)
	case "first", "last", "delta":
		set = slices.DeleteFunc(slices.Clone(set), func(r Reading) bool { return r.NoTime })
	}
	if len(set) == 0 {
		return "null"
	}
	switch name {
	case "mean":
		return Float(Mean(set), digits)
	case "min":
		return Exact(slices.MinFunc(set, CompareValue).Value, digits)
	case "max":
		return Exact(slices.MaxFunc(set, CompareValue).Value, digits)
	case "first":
		return Exact(slices.MinFunc(set, compareTime).Value, digits)
	case "last":
		return Exact(slices.MaxFunc(set, compareTime).Value, digits)
	case "delta":
		first, last := slices.MinFunc(set, compareTime).Value, slices.MaxFunc(set, compareTime).Value
		return Exact(new(big.Rat).Sub(last, first), digits)
	case "rate":
		return rate(slices.SortedFunc(slices.Values(set), compareTime), digits)
	case "var", "sd":
		if len(set) < 2 {
			return "null"
		}
		if name == "sd" {
			return Root(Variance(set), digits)
		}
		return Float(Variance(set), digits)
	case "mad":
		return Float(MAD(Sorted(set), bits), digits)
	case "median":
		name = "p50"
	}
	p := Number(name[1:])
	return Float(Quantile(Sorted(set), p.Quo(p, big.NewRat(100, 1)), bits), digits)
}

// rate returns the increase of a counter per second, of readings in order: the sum of all steps
// from one to the next, where a step down is one up from 0. It is null of one reading, if the
// first or the last one has no time, or if the time between them is not more than 0.
func rate(ordered []Reading, digits int) string {
	first, last := ordered[0], ordered[len(ordered)-1]
	if first.NoTime || last.NoTime || last.Time <= first.Time {
		return "null"
	}
	increase := new(big.Rat)
	for i, r := range ordered[1:] {
		before := ordered[i].Value
		if r.Value.Cmp(before) < 0 {
			before = new(big.Rat)
		}
		increase.Add(increase, new(big.Rat).Sub(r.Value, before))
	}
	seconds := big.NewRat(last.Time-first.Time, max(1, first.PerSecond))
	return Float(increase.Quo(increase, seconds), digits)
}

// Sum returns the sum, 0 of no readings.
func Sum(set []Reading) *big.Rat {
	sum := new(big.Rat)
	for _, r := range set {
		sum.Add(sum, r.Value)
	}
	return sum
}

// Mean returns the mean of at least one reading.
func Mean(set []Reading) *big.Rat {
	return new(big.Rat).Quo(Sum(set), big.NewRat(int64(len(set)), 1))
}

// Variance returns the sample's variance (n-1) of at least two readings.
func Variance(set []Reading) *big.Rat {
	mean, squares := Mean(set), new(big.Rat)
	for _, r := range set {
		d := new(big.Rat).Sub(r.Value, mean)
		squares.Add(squares, d.Mul(d, d))
	}
	return squares.Quo(squares, big.NewRat(int64(len(set)-1), 1))
}

// AllBits is the number of bits that [Bits] returns for a set whose quantiles are exact.
const AllBits = 53

// Bits returns how many bits of the mantissa are kept of the readings, in ascending
// order, for quantiles: AllBits while they are at most 4,096 different numbers, else the
// largest number from 52 down to 7 with which at most 4,096 different steps remain of
// their float64s, or 7.
func Bits(sorted []Reading) int {
	bits := AllBits
	different := 0
	for i := range sorted {
		if i == 0 || CompareValue(sorted[i-1], sorted[i]) != 0 {
			different++
		}
	}
	for different > 4096 && bits > 7 {
		bits--
		different = 0
		for i := range sorted {
			if i == 0 || Middle(sorted[i-1].float, bits) != Middle(sorted[i].float, bits) {
				different++
			}
		}
	}
	return bits
}

// Quantile returns the quantile p, 0 to 1, of at least one reading in ascending order. It
// interpolates linearly between the two neighbours (NumPy's default). If fewer than AllBits
// bits are kept, each neighbour counts as the middle of its step, and the result is
// limited to the extremes.
func Quantile(sorted []Reading, p *big.Rat, bits int) *big.Rat {
	k, share := Rank(len(sorted), p)
	low, high := sorted[k], sorted[min(k+1, len(sorted)-1)]
	if bits == AllBits {
		return Between(low.Value, high.Value, share)
	}
	a, b := new(big.Rat).SetFloat64(Middle(low.float, bits)), new(big.Rat).SetFloat64(Middle(high.float, bits))
	v := Between(a, b, share)
	least, most := sorted[0].Value, sorted[len(sorted)-1].Value
	switch {
	case v.Cmp(least) < 0:
		return least
	case v.Cmp(most) > 0:
		return most
	}
	return v
}

// MAD returns the median of the distances of at least one reading, in ascending order, from
// their median. If fewer than AllBits bits are kept, each counts as the middle of its step,
// limited to the extremes.
func MAD(sorted []Reading, bits int) *big.Rat {
	median := Quantile(sorted, big.NewRat(1, 2), bits)
	var distances []Reading
	for _, r := range sorted {
		x := r.Value
		if bits < AllBits {
			x = new(big.Rat).SetFloat64(Middle(r.float, bits))
			if x.Cmp(sorted[0].Value) < 0 {
				x = sorted[0].Value
			}
			if x.Cmp(sorted[len(sorted)-1].Value) > 0 {
				x = sorted[len(sorted)-1].Value
			}
		}
		d := new(big.Rat).Sub(x, median)
		distances = append(distances, Read(d.Abs(d), 0))
	}
	return Quantile(Sorted(distances), big.NewRat(1, 2), AllBits)
}

// Rank returns where the quantile p of n readings lies: after reading k, by
// share of the distance to the next one.
func Rank(n int, p *big.Rat) (k int, share *big.Rat) {
	h := new(big.Rat).Mul(p, big.NewRat(int64(n-1), 1))
	whole := new(big.Int).Quo(h.Num(), h.Denom())
	return int(whole.Int64()), h.Sub(h, new(big.Rat).SetInt(whole))
}

// Between returns a + (b-a)·share.
func Between(a, b, share *big.Rat) *big.Rat {
	d := new(big.Rat).Sub(b, a)
	return d.Add(a, d.Mul(d, share))
}

// Width returns how wide the step of f is, of the numbers that have its sign, its exponent
// and the first bits of its mantissa. With f = m·2^e and m in [1, 2), it is 2^(e-bits);
// below the smallest normal number, all steps are as wide as the last normal ones. It is 0
// if f is alone in its step, as 0 always is.
func Width(f float64, bits int) float64 {
	if f == 0 || bits >= 52 {
		return 0
	}
	_, e := math.Frexp(f)
	return math.Ldexp(1, max(e-1, -1022)-bits)
}

// Middle returns the middle of the step of f, away from zero.
func Middle(f float64, bits int) float64 {
	width := Width(f, bits)
	if width == 0 {
		return f
	}
	return math.Copysign((math.Floor(math.Abs(f)/width)+0.5)*width, f)
}
