package window

import (
	"slices"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/sketch"
	"weir/pkg/stamp"
)

// Part keeps what is needed of the readings of one step of time, or of a whole
// stream. Readings are added to it and never removed. A Span consists of Parts. Methods
// that read may change the representation, so only one goroutine may use a Part. Of
// copies, only one may be used further.
//
// A stream may have a million keys with a Part each, in no order, so that each reading
// finds its Part outside of the processor's caches. Therefore a Part is less than a
// cache line, and a reading changes one line or two:
//
//   - Without any need, it is added to n and sum.
//   - Otherwise, it is appended to buf. Once buf has room() readings, it is emptied into
//     state, which has sums, extremes and a sketch. Until then the statistics are computed
//     from buf when they are asked for. With quantiles, room() is first
//     sketch.MaxDifferent: of no more readings, the quantiles are exact in any case, and a
//     sketch would take three to five times the memory.
//
// Readings that are fine or large, see maxUnits, go to state at once.
//
// Invariant: the readings are those in buf, those that n and sum count, and those in
// state. Without any need, buf is empty; with one, n and sum are 0. buf and sum are in
// units of 10^-scale.
type Part struct {
	n      int64
	sum    int64 // in [-maxSum, maxSum)
	buf    []int64
	state  *partState // nil if it is not needed yet; not nil with need.FirstLast or need.Series
	need   agg.Needs
	scale  uint8 // at most maxPartDecimals
	sorted bool  // buf is in ascending order
	limit  uint8 // buf has at most 1 << limit readings; 0: none, without any need
}

const (
	// maxUnits bounds the units in buf and sum: all x are in (-maxUnits, maxUnits). So
	// sketch.MaxDifferent < 2^14 of them do not overflow when they are added, and any 256 can be an
	// exact.Batch.
	maxUnits = 1 << 48

	// maxPartDecimals is the largest scale. Why 6: few sensors write more decimals.
	maxPartDecimals = 6

	// minBuf is the least capacity of buf, with quantiles.
	minBuf = 4

	// spillLen is how many readings are added to state together. Why so few: they are two
	// cache lines, and state is about four.
	spillLen = 1 << spillLimit

	// The values of limit: spillLen and sketch.MaxDifferent readings.
	spillLimit = 4
	exactLimit = 12
)

// The two are equal.
var _ = [1]int{}[sketch.MaxDifferent-1<<exactLimit]

// partState has what a Part does not keep in itself.
type partState struct {
	sum       agg.Aggregate
	moments   exact.Moments // of sum, with need.Squares
	minMax    agg.MinMax
	firstLast *agg.FirstLast // of all readings, with need.FirstLast
	quantiles *sketch.Sketch // with need.Quantiles
	series    *agg.Series    // of all readings that have a time, with need.Series
}

// NewPart returns an empty part that keeps what need says. Requires need.MinMax if
// need.Quantiles is set, as agg.NeedsOf ensures.
func NewPart(need agg.Needs) Part {
	p := Part{need: need}
	p.limit = p.firstLimit()
	if need.FirstLast || need.Series {
		p.newState()
	}
	return p
}

// firstLimit returns the limit of a part without readings.
func (p *Part) firstLimit() uint8 {
	switch {
	case p.need == agg.Needs{}:
		return 0
	case p.need.Quantiles:
		return exactLimit
	}
	return spillLimit
}

// room returns how many readings buf has at most. Requires a need.
func (p *Part) room() int { return 1 << p.limit }

func (p *Part) newState() {
	s := new(partState)
	if p.need.Squares {
		s.sum = agg.NewWith(&s.moments)
	}
	if p.need.FirstLast {
		s.firstLast = new(agg.FirstLast)
	}
	if p.need.Quantiles {
		s.quantiles = new(sketch.Sketch)
	}
	if p.need.Series {
		s.series = new(agg.Series)
	}
	p.state = s
}

// Clear removes all readings, so that the part can be used again. It frees the memory of
// quantiles, of which some parts have much more than others.
func (p *Part) Clear() {
	p.n, p.sum, p.scale, p.sorted, p.limit = 0, 0, 0, false, p.firstLimit()
	p.buf = p.buf[:0]
	if cap(p.buf) > spillLen {
		p.buf = nil
	}
	s := p.state
	if s == nil {
		return
	}
	if p.need.Quantiles && !p.need.FirstLast && !p.need.Series {
		p.state = nil
		return
	}
	s.sum, s.moments, s.minMax = agg.Aggregate{}, exact.Moments{}, agg.MinMax{}
	if p.need.Squares {
		s.sum = agg.NewWith(&s.moments)
	}
	if p.need.FirstLast {
		*s.firstLast = agg.FirstLast{}
	}
	if p.need.Quantiles {
		*s.quantiles = sketch.Sketch{}
	}
	if p.need.Series {
		s.series.Clear()
	}
}

