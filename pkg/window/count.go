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
// to n.
//
// Invariant: the readings are either in ints, and then ring, sum and ordered are empty,
// or in those, and then ints is the zero value. A window starts with ints if that can
// hold it at all, and moves to the others with the first reading that does not fit;
// it does not move back.
type Count struct {
	ints    intWindow
	ring    ring
	sum     agg.Aggregate
	ordered *orderStats // nil if no extremes and no quantiles are needed
}

// orderStats is what a Count keeps of its readings in order of size.
type orderStats struct {
	seq       int64 // readings pushed so far, which is the position of the next one
	lows      deque
	highs     deque
	quantiles *sketch.Sketch // nil if no quantiles are needed
}

// NewCount returns an empty window of n readings that keeps what need says. Requires
// n ≥ 1, and need.MinMax if need.Quantiles is set, as agg.NeedsOf ensures.
func NewCount(n int, need agg.Needs) *Count {
	c := &Count{ints: newIntWindow(n, need), ring: ring{n: n}, sum: agg.New(need.Squares)}
	if need.MinMax {
		c.ordered = &orderStats{lows: deque{sign: 1}, highs: deque{sign: -1}}
	}
	if need.Quantiles {
		c.ordered.quantiles = new(sketch.Sketch)
	}
	return c
}

// Push adds a reading; if the window has n readings, the oldest leaves.
func (c *Count) Push(d exact.Dec) {
	if !c.ints.push(d) {
		c.toDecimals(d)
	}
}

// CanPushBatch reports whether the window has n readings and keeps them as integers.
// Only then can a batch be pushed.
func (c *Count) CanPushBatch() bool { return len(c.ints.units) == c.ints.n && c.ints.n > 0 }

// Fits reports whether PushBatch can push b: whether its numbers have few decimals and
// are not too large. Requires CanPushBatch.
func (c *Count) Fits(b exact.Batch) bool { return c.ints.fits(b) }

// PushBatch pushes each number of b. After number i, the mean is by.Quotient(sums[i]).
// Requires CanPushBatch, that Fits(b) was true, and that sums is as long as
// b.
func (c *Count) PushBatch(b exact.Batch, sums []int64) (by exact.Divisor) {
	return c.ints.pushBatch(b, sums)
}

// toDecimals moves the readings from ints to the ring, and pushes d, which does not
// fit ints.
func (c *Count) toDecimals(d exact.Dec) {
	before := c.ints
	c.ints = intWindow{}
	before.each(c.push)
	c.push(d)
}

// push is Push for a window that does not use ints.
func (c *Count) push(d exact.Dec) {
	if c.ring.full() {
		oldest := c.ring.swap(d)
		c.sum.Remove(oldest)
		if c.ordered != nil {
			c.ordered.remove(oldest, int64(c.ring.n))
		}
	} else {
		c.ring.add(d)
	}
	c.sum.Add(d)
	if c.ordered != nil {
		c.ordered.add(d)
	}
}

func (o *orderStats) add(d exact.Dec) {
	o.lows.push(o.seq, d)
	o.highs.push(o.seq, d)
	if o.quantiles != nil {
		o.quantiles.Add(d)
	}
	o.seq++
}

// remove removes d, the oldest of n readings.
func (o *orderStats) remove(d exact.Dec, n int64) {
	o.lows.remove(o.seq - n)
	o.highs.remove(o.seq - n)
	if o.quantiles != nil {
		o.quantiles.Remove(d)
	}
}
