// Package exact computes with decimal numbers without rounding: it parses
// numbers as JSON writes them, adds and removes them from running totals, and
// derives means, variances, standard deviations and quantiles, which are
// rounded once, when they are printed.
//
// The types, in the order in which a reading passes through them:
//
//   - [Dec] is one decimal number. [Parse] and [Scan] read it.
//   - [Sum] is a running total; [Moments] also totals the squares. Both add,
//     remove, merge and subtract. [Batch] adds up to 256 numbers in one call.
//   - [Value] is a result that has not been rounded yet: null, a decimal, a
//     quotient or the square root of one. [Value.Append] rounds and prints it.
//   - [Divisor] divides integers by one number and prints the quotients fast.
//   - [Bounds] tests cheaply whether a Dec lies in a range.
//
// The state of a Sum or Moments depends only on the set of readings in it, as
// far as any method can show: no order, partition or merge changes a byte of
// the output, and a reading that was removed has no effect afterwards. That is
// why floats cannot be used: their sums depend on the order, and a spike that
// was removed leaves its rounding error.
//
// Everything has two representations. The small one, scaled integers of 64,
// 128 or 256 bits, is for numbers with a coefficient below 2^64 and at most 24
// decimals, and for their totals; it allocates nothing. The
// big one uses math/big. Operations leave the small representation when a
// result does not fit and return to it when it fits again. Both give the same
// answers, which the fuzz tests check against math/big.Rat.
//
// Two rules of rounding hold everywhere. A float64 is the one nearest to the
// exact result, and of two equally near ones that whose significand is even
// (IEEE 754, roundTiesToEven). A decimal that is rounded to a number of digits
// is likewise the nearest, ties to even. The exact result is rounded, never a
// rounded one; the one exception is described at [Value.Append].
//
// Package exact imports the standard library only; every package of a higher layer
// may import it. Errors, units and forms are described at the functions.
package exact

import (
	"cmp"
	"errors"
	"math"
	"math/big"
	"math/bits"
)

// Parse, ParseSum and ParseMoments return these errors unwrapped. The limits are
// those of Parse; ParseSum and ParseMoments have wider ones.
var (
	// ErrSyntax reports that the text is not a number of the JSON grammar
	// (RFC 8259, section 6).
	ErrSyntax = errors.New("not a number")
	// ErrRange reports that the nearest float64 would be infinite.
	ErrRange = errors.New("number out of range")
	// ErrFine reports that the number has non-zero digits below 10^-1100.
	ErrFine = errors.New("number has non-zero digits below 1e-1100")
)

const (
	// maxScale is the largest scale of a small Dec. It is even and small
	// enough that twice it, the scale of a square, fits the six bits that a
	// form has for it.
	maxScale = 24

	// maxParseScale is the largest number of decimals that Parse accepts.
	// Float64 has 1,074 at most, so the exact value of every float64 is
	// accepted; without a limit, 1e-1000000000 would allocate a gigabyte.
	maxParseScale = 1100

	// maxParseExp is the largest decimal exponent of the first digit that
	// Parse accepts: the largest float64 is 1.797…e308.
	maxParseExp = 308

	maxPlainDigits     = 40   // digits of a number that is printed exactly and plainly
	maxRoundedDecimals = 1100 // decimals that Value.Append rounds to
)

// Dec is an immutable decimal number. The zero value is 0.
//
// Invariants. A number has exactly one representation:
//
//   - If it is ±c × 10^-scale for a c below 2^64 and a scale from 0 to
//     maxScale, it is small: big is nil and the scale is the least possible,
//     so c is not a multiple of ten unless scale is 0. Zero is never negative.
//   - Otherwise it is big: big is not nil and c, neg and scale are zero.
//
// So two small Decs are equal if and only if == says so. Big ones have a pointer
// and need Cmp.
type Dec struct {
	big   *bigDec // the number if it is not small, else nil
	c     uint64  // the coefficient: the number is ±c × 10^-scale
	neg   bool    // the sign of a small number
	scale uint8   // the number of decimals of a small number
}

// bigDec is c × 10^-scale, of any size; scale may be negative.
//
// Invariant: once a bigDec is stored in a Dec, a total or a Value it and its c
// are never written again, because copies share them. In a Dec, c is not a
// multiple of ten.
type bigDec struct {
	c     *big.Int
	scale int
}

// Int returns n.
func Int(n int64) Dec {
	if n < 0 {
		return Dec{c: -uint64(n), neg: true} // right for the smallest int64 too
	}
	return Dec{c: uint64(n)}
}

// FromFloat returns the exact value of f, which has up to 1,074 decimals. It
// returns false for NaN and infinities.
func FromFloat(f float64) (Dec, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Dec{}, false
	}
	if f == 0 {
		return Dec{}, true
	}
	// |f| = m × 2^e. The exponent field of subnormals is 0, and they have no
	// implicit bit; 1075 is the bias 1023 plus the 52 bits of the significand.
	b := math.Float64bits(f)
	m, e := b&(1<<52-1), int(b>>52&0x7ff)
	if e == 0 {
		e = 1
	} else {
		m |= 1 << 52
	}
	z := bits.TrailingZeros64(m)
	m, e = m>>z, e-1075+z // m is now odd
	neg := f < 0
	if e >= 0 {
		if e <= bits.LeadingZeros64(m) {
			return Dec{c: m << e, neg: neg}, true
		}
		c := new(big.Int).SetUint64(m)
		return newDec(neg, c.Lsh(c, uint(e)), 0), true
	}
	// m × 2^e = m × 5^-e × 10^e. The product is odd, so it is not a multiple
	// of ten, as the invariant of Dec requires.
	if -e <= maxScale {
		hi, lo := bits.Mul64(m, pow5[-e])
		if hi == 0 {
			return Dec{c: lo, neg: neg, scale: uint8(-e)}, true
		}
	}
	c := new(big.Int).SetUint64(m)
	return newDec(neg, c.Mul(c, power(5, -e)), -e), true
}

