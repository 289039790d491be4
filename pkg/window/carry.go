package window

import (
	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// carry is what a Span keeps for the time-weighted average, beyond its parts.
//
// Invariant: integral is that of the readings inside, from the first to the last one.
type carry struct {
	agg.Carry
	integral agg.Integral
	before   agg.Timed // the last reading before those inside
	any      bool      // there is one
	from, to stamp.Time
}

// CarryForward makes s keep what TWA is computed from. Requires that s is new and was made with
// need.Series.
func (s *Span) CarryForward(c agg.Carry) { s.more.carry = &carry{Carry: c} }

// SetBounds says from when to when the window is. Requires CarryForward, that no reading inside
// is before from or after to, and that no reading that has left is after from.
func (s *Span) SetBounds(from, to stamp.Time) { s.more.carry.from, s.more.carry.to = from, to }

// Before returns the last reading before the window: of those that have left and those given to
// SetBefore. It reports false if there is none. Requires CarryForward.
func (s *Span) Before() (r agg.Timed, ok bool) { return s.more.carry.before, s.more.carry.any }

// SetBefore takes note of a reading before the window that never was inside. Requires
// CarryForward.
func (s *Span) SetBefore(r agg.Timed) {
	c := s.more.carry
	if !c.any || r.Compare(c.before) > 0 {
		c.before, c.any = r, true
	}
}

// ForgetBefore forgets all readings before the window. Requires CarryForward.
func (s *Span) ForgetBefore() { s.more.carry.before, s.more.carry.any = agg.Timed{}, false }

// TWA returns the time-weighted average over the window: see agg.Weighted. Requires SetBounds,
// unless there has been no reading. It changes nothing.
func (s *Span) TWA() exact.Value {
	if s.more == nil { // a window that never has readings
		return exact.Value{}
	}
	c := s.more.carry
	sum, newest, any, since := c.integral, c.before, c.any, c.from
	live := s.more.parts[s.more.head:]
	if len(live) > 0 {
		first, _ := live[0].part.state.series.Ends()
		if any {
			c.Add(&sum, c.before, c.from, first.Time)
		}
		_, newest = live[len(live)-1].part.state.series.Ends()
		any, since = true, newest.Time
	}
	if any {
		c.Add(&sum, newest, since, c.to)
	}
	return sum.Mean()
}

// enterIntegral adds the readings of p, which is after all parts inside.
func (x *spanParts) enterIntegral(p *Part) {
	if x.head < len(x.parts) {
		x.carry.addBetween(&x.carry.integral, x.parts[len(x.parts)-1].part, p)
	}
	x.carry.integral.Merge(p.state.series.Integral(x.carry.Carry))
}

// leaveIntegral removes the readings of the first part inside. The last of them is before the
// window from now on.
func (s *Span) leaveIntegral() {
	x := s.more
	p := x.parts[x.head].part
	_, last := p.state.series.Ends()
	s.SetBefore(last)
	if x.head+1 == len(x.parts) {
		x.carry.integral = agg.Integral{}
		return
	}
	x.carry.integral.Subtract(p.state.series.Integral(x.carry.Carry))
	var between agg.Integral
	x.carry.addBetween(&between, p, x.parts[x.head+1].part)
	x.carry.integral.Subtract(&between)
}

// addBetween adds to sum the time between a and b, the part after it.
func (c *carry) addBetween(sum *agg.Integral, a, b *Part) {
	_, last := a.state.series.Ends()
	first, _ := b.state.series.Ends()
	c.Add(sum, last, last.Time, first.Time)
}
