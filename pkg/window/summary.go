package window

import (
	"weir/pkg/agg"
	"weir/pkg/exact"
)

// The windows are summaries: agg.Summary says what each method returns, and what must
// have been kept for it. Requires for all of them that the window was made with that
// need.
var _, _, _ agg.Summary = (*Count)(nil), (*Part)(nil), (*Span)(nil)

// Len returns the number of readings in the window.
func (c *Count) Len() int64 {
	if len(c.ints.units) > 0 {
		return int64(len(c.ints.units))
	}
	return c.sum.Len()
}

// Sum returns the sum of the readings in the window.
func (c *Count) Sum() exact.Value {
	if len(c.ints.units) > 0 {
		return exact.FromUnits(c.ints.sum, c.ints.scale).Value()
	}
	return c.sum.Sum()
}

// Mean returns the mean of the readings in the window, null if there are none.
func (c *Count) Mean() exact.Value {
	if len(c.ints.units) > 0 {
		return c.ints.mean()
	}
	return c.sum.Mean()
}

// Var returns the sample's variance of the readings in the window.
func (c *Count) Var() exact.Value { return c.sum.Var() }

// SD returns the sample's standard deviation of the readings in the window.
func (c *Count) SD() exact.Value { return c.sum.SD() }

// Min returns the smallest reading in the window.
func (c *Count) Min() (exact.Dec, bool) {
	if c.ring.len == 0 {
		return exact.Dec{}, false
	}
	return c.ordered.lows.best(), true
}

// Max returns the largest reading in the window.
func (c *Count) Max() (exact.Dec, bool) {
	if c.ring.len == 0 {
		return exact.Dec{}, false
	}
	return c.ordered.highs.best(), true
}

// First returns the oldest reading in the window.
func (c *Count) First() (exact.Dec, bool) {
	if c.ring.len == 0 {
		return exact.Dec{}, false
	}
	return c.ring.oldest(), true
}

// Last returns the newest reading in the window.
func (c *Count) Last() (exact.Dec, bool) {
	if c.ring.len == 0 {
		return exact.Dec{}, false
	}
	return c.ring.newest(), true
}

// Quantile returns a quantile of the readings in the window.
func (c *Count) Quantile(num, den int64) exact.Value {
	if c.ring.len == 0 {
		return exact.Value{}
	}
	return c.ordered.quantiles.Quantile(num, den, c.ordered.lows.best(), c.ordered.highs.best())
}

// Len returns the number of readings.
func (p *Part) Len() int64 { return p.sum.Len() }

// Sum returns the sum of the readings.
func (p *Part) Sum() exact.Value { return p.sum.Sum() }

// Mean returns the mean of the readings, null if there are none.
func (p *Part) Mean() exact.Value { return p.sum.Mean() }

// Var returns the sample's variance of the readings.
func (p *Part) Var() exact.Value { return p.sum.Var() }

// SD returns the sample's standard deviation of the readings.
func (p *Part) SD() exact.Value { return p.sum.SD() }

// Min returns the smallest reading.
func (p *Part) Min() (exact.Dec, bool) { return p.more.minMax.Min, p.more.minMax.Any }

// Max returns the largest reading.
func (p *Part) Max() (exact.Dec, bool) { return p.more.minMax.Max, p.more.minMax.Any }

// First returns the reading with the smallest time.
func (p *Part) First() (exact.Dec, bool) { return p.more.firstLast.First, p.more.firstLast.Any }

// Last returns the reading with the largest time.
func (p *Part) Last() (exact.Dec, bool) { return p.more.firstLast.Last, p.more.firstLast.Any }

// Quantile returns a quantile of the readings.
func (p *Part) Quantile(num, den int64) exact.Value {
	return p.more.quantiles.Quantile(num, den, p.more.minMax.Min, p.more.minMax.Max)
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
	return s.lows.best(), true
}

// Max returns the largest reading inside.
func (s *Span) Max() (exact.Dec, bool) {
	if s.sum.Len() == 0 {
		return exact.Dec{}, false
	}
	return s.highs.best(), true
}

// First returns the reading inside with the smallest time.
func (s *Span) First() (exact.Dec, bool) {
	if s.sum.Len() == 0 {
		return exact.Dec{}, false
	}
	return s.parts[s.head].part.First()
}

// Last returns the reading inside with the largest time.
func (s *Span) Last() (exact.Dec, bool) {
	if s.sum.Len() == 0 {
		return exact.Dec{}, false
	}
	return s.parts[len(s.parts)-1].part.Last()
}

// Quantile returns a quantile of the readings inside.
func (s *Span) Quantile(num, den int64) exact.Value {
	if s.sum.Len() == 0 {
		return exact.Value{}
	}
	return s.quantiles.Quantile(num, den, s.lows.best(), s.highs.best())
}
