package window

import (
	"slices"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/sketch"
)

// Contents is all that a [Part] knows of its readings, to be saved and restored. What the
// part's needs do not ask for is empty.
type Contents struct {
	Totals    agg.Aggregate // Count, sum and, if they are kept, squares.
	MinMax    agg.MinMax
	FirstLast agg.FirstLast
	Quantiles *sketch.Sketch // Nil if none are kept.
	Series    *agg.Series    // Nil if it is not kept.
}

// Only returns what is needed of c, which has at least that.
func (c Contents) Only(need agg.Needs) Contents {
	if !need.Squares {
		c.Totals = c.Totals.WithoutSquares()
	}
	if !need.MinMax {
		c.MinMax = agg.MinMax{}
	}
	if !need.FirstLast {
		c.FirstLast = agg.FirstLast{}
	}
	if !need.Quantiles {
		c.Quantiles = nil
	}
	if !need.Series {
		c.Series = nil
	}
	return c
}

// Scratch is memory for the contents of one part after another, so that they need no memory of
// their own. The zero value is ready to use.
type Scratch struct {
	moments   exact.Moments
	quantiles sketch.Sketch
}

// Totals returns an empty Aggregate in the memory of s, with squares if they are wanted.
func (s *Scratch) Totals(squares bool) agg.Aggregate {
	if !squares {
		return agg.Aggregate{}
	}
	s.moments = exact.Moments{}
	return agg.NewWith(&s.moments)
}

// Quantiles returns the Sketch of s, which may have readings from before.
func (s *Scratch) Quantiles() *sketch.Sketch { return &s.quantiles }

// Contents is ContentsIn with memory of its own.
func (p *Part) Contents() Contents { return p.ContentsIn(new(Scratch)) }

// ContentsIn returns what p knows of its readings. It shares memory with p and scratch: it is
// valid until p changes, or scratch is used again. It depends on the readings alone, not on the
// order in which they were added.
//
// Why scratch: a part with few readings has no state, and to give it one would double what it
// takes.
func (p *Part) ContentsIn(scratch *Scratch) (c Contents) {
	s := p.all()
	if s != nil {
		c = Contents{Totals: s.sum, MinMax: s.minMax, Quantiles: s.quantiles}
	} else {
		c.Totals = scratch.Totals(p.need.Squares)
		if p.n > 0 {
			c.Totals.AddTotal(p.n, exact.FromUnits(p.sum, p.scale))
		}
		for units := range slices.Chunk(p.buf, exact.MaxBatch) {
			b := exact.Batch{Units: units, Scale: p.scale}
			c.Totals.AddBatch(b)
			if p.need.MinMax {
				c.MinMax.AddBatch(b)
			}
		}
		if p.need.Quantiles {
			p.sort()
			c.Quantiles = scratch.Quantiles()
			c.Quantiles.SetUnits(p.buf, p.scale)
		}
	}
	if p.need.FirstLast {
		c.FirstLast = *p.state.firstLast
	}
	if p.need.Series {
		c.Series = p.state.series
	}
	return c
}

// Restore adds readings that Contents has returned to an empty part, which shares no memory
// with c afterwards. It reports false if the totals are not those of the readings that the
// quantiles have; then p must not be used. Requires that p has the same needs as the part that
// they are of.
func (p *Part) Restore(c Contents) (ok bool) {
	if c.Totals.Len() == 0 {
		return true
	}
	if p.need.FirstLast {
		*p.state.firstLast = c.FirstLast
	}
	if p.need.Series {
		p.state.series.Merge(c.Series)
	}
	switch {
	case p.restoreSum(&c):
		return true
	case p.restoreReadings(&c):
		return p.hasTotals(&c.Totals)
	}
	p.spill()
	s := p.state
	s.sum.Merge(&c.Totals)
	s.minMax = c.MinMax
	if s.quantiles != nil {
		s.quantiles = c.Quantiles.Clone()
	}
	return true
}

