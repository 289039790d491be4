package sketch

import (
	"math"
	"math/bits"
)

// A float64 truncated to b bits is known by its sign, its exponent and the first b of the
// 52 bits of its mantissa (the hidden bit is not counted). All float64s that are equal in
// these form a step. In [2^e, 2^(e+1)) there are 2^b steps, each 2^(e-b) wide; below
// 2^-1022, where float64 has no exponents left, they are as wide as just above. 0 is itself
// with any number of bits, and in no step.
//
// A step is written as its middle: the bits it has in common, the next one set, and the
// rest clear. So the middle is away from zero from the numbers with the rest clear. With
// 52 bits a step is one number, and 0 wide.
//
// Two properties carry the package. Truncation keeps the order: it never makes a smaller
// number larger than a larger one. And the middle of a step, truncated to fewer bits,
// gives what any number of the step gives.
const (
	floatBits = 52 // of the mantissa of a float64
	minBits   = 7  // with fewer, a step would be more than 0.8 % of its numbers
)

// middle returns the middle of the step of f if that many bits are kept. Requires keep ≤
// floatBits.
func middle(f float64, keep uint8) float64 {
	if f == 0 || keep == floatBits {
		return f
	}
	step := uint64(1) << (floatBits - keep)
	return math.Float64frombits(math.Float64bits(f)&^(step-1) | step>>1)
}

// width returns the width of the step of f if that many bits are kept; it is 0 if f is
// alone in it. Requires keep ≤ floatBits.
func width(f float64, keep uint8) float64 {
	if f == 0 || keep == floatBits {
		return 0
	}
	exponent := int(math.Float64bits(f) >> floatBits & 0x7ff)
	return math.Ldexp(1, max(exponent, 1)-1023-int(keep))
}

// fit returns the largest number of bits, at most most and at least minBits, with which at
// most MaxDifferent different numbers remain of floats, or minBits if there is none.
// Requires that floats is in ascending order, and middles of steps of most bits or finer.
//
// Two neighbours whose mantissas differ first in bit k, counted from 1 at the top, remain
// different with k bits or more.
func fit(floats []float64, most uint8) uint8 {
	var differ [floatBits + 1]int // neighbours that remain different with so many bits or more
	for i := 1; i < len(floats); i++ {
		k, different := firstBit(floats[i-1], floats[i])
		if different {
			differ[max(k, minBits)]++
		}
	}
	n := 1 + differ[minBits]
	for b := uint8(minBits); b < most; b++ {
		n += differ[b+1]
		if n > MaxDifferent {
			return b
		}
	}
	return most
}

// firstBit returns with how many bits x and y are different steps at least, or false if
// they are equal.
func firstBit(x, y float64) (k int, different bool) {
	a, b := math.Float64bits(x), math.Float64bits(y)
	switch {
	case x == y:
		return 0, false
	case x == 0 || y == 0:
		return 0, true
	}
	diff := a ^ b
	if diff>>floatBits != 0 { // another exponent or sign
		return 0, true
	}
	return floatBits + 1 - bits.Len64(diff), true
}
