package agg

import (
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// MinMax keeps the smallest and the largest number of a set. The zero value is
// that of the empty set.
type MinMax struct {
	Min, Max exact.Dec // valid if Any
	Any      bool      // the set is not empty

	bounds exact.Bounds // of Min and Max; a quick test that decides most numbers
}

// Add adds d.
func (m *MinMax) Add(d exact.Dec) {
	if m.bounds.Contains(d) {
		return
	}
	switch {
	case !m.Any:
		m.Min, m.Max, m.Any = d, d, true
	case d.Cmp(m.Min) < 0:
		m.Min = d
	case d.Cmp(m.Max) > 0:
		m.Max = d
	default:
		return
	}
	m.bounds = exact.NewBounds(m.Min, m.Max)
}

// AddBatch adds each number of b. Requires that b has one.
func (m *MinMax) AddBatch(b exact.Batch) {
	least, most := b.MinMax()
	m.Add(least)
	m.Add(most)
}

// Merge adds all numbers of o.
func (m *MinMax) Merge(o *MinMax) {
	if o.Any {
		m.Add(o.Min)
		m.Add(o.Max)
	}
}

// FirstLast keeps the readings with the smallest and the largest time of a set. Of
// several readings at the smallest time, First is the smallest; of several at the
// largest time, Last is the largest. So neither depends on the order of adding.
// The zero value is that of the empty set.
type FirstLast struct {
	First, Last         exact.Dec // valid if Any, as all are
	FirstTime, LastTime stamp.Time
	Any                 bool // the set is not empty
}

// Add adds d, a reading of time t.
func (f *FirstLast) Add(t stamp.Time, d exact.Dec) {
	c := t.Compare(f.FirstTime)
	if !f.Any || c < 0 || c == 0 && d.Cmp(f.First) < 0 {
		f.FirstTime, f.First = t, d
	}
	c = t.Compare(f.LastTime)
	if !f.Any || c > 0 || c == 0 && d.Cmp(f.Last) > 0 {
		f.LastTime, f.Last = t, d
	}
	f.Any = true
}

// Merge adds all readings of o.
func (f *FirstLast) Merge(o *FirstLast) {
	if o.Any {
		f.Add(o.FirstTime, o.First)
		f.Add(o.LastTime, o.Last)
	}
}
