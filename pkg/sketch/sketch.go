// Package sketch computes quantiles of multisets of readings. Readings can be added
// and removed one by one, as in a sliding window, and sets can be merged and
// subtracted, as with the panes of a window or the parts of a stream that were
// counted on different machines. Package window imports it.
//
// A [Sketch] keeps up to [Exact] readings as they are, and their quantiles are
// exact. Of more it counts how many fall into each bin; a bin is at most 0.79 % of
// its numbers wide, so a quantile differs from the exact one by at most 0.4 % of the
// readings it lies between. See bins.go for the bins, sorted.go for the readings,
// text.go for a text form.
//
// Results depend on the multiset of readings alone: the number of readings decides
// between readings and bins, and either way a quantile is computed exactly and
// rounded once. So the order of adding, the division into parts and the machine
// make no difference.
package sketch

import (
	"iter"
	"math/bits"

	"weir/pkg/exact"
)

// Exact is the number of readings up to which quantiles are exact.
const Exact = 4096

// slack is how many readings beyond Exact are still kept as they are. Their quantiles
// are those of bins all the same. Why: without it, a window whose number of readings
// rises above Exact and falls below it, over and over, would have to be refilled
// every time.
const slack = Exact / 8

// Kept is the largest number of readings that a Sketch keeps as they are.
const Kept = Exact + slack

// notAdded is what a Sketch panics with when it can tell.
const notAdded = "sketch: a reading is removed that was not added"

// Sketch is a multiset of readings that computes its quantiles. The zero value is
// empty and ready for use. While it keeps the readings, it takes about 40 bytes for
// each and 64 bytes in all; with bins, about 8 bytes a bin. Memory of removed readings
// is reused, not freed. After a Sketch was copied, only one of the two may be used
// further. A Sketch is not safe for concurrent use.
//
// Invariant: either bins is nil and held has the n readings, or bins has n readings
// and held is empty.
type Sketch struct {
	n    int64
	held sorted
	bins *bins
}

// Len returns the number of readings.
func (s *Sketch) Len() int64 { return s.n }

// IsExact reports whether s keeps the readings themselves. It does until Len exceeds
// Kept, and again after Refill, or once s is empty.
//
// A caller that removes readings checks this before it asks for a quantile: if Len
// has fallen to Exact or less and IsExact is false, the quantile is exact only after
// a Refill.
func (s *Sketch) IsExact() bool { return s.bins == nil }

// Readings yields the readings in ascending order; if IsExact is false, it yields
// nothing. Requires that s does not change meanwhile.
func (s *Sketch) Readings() iter.Seq[exact.Dec] { return s.held.all }

// Add adds d.
func (s *Sketch) Add(d exact.Dec) {
	s.n++
	if s.bins == nil && s.n > Kept {
		s.toBins()
	}
	if s.bins == nil {
		s.held.insert(d)
	} else {
		s.bins.add(keyOf(d), 1)
	}
}

// AddUnits adds the reading x × 10^-decimals for each x of units. It is faster than Add
// if there are more than Kept afterwards, as they are counted in bins at once. Requires
// decimals ≤ 24.
func (s *Sketch) AddUnits(units []int64, decimals uint8) {
	if s.bins == nil && s.n+int64(len(units)) > Kept {
		s.toBins()
	}
	for _, x := range units {
		s.Add(exact.FromUnits(x, decimals))
	}
}

// Remove removes d. Requires that d is in s; Remove panics if it can tell that it is
// not: always while s keeps the readings, else if the bin of d is empty.
func (s *Sketch) Remove(d exact.Dec) {
	if s.bins == nil {
		s.held.remove(d)
	} else {
		s.bins.add(keyOf(d), -1)
	}
	s.shrink(1)
}

// Merge adds all readings of o, which does not change. Requires that o is not s. If
// o does not keep its readings (see IsExact), s does not from then on.
func (s *Sketch) Merge(o *Sketch) {
	if s.bins == nil && (o.bins != nil || s.n+o.n > Kept) {
		s.toBins()
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

// Subtract removes all readings of o, which does not change. Requires that o is not
// s, and that s has all readings of o; Subtract panics as Remove does. If o does not
// keep its readings (see IsExact), s does not from then on, unless it is empty.
func (s *Sketch) Subtract(o *Sketch) {
	if s.bins == nil && o.bins != nil {
		s.toBins()
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

// Refill replaces the contents of s by readings. Requires that they do not come from
// s. A caller uses it when s has shrunk to Exact readings or fewer and IsExact is
// false, and hands over the readings that remain.
func (s *Sketch) Refill(readings iter.Seq[exact.Dec]) {
	s.n, s.bins = 0, nil
	s.held.clear()
	for d := range readings {
		s.Add(d)
	}
}

// Quantile returns the quantile num/den of the readings: the median is 1/2, p99.9 is
// 999/1000. It is null if s is empty. Requires 0 ≤ num ≤ den, den > 0, and that min
// and max are the extremes of the readings.
//
// With the readings in ascending order as x[0] … x[n-1] and h = (n-1)·num/den, the
// quantile is interpolated linearly between the neighbours x[⌊h⌋] and x[⌊h⌋+1]
// (type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996;
// NumPy's default). Of more than Exact readings, or where s has shrunk and was not
// refilled, each neighbour counts as the middle of its bin, and the result is
// clamped to min and max. Each neighbour is then off by at most 2^-8 = 0.390625 % of
// itself (see bins.go), and so is the quantile if both have one sign.
func (s *Sketch) Quantile(num, den int64, min, max exact.Dec) exact.Value {
	if s.n == 0 {
		return exact.Value{}
	}
	k, rest := Rank(s.n, num, den)
	var a, b exact.Dec
	if s.bins == nil {
		a, b = s.held.at(k)
		if s.n <= Exact {
			return exact.Lerp(a, b, rest, den)
		}
		a, b = middle(keyOf(a)), middle(keyOf(b))
	} else {
		i, j := s.bins.at(k)
		a, b = middle(i), middle(j)
	}
	return clamp(a, b, rest, den, min, max)
}

// Rank returns where in n readings of ascending order, counted from 0, the quantile
// num/den is: rest/den of the distance from reading k to the next. Requires n > 0,
// 0 ≤ num ≤ den and den > 0.
//
// The product has up to 126 bits; the quotient fits 64, as num ≤ den makes it at most
// n-1.
func Rank(n, num, den int64) (k, rest int64) {
	hi, lo := bits.Mul64(uint64(n-1), uint64(num))
	q, r := bits.Div64(hi, lo, uint64(den))
	return int64(q), int64(r)
}

// clamp returns a + (b-a)·num/den, limited to min and max. The result is a ratio in
// every case, also where it is an extreme, so that it prints as quantiles do.
func clamp(a, b exact.Dec, num, den int64, min, max exact.Dec) exact.Value {
	v := exact.Lerp(a, b, num, den)
	if a.Cmp(min) < 0 {
		least := exact.Lerp(min, min, 0, 1)
		if v.Cmp(least) < 0 {
			return least
		}
	}
	if b.Cmp(max) > 0 {
		most := exact.Lerp(max, max, 0, 1)
		if v.Cmp(most) > 0 {
			return most
		}
	}
	return v
}

// toBins moves the readings into bins.
func (s *Sketch) toBins() {
	s.bins = new(bins)
	for d := range s.held.all {
		s.bins.add(keyOf(d), 1)
	}
	s.held = sorted{}
}

// shrink counts n readings as removed. An empty Sketch is exact again.
func (s *Sketch) shrink(n int64) {
	s.n -= n
	if s.n == 0 {
		s.bins = nil
	}
}
