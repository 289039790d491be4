package window

import (
	"slices"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/sketch"
)

// This file has what a Part says of its readings: the methods of agg.Summary and agg.Rounded.

// Len returns the number of readings.
func (p *Part) Len() int64 {
	n := p.n + int64(len(p.buf))
	if p.state != nil {
		n += p.state.sum.Len()
	}
	return n
}

// Sum returns the sum of the readings.
func (p *Part) Sum() exact.Value {
	s := p.all()
	if s != nil {
		return s.sum.Sum()
	}
	return exact.FromUnits(p.total(), p.scale).Value()
}

// Mean returns the mean of the readings, null if there are none.
func (p *Part) Mean() exact.Value {
	s := p.all()
	if s != nil {
		return s.sum.Mean()
	}
	return exact.Ratio(p.total(), p.scale, p.Len())
}

// Var returns the sample's variance of the readings.
func (p *Part) Var() exact.Value {
	s := p.all()
	if s != nil {
		return s.sum.Var()
	}
	m := p.moments()
	return m.Var(int64(len(p.buf)))
}

// SD returns the sample's standard deviation of the readings.
func (p *Part) SD() exact.Value {
	s := p.all()
	if s != nil {
		return s.sum.SD()
	}
	m := p.moments()
	return m.SD(int64(len(p.buf)))
}

// Min returns the smallest reading.
func (p *Part) Min() (exact.Dec, bool) {
	s := p.all()
	if s != nil {
		return s.minMax.Min, s.minMax.Any
	}
	if len(p.buf) == 0 {
		return exact.Dec{}, false
	}
	return exact.FromUnits(slices.Min(p.buf), p.scale), true
}

// Max returns the largest reading.
func (p *Part) Max() (exact.Dec, bool) {
	s := p.all()
	if s != nil {
		return s.minMax.Max, s.minMax.Any
	}
	if len(p.buf) == 0 {
		return exact.Dec{}, false
	}
	return exact.FromUnits(slices.Max(p.buf), p.scale), true
}

// First returns the reading with the smallest time.
func (p *Part) First() (exact.Dec, bool) { return p.state.firstLast.First, p.state.firstLast.Any }

// Last returns the reading with the largest time.
func (p *Part) Last() (exact.Dec, bool) { return p.state.firstLast.Last, p.state.firstLast.Any }

// Rate returns the increase per second of the readings that have a time.
func (p *Part) Rate() exact.Value {
	s := p.state.series
	if s.Len() < 2 {
		return exact.Value{}
	}
	first, last := s.Ends()
	return agg.Rate(first, last, s.Resets())
}

// Quantile returns a quantile of the readings.
func (p *Part) Quantile(num, den int64) exact.Value {
	s := p.all()
	if s != nil {
		return s.quantiles.Quantile(num, den, s.minMax.Min, s.minMax.Max)
	}
	n := len(p.buf)
	if n == 0 {
		return exact.Value{}
	}
	p.sort()
	k, rest := sketch.Rank(int64(n), num, den)
	a, b := p.buf[k], p.buf[min(int(k)+1, n-1)]
	return exact.Lerp(exact.FromUnits(a, p.scale), exact.FromUnits(b, p.scale), rest, den)
}

// MAD returns the median absolute deviation of the readings.
func (p *Part) MAD() exact.Value {
	s := p.all()
	if s != nil {
		return s.quantiles.MAD(s.minMax.Min, s.minMax.Max)
	}
	p.sort()
	return sketch.MAD(p.buf, p.scale)
}

// MADStep returns by how much MAD may be off: see sketch.Sketch.MADStep.
func (p *Part) MADStep() float64 {
	s := p.all()
	if s == nil {
		return 0
	}
	return s.quantiles.MADStep(s.minMax.Min, s.minMax.Max)
}

// sort brings buf into ascending order.
func (p *Part) sort() {
	if !p.sorted {
		slices.Sort(p.buf)
		p.sorted = true
	}
}

// different yields the different numbers in buf, and how often each is there.
func (p *Part) different(yield func(d exact.Dec, n int64) bool) {
	p.sort()
	for i := 0; i < len(p.buf); {
		x, begin := p.buf[i], i
		for i < len(p.buf) && p.buf[i] == x {
			i++
		}
		if !yield(exact.FromUnits(x, p.scale), int64(i-begin)) {
			return
		}
	}
}

// Step returns the width of the step that a quantile or one of its neighbours lies in, 0 if
// it is exact: see sketch.Sketch.Step.
func (p *Part) Step(num, den int64) float64 {
	s := p.all()
	if s == nil {
		return 0
	}
	return s.quantiles.Step(num, den)
}
