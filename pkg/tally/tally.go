// Package tally sums up sets of numbers: count, sum, mean and spread, which add
// up and take away, extremes and ends, which add up. Windows and summaries
// stand on it. Everything in it is exact and depends on the set alone, not on
// the order of adding nor on how the set was cut into parts.
package tally

import "weir/pkg/exact"

// Tally is count, sum and, if wanted, the sum of squares of a multiset of
// numbers. Make one with [New]; it costs the same however many it holds.
type Tally struct {
	n      int64
	sum    exact.Sum
	spread *exact.Moments // sum and squares, in place of sum
}

// New is an empty Tally. Without squares it has no variance and is smaller.
func New(squares bool) Tally {
	if squares {
		return Tally{spread: new(exact.Moments)}
	}
	return Tally{}
}

// Add puts d in.
func (t *Tally) Add(d exact.Dec) {
	t.n++
	if t.spread != nil {
		t.spread.Add(d)
	} else {
		t.sum.Add(d)
	}
}

// AddBatch puts each number of b in.
func (t *Tally) AddBatch(b exact.Batch) {
	t.n += int64(len(b.Units))
	if t.spread != nil {
		t.spread.AddBatch(b)
	} else {
		t.sum.AddBatch(b)
	}
}

// Remove takes d out; it must be in.
func (t *Tally) Remove(d exact.Dec) {
	t.n--
	if t.spread != nil {
		t.spread.Remove(d)
	} else {
		t.sum.Remove(d)
	}
}

// Merge puts all of o in. Both must have squares, or neither.
func (t *Tally) Merge(o *Tally) {
	t.n += o.n
	if t.spread != nil {
		t.spread.Merge(o.spread)
	} else {
		t.sum.Merge(&o.sum)
	}
}

// Take takes all of o out; it must be in.
func (t *Tally) Take(o *Tally) {
	t.n -= o.n
	if t.spread != nil {
		t.spread.Subtract(o.spread)
	} else {
		t.sum.Subtract(&o.sum)
	}
}

// Len is the count.
func (t *Tally) Len() int64 { return t.n }

// Sum is the sum, 0 for none.
func (t *Tally) Sum() exact.Value {
	if t.spread != nil {
		return t.spread.Value()
	}
	return t.sum.Value()
}

// Mean is null for none.
func (t *Tally) Mean() exact.Value {
	if t.spread != nil {
		return t.spread.Mean(t.n)
	}
	return t.sum.Mean(t.n)
}

// Var is the sample's variance (n-1); null for less than two, or without
// squares.
func (t *Tally) Var() exact.Value {
	if t.spread == nil {
		return exact.Value{}
	}
	return t.spread.Var(t.n)
}

// SD is the sample's standard deviation, the root of Var.
func (t *Tally) SD() exact.Value {
	if t.spread == nil {
		return exact.Value{}
	}
	return t.spread.SD(t.n)
}

// Stat is one of Count, Sum, Mean, Var and SD; null for any other.
func (t *Tally) Stat(s Stat) exact.Value {
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
