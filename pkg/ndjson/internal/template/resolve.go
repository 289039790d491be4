package template

import (
	"bytes"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
)

// This file finds, learns or only parses a prefix that was not predicted, and says what
// the plan wants of the value after it.

// resolve handles a misprediction: the text at i is not prev.next. It returns the
// prefix that is there, nil if there is no valid one.
//
// If prev.alt matches, the two predictions are exchanged, so two templates
// that alternate cost one comparison more. Otherwise the prefix is parsed, then found in
// the table or learned, and becomes prev's first prediction.
//
// A prefix that is too long to learn, or comes while learning is off, is returned in
// n.unlearned, which is valid until the next one and is never made a prediction. It is
// classified on each line anew. The kernel sees the difference by prev.next.
func (m *Matcher) resolve(n *level, prev *prefix, i int) *prefix {
	alt := prev.alt
	if alt.match(m.t, i) {
		prev.next, prev.alt = alt, prev.next
		return alt
	}
	name, nameEnd, end := m.parsePrefix(i, prev == &n.start)
	if end == failed {
		return nil
	}
	b := m.b.Text[i:end]
	var f *prefix
	if len(b) <= maxPrefix {
		f = n.prefixes.find(b, m.t, i)
	}
	switch {
	case f != nil:
	case len(b) > maxPrefix || m.learning.off:
		n.unlearned.reset(len(b))
		m.classify(&n.unlearned, n, name, nameEnd)
		return &n.unlearned
	default:
		m.learning.count++
		f = n.prefixes.add(b)
		m.classify(f, n, name, nameEnd)
	}
	prev.next, prev.alt = f, prev.next
	return f
}

// parsePrefix parses and validates the prefix at i; first says that it opens the
// object. It returns the bounds of the name, with its quotes, and the end of the
// prefix: the first byte of the value, or what follows the closing brace. A closing
// prefix has no name: nameEnd is 0. end is failed if there is no valid prefix.
func (m *Matcher) parsePrefix(i int, first bool) (name, nameEnd, end int) {
	t := m.t
	if first {
		if t.at(i) != '{' {
			return 0, 0, failed
		}
		i++
	}
	i = m.skipSpace(i)
	if t.at(i) == '}' {
		return 0, 0, i + 1
	}
	if !first {
		if t.at(i) != ',' {
			return 0, 0, failed
		}
		i = m.skipSpace(i + 1)
	}
	name = i
	if t.at(i) != '"' {
		return 0, 0, failed
	}
	nameEnd = m.skipString(plainEnd(t, i+1))
	if nameEnd == failed {
		return 0, 0, failed
	}
	i = m.skipSpace(nameEnd)
	if t.at(i) != ':' {
		return 0, 0, failed
	}
	return name, nameEnd, m.skipSpace(i + 1)
}

// classify sets the use of a new prefix, and what follows from it, by its name in
// m.b.Text[name:nameEnd], with quotes. nameEnd is 0 for a closing prefix. The other
// fields must be as set left them.
func (m *Matcher) classify(f *prefix, n *level, name, nameEnd int) {
	if nameEnd == 0 {
		f.use = useEnd
		m.setAction(f)
		return
	}
	m.canon = jsonscan.AppendCanonical(m.canon[:0], m.b.Text[name+1:nameEnd-1])
	f.lookedUp = -1
	f.member, f.slot = m.lookupField(n, m.canon)
	switch {
	case f.member != nil && f.member == n.omit:
		f.use = useCut
	case f.slot == batch.UnresolvedSlot:
		f.name = append(f.name[:0], m.canon...)
		m.retryLookup(f)
		return
	case f.member != nil || f.slot != batch.NoSlot:
		f.use = useWant
	}
	m.setAction(f)
}

// setAction derives action, bit, dest and width of a prefix from its use, member,
// slot and length. It must be called whenever one of these has changed. For the
// combinations see prefix.
func (m *Matcher) setAction(f *prefix) {
	f.action = actNone
	// A name that is a slot and a member of the plan as well needs two actions: the
	// kernel has none for it.
	slotOnly := f.use == useWant && f.member == nil
	switch {
	case slotOnly && int(f.slot) < maxBits-len(m.bits.spans):
		f.action, f.bit, f.dest = actSlot, uint8(len(m.bits.spans)+int(f.slot)), f.slot
	case slotOnly:
		f.action, f.bit, f.dest = actSlotNoBit, maxBits, f.slot
	case f.use == useWant && f.slot == batch.NoSlot || f.use == useWantUnresolved:
		f.action, f.bit, f.dest = f.member.action, f.member.bit, f.member.dest
	}
	// A value that is wanted but cannot be stored: the kernel must not pass over it.
	// (At useCut it stops anyway, and in the other uses nothing is stored.)
	noAction := f.action == actNone && (f.use == useWant || f.use == useWantUnresolved)
	switch {
	case noAction, f.n > maxPrefix, f.n > maxPrefix/2 && f.action == actSlotNoBit:
		f.width = widthGo
	case f.n > maxPrefix/2:
		f.width = width64
	case f.action == actSlotNoBit:
		f.width = widthNoBit
	default:
		f.width = width32
	}
}

// lookupField returns what the plan wants of a canonical name at level n: the member
// that paths lead to or that is omitted, nil if there is none; and under Plan.All the
// slot, which is batch.NoSlot otherwise.
func (m *Matcher) lookupField(n *level, name []byte) (mem *Member, slot int32) {
	if n.omit != nil && bytes.Equal(n.omit.name, name) {
		return n.omit, batch.NoSlot
	}
	if n.all {
		return n.find(name), m.slot(name)
	}
	return n.find(name), batch.NoSlot
}

// retryLookup looks up the slot of a prefix that had none, and sets its use again.
// Requires that f.name is the canonical name. As long as the name has no slot, the
// prefix remembers in which generation that was, so that there is one lookup, which
// takes a lock, per change of the names and not one per line.
func (m *Matcher) retryLookup(f *prefix) {
	f.slot = m.slot(f.name)
	switch {
	case f.slot == batch.UnresolvedSlot && f.member == nil:
		f.use, f.lookedUp = useUnresolved, m.fields.generation
	case f.slot == batch.UnresolvedSlot:
		f.use, f.lookedUp = useWantUnresolved, m.fields.generation
	case f.slot == batch.NoSlot && f.member == nil:
		f.use = useSkip
	default:
		f.use = useWant
	}
	m.setAction(f)
}

// slot returns the slot of a canonical name under Plan.All, or batch.NoSlot or
// batch.UnresolvedSlot. Slots that were assigned after the batch began are not seen yet.
// Why: otherwise one name could have a slot on one line and be pending on an earlier
// one of the same batch, and would be listed in two forms.
func (m *Matcher) slot(name []byte) int32 {
	slot := m.fields.names.Slot(name)
	if slot >= m.fields.slotCount {
		return batch.UnresolvedSlot
	}
	if slot == batch.UnresolvedSlot && m.fields.limitReached {
		return batch.NoSlot
	}
	return slot
}
