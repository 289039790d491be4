package exact

import (
	"math"
	"math/big"
	"math/bits"
)

// Value is a result that has not been rounded: null, an exact decimal, a
// rational number or the square root of one. It is immutable and independent
// of the Sum it was read off; the zero value is null.
//
// It has 32 bytes because the compiler keeps in registers what is no larger. In
// memory it would be written by the word and read by two of them, for which the
// processor waits longer than an addition and a division take together.
type Value struct {
	big  *fraction // what does not fit below, else nil
	num  int128    // the number is num / (den × 10^scale), or its root
	form form
}

// form is den<<8 | scale<<2 | kind; den is not 0, unless the value is null.
type form uint64

const maxDen = 1<<56 - 1

func (f form) den() uint64  { return uint64(f >> 8) }
func (f form) scale() uint8 { return uint8(f>>2) & 63 }
func (f form) kind() kind   { return kind(f & 3) }

// newForm is for a den of at most maxDen and a scale of at most 63.
func newForm(k kind, den uint64, scale uint8) form {
	return form(den<<8) | form(scale)<<2 | form(k)
}

type kind uint8

const (
	null  kind = iota
	plain      // prints exactly: counts, sums, extremes
	ratio      // prints as a float64: means, variances, quantiles
	root       // the square root of what is held, which is not negative
)

// fraction is a rational number, immutable; den is positive.
type fraction struct {
	num bigDec
	den *big.Int
}

// fractional returns num / den, den > 0, which prints as a float64.
func fractional(num bigDec, den *big.Int) Value {
	return Value{big: &fraction{num, den}, form: newForm(ratio, 1, 0)}
}

// whole returns w, which prints exactly.
func whole(w bigDec) Value {
	return Value{big: &fraction{w, big.NewInt(1)}, form: newForm(plain, 1, 0)}
}

// Null returns the value of nothing.
func Null() Value { return Value{} }

// Count returns n as a value that prints exactly.
func Count(n int64) Value { return Value{num: fromInt(n), form: newForm(plain, 1, 0)} }

// Lerp returns a + (b-a) × num/den, which prints as a float64; null unless den > 0.
func Lerp(a, b Dec, num, den int64) Value {
	if den <= 0 {
		return Value{}
	}
	if a.big == nil && b.big == nil && 0 <= num && num <= den && den <= maxDen {
		scale := max(a.scale, b.scale)
		x, ok1 := a.at(scale)
		y, ok2 := b.at(scale)
		x, ok3 := x.mul(uint64(den - num))
		y, ok4 := y.mul(uint64(num))
		sum, ok5 := x.add(y)
		if ok1 && ok2 && ok3 && ok4 && ok5 {
			return Value{num: sum, form: newForm(ratio, uint64(den), scale)}
		}
	}
	x, y := a.toBig(), b.toBig()
	n, d := big.NewInt(num), big.NewInt(den)
	y.c = new(big.Int).Mul(y.c, n)
	x.c = new(big.Int).Mul(x.c, n.Sub(d, n))
	return fractional(x.add(y, false), d)
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
func (v Value) IsNull() bool { return v.form == 0 }

// big returns v, or the square of v if it is a root, as num / den, den > 0.
func (v Value) toBig() (num, den *big.Int) {
	scale := int(v.form.scale())
	if v.big != nil {
		num, den, scale = v.big.num.c, v.big.den, v.big.num.scale
	} else {
		num, den = v.num.big(), new(big.Int).SetUint64(v.form.den())
	}
	if scale < 0 {
		return new(big.Int).Mul(num, power(10, -scale)), den
	}
	return num, new(big.Int).Mul(den, power(10, scale))
}

// Sign returns -1, 0 or 1; 0 for null.
func (v Value) Sign() int {
	switch {
	case v.big != nil:
		return v.big.num.c.Sign()
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
	case v.IsNull() || o.IsNull():
		return min(int(v.form.kind()), 1) - min(int(o.form.kind()), 1)
	case v.Sign() != o.Sign():
		return min(max(v.Sign()-o.Sign(), -1), 1)
	}
	root, other := v.form.kind() == root, o.form.kind() == root
	if v.big == nil && o.big == nil && v.form>>2 == o.form>>2 && root == other {
		return v.num.cmp(o.num)
	}
	a, b := v.toBig()
	c, d := o.toBig()
	if root != other {
		// Signs agree and roots are not negative, so squares compare as the numbers do.
		if other {
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
	if v.IsNull() {
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
	if v.small() {
		hi, lo := v.num.abs()
		if v.form.kind() == root {
			return rootFloat(hi, lo, v.form.den(), v.form.scale())
		}
		f = quotientFloat(hi, lo, v.form.den(), v.form.scale())
	} else {
		num, den := v.toBig()
		if v.form.kind() == root {
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
func (v Value) small() bool {
	scale := int(v.form.scale())
	if v.big != nil || scale >= len(pow5) {
		return false
	}
	hi, _ := bits.Mul64(v.form.den(), pow5[scale])
	return hi == 0
}
