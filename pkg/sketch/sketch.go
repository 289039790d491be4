// Package sketch computes quantiles of multisets of readings. Package window imports it.
//
// Machines write few decimals, so that many readings are mostly few different numbers.
// Both types of this package therefore keep each number once, with how often it was read:
//
//   - A [Sketch] takes readings and never loses one: a step of time, or a whole stream.
//     Its memory is bounded. Up to [MaxDifferent] different decimals it keeps as they are;
//     beyond that, it keeps the leading bits of their float64s (sketch.go, counts.go).
//   - A [Multiset] also removes readings, as a sliding window has to. It keeps what it is
//     given, readings or whole sketches, in order (multiset.go, tree.go).
//
// See step.go for the rounding, and text.go for the text form of a Sketch.
//
// Results depend on the multiset of readings alone, and are rounded once. So the order of
// adding, the division into parts, what was removed since, and the machine make no
// difference.
package sketch

import (
	"math"
	"math/bits"
	"slices"

	"weir/pkg/exact"
)

// MaxDifferent is the number of different decimals up to which quantiles are exact.
const MaxDifferent = 4096

// Exact is the Bits of a Sketch that keeps its readings as decimals. It is more than
// the Bits of any other.
const Exact = floatBits + 1

// notAdded is the text of the panic for a removal that cannot be right.
const notAdded = "sketch: a reading is removed that was not added"

// Sketch is a multiset of readings in bounded memory. The zero value is empty and ready
// for use. It takes 22 to 43 bytes for each different number. After a Sketch was copied,
// only one of the two may be used further. A Sketch is not safe for concurrent use.
//
// It keeps readings with as much of them as leaves at most MaxDifferent different
// numbers: as decimals, else as the nearest float64s, else as those truncated to fewer
// bits of the mantissa, but not to fewer than 7; see step.go. With 7 bits there may be
// more numbers: up to 128 for each power of two and sign.
//
// Invariant: if not truncated, each reading is in counts under the key that keyOf
// returns, or in others, which is in ascending order. If truncated, each is in counts
// under the bits of middle(f, bits), where f is the float64 nearest to it, and others is
// empty.
//
// Why bits depends on the set alone: of a set with more readings, as many different
// numbers or more remain with each number of bits. So bits never has to rise again, and
// how a set was put together does not matter.
type Sketch struct {
	n         int64
	truncated bool
	bits      uint8 // from minBits to floatBits, if truncated
	counts    counts
	others    []entry // decimals without a key
	ascending []entry // all, in ascending order, once they were asked for; empty after a change
}

// Len returns the number of readings.
func (s *Sketch) Len() int64 { return s.n }

// Bits returns how many bits of the mantissa are kept of each reading, 7 to 52, or Exact.
func (s *Sketch) Bits() uint8 {
	if s.truncated {
		return s.bits
	}
	return Exact
}

// Add adds d.
func (s *Sketch) Add(d exact.Dec) {
	s.n++
	s.add(d, 1)
}

// AddUnits adds the reading x × 10^-decimals for each x of units. Requires decimals ≤ 24.
func (s *Sketch) AddUnits(units []int64, decimals uint8) {
	s.n += int64(len(units))
	for _, x := range units {
		s.add(exact.FromUnits(x, decimals), 1)
	}
}

// Merge adds all readings of o, which does not change. Requires that o is not s.
func (s *Sketch) Merge(o *Sketch) {
	s.n += o.n
	if o.truncated && (!s.truncated || o.bits < s.bits) {
		s.truncate(o.bits)
	}
	for e := range o.all {
		if o.truncated {
			s.addFloat(e.f, e.n)
		} else {
			s.add(e.d, e.n)
		}
	}
}

// add adds n readings d to all but s.n.
func (s *Sketch) add(d exact.Dec, n int64) {
	if s.truncated {
		s.addFloat(d.Float(), n)
		return
	}
	s.ascending = nil
	key, ok := keyOf(d)
	if ok {
		s.counts.add(key, n)
	} else {
		s.addOther(entry{d, d.Float(), n})
	}
	if s.counts.len+len(s.others) > MaxDifferent {
		s.truncate(floatBits)
	}
}

// addFloat adds n readings whose nearest float64 is f, or in the same step as f. Requires
// that s is truncated.
func (s *Sketch) addFloat(f float64, n int64) {
	s.ascending = nil
	s.counts.add(math.Float64bits(middle(f, s.bits)), n)
	if s.counts.len > MaxDifferent && s.bits > minBits {
		s.truncate(s.bits)
	}
}

func (s *Sketch) addOther(e entry) {
	i, found := find(s.others, &e)
	if found {
		s.others[i].n += e.n
	} else {
		s.others = slices.Insert(s.others, i, e)
	}
}

// truncate keeps at most that many bits of each reading, and fewer if that leaves more
// than MaxDifferent different numbers. Requires most ≤ s.Bits.
func (s *Sketch) truncate(most uint8) {
	entries := slices.Collect(s.all)
	floats := make([]float64, len(entries))
	for i, e := range entries {
		floats[i] = e.f
	}
	slices.Sort(floats)
	s.truncated, s.bits = true, fit(floats, most)
	s.counts, s.others, s.ascending = counts{}, nil, nil // they may be much smaller now
	for _, e := range entries {
		s.counts.add(math.Float64bits(middle(e.f, s.bits)), e.n)
	}
}

// all yields each number that s keeps, with how often it was read, in no order. If s is
// truncated, f is the middle of a step, and d is 0.
func (s *Sketch) all(yield func(entry) bool) {
	for key, n := range s.counts.all {
		e := entry{n: n}
		if s.truncated {
			e.f = math.Float64frombits(key)
		} else {
			e.d = decOf(key)
			e.f = e.d.Float()
		}
		if !yield(e) {
			return
		}
	}
	for _, e := range s.others {
		if !yield(e) {
			return
		}
	}
}

