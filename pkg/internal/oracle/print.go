package oracle

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
)

// mostDigits is how many digits a number may have to be printed as a decimal.
const mostDigits = 40

// Exact returns how weir prints counts, sums, extremes and readings: as a plain
// decimal of up to 40 digits, else as the nearest float64. With digits ≥ 0 the
// number is rounded first. Requires that r is a decimal fraction.
func Exact(r *big.Rat, digits int) string {
	if digits >= 0 {
		r = Round(r, digits)
	}
	decimals, exact := r.FloatPrec()
	text := r.FloatString(decimals)
	n := len(strings.TrimLeft(strings.Trim(strings.Replace(text, ".", "", 1), "-"), "0"))
	if exact && max(n, decimals) <= mostDigits {
		return text
	}
	return FloatText(Nearest(r))
}

// Float returns how weir prints means, variances, quantiles and deviations: as
// the nearest float64, or with digits ≥ 0 as the rounded decimal.
func Float(r *big.Rat, digits int) string {
	if digits >= 0 {
		return Exact(r, digits)
	}
	return FloatText(Nearest(r))
}

// Root returns how weir prints the square root of v: as Float would the root.
func Root(v *big.Rat, digits int) string {
	if digits < 0 {
		return FloatText(NearestRoot(v))
	}
	// c is the root in units of the last digit, rounded down.
	scale := power(digits)
	v = new(big.Rat).Mul(v, new(big.Rat).SetInt(new(big.Int).Mul(scale, scale)))
	c := new(big.Int).Sqrt(new(big.Int).Quo(v.Num(), v.Denom()))
	half := new(big.Rat).SetInt(c)
	half.Add(half, big.NewRat(1, 2))
	return Exact(new(big.Rat).SetFrac(halfEven(c, v.Cmp(half.Mul(half, half))), scale), -1)
}

// NearestRoot returns the float64 nearest to the root of v, an infinity if the
// root is too large. It compares v with the squares of the points halfway to the
// neighbours of an approximation.
func NearestRoot(v *big.Rat) float64 {
	f, _ := new(big.Float).Sqrt(new(big.Float).SetPrec(200).SetRat(v)).Float64()
	isOdd := math.Float64bits(f)&1 == 1
	up, down := math.Nextafter(f, math.Inf(1)), math.Nextafter(f, 0)
	switch {
	case !math.IsInf(f, 1) && above(v, f, up, isOdd):
		return up
	case f > 0 && above(v, down, f, !isOdd):
		return f
	}
	return down
}

// above reports whether the root of v rounds to b and not to its lower neighbour
// a; a root halfway does if tie is set.
func above(v *big.Rat, a, b float64, tie bool) bool {
	half := new(big.Rat).Add(orPowerOfTwo(a), orPowerOfTwo(b))
	half.Quo(half, big.NewRat(2, 1))
	c := v.Cmp(half.Mul(half, half))
	return c > 0 || c == 0 && tie
}

// orPowerOfTwo returns f; for an infinity the power of two that rounding takes
// in its place.
func orPowerOfTwo(f float64) *big.Rat {
	if math.IsInf(f, 0) {
		return new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 1024))
	}
	return new(big.Rat).SetFloat64(f)
}

// Round returns r with that many decimals, half to even.
func Round(r *big.Rat, decimals int) *big.Rat {
	scale := power(decimals)
	units := new(big.Rat).Mul(r, new(big.Rat).SetInt(scale))
	c, rest := new(big.Int).DivMod(units.Num(), units.Denom(), new(big.Int))
	return new(big.Rat).SetFrac(halfEven(c, rest.Lsh(rest, 1).Cmp(units.Denom())), scale)
}

// halfEven rounds c up if what was left of it is more than a half (half > 0), or
// a half (half == 0) and c is odd.
func halfEven(c *big.Int, half int) *big.Int {
	switch {
	case half > 0:
		return c.Add(c, big.NewInt(1))
	case half == 0:
		return c.Add(c, big.NewInt(int64(c.Bit(0))))
	}
	return c
}

func power(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// FloatText returns f as encoding/json prints it, 0 for -0, null for infinities.
func FloatText(f float64) string {
	if math.IsInf(f, 0) {
		return "null"
	}
	text, err := json.Marshal(f + 0) // -0 + 0 is 0
	if err != nil {
		panic(err)
	}
	return string(text)
}