// newDec returns ±c × 10^-scale in its one representation. The sign is that
// of c, inverted if neg is set. It takes ownership of c.
func newDec(neg bool, c *big.Int, scale int) Dec {
	c, scale = trimBig(c, scale)
	if c.Sign() == 0 {
		return Dec{}
	}
	if c.Sign() < 0 {
		neg = !neg
		c.Neg(c)
	}
	if c.IsUint64() && scale <= maxScale {
		if scale >= 0 {
			return Dec{c: c.Uint64(), neg: neg, scale: uint8(scale)}
		}
		// An integer with zeros at its end: small if it fits 64 bits.
		if -scale < len(pow10) {
			hi, lo := bits.Mul64(c.Uint64(), pow10[-scale])
			if hi == 0 {
				return Dec{c: lo, neg: neg}
			}
		}
	}
	if neg {
		c.Neg(c)
	}
	return Dec{big: &bigDec{c, scale}}
}

// trimBig removes the decimal zeros at the end of c, of either sign, and lowers
// scale with them, so that c × 10^-scale stays the same. It does not write to
// the c it is given.
//
// A number with n zeros at its end in decimal has at least n in binary, so the
// binary zeros bound the search; it removes them in powers of two, from the
// largest down, which takes a logarithmic number of divisions.
func trimBig(c *big.Int, scale int) (*big.Int, int) {
	zeros := int(c.TrailingZeroBits())
	if c.Sign() == 0 || zeros == 0 {
		return c, scale
	}
	c = new(big.Int).Set(c)
	q, r := new(big.Int), new(big.Int)
	k := 1 << (bits.Len(uint(zeros)) - 1)
	for ; k > 0; k >>= 1 {
		for k <= zeros {
			q.QuoRem(c, power(10, k), r)
			if r.Sign() != 0 {
				break
			}
			c, q = q, c
			zeros -= k
			scale -= k
		}
	}
	return c, scale
}

// power returns base^k for k >= 0.
func power(base int64, k int) *big.Int {
	return new(big.Int).Exp(big.NewInt(base), big.NewInt(int64(k)), nil)
}

// toBig returns d as a bigDec. The caller must not change the coefficient.
func (d Dec) toBig() bigDec {
	if d.big != nil {
		return *d.big
	}
	c := new(big.Int).SetUint64(d.c)
	if d.neg {
		c.Neg(c)
	}
	return bigDec{c, int(d.scale)}
}

// Sign returns -1, 0 or 1.
func (d Dec) Sign() int {
	switch {
	case d.big != nil:
		return d.big.c.Sign()
	case d.c == 0:
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// Cmp returns -1 if d < e, 0 if they are equal and 1 if d > e.
func (d Dec) Cmp(e Dec) int {
	if d.big != nil || e.big != nil || d.neg != e.neg {
		return d.cmp(e)
	}
	// Compare magnitudes in the unit of the one with more decimals, in 128
	// bits: a coefficient below 2^64 times a power of ten below 2^64 fits.
	var dh, eh uint64
	dl, el := d.c, e.c
	if d.scale != e.scale {
		// Scales are at most 24, so one of these differences is the distance
		// and the other one wraps to 232 or more.
		up, down := d.scale-e.scale, e.scale-d.scale
		if int(up) < len(pow10) {
			eh, el = bits.Mul64(el, pow10[up])
		} else if int(down) < len(pow10) {
			dh, dl = bits.Mul64(dl, pow10[down])
		} else {
			return d.cmp(e)
		}
	}
	if dh == eh && dl == el {
		return 0
	}
	if (dh < eh || dh == eh && dl < el) != d.neg {
		return -1
	}
	return 1
}

// cmp is Cmp for the rare cases: the signs differ, one number is big, or one
// has at least 20 decimals more than the other.
func (d Dec) cmp(e Dec) int {
	a, b := d.Sign(), e.Sign()
	if a != b || a == 0 {
		return cmp.Compare(a, b)
	}
	x, y := align(d.toBig(), e.toBig())
	return x.c.Cmp(y.c)
}

// align returns a and b at the larger one of their scales.
func align(a, b bigDec) (x, y bigDec) {
	return a.atScale(max(a.scale, b.scale)), b.atScale(max(a.scale, b.scale))
}

// atScale returns w with another scale. Requires scale >= w.scale.
func (w bigDec) atScale(scale int) bigDec {
	if scale == w.scale {
		return w
	}
	return bigDec{new(big.Int).Mul(w.c, power(10, scale-w.scale)), scale}
}

// add returns w + b, or w - b if minus is set.
func (w bigDec) add(b bigDec, minus bool) bigDec {
	x, y := align(w, b)
	if minus {
		return bigDec{new(big.Int).Sub(x.c, y.c), x.scale}
	}
	return bigDec{new(big.Int).Add(x.c, y.c), x.scale}
}

// Float returns the nearest float64, ties to even. It is an infinity for
// numbers outside float64, which Parse never returns but Sum.Dec may.
func (d Dec) Float() float64 {
	if d.big != nil {
		return d.Value().float()
	}
	if d.c == 0 {
		return 0
	}
	f := quotientFloat(0, d.c, 1, d.scale)
	if d.neg {
		return -f
	}
	return f
}

// Value returns d as a result that prints exactly.
func (d Dec) Value() Value {
	if d.big != nil {
		return exactValue(*d.big)
	}
	x := int128{0, d.c}
	if d.neg {
		x = x.negated()
	}
	return Value{num: x, form: newForm(plain, 1, d.scale)}
}
