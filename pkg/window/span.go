package window

import (
	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/sketch"
)

// Span is a window of time that consists of Parts. Each part has an index, its position
// in time. Parts enter in rising order of their indexes, and leave in that order; only
// Late adds to a part that is inside, or inserts one among those that are inside.
//
// A Span adds up its parts: it has its own sum, extremes, quantiles and resets, and keeps the
// parts themselves only if First, Last, quantiles or resets may have to be found anew.
//
// Why two structs: without any need, a Span is one cache line.
type Span struct {
	sum  agg.Aggregate
	need agg.Needs
	more *spanParts // nil if count, sum, mean, sd and var are enough
}

// spanParts is what a Span keeps for the statistics that depend on order or time.
//
// Invariant: parts[head:] are the parts inside that have readings, in rising order of
// their indexes; parts[:head] have left.
type spanParts struct {
	lows      deque          // of the parts' minima, by index
	highs     deque          // of the parts' maxima, by index
	quantiles *spanQuantiles // nil if no quantiles are needed
	resets    exact.Sum      // with need.Series: the sum of the readings inside that a smaller one follows
	carry     *carry         // nil without CarryForward
	parts     []indexed
	head      int
}

// spanQuantiles keeps the readings of the parts inside in order of size.
//
// Invariant: it has each part as the part keeps it, that is decimals, or the steps of a
// truncated sketch, and bits has the number of parts by how many bits they keep. A window
// keeps as many bits as the part that keeps the fewest.
type spanQuantiles struct {
	readings sketch.Multiset
	bits     [sketch.Exact + 1]int32
}

type indexed struct {
	index int64
	part  *Part
}

// NewSpan returns an empty window that keeps what need says. Requires what NewPart does.
func NewSpan(need agg.Needs) Span {
	s := Span{sum: agg.New(need.Squares), need: need}
	if need.MinMax || need.FirstLast || need.Series {
		s.more = &spanParts{lows: deque{sign: 1}, highs: deque{sign: -1}}
	}
	if need.Quantiles {
		s.more.quantiles = new(spanQuantiles)
	}
	return s
}

// Enter adds a part to the window. Requires that index is larger than that of every part
// that has entered before, and that readings are added to p through Late alone until
// it leaves. The window refers to p.
func (s *Span) Enter(index int64, p *Part) {
	if p.Len() == 0 {
		return
	}
	p.addTo(&s.sum)
	x := s.more
	if x == nil {
		return
	}
	if s.need.MinMax {
		least, _ := p.Min()
		most, _ := p.Max()
		x.lows.push(index, least)
		x.highs.push(index, most)
	}
	if x.quantiles != nil {
		x.quantiles.enter(p)
	}
	if s.need.Series {
		x.enterResets(p)
	}
	if x.carry != nil {
		x.enterIntegral(p)
	}
	x.parts = append(x.parts, indexed{index, p})
}

// Leave removes a part. Requires that it is inside and has the lowest index.
func (s *Span) Leave(index int64, p *Part) {
	if p.Len() == 0 {
		return
	}
	p.removeFrom(&s.sum)
	if s.sum.Len() == 0 { // forget that large or fine numbers were in it: a new sum is faster
		s.sum = agg.New(s.need.Squares)
	}
	x := s.more
	if x == nil {
		return
	}
	x.lows.remove(index)
	x.highs.remove(index)
	if s.need.Series {
		x.leaveResets()
	}
	if x.carry != nil {
		s.leaveIntegral()
	}
	x.parts[x.head] = indexed{}
	x.head++
	if x.head*2 >= len(x.parts) {
		n := copy(x.parts, x.parts[x.head:])
		clear(x.parts[n:])
		x.parts, x.head = x.parts[:n], 0
	}
	if x.quantiles != nil {
		x.quantiles.leave(p)
	}
}

// enterResets adds the resets of p, which is after all parts inside.
func (x *spanParts) enterResets(p *Part) {
	if x.head < len(x.parts) {
		addReset(&x.resets, x.parts[len(x.parts)-1].part, p)
	}
	x.resets.Merge(p.state.series.Resets())
}

// leaveResets removes the resets of the first part inside.
func (x *spanParts) leaveResets() {
	if x.head+1 == len(x.parts) {
		x.resets = exact.Sum{}
		return
	}
	p := x.parts[x.head].part
	x.resets.Subtract(p.state.series.Resets())
	var between exact.Sum
	addReset(&between, p, x.parts[x.head+1].part)
	x.resets.Subtract(&between)
}

// addReset adds the last reading of a to sum if the first one of b, the part after it, is
// smaller.
func addReset(sum *exact.Sum, a, b *Part) {
	_, last := a.state.series.Ends()
	first, _ := b.state.series.Ends()
	if first.Value.Cmp(last.Value) < 0 {
		sum.Add(last.Value)
	}
}

// enter adds a part.
func (q *spanQuantiles) enter(p *Part) {
	q.bits[p.bits()]++
	p.addQuantiles(&q.readings)
}

// leave removes a part.
func (q *spanQuantiles) leave(p *Part) {
	q.bits[p.bits()]--
	p.removeQuantiles(&q.readings)
}

// keeps returns how many bits are kept of each reading. Requires that there is a part.
func (q *spanQuantiles) keeps() uint8 {
	var keep uint8
	for q.bits[keep] == 0 {
		keep++
	}
	return keep
}

// refill adds up all parts inside anew.
func (x *spanParts) refill() {
	*x.quantiles = spanQuantiles{}
	for _, p := range x.parts[x.head:] {
		x.quantiles.enter(p.part)
	}
}
