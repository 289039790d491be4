package exact

import (
	"math"
	"math/bits"
)

// Batch is numbers side by side, as integers: in units of 10^-Scale, Scale at most
// 24. There are at most MaxBatch of them, and their magnitudes are [Bounded], so that
// a sum of all fits an int64.
type Batch struct {
	Units []int64
	Scale uint8
}

// MaxBatch is how many numbers a Batch has at most.
const MaxBatch = 256

// Bounded reports whether a Batch may have numbers whose magnitudes have that bitwise
// or.
func Bounded(sizes uint64) bool { return sizes < math.MaxInt64/MaxBatch }

// Ten returns 10^k, k below Tens.
func Ten(k uint8) uint64 { return pow10[k] }

// Tens is how many powers of ten 64 bits can hold.
const Tens = len(pow10)

// Sum is that of all.
func (b Batch) Sum() (n int64) {
	for _, x := range b.Units {
		n += x
	}
	return n
}

// Extremes are the smallest and the largest; there must be one.
func (b Batch) MinMax() (least, most Dec) {
	lo, hi := b.Units[0], b.Units[0]
	for _, x := range b.Units {
		lo, hi = min(lo, x), max(hi, x)
	}
	return Units(lo, b.Scale), Units(hi, b.Scale)
}

// AddBatch adds each number to the total.
func (s *Sum) AddBatch(b Batch) { s.Add(Units(b.Sum(), b.Scale)) }

// AddBatch adds each number to the totals.
func (s *Moments) AddBatch(b Batch) {
	var sq int256
	for _, x := range b.Units {
		size := uint64(max(x, -x))
		h, l := bits.Mul64(size, size)
		var c uint64
		sq.a, c = bits.Add64(sq.a, l, 0)
		sq.b, _ = bits.Add64(sq.b, h, c)
	}
	s.sum.AddBatch(b)
	if 2*b.Scale < s.sq.scale {
		s.sq.rescale()
	}
	s.sq.add(sq, 2*b.Scale, false)
	s.alignScales()
}
