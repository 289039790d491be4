package agg

import (
	"cmp"
	"slices"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Timed is a reading with its time.
type Timed struct {
	Time  stamp.Time
	Value exact.Dec
}

// Compare orders readings by their times, and those of one time by their values.
func (r Timed) Compare(o Timed) int {
	return cmp.Or(r.Time.Compare(o.Time), r.Value.Cmp(o.Value))
}

// Series keeps every reading of a set, in order of time; readings of one time in order of
// their values. So what is computed from two readings that follow each other depends on the
// set alone. The zero value is empty. It takes 40 bytes a reading. Of copies, only one may
// be used further.
//
// Invariant: unless disordered, list is in order, and resets is the sum of what [Series.Resets]
// says. integral is that of the first readings of list, in order.
//
// Why all readings: one that comes out of order changes what the two around it say, whichever
// they are.
type Series struct {
	list       []Timed
	resets     exact.Sum
	disordered bool            // a reading came before one of the list
	integral   *seriesIntegral // nil unless it has been asked for
}

// Add adds d, a reading of time t.
func (s *Series) Add(t stamp.Time, d exact.Dec) {
	r := Timed{t, d}
	n := len(s.list)
	if n > 0 && !s.disordered {
		last := s.list[n-1]
		s.disordered = r.Compare(last) < 0
		if !s.disordered && d.Cmp(last.Value) < 0 {
			s.resets.Add(last.Value)
		}
	}
	s.list = append(s.list, r)
}

// Merge adds all readings of o, and brings both in order.
func (s *Series) Merge(o *Series) {
	for _, r := range o.Readings() {
		s.Add(r.Time, r.Value)
	}
	s.order()
}

// Clear removes all readings. It keeps the memory, unless that is much more than they took.
func (s *Series) Clear() {
	list := s.list[:0]
	if cap(list) > minSeries && cap(list) > 4*len(s.list) {
		list = nil
	}
	*s = Series{list: list, integral: s.integral.cleared()}
}

// minSeries is how many readings a Series keeps the memory for in any case.
const minSeries = 16

// order brings the readings in order.
func (s *Series) order() {
	if !s.disordered {
		return
	}
	slices.SortFunc(s.list, Timed.Compare)
	s.integral.cleared()
	list := s.list
	s.list, s.resets, s.disordered = list[:0], exact.Sum{}, false
	for _, r := range list {
		s.Add(r.Time, r.Value)
	}
}

// InOrder reports whether the readings have been added in order.
func (s *Series) InOrder() bool { return !s.disordered }

// Len returns the number of readings.
func (s *Series) Len() int { return len(s.list) }

// Readings returns the readings in order. They must not be changed, and are valid until s
// changes.
func (s *Series) Readings() []Timed {
	s.order()
	return s.list
}

// Ends returns the first and the last reading. Requires that there is one.
func (s *Series) Ends() (first, last Timed) {
	s.order()
	return s.list[0], s.list[len(s.list)-1]
}

// Resets returns the sum of the readings that a smaller one follows. It is valid until s
// changes, and must not be changed.
func (s *Series) Resets() *exact.Sum {
	s.order()
	return &s.resets
}

// Rate returns the increase of a counter per second, from its first to its last reading. The
// counter begins again from 0 where a reading is smaller than the one before it; resets is the
// sum of all readings that a smaller one follows. That is how PromQL's rate treats resets
// (https://prometheus.io/docs/prometheus/latest/querying/functions/#rate), but nothing is
// extrapolated: the time is that between the two readings. Rate is null if that is not more
// than 0.
func Rate(first, last Timed, resets *exact.Sum) exact.Value {
	var increase exact.Sum
	increase.Add(last.Value)
	increase.Remove(first.Value)
	increase.Merge(resets)
	secs, nanos := last.Time.Sec-first.Time.Sec, last.Time.Nsec-first.Time.Nsec
	if nanos < 0 {
		secs, nanos = secs-1, nanos+1e9
	}
	return increase.Per(secs, nanos)
}
