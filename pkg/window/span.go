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

// Part is what is kept of the readings of one stretch of time, or of a whole
// stream; it can only grow. Parts make up a Span.
type Part struct {
	sum  agg.Aggregate
	more *partExtras // what is not wanted by mean, sum and count
}

type partExtras struct {
	minMax    agg.MinMax
	firstLast *agg.FirstLast
	quantiles *sketch.Sketch
}

// NewPart is an empty part that keeps what need says.
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

// Clear makes it a NewPart again. It lets go of the memory of ranks, of which
// some parts have much more than others.
func (p *Part) Clear(need agg.Needs) {
	p.sum = agg.New(need.Squares)
	if x := p.more; x != nil {
		x.minMax = agg.MinMax{}
		if x.firstLast != nil {
			*x.firstLast = agg.FirstLast{}
		}
		if x.quantiles != nil {
			*x.quantiles = sketch.Sketch{}
		}
	}
}

// Add puts in a reading of time t.
func (p *Part) Add(t stamp.Time, d exact.Dec) {
	p.sum.Add(d)
	if x := p.more; x != nil {
		x.minMax.Add(d)
		if x.firstLast != nil {
			x.firstLast.Add(t, d)
		}
		if x.quantiles != nil {
			x.quantiles.Add(d)
		}
	}
}

// AddBatch is AddUntimed of each number of b; there must be one.
func (p *Part) AddBatch(b exact.Batch) {
	p.sum.AddBatch(b)
	if x := p.more; x != nil {
		x.minMax.AddBatch(b)
		if x.quantiles != nil {
			for _, n := range b.Units {
				x.quantiles.Add(exact.Units(n, b.Scale))
			}
		}
	}
}

// AddUntimed puts in a reading without a time: it is neither first nor last.
func (p *Part) AddNoTime(d exact.Dec) {
	p.sum.Add(d)
	if x := p.more; x != nil {
		x.minMax.Add(d)
		if x.quantiles != nil {
			x.quantiles.Add(d)
		}
	}
}

// Len is the number of readings in the part.
func (p *Part) Len() int64 { return p.sum.Len() }

// Extremes are those of the part, if it was to keep them.
func (p *Part) MinMax() agg.MinMax { return p.more.minMax }

// Stat is a statistic of the readings in the part. First and Last are null if
// no reading has a time.
func (p *Part) Stat(s agg.Stat) exact.Value {
	switch s.Kind {
	case agg.First:
		if p.more.firstLast.Any {
			return p.more.firstLast.First.Value()
		}
	case agg.Last:
		if p.more.firstLast.Any {
			return p.more.firstLast.Last.Value()
		}
	case agg.Min, agg.Max, agg.Quantile:
		if p.sum.Len() > 0 {
			return isQuantile(s, p.more.minMax.Min, p.more.minMax.Max, p.more.quantiles)
		}
	default:
		return p.sum.Stat(s)
	}
	return exact.Value{}
}

// Span is a window over parts, each with a place in time: places enter in
// rising order and leave in rising order. Only Late may reach back.
type Span struct {
	sum       agg.Aggregate
	wanted    agg.Needs
	lows      deque
	highs     deque
	quantiles *sketch.Sketch
	parts     []indexed // what is inside, by place; kept for ends and ranks only
	head      int
}

type indexed struct {
	at   int64
	part *Part
}

// NewSpan is an empty window that keeps what need says.
func NewSpan(need agg.Needs) Span {
	s := Span{sum: agg.New(need.Squares), wanted: need, lows: deque{sign: 1}, highs: deque{sign: -1}}
	if need.Quantiles {
		s.quantiles = new(sketch.Sketch)
	}
	return s
}

// Enter puts a part in, at a place behind all that were entered before. The
// part must not grow while it is inside but by Late.
func (s *Span) Enter(at int64, p *Part) {
	if p.sum.Len() == 0 {
		return
	}
	s.sum.Merge(&p.sum)
	if p.more == nil {
		return
	}
	if s.wanted.MinMax {
		s.lows.push(at, p.more.minMax.Min)
		s.highs.push(at, p.more.minMax.Max)
	}
	if s.quantiles != nil {
		s.quantiles.Merge(p.more.quantiles)
	}
	s.parts = append(s.parts, indexed{at, p})
}

// Leave takes a part out, the one with the lowest place.
func (s *Span) Leave(at int64, p *Part) {
	if p.sum.Len() == 0 {
		return
	}
	s.sum.Subtract(&p.sum)
	if s.sum.Len() == 0 { // nothing is left that could ask for width or fineness
		s.sum = agg.New(s.wanted.Squares)
	}
	if p.more == nil {
		return
	}
	s.lows.remove(at)
	s.highs.remove(at)
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

// refill hands a sketch its readings again, once they are few enough to be
// kept.
func (s *Span) refill() {
	if s.quantiles.IsExact() || s.quantiles.Len() > sketch.Exact {
		return
	}
	s.quantiles.Refill(s.readings())
}

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

// Late adds a reading to a part that is inside, or to a new part at that place,
// and to the window.
func (s *Span) Late(at int64, p *Part, t stamp.Time, d exact.Dec) {
	fresh := p.sum.Len() == 0
	p.Add(t, d)
	s.sum.Add(d)
	if p.more == nil {
		return
	}
	if s.wanted.MinMax {
		s.lows.insert(at, d)
		s.highs.insert(at, d)
	}
	if s.quantiles != nil {
		s.quantiles.Add(d)
	}
	if fresh {
		live := s.parts[s.head:]
		i := sort.Search(len(live), func(i int) bool { return live[i].at > at })
		s.parts = slices.Insert(s.parts, s.head+i, indexed{at, p})
	}
}

// Len is the number of readings inside.
func (s *Span) Len() int64 { return s.sum.Len() }

// Stat is a statistic of the readings inside.
func (s *Span) Stat(st agg.Stat) exact.Value {
	if s.sum.Len() > 0 {
		switch st.Kind {
		case agg.First:
			return s.parts[s.head].part.more.firstLast.First.Value()
		case agg.Last:
			return s.parts[len(s.parts)-1].part.more.firstLast.Last.Value()
		case agg.Min, agg.Max, agg.Quantile:
			return isQuantile(st, s.lows.best(), s.highs.best(), s.quantiles)
		}
	}
	return s.sum.Stat(st)
}
