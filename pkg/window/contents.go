package window

import (
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
}

// Contents returns what p knows of its readings. It shares memory with p: it is valid until p
// changes. It depends on the readings alone, not on the order in which they were added.
func (p *Part) Contents() Contents {
	p.spill()
	s := p.state
	c := Contents{Totals: s.sum, MinMax: s.minMax, Quantiles: s.quantiles}
	if s.firstLast != nil {
		c.FirstLast = *s.firstLast
	}
	return c
}

// Restore adds readings that Contents has returned to an empty part. Requires that p has the
// same needs as the part that they are of, and that nothing else uses c.
func (p *Part) Restore(c Contents) {
	if c.Totals.Len() == 0 {
		return
	}
	p.spill()
	s := p.state
	s.sum.Merge(&c.Totals)
	s.minMax.Merge(&c.MinMax)
	if s.firstLast != nil {
		s.firstLast.Merge(&c.FirstLast)
	}
	if s.quantiles != nil {
		s.quantiles = c.Quantiles
	}
}

// Readings calls yield for each reading in the window, the oldest first. To push them to an
// empty window of the same size and needs gives an equal window.
func (c *Count) Readings(yield func(exact.Dec)) {
	if c.rest == nil {
		c.ints.each(yield)
		return
	}
	c.rest.ring.each(yield)
}

// each calls yield for each reading, the oldest first.
func (r *ring) each(yield func(exact.Dec)) {
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
