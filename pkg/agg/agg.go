// Package agg sums up sets of numbers: count, sum, mean and spread, which add
// up and take away, extremes and ends, which add up. Windows and summaries
// stand on it. Everything in it is exact and depends on the set alone, not on
// the order of adding nor on how the set was cut into parts.
package agg

import "weir/pkg/exact"

// Tally is count, sum and, if wanted, the sum of squares of a multiset of
// numbers. Make one with [New]; it costs the same however many it holds.
type Aggregate struct {
	n       int64
	sum     exact.Sum
	moments *exact.Moments // sum and squares, in place of sum
}

// New is an empty Tally. Without squares it has no variance and is smaller.
func New(squares bool) Aggregate {
	if squares {
		return Aggregate{moments: new(exact.Moments)}
	}
	return Aggregate{}
}

// Add puts d in.
func (t *Aggregate) Add(d exact.Dec) {
	t.n++
	if t.moments != nil {
		t.moments.Add(d)
	} else {
		t.sum.Add(d)
	}
}

// AddBatch puts each number of b in.
func (t *Aggregate) AddBatch(b exact.Batch) {
	t.n += int64(len(b.Units))
	if t.moments != nil {
		t.moments.AddBatch(b)
	} else {
		t.sum.AddBatch(b)
	}
}

// Remove takes d out; it must be in.
func (t *Aggregate) Remove(d exact.Dec) {
	t.n--
	if t.moments != nil {
		t.moments.Remove(d)
	} else {
		t.sum.Remove(d)
	}
}

// Merge puts all of o in. Both must have squares, or neither.
func (t *Aggregate) Merge(o *Aggregate) {
	t.n += o.n
	if t.moments != nil {
		t.moments.Merge(o.moments)
	} else {
		t.sum.Merge(&o.sum)
	}
}

// Take takes all of o out; it must be in.
func (t *Aggregate) Subtract(o *Aggregate) {
	t.n -= o.n
	if t.moments != nil {
		t.moments.Subtract(o.moments)
	} else {
		t.sum.Subtract(&o.sum)
	}
}

// Len is the count.
func (t *Aggregate) Len() int64 { return t.n }

// Sum is the sum, 0 for none.
func (t *Aggregate) Sum() exact.Value {
	if t.moments != nil {
		return t.moments.Value()
	}
	return t.sum.Value()
}

// Mean is null for none.
func (t *Aggregate) Mean() exact.Value {
	if t.moments != nil {
		return t.moments.Mean(t.n)
	}
	return t.sum.Mean(t.n)
}

// Var is the sample's variance (n-1); null for less than two, or without
// squares.
func (t *Aggregate) Var() exact.Value {
	if t.moments == nil {
		return exact.Value{}
	}
	return t.moments.Var(t.n)
}

// SD is the sample's standard deviation, the root of Var.
func (t *Aggregate) SD() exact.Value {
	if t.moments == nil {
		return exact.Value{}
	}
	return t.moments.SD(t.n)
}

// Stat is one of Count, Sum, Mean, Var and SD; null for any other.
func (t *Aggregate) Stat(s Stat) exact.Value {
	switch s.Kind {
	case Mean:
		return t.Mean()
	case Count:
		return exact.Count(t.n)
	case Sum:
		return t.Sum()
	case Var:
		return t.Var()
	case SD:
		return t.SD()
	}
	return exact.Value{}
}
