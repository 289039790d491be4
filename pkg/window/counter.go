package window

import (
	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Instant is the time of a reading that may have none.
type Instant struct {
	Time  stamp.Time // Valid if Known.
	Known bool       // It could be read.
}

// counter is what a Count keeps for the rate and the exponentially weighted mean. The readings
// are in the order in which they came.
//
// Invariant: times has the time of each reading in the ring of the window, and resets is the
// sum of those that a smaller one follows.
type counter struct {
	times  ring[Instant]
	resets exact.Sum
	smooth *smooth // nil if no exponentially weighted mean is kept
}

// PushTimed is Push of a reading with its time. Requires that the window was made with
// need.Series.
func (c *Count) PushTimed(t Instant, d exact.Dec) {
	w := c.rest
	x, r := w.counter, &w.ring
	if x.smooth != nil {
		x.smooth.push(t, d)
	}
	if r.len > 0 {
		newest := r.newest()
		if d.Cmp(newest) < 0 {
			x.resets.Add(newest)
		}
	}
	if !r.full() {
		x.times.add(t)
		w.push(d)
		return
	}
	x.times.swap(t)
	oldest := r.oldest()
	w.push(d)
	if r.oldest().Cmp(oldest) < 0 {
		x.resets.Remove(oldest)
	}
}

// Rate returns the increase per second of the readings in the window. It is null if the oldest
// or the newest one has no time.
func (c *Count) Rate() exact.Value {
	x, r := c.rest.counter, &c.rest.ring
	if r.len < 2 {
		return exact.Value{}
	}
	from, to := x.times.oldest(), x.times.newest()
	if !from.Known || !to.Known {
		return exact.Value{}
	}
	return agg.Rate(agg.Timed{Time: from.Time, Value: r.oldest()}, agg.Timed{Time: to.Time, Value: r.newest()}, &x.resets)
}
