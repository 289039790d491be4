package tally

import (
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Extremes are the smallest and the largest of a set. The zero value is that of
// the empty set.
type Extremes struct {
	Min, Max exact.Dec
	Some     bool // there is one at all

	bounds exact.Bounds // of the two
}

// Add puts d in.
func (e *Extremes) Add(d exact.Dec) {
	if e.bounds.Contains(d) {
		return
	}
	switch {
	case !e.Some:
		e.Min, e.Max, e.Some = d, d, true
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
func (e *Extremes) AddBatch(b exact.Batch) {
	least, most := b.MinMax()
	e.Add(least)
	e.Add(most)
}

// Merge puts all of o in.
func (e *Extremes) Merge(o *Extremes) {
	if o.Some {
		e.Add(o.Min)
		e.Add(o.Max)
	}
}

// Ends are the readings with the smallest and the largest time of a set: of
// several at the smallest time the smallest, at the largest the largest. The
// zero value is that of the empty set.
type Ends struct {
	First, Last         exact.Dec
	FirstTime, LastTime stamp.Time
	Some                bool
}

// Add puts d, read at t, in.
func (e *Ends) Add(t stamp.Time, d exact.Dec) {
	if c := t.Compare(e.FirstTime); !e.Some || c < 0 || c == 0 && d.Cmp(e.First) < 0 {
		e.FirstTime, e.First = t, d
	}
	if c := t.Compare(e.LastTime); !e.Some || c > 0 || c == 0 && d.Cmp(e.Last) > 0 {
		e.LastTime, e.Last = t, d
	}
	e.Some = true
}

// Merge puts all of o in.
func (e *Ends) Merge(o *Ends) {
	if o.Some {
		e.Add(o.FirstTime, o.First)
		e.Add(o.LastTime, o.Last)
	}
}
