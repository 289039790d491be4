package window

import (
	"math/bits"

	"weir/pkg/agg"
	"weir/pkg/exact"
)

// narrow is the last n readings and their sum as plain integers: enough for means
// of what machines measure, with 8 bytes a reading instead of 24 and no pointers, and
// what a batch goes through in one loop. Whoever has one looks for a wider way when it
// says no, as the zero value always does.
type intWindow struct {
	units  []int64 // in units of 10^-scale
	at     int     // where the next one goes: once there are n, to the oldest
	n      int
	maxAbs uint64 // readings are from -most on and below it, so that n of them fit
	sum    int64
	scale  uint8
}

// mostDecimals are few enough for a mean to be printed the short way.
const mostDecimals = 4

// narrowFor is one of n readings; the zero value if need asks for more than a sum.
func newIntWindow(n int, need agg.Needs) intWindow {
	if need != (agg.Needs{}) || n > 1<<30 {
		return intWindow{}
	}
	return intWindow{n: n, maxAbs: 1 << (62 - bits.Len(uint(n)))}
}

// push puts a reading in; the oldest leaves if there are more than n. False: it is
// no number for here, and nothing is done.
func (w *intWindow) push(d exact.Dec) bool {
	x, ok := d.Units(w.scale)
	if !ok || uint64(x+int64(w.maxAbs)) >= 2*w.maxAbs {
		if !w.rescale(d) {
			return false
		}
		x, _ = d.Units(w.scale)
	}
	if w.at >= len(w.units) {
		if len(w.units) < w.n {
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

// takes reports whether pushBatch may be called. It goes over to smaller units for b.
func (w *intWindow) fits(b exact.Batch) bool {
	if b.Scale > w.scale && !w.finer(b.Scale) {
		return false
	}
	most := w.maxAbs / exact.Ten(w.scale-b.Scale)
	for _, x := range b.Units {
		if uint64(x+int64(most)) >= 2*most {
			return false
		}
	}
	return true
}

// pushBatch is push of each, into a full window.
func (w *intWindow) pushBatch(b exact.Batch, sums []int64) exact.Divisor {
	times := int64(exact.Ten(w.scale - b.Scale))
	list, at, sum := w.units, w.at, w.sum
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
	w.at, w.sum = at, sum
	return exact.NewDivisor(int64(w.n), w.scale)
}

// add puts one in behind the others. Twice as much room each time: append would
// take a quarter more, and copy a million of them ten times.
func (w *intWindow) add(x int64) {
	if n := len(w.units); n == cap(w.units) {
		list := make([]int64, n, min(max(2*n, 8), w.n))
		copy(list, w.units)
		w.units = list
	}
	w.units = append(w.units, x)
	w.sum += x
	w.at++
}

// refine goes over to smaller units for d, if that is all it takes.
func (w *intWindow) rescale(d exact.Dec) bool {
	_, decimals, _, ok := d.Parts()
	if w.n == 0 || !ok || decimals <= w.scale {
		return false
	}
	x, ok := d.Units(decimals)
	return ok && uint64(max(x, -x)) < w.maxAbs && w.finer(decimals)
}

// finer goes over to units of 10^-decimals, smaller ones, if all readings still fit.
func (w *intWindow) finer(decimals uint8) bool {
	if decimals > mostDecimals {
		return false
	}
	by := int64(exact.Ten(decimals - w.scale))
	for _, x := range w.units {
		if uint64(max(x, -x)) >= w.maxAbs/uint64(by) {
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

// each hands out the readings, the oldest first.
func (w *intWindow) each(push func(exact.Dec)) {
	for i := range w.units {
		push(exact.Units(w.units[(w.at+i)%len(w.units)], w.scale))
	}
}

func (w *intWindow) mean() exact.Value { return exact.Ratio(w.sum, w.scale, int64(len(w.units))) }

func (w *intWindow) stat(s agg.Stat) exact.Value {
	switch s.Kind {
	case agg.Mean:
		return w.mean()
	case agg.Count:
		return exact.Count(int64(len(w.units)))
	case agg.Sum:
		return exact.Units(w.sum, w.scale).Value()
	}
	return exact.Value{}
}
