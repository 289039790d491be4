package exact

import (
	"math"
	"math/big"
	"math/bits"
)

// Value is a result that has not been rounded: null, an exact decimal, a
// rational number or the square root of one. It is immutable and independent
// of the Sum it was read off; the zero value is null. 40 bytes.
type Value struct {
	far   *fraction // what does not fit below, else nil
	num   int128    // the number is num / (den × 10^scale), or its root
	den   uint64    // not 0, unless null
	kind  kind
	scale uint8
}

type kind uint8

const (
	null   kind = iota
	plain       // prints exactly: counts, sums, extremes
	ratio       // prints as a float64: means, variances, quantiles
	rooted      // the square root of what is held, which is not negative
)

// fraction is a rational number, immutable; den is positive.
type fraction struct {
	num wide
	den *big.Int
}

// Null returns the value of nothing.
func Null() Value { return Value{} }

// Count returns n as a value that prints exactly.
func Count(n int64) Value { return Value{kind: plain, num: fromInt(n), den: 1} }

// Lerp returns a + (b-a) × num/den, which prints as a float64; null unless den > 0.
func Lerp(a, b Dec, num, den int64) Value {
	if den <= 0 {
		return Value{}
	}
	if a.far == nil && b.far == nil && 0 <= num && num <= den {
		scale := max(a.scale, b.scale)
		x, ok1 := a.at(scale)
		y, ok2 := b.at(scale)
		x, ok3 := x.mul(uint64(den - num))
		y, ok4 := y.mul(uint64(num))
		sum, ok5 := x.add(y)
		if ok1 && ok2 && ok3 && ok4 && ok5 {
			return Value{kind: ratio, num: sum, den: uint64(den), scale: scale}
		}
	}
	x, y := a.wide(), b.wide()
	n, d := big.NewInt(num), big.NewInt(den)
	y.c = new(big.Int).Mul(y.c, n)
	x.c = new(big.Int).Mul(x.c, n.Sub(d, n))
	return Value{kind: ratio, far: &fraction{x.add(y, false), d}}
}

// at returns a small d in units of 10^-scale, and whether it fits; scale must
// not be less than d's.
func (d Dec) at(scale uint8) (int128, bool) {
	x := int128{0, d.c}
	if d.neg {
		x = x.negated()
	}
	return x.up(int(scale - d.scale))
}

// IsNull says whether there is no value.
func (v Value) IsNull() bool { return v.kind == null }

// big returns v, or the square of v if it is a root, as num / den, den > 0.
func (v Value) big() (num, den *big.Int) {
	scale := int(v.scale)
	if v.far != nil {
		num, den, scale = v.far.num.c, v.far.den, v.far.num.scale
	} else {
		num, den = v.num.big(), new(big.Int).SetUint64(v.den)
	}
	if scale < 0 {
		return new(big.Int).Mul(num, power(10, -scale)), den
	}
	return num, new(big.Int).Mul(den, power(10, scale))
}

// Sign returns -1, 0 or 1; 0 for null.
func (v Value) Sign() int {
	switch {
	case v.far != nil:
		return v.far.num.c.Sign()
	case v.num.isZero():
		return 0
	case v.num.neg():
		return -1
	}
	return 1
}

// Cmp returns -1 if v < o, 0 if they are equal and 1 if v > o, all exactly.
// Null comes before every number.
func (v Value) Cmp(o Value) int {
	switch {
	case v.kind == null || o.kind == null:
		return min(int(v.kind), 1) - min(int(o.kind), 1)
	case v.Sign() != o.Sign():
		return min(max(v.Sign()-o.Sign(), -1), 1)
	}
	roots := v.kind == rooted || o.kind == rooted
	if v.far == nil && o.far == nil && v.den == o.den && v.scale == o.scale && (v.kind == o.kind || !roots) {
		return v.num.cmp(o.num)
	}
	a, b := v.big()
	c, d := o.big()
	if v.kind != o.kind && roots {
		// Signs agree and roots are not negative, so squares compare as the numbers do.
		if v.kind != rooted {
			a, b = new(big.Int).Mul(a, a), new(big.Int).Mul(b, b)
		} else {
			c, d = new(big.Int).Mul(c, c), new(big.Int).Mul(d, d)
		}
	}
	return new(big.Int).Mul(a, d).Cmp(new(big.Int).Mul(c, b))
}

// Float returns the nearest float64, half to even, and never -0; false if v is
// null or the nearest float64 would be an infinity.
func (v Value) Float() (float64, bool) {
	if v.kind == null {
		return 0, false
	}
	f := v.float()
	if math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// float is Float, with infinities and with 0 for null.
func (v Value) float() float64 {
	if v.Sign() == 0 {
		return 0
	}
	var f float64
	if v.near() {
		hi, lo := v.num.abs()
		if v.kind == rooted {
			return root(hi, lo, v.den, v.scale)
		}
		f = quotient(hi, lo, v.den, v.scale)
	} else {
		num, den := v.big()
		if v.kind == rooted {
			return rootBig(num, den)
		}
		f = quotientBig(new(big.Int).Abs(num), den)
	}
	if v.Sign() < 0 {
		return 0 - f // not -f, which has a -0
	}
	return f
}

// near says whether v may be rounded in 128 bits.
func (v Value) near() bool {
	if v.far != nil || int(v.scale) >= len(pow5) {
		return false
	}
	hi, _ := bits.Mul64(v.den, pow5[v.scale])
	return hi == 0
}
