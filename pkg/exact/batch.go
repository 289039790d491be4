package exact

import (
	"math"
	"math/bits"
)

// Batch is up to MaxBatch numbers: Units[i] × 10^-Scale. Scale is at most 24,
// and the bitwise or of all magnitudes is [Bounded], so that the sum of all of
// them fits an int64.
type Batch struct {
	Units []int64
	Scale uint8
}

// MaxBatch is the largest number of numbers in a Batch.
const MaxBatch = 256

// Bounded reports whether a Batch may have numbers whose magnitudes have the
// bitwise or sizes. The or is at least as large as each of them, so all are
// below 2^55 - 1, and 256 of them add up to less than 2^63.
func Bounded(sizes uint64) bool { return sizes < math.MaxInt64/MaxBatch }

// Pow10 returns 10^k. Requires k < NumPow10.
func Pow10(k uint8) uint64 { return pow10[k] }

// NumPow10 is the number of powers of ten that fit 64 bits: 10^0 to 10^19.
const NumPow10 = len(pow10)

// Sum returns the sum of the Units, in units of 10^-Scale.
func (b Batch) Sum() (n int64) {
	for _, x := range b.Units {
		n += x
	}
	return n
}

// MinMax returns the smallest and the largest number. The batch must not be
// empty.
func (b Batch) MinMax() (least, most Dec) {
	lo, hi := b.Units[0], b.Units[0]
	for _, x := range b.Units {
		lo, hi = min(lo, x), max(hi, x)
	}
	return FromUnits(lo, b.Scale), FromUnits(hi, b.Scale)
}

// AddBatch adds every number of b to the total.
func (s *Sum) AddBatch(b Batch) { s.Add(FromUnits(b.Sum(), b.Scale)) }

// AddBatch adds every number of b to the totals.
//
// Squares of bounded numbers are below 2^110, so 256 of them stay below 2^118:
// they add up in the two lower words of sq without a carry out of these.
func (m *Moments) AddBatch(b Batch) {
	var sq int256
	for _, x := range b.Units {
		size := uint64(max(x, -x))
		h, l := bits.Mul64(size, size)
		var c uint64
		sq.a, c = bits.Add64(sq.a, l, 0)
		sq.b, _ = bits.Add64(sq.b, h, c)
	}
	m.sum.AddBatch(b)
	if 2*b.Scale < m.sq.scale {
		m.sq.rescale()
	}
	m.sq.add(sq, 2*b.Scale, false)
	m.alignScales()
}
