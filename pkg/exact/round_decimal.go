package exact

import (
	"math/big"
	"math/bits"
)

// This file rounds exact results to a number of decimals: to the nearest
// multiple of 10^-digits and, if two are equally near, to the one whose last
// digit is even. 0.125 and 0.375 become 0.12 and 0.38. The rule is applied to
// the exact result, not to a float64 near it: 2.675 becomes 2.68, although its
// float64 is below 2.675.

// appendRounded appends v rounded to digits decimals.
func (v Value) appendRounded(dst []byte, digits int) []byte {
	if v.big == nil {
		if v.form.kind() == plain && digits >= int(v.form.scale()) {
			hi, lo := v.num.abs()
			return appendInt128(dst, v.num.neg(), hi, lo, int(v.form.scale()))
		}
		if c, ok := v.rounded(digits); ok && digits <= maxPlainDigits {
			return appendInt128(dst, v.num.neg(), 0, c, digits)
		}
	}
	c := v.roundedBig(digits)
	neg, text := digitsOf(c)
	if out, ok := appendDecimal(dst, neg, text, digits); ok {
		return out
	}
	return appendFloat(dst, exactValue(bigDec{c, digits}).float())
}

// rounded returns |v| in units of 10^-digits, ties to even. It returns false if
// 128 bits are not enough.
func (v Value) rounded(digits int) (uint64, bool) {
	if v.form.kind() == root {
		// The root of 4x, in this unit, is twice the root of x. Rounded down,
		// its lowest bit tells whether the fraction of the root is a half or
		// more. It is exactly a half if there was no remainder anywhere.
		hi, lo, r, _, ok := v.divide(4, 2*digits)
		if !ok {
			return 0, false
		}
		twice, isExact := sqrt128(hi, lo)
		c := twice >> 1
		if twice&1 == 1 && (r != 0 || !isExact || c&1 == 1) {
			c++
		}
		return c, true
	}
	hi, c, r, den, ok := v.divide(1, digits)
	if !ok || hi != 0 || c == 1<<64-1 { // c++ must not wrap
		return 0, false
	}
	// r > den-r means 2r > den, without the overflow.
	half := den - r
	if r > half || r == half && c&1 == 1 {
		c++
	}
	return c, true
}

// divide returns |num| × times × 10^digits / (den × 10^scale), its remainder r
// and the divisor that r belongs to. It returns false if an intermediate result
// does not fit. Powers of ten cancel: only the difference of digits and scale
// is multiplied, into the dividend or the divisor.
func (v Value) divide(times uint64, digits int) (hi, lo, r, den uint64, ok bool) {
	x, ok := v.num.mul(times)
	den = v.form.den()
	up := digits - int(v.form.scale())
	if ok && up >= 0 {
		if up > 2*len(pow10) { // 10^40 is above 2^127
			return 0, 0, 0, 0, false
		}
		x, ok = x.mulPow10(up)
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
	// Long division by one word; h % den is below den, as Div64 requires.
	h, l := x.abs()
	hi, h = h/den, h%den
	lo, r = bits.Div64(h, l, den)
	return hi, lo, r, den, true
}

// roundedBig returns v in units of 10^-digits, ties to even, by the same steps
// as rounded.
func (v Value) roundedBig(digits int) *big.Int {
	num, den := v.toBig()
	if v.form.kind() == root {
		num = new(big.Int).Mul(num, power(10, 2*digits))
		num.Lsh(num, 2)
		q, r := new(big.Int).QuoRem(num, den, new(big.Int))
		twice := new(big.Int).Sqrt(q)
		isExact := r.Sign() == 0 && new(big.Int).Mul(twice, twice).Cmp(q) == 0
		half := twice.Bit(0) == 1
		c := twice.Rsh(twice, 1)
		if half && (!isExact || c.Bit(0) == 1) {
			c.Add(c, big.NewInt(1))
		}
		return c
	}
	// The quotient is truncated toward zero, so rounding up is away from zero.
	num = new(big.Int).Mul(num, power(10, digits))
	q, r := new(big.Int).QuoRem(num, den, new(big.Int))
	twice := r.Lsh(r.Abs(r), 1)
	c := twice.Cmp(den)
	if c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(num.Sign())))
	}
	return q
}
