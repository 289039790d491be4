// Package window keeps the recent readings of a field and computes their statistics.
// The filters import it.
//
//   - [Count] is a window of the last N readings (mavg).
//   - [Part] keeps what is needed of the readings of one step of time, or of a whole
//     stream (stats); readings can be added to it, but not removed.
//   - [Span] is a window of time that consists of Parts, which enter and leave
//     (winavg).
//
// Adding and removing are exact, so a sum never drifts, and a reading costs the same
// however long the window is; with quantiles it costs the logarithm of its length.
// What is kept follows from the statistics wanted: see agg.NeedsOf. A Count, a Part and
// a Span are each an agg.Summary, which statistics are computed from (summary.go).
package window

import (
	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/sketch"
)

// Count is a window of the last n readings. Its memory grows with the readings, up
// to n. Make one with [NewCount], or with Init where the memory is there. It must not be
// copied.
//
// Invariant: the readings are in ints if rest is nil, and in rest otherwise; then ints is
// the zero value. A window starts with ints if that can hold it at all, and moves to rest
// with the first reading that does not fit; it does not move back.
type Count struct {
	rest *decimals
	ints intWindow
}

// decimals is a window of any readings.
type decimals struct {
	ring    ring[exact.Dec]
	sum     agg.Aggregate
	ordered *orderStats // nil if no extremes and no quantiles are needed
	counter *counter    // nil if no Series is needed
}

// orderStats is what decimals keeps of its readings in order of size: with quantiles all of
// them, which include the extremes, else the deques.
type orderStats struct {
	seq       int64 // readings pushed so far, which is the position of the next one
	lows      deque
	highs     deque
	quantiles *sketch.Multiset // nil if no quantiles are needed
}

// min returns the smallest reading. Requires that there is one.
func (o *orderStats) min() exact.Dec {
	if o.quantiles != nil {
		return o.quantiles.Min()
	}
	return o.lows.best()
}

// max returns the largest reading. Requires that there is one.
func (o *orderStats) max() exact.Dec {
	if o.quantiles != nil {
		return o.quantiles.Max()
	}
	return o.highs.best()
}

// NewCount returns an empty window of n readings that keeps what need says. Requires
// n ≥ 1, and need.MinMax if need.Quantiles is set, as agg.NeedsOf ensures.
func NewCount(n int, need agg.Needs) *Count {
	c := new(Count)
	c.Init(n, need)
	return c
}

// Init makes the zero value what NewCount returns, with the same requirements.
func (c *Count) Init(n int, need agg.Needs) {
	if fitsInts(n, need) {
		c.ints.init(n)
	} else {
		c.rest = newDecimals(n, need)
	}
}

func newDecimals(n int, need agg.Needs) *decimals {
	w := &decimals{ring: ring[exact.Dec]{n: n}, sum: agg.New(need.Squares)}
	if need.MinMax {
		w.ordered = &orderStats{lows: deque{sign: 1}, highs: deque{sign: -1}}
	}
	if need.Quantiles {
		w.ordered.quantiles = new(sketch.Multiset)
	}
	if need.Series {
		w.counter = &counter{times: ring[Instant]{n: n}}
	}
	return w
}

// Push adds a reading; if the window has n readings, the oldest leaves. With need.Series,
// PushTimed is to be called.
func (c *Count) Push(d exact.Dec) {
	if c.rest != nil {
		c.rest.push(d)
		return
	}
	fits := c.ints.push(d)
	if !fits {
		c.toDecimals(d)
	}
}

// Touch loads what Push changes, and returns something of it. See Part.Touch for how it is
// used, and why.
func (c *Count) Touch() int64 {
	at := int(c.ints.at)
	if at < len(c.ints.units) {
		return c.ints.units[at]
	}
	return c.ints.sum
}

// CanPushBatch reports whether the window has n readings and keeps them as integers.
// Only then can a batch be pushed.
func (c *Count) CanPushBatch() bool { return len(c.ints.units) == int(c.ints.n) && c.ints.n > 0 }

// Fits reports whether PushBatch can push b: whether its numbers have few decimals and
// are not too large. Requires CanPushBatch.
func (c *Count) Fits(b exact.Batch) bool { return c.ints.fits(b) }

// UnitSum returns the sum of the readings, in the units of the sums that PushBatch sets after
// Fits was true. Requires CanPushBatch.
func (c *Count) UnitSum() int64 { return c.ints.sum }

// PushBatch pushes each number of b. After number i, the mean is by.Quotient(sums[i]).
// Requires CanPushBatch, that Fits(b) was true, and that sums is as long as
// b.
func (c *Count) PushBatch(b exact.Batch, sums []int64) (by exact.Divisor) {
	return c.ints.pushBatch(b, sums)
}

// toDecimals moves the readings from ints to rest, and pushes d, which does not fit
// ints.
func (c *Count) toDecimals(d exact.Dec) {
	c.rest = newDecimals(int(c.ints.n), agg.Needs{})
	c.ints.each(c.rest.push)
	c.ints = intWindow{}
	c.rest.push(d)
}

// push adds a reading; if the window is full, the oldest leaves.
func (w *decimals) push(d exact.Dec) {
	if w.ring.full() {
		oldest := w.ring.swap(d)
		w.sum.Remove(oldest)
		if w.ordered != nil {
			w.ordered.remove(oldest, int64(w.ring.n))
		}
	} else {
		w.ring.add(d)
	}
	w.sum.Add(d)
	if w.ordered != nil {
		w.ordered.add(d)
	}
}

func (o *orderStats) add(d exact.Dec) {
	if o.quantiles != nil {
		o.quantiles.Add(d, 1)
		return
	}
	o.lows.push(o.seq, d)
	o.highs.push(o.seq, d)
	o.seq++
}

// remove removes d, the oldest of n readings.
func (o *orderStats) remove(d exact.Dec, n int64) {
	if o.quantiles != nil {
		o.quantiles.Remove(d, 1)
		return
	}
	o.lows.remove(o.seq - n)
	o.highs.remove(o.seq - n)
}
