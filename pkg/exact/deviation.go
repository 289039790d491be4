package exact

import "math/big"

// Minus returns d - v, which prints as a float64; null if v is. v must not be
// a standard deviation.
func (d Dec) Minus(v Value) Value {
	if v.kind == null {
		return Value{}
	}
	x, y := Value{kind: ratio, far: &fraction{d.wide(), big.NewInt(1)}}, v
	a, b := x.big()
	e, f := y.big()
	num := new(big.Int).Mul(a, f)
	num.Sub(num, new(big.Int).Mul(e, b))
	return Value{kind: ratio, far: &fraction{wide{num, 0}, new(big.Int).Mul(b, f)}}
}

// Percent returns 100 × v / |of|, which prints as a float64; null if either is,
// or of is 0. Neither may be a standard deviation.
func (v Value) Percent(of Value) Value {
	if v.kind == null || of.Sign() == 0 {
		return Value{}
	}
	a, b := v.big()
	c, d := of.big()
	num := new(big.Int).Mul(a, d)
	num.Mul(num, big.NewInt(100))
	return Value{kind: ratio, far: &fraction{wide{num, 0}, new(big.Int).Mul(b, new(big.Int).Abs(c))}}
}

// Exceeds reports whether |v| > f × |of|, exactly; false if either is null. v
// must not be a standard deviation, of may be one.
func (v Value) Exceeds(f Dec, of Value) bool {
	if v.kind == null || of.kind == null {
		return false
	}
	a, b := v.big()
	x := Value{kind: ratio, far: &fraction{f.wide(), big.NewInt(1)}}
	p, q := x.big()
	c, d := of.big()
	if of.kind == rooted { // c/d is its square
		a, b = new(big.Int).Mul(a, a), new(big.Int).Mul(b, b)
		p, q = new(big.Int).Mul(p, p), new(big.Int).Mul(q, q)
	}
	left := new(big.Int).Mul(new(big.Int).Abs(a), q)
	right := new(big.Int).Mul(new(big.Int).Abs(c), p)
	return left.Mul(left, d).Cmp(right.Mul(right, b)) > 0
}

// Negated is -v; null if v is. v must not be a standard deviation.
func (v Value) Negated() Value {
	if v.far != nil {
		c := new(big.Int).Neg(v.far.num.c)
		v.far = &fraction{wide{c, v.far.num.scale}, v.far.den}
		return v
	}
	v.num = v.num.negated()
	return v
}
