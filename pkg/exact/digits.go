package exact

import (
	"math/big"
	"math/bits"
)

// appendRounded appends v rounded to so many decimals.
func (v Value) appendRounded(dst []byte, digits int) []byte {
	if v.big == nil {
		if v.form.kind() == plain && digits >= int(v.form.scale()) {
			hi, lo := v.num.abs()
			return appendInt128(dst, v.num.neg(), hi, lo, int(v.form.scale()))
		}
		if c, ok := v.rounded(digits); ok && digits <= maxExact {
			return appendInt128(dst, v.num.neg(), 0, c, digits)
		}
	}
	c := v.roundedBig(digits)
	neg, text := digitsOf(c)
	if out, ok := appendDecimal(dst, neg, text, digits); ok {
		return out
	}
	return appendFloat(dst, whole(bigDec{c, digits}).float())
}

// rounded returns |v| in units of 10^-digits, half to even, and whether that
// could be done in 128 bits.
func (v Value) rounded(digits int) (uint64, bool) {
	if v.form.kind() == root {
		// Twice the root, rounded down, tells what is above half.
		hi, lo, r, _, ok := v.divide(4, 2*digits)
		if !ok {
			return 0, false
		}
		twice, whole := sqrt128(hi, lo)
		c := twice >> 1
		if twice&1 == 1 && (r != 0 || !whole || c&1 == 1) {
			c++
		}
		return c, true
	}
	hi, c, r, den, ok := v.divide(1, digits)
	if !ok || hi != 0 || c == 1<<64-1 {
		return 0, false
	}
	if half := den - r; r > half || r == half && c&1 == 1 {
		c++
	}
	return c, true
}

// over returns |num| × times × 10^digits / (den × 10^scale) with the remainder
// and what was divided by, and whether 128 bits were enough.
func (v Value) divide(times uint64, digits int) (hi, lo, r, den uint64, ok bool) {
	x, ok := v.num.mul(times)
	den = v.form.den()
	if up := digits - int(v.form.scale()); ok && up >= 0 {
		if up > 2*len(pow10) {
			return 0, 0, 0, 0, false
		}
		x, ok = x.up(up)
	} else if ok {
		if -up >= len(pow10) {
			return 0, 0, 0, 0, false
		}
		var over uint64
		over, den = bits.Mul64(den, pow10[-up])
		ok = over == 0
	}
	if !ok {
		return 0, 0, 0, 0, false
	}
	h, l := x.abs()
	hi, h = h/den, h%den
	lo, r = bits.Div64(h, l, den)
	return hi, lo, r, den, true
}

// roundedBig returns v in units of 10^-digits, half to even.
func (v Value) roundedBig(digits int) *big.Int {
	num, den := v.toBig()
	if v.form.kind() == root {
		num = new(big.Int).Mul(num, power(10, 2*digits))
		num.Lsh(num, 2)
		q, r := new(big.Int).QuoRem(num, den, new(big.Int))
		s := new(big.Int).Sqrt(q)
		whole := r.Sign() == 0 && new(big.Int).Mul(s, s).Cmp(q) == 0
		half := s.Bit(0) == 1
		c := s.Rsh(s, 1)
		if half && (!whole || c.Bit(0) == 1) {
			c.Add(c, big.NewInt(1))
		}
		return c
	}
	num = new(big.Int).Mul(num, power(10, digits))
	q, r := new(big.Int).QuoRem(num, den, new(big.Int))
	twice := r.Lsh(r.Abs(r), 1)
	if c := twice.Cmp(den); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(num.Sign())))
	}
	return q
}
