// Package window keeps the recent past of a number: Count the last N readings,
// Span the readings of a stretch of time, as parts that enter and leave. Both
// forget exactly what they remembered, so a reading costs the same however wide
// the window is (with quantiles: the logarithm of it). Filters stand on it.
package window

import (
	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/sketch"
)

// Count is a window of the last n readings. Its memory grows with the readings
// up to n.
type Count struct {
	ints    intWindow // while it is enough, there is nothing in what follows
	ring    ring
	sum     agg.Aggregate
	ordered *orderStats // nil: nobody asks for it
}

// order is what is kept of the readings of a Count by their size.
type orderStats struct {
	seq       int64 // readings pushed
	lows      deque
	highs     deque
	quantiles *sketch.Sketch // nil: no quantiles
}

// NewCount is an empty window of n readings (at least 1) that keeps what need
// says.
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

// Push puts a reading in; the oldest leaves if there are more than n.
func (c *Count) Push(d exact.Dec) {
	if !c.ints.push(d) {
		c.widen(d)
	}
}

// Plain reports whether the window is full, of readings that are plain: else it takes
// no batch.
func (c *Count) Full() bool { return len(c.ints.units) == c.ints.n && c.ints.n > 0 }

// Takes reports whether a Plain window takes b, whose numbers have few decimals then,
// and not too many digits.
func (c *Count) Fits(b exact.Batch) bool { return c.ints.fits(b) }

// PushBatch is Push of each number of b, which the window Takes; Mean would be
// by.Of(sums[i]) after number i.
func (c *Count) PushBatch(b exact.Batch, sums []int64) (by exact.Divisor) {
	return c.ints.pushBatch(b, sums)
}

// widen puts in what is not for narrow, and the readings that narrow has.
func (c *Count) widen(d exact.Dec) {
	before := c.ints
	c.ints = intWindow{}
	before.each(c.push)
	c.push(d)
}

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

// leave takes out d, the oldest of n.
func (o *orderStats) remove(d exact.Dec, n int64) {
	o.lows.remove(o.seq - n)
	o.highs.remove(o.seq - n)
	if o.quantiles != nil {
		o.quantiles.Remove(d)
	}
}

// Mean is that of the readings in the window.
func (c *Count) Mean() exact.Value {
	if len(c.ints.units) > 0 {
		return c.ints.mean()
	}
	return c.sum.Mean()
}

// Stat is a statistic of the readings in the window. First and Last are the
// oldest and the newest.
func (c *Count) Stat(s agg.Stat) exact.Value {
	if len(c.ints.units) > 0 {
		return c.ints.stat(s)
	}
	some := c.ring.len > 0
	switch s.Kind {
	case agg.Mean:
		return c.sum.Mean()
	case agg.First:
		if some {
			return c.ring.oldest().Value()
		}
	case agg.Last:
		if some {
			return c.ring.newest().Value()
		}
	case agg.Min, agg.Max, agg.Quantile:
		if some {
			return isQuantile(s, c.ordered.lows.best(), c.ordered.highs.best(), c.ordered.quantiles)
		}
	default:
		return c.sum.Stat(s)
	}
	return exact.Value{}
}

// ranked is a statistic that depends on the order of the readings by size.
func isQuantile(s agg.Stat, least, most exact.Dec, ranks *sketch.Sketch) exact.Value {
	switch s.Kind {
	case agg.Min:
		return least.Value()
	case agg.Max:
		return most.Value()
	}
	return ranks.Quantile(s.Num, s.Den, least, most)
}
