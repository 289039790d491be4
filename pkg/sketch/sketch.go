// Package sketch finds quantiles of sets of readings that add up and take
// away: of a sliding window, of steps that are summed to a window, of parts
// that were counted on different machines. The filters and the state they
// keep lean on it; it leans on exact alone.
//
// Up to Exact readings a quantile is that of the readings themselves. Beyond,
// it is that of their bins, each of which is narrower than 0.8 % of what lies
// in it. Which of the two it is follows from the number of readings, and
// either is computed in exact arithmetic and rounded once, so an answer is a
// function of the multiset of readings: neither the order in which they came,
// nor the cut into parts, nor the machine can be seen in it.
package sketch

import (
	"iter"
	"math/bits"

	"weir/pkg/exact"
)

// Exact is the number of readings up to which quantiles are exact.
const Exact = 4096

// slack is the number of readings beyond Exact that are still held, though
// bins decide by then: a window whose length hovers about Exact would
// otherwise have to be refilled again and again.
const slack = Exact / 8

// Sketch is a multiset of readings that knows its quantiles. The zero value
// is empty and ready for use. It takes about 40 bytes a reading and 64
// beside them while it holds the readings, about 8 bytes a bin afterwards, and
// keeps the memory of readings that have left for those to come. Of a Sketch
// and its copy only one may be used further. It is not safe for use by
// several goroutines.
type Sketch struct {
	n    int64
	held sorted // the n readings; nothing once bins took over
	bins *bins  // nil while the readings are held
}

// Len returns the number of readings.
func (s *Sketch) Len() int64 { return s.n }

// Whole reports whether the readings themselves are at hand. They are until
// Len has gone beyond Exact (by how much is not promised), and again after a
// Refill, or once s is empty.
//
// An owner whose sketch shrinks looks at it before it asks for a quantile:
// where Len is back at Exact or less and Whole is false, only Refill makes
// the answer exact.
func (s *Sketch) IsExact() bool { return s.bins == nil }

// Readings yields the readings in ascending order if s is Whole, else
// nothing. s must not change meanwhile.
func (s *Sketch) Readings() iter.Seq[exact.Dec] { return s.held.all }

// Add puts d into s.
func (s *Sketch) Add(d exact.Dec) {
	s.n++
	if s.bins == nil && s.n > Exact+slack {
		s.spill()
	}
	if s.bins == nil {
		s.held.insert(d)
	} else {
		s.bins.add(keyOf(d), 1)
	}
}

// Remove takes d out of s. It panics if that shows that d was not in s.
func (s *Sketch) Remove(d exact.Dec) {
	if s.bins == nil {
		s.held.remove(d)
	} else {
		s.bins.add(keyOf(d), -1)
	}
	s.shrink(1)
}

// Merge puts all readings of o, which is another sketch than s and stays as
// it is, into s. If o is not Whole, neither is s from then on.
func (s *Sketch) Merge(o *Sketch) {
	if s.bins == nil && (o.bins != nil || s.n+o.n > Exact+slack) {
		s.spill()
	}
	s.n += o.n
	switch {
	case s.bins == nil:
		o.held.all(func(d exact.Dec) bool { s.held.insert(d); return true })
	case o.bins == nil:
		o.held.all(func(d exact.Dec) bool { s.bins.add(keyOf(d), 1); return true })
	default:
		o.bins.all(func(key int32, n int64) bool { s.bins.add(key, n); return true })
	}
}

// Take takes all readings of o, which is another sketch than s and stays as
// it is, out of s. It panics if that shows that one of them was not in s. If
// o is not Whole, neither is s from then on, unless it is empty.
func (s *Sketch) Subtract(o *Sketch) {
	if s.bins == nil && o.bins != nil {
		s.spill()
	}
	switch {
	case s.bins == nil:
		o.held.all(func(d exact.Dec) bool { s.held.remove(d); return true })
	case o.bins == nil:
		o.held.all(func(d exact.Dec) bool { s.bins.add(keyOf(d), -1); return true })
	default:
		o.bins.all(func(key int32, n int64) bool { s.bins.add(key, -n); return true })
	}
	s.shrink(o.n)
}

// Refill replaces what s holds by readings, which must not come from s
// itself. For a sketch that has shrunk to Exact readings or fewer and is no
// longer Whole, they are the ones that remained.
func (s *Sketch) Refill(readings iter.Seq[exact.Dec]) {
	s.n, s.bins = 0, nil
	s.held.clear()
	for d := range readings {
		s.Add(d)
	}
}

// Quantile returns the quantile num/den of the readings, 0 ≤ num ≤ den and
// den > 0: the median is 1/2, p99.9 is 999/1000. It is null when s is empty.
//
// With the readings in ascending order as x[0] … x[n-1] and h = (n-1)·num/den,
// it lies between the neighbours x[⌊h⌋] and x[⌊h⌋+1], at the fraction of h
// (type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages",
// 1996; NumPy's default). Beyond Exact readings, or where s has shrunk and was
// not refilled, the middle of its bin stands for each neighbour, and the
// result is clamped to min and max, the extremes of the readings.
//
// A bin holds what has the sign, the exponent and the top 7 bits of the
// mantissa of its nearest float64 in common, zero alone; so its middle is off
// by at most 2^-8 = 0.390625 % of any number in it (a rounding to float64
// aside), except below 2^-1022, where float64 itself runs out of bits.
func (s *Sketch) Quantile(num, den int64, min, max exact.Dec) exact.Value {
	if s.n == 0 {
		return exact.Value{}
	}
	hi, lo := bits.Mul64(uint64(s.n-1), uint64(num))
	k, rest := bits.Div64(hi, lo, uint64(den))
	var a, b exact.Dec
	if s.bins == nil {
		a, b = s.held.at(int64(k))
		if s.n <= Exact {
			return exact.Lerp(a, b, int64(rest), den)
		}
		a, b = middle(keyOf(a)), middle(keyOf(b))
	} else {
		i, j := s.bins.at(int64(k))
		a, b = middle(i), middle(j)
	}
	return clamp(a, b, int64(rest), den, min, max)
}

// clamp returns what lies between a and b at num/den, but no less than min
// and no more than max. Its result is of the same kind in every case, so that
// it prints as a quantile does, not as an extreme.
func clamp(a, b exact.Dec, num, den int64, min, max exact.Dec) exact.Value {
	v := exact.Lerp(a, b, num, den)
	if a.Cmp(min) < 0 {
		if least := exact.Lerp(min, min, 0, 1); v.Cmp(least) < 0 {
			return least
		}
	}
	if b.Cmp(max) > 0 {
		if most := exact.Lerp(max, max, 0, 1); v.Cmp(most) > 0 {
			return most
		}
	}
	return v
}

// spill puts the readings into bins and lets go of them.
func (s *Sketch) spill() {
	s.bins = new(bins)
	for d := range s.held.all {
		s.bins.add(keyOf(d), 1)
	}
	s.held = sorted{}
}

// shrink notes that n readings have left. Of no readings all are at hand.
func (s *Sketch) shrink(n int64) {
	s.n -= n
	if s.n == 0 {
		s.bins = nil
	}
}
