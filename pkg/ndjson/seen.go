package ndjson

import (
	"weir/pkg/batch"
	"weir/pkg/ndjson/internal/template"
)

// This file notes which members of the plan the records have. Batch.FirstSeen gets the
// first record with each, whether or not a condition filters it out; after that nothing is
// done for a member, so that a record costs one comparison.

// seenMembers says which members of the plan this parser has seen, by their index in
// Plan.Mentions.
type seenMembers struct {
	members []*template.Member // Nil for a time that is not read.
	has     []bool
	missing int // How many have not been seen.
}

// newSeenMembers returns the state before the first record of a matcher.
func newSeenMembers(m *template.Matcher) (s seenMembers) {
	s.members = append(append(append(s.members, m.Numbers...), m.Keys...), m.Where...)
	s.missing = len(s.members)
	s.members = append(s.members, m.Time)
	if m.Time != nil {
		s.missing++
	}
	s.has = make([]bool, len(s.members))
	return s
}

// noteSeen notes the members of the record at hand. Of a row of the kernel, these are its
// keys and what it has of conditions.
func (p *Parser) noteSeen() {
	for i, m := range p.seen.members {
		if m != nil && !p.seen.has[i] && m.Seq == p.m.Seq {
			p.setSeen(i, p.at)
		}
	}
}

// noteSeenRows notes the members of rows of the kernel that noteSeen does not: numbers,
// the time, and a key that is taken without Load.
func (p *Parser) noteSeenRows(rows []batch.Row, first int) {
	s := &p.seen
	for slot := range p.m.Numbers {
		if !s.has[slot] && p.m.NewlySeen(slot) {
			p.setSeen(slot, first+len(rows)-1)
		}
	}
	key, time := len(p.m.Numbers), len(s.members)-1
	for i := range rows {
		r := &rows[i]
		if p.onlyKey && r.Key > 0 && !s.has[key] { // the kernel has left the number of spans there
			p.setSeen(key, first+i)
		}
		if r.WhenEnd > 0 && !s.has[time] {
			p.setSeen(time, first+i)
		}
	}
}

// setSeen records that a row is the first that this parser has seen with a member.
func (p *Parser) setSeen(mention, row int) {
	p.seen.has[mention] = true
	p.seen.missing--
	if mention < len(p.m.Numbers) {
		p.m.Seen(mention)
	}
	p.b.FirstSeen = append(p.b.FirstSeen, batch.FirstSeen{Row: row, Mention: mention})
}