// Add adds a reading of time t.
func (p *Part) Add(t stamp.Time, d exact.Dec) {
	if p.need.FirstLast {
		p.state.firstLast.Add(t, d)
	}
	if p.need.Series {
		p.state.series.Add(t, d)
	}
	p.AddNoTime(d)
}

// AddNoTime adds a reading without a time, which is neither first nor last, nor in a Series.
func (p *Part) AddNoTime(d exact.Dec) {
	x, ok := d.Units(p.scale)
	if !ok || uint64(x+maxUnits-1) >= 2*maxUnits-1 {
		p.addSlow(d)
		return
	}
	if p.limit == 0 {
		p.addSum(1, x)
		return
	}
	if len(p.buf) == cap(p.buf) {
		p.grow()
	}
	p.buf = append(p.buf, x)
	p.sorted = false
}

// addSum adds n readings whose sum is x. Requires that x is in (-maxSum, maxSum).
func (p *Part) addSum(n, x int64) {
	p.n += n
	p.sum += x
	if uint64(p.sum+maxSum) >= 2*maxSum {
		p.spill()
	}
}

// addSlow is AddNoTime for a reading that does not fit the present unit.
func (p *Part) addSlow(d exact.Dec) {
	_, decimals, _, ok := d.Parts()
	if ok && decimals > p.scale && decimals <= maxPartDecimals {
		p.rescale(decimals)
		x, ok := d.Units(decimals)
		if ok && max(x, -x) < maxUnits {
			p.AddNoTime(d)
			return
		}
	}
	p.spill()
	p.state.add(d, p.need)
}

// maxSum bounds Part.sum: a sum that is not in [-maxSum, maxSum) is spilled. Two such sums
// do not overflow when they are added.
const maxSum = 1 << 61

// rescale changes to units of 10^-decimals, which are smaller than the present ones.
// What does not fit then is spilled.
func (p *Part) rescale(decimals uint8) {
	by := int64(exact.Pow10(decimals - p.scale))
	fits := max(p.sum, -p.sum) < maxSum/by
	for _, x := range p.buf {
		fits = fits && max(x, -x) < maxUnits/by
	}
	if !fits {
		p.spill()
	}
	for i := range p.buf {
		p.buf[i] *= by
	}
	p.sum *= by
	p.scale = decimals
}

// grow makes room in a full buf: it empties it if it has room() readings, else doubles it.
// A buf of no more than spillLen has its full size at once, so that a part that is used
// again does not grow again.
func (p *Part) grow() {
	n := len(p.buf)
	if n >= p.room() {
		p.spill()
	}
	if len(p.buf) == cap(p.buf) {
		size := p.room()
		if size > spillLen {
			size = max(minBuf, min(2*n, size))
		}
		buf := make([]int64, n, size)
		copy(buf, p.buf)
		p.buf = buf
	}
}

// spill moves all readings to state.
func (p *Part) spill() {
	if p.state == nil {
		p.newState()
	}
	s := p.state
	if p.n > 0 {
		s.sum.AddTotal(p.n, exact.FromUnits(p.sum, p.scale))
		p.n, p.sum = 0, 0
	}
	if p.need.Quantiles {
		s.quantiles.AddUnits(p.buf, p.scale)
	}
	for b := range slices.Chunk(p.buf, exact.MaxBatch) {
		s.addBatch(exact.Batch{Units: b, Scale: p.scale}, p.need)
	}
	p.buf = p.buf[:0]
	p.limit = min(p.limit, spillLimit)
	if cap(p.buf) > spillLen {
		p.buf = make([]int64, 0, spillLen)
	}
}

// add adds a reading.
func (s *partState) add(d exact.Dec, need agg.Needs) {
	s.sum.Add(d)
	if need.MinMax {
		s.minMax.Add(d)
	}
	if need.Quantiles {
		s.quantiles.Add(d)
	}
}

