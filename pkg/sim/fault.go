package sim

import (
	"fmt"
	"strings"
)

// Fault is a kind of fault that can be injected into a unit's records. A unit has one fault at
// a time, drawn from Options.Faults. "Field 0" is the temperature of a machine, and the
// duration of an event.
type Fault uint8

const (
	none Fault = iota
	// Spike is one reading, of any field, that is much too high. In the truth, value is the
	// reading.
	Spike
	// Drift moves field 0 away, by 1 to 4 units of its last decimal per reading, for 30 to 90
	// readings. In the truth, value is the offset of the last reading.
	Drift
	// Stuck repeats one value of field 0 for 20 to 80 readings. In the truth, value is
	// that value.
	Stuck
	// Late delays a record by 6 to 30 readings of its unit. In the truth, value is how many;
	// at the end of the run it may be fewer, and 0 if the run ended at once.
	Late
	// BadLine makes a line invalid JSON. In the truth, value is the kind of damage.
	BadLine
)

// String returns the name of a fault, as [ParseFault] takes it.
func (f Fault) String() string {
	return [...]string{"", "spike", "drift", "stuck", "late", "badline"}[f]
}

// ParseFault returns the fault named s. The error lists all names.
func ParseFault(s string) (Fault, error) {
	var names []string
	for f := Spike; f <= BadLine; f++ {
		switch f.String() {
		case s:
			return f, nil
		case strings.TrimSpace(s):
			return none, fmt.Errorf("unknown fault %q: write %s (no spaces after commas)", s, f)
		}
		names = append(names, f.String())
	}
	return none, fmt.Errorf("unknown fault %q; the faults are %s", s, strings.Join(names, ", "))
}

// injector is the state of the faults of one unit.
type injector struct {
	rng      random
	wait     int64    // readings until the next fault, while kind is none
	kind     Fault    // the current fault
	left     int64    // how many more readings it lasts
	n        int64    // how many readings it has lasted
	field    int      // index of the field it changes
	value    int64    // Spike: what is added; Drift: what each reading adds; Stuck: the repeated value
	heldLine []byte   // the line that Late holds back
	from     position // of the first record it affects
	to       position // of the last record so far
}

// position is the timestamp of a record and the number of its line in the output, from 1.
type position struct {
	time []byte
	line int64
}

// set copies time.
func (p *position) set(time []byte, line int64) { p.time, p.line = append(p.time[:0], time...), line }

// pause ends a fault and draws how many readings pass until the next one.
func (p *injector) pause(gap int) {
	p.kind, p.n = none, 0
	p.wait = p.rng.between(1, 2*int64(gap)-1)
}

// begin draws a fault, which begins with the current reading.
func (s *Sim) begin(p *injector) {
	p.kind = s.o.Faults[p.rng.below(int64(len(s.o.Faults)))]
	if p.kind == Late && s.o.Count > 0 && s.readings+int64(len(s.units)) >= s.o.Count {
		p.pause(s.o.Gap) // the unit has no further record that could overtake this one
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

// inject appends the lines for the reading that u has just made, with faults. There may be
// none or two.
func (s *Sim) inject(dst []byte, u *unit) ([]byte, error) {
	p := &u.injector
	if p.kind == none {
		p.wait--
		if p.wait <= 0 && len(s.o.Faults) > 0 {
			s.begin(p)
		}
	}
	switch p.kind {
	case none:
		s.line++
		return s.render(dst, u), nil
	case Late:
		return s.delay(dst, u)
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
	p.to.set(s.timeText, s.line)
	if p.n == 0 {
		p.from.set(s.timeText, s.line)
	}
	p.n++
	p.left--
	if p.left > 0 {
		return dst, nil
	}
	return dst, s.writeTruth(u, clean, damage)
}

// distort applies the fault to the readings values.
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

// delay holds back the line of the first reading of a Late fault. Of the later readings it
// appends the lines, and after the last one the line that was held back.
func (s *Sim) delay(dst []byte, u *unit) ([]byte, error) {
	p := &u.injector
	if p.n == 0 {
		p.n = 1
		p.heldLine = s.render(p.heldLine[:0], u)
		p.from.set(s.timeText, 0)
		return dst, nil
	}
	dst = s.render(dst, u)
	s.line++
	p.n++
	p.left--
	if p.left > 0 {
		return dst, nil
	}
	return s.release(dst, u)
}

// release appends the line that was held back, and writes its truth.
func (s *Sim) release(dst []byte, u *unit) ([]byte, error) {
	p := &u.injector
	dst = append(dst, p.heldLine...)
	s.line++
	p.from.line = s.line
	return dst, s.writeTruth(u, 0, "")
}

// Finish implements [Source]: it appends the lines that are still held back, and writes the
// truth of the faults that have not ended. The error is one of Truth.
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
