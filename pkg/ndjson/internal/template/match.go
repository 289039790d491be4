package template

import (
	"weir/pkg/batch"
	"weir/pkg/exact"
)

// This file matches one line. It compares the text between values with prefixes that
// were learned from earlier lines, and validates each value while it skips it
// (skip.go). A prefix that was not predicted is for resolve.go. kernel_amd64.s does the
// same for simple lines in vectors.
//
// A prefix may cross levels: it closes objects, and enters others. So a line is one
// chain of prefixes and values, however deep they are.
//
// The functions return the index after what they matched, or failed, and store what the
// plan wants in members, slots and Batch.Cuts.
//
// The matcher accepts an object if and only if jsonscan.Object does. But it does not
// say what is wrong with one that it does not accept: jsonscan does, which the caller
// then runs on the whole line. FuzzPathsAgree and FuzzLine check the two against each
// other, and against encoding/json.
//
// Of duplicate names the last counts (RFC 8259, section 4, leaves that open). So a
// repeated name discards what was found of its previous value and inside it:
// `{"a":{"b":1},"a":{}}` has no a.b.
//
// Bounds: i is never after the line's '\n', for no function passes it: it is neither
// part of a prefix, nor of a string, a number or a literal, nor white space here. A
// load at i reads at most 24 bytes, and the text has pad bytes after the last line.

// failed is returned instead of an index when there is no match.
const failed = -1

// Match matches the record that begins at i, the start of a line that was opened. It
// returns the index after its closing brace. ok is false if the matcher cannot match it;
// it does match every record that jsonscan.Object accepts.
//
// The loop runs once per value. The first two cases of the switch are the values
// that nothing is wanted of, inlined: most values of a line are such.
func (m *Matcher) Match(i int) (end int, ok bool) {
	t := m.t
	prev := &m.start
	for {
		f := prev.next
		if f.differs(t, i) != 0 || f.n > 8*fastWords && !f.match(t, i) {
			f = m.resolve(prev, i)
			if f == nil {
				return 0, false
			}
		}
		before := i
	matched:
		i = before + int(f.n)
		if f.special {
			m.cross(f, before)
			if f.use == useEnd {
				m.line.empty = f.empty || len(m.b.Cuts) > m.line.cutsBefore && m.allCut(before)
				break
			}
		}
		c := t.at(i)
		if c <= ' ' { // white space that is not part of the prefix: the text had less of it when the prefix was learned
			i = m.skipSpace(i)
			c = t.at(i)
		}
		if c == '{' && f.enters && f != &m.unlearned && t.at(m.skipSpace(i+1)) != '}' {
			// The prefix was learned before a value of another kind. Unless the object is
			// not entered now, its first name belongs to the prefix.
			n := f.n
			f = m.resolveLonger(prev, before)
			if f == nil {
				return 0, false
			}
			if f.n > n {
				goto matched
			}
		}
		prev = f
		switch {
		case c == '"' && (f.use == useSkip || f.use == useUnresolved && f.lookedUp == m.fields.generation && m.fields.pendingIn != m.Seq):
			i = plainEnd(t, i+1)
			if t.at(i) == '"' {
				i++
				continue
			}
			i = m.skipString(i)
		case f.use == useSkip && c-'1' <= 8: // a number, mostly a short whole one: byte by byte is faster than by words
			for i++; t.at(i)-'0' <= 9; i++ {
			}
			c = t.at(i)
			if c == ',' || c == '}' {
				continue
			}
			i = m.skipFraction(i)
			if i != failed {
				continue
			}
		default:
			m.line.depth = f.to.depth
			i = m.matchValue(f, before, i)
		}
		if i == failed {
			return 0, false
		}
	}
	if m.fields.discardedIn == m.Seq {
		m.dropDiscarded()
	}
	return i, true
}

// matchValue matches the value at i, after the prefix f, which begins at before.
func (m *Matcher) matchValue(f *prefix, before, i int) int {
	switch {
	case f.use == useSkip:
		return m.skipValue(i)
	case f.use == useCut:
		return m.matchOmitted(before+int(f.last), i)
	case f.member != nil:
		return m.matchMember(f, i)
	}
	return m.matchSlot(f, i)
}