// sort returns what all yields, in ascending order. Of decimals f may be 0.
func (s *Sketch) sort() []entry {
	if len(s.ascending) == 0 {
		s.ascending = slices.SortedFunc(s.all, compare)
	}
	return s.ascending
}

// reset removes all readings, and keeps the memory for as many different numbers as there
// were, or some more.
func (s *Sketch) reset() {
	c := &s.counts
	if len(c.slots) > maxSpare && len(c.slots) > 16*c.len {
		c.slots = nil
	}
	clear(c.slots)
	c.len = 0
	*s = Sketch{counts: *c, others: s.others[:0], ascending: s.ascending[:0]}
}

// maxSpare is how many slots are kept in any case.
const maxSpare = 64

// addLargest adds n readings of a decimal that is larger than all before it. Requires that s
// is not truncated, has less than MaxDifferent different numbers, and has had no other
// readings than these since reset.
func (s *Sketch) addLargest(d exact.Dec, n int64) {
	key, ok := keyOf(d)
	if ok {
		s.counts.add(key, n)
	} else {
		s.others = append(s.others, entry{d, d.Float(), n})
	}
	s.ascending = append(s.ascending, entry{d: d, n: n})
	s.n += n
}

// SetUnits makes s, which may have been used before, the set of the reading x × 10^-decimals
// for each x of units. Requires decimals ≤ 24, and that units is in ascending order and not
// longer than MaxDifferent. It allocates nothing once s has had as many different numbers.
func (s *Sketch) SetUnits(units []int64, decimals uint8) {
	s.reset()
	for i := 0; i < len(units); {
		x, from := units[i], i
		for i < len(units) && units[i] == x {
			i++
		}
		s.addLargest(exact.FromUnits(x, decimals), int64(i-from))
	}
}

// Decimals yields the different readings, in ascending order, and how often each was read.
// Requires that Bits is Exact.
func (s *Sketch) Decimals(yield func(d exact.Dec, n int64) bool) {
	for _, e := range s.sort() {
		if !yield(e.d, e.n) {
			return
		}
	}
}

// Extremes returns the smallest and the largest reading. Requires that Bits is Exact, and that
// there is a reading.
func (s *Sketch) Extremes() (least, most exact.Dec) {
	list := s.sort()
	return list[0].d, list[len(list)-1].d
}

// Clone returns a copy that shares no memory with s, and has no more memory than it needs.
func (s *Sketch) Clone() *Sketch {
	c := &Sketch{n: s.n, truncated: s.truncated, bits: s.bits, others: slices.Clone(s.others)}
	for key, n := range s.counts.all {
		c.counts.add(key, n)
	}
	return c
}

// at returns readings k and k+1 in ascending order, counted from 0; for the last reading
// both are that one. Requires that reading k exists.
func (s *Sketch) at(k int64) (a, b *entry) {
	list, i := s.sort(), 0
	for ; k >= list[i].n; i++ {
		k -= list[i].n
	}
	if k+1 < list[i].n || i+1 == len(list) {
		return &list[i], &list[i]
	}
	return &list[i], &list[i+1]
}

// Quantile returns the quantile num/den of the readings: the median is 1/2, p99.9 is
// 999/1000. It is null if s is empty. Requires 0 ≤ num ≤ den, den > 0, and that least and
// most are the extremes of the readings.
//
// With the readings in ascending order as x[0] … x[n-1] and h = (n-1)·num/den, the
// quantile is interpolated linearly between the neighbours x[⌊h⌋] and x[⌊h⌋+1]
// (type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996;
// NumPy's default). If s is truncated, each neighbour counts as the middle of its step,
// and the result is limited to the extremes.
func (s *Sketch) Quantile(num, den int64, least, most exact.Dec) exact.Value {
	if s.n == 0 {
		return exact.Value{}
	}
	k, rest := Rank(s.n, num, den)
	a, b := s.at(k)
	return between(a, b, s.Bits(), rest, den, least, most)
}

// Step returns the width of the largest step that the quantile num/den, or a neighbour it
// is interpolated from, lies in; it is 0 if the quantile is exact but for the rounding to
// float64s. The quantile differs from the exact one by no more. Requires what Quantile does.
func (s *Sketch) Step(num, den int64) float64 {
	if s.n == 0 || !s.truncated {
		return 0
	}
	k, rest := Rank(s.n, num, den)
	a, b := s.at(k)
	if rest == 0 {
		b = a
	}
	return max(width(a.f, s.bits), width(b.f, s.bits))
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

// between returns what is num/den of the distance from a to b. If they are not exact, each
// counts as the middle of its step with that many bits, and the result is limited to least
// and most. It is a ratio in every case, also where it is an extreme, so that it prints as
// quantiles do.
func between(a, b *entry, bits uint8, num, den int64, least, most exact.Dec) exact.Value {
	if bits == Exact {
		return exact.Lerp(a.d, b.d, num, den)
	}
	low, _ := exact.FromFloat(middle(a.f, bits))
	high, _ := exact.FromFloat(middle(b.f, bits))
	v := exact.Lerp(low, high, num, den)
	if low.Cmp(least) < 0 {
		bound := exact.Lerp(least, least, 0, 1)
		if v.Cmp(bound) < 0 {
			return bound
		}
	}
	if high.Cmp(most) > 0 {
		bound := exact.Lerp(most, most, 0, 1)
		if v.Cmp(bound) > 0 {
			return bound
		}
	}
	return v
}
