package exact

import "math/big"

// The arithmetic on Values that anomalies need: by how much a reading differs
// from a mean, which percentage of the mean that is, and whether it exceeds a
// threshold. All of it is exact. None of it accepts a root on the left, because
// the difference of a number and a root is not a Value.

// Minus returns d - v, which prints as a float64. It is null if v is. v must
// not be a standard deviation.
func (d Dec) Minus(v Value) Value {
	if v.IsNull() {
		return Value{}
	}
	if n, ok := d.minusSmall(v); ok {
		return n
	}
	x, y := exactValue(d.toBig()), v
	a, b := x.toBig()
	e, f := y.toBig()
	num := new(big.Int).Mul(a, f)
	num.Sub(num, new(big.Int).Mul(e, b))
	return ratioValue(bigDec{num, 0}, new(big.Int).Mul(b, f))
}

// minusSmall is Minus in 128 bits: d - num / (den × 10^s) is
// (d × den - num) / den with both terms in units of the larger scale. It returns
// false if something does not fit.
func (d Dec) minusSmall(v Value) (Value, bool) {
	if d.big != nil || v.big != nil {
		return Value{}, false
	}
	scale := max(d.scale, v.form.scale())
	x, ok1 := d.atScale(scale)
	x, ok2 := x.mul(v.form.den())
	y, ok3 := v.num.mulPow10(int(scale - v.form.scale()))
	num, ok4 := x.sub(y)
	return Value{num: num, form: newForm(ratio, v.form.den(), scale)}, ok1 && ok2 && ok3 && ok4
}

// Percent returns 100 × v / |of|, which prints as a float64. It is null if v or
// of is, or if of is 0. Neither may be a standard deviation.
//
// The small path is for two values with the same denominator, as a mean and the
// distance to it are: the denominators cancel, and the numerator of the one is
// divided by that of the other.
func (v Value) Percent(of Value) Value {
	if v.IsNull() || of.Sign() == 0 {
		return Value{}
	}
	if v.big == nil && of.big == nil && v.form.den() == of.form.den() && v.form.scale() >= of.form.scale() {
		hi, lo := of.num.abs()
		if hi == 0 && lo <= maxDen {
			if num, ok := v.num.mul(100); ok {
				return Value{num: num, form: newForm(ratio, lo, v.form.scale()-of.form.scale())}
			}
		}
	}
	a, b := v.toBig()
	c, d := of.toBig()
	num := new(big.Int).Mul(a, d)
	num.Mul(num, big.NewInt(100))
	return ratioValue(bigDec{num, 0}, new(big.Int).Mul(b, new(big.Int).Abs(c)))
}

// Exceeds reports whether |v| > f × |of|. It returns false if v or of is null. v
// must not be a standard deviation; of may be one, and then squares are
// compared, so no root is computed. Requires f >= 0.
//
// With v = a/b, f = p/q and of = c/d, all denominators positive, it compares
// |a| × q × d with |c| × p × b.
func (v Value) Exceeds(f Dec, of Value) bool {
	if v.IsNull() || of.IsNull() {
		return false
	}
	if exceeds, ok := v.exceedsSmall(f, of); ok {
		return exceeds
	}
	a, b := v.toBig()
	x := exactValue(f.toBig())
	p, q := x.toBig()
	c, d := of.toBig()
	if of.form.kind() == root { // c/d is the square of it already
		a, b = new(big.Int).Mul(a, a), new(big.Int).Mul(b, b)
		p, q = new(big.Int).Mul(p, p), new(big.Int).Mul(q, q)
	}
	left := new(big.Int).Mul(new(big.Int).Abs(a), q)
	right := new(big.Int).Mul(new(big.Int).Abs(c), p)
	return left.Mul(left, d).Cmp(right.Mul(right, b)) > 0
}

// exceedsSmall is Exceeds in 256 bits. It returns false for ok if something does not fit.
//
// The denominators are b = den × 10^scale of v, q = 10^scale of f and so on; the powers of ten
// that both sides have are left out, and so are equal dens.
func (v Value) exceedsSmall(f Dec, of Value) (exceeds, ok bool) {
	if v.big != nil || of.big != nil || f.big != nil {
		return false, false
	}
	hi, lo := v.num.abs()
	left := int256{a: lo, b: hi}
	hi, lo = of.num.abs()
	right := int256{a: lo, b: hi}
	b, d := v.form.den(), of.form.den()
	p, shift := f.c, int(of.form.scale())+int(f.scale)-int(v.form.scale())
	if b == d {
		b, d = 1, 1
	}
	ok = true
	if of.form.kind() == root { // right is the square of it already
		b, d = v.form.den(), of.form.den()
		left = square(v.num.abs())
		shift += int(f.scale) - int(v.form.scale())
		var ok1, ok2 bool
		right, ok1 = right.mul(b)
		right, ok2 = right.mul(p)
		ok = ok1 && ok2
	}
	left, ok1 := left.mul(d)
	right, ok2 := right.mul(b)
	right, ok3 := right.mul(p)
	left, ok4 := left.mulPow10(max(shift, 0))
	right, ok5 := right.mulPow10(max(-shift, 0))
	diff, ok6 := left.sub(right)
	return !diff.neg() && diff != int256{}, ok && ok1 && ok2 && ok3 && ok4 && ok5 && ok6
}

// Negated returns -v. It is null if v is. v must not be a standard deviation.
func (v Value) Negated() Value {
	if v.big != nil {
		c := new(big.Int).Neg(v.big.num.c)
		v.big = &fraction{bigDec{c, v.big.num.scale}, v.big.den}
		return v
	}
	hi, _ := v.num.abs()
	if hi>>63 != 0 { // 2^127, the opposite of -2^127, does not fit 128 bits
		c := v.num.toBig()
		den := new(big.Int).SetUint64(v.form.den())
		return Value{big: &fraction{bigDec{c.Neg(c), int(v.form.scale())}, den}, form: v.form}
	}
	v.num = v.num.negated()
	return v
}
