package exact

import (
	"math/big"
	"math/bits"
)

// pow10 holds the powers of ten, pow5 those of five, that 64 bits can hold.
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

// int128 is an integer in two's complement.
type int128 struct{ hi, lo uint64 }

func fromInt(n int64) int128 { return int128{uint64(n >> 63), uint64(n)} }

func (x int128) neg() bool    { return int64(x.hi) < 0 }
func (x int128) isZero() bool { return x.hi|x.lo == 0 }

// negated returns -x; the smallest of all is its own negative.
func (x int128) negated() int128 {
	lo, b := bits.Sub64(0, x.lo, 0)
	hi, _ := bits.Sub64(0, x.hi, b)
	return int128{hi, lo}
}

// abs returns the magnitude of x, which may be 2^127.
func (x int128) abs() (hi, lo uint64) {
	if x.neg() {
		x = x.negated()
	}
	return x.hi, x.lo
}

// add returns x + y, and whether it fits.
func (x int128) add(y int128) (int128, bool) {
	lo, c := bits.Add64(x.lo, y.lo, 0)
	hi, _ := bits.Add64(x.hi, y.hi, c)
	return int128{hi, lo}, int64((x.hi^hi)&(y.hi^hi)) >= 0
}

// sub returns x - y, and whether it fits.
func (x int128) sub(y int128) (int128, bool) {
	lo, b := bits.Sub64(x.lo, y.lo, 0)
	hi, _ := bits.Sub64(x.hi, y.hi, b)
	return int128{hi, lo}, int64((x.hi^y.hi)&(x.hi^hi)) >= 0
}

func (x int128) cmp(y int128) int {
	switch {
	case x == y:
		return 0
	case int64(x.hi) < int64(y.hi) || x.hi == y.hi && x.lo < y.lo:
		return -1
	}
	return 1
}

// mul returns x × m, and whether it fits.
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

// up returns x × 10^k, and whether it fits.
func (x int128) up(k int) (int128, bool) {
	ok := true
	for ; ok && k >= len(pow10); k -= len(pow10) - 1 {
		x, ok = x.mul(pow10[len(pow10)-1])
	}
	if !ok {
		return x, false
	}
	return x.mul(pow10[k])
}

// down returns x / m, and whether that is an integer.
func (x int128) down(m uint64) (int128, bool) {
	h, l := x.abs()
	q := int128{hi: h / m}
	q.lo, l = bits.Div64(h%m, l, m)
	if x.neg() {
		q = q.negated()
	}
	return q, l == 0
}

func (x int128) big() *big.Int {
	h, l := x.abs()
	c := new(big.Int).SetUint64(h)
	c.Lsh(c, 64).Or(c, new(big.Int).SetUint64(l))
	if x.neg() {
		c.Neg(c)
	}
	return c
}

func (x int128) low() uint64 { return x.lo }
func (int128) limit() int    { return maxScale }

func (int128) from(c *big.Int) (int128, bool) {
	r, ok := int256{}.from(c)
	return int128{r.b, r.a}, ok && c.BitLen() <= 127
}

// int256 is an integer in two's complement, its lowest word first. (A struct,
// as the compiler keeps no array in registers.)
type int256 struct{ a, b, c, d uint64 }

// square returns the square of the number with that magnitude, at most 2^127.
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

// add returns x + y, and whether it fits.
func (x int256) add(y int256) (r int256, ok bool) {
	var c uint64
	r.a, c = bits.Add64(x.a, y.a, 0)
	r.b, c = bits.Add64(x.b, y.b, c)
	r.c, c = bits.Add64(x.c, y.c, c)
	r.d, _ = bits.Add64(x.d, y.d, c)
	return r, int64((x.d^r.d)&(y.d^r.d)) >= 0
}

// sub returns x - y, and whether it fits.
func (x int256) sub(y int256) (r int256, ok bool) {
	var b uint64
	r.a, b = bits.Sub64(x.a, y.a, 0)
	r.b, b = bits.Sub64(x.b, y.b, b)
	r.c, b = bits.Sub64(x.c, y.c, b)
	r.d, _ = bits.Sub64(x.d, y.d, b)
	return r, int64((x.d^y.d)&(x.d^r.d)) >= 0
}

// mul returns x × m, and whether it fits.
func (x int256) mul(m uint64) (r int256, ok bool) {
	neg := x.neg()
	if neg {
		x, _ = int256{}.sub(x)
	}
	var h, l, c uint64
	h, r.a = bits.Mul64(x.a, m)
	c, l = bits.Mul64(x.b, m)
	r.b, l = bits.Add64(l, h, 0)
	h = c + l // cannot wrap: a product's high word is at most 2^64 - 2
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

// up returns x × 10^k, and whether it fits.
func (x int256) up(k int) (int256, bool) {
	ok := true
	for ; ok && k >= len(pow10); k -= len(pow10) - 1 {
		x, ok = x.mul(pow10[len(pow10)-1])
	}
	if !ok {
		return x, false
	}
	return x.mul(pow10[k])
}

// down returns x / m, and whether that is an integer.
func (x int256) down(m uint64) (q int256, ok bool) {
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

func (x int256) big() *big.Int {
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

func (x int256) low() uint64 { return x.a }
func (int256) limit() int    { return 2 * maxScale }

func (int256) from(c *big.Int) (r int256, ok bool) {
	if c.BitLen() > 255 {
		return r, false
	}
	m, low := new(big.Int).Abs(c), new(big.Int)
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
