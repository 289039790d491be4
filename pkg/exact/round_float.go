package exact

import (
	"math"
	"math/big"
	"math/bits"
)

// This file rounds exact results to float64. Every function computes the
// leading bits of the exact binary result, at least 63 of them, and whether anything but
// zeros follows it (sticky). These two are enough to round correctly: with 53
// bits kept there are at least 10 more, so a tie is recognised by a one, zeros
// and no sticky part.

// nearestFloat returns the float64 nearest to m × 2^exp, ties to even, with
// subnormals and infinity. Requires that the top bit of m is set. With sticky
// the number is larger than that, by less than one unit of m.
func nearestFloat(m uint64, exp int, sticky bool) float64 {
	e := exp + 63 // the exponent of the top bit
	// Normal numbers keep 53 of 64 bits. Below 2^-1022 the unit stays 2^-1074,
	// so one more bit is dropped for each binary place.
	drop := 11 + max(0, -1022-e)
	if drop > 64 { // below 2^-1075, half of the smallest subnormal
		return 0
	}
	significand, rest := m>>drop, m<<(64-drop) // rest is a fraction of 2^64
	if rest > 1<<63 || rest == 1<<63 && (sticky || significand&1 == 1) {
		significand++
	}
	// Exponent and significand are adjacent in a float64, and the implicit bit
	// of the significand adds 1 to the exponent field. So the field gets the
	// biased exponent less one, e + 1022, and a significand that was rounded up
	// to 2^53 carries into the exponent correctly, from the largest subnormal to
	// the smallest normal number and from the largest number to infinity too.
	if e >= -1022 {
		if e > 1023 {
			return math.Inf(1)
		}
		significand += uint64(e+1022) << 52
	}
	return math.Float64frombits(significand)
}

// nearestFloatBig does the same for q × 2^exp. Requires that q has at least 64
// bits.
func nearestFloatBig(q *big.Int, exp int, sticky bool) float64 {
	drop := q.BitLen() - 64
	sticky = sticky || int(q.TrailingZeroBits()) < drop
	return nearestFloat(new(big.Int).Rsh(q, uint(drop)).Uint64(), exp+drop, sticky)
}

// quotientFloat returns the float64 nearest to (hi,lo) / (den × 10^scale), ties
// to even. Requires that (hi,lo) is at most 2^127, that den × 5^scale fits 64
// bits, and that neither is 0.
func quotientFloat(hi, lo, den uint64, scale uint8) float64 {
	// Integers below 2^53 are exact as float64, and IEEE 754 rounds the
	// quotient of two float64s correctly: one division does it all.
	if hi == 0 && lo < 1<<53 && int(scale) < len(pow10) {
		h, d := bits.Mul64(den, pow10[scale])
		if h == 0 && d < 1<<53 {
			return float64(lo) / float64(d)
		}
	}
	// Divide by d = den × 5^scale; the missing 2^scale goes into the exponent.
	// Shift both so that their top bits are set, then halve the dividend: its
	// high word is then below the divisor, as Div64 requires. Halving loses no
	// bit: the lowest one is 0, as either nz > 0 or (hi,lo) is 2^127.
	//
	// The dividend is from 2^126 to below 2^127 and the divisor from 2^63 to
	// below 2^64, so the quotient is above 2^62: it has 63 or 64 bits.
	d := den * pow5[scale]
	dz := bits.LeadingZeros64(d)
	nz := zeros128(hi, lo)
	hi, lo = shift128(hi, lo, nz)
	q, r := bits.Div64(hi>>1, hi<<63|lo>>1, d<<dz)
	z := bits.LeadingZeros64(q)
	return nearestFloat(q<<z, 1-nz+dz-int(scale)-z, r != 0)
}

