package exact

import (
	"math"
	"math/big"
	"math/bits"
)

// pack returns the float64 nearest to m × 2^exp, half to even, subnormals and
// infinity included. The top bit of m must be set; sticky says that the number
// is a little more than that.
func pack(m uint64, exp int, sticky bool) float64 {
	e := exp + 63
	drop := 11 + max(0, -1022-e)
	if drop > 64 {
		return 0
	}
	kept, rest := m>>drop, m<<(64-drop)
	if rest > 1<<63 || rest == 1<<63 && (sticky || kept&1 == 1) {
		kept++ // a carry goes on into the exponent, as it should
	}
	if e >= -1022 {
		if e > 1023 {
			return math.Inf(1)
		}
		kept += uint64(e+1022) << 52
	}
	return math.Float64frombits(kept)
}

// packBig does the same for a q of 64 bits or more.
func packBig(q *big.Int, exp int, sticky bool) float64 {
	drop := q.BitLen() - 64
	sticky = sticky || int(q.TrailingZeroBits()) < drop
	return pack(new(big.Int).Rsh(q, uint(drop)).Uint64(), exp+drop, sticky)
}

// quotient returns the float64 nearest to (hi,lo) / (den × 10^scale), half to
// even. (hi,lo) must be at most 2^127, den × 5^scale fit 64 bits, and neither be 0.
func quotientFloat(hi, lo, den uint64, scale uint8) float64 {
	if hi == 0 && lo < 1<<53 && int(scale) < len(pow10) {
		if h, d := bits.Mul64(den, pow10[scale]); h == 0 && d < 1<<53 {
			return float64(lo) / float64(d)
		}
	}
	d := den * pow5[scale]
	dz := bits.LeadingZeros64(d)
	nz := zeros128(hi, lo)
	hi, lo = shift128(hi, lo, nz)
	// A zero in front, so that the quotient fits; it then has 63 or 64 bits.
	q, r := bits.Div64(hi>>1, hi<<63|lo>>1, d<<dz)
	z := bits.LeadingZeros64(q)
	return pack(q<<z, 1-nz+dz-int(scale)-z, r != 0)
}

// root returns the float64 nearest to the square root of
// (hi,lo) / (den × 10^scale), under the same conditions.
func rootFloat(hi, lo, den uint64, scale uint8) float64 {
	d := den * pow5[scale]
	dz := bits.LeadingZeros64(d)
	nz := zeros128(hi, lo)
	hi, lo = shift128(hi, lo, nz)
	// The dividend is (hi,lo) × 2^63, or × 2^62 where the power of two that
	// is left over would be odd.
	exp := dz - nz - 63 - int(scale)
	cut := uint(1)
	if exp&1 != 0 {
		exp++
		cut = 2
	}
	q1, r := bits.Div64(hi>>cut, hi<<(64-cut)|lo>>cut, d<<dz)
	q0, r := bits.Div64(r, lo<<(64-cut), d<<dz)
	m, whole := sqrt128(q1, q0)
	z := bits.LeadingZeros64(m)
	return pack(m<<z, exp/2-z, r != 0 || !whole)
}

// sqrt128 returns the square root, rounded down, and whether it is the root.
func sqrt128(hi, lo uint64) (s uint64, whole bool) {
	if hi == 0 && lo == 0 {
		return 0, true
	}
	s = math.MaxUint64
	if f := math.Sqrt(float64(hi)*(1<<64) + float64(lo)); f < 1<<64 {
		s = max(uint64(f), 1)
	}
	if hi < s { // a step of Newton's: the guess was good to some 52 bits
		q, _ := bits.Div64(hi, lo, s)
		sum, c := bits.Add64(s, q, 0)
		s = sum>>1 | c<<63
	} else { // close below 2^64, where the root of 1-x is 1-x/2
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

func zeros128(hi, lo uint64) int {
	if hi != 0 {
		return bits.LeadingZeros64(hi)
	}
	return 64 + bits.LeadingZeros64(lo)
}

func shift128(hi, lo uint64, n int) (h, l uint64) {
	if n >= 64 {
		return lo << (n - 64), 0
	}
	return hi<<n | lo>>(64-n), lo << n
}

// quotientBig returns the float64 nearest to num / den, both positive.
func quotientBig(num, den *big.Int) float64 {
	k := den.BitLen() - num.BitLen() + 66
	q, r := divShifted(num, den, k)
	return packBig(q, -k, r.Sign() != 0)
}

// rootBig returns the float64 nearest to the square root of num / den, both positive.
func rootBig(num, den *big.Int) float64 {
	k := (den.BitLen() - num.BitLen() + 134) &^ 1
	q, r := divShifted(num, den, k)
	s := new(big.Int).Sqrt(q)
	sticky := r.Sign() != 0 || new(big.Int).Mul(s, s).Cmp(q) != 0
	return packBig(s, -k/2, sticky)
}

// divShifted returns num × 2^k / den and the remainder.
func divShifted(num, den *big.Int, k int) (q, r *big.Int) {
	if k >= 0 {
		num = new(big.Int).Lsh(num, uint(k))
	} else {
		den = new(big.Int).Lsh(den, uint(-k))
	}
	return new(big.Int).QuoRem(num, den, new(big.Int))
}