// addBatch adds each number of b to all but the quantiles. Requires that b has one.
func (s *partState) addBatch(b exact.Batch, need agg.Needs) {
	s.sum.AddBatch(b)
	if need.MinMax {
		s.minMax.AddBatch(b)
	}
}

// AddBatch adds each number of b as AddNoTime does. Requires that b has one.
func (p *Part) AddBatch(b exact.Batch) {
	if p.limit == 0 {
		added := p.addBatchSum(b)
		if added {
			return
		}
	}
	if p.limit > spillLimit && len(p.buf)+len(b.Units) <= p.room() {
		for _, x := range b.Units {
			p.AddNoTime(exact.FromUnits(x, b.Scale))
		}
		return
	}
	if p.state == nil || p.limit > spillLimit {
		p.spill()
	}
	p.state.addBatch(b, p.need)
	if p.need.Quantiles {
		p.state.quantiles.AddUnits(b.Units, b.Scale)
	}
}

// addBatchSum adds each number of b to n and sum. It returns false if they do not fit.
func (p *Part) addBatchSum(b exact.Batch) bool {
	if b.Scale > maxPartDecimals {
		return false
	}
	if b.Scale > p.scale {
		p.rescale(b.Scale)
	}
	x, times := b.Sum(), int64(exact.Pow10(p.scale-b.Scale))
	if max(x, -x) >= maxSum/times {
		return false
	}
	p.addSum(int64(len(b.Units)), x*times)
	return true
}

// Touch loads what Add changes, and returns something of it, which the caller has to use
// so that the compiler keeps the load. A filter calls it in a loop of its own for the
// parts of some 250 records, before it adds their readings.
//
// Why: with many keys the loads miss the processor's caches. In a loop without other work
// they do not depend on each other, and overlap. With a million keys that halves the
// time. Of much more than 250 records, the first would have left the caches again.
func (p *Part) Touch() int64 {
	n := len(p.buf)
	if n > 0 {
		return p.buf[n-1]
	}
	return p.n
}

// all returns what the statistics are computed from, if it is state, or nil if the
// readings are all in buf, or in n and sum.
func (p *Part) all() *partState {
	if p.state == nil || p.state.sum.Len() == 0 {
		return nil
	}
	if p.n > 0 || len(p.buf) > 0 {
		p.spill()
	}
	return p.state
}

// moments returns the moments of buf.
func (p *Part) moments() (m exact.Moments) {
	for b := range slices.Chunk(p.buf, exact.MaxBatch) {
		m.AddBatch(exact.Batch{Units: b, Scale: p.scale})
	}
	return m
}

// total returns the sum of n and buf, in units.
func (p *Part) total() int64 {
	return p.sum + exact.Batch{Units: p.buf}.Sum()
}

// addTo adds the readings to a sum.
func (p *Part) addTo(a *agg.Aggregate) {
	if p.n > 0 {
		a.AddTotal(p.n, exact.FromUnits(p.sum, p.scale))
	}
	for b := range slices.Chunk(p.buf, exact.MaxBatch) {
		a.AddBatch(exact.Batch{Units: b, Scale: p.scale})
	}
	if p.state != nil {
		a.Merge(&p.state.sum)
	}
}

// removeFrom removes the readings from a sum.
func (p *Part) removeFrom(a *agg.Aggregate) {
	if p.n > 0 {
		a.SubtractTotal(p.n, exact.FromUnits(p.sum, p.scale))
	}
	for _, x := range p.buf {
		a.Remove(exact.FromUnits(x, p.scale))
	}
	if p.state != nil {
		a.Subtract(&p.state.sum)
	}
}

// bits returns how many bits of the mantissa are kept of each reading for quantiles: see
// sketch.Sketch.Bits.
func (p *Part) bits() uint8 {
	s := p.all()
	if s == nil {
		return sketch.Exact
	}
	return s.quantiles.Bits()
}

// addQuantiles adds the readings to a multiset, as the part keeps them. Requires that
// bits was called since the last reading was added: then the readings are all in buf, or
// all in state.
func (p *Part) addQuantiles(m *sketch.Multiset) {
	for d, n := range p.different {
		m.Add(d, n)
	}
	if p.state != nil {
		m.Merge(p.state.quantiles)
	}
}

// removeQuantiles undoes addQuantiles, and requires the same.
func (p *Part) removeQuantiles(m *sketch.Multiset) {
	for d, n := range p.different {
		m.Remove(d, n)
	}
	if p.state != nil {
		m.Subtract(p.state.quantiles)
	}
}
