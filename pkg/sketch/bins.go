package sketch

import (
	"math"
	"math/bits"
	"slices"

	"weir/pkg/exact"
)

// A key numbers a bin. Keys ascend with the numbers in their bins: zero has
// key 0; a positive number the exponent and the top 7 mantissa bits of its
// nearest float64 as one integer, plus 1; a negative number the key of its
// magnitude, negated.
const (
	shift  = 52 - 7                   // mantissa bits that a key leaves out
	maxKey = int32(0x7fe<<7|0x7f) + 1 // the key of the largest float64
)

// keyOf returns the bin of d.
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

// middle returns the number halfway between the bounds of a bin: the one that
// stands for all in it.
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

// bins counts readings by key. It has a page for every 128 keys in a row
// (about a power of two) of which one is in use, in ascending order.
type bins struct {
	pages []page
}

// page counts 128 keys; only those in use have a counter.
type page struct {
	no     int32     // the keys' upper bits: key>>7
	n      int64     // the sum of counts, > 0
	used   [2]uint64 // bit key&127: whether the key has a counter
	counts []int64   // of the keys in use, in ascending order, all > 0
}

// add changes the count of key by n.
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

// find returns the place of the first page not below no.
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

func (p *page) add(slot uint, n int64) {
	bit := uint64(1) << (slot & 63)
	at := bits.OnesCount64(p.used[slot>>6] & (bit - 1))
	if slot >= 64 {
		at += bits.OnesCount64(p.used[0])
	}
	if p.used[slot>>6]&bit == 0 {
		p.used[slot>>6] |= bit
		p.counts = slices.Insert(p.counts, at, 0)
	}
	p.n += n
	p.counts[at] += n
	switch {
	case p.counts[at] < 0:
		panic("sketch: a reading is taken out that is not in it")
	case p.counts[at] == 0:
		p.used[slot>>6] &^= bit
		p.counts = slices.Delete(p.counts, at, at+1)
	}
}

// key returns the key of counter i.
func (p *page) key(i int) int32 {
	w, base := p.used[0], p.no<<7
	if n := bits.OnesCount64(w); i >= n {
		w, base, i = p.used[1], base+64, i-n
	}
	for ; i > 0; i-- {
		w &= w - 1
	}
	return base + int32(bits.TrailingZeros64(w))
}

// at returns the key of the reading with k before it, which must exist, and
// that of the next one; the last is its own next.
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

// all yields the keys in use, ascending, and their counts.
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
