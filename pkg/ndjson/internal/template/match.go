package template

import (
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// This file matches one line. It compares the text between values with prefixes that
// were learned from earlier lines, and validates each value while it skips it
// (skip.go). A prefix that was not predicted is for resolve.go. kernel_amd64.s does the
// same for simple lines in vectors.
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

// matchObject matches the rest of an object of the plan from i on, where the prefix
// after prev begins, and returns the index after its closing brace, or failed. To
// begin at the opening brace, pass &n.start as prev. It sets line.empty for the
// object that ends last, which in the end is the record.
//
// Requires that line.depth is the depth of the object.
//
// The loop runs once per member. The first two cases of the switch are the values
// that nothing is wanted of, inlined: most members of a line are such.
func (m *Matcher) matchObject(n *level, prev *prefix, i int) int {
	t := m.t
	for {
		f := prev.next
		if f.differs(t, i) != 0 || f.n > 8*fastWords && !f.match(t, i) {
			f = m.resolve(n, prev, i)
			if f == nil {
				return failed
			}
		}
		before := i
		i += f.n
		if f.use == useEnd {
			m.line.empty = prev == &n.start || len(m.b.Cuts) > m.line.cutsBefore && m.allCut(before)
			return i
		}
		prev = f
		c := t.at(i)
		if c <= ' ' { // white space that is not part of the prefix: the text had less of it when the prefix was learned
			i = m.skipSpace(i)
			c = t.at(i)
		}
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
		case f.use == useSkip:
			i = m.skipValue(i)
		case f.member != nil:
			i = m.matchMember(n, f, before, i)
		default:
			i = m.matchSlot(f, i)
		}
		if i == failed {
			return failed
		}
	}
}

// matchMember matches the value at i of a name that a path of the plan has, or
// Plan.Omit. f is the prefix before it, which begins at before. It fills the member:
// seq, span, and num if the value is a simple number.
func (m *Matcher) matchMember(n *level, f *prefix, before, i int) int {
	mem := f.member
	switch {
	case mem == n.omit:
		return m.matchOmitted(before, i)
	case mem.Seq == m.Seq: // the name comes again
		for _, d := range mem.descendants {
			d.Seq = 0
		}
		m.line.whenSeq = 0
	}
	mem.Seq = m.Seq             // mem is seen now; if the line is given up, a new seq voids that
	if f.slot != batch.NoSlot { // the name is a reading under Plan.All as well; the value is skipped twice
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
	case c == '{' && mem.children != nil:
		// A path leads into the object. The recursion is as deep as the plan's
		// paths are long; the limit is for those that are longer than MaxDepth.
		if m.line.depth == jsonscan.MaxDepth {
			return failed
		}
		m.line.depth++
		end = m.matchObject(mem.children, &mem.children.start, i)
		m.line.depth--
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
// member out of the record, so that what remains is valid JSON. before is where its
// prefix begins.
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
