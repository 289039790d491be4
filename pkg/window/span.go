package window

import (
	"iter"
	"slices"
	"sort"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/sketch"
	"weir/pkg/stamp"
)

// Part keeps what is needed of the readings of one step of time, or of a whole
// stream. Readings are added to it and never removed. A Span consists of Parts.
type Part struct {
	sum  agg.Aggregate
	more *partExtras // nil if count, sum, mean, sd and var are enough
}

// partExtras is what the statistics need that depend on order or time.
type partExtras struct {
	minMax    agg.MinMax
	firstLast *agg.FirstLast
	quantiles *sketch.Sketch
}

// NewPart returns an empty part that keeps what need says. Requires need.MinMax if
// need.Quantiles is set, as agg.NeedsOf ensures.
func NewPart(need agg.Needs) Part {
	p := Part{sum: agg.New(need.Squares)}
	if need.MinMax || need.FirstLast {
		p.more = new(partExtras)
	}
	if need.FirstLast {
		p.more.firstLast = new(agg.FirstLast)
	}
	if need.Quantiles {
		p.more.quantiles = new(sketch.Sketch)
	}
	return p
}

// Clear removes all readings, so that the part can be used again. Requires the need
// that NewPart was given. It frees the memory of quantiles, of which some parts have
// much more than others.
func (p *Part) Clear(need agg.Needs) {
	p.sum = agg.New(need.Squares)
	x := p.more
	if x != nil {
		x.minMax = agg.MinMax{}
		if x.firstLast != nil {
			*x.firstLast = agg.FirstLast{}
		}
		if x.quantiles != nil {
			*x.quantiles = sketch.Sketch{}
		}
	}
}

// Add adds a reading of time t.
func (p *Part) Add(t stamp.Time, d exact.Dec) {
	p.sum.Add(d)
	x := p.more
	if x != nil {
		x.minMax.Add(d)
		if x.firstLast != nil {
			x.firstLast.Add(t, d)
		}
		if x.quantiles != nil {
			x.quantiles.Add(d)
		}
	}
}

// AddBatch adds each number of b as AddNoTime does. Requires that b has one.
func (p *Part) AddBatch(b exact.Batch) {
	p.sum.AddBatch(b)
	x := p.more
	if x != nil {
		x.minMax.AddBatch(b)
		if x.quantiles != nil {
			for _, n := range b.Units {
				x.quantiles.Add(exact.FromUnits(n, b.Scale))
			}
		}
	}
}

// AddNoTime adds a reading without a time, which is neither first nor last.
func (p *Part) AddNoTime(d exact.Dec) {
	p.sum.Add(d)
	x := p.more
	if x != nil {
		x.minMax.Add(d)
		if x.quantiles != nil {
			x.quantiles.Add(d)
		}
	}
}

// Span is a window of time that consists of Parts. Each part has an index, its position
// in time. Parts enter in rising order of their indexes, and leave in that order; only
// Late adds to a part that is inside, or inserts one among those that are inside.
//
// A Span adds up its parts: it has its own sum, extremes and quantiles, and keeps the
// parts themselves only if First, Last or quantiles may have to be found anew.
//
// Invariant: parts[head:] are the parts inside that have readings, in rising order of
// their indexes; parts[:head] have left. The slice is not kept if a part has no
// partExtras.
type Span struct {
	sum       agg.Aggregate
	need      agg.Needs
	lows      deque // of the parts' minima, by index
	highs     deque // of the parts' maxima, by index
	quantiles *sketch.Sketch
	parts     []indexed
	head      int
}

type indexed struct {
	index int64
	part  *Part
}

// NewSpan returns an empty window that keeps what need says. Requires what NewPart does.
func NewSpan(need agg.Needs) Span {
	s := Span{sum: agg.New(need.Squares), need: need, lows: deque{sign: 1}, highs: deque{sign: -1}}
	if need.Quantiles {
		s.quantiles = new(sketch.Sketch)
	}
	return s
}

// Enter adds a part to the window. Requires that index is larger than that of every part
// that has entered before, and that readings are added to p through Late alone until
// it leaves. The window refers to p.
func (s *Span) Enter(index int64, p *Part) {
	if p.sum.Len() == 0 {
		return
	}
	s.sum.Merge(&p.sum)
	if p.more == nil {
		return
	}
	if s.need.MinMax {
		s.lows.push(index, p.more.minMax.Min)
		s.highs.push(index, p.more.minMax.Max)
	}
	if s.quantiles != nil {
		s.quantiles.Merge(p.more.quantiles)
	}
	s.parts = append(s.parts, indexed{index, p})
}

// Leave removes a part. Requires that it is inside and has the lowest index.
func (s *Span) Leave(index int64, p *Part) {
	if p.sum.Len() == 0 {
		return
	}
	s.sum.Subtract(&p.sum)
	if s.sum.Len() == 0 { // forget that large or fine numbers were in it: a new sum is faster
		s.sum = agg.New(s.need.Squares)
	}
	if p.more == nil {
		return
	}
	s.lows.remove(index)
	s.highs.remove(index)
	s.parts[s.head] = indexed{}
	s.head++
	if s.head*2 >= len(s.parts) {
		n := copy(s.parts, s.parts[s.head:])
		clear(s.parts[n:])
		s.parts, s.head = s.parts[:n], 0
	}
	if s.quantiles != nil {
		s.quantiles.Subtract(p.more.quantiles)
		s.refill()
	}
}

// refill gives the sketch its readings again when they have become few enough for exact
// quantiles. The parts have them: a part has no more readings than the window.
func (s *Span) refill() {
	if s.quantiles.IsExact() || s.quantiles.Len() > sketch.Exact {
		return
	}
	s.quantiles.Refill(s.readings())
}

// readings yields the readings of all parts inside.
func (s *Span) readings() iter.Seq[exact.Dec] {
	return func(yield func(exact.Dec) bool) {
		for _, p := range s.parts[s.head:] {
			for d := range p.part.more.quantiles.Readings() {
				if !yield(d) {
					return
				}
			}
		}
	}
}

// Late adds a reading of time t to the part p and to the window. Requires that p is
// inside with that index, or is empty; then it is inside from now on, as if it had
// entered in its turn.
func (s *Span) Late(index int64, p *Part, t stamp.Time, d exact.Dec) {
	isNew := p.sum.Len() == 0
	p.Add(t, d)
	s.sum.Add(d)
	if p.more == nil {
		return
	}
	if s.need.MinMax {
		s.lows.insert(index, d)
		s.highs.insert(index, d)
	}
	if s.quantiles != nil {
		s.quantiles.Add(d)
	}
	if isNew {
		live := s.parts[s.head:]
		i := sort.Search(len(live), func(i int) bool { return live[i].index > index })
		s.parts = slices.Insert(s.parts, s.head+i, indexed{index, p})
	}
}
