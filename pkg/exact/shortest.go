package exact

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// This file prints the shortest decimal that reads back as a given float64, for
// floats of the size that means usually have. strconv does the same for every
// float64, but with it mavg -n 7, whose means do not terminate, needs twice as
// many instructions per line.
//
// What is printed is the definition of Steele and White (How to Print
// Floating-Point Numbers Accurately, PLDI 1990): of the decimals that read back
// as f the one with the fewest digits, and of these the nearest to f. The search
// for it is not one of the published algorithms (Grisu, Ryū, Schubfach): the
// range of exponents is so small that each candidate is computed and tested
// exactly in 128 bits, so the proof is elementary. It follows.
//
// Let f = m × 2^-k, m of 53 bits, and h = 2^-(k+1), half the distance to the
// neighbours of f. As m is not a power of two, both neighbours are equally far.
//
//  1. A decimal x reads back as f if |x - f| < h, and does not if |x - f| > h.
//     |x - f| = h cannot occur: f ± h is an odd multiple of 2^-(k+1) and thus
//     has exactly k+1 decimals, at least 28, while no candidate has over 19. So
//     it does not matter which way ties are read, or whether m is even.
//  2. If any decimal with j decimals reads back as f, the one nearest to f does.
//     So one candidate for each j is enough: the nearest multiple of 10^-j.
//  3. If a decimal with j decimals reads back as f, so does one with j+1: append
//     a zero. So the search can begin with many decimals and stop at the first
//     j that fails.
//  4. It can begin at 16 digits, and 17 always do: the nearest decimal is at most
//     10^-j/2 away, which is less than h if 10^j > 2^k. If f has d digits before
//     the point, f >= 10^(d-1), so 2^k = m/f < 2^53 / 10^(d-1), and with j = 17-d
//     10^j = 10^16 / 10^(d-1), where 10^16 > 2^53. From 0.01 to 0.1 the same
//     holds with d = -1. Below 0.01 j is 19, and 2^k is at most 2^61 < 10^19.
//  5. f is not an integer, so an integer is at least 2h away from it: j never
//     becomes 0, and a candidate that passes never rounds up to the next integer.
//     So the fewest decimals are the fewest digits.

// appendShortest appends ±f as strconv.AppendFloat(…, 'f', -1, 64) does. It
// appends nothing and returns false if shortest cannot handle f.
//
// The decimals are written eight bytes at a time, sometimes more than there
// are. 17 digits, a sign and the zeros below 0.01 stay well within FormatSize.
func appendShortest(dst []byte, neg bool, f float64) ([]byte, bool) {
	whole, part, j := shortest(f)
	if j == 0 {
		return dst, false
	}
	i := len(dst)
	if cap(dst)-i < FormatSize {
		dst = slices.Grow(dst, FormatSize)
	}
	if neg {
		dst = append(dst, '-')
		i++
	}
	out := dst[i : i+FormatSize-1]
	n := max(numDigits(whole), 1)
	putDigits(out[:n], whole)
	out[n] = '.'
	n++
	// The j decimals of part, with leading zeros: up to three by themselves,
	// then two groups of up to eight from words.
	if j > 16 {
		top := part / 1e16
		part -= top * 1e16
		putDigits(out[n:n+j-16], top)
		n += j - 16
		j = 16
	}
	high := part / 1e8
	low := digits8(part-high*1e8) | '0'*ones
	if j > 8 {
		// Shift out the digits that the first group has too many, then write
		// the second group over the bytes after it.
		binary.LittleEndian.PutUint64(out[n:], (digits8(high)|'0'*ones)>>(8*(16-j)&63))
		binary.LittleEndian.PutUint64(out[n+j-8:], low)
	} else {
		binary.LittleEndian.PutUint64(out[n:], low>>(8*(8-j)&63))
	}
	return dst[:i+n+j], true
}

// shortest returns the decimal whole + part × 10^-j described above, with
// 1 <= j <= 19 and part < 10^j. j is 0 if it cannot tell: f is negative or not in
// the range from 1/512 to below 2^26, is an integer or a power of two, or two
// candidates are equally near to it (strconv has a rule for that).
//
// Each decimal that 16 digits have too many costs one multiplication, and so
// does a seventeenth digit. Most means that reach this function need 16 or 17
// digits, as they do not terminate.
func shortest(f float64) (whole, part uint64, j int) {
	// With the sign bit set, or an exponent too large, k wraps and is refused.
	b := math.Float64bits(f)
	k := uint(1075 - b>>52)
	m := b&(1<<52-1) | 1<<52
	if k < 27 || k > 61 || m == 1<<52 {
		return 0, 0, 0
	}
	whole = m >> (k & 63)
	halves := m << 1 & (1<<((k+1)&63) - 1) // the fraction of f in units of h
	j = 16 - numDigits(whole)
	if f < 0.1 { // zeros after the point are not significant digits
		j++
		if f < 0.01 {
			j++
		}
	}
	part, ok, tie := nearestPart(halves, j, k)
	for ok && j > 0 {
		c, less, t := nearestPart(halves, j-1, k)
		if !less {
			break
		}
		part, tie = c, t
		j--
	}
	if !ok {
		j++
		part, _, tie = nearestPart(halves, j, k)
	}
	if tie {
		return 0, 0, 0
	}
	return whole, part, j
}

// nearestPart returns the c for which c × 10^-j is nearest to halves × h, where h
// is 2^-(k+1), whether the distance is less than h, and whether c+1 is as near.
//
// In units of 10^-j × h, c is c × 2^(k+1) and the fraction is halves × 10^j: a
// product below 2^62 × 10^19 < 2^126. Its quotient by 2^(k+1) is c, below 10^19,
// and its remainder, which lies in the lower word as k+1 is at most 62, is the
// distance. h is 10^j in these units, so the test compares with p. The shift
// of hi loses no bit, since c fits a word.
func nearestPart(halves uint64, j int, k uint) (c uint64, ok, tie bool) {
	p := pow10[j]
	hi, lo := bits.Mul64(halves, p)
	c = hi<<((63-k)&63) | lo>>((k+1)&63)
	unit := uint64(1) << ((k + 1) & 63)
	rest := lo & (unit - 1)
	if rest > unit/2 {
		c, rest = c+1, unit-rest
	}
	return c, rest < p, rest == unit/2
}
