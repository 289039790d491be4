package exact

import (
	"encoding/binary"
	"math/bits"
)

// This file prints means fast. Nearly all means that are printed are quotients
// of a small integer that either terminate after a few decimals (sums of short
// decimals divided by 5 or 10) or do not (divided by 3 or 7). The former are
// brought to an integer and a scale and printed digit by digit in a word (SWAR)
// or in groups of three from a table; the latter go to appendShortest, without
// math/big or strconv. Each function prints what Value.Append promises or
// returns 0, and the caller tries the next one:
//
//	Divisor.FormatMilli   at most three decimals, integers from a table
//	Value.FastFormat      at most six decimals; or the shortest float64
//	Value.appendFinite    at most 15 digits
//	appendFloat           everything else
//
// The functions write whole words. What a word has too many bytes of is
// overwritten by the next one or lies beyond the text, within FormatSize.

// FormatSize is the capacity, in bytes, that a fast formatter needs: it may write
// anywhere in it, also beyond the text that it returns.
const FormatSize = 48

// FastFormat writes v as Append does with digits < 0 and returns the length, if
// v is a mean that terminates after a few decimals or whose shortest float64
// appendShortest finds. Otherwise it returns 0 and the caller has to use Append.
func (v Value) FastFormat(out *[FormatSize]byte) int {
	x := int64(v.num.lo)
	den := v.form.den()
	if v.form.kind() != ratio || uint64(x>>63) != v.num.hi || v.big != nil {
		return 0 // not a mean, or num does not fit 64 bits
	}
	// |x| without a branch: x>>63 is all ones for a negative x, and -x is ^x + 1.
	// The sign is always written; the first digit overwrites it if there is none.
	neg := uint64(x) >> 63
	lo := uint64(x^x>>63) + neg
	out[0] = '-'
	if den < uint64(len(finiteQuotients)) {
		// The quotient is c × 10^-scale. times is at most 10^6, so c cannot
		// overflow for lo < 10^8. A den without finite quotients has a scale
		// above 6.
		e := finiteQuotients[den]
		scale := uint32(v.form.scale()) + e.decimals
		c := lo * uint64(e.times)
		if lo < 1e8 && c < 1e8 && scale <= 6 {
			if scale <= 3 && c < 1e6 {
				// c × 10^(3-scale) is below 10^9, as FormatMilli requires.
				d := Divisor{milli: uint64(e.times * milliPer[scale]), below: lo + 1}
				return d.FormatMilli(x, out)
			}
			return int(neg) + format8((*[24]byte)(out[neg:]), c, int(scale))
		}
	}
	return fastFormat(out, neg, lo, den, int(v.form.scale()))
}

// fastFormat is FastFormat of ±lo / (den × 10^scale) for every den. The sign is
// in out already; neg is its length.
func fastFormat(out *[FormatSize]byte, neg, lo, den uint64, scale int) int {
	k := decimalsOf(den)
	if lo > 1<<40 || scale+k > 6 {
		return 0
	}
	// lo × 10^k is below 2^40 × 10^6 < 2^60. If den divides it, the quotient is
	// q × 10^-(scale+k). With at most 8 digits it is its own shortest text (see
	// appendFinite), and from 10^-6 on it needs no exponent.
	l := lo * pow10[k]
	q := l / den
	if q*den == l && q < 1e8 {
		return int(neg) + format8((*[24]byte)(out[neg:]), q, scale+k)
	}
	if den >= 1<<29 {
		return 0
	}
	// Both operands are below 2^53 (den × 10^6 is below 2^49), so they are exact
	// as float64, and their quotient is correctly rounded.
	text, ok := appendShortest(out[:0], neg != 0, float64(lo)/float64(den*pow10[scale]))
	if !ok {
		return 0
	}
	return len(text)
}

// decimalsOf returns a number of decimals within which n / den terminates for
// every integer n for which it terminates at all: the larger of
// the exponent of 2 in den and an upper bound of the exponent of 5.
//
// In lowest terms, a fraction terminates if its denominator is 2^a × 5^b, and
// has max(a, b) decimals. Cancelling does not raise a or b. The odd part of den,
// of L bits, is below 2^L, so b is less than L × log5(2). 441/1024 is just below
// log5(2); that the product, rounded down, is never less than b is checked for
// all 27 powers of five below 2^64 by TestDecimalsOf.
func decimalsOf(den uint64) int {
	two := bits.TrailingZeros64(den)
	return max(two, bits.Len64(den>>(two&63))*441>>10)
}

// appendFast appends v if FastFormat can write it and dst has free capacity for
// FormatSize. Otherwise it appends nothing and returns false.
func (v Value) appendFast(dst []byte) ([]byte, bool) {
	i := len(dst)
	if cap(dst)-i < FormatSize {
		return dst, false
	}
	n := v.FastFormat((*[FormatSize]byte)(dst[i : i+FormatSize]))
	return dst[:i+n], n > 0
}

