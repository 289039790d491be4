package window

import (
	"slices"
	"sort"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Late adds a reading of time t to the part p and to the window. Requires that p is
// inside with that index, or is empty; then it is inside from now on, as if it had
// entered in its turn. With need.Series it takes the time of sorting the readings of p, and not
// of going over those of the window.
func (s *Span) Late(index int64, p *Part, t stamp.Time, d exact.Dec) {
	isNew := p.Len() == 0
	x := s.more
	var bits uint8
	var i int
	var before seriesSums
	if x != nil {
		if isNew || s.need.Series {
			i = x.position(index)
		}
		if s.need.Series {
			before = x.sumsBefore(i, isNew)
		}
		if x.quantiles != nil {
			bits = p.bits()
		}
	}
	p.Add(t, d)
	s.sum.Add(d)
	if x == nil {
		return
	}
	if s.need.MinMax {
		x.lows.insert(index, d)
		x.highs.insert(index, d)
	}
	if isNew {
		x.parts = slices.Insert(x.parts, x.head+i, indexed{index, p})
	}
	if s.need.Series {
		x.replaceSums(&before, i)
	}
	switch {
	case x.quantiles == nil:
	case isNew:
		x.quantiles.enter(p)
	case p.bits() == bits:
		x.quantiles.readings.AddKept(d, bits)
	default: // all readings of the part have become steps, or wider ones
		x.refill()
	}
}

// position returns where the part of an index is among those inside, or would be.
func (x *spanParts) position(index int64) int {
	live := x.parts[x.head:]
	return sort.Search(len(live), func(i int) bool { return live[i].index >= index })
}

// seriesSums is what some readings contribute to what a Span keeps of Series.
type seriesSums struct {
	resets   exact.Sum
	integral agg.Integral // without CarryForward: of no time
}

// sumsBefore returns what is going to be replaced when a reading is added to the part at position
// i; isNew says that the part will be inserted there.
func (x *spanParts) sumsBefore(i int, isNew bool) (a seriesSums) {
	if !isNew {
		return x.sumsOf(i)
	}
	if i > 0 && i < len(x.parts)-x.head {
		x.addBetween(&a, i-1)
	}
	return a
}

// replaceSums replaces what sumsBefore has returned, once the reading has been added.
func (x *spanParts) replaceSums(before *seriesSums, i int) {
	after := x.sumsOf(i)
	x.resets.Subtract(&before.resets)
	x.resets.Merge(&after.resets)
	if x.carry != nil {
		x.carry.integral.Subtract(&before.integral)
		x.carry.integral.Merge(&after.integral)
	}
}

// sumsOf returns what the part at position i contributes, with those before and after it.
func (x *spanParts) sumsOf(i int) (a seriesSums) {
	live := x.parts[x.head:]
	if i > 0 {
		x.addBetween(&a, i-1)
	}
	series := live[i].part.state.series
	a.resets.Merge(series.Resets())
	if x.carry != nil {
		a.integral.Merge(series.Integral(x.carry.Carry))
	}
	if i+1 < len(live) {
		x.addBetween(&a, i)
	}
	return a
}

// addBetween adds what the parts at positions i and i+1 contribute together.
func (x *spanParts) addBetween(a *seriesSums, i int) {
	p, next := x.parts[x.head+i].part, x.parts[x.head+i+1].part
	addReset(&a.resets, p, next)
	if x.carry != nil {
		x.carry.addBetween(&a.integral, p, next)
	}
}
