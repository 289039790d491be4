package agg

import (
	"time"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Integral is the integral over time of readings, each of which is carried forward to the next
// one, and the length of the time that it covers. The zero value covers no time. Both are exact:
// to subtract undoes to add completely. Copies are independent.
type Integral struct {
	sum   exact.Sum // in units of the reading × nanoseconds
	nanos int64     // the time covered
}

// Add adds the value d for the time between two instants. Requires that to is not before from,
// and that the time covered remains less than 292 years.
func (x *Integral) Add(d exact.Dec, from, to stamp.Time) {
	n := int64(to.Sub(from))
	x.sum.AddTimes(d, n)
	x.nanos += n
}

// Merge adds what o has, which does not change.
func (x *Integral) Merge(o *Integral) {
	x.sum.Merge(&o.sum)
	x.nanos += o.nanos
}

// Subtract removes what o has, which does not change.
func (x *Integral) Subtract(o *Integral) {
	x.sum.Subtract(&o.sum)
	x.nanos -= o.nanos
}

// Mean returns the integral divided by the time covered, which prints as a float64: the
// time-weighted average. It is null if no time is covered.
func (x *Integral) Mean() exact.Value { return x.sum.Mean(x.nanos) }

// Carry says how readings are carried forward: over times of at most Gap, which is less than
// 292 years. A time between two readings that is longer does not count at all: what the value
// was is not known.
type Carry struct{ Gap time.Duration }

// Add adds to an integral the part after from of the time in which r is carried forward to the
// instant to. Requires that to is not before r, nor before from.
func (c Carry) Add(x *Integral, r Timed, from, to stamp.Time) {
	if to.Sub(r.Time) <= c.Gap {
		x.Add(r.Value, from, to)
	}
}

// seriesIntegral is the integral of the first readings of a Series.
type seriesIntegral struct {
	Integral
	n int // how many readings
}

// cleared empties x, which may be nil, and returns it.
func (x *seriesIntegral) cleared() *seriesIntegral {
	if x != nil {
		*x = seriesIntegral{}
	}
	return x
}

// Integral returns the integral from the first reading to the last one, of which there is one.
// It is valid until s changes, and must not be changed. Requires that c is the same in all calls.
//
// Why it is kept: a window asks for it when the readings enter, when they leave, and whenever
// others are late.
func (s *Series) Integral(c Carry) *Integral {
	s.order()
	if s.integral == nil {
		s.integral = new(seriesIntegral)
	}
	x := s.integral
	for x.n = max(x.n, 1); x.n < len(s.list); x.n++ {
		r, next := s.list[x.n-1], s.list[x.n].Time
		c.Add(&x.Integral, r, r.Time, next)
	}
	return &x.Integral
}
