package exact

import (
	"math/big"
	"math/bits"
)

// This file has signed integers of 128 and 256 bits, as values: they are copied
// and returned in registers and never allocate, which math/big cannot do.
// Multiplication and division are by one 64-bit word only; nothing else is
// needed. Every operation reports whether its result fits, except negated, which
// wraps for the smallest number alone.
// The smallest number, -2^127 or -2^255, is a valid operand, but as a result
// an operation may report it as not fitting.

// pow10 has all powers of ten that fit 64 bits, pow5 all powers of five. They
// are arrays, so that the compiler knows their length and can omit the bounds
// check after a comparison with it.
var (
	pow10 = [20]uint64{
		1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
		1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
	}
	pow5 = [28]uint64{
		1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625,
		48828125, 244140625, 1220703125, 6103515625, 30517578125,
		152587890625, 762939453125, 3814697265625, 19073486328125,
		95367431640625, 476837158203125, 2384185791015625, 11920928955078125,
		59604644775390625, 298023223876953125, 1490116119384765625,
		7450580596923828125,
	}
)

// int128 is an integer in two's complement: hi × 2^64 + lo, hi being signed.
type int128 struct{ hi, lo uint64 }

// fromInt returns n; the shift of a signed number fills hi with its sign.
func fromInt(n int64) int128 { return int128{uint64(n >> 63), uint64(n)} }

func (x int128) neg() bool    { return int64(x.hi) < 0 }
func (x int128) isZero() bool { return x.hi|x.lo == 0 }

// negated returns -x. The smallest number is its own negative.
func (x int128) negated() int128 {
	lo, b := bits.Sub64(0, x.lo, 0)
	hi, _ := bits.Sub64(0, x.hi, b)
	return int128{hi, lo}
}

// abs returns the magnitude of x, at most 2^127, as an unsigned number.
func (x int128) abs() (hi, lo uint64) {
	if x.neg() {
		x = x.negated()
	}
	return x.hi, x.lo
}

// add returns x + y and whether it fits. It does not if x and y have the same
// sign and the result has another: then the top bit of x^r and of y^r is set.
func (x int128) add(y int128) (int128, bool) {
	lo, c := bits.Add64(x.lo, y.lo, 0)
	hi, _ := bits.Add64(x.hi, y.hi, c)
	return int128{hi, lo}, int64((x.hi^hi)&(y.hi^hi)) >= 0
}

// sub returns x - y and whether it fits. It does not if x and y have different
// signs and the sign of the result is not that of x.
func (x int128) sub(y int128) (int128, bool) {
	lo, b := bits.Sub64(x.lo, y.lo, 0)
	hi, _ := bits.Sub64(x.hi, y.hi, b)
	return int128{hi, lo}, int64((x.hi^y.hi)&(x.hi^hi)) >= 0
}

// cmp returns -1 if x < y, 0 if they are equal and 1 if x > y. The high words
// compare as signed, the low ones as unsigned numbers.
func (x int128) cmp(y int128) int {
	switch {
	case x == y:
		return 0
	case int64(x.hi) < int64(y.hi) || x.hi == y.hi && x.lo < y.lo:
		return -1
	}
	return 1
}

// mul returns x × m and whether it fits. It multiplies the magnitude: the low
// word gives 128 bits, the high word is added 64 bits further up. The result
// fits if nothing is left above these 128 bits and the top bit is free.
func (x int128) mul(m uint64) (int128, bool) {
	h, l := x.abs()
	o, h := bits.Mul64(h, m)
	c, l := bits.Mul64(l, m)
	h, carry := bits.Add64(h, c, 0)
	if o|carry != 0 || int64(h) < 0 {
		return int128{}, false
	}
	if x.neg() {
		return int128{h, l}.negated(), true
	}
	return int128{h, l}, true
}

// mulPow10 returns x × 10^k, k >= 0, and whether it fits. Above 10^19, which is
// all that one word holds, it takes several steps.
func (x int128) mulPow10(k int) (int128, bool) {
	ok := true
	for ; ok && k >= len(pow10); k -= len(pow10) - 1 {
		x, ok = x.mul(pow10[len(pow10)-1])
	}
	if !ok {
		return x, false
	}
	return x.mul(pow10[k])
}

// div returns x / m, truncated toward zero, and whether there is no remainder.
// The high word is divided first; its remainder is below m, so the quotient of
// Div64 fits a word.
func (x int128) div(m uint64) (int128, bool) {
	h, l := x.abs()
	q := int128{hi: h / m}
	q.lo, l = bits.Div64(h%m, l, m)
	if x.neg() {
		q = q.negated()
	}
	return q, l == 0
}

// toBig returns x as a new big.Int.
func (x int128) toBig() *big.Int {
	h, l := x.abs()
	c := new(big.Int).SetUint64(h)
	c.Lsh(c, 64).Or(c, new(big.Int).SetUint64(l))
	if x.neg() {
		c.Neg(c)
	}
	return c
}

func (x int128) lowWord() uint64 { return x.lo }
func (int128) maxScale() int     { return maxScale }

// fromBig returns c and whether it fits. The receiver is not used; it makes the
// function a method, for integer.
func (int128) fromBig(c *big.Int) (int128, bool) {
	r, ok := int256{}.fromBig(c)
	return int128{r.b, r.a}, ok && c.BitLen() <= 127
}

