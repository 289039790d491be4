package window

import (
	"math"
	"math/big"
	"math/bits"
	"sync"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Decay is how fast an exponentially weighted mean forgets: the half-life, after which a reading
// has half its weight. Make one with [NewDecay] or [NewSpanDecay]. Means may share one, but it
// must not be used from two goroutines at once.
//
// Weights are computed in integers, and rounded once, so that they are the same on every
// machine: functions of package math are not.
type Decay struct {
	by     uint64  // the half-life: nanoseconds, or readings times unit
	unit   uint64  // 0: the half-life is a time
	last   uint64  // the distance of which weight is the share; at first 0, whose weight is 0
	weight float64 // of a reading at that distance from the one before
}

// NewDecay returns a half-life of by / unit readings. Requires that both are at least 1.
func NewDecay(by, unit uint64) *Decay {
	return &Decay{by: by, unit: unit, last: unit, weight: weight(unit, by)}
}

// NewSpanDecay returns a half-life of a time in nanoseconds. Requires that it is at least 1.
func NewSpanDecay(nanos uint64) *Decay { return &Decay{by: nanos} }

// HasTime reports whether the half-life is a time.
func (d *Decay) HasTime() bool { return d.unit == 0 }

// at returns the weight of a reading at a distance from the one before.
func (d *Decay) at(distance uint64) float64 {
	if distance != d.last {
		d.last, d.weight = distance, weight(distance, d.by)
	}
	return d.weight
}

// one is 1 as the functions below write numbers from 0 to 1: in units of 2^-63.
const one = 1 << 63

// weight returns 1 - 2^(-distance/by), which is off by less than 2^-53. Requires by > 0.
//
// The exponent is a whole number, which is a shift, and a fraction of 64 bits, each of which is
// a factor of the table.
func weight(distance, by uint64) float64 {
	whole := distance / by
	fraction, _ := bits.Div64(distance%by, 0, by)
	rest := uint64(one)
	for _, root := range roots() {
		if fraction>>63 == 1 {
			hi, lo := bits.Mul64(rest, root)
			rest = hi + lo>>63
		}
		fraction <<= 1
	}
	return math.Ldexp(float64(one-rest>>whole), -63)
}

// roots returns 2^(-1/2), 2^(-1/4), 2^(-1/8) and so on, in units of 2^-64.
var roots = sync.OnceValue(func() (list [64]uint64) {
	x := new(big.Float).SetPrec(200).SetFloat64(0.5)
	for i := range list {
		x.Sqrt(x)
		scaled := new(big.Float).SetMantExp(x, 64)
		list[i], _ = scaled.Add(scaled, big.NewFloat(0.5)).Uint64()
	}
	return list
})

// smooth is an exponentially weighted mean.
type smooth struct {
	decay *Decay
	value float64
	time  stamp.Time // of the newest reading that has one, if the half-life is a time
	any   bool       // there was a reading
	known bool       // the last reading counts
}

// push adds a reading. If the half-life is a time and t is not known, the reading does not
// count; if t is before the newest one, it counts as that, and so has no weight.
//
// Each conversion to float64 rounds, so that no machine computes two steps as one.
func (s *smooth) push(t Instant, d exact.Dec) {
	s.known = t.Known || !s.decay.HasTime()
	if !s.known {
		return
	}
	x := d.Float()
	if !s.any {
		s.value, s.time, s.any = x, t.Time, true
		return
	}
	distance := s.decay.unit
	if s.decay.HasTime() {
		distance = uint64(max(0, t.Time.Sub(s.time)))
		if s.time.Before(t.Time) {
			s.time = t.Time
		}
	}
	w := s.decay.at(distance)
	step := float64(x - s.value)
	if math.IsInf(step, 0) {
		s.value = float64(float64(s.value*float64(1-w)) + float64(x*w))
		return
	}
	s.value = float64(s.value + float64(w*step))
}

// Smooth makes the window keep an exponentially weighted mean of all readings that are pushed
// from now on, whether or not they have left the window. Requires that the window was made with
// need.Series, and has no readings.
func (c *Count) Smooth(d *Decay) { c.rest.counter.smooth = &smooth{decay: d} }

// EWMA returns the exponentially weighted mean after the last reading. It is null if that has no
// time, and the half-life is one. Requires Smooth.
func (c *Count) EWMA() exact.Value {
	s := c.rest.counter.smooth
	if !s.known {
		return exact.Value{}
	}
	return exact.Float(s.value)
}

// Smoothed is all that is known of an exponentially weighted mean, to be saved and restored.
type Smoothed struct {
	Value exact.Dec  // A float64, exactly.
	Time  stamp.Time // Of the newest reading, if the half-life is a time.
	Any   bool       // There was a reading; else the others are 0.
	Known bool       // The last reading counts.
}

// Smoothed returns what is known of the exponentially weighted mean. Requires Smooth.
func (c *Count) Smoothed() Smoothed {
	s := c.rest.counter.smooth
	d, _ := exact.FromFloat(s.value)
	return Smoothed{d, s.time, s.any, s.known}
}

// SetSmoothed restores what Smoothed has returned. Requires Smooth, with the same half-life.
func (c *Count) SetSmoothed(x Smoothed) {
	s := c.rest.counter.smooth
	s.value, s.time, s.any, s.known = x.Value.Float(), x.Time, x.Any, x.Known
}