// finiteQuotients has, for each den below 128 of the form 2^a × 5^b with a and b
// up to 6, 1/den = times × 10^-decimals with the fewest decimals: 1/5 is
// 2 × 10^-1, 1/64 is 15625 × 10^-6. Multiplying by times replaces the division.
// For every other den decimals is 99, more than any formatter prints.
var finiteQuotients = func() (t [128]struct{ times, decimals uint32 }) {
	for den := range t {
		t[den].decimals = 99
		for k := range uint32(7) {
			p := uint32(pow10[k])
			if den > 0 && p%uint32(den) == 0 {
				t[den].times, t[den].decimals = p/uint32(den), k
				break
			}
		}
	}
	return t
}()

// milliPer[scale] is 10^-scale in units of 10^-3.
var milliPer = [4]uint32{1000, 100, 10, 1}

// triplets has the texts of the numbers below 1000 as words: the first character
// is the lowest byte, and the highest byte is a length. There are three forms:
//
//   - leading, for the first digits of a number: without leading zeros. 7 is
//     "7" with length 1.
//   - inner, for further digits: always three of them. 7 is "007", without a
//     length.
//   - fraction, for three decimals: "007" with the number of them that are left
//     without trailing zeros, and one for the point: 70 is "070" with length 3,
//     two digits and the point; 0 has length 0, as it needs no point.
//
// Why a table: three digits take one load and one store, and no multiplication.
var triplets = func() (t struct{ leading, inner, fraction [1000]uint32 }) {
	for i := range uint32(1000) {
		a, b, c := '0'+i/100, '0'+i/10%10, '0'+i%10
		t.inner[i] = a | b<<8 | c<<16
		t.fraction[i] = t.inner[i]
		switch {
		case i == 0:
		case i%100 == 0:
			t.fraction[i] |= 2 << 24
		case i%10 == 0:
			t.fraction[i] |= 3 << 24
		default:
			t.fraction[i] |= 4 << 24
		}
		switch {
		case i < 10:
			t.leading[i] = c | 1<<24
		case i < 100:
			t.leading[i] = b | c<<8 | 2<<24
		default:
			t.leading[i] = t.inner[i] | 3<<24
		}
	}
	return t
}()

// format8 writes c × 10^-scale without trailing zeros and returns the length.
// Requires c < 10^8 and scale <= 7.
//
// It works on the word of the eight digits, first digit lowest, 0 for '0':
//
//  1. The highest zero bytes are trailing zeros of c. Shift out those that are
//     decimals, at most scale of them; zeros enter at the lower end, in front.
//  2. The lowest zero bytes are leading zeros. Shift them out, but keep one
//     digit before the point. The or makes characters of the digits before that.
//  3. Write all, then the point over the first decimal and the decimals, from
//     where they are in the word, once more after it.
//
// The masks &63 and &7 change nothing; they tell the compiler that a shift or an
// index is in range.
func format8(out *[24]byte, c uint64, scale int) int {
	w := digits8(c)
	trailing := min(bits.LeadingZeros64(w)>>3, scale)
	w <<= 8 * trailing & 63
	scale -= trailing
	leading := min(bits.TrailingZeros64(w)>>3, 7-scale)
	w = (w | '0'*ones) >> (8 * leading & 63)
	binary.LittleEndian.PutUint64(out[:], w)
	n := 8 - leading
	if scale > 0 {
		p := n - scale
		out[p&7] = '.'
		binary.LittleEndian.PutUint64(out[p&7+1:], w>>(8*p&63))
		n++
	}
	return n
}

// putDigits writes the last len(out) decimal digits of c.
func putDigits(out []byte, c uint64) {
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = '0' + byte(c%10)
		c /= 10
	}
}

// digits8 returns the eight decimal digits of c as the bytes of a word, the first
// digit lowest, 0 for '0'. Requires c < 10^8. It is the inverse of value8.
//
// Each step splits the numbers in all parts of the word at once, into a high part
// that stays and a low part that moves up by half a part:
//
//  1. c into two numbers of four digits, in the halves of the word.
//  2. Each of them, below 10^4, into two of two digits, in 16 bits each. The
//     division by 100 is a multiplication: x × 10486 >> 20 is ⌊x/100⌋ for x up to
//     10^4 (10486/2^20 is 1/100 + 2.3e-7; it is wrong from 43,699 on). The
//     product has 27 bits, so that of the lower half does not reach the upper
//     one; the mask removes the bits of the upper one that were shifted down.
//  3. Each of these, below 100, into two digits, in 8 bits each. x × 103 >> 10 is
//     ⌊x/10⌋ for x below 179. The product has 14 bits and stays in its 16.
func digits8(c uint64) uint64 {
	high := c / 10000
	w := high | (c-high*10000)<<32
	q := w * 10486 >> 20 & 0x7f0000007f // hundreds
	w = q | (w-q*100)<<16
	q = w * 103 >> 10 & 0x000f000f000f000f // tens
	return q | (w-q*10)<<8
}
