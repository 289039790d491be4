package sketch

import "weir/pkg/exact"

// ordered is readings in ascending order, of which that many bits are kept, and their extremes.
type ordered struct {
	n           int64
	at          func(k int64) *entry // reading k, from 0
	bits        uint8
	least, most exact.Dec // not needed if bits is Exact
}

// MAD returns the median absolute deviation: the median of the distances of the readings from
// their median. It is null if s is empty. Requires that least and most are the extremes of the
// readings.
//
// It is exact if Bits is Exact. If s is truncated, each reading counts as the middle of its
// step, limited to the extremes, and the median is that of Quantile.
func (s *Sketch) MAD(least, most exact.Dec) exact.Value {
	o := ordered{n: s.n, bits: s.Bits(), least: least, most: most, at: func(k int64) *entry { a, _ := s.at(k); return a }}
	return o.mad()
}

// MADStep returns by how much the result of MAD may be off: the width of the largest step that
// the median, or a neighbour, lies in, and of the largest one that a reading about as far from
// the median as the result lies in, together. Requires what MAD does.
func (s *Sketch) MADStep(least, most exact.Dec) float64 {
	if s.n == 0 || !s.truncated {
		return 0
	}
	o := ordered{n: s.n, bits: s.bits, least: least, most: most, at: func(k int64) *entry { a, _ := s.at(k); return a }}
	return s.Step(1, 2) + o.madStep()
}

// MAD returns the median absolute deviation as [Sketch.MAD] does, of readings of which that
// many bits are kept. Requires what Quantile does.
func (m *Multiset) MAD(bits uint8, least, most exact.Dec) exact.Value {
	o := ordered{n: m.tree.n, bits: bits, least: least, most: most, at: func(k int64) *entry { a, _ := m.tree.at(k); return a }}
	return o.mad()
}

// MAD returns the median absolute deviation of the readings x × 10^-decimals for each x of
// units, as [Sketch.MAD] does. Requires decimals ≤ 24, and that units is in ascending order.
func MAD(units []int64, decimals uint8) exact.Value {
	var e entry
	o := ordered{n: int64(len(units)), bits: Exact, at: func(k int64) *entry { e.d = exact.FromUnits(units[k], decimals); return &e }}
	return o.mad()
}

// decimal returns reading k as a number: the middle of its step, if it has one.
func (o *ordered) decimal(k int64) exact.Dec {
	e := o.at(k)
	if o.bits == Exact {
		return e.d
	}
	d, _ := exact.FromFloat(middle(e.f, o.bits))
	return d
}

// limited returns reading k, limited to the extremes.
func (o *ordered) limited(k int64) exact.Dec {
	d := o.decimal(k)
	switch {
	case o.bits == Exact:
	case d.Cmp(o.least) < 0:
		return o.least
	case d.Cmp(o.most) > 0:
		return o.most
	}
	return d
}

// twiceMedian returns the median, doubled, so that it is a decimal. Requires a reading.
func (o *ordered) twiceMedian() (sum exact.Sum) {
	sum.Add(o.decimal((o.n - 1) / 2))
	sum.Add(o.decimal(o.n / 2))
	if o.bits == Exact {
		return sum
	}
	for _, bound := range []struct {
		d    exact.Dec
		sign int
	}{{o.least, -1}, {o.most, 1}} {
		over := sum
		over.Remove(bound.d)
		over.Remove(bound.d)
		if over.Value().Sign() == bound.sign {
			sum.Subtract(&over)
		}
	}
	return sum
}

// mad returns the median of the distances from the median. A distance is doubled, too: so the
// sum of two, divided by four, is their mean.
func (o *ordered) mad() exact.Value {
	if o.n == 0 {
		return exact.Value{}
	}
	twice := o.twiceMedian()
	sum := o.distance(&twice, (o.n-1)/2)
	other := o.distance(&twice, o.n/2)
	sum.Merge(&other)
	return sum.Mean(4)
}

// distance returns the distance of rank k, from 0, of all distances from the median, doubled.
func (o *ordered) distance(twice *exact.Sum, k int64) exact.Sum {
	below := o.nearest(twice, k+1)
	half := o.n / 2
	lower, upper := o.twiceTo(twice, half-below, below > 0, false), o.twiceTo(twice, half+k-below, k+1 > below, true)
	if upper.Value().Cmp(lower.Value()) > 0 {
		return upper
	}
	return lower
}

// twiceTo returns the distance of reading k from the median, doubled; 0 unless it is there.
// above says on which side it is.
func (o *ordered) twiceTo(twice *exact.Sum, k int64, there, above bool) (d exact.Sum) {
	if !there {
		return d
	}
	x := o.limited(k)
	if above {
		d.Add(x)
		d.Add(x)
		d.Subtract(twice)
		return d
	}
	d.Merge(twice)
	d.Remove(x)
	d.Remove(x)
	return d
}

// nearest returns how many of the count readings that are nearest to the median are in the lower
// half of all, the readings before n/2. Of two that are equally near, the upper one comes first.
// Requires 0 < count ≤ n.
//
// The distances of the lower half rise downwards from its end, those of the upper half upwards
// from its begin. So these are two lists in order, and the first count elements of both together
// are found by a binary search for how many come from the first.
func (o *ordered) nearest(twice *exact.Sum, count int64) int64 {
	half := o.n / 2
	lo, hi := max(0, count-(o.n-half)), min(count, half)
	for lo < hi {
		below := (lo + hi) / 2
		// The last one from above, and the next one from below, as far as each is from the median:
		// y-m ≤ m-x.
		rest := *twice
		rest.Remove(o.limited(half + count - below - 1))
		rest.Remove(o.limited(half - below - 1))
		if rest.Value().Sign() >= 0 {
			hi = below
		} else {
			lo = below + 1
		}
	}
	return lo
}

// madStep returns the width of the largest step of the readings at the edges of those that are
// nearest to the median, and of the ones next to them.
//
// Why these: as truncation keeps the order, the readings that are truly the nearest are the
// same, but for some at the edges.
func (o *ordered) madStep() (step float64) {
	twice := o.twiceMedian()
	half := o.n / 2
	for _, k := range []int64{(o.n - 1) / 2, o.n / 2} {
		below := o.nearest(&twice, k+1)
		first, last := half-below, half+k-below
		for _, at := range []int64{first - 1, first, last, last + 1} {
			if at >= 0 && at < o.n {
				step = max(step, width(o.at(at).f, o.bits))
			}
		}
	}
	return step
}
