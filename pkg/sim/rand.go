package sim

import "math/bits"

// random is the generator SplitMix64 (Steele, Lea, Flood: Fast Splittable
// Pseudorandom Number Generators, OOPSLA 2014, with the constants of their
// section 5.2). The value is its state.
//
// Why not math/rand/v2: what a seed produces must not change with the Go version.
type random uint64

// next returns the next 64 random bits.
func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	return mix(uint64(*r))
}

// mix is a bijection of the 64-bit words that spreads small differences over all bits.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a random number from 0 to n-1, n > 0, by Lemire's multiplication (Fast
// Random Integer Generation in an Interval, 2019). The rejection step is left out: for the
// small n used here the bias is under 2^-50.
func (r *random) below(n int64) int64 {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int64(hi)
}

// between returns a random number from a to b, both included.
func (r *random) between(a, b int64) int64 { return a + r.below(b-a+1) }

// stream returns the generator for one purpose of one unit: 0 is for its readings, 1 for its
// faults, 2 for ids. The generators of a seed start at unrelated states, so what one of
// them draws does not depend on the others.
func stream(seed uint64, unit, purpose int) random {
	return random(mix(mix(mix(seed)+uint64(unit)) + uint64(purpose)))
}