// cross records what the prefix f, which begins at before, enters and closes: members
// that paths lead through, and under Plan.All the name in the record whose value is
// entered. To do it twice for one text does no harm.
func (m *Matcher) cross(f *prefix, before int) {
	for _, e := range f.edges {
		if e.closes {
			e.member.Span.To = before + int(e.at)
			continue
		}
		m.open(e.member)
		e.member.Parsed = false
		e.member.Span = Span{From: before + int(e.at), Kind: '{'}
	}
	if f.entersSlot && f.slot != batch.NoSlot {
		m.markObject(f)
	}
}

// open marks a member as seen in the record at hand. If the name comes again, what was
// found inside its previous value is void.
func (m *Matcher) open(mem *Member) {
	if mem.Seq == m.Seq {
		for _, d := range mem.descendants {
			d.Seq = 0
		}
		m.line.whenSeq = 0
	}
	mem.Seq = m.Seq // if the line is given up, a new seq voids that
}

// matchMember matches the value at i of a name that a path of the plan has. f is the
// prefix before it. It fills the member: seq, span, and num if the value is a simple
// number.
func (m *Matcher) matchMember(f *prefix, i int) int {
	mem := f.member
	m.open(mem)
	if f.slot != batch.NoSlot && !f.entersSlot { // the name is a reading under Plan.All as well; the value is skipped twice
		to := m.matchSlot(f, i)
		if to == failed {
			return failed
		}
	}
	c := m.t.at(i)
	end := failed
	mem.Parsed = false
	m.line.escaped = false // for span.escaped: the value's own strings count
	switch {
	case mem == m.Time && c == '"':
		end = m.matchTime(i)
	case mem.number && c <= '9':
		// One pass validates the number and reads it. What Scan does not read,
		// long numbers, exponents and what is not a number, is only skipped here;
		// the caller of Match reads it from the span.
		d, k := exact.Scan(m.b.Text[i : m.size+1])
		mem.Parsed = k > 0
		if mem.Parsed {
			mem.Num = d
			end = i + k
			break
		}
		fallthrough
	default:
		end = m.skipValue(i)
	}
	mem.Span = Span{From: i, To: end, Kind: KindOf(c), Escaped: m.line.escaped}
	return end
}

// matchOmitted skips the value at i of the member that Plan.Omit names, and cuts the
// member out of the record, so that what remains is valid JSON. before is where the
// text of the member begins: with the brace or comma before its name, or white space
// before that.
//
// A member that follows another one is cut with the comma before it. One that follows
// none, or none that remains, is cut with the comma after it, up to the next name.
func (m *Matcher) matchOmitted(before, i int) int {
	b := m.b
	end := m.skipValue(i)
	if end == failed {
		return failed
	}
	cut := batch.Cut{From: before, To: end}
	name := m.skipSpace(m.skipSpace(before) + 1)
	last := len(b.Cuts) - 1
	if m.t.at(before) == '{' || last >= m.line.cutsBefore && b.Cuts[last].To == name {
		cut.From = name
		next := m.skipSpace(end)
		if m.t.at(next) == ',' {
			cut.To = m.skipSpace(next + 1)
		}
	}
	b.Cuts = append(b.Cuts, cut)
	return end
}

// allCut reports whether all members of a record are cut out, of which the last value
// ends at end: then the last cut begins at a name and reaches as far. Requires that
// there is a cut.
func (m *Matcher) allCut(end int) bool {
	last := m.b.Cuts[len(m.b.Cuts)-1]
	return last.To == end && m.t.at(last.From) == '"'
}

// matchTime matches the string at i, which should be the time, and reads it if it is
// as long as the last one and in the same minute. Then it needs no other validation:
// clock.Again accepts only digits and the punctuation of a time.
//
// Bounds: Again does not accept a text that contains the line's '\n'.
func (m *Matcher) matchTime(i int) int {
	end := i + m.line.timeLen
	if m.line.timeLen > 0 && end < m.size && m.t.at(end) == '"' {
		if t, ok := m.clock.Again(m.b.Text[i+1 : end]); ok {
			m.line.when, m.line.whenSeq = t, m.Seq
			return end + 1
		}
	}
	end = m.skipValue(i)
	m.line.timeLen = end - 1 - i // below 0 if it failed
	return end
}
