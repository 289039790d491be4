package exact

import "math/big"

// Minus returns d - v, which prints as a float64; null if v is. v must not be
// a standard deviation.
func (d Dec) Minus(v Value) Value {
	if v.IsNull() {
		return Value{}
	}
	if n, ok := d.minusSmall(v); ok {
		return n
	}
	x, y := whole(d.toBig()), v
	a, b := x.toBig()
	e, f := y.toBig()
	num := new(big.Int).Mul(a, f)
	num.Sub(num, new(big.Int).Mul(e, b))
	return fractional(bigDec{num, 0}, new(big.Int).Mul(b, f))
}

// minusNear is Minus where 128 bits are enough.
func (d Dec) minusSmall(v Value) (Value, bool) {
	if d.big != nil || v.big != nil {
		return Value{}, false
	}
	scale := max(d.scale, v.form.scale())
	x, ok1 := d.at(scale)
	x, ok2 := x.mul(v.form.den())
	y, ok3 := v.num.up(int(scale - v.form.scale()))
	num, ok4 := x.sub(y)
	return Value{num: num, form: newForm(ratio, v.form.den(), scale)}, ok1 && ok2 && ok3 && ok4
}

// Percent returns 100 × v / |of|, which prints as a float64; null if either is,
// or of is 0. Neither may be a standard deviation.
func (v Value) Percent(of Value) Value {
	if v.IsNull() || of.Sign() == 0 {
		return Value{}
	}
	if v.big == nil && of.big == nil && v.form.den() == of.form.den() && v.form.scale() >= of.form.scale() {
		if hi, lo := of.num.abs(); hi == 0 && lo <= maxDen {
			if num, ok := v.num.mul(100); ok {
				return Value{num: num, form: newForm(ratio, lo, v.form.scale()-of.form.scale())}
			}
		}
	}
	a, b := v.toBig()
	c, d := of.toBig()
	num := new(big.Int).Mul(a, d)
	num.Mul(num, big.NewInt(100))
	return fractional(bigDec{num, 0}, new(big.Int).Mul(b, new(big.Int).Abs(c)))
}

// Exceeds reports whether |v| > f × |of|, exactly; false if either is null. v
// must not be a standard deviation, of may be one.
func (v Value) Exceeds(f Dec, of Value) bool {
	if v.IsNull() || of.IsNull() {
		return false
	}
	a, b := v.toBig()
	x := whole(f.toBig())
	p, q := x.toBig()
	c, d := of.toBig()
	if of.form.kind() == root { // c/d is its square
		a, b = new(big.Int).Mul(a, a), new(big.Int).Mul(b, b)
		p, q = new(big.Int).Mul(p, p), new(big.Int).Mul(q, q)
	}
	left := new(big.Int).Mul(new(big.Int).Abs(a), q)
	right := new(big.Int).Mul(new(big.Int).Abs(c), p)
	return left.Mul(left, d).Cmp(right.Mul(right, b)) > 0
}

// Negated is -v; null if v is. v must not be a standard deviation.
func (v Value) Negated() Value {
	if v.big != nil {
		c := new(big.Int).Neg(v.big.num.c)
		v.big = &fraction{bigDec{c, v.big.num.scale}, v.big.den}
		return v
	}
	if hi, _ := v.num.abs(); hi>>63 != 0 { // -2^127 has no opposite in 128 bits
		c := v.num.big()
		den := new(big.Int).SetUint64(v.form.den())
		return Value{big: &fraction{bigDec{c.Neg(c), int(v.form.scale())}, den}, form: v.form}
	}
	v.num = v.num.negated()
	return v
}
