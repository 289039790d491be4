package window

import (
	"math/bits"

	"weir/pkg/agg"
	"weir/pkg/exact"
)

// intWindow holds the last n readings as integers, and their sum. A Count uses it as
// long as nothing but count, sum and mean is needed, n is at most 2^30, and every
// reading is a multiple of 10^-4 and not too large (see maxAbs): that is nearly all
// that machines measure. It takes 8 bytes a reading instead of 24, and adds a batch in
// one loop. When a method returns false, the caller moves the readings to a ring (see
// Count.toDecimals). The zero value returns false for everything. It must not be copied
// once it has readings.
//
// A stream may have a million keys with a window each, in no order. So the members are
// small, and up to fewLen readings are inside: then a window is less than two cache lines
// and no other allocation.
//
// Invariants:
//
//   - units has the readings in units of 10^-scale; it is a part of few if n ≤ fewLen.
//     While there are fewer than n, at is len(units); then the oldest reading is units[at],
//     or units[0] if at is n.
//   - Every reading is in [-maxAbs, maxAbs).
//   - sum is the sum of units.
//
// Why sum cannot overflow: maxAbs is 2^(62-b), where b is the number of bits of n, so
// n < 2^b and |sum| ≤ n·maxAbs < 2^62. As n ≤ 2^30 has at most 31 bits, maxAbs is at
// least 2^31.
type intWindow struct {
	units []int64
	sum   int64
	at    uint32 // index of the next reading
	n     uint32 // capacity; 0 in the zero value
	scale uint8  // at most maxDecimals
	room  uint8  // the number of bits of maxAbs; 0 in the zero value
	few   [fewLen]int64
}

// fewLen is how many readings are kept without an allocation. Why 5: it is mavg's own n.
const fewLen = 5

// maxAbs bounds the readings; 0 in the zero value.
func (w *intWindow) maxAbs() uint64 { return 1 << (w.room & 63) >> 1 }

// maxDecimals is the largest scale. Why 4: few sensors write more decimals, and with
// those that the division by n adds, exact still prints means by its fast formats,
// which end at 6 decimals.
const maxDecimals = 4

// fitsInts reports whether a window of n readings can begin as an intWindow: if no more
// is needed than count, sum and mean.
func fitsInts(n int, need agg.Needs) bool { return need == agg.Needs{} && n <= 1<<30 }

// init makes the zero value an empty window of n readings. Requires 1 ≤ n ≤ 2^30.
func (w *intWindow) init(n int) {
	w.n, w.room = uint32(n), uint8(63-bits.Len(uint(n)))
}

// push adds a reading; if there are n, it replaces the oldest. It changes nothing and
// returns false if d does not fit.
func (w *intWindow) push(d exact.Dec) bool {
	x, ok := d.Units(w.scale)
	// Adding maxAbs maps the allowed range onto [0, 2·maxAbs). What is below it becomes
	// negative, which is large as a uint64. As x and maxAbs are below 2^62, the addition
	// does not overflow.
	most := w.maxAbs()
	if !ok || uint64(x+int64(most)) >= 2*most {
		if !w.rescaleFor(d) {
			return false
		}
		x, _ = d.Units(w.scale)
	}
	if int(w.at) >= len(w.units) {
		if len(w.units) < int(w.n) {
			w.add(x)
			return true
		}
		w.at = 0
	}
	oldest := &w.units[w.at]
	w.sum += x - *oldest
	*oldest = x
	w.at++
	return true
}

// fits reports whether pushBatch can add b. To make it fit, it may change to a smaller
// unit, which changes no reading, even if it then returns false.
func (w *intWindow) fits(b exact.Batch) bool {
	if b.Scale > w.scale && !w.rescale(b.Scale) {
		return false
	}
	most := w.maxAbs() / exact.Pow10(w.scale-b.Scale) // in the units of b
	for _, x := range b.Units {
		if uint64(x+int64(most)) >= 2*most {
			return false
		}
	}
	return true
}

// pushBatch pushes each number of b, and sets sums[i] to the sum after number i.
// Requires that the window is full, that fits(b) was true, and that sums is as long as
// b. Returns the divisor that makes means of the sums.
func (w *intWindow) pushBatch(b exact.Batch, sums []int64) exact.Divisor {
	times := int64(exact.Pow10(w.scale - b.Scale))
	list, at, sum := w.units, int(w.at), w.sum
	for i, x := range b.Units {
		if at >= len(list) {
			at = 0
		}
		x *= times
		sum += x - list[at]
		list[at] = x
		at++
		sums[i] = sum
	}
	w.at, w.sum = uint32(at), sum
	return exact.NewDivisor(int64(w.n), w.scale)
}

// add appends a reading. Requires that there are fewer than n. It doubles the capacity:
// append would grow a large slice by a quarter, and copy a million readings ten times.
func (w *intWindow) add(x int64) {
	n := len(w.units)
	if w.n <= fewLen {
		w.units = w.few[:n]
	} else if n == cap(w.units) {
		list := make([]int64, n, min(max(2*n, 8), int(w.n)))
		copy(list, w.units)
		w.units = list
	}
	w.units = append(w.units, x)
	w.sum += x
	w.at++
}

// rescaleFor changes to the unit of d if that makes d fit, else it changes nothing and
// returns false.
func (w *intWindow) rescaleFor(d exact.Dec) bool {
	_, decimals, _, ok := d.Parts()
	if w.n == 0 || !ok || decimals <= w.scale {
		return false
	}
	x, ok := d.Units(decimals)
	return ok && uint64(max(x, -x)) < w.maxAbs() && w.rescale(decimals)
}

// rescale changes to units of 10^-decimals, which are smaller than the present ones.
// If not all readings fit then, it changes nothing and returns false. The sum fits if
// they do, by the argument at intWindow.
func (w *intWindow) rescale(decimals uint8) bool {
	if decimals > maxDecimals {
		return false
	}
	by := int64(exact.Pow10(decimals - w.scale))
	for _, x := range w.units {
		if uint64(max(x, -x)) >= w.maxAbs()/uint64(by) {
			return false
		}
	}
	for i := range w.units {
		w.units[i] *= by
	}
	w.sum *= by
	w.scale = decimals
	return true
}

// each calls push for each reading, the oldest first.
func (w *intWindow) each(push func(exact.Dec)) {
	for i := range w.units {
		push(exact.FromUnits(w.units[(int(w.at)+i)%len(w.units)], w.scale))
	}
}

// mean returns the mean, null of no readings.
func (w *intWindow) mean() exact.Value { return exact.Ratio(w.sum, w.scale, int64(len(w.units))) }