// int256 is an integer in two's complement, the lowest word first. It is a
// struct because the compiler does not keep arrays in registers.
type int256 struct{ a, b, c, d uint64 }

// square returns the square of a number with the magnitude (hi,lo), at most
// 2^127: (hi × 2^64 + lo)² = hi² × 2^128 + 2 hi lo × 2^64 + lo². The square is at
// most 2^254, so no addition carries out of the top word. As hi is at most 2^63,
// hi × lo is below 2^127, and doubling it by shifts loses no bit.
func square(hi, lo uint64) int256 {
	var r int256
	var c uint64
	r.b, r.a = bits.Mul64(lo, lo)
	if hi == 0 {
		return r
	}
	r.d, r.c = bits.Mul64(hi, hi)
	h, l := bits.Mul64(hi, lo)
	r.b, c = bits.Add64(r.b, l<<1, 0)
	r.c, c = bits.Add64(r.c, h<<1|l>>63, c)
	r.d, _ = bits.Add64(r.d, 0, c)
	return r
}

func (x int256) neg() bool { return int64(x.d) < 0 }

// add returns x + y and whether it fits, by the rule of int128.add.
func (x int256) add(y int256) (r int256, ok bool) {
	var c uint64
	r.a, c = bits.Add64(x.a, y.a, 0)
	r.b, c = bits.Add64(x.b, y.b, c)
	r.c, c = bits.Add64(x.c, y.c, c)
	r.d, _ = bits.Add64(x.d, y.d, c)
	return r, int64((x.d^r.d)&(y.d^r.d)) >= 0
}

// sub returns x - y and whether it fits, by the rule of int128.sub.
func (x int256) sub(y int256) (r int256, ok bool) {
	var b uint64
	r.a, b = bits.Sub64(x.a, y.a, 0)
	r.b, b = bits.Sub64(x.b, y.b, b)
	r.c, b = bits.Sub64(x.c, y.c, b)
	r.d, _ = bits.Sub64(x.d, y.d, b)
	return r, int64((x.d^y.d)&(x.d^r.d)) >= 0
}

// mul returns x × m and whether it fits. It is schoolbook multiplication of the
// magnitude, from the lowest word up; h is what carries into the next word.
func (x int256) mul(m uint64) (r int256, ok bool) {
	neg := x.neg()
	if neg {
		x, _ = int256{}.sub(x)
	}
	var h, l, c uint64
	h, r.a = bits.Mul64(x.a, m)
	c, l = bits.Mul64(x.b, m)
	r.b, l = bits.Add64(l, h, 0)
	h = c + l // cannot wrap: the high word of a product is at most 2^64 - 2
	c, l = bits.Mul64(x.c, m)
	r.c, l = bits.Add64(l, h, 0)
	h = c + l
	c, l = bits.Mul64(x.d, m)
	r.d, l = bits.Add64(l, h, 0)
	ok = c+l == 0 && !r.neg()
	if neg {
		r, _ = int256{}.sub(r)
	}
	return r, ok
}

// mulPow10 returns x × 10^k, k >= 0, and whether it fits.
func (x int256) mulPow10(k int) (int256, bool) {
	ok := true
	for ; ok && k >= len(pow10); k -= len(pow10) - 1 {
		x, ok = x.mul(pow10[len(pow10)-1])
	}
	if !ok {
		return x, false
	}
	return x.mul(pow10[k])
}

// div returns x / m, truncated toward zero, and whether there is no remainder.
// It is long division by one word, from the highest word down.
func (x int256) div(m uint64) (q int256, ok bool) {
	neg := x.neg()
	if neg {
		x, _ = int256{}.sub(x)
	}
	var r uint64
	q.d, r = x.d/m, x.d%m
	q.c, r = bits.Div64(r, x.c, m)
	q.b, r = bits.Div64(r, x.b, m)
	q.a, r = bits.Div64(r, x.a, m)
	if neg {
		q, _ = int256{}.sub(q)
	}
	return q, r == 0
}

// toBig returns x as a new big.Int.
func (x int256) toBig() *big.Int {
	neg := x.neg()
	if neg {
		x, _ = int256{}.sub(x)
	}
	c, w := new(big.Int), new(big.Int)
	for _, word := range [...]uint64{x.d, x.c, x.b, x.a} {
		c.Lsh(c, 64).Or(c, w.SetUint64(word))
	}
	if neg {
		c.Neg(c)
	}
	return c
}

func (x int256) lowWord() uint64 { return x.a }
func (int256) maxScale() int     { return 2 * maxScale }

// fromBig returns c and whether it fits.
func (int256) fromBig(c *big.Int) (r int256, ok bool) {
	if c.BitLen() > 255 {
		return r, false
	}
	m, low := new(big.Int).Abs(c), new(big.Int) // big.Int's words may have 32 bits
	mask := new(big.Int).SetUint64(1<<64 - 1)
	for _, word := range [...]*uint64{&r.a, &r.b, &r.c, &r.d} {
		*word = low.And(m, mask).Uint64()
		m.Rsh(m, 64)
	}
	if c.Sign() < 0 {
		r, _ = int256{}.sub(r)
	}
	return r, true
}
