package sketch

import (
	"math/bits"

	"weir/pkg/exact"
)

// counts counts readings by key: a hash table with linear probing, which is at most three
// quarters full. The zero value is empty.
//
// Why not a map: counting is several times as fast here, as the hash is one multiplication.
type counts struct {
	slots []slot // a power of two, or none
	len   int    // slots that are used
}

// slot has the number of readings of a key. It is free if n is 0.
type slot struct {
	key uint64
	n   int64
}

// add counts n > 0 readings of key.
func (c *counts) add(key uint64, n int64) {
	if 4*c.len >= 3*len(c.slots) {
		c.grow()
	}
	s := c.slot(key)
	if s.n == 0 {
		s.key = key
		c.len++
	}
	s.n += n
}

// slot returns the slot of key, or the free one where it belongs. Requires that there is a
// free one.
func (c *counts) slot(key uint64) *slot {
	// The upper bits of the product depend on all bits of the key (Fibonacci hashing).
	mask := uint64(len(c.slots) - 1)
	i := key * 0x9e3779b97f4a7c15 >> (bits.LeadingZeros64(mask) & 63)
	for {
		s := &c.slots[i&mask]
		if s.key == key || s.n == 0 {
			return s
		}
		i++
	}
}

func (c *counts) grow() {
	old := c.slots
	c.slots = make([]slot, max(8, 2*len(old)))
	for _, s := range old {
		if s.n > 0 {
			*c.slot(s.key) = s
		}
	}
}

// all yields the keys and their numbers of readings, in no order.
func (c *counts) all(yield func(key uint64, n int64) bool) {
	for _, s := range c.slots {
		if s.n > 0 && !yield(s.key, s.n) {
			return
		}
	}
}

// keyBits is the number of bits that a key has for a decimal's coefficient; the other six
// are its sign and the number of its decimals.
const keyBits = 58

// keyOf returns a key for d, which no other decimal has. It returns false if d has a
// coefficient of more than keyBits bits, or is not small.
func keyOf(d exact.Dec) (key uint64, ok bool) {
	c, decimals, neg, ok := d.Parts()
	key = c<<(64-keyBits) | uint64(decimals)
	if neg {
		key |= 1 << 5
	}
	return key, ok && c>>keyBits == 0
}

// decOf returns the decimal of a key.
func decOf(key uint64) exact.Dec {
	x := int64(key >> (64 - keyBits))
	if key>>5&1 != 0 {
		x = -x
	}
	return exact.FromUnits(x, uint8(key&31))
}
