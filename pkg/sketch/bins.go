package sketch

import (
	"math"
	"math/bits"
	"slices"

	"weir/pkg/exact"
)

// A bin is the set of numbers whose nearest float64s have the same sign, the same
// exponent and the same first 7 bits of the mantissa (bits 51 to 45 of the IEEE 754
// double; the hidden bit is not counted). The other 45 bits are ignored. So there
// are 128 bins for every power of two and sign: a bin from a on, with a in
// [2^e, 2^(e+1)), is 2^(e-7) wide, which is at most 2^-7 = 0.78125 % of a. Its middle
// is 2^(e-8) above a, so it differs from any number in the bin by at most 2^-8 =
// 0.390625 % of that number. (Rounding a number to its float64 comes on top; it is
// 2^-53 of it.) Below 2^-1022, where float64 has no exponents left, bins are
// 2^-1029 wide. Numbers whose nearest float64 is 0 have a bin of their own.
//
// A key is the number of a bin. Keys ascend with the numbers in their bins:
//
//   - the bin of 0 has key 0;
//   - a positive number has the 11 bits of the exponent and the 7 bits of the mantissa,
//     as one integer from 0 to maxKey-1, plus 1;
//   - a negative number has the key of its magnitude, negated.
//
// As the sign bit is not part of it, a key fits 19 bits.
const (
	shift  = 52 - 7                   // the mantissa bits that a key ignores
	maxKey = int32(0x7fe<<7|0x7f) + 1 // the key of the largest float64: exponent 0x7ff is not that of a number
)

// keyOf returns the key of the bin of d.
func keyOf(d exact.Dec) int32 {
	f := d.Float()
	if f == 0 {
		return 0
	}
	key := int32(math.Float64bits(math.Abs(f))>>shift) + 1
	if f < 0 {
		return -key
	}
	return key
}

// middle returns the middle of a bin, which is used in place of each number in it:
// the number with the bits of the key, the bit after them set, and the rest clear.
func middle(key int32) exact.Dec {
	if key == 0 {
		return exact.Dec{}
	}
	m := key
	if m < 0 {
		m = -m
	}
	f := math.Float64frombits(uint64(m-1)<<shift | 1<<(shift-1))
	if key < 0 {
		f = -f
	}
	d, _ := exact.FromFloat(f)
	return d
}

// bins counts readings by key. A page has the counters of 128 consecutive keys, which
// is about a power of two. Invariant: pages are in ascending order of their number,
// and none is empty.
type bins struct {
	pages []page
}

// page counts readings of 128 keys. It is sparse: only keys that have readings have a
// counter.
type page struct {
	no     int32     // the upper bits of its keys: key>>7
	n      int64     // readings: the sum of counts, > 0
	used   [2]uint64 // bit key&127 is set if the key has a counter
	counts []int64   // of the keys that have one, in ascending order; all > 0
}

// add changes the count of key by n, which is negative to remove readings.
func (b *bins) add(key int32, n int64) {
	i := b.find(key >> 7)
	if i == len(b.pages) || b.pages[i].no != key>>7 {
		b.pages = slices.Insert(b.pages, i, page{no: key >> 7})
	}
	p := &b.pages[i]
	p.add(uint(key&127), n)
	if p.n == 0 {
		b.pages = slices.Delete(b.pages, i, i+1)
	}
}

// find returns the index of the first page whose number is at least no.
func (b *bins) find(no int32) int {
	lo, hi := 0, len(b.pages)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if b.pages[mid].no < no {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// add changes the count of the key with the lower bits offset by n. It panics if the
// count would become negative.
func (p *page) add(offset uint, n int64) {
	bit := uint64(1) << (offset & 63)
	i := bits.OnesCount64(p.used[offset>>6] & (bit - 1))
	if offset >= 64 {
		i += bits.OnesCount64(p.used[0])
	}
	if p.used[offset>>6]&bit == 0 {
		p.used[offset>>6] |= bit
		p.counts = slices.Insert(p.counts, i, 0)
	}
	p.n += n
	p.counts[i] += n
	switch {
	case p.counts[i] < 0:
		panic(notAdded)
	case p.counts[i] == 0:
		p.used[offset>>6] &^= bit
		p.counts = slices.Delete(p.counts, i, i+1)
	}
}

// key returns the key of counter i: that of the i-th bit that is set in used.
func (p *page) key(i int) int32 {
	w, base := p.used[0], p.no<<7
	n := bits.OnesCount64(w)
	if i >= n {
		w, base, i = p.used[1], base+64, i-n
	}
	for ; i > 0; i-- {
		w &= w - 1
	}
	return base + int32(bits.TrailingZeros64(w))
}

// at returns the keys of readings k and k+1 in ascending order, counted from 0; for
// the last reading both are its own. Requires that reading k exists.
func (b *bins) at(k int64) (key, next int32) {
	i := 0
	for ; k >= b.pages[i].n; i++ {
		k -= b.pages[i].n
	}
	p, j := &b.pages[i], 0
	for ; k >= p.counts[j]; j++ {
		k -= p.counts[j]
	}
	key = p.key(j)
	switch {
	case k+1 < p.counts[j]:
		return key, key
	case j+1 < len(p.counts):
		return key, p.key(j + 1)
	case i+1 < len(b.pages):
		return key, b.pages[i+1].key(0)
	}
	return key, key
}

// all yields the keys that have readings, in ascending order, and their counts.
func (b *bins) all(yield func(key int32, n int64) bool) {
	for i := range b.pages {
		p := &b.pages[i]
		for j, n := range p.counts {
			if !yield(p.key(j), n) {
				return
			}
		}
	}
}