// hasTotals reports whether the readings in buf have these totals.
func (p *Part) hasTotals(want *agg.Aggregate) bool {
	var m exact.Moments
	a := agg.Aggregate{}
	if p.need.Squares {
		a = agg.NewWith(&m)
	}
	for units := range slices.Chunk(p.buf, exact.MaxBatch) {
		a.AddBatch(exact.Batch{Units: units, Scale: p.scale})
	}
	return a.Equal(want)
}

// Merge adds readings that Contents has returned to a part, which may have others, and shares
// no memory with c afterwards. It reports false if what c has cannot be of one set of readings,
// as far as that is seen; then p must not be used. Requires that p has the same needs as the
// part that they are of.
func (p *Part) Merge(c Contents) (ok bool) {
	if p.Len() == 0 {
		return p.Restore(c)
	}
	if c.Totals.Len() == 0 {
		return true
	}
	p.spill()
	s := p.state
	s.sum.Merge(&c.Totals)
	s.minMax.Merge(&c.MinMax)
	if s.firstLast != nil {
		s.firstLast.Merge(&c.FirstLast)
	}
	if s.series != nil {
		s.series.Merge(c.Series)
	}
	if s.quantiles != nil {
		s.quantiles.Merge(c.Quantiles)
	}
	return true
}

// restoreSum restores n and sum, if that is all that is kept, and the sum fits.
func (p *Part) restoreSum(c *Contents) bool {
	if p.limit > 0 {
		return false
	}
	n, sum := c.Totals.Total()
	_, decimals, _, ok := sum.Parts()
	if !ok || decimals > maxPartDecimals {
		return false
	}
	x, ok := sum.Units(decimals)
	if !ok || uint64(x+maxSum) >= 2*maxSum {
		return false
	}
	p.n, p.sum, p.scale = n, x, decimals
	return true
}

// restoreReadings restores buf, if the quantiles have all readings, and these fit. They are all
// that is kept: totals and extremes follow from them.
func (p *Part) restoreReadings(c *Contents) bool {
	n := c.Totals.Len()
	if !p.need.Quantiles || n > sketch.MaxDifferent || c.Quantiles.Bits() < sketch.Exact || c.Quantiles.Len() != n {
		return false
	}
	scale := uint8(0)
	for d := range c.Quantiles.Decimals {
		_, decimals, _, ok := d.Parts()
		if !ok || decimals > maxPartDecimals {
			return false
		}
		scale = max(scale, decimals)
	}
	for d := range c.Quantiles.Decimals {
		x, ok := d.Units(scale)
		if !ok || uint64(x+maxUnits-1) >= 2*maxUnits-1 {
			return false
		}
	}
	p.buf = make([]int64, 0, max(minBuf, n))
	for d, times := range c.Quantiles.Decimals {
		x, _ := d.Units(scale)
		for range times {
			p.buf = append(p.buf, x)
		}
	}
	p.scale, p.sorted = scale, true
	return true
}

// Readings calls yield for each reading in the window, the oldest first. To push them to an
// empty window of the same size and needs gives an equal window; if it needs a Series, that is
// to push what Times yields as well.
func (c *Count) Readings(yield func(exact.Dec)) {
	if c.rest == nil {
		c.ints.each(yield)
		return
	}
	c.rest.ring.each(yield)
}

// Times calls yield for the time of each reading in the window, in the order of Readings.
// Requires that the window was made with need.Series.
func (c *Count) Times(yield func(Instant)) { c.rest.counter.times.each(yield) }

// each calls yield for each element, the oldest first.
func (r *ring[T]) each(yield func(T)) {
	for i := range len(r.chunks) {
		n := (r.chunk + i) % len(r.chunks)
		from := 0
		if i == 0 {
			from = r.at
		}
		for _, d := range r.chunks[n][from:] {
			yield(d)
		}
	}
	if r.at > 0 {
		for _, d := range r.chunks[r.chunk][:r.at] {
			yield(d)
		}
	}
}
