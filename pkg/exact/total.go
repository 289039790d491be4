package exact

import "math/big"

// integer is the type that a total counts in: int128 for sums, int256 for sums
// of squares. The methods that return a bool report with it whether the result
// fits, div whether the quotient is an integer.
type integer[T any] interface {
	comparable
	add(T) (T, bool)
	sub(T) (T, bool)
	mulPow10(k int) (T, bool)
	div(m uint64) (T, bool)
	toBig() *big.Int
	fromBig(*big.Int) (T, bool)
	lowWord() uint64 // the lowest 64 bits
	maxScale() int   // the largest scale of a total of this type
}

// total is an exact running total. This file has its slow paths; the fast ones
// are Sum.accumulate and Moments.accumulate.
//
// Invariants:
//
//   - The total is num × 10^-scale, the small part, plus big, the big part.
//   - scale is at most T's maxScale. It is the largest scale that was needed
//     since it was last lowered, by normalize or rescale.
//   - big is nil when the big part is 0. The bigDec is immutable, so a copy of
//     a total is independent although it shares the pointer.
//
// It never matters in which part a number was added and from which it is
// removed again: what is left in both parts together is right, and normalize
// moves everything back into the small part as soon as it fits.
type total[T integer[T]] struct {
	num   T
	big   *bigDec
	scale uint8
}

// add adds x × 10^-scale, or subtracts it if minus is set.
func (t *total[T]) add(x T, scale uint8, minus bool) {
	if t.addSmall(x, scale, minus) || t.normalize() && t.addSmall(x, scale, minus) {
		return
	}
	// The small part, x and their sum do not all fit in one unit: one of the
	// two is large, and the other one may have many decimals. If x fits in the
	// unit with more decimals, move the small part to the big part and begin a
	// new small part with x. Otherwise x goes to the big part.
	fine := max(t.scale, scale)
	if y, ok := x.mulPow10(int(fine - scale)); ok {
		t.addBig(bigDec{t.num.toBig(), int(t.scale)}, false)
		var zero T
		t.num, t.scale = zero, fine
		if t.addSmall(y, fine, minus) {
			return
		}
	}
	t.addBig(bigDec{x.toBig(), int(scale)}, minus)
}

// addSmall does the same in the small part alone. It returns false and changes
// nothing if the result does not fit there.
func (t *total[T]) addSmall(x T, scale uint8, minus bool) bool {
	fine := max(t.scale, scale)
	num, ok1 := t.num.mulPow10(int(fine - t.scale))
	x, ok2 := x.mulPow10(int(fine - scale))
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

// addBig adds w to the big part, or subtracts it if minus is set.
func (t *total[T]) addBig(w bigDec, minus bool) {
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

// merge adds everything that o holds, or subtracts it if minus is set.
func (t *total[T]) merge(o total[T], minus bool) {
	t.add(o.num, o.scale, minus)
	if o.big != nil {
		t.addBig(*o.big, minus)
	}
}

// toBig returns the sum of both parts. The caller must not change the coefficient.
func (t *total[T]) toBig() bigDec {
	w := bigDec{t.num.toBig(), int(t.scale)}
	if t.big != nil {
		w = w.add(*t.big, false)
	}
	return w
}

// normalize brings the total into the small part, with the smallest even scale
// that it can have, and reports whether it fits. If not, nothing changes.
//
// The scale is even because that of squares must be: Moments wants it to be
// twice the scale of the sum. For a sum it costs one digit of range at most.
//
// A scale below -2×maxScale cannot fit: the number is then a multiple of
// 10^49, above 2^127 (of 10^97, above 2^255, for int256). To return early
// avoids computing that power.
func (t *total[T]) normalize() bool {
	w := t.toBig()
	c, scale := trimBig(w.c, w.scale)
	if c.Sign() == 0 {
		scale = 0
	}
	if scale > t.num.maxScale() || scale < -2*t.num.maxScale() {
		return false
	}
	even := max(0, scale+scale&1)
	num, ok := t.num.fromBig(bigDec{c, scale}.atScale(even).c)
	if ok {
		*t = total[T]{num: num, scale: uint8(even)}
	}
	return ok
}

// makeSmall brings the total into the small part if it fits and reports whether
// it does. It also lowers a scale in the upper half of its range where it can:
// rounding is slow there, because Value.small may fail for it.
func (t *total[T]) makeSmall() bool {
	if t.big != nil {
		return t.normalize()
	}
	if int(t.scale) > t.num.maxScale()/2 {
		t.rescale()
	}
	return true
}

// rescale lowers the scale, by an even number, while num ends in decimal zeros.
// It is for totals in which only a reading that was removed needed many
// decimals: num is then a multiple of 10^8 or more, so of 2^8.
//
// Why the test of the lowest bits: it rules out nearly all other totals for
// one instruction, as only one in 256 passes it by chance. The price is that
// up to seven superfluous decimals may stay, which do no harm.
func (t *total[T]) rescale() {
	if t.num.lowWord()&0xff != 0 {
		return
	}
	for _, k := range [...]uint8{16, 8, 4, 2} {
		for t.scale >= k {
			num, ok := t.num.div(pow10[k])
			if !ok {
				break
			}
			t.num = num
			t.scale -= k
		}
	}
}

// isZero reports whether the total is 0.
func (t *total[T]) isZero() bool {
	var zero T
	return (t.big == nil || t.normalize()) && t.num == zero
}
