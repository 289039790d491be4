package exact

import (
	"math"
	"math/big"
	"math/bits"
)

// Value is a result that has not been rounded: null, a decimal, a quotient or
// the square root of one. It is immutable and independent of the Sum that it
// came from. The zero value is null.
//
// Invariants:
//
//   - The number, or its square if the kind is root, is num / (den × 10^scale)
//     if big is nil, and *big otherwise; of form, only the kind counts then.
//   - The square of a root is not negative.
//   - form is 0 if and only if the value is null.
//   - The quotient is not in lowest terms; equal numbers may have different
//     forms, so Cmp must be used, not ==.
//
// Why 32 bytes: the compiler keeps structs of up to four words in registers. A
// larger one is written to memory word by word and read back in pairs of words,
// which cannot be forwarded from the store buffer; that stall costs more than
// an addition and a division together.
type Value struct {
	big  *fraction // the number if it does not fit num, else nil
	num  int128
	form form
}

// form is the rest of a small number and its kind in one word:
//
//	bits 8 to 63  den, from 1 to maxDen
//	bits 2 to 7   scale, from 0 to 63 (used: 0 to 48)
//	bits 0 to 1   kind
type form uint64

// maxDen is the largest denominator of a form: the largest count of readings
// whose mean is computed without math/big.
const maxDen = 1<<56 - 1

func (f form) den() uint64  { return uint64(f >> 8) }
func (f form) scale() uint8 { return uint8(f>>2) & 63 }
func (f form) kind() kind   { return kind(f & 3) }

// newForm requires den <= maxDen and scale <= 63.
func newForm(k kind, den uint64, scale uint8) form {
	return form(den<<8) | form(scale)<<2 | form(k)
}

// kind says how a Value prints.
type kind uint8

const (
	null  kind = iota
	plain      // exactly: counts, sums, extremes
	ratio      // as the nearest float64: means, variances, quantiles
	root       // as the float64 nearest to the square root of what is stored
)

// fraction is the quotient num / den, immutable, with den > 0. It need not be
// in lowest terms.
type fraction struct {
	num bigDec
	den *big.Int
}

// ratioValue returns num / den, which prints as a float64. Requires den > 0.
func ratioValue(num bigDec, den *big.Int) Value {
	return Value{big: &fraction{num, den}, form: newForm(ratio, 1, 0)}
}

// exactValue returns w, which prints exactly.
func exactValue(w bigDec) Value {
	return Value{big: &fraction{w, big.NewInt(1)}, form: newForm(plain, 1, 0)}
}

// Null returns the value that prints as null.
func Null() Value { return Value{} }

// Count returns the integer n, which prints exactly.
func Count(n int64) Value { return Value{num: fromInt(n), form: newForm(plain, 1, 0)} }

// Float returns f, which prints as a float64 does; it is null for NaN and infinities.
func Float(f float64) Value {
	d, ok := FromFloat(f)
	if !ok {
		return Value{}
	}
	return Lerp(d, d, 0, 1)
}

// Lerp interpolates linearly: it returns a + (b-a) × num/den, which prints as a
// float64. It is null unless den > 0.
//
// The small path computes (a × (den-num) + b × num) / den, whose terms have
// the signs of a and b, in 128 bits.
func Lerp(a, b Dec, num, den int64) Value {
	if den <= 0 {
		return Value{}
	}
	if a.big == nil && b.big == nil && 0 <= num && num <= den && den <= maxDen {
		scale := max(a.scale, b.scale)
		x, ok1 := a.atScale(scale)
		y, ok2 := b.atScale(scale)
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
	return ratioValue(x.add(y, false), d)
}

// atScale returns d in units of 10^-scale and whether it fits. Requires that d
// is small and scale >= d.scale.
func (d Dec) atScale(scale uint8) (int128, bool) {
	x := int128{0, d.c}
	if d.neg {
		x = x.negated()
	}
	return x.mulPow10(int(scale - d.scale))
}

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.form == 0 }

// toBig returns v, or the square of v if it is a root, as num / den with
// den > 0. The caller must not change them.
func (v Value) toBig() (num, den *big.Int) {
	scale := int(v.form.scale())
	if v.big != nil {
		num, den, scale = v.big.num.c, v.big.den, v.big.num.scale
	} else {
		num, den = v.num.toBig(), new(big.Int).SetUint64(v.form.den())
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

// Cmp returns -1 if v < o, 0 if they are equal and 1 if v > o. It compares the
// exact numbers, not their float64s. Null comes before every number.
func (v Value) Cmp(o Value) int {
	switch {
	case v.IsNull() || o.IsNull():
		return min(int(v.form.kind()), 1) - min(int(o.form.kind()), 1)
	case v.Sign() != o.Sign():
		return min(max(v.Sign()-o.Sign(), -1), 1)
	}
	vRoot, oRoot := v.form.kind() == root, o.form.kind() == root
	if v.big == nil && o.big == nil && v.form>>2 == o.form>>2 && vRoot == oRoot {
		return v.num.cmp(o.num) // same denominator and scale; roots are monotone
	}
	if vRoot == oRoot {
		c, ok := v.cmpSmall(o)
		if ok {
			return c
		}
	}
	a, b := v.toBig()
	c, d := o.toBig()
	if vRoot != oRoot {
		// The signs are equal, so neither number is negative, as a root is not.
		// Then squares compare as the numbers do: square the one that is not
		// a square yet.
		if oRoot {
			a, b = new(big.Int).Mul(a, a), new(big.Int).Mul(b, b)
		} else {
			c, d = new(big.Int).Mul(c, c), new(big.Int).Mul(d, d)
		}
	}
	return new(big.Int).Mul(a, d).Cmp(new(big.Int).Mul(c, b))
}

// cmpSmall compares the numbers, or their squares if both are roots, in 128 bits. It returns
// false if something does not fit.
func (v Value) cmpSmall(o Value) (c int, ok bool) {
	if v.big != nil || o.big != nil {
		return 0, false
	}
	shift := int(o.form.scale()) - int(v.form.scale())
	x, ok1 := v.num.mul(o.form.den())
	y, ok2 := o.num.mul(v.form.den())
	x, ok3 := x.mulPow10(max(shift, 0))
	y, ok4 := y.mulPow10(max(-shift, 0))
	return x.cmp(y), ok1 && ok2 && ok3 && ok4
}

// Float returns the nearest float64, ties to even, and never -0. It returns
// false if v is null or the nearest float64 would be infinite.
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

// float is Float, except that it returns infinities, and 0 for null.
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
		return 0 - f // not -f, which would be -0 where f is 0
	}
	return f
}

// small reports whether quotientFloat and rootFloat can round v: it is not big,
// and den × 5^scale fits 64 bits.
func (v Value) small() bool {
	scale := int(v.form.scale())
	if v.big != nil || scale >= len(pow5) {
		return false
	}
	hi, _ := bits.Mul64(v.form.den(), pow5[scale])
	return hi == 0
}
