package agg

import (
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Extremes are the smallest and the largest of a set. The zero value is that of
// the empty set.
type MinMax struct {
	Min, Max exact.Dec
	Any      bool // there is one at all

	bounds exact.Bounds // of the two
}

// Add puts d in.
func (e *MinMax) Add(d exact.Dec) {
	if e.bounds.Contains(d) {
		return
	}
	switch {
	case !e.Any:
		e.Min, e.Max, e.Any = d, d, true
	case d.Cmp(e.Min) < 0:
		e.Min = d
	case d.Cmp(e.Max) > 0:
		e.Max = d
	default:
		return
	}
	e.bounds = exact.NewBounds(e.Min, e.Max)
}

// AddBatch puts each number of b in; there must be one.
func (e *MinMax) AddBatch(b exact.Batch) {
	least, most := b.MinMax()
	e.Add(least)
	e.Add(most)
}

// Merge puts all of o in.
func (e *MinMax) Merge(o *MinMax) {
	if o.Any {
		e.Add(o.Min)
		e.Add(o.Max)
	}
}

// Ends are the readings with the smallest and the largest time of a set: of
// several at the smallest time the smallest, at the largest the largest. The
// zero value is that of the empty set.
type FirstLast struct {
	First, Last         exact.Dec
	FirstTime, LastTime stamp.Time
	Any                 bool
}

// Add puts d, read at t, in.
func (e *FirstLast) Add(t stamp.Time, d exact.Dec) {
	if c := t.Compare(e.FirstTime); !e.Any || c < 0 || c == 0 && d.Cmp(e.First) < 0 {
		e.FirstTime, e.First = t, d
	}
	if c := t.Compare(e.LastTime); !e.Any || c > 0 || c == 0 && d.Cmp(e.Last) > 0 {
		e.LastTime, e.Last = t, d
	}
	e.Any = true
}

// Merge puts all of o in.
func (e *FirstLast) Merge(o *FirstLast) {
	if o.Any {
		e.Add(o.FirstTime, o.First)
		e.Add(o.LastTime, o.Last)
	}
}
