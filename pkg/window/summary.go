package window

import (
	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/sketch"
)

// The windows are summaries: agg.Summary says what each method returns, and what must
// have been kept for it. Requires for all of them that the window was made with that
// need.
var (
	_, _, _ agg.Summary  = (*Count)(nil), (*Part)(nil), (*Span)(nil)
	_       agg.Weighted = (*Span)(nil)
)

// Len returns the number of readings in the window.
func (c *Count) Len() int64 {
	if c.rest == nil {
		return int64(len(c.ints.units))
	}
	return c.rest.sum.Len()
}

// Sum returns the sum of the readings in the window.
func (c *Count) Sum() exact.Value {
	if c.rest == nil {
		return exact.FromUnits(c.ints.sum, c.ints.scale).Value()
	}
	return c.rest.sum.Sum()
}

// Mean returns the mean of the readings in the window, null if there are none.
func (c *Count) Mean() exact.Value {
	if c.rest == nil {
		return c.ints.mean()
	}
	return c.rest.sum.Mean()
}

// Var returns the sample's variance of the readings in the window.
func (c *Count) Var() exact.Value { return c.rest.sum.Var() }

// SD returns the sample's standard deviation of the readings in the window.
func (c *Count) SD() exact.Value { return c.rest.sum.SD() }

// Min returns the smallest reading in the window.
func (c *Count) Min() (exact.Dec, bool) {
	if c.rest.ring.len == 0 {
		return exact.Dec{}, false
	}
	return c.rest.ordered.min(), true
}

// Max returns the largest reading in the window.
func (c *Count) Max() (exact.Dec, bool) {
	if c.rest.ring.len == 0 {
		return exact.Dec{}, false
	}
	return c.rest.ordered.max(), true
}

// First returns the oldest reading in the window.
func (c *Count) First() (exact.Dec, bool) {
	if c.rest.ring.len == 0 {
		return exact.Dec{}, false
	}
	return c.rest.ring.oldest(), true
}

// Last returns the newest reading in the window.
func (c *Count) Last() (exact.Dec, bool) {
	if c.rest.ring.len == 0 {
		return exact.Dec{}, false
	}
	return c.rest.ring.newest(), true
}

// Quantile returns a quantile of the readings in the window.
func (c *Count) Quantile(num, den int64) exact.Value {
	if c.rest.ring.len == 0 {
		return exact.Value{}
	}
	return c.rest.ordered.quantiles.Quantile(num, den, sketch.Exact, exact.Dec{}, exact.Dec{}) // exact, so within the extremes
}

// MAD returns the median absolute deviation of the readings in the window.
func (c *Count) MAD() exact.Value {
	if c.rest.ring.len == 0 {
		return exact.Value{}
	}
	return c.rest.ordered.quantiles.MAD(sketch.Exact, exact.Dec{}, exact.Dec{})
}

// Len returns the number of readings inside.
func (s *Span) Len() int64 { return s.sum.Len() }

// Sum returns the sum of the readings inside.
func (s *Span) Sum() exact.Value { return s.sum.Sum() }

// Mean returns the mean of the readings inside, null if there are none.
func (s *Span) Mean() exact.Value { return s.sum.Mean() }

// Var returns the sample's variance of the readings inside.
func (s *Span) Var() exact.Value { return s.sum.Var() }

// SD returns the sample's standard deviation of the readings inside.
func (s *Span) SD() exact.Value { return s.sum.SD() }

// Min returns the smallest reading inside.
func (s *Span) Min() (exact.Dec, bool) {
	if s.sum.Len() == 0 {
		return exact.Dec{}, false
	}
	return s.more.lows.best(), true
}

// Max returns the largest reading inside.
func (s *Span) Max() (exact.Dec, bool) {
	if s.sum.Len() == 0 {
		return exact.Dec{}, false
	}
	return s.more.highs.best(), true
}

// First returns the reading inside with the smallest time.
func (s *Span) First() (exact.Dec, bool) {
	if s.sum.Len() == 0 {
		return exact.Dec{}, false
	}
	return s.more.parts[s.more.head].part.First()
}

// Last returns the reading inside with the largest time.
func (s *Span) Last() (exact.Dec, bool) {
	if s.sum.Len() == 0 {
		return exact.Dec{}, false
	}
	return s.more.parts[len(s.more.parts)-1].part.Last()
}

// Rate returns the increase per second of the readings inside.
func (s *Span) Rate() exact.Value {
	if s.sum.Len() < 2 {
		return exact.Value{}
	}
	x := s.more
	first, _ := x.parts[x.head].part.state.series.Ends()
	_, last := x.parts[len(x.parts)-1].part.state.series.Ends()
	return agg.Rate(first, last, &x.resets)
}

// Quantile returns a quantile of the readings inside.
func (s *Span) Quantile(num, den int64) exact.Value {
	if s.sum.Len() == 0 {
		return exact.Value{}
	}
	return s.more.quantiles.readings.Quantile(num, den, s.more.quantiles.keeps(), s.more.lows.best(), s.more.highs.best())
}

// MAD returns the median absolute deviation of the readings inside.
func (s *Span) MAD() exact.Value {
	if s.sum.Len() == 0 {
		return exact.Value{}
	}
	q := s.more.quantiles
	return q.readings.MAD(q.keeps(), s.more.lows.best(), s.more.highs.best())
}
