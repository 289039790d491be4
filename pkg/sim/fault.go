package sim

import (
	"fmt"
	"strings"
)

// Fault is a way for a unit to go wrong. A unit has one at a time, drawn from
// those that are asked for.
type Fault uint8

// The faults, and what the truth calls value.
const (
	none    Fault = iota
	Spike         // one reading, of any field, is far too high: value is what it says
	Drift         // for 30 to 90 readings field 0 moves away, by 1 to 4 of its last decimal a reading; value is the last offset
	Stuck         // for 20 to 80 readings field 0 stays the same: value
	Late          // a record comes 6 to 30 intervals after its place; value is how many (fewer at the end; 0 if it was stopped at once)
	BadLine       // a line is no good JSON; value is the kind of damage
)

func (f Fault) String() string {
	return [...]string{"", "spike", "drift", "stuck", "late", "badline"}[f]
}

// ParseFault is the fault called s.
func ParseFault(s string) (Fault, error) {
	var known []string
	for f := Spike; f <= BadLine; f++ {
		if f.String() == s {
			return f, nil
		}
		known = append(known, f.String())
	}
	return none, fmt.Errorf("no fault is called %q: there are %s", s, strings.Join(known, ", "))
}

// plant is what has been planted in a unit, or when it will be.
type injector struct {
	rng   random
	wait  int64 // readings until the next fault
	kind  Fault // in course
	left  int64 // readings that it will still last
	n     int64 // readings that it has lasted
	field int
	value int64  // of a spike, what is added; of a drift, what each reading adds; of a stuck sensor, what it says
	held  []byte // a late line
	from  place
	to    place
}

// place is where a record stands, or would have stood.
type place struct {
	time []byte
	line int64
}

func (p *place) set(time []byte, line int64) { p.time, p.line = append(p.time[:0], time...), line }

// pause draws how long the unit will be well.
func (p *injector) pause(gap int) {
	p.kind, p.n = none, 0
	p.wait = p.rng.between(1, 2*int64(gap)-1)
}

// begin draws a fault.
func (s *Sim) begin(p *injector) {
	p.kind = s.o.Faults[p.rng.below(int64(len(s.o.Faults)))]
	if p.kind == Late && s.o.Count > 0 && s.made+int64(len(s.units)) >= s.o.Count {
		p.pause(s.o.Gap) // nothing will come that it could be later than
	}
	p.field, p.left = 0, 1
	switch p.kind {
	case Spike:
		p.field = int(p.rng.below(int64(len(s.fields))))
		least := s.fields[p.field].spike
		p.value = p.rng.between(least, 2*least)
	case Drift:
		p.left, p.value = p.rng.between(30, 90), p.rng.between(1, 4)
	case Stuck:
		p.left = p.rng.between(20, 80)
	case Late:
		p.left = p.rng.between(6, 30)
	}
}

// planted appends what comes of the reading that u has just made.
func (s *Sim) inject(dst []byte, u *unit) ([]byte, error) {
	p := &u.injector
	if p.kind == none {
		if p.wait--; p.wait <= 0 && len(s.o.Faults) > 0 {
			s.begin(p)
		}
	}
	switch p.kind {
	case none:
		s.line++
		return s.render(dst, u), nil
	case Late:
		return s.delayed(dst, u)
	}
	clean := u.values[p.field]
	p.distort(&u.values)
	at := len(dst)
	dst = s.render(dst, u)
	damage := ""
	if p.kind == BadLine {
		dst, damage = s.corrupt(dst, at, &p.rng)
	}
	s.line++
	if p.to.set(s.text, s.line); p.n == 0 {
		p.from.set(s.text, s.line)
	}
	p.n++
	if p.left--; p.left > 0 {
		return dst, nil
	}
	return dst, s.writeTruth(u, clean, damage)
}

// distort changes the reading.
func (p *injector) distort(values *[2]int64) {
	switch p.kind {
	case Spike:
		values[p.field] += p.value
	case Drift:
		values[p.field] += p.value * (p.n + 1)
	case Stuck:
		if p.n == 0 {
			p.value = values[p.field]
		}
		values[p.field] = p.value
	}
}

// delayed holds a line back, or counts how long it has been.
func (s *Sim) delayed(dst []byte, u *unit) ([]byte, error) {
	p := &u.injector
	if p.n == 0 {
		p.n = 1
		p.held = s.render(p.held[:0], u)
		p.from.set(s.text, 0)
		return dst, nil
	}
	dst = s.render(dst, u)
	s.line++
	p.n++
	if p.left--; p.left > 0 {
		return dst, nil
	}
	return s.release(dst, u)
}

// release lets a late line go.
func (s *Sim) release(dst []byte, u *unit) ([]byte, error) {
	p := &u.injector
	dst = append(dst, p.held...)
	s.line++
	p.from.line = s.line
	return dst, s.writeTruth(u, 0, "")
}

// Finish appends the lines that are still held back, and tells the truth of what
// is in course. It is for the end, and is called once.
func (s *Sim) Finish(dst []byte) (_ []byte, err error) {
	for i := range s.units {
		u := &s.units[i]
		var err2 error
		switch u.injector.kind {
		case none:
		case Late:
			dst, err2 = s.release(dst, u)
		default:
			err2 = s.writeTruth(u, 0, "")
		}
		if err == nil {
			err = err2
		}
	}
	return dst, err
}
