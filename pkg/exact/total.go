package exact

import "math/big"

// integer is what a total counts in: int128 for sums, int256 for squares.
type integer[T any] interface {
	comparable
	add(T) (T, bool)
	sub(T) (T, bool)
	up(k int) (T, bool)
	down(m uint64) (T, bool)
	big() *big.Int
	from(*big.Int) (T, bool)
	low() uint64 // the lowest word
	limit() int  // of the scale
}

// total is an exact running total of two parts, here the slow ways of it. The
// near part counts in units of 10^-scale, the finest that was needed; the far
// part holds what does not fit there, and is gone when that has been taken
// away again. It never matters to which part something was added or removed.
type total[T integer[T]] struct {
	num   T
	big   *bigDec // immutable and not 0, or nil: so that copies are independent
	scale uint8
}

// put adds or removes x × 10^-scale.
func (t *total[T]) add(x T, scale uint8, minus bool) {
	if t.addSmall(x, scale, minus) || t.normalize() && t.addSmall(x, scale, minus) {
		return
	}
	// One of the two is too large for the other's unit: let it move.
	fine := max(t.scale, scale)
	if y, ok := x.up(int(fine - scale)); ok {
		t.overflow(bigDec{t.num.big(), int(t.scale)}, false)
		var zero T
		t.num, t.scale = zero, fine
		if t.addSmall(y, fine, minus) {
			return
		}
	}
	t.overflow(bigDec{x.big(), int(scale)}, minus)
}

// putNear does the same within the near part, if it fits there.
func (t *total[T]) addSmall(x T, scale uint8, minus bool) bool {
	fine := max(t.scale, scale)
	num, ok1 := t.num.up(int(fine - t.scale))
	x, ok2 := x.up(int(fine - scale))
	if !ok1 || !ok2 {
		return false
	}
	ok := false
	if minus {
		num, ok = num.sub(x)
	} else {
		num, ok = num.add(x)
	}
	if ok {
		t.num, t.scale = num, fine
	}
	return ok
}

// spill adds w to the far part, or removes it there.
func (t *total[T]) overflow(w bigDec, minus bool) {
	sum := bigDec{new(big.Int), 0}
	if t.big != nil {
		sum = *t.big
	}
	sum = sum.add(w, minus)
	t.big = nil
	if sum.c.Sign() != 0 {
		t.big = &sum
	}
}

// merge adds or removes all that o holds.
func (t *total[T]) merge(o total[T], minus bool) {
	t.add(o.num, o.scale, minus)
	if o.big != nil {
		t.overflow(*o.big, minus)
	}
}

// whole returns both parts together. The coefficient must not be changed.
func (t *total[T]) whole() bigDec {
	w := bigDec{t.num.big(), int(t.scale)}
	if t.big != nil {
		w = w.add(*t.big, false)
	}
	return w
}

// settle brings everything into the near part, in the coarsest unit there is
// for it (of an even scale: squares need that), if it fits, and says so.
func (t *total[T]) normalize() bool {
	w := t.whole()
	c, scale := strip(w.c, w.scale)
	if c.Sign() == 0 {
		scale = 0
	}
	if scale > t.num.limit() || scale < -2*t.num.limit() {
		return false
	}
	even := max(0, scale+scale&1)
	num, ok := t.num.from(bigDec{c, scale}.at(even).c)
	if ok {
		*t = total[T]{num: num, scale: uint8(even)}
	}
	return ok
}

// near says whether everything is in the near part, and brings it there if it
// fits. A fine unit, which is slow to round in, is held only while it is needed.
func (t *total[T]) small() bool {
	if t.big != nil {
		return t.normalize()
	}
	if int(t.scale) > t.num.limit()/2 {
		t.rescale()
	}
	return true
}

// ease gives up a unit that only a reading of long ago needed: the number is
// then a multiple of 10^8 or so, which its lowest bits tell at no cost. The
// scale stays even if it was.
func (t *total[T]) rescale() {
	if t.num.low()&0xff != 0 {
		return
	}
	for _, k := range [...]uint8{16, 8, 4, 2} {
		for t.scale >= k {
			num, ok := t.num.down(pow10[k])
			if !ok {
				break
			}
			t.num = num
			t.scale -= k
		}
	}
}
