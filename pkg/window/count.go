// Package window keeps the recent past of a number: Count the last N readings,
// Span the readings of a stretch of time, as parts that enter and leave. Both
// forget exactly what they remembered, so a reading costs the same however wide
// the window is (with quantiles: the logarithm of it). Filters stand on it.
package window

import (
	"weir/pkg/exact"
	"weir/pkg/sketch"
	"weir/pkg/tally"
)

// Count is a window of the last n readings. Its memory grows with the readings
// up to n.
type Count struct {
	n     int
	ring  []exact.Dec // the readings; once there are n, the oldest is at head
	head  int
	seq   int64 // readings pushed
	sum   tally.Tally
	lows  *deque
	highs *deque
	ranks *sketch.Sketch
}

// NewCount is an empty window of n readings (at least 1) that keeps what need
// says.
func NewCount(n int, need tally.Need) *Count {
	c := &Count{n: n, sum: tally.New(need.Squares)}
	if need.Extremes {
		c.lows, c.highs = &deque{sign: 1}, &deque{sign: -1}
	}
	if need.Ranks {
		c.ranks = new(sketch.Sketch)
	}
	return c
}

// Push puts a reading in; the oldest leaves if there are more than n.
func (c *Count) Push(d exact.Dec) {
	if len(c.ring) < c.n {
		c.ring = append(c.ring, d)
	} else {
		c.leave(c.ring[c.head])
		c.ring[c.head] = d
		if c.head++; c.head == c.n {
			c.head = 0
		}
	}
	c.sum.Add(d)
	if c.lows != nil {
		c.lows.enter(c.seq, d)
		c.highs.enter(c.seq, d)
	}
	if c.ranks != nil {
		c.ranks.Add(d)
	}
	c.seq++
}

func (c *Count) leave(d exact.Dec) {
	c.sum.Remove(d)
	if c.lows != nil {
		oldest := c.seq - int64(c.n)
		c.lows.leave(oldest)
		c.highs.leave(oldest)
	}
	if c.ranks != nil {
		c.ranks.Remove(d)
	}
}

// Stat is a statistic of the readings in the window. First and Last are the
// oldest and the newest.
func (c *Count) Stat(s tally.Stat) exact.Value {
	n := len(c.ring)
	switch s.Kind {
	case tally.First:
		if n > 0 {
			return c.ring[c.head].Value()
		}
	case tally.Last:
		if n > 0 {
			return c.ring[(c.head+n-1)%n].Value()
		}
	case tally.Min, tally.Max, tally.Quantile:
		if n > 0 {
			return ranked(s, c.lows.best(), c.highs.best(), c.ranks)
		}
	default:
		return c.sum.Stat(s)
	}
	return exact.Value{}
}

// ranked is a statistic that depends on the order of the readings by size.
func ranked(s tally.Stat, least, most exact.Dec, ranks *sketch.Sketch) exact.Value {
	switch s.Kind {
	case tally.Min:
		return least.Value()
	case tally.Max:
		return most.Value()
	}
	return ranks.Quantile(s.Num, s.Den, least, most)
}
