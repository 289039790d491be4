package sim

import "math/bits"

// random is the generator SplitMix64 (Steele, Lea, Flood: Fast Splittable
// Pseudorandom Number Generators, OOPSLA 2014, with the constants of their
// section 5.2). It is written out so that what it draws depends on nothing
// outside this file.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	return mix(uint64(*r))
}

// mix is a bijection of the 64-bit words.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below draws from 0 to n-1, n > 0, by Lemire's multiplication, without the
// rejection step: for our small n the bias is under 2^-50.
func (r *random) below(n int64) int64 {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int64(hi)
}

// between draws from a to b, both included.
func (r *random) between(a, b int64) int64 { return a + r.below(b-a+1) }

// stream is the generator for one purpose of one unit, far from all the others
// of the same seed.
func stream(seed uint64, unit, purpose int) random {
	return random(mix(mix(mix(seed)+uint64(unit)) + uint64(purpose)))
}