// rootFloat returns the float64 nearest to the square root of
// (hi,lo) / (den × 10^scale), under the same conditions.
//
// The radicand is brought to the form Q × 2^exp with an even exp and a Q of 126
// to 128 bits; the root is then √Q × 2^(exp/2), and ⌊√Q⌋ has 63 or 64 bits. The
// floor of the root of ⌊x⌋ is that of the root of x, so the fraction of Q does
// not matter for it; it only makes the result sticky.
func rootFloat(hi, lo, den uint64, scale uint8) float64 {
	d := den * pow5[scale]
	dz := bits.LeadingZeros64(d)
	nz := zeros128(hi, lo)
	hi, lo = shift128(hi, lo, nz)
	// The dividend is (hi,lo) × 2^(64-shift), of three words, and the quotient
	// has two. shift is 1, or 2 where exp would be odd. As in quotientFloat, it
	// keeps the high word below the divisor. The bits that are shifted out of
	// one word come in at the top of the next, so none is lost.
	exp := dz - nz - 63 - int(scale)
	shift := uint(1)
	if exp&1 != 0 {
		exp++
		shift = 2
	}
	q1, r := bits.Div64(hi>>shift, hi<<(64-shift)|lo>>shift, d<<dz)
	q0, r := bits.Div64(r, lo<<(64-shift), d<<dz)
	m, isExact := sqrt128(q1, q0)
	z := bits.LeadingZeros64(m)
	return nearestFloat(m<<z, exp/2-z, r != 0 || !isExact)
}

// sqrt128 returns the square root s of (hi,lo), rounded down, and whether s² is
// (hi,lo).
//
// The float64 root is a guess that is good to about 52 bits. One step of
// Newton's iteration, s = (s + n/s) / 2, doubles the number of correct bits, so
// that the result is off by a few units at most: the error of the guess is
// below 2^13, and that of the step is its square over 2s, with s near 2^64.
// (Smaller roots have smaller errors.) The loops then correct it exactly,
// whatever the float operations gave; they are what makes the result right.
func sqrt128(hi, lo uint64) (s uint64, isExact bool) {
	if hi == 0 && lo == 0 {
		return 0, true
	}
	s = math.MaxUint64
	f := math.Sqrt(float64(hi)*(1<<64) + float64(lo))
	if f < 1<<64 { // else the conversion would overflow
		s = max(uint64(f), 1)
	}
	if hi < s { // as Div64 requires
		q, _ := bits.Div64(hi, lo, s)
		sum, c := bits.Add64(s, q, 0)
		s = sum>>1 | c<<63
	} else {
		// The root is close to 2^64: n is 2^128 × (1-x) for a small x, and the
		// root of 1-x is about 1 - x/2. The distance of hi to 2^64 is halved.
		s = hi + ^hi>>1
	}
	for {
		h, l := bits.Mul64(s, s)
		if h < hi || h == hi && l <= lo {
			break
		}
		s--
	}
	for s < math.MaxUint64 {
		h, l := bits.Mul64(s+1, s+1)
		if h > hi || h == hi && l > lo {
			break
		}
		s++
	}
	h, l := bits.Mul64(s, s)
	return s, h == hi && l == lo
}

// zeros128 returns the number of leading zero bits of (hi,lo).
func zeros128(hi, lo uint64) int {
	if hi != 0 {
		return bits.LeadingZeros64(hi)
	}
	return 64 + bits.LeadingZeros64(lo)
}

// shift128 returns (hi,lo) << n.
func shift128(hi, lo uint64, n int) (h, l uint64) {
	if n >= 64 {
		return lo << (n - 64), 0
	}
	return hi<<n | lo>>(64-n), lo << n
}

// quotientBig returns the float64 nearest to num / den, both positive. The
// dividend is shifted to have 66 bits more than the divisor, so the quotient
// has 66 or 67.
func quotientBig(num, den *big.Int) float64 {
	k := den.BitLen() - num.BitLen() + 66
	q, r := divShifted(num, den, k)
	return nearestFloatBig(q, -k, r.Sign() != 0)
}

// rootBig returns the float64 nearest to the square root of num / den, both
// positive. k is even, so that 2^-k has a root, and makes the quotient have at
// least 133 bits, so the root has at least 67.
func rootBig(num, den *big.Int) float64 {
	k := (den.BitLen() - num.BitLen() + 134) &^ 1
	q, r := divShifted(num, den, k)
	s := new(big.Int).Sqrt(q)
	sticky := r.Sign() != 0 || new(big.Int).Mul(s, s).Cmp(q) != 0
	return nearestFloatBig(s, -k/2, sticky)
}

// divShifted returns num × 2^k / den and the remainder; k may be negative.
func divShifted(num, den *big.Int, k int) (q, r *big.Int) {
	if k >= 0 {
		num = new(big.Int).Lsh(num, uint(k))
	} else {
		den = new(big.Int).Lsh(den, uint(-k))
	}
	return new(big.Int).QuoRem(num, den, new(big.Int))
}
