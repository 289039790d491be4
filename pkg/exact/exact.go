// Package exact holds numbers that do not round: decimals as JSON writes them,
// running sums of them, and what is read off a sum (mean, variance, standard
// deviation), rounded once, when it is printed.
//
// A Dec is one decimal, a Sum or a Spread a total that adds and takes away, a
// Value a result that has not been rounded yet. What they hold depends on the
// readings that are in them and on nothing else: no order, cut or merge
// changes a bit of it, and what was removed leaves no trace.
//
// Numbers of up to 19 digits are kept in scaled integers of 128 bits (256 for
// squares); what does not fit goes a slower way through math/big and comes
// back when it fits again. Both ways give the same answers.
//
// The package stands on the standard library alone; any other may use it.
package exact

import (
	"cmp"
	"errors"
	"math"
	"math/big"
	"math/bits"
)

// Parse, ParseSum and ParseSpread return these errors as they are, unwrapped.
var (
	// ErrSyntax: the text is no number of the JSON grammar (RFC 8259, section 6).
	ErrSyntax = errors.New("not a number")
	// ErrRange: the nearest float64 would be an infinity.
	ErrRange = errors.New("number out of range")
	// ErrFine: the number has digits other than zero below 10^-1100.
	ErrFine = errors.New("number too fine")
)

const (
	maxScale  = 24   // of a small Dec: decimals behind the point
	maxFine   = 1100 // decimals behind the point of any Dec that was parsed
	maxTop    = 308  // decimal exponent of the first digit of any Dec that was parsed
	maxExact  = 40   // digits that a number is printed with at most, if exactly
	maxDigits = 1100 // decimals that Value.Append rounds to at most
)

// Dec is a decimal number, immutable; the zero value is 0. Equal numbers are
// equally represented, though Cmp must be asked, as a wide one lies behind a
// pointer.
type Dec struct {
	big   *bigDec // what does not fit below, else nil
	c     uint64  // the number is ±c × 10^-scale
	neg   bool
	scale uint8 // 0 to maxScale; c is no multiple of ten unless scale is 0
}

// wide is c × 10^-scale, immutable once it can be seen from two places.
type bigDec struct {
	c     *big.Int
	scale int
}

// Int returns n.
func Int(n int64) Dec {
	if n < 0 {
		return Dec{c: -uint64(n), neg: true}
	}
	return Dec{c: uint64(n)}
}

// FromFloat returns the exact value of f, which has up to 1,074 decimals;
// false for NaN and infinities.
func FromFloat(f float64) (Dec, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Dec{}, false
	}
	if f == 0 {
		return Dec{}, true
	}
	b := math.Float64bits(f)
	m, e := b&(1<<52-1), int(b>>52&0x7ff)
	if e == 0 {
		e = 1
	} else {
		m |= 1 << 52
	}
	z := bits.TrailingZeros64(m)
	m, e = m>>z, e-1075+z
	neg := f < 0
	if e >= 0 {
		if e <= bits.LeadingZeros64(m) {
			return Dec{c: m << e, neg: neg}, true
		}
		c := new(big.Int).SetUint64(m)
		return normal(neg, c.Lsh(c, uint(e)), 0), true
	}
	if -e <= maxScale {
		if hi, lo := bits.Mul64(m, pow5[-e]); hi == 0 {
			return Dec{c: lo, neg: neg, scale: uint8(-e)}, true
		}
	}
	c := new(big.Int).SetUint64(m)
	return normal(neg, c.Mul(c, power(5, -e)), -e), true
}

// normal returns ±c × 10^-scale in its one representation. It takes c over.
func normal(neg bool, c *big.Int, scale int) Dec {
	c, scale = strip(c, scale)
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
		if -scale < len(pow10) {
			if hi, lo := bits.Mul64(c.Uint64(), pow10[-scale]); hi == 0 {
				return Dec{c: lo, neg: neg}
			}
		}
	}
	if neg {
		c.Neg(c)
	}
	return Dec{big: &bigDec{c, scale}}
}

// strip takes the zeros off the end of c, whatever its sign, so that c × 10^-scale stays.
func strip(c *big.Int, scale int) (*big.Int, int) {
	zeros := int(c.TrailingZeroBits())
	if c.Sign() == 0 || zeros == 0 {
		return c, scale
	}
	c = new(big.Int).Set(c)
	q, r := new(big.Int), new(big.Int)
	k := 1 << (bits.Len(uint(zeros)) - 1)
	for ; k > 0; k >>= 1 {
		for k <= zeros {
			if q.QuoRem(c, power(10, k), r); r.Sign() != 0 {
				break
			}
			c, q = q, c
			zeros -= k
			scale -= k
		}
	}
	return c, scale
}

// power returns base^k, k not negative.
func power(base int64, k int) *big.Int {
	return new(big.Int).Exp(big.NewInt(base), big.NewInt(int64(k)), nil)
}

// wide returns d in its wide form. The coefficient must not be changed.
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
	var dh, eh uint64
	dl, el := d.c, e.c
	if d.scale != e.scale {
		// One of the two wraps to over 200.
		if up, down := d.scale-e.scale, e.scale-d.scale; int(up) < len(pow10) {
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

// cmp is Cmp where the signs differ, or one is wide or has many more decimals.
func (d Dec) cmp(e Dec) int {
	if a, b := d.Sign(), e.Sign(); a != b || a == 0 {
		return cmp.Compare(a, b)
	}
	x, y := align(d.toBig(), e.toBig())
	return x.c.Cmp(y.c)
}

// align brings a and b to the larger of their scales.
func align(a, b bigDec) (x, y bigDec) {
	return a.at(max(a.scale, b.scale)), b.at(max(a.scale, b.scale))
}

// at returns w at a scale that is not smaller than its own.
func (w bigDec) at(scale int) bigDec {
	if scale == w.scale {
		return w
	}
	return bigDec{new(big.Int).Mul(w.c, power(10, scale-w.scale)), scale}
}

// add returns a + b, or a - b.
func (w bigDec) add(b bigDec, minus bool) bigDec {
	x, y := align(w, b)
	if minus {
		return bigDec{new(big.Int).Sub(x.c, y.c), x.scale}
	}
	return bigDec{new(big.Int).Add(x.c, y.c), x.scale}
}

// Float returns the nearest float64, half to even; an infinity for what is
// beyond (no number that Parse returned is).
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
		return whole(*d.big)
	}
	x := int128{0, d.c}
	if d.neg {
		x = x.negated()
	}
	return Value{num: x, form: newForm(plain, 1, d.scale)}
}
