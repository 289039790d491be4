package sim

import "strconv"

// writeTruth ends the fault of u and writes its line to Options.Truth. The lines are:
//
//	{"fault":"spike","machine":"m1","timestamp":…,"line":…,"field":"speed","value":…,"clean":…}
//	{"fault":"drift","machine":"m1","timestamp":…,"line":…,"to":…,"to_line":…,"readings":…,"field":"temperature","value":…}
//	{"fault":"late","machine":"m1","timestamp":…,"line":…,"value":…}
//	{"fault":"badline","machine":"m1","timestamp":…,"line":…,"value":"cut"}
//
// Stuck has the members of drift. line is the number of a line of the output, from 1, and
// timestamp is that of its record. Drift and stuck begin there and end at to and to_line;
// all records of the unit between them are affected. With events, "client_name" replaces
// "machine".
//
// clean is the value of a spike's reading without the fault; damage is what corrupt returned.
func (s *Sim) writeTruth(u *unit, clean int64, damage string) error {
	p := &u.injector
	kind := p.kind
	s.faults++
	if s.o.Truth == nil {
		p.pause(s.o.Gap)
		return nil
	}
	dst := append(append(s.truth[:0], `{"fault":"`...), kind.String()...)
	if s.o.Like == Events {
		dst = append(dst, `","client_name":"`...)
	} else {
		dst = append(dst, `","machine":"`...)
	}
	dst = append(dst, u.name...)
	dst = append(append(dst, `","timestamp":"`...), p.from.time...)
	dst = strconv.AppendInt(append(dst, `","line":`...), p.from.line, 10)
	if kind == Drift || kind == Stuck {
		dst = append(append(dst, `,"to":"`...), p.to.time...)
		dst = strconv.AppendInt(append(dst, `","to_line":`...), p.to.line, 10)
		dst = strconv.AppendInt(append(dst, `,"readings":`...), p.n, 10)
	}
	s.truth = append(s.appendValue(dst, p, clean, damage), "}\n"...)
	p.pause(s.o.Gap)
	_, err := s.o.Truth.Write(s.truth)
	return err
}

// appendValue appends the members that say what the fault did: value, field, clean.
func (s *Sim) appendValue(dst []byte, p *injector, clean int64, damage string) []byte {
	switch p.kind {
	case BadLine:
		dst = append(append(dst, `,"value":"`...), damage...)
		return append(dst, '"')
	case Late:
		return strconv.AppendInt(append(dst, `,"value":`...), p.n-1, 10)
	}
	f, v := s.fields[p.field], p.value
	switch p.kind {
	case Spike:
		v += clean
	case Drift:
		v *= p.n
	}
	dst = append(append(dst, `,"field":"`...), f.name...)
	dst = appendFixed(append(dst, `","value":`...), v, f.decimals)
	if p.kind == Spike {
		dst = appendFixed(append(dst, `,"clean":`...), clean, f.decimals)
	}
	return dst
}
