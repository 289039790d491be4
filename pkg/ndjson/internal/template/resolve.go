package template

import (
	"slices"

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
// the table or learned, and becomes prev's first prediction, unless prev has none.
//
// A prefix that is too long to learn, or comes while learning is off, is returned in
// m.unlearned, which is valid until the next one and is never made a prediction. It is
// classified on each line anew. The kernel sees the difference by prev.next.
func (m *Matcher) resolve(prev *prefix, i int) *prefix {
	alt := prev.alt
	if alt.match(m.t, i) {
		prev.next, prev.alt = alt, prev.next
		return alt
	}
	return m.resolveLonger(prev, i)
}

// resolveLonger is resolve without the predictions. They may be right as far as they go,
// but end at an object that is entered: then the prefix is longer.
func (m *Matcher) resolveLonger(prev *prefix, i int) *prefix {
	from := prev.to
	end := m.parsePrefix(from, i)
	if end == failed {
		return nil
	}
	b := m.b.Text[i:end]
	var f *prefix
	if len(b) <= maxPrefix {
		f = from.prefixes.find(b, m.t, i)
	}
	switch {
	case f != nil:
	case len(b) > maxPrefix || m.learning.off:
		m.unlearned.reset(len(b))
		m.classify(&m.unlearned, from)
		return &m.unlearned
	default:
		m.learning.count++
		f = from.prefixes.add(b)
		m.classify(f, from)
	}
	// If add has reused prev for the new prefix, it may lead elsewhere now.
	if f != prev.next && prev.to == from && !prev.irregular {
		prev.next, prev.alt = f, prev.next
	}
	return f
}

// parsed is what parsePrefix finds out of a prefix.
type parsed struct {
	to     *level // The level of the value; outside if the prefix closes the record.
	last   int    // Where the text of the first member begins, after what is closed: an offset in the prefix, as all of them here.
	closes []int  // After each brace that closes an object.
	names  []name // The name before the value, and before it those whose objects are entered. None if the prefix closes the record.
}

// name is a name in a prefix.
type name struct {
	level    *level // The level of the member.
	from, to int    // The name with its quotes, as indexes in the text of the block.
	brace    int    // The offset of the brace that opens its object, if that is entered.
}

// parsePrefix parses and validates the prefix at begin, which begins in a level, and
// fills m.parsed. It returns the end of the prefix: the first byte of the value, or what
// follows the record. end is failed if there is no valid prefix.
func (m *Matcher) parsePrefix(l *level, begin int) (end int) {
	t, p := m.t, &m.parsed
	p.last, p.closes, p.names = 0, p.closes[:0], p.names[:0]
	i := begin
	if l == m.outside {
		if t.at(i) != '{' {
			return failed
		}
		l = m.root
		i = m.skipSpace(i + 1)
		if t.at(i) == '}' {
			p.to = m.outside
			return i + 1
		}
	} else {
		for i = m.skipSpace(i); t.at(i) == '}'; i = m.skipSpace(i) {
			i++
			p.last = i - begin
			p.closes = append(p.closes, p.last)
			l = l.parent
			if l == m.outside {
				p.to = l
				return i
			}
		}
		if t.at(i) != ',' {
			return failed
		}
		i = m.skipSpace(i + 1)
	}
	for {
		from := i
		if t.at(i) != '"' {
			return failed
		}
		i = m.skipString(plainEnd(t, i+1))
		if i == failed {
			return failed
		}
		p.names = append(p.names, name{level: l, from: from, to: i})
		i = m.skipSpace(i)
		if t.at(i) != ':' {
			return failed
		}
		i = m.skipSpace(i + 1)
		var in *level
		if t.at(i) == '{' && t.at(m.skipSpace(i+1)) != '}' {
			in = m.child(l, m.b.Text[from:p.names[len(p.names)-1].to])
		}
		if in == nil {
			p.to = l
			return i
		}
		if in.depth > jsonscan.MaxDepth {
			return failed
		}
		p.names[len(p.names)-1].brace = i - begin
		l = in
		i = m.skipSpace(i + 1)
	}
}

// classify sets the use of a new prefix, and what follows from it, by m.parsed. The other
// fields must be as set left them. from is the level that the prefix begins in.
func (m *Matcher) classify(f *prefix, from *level) {
	p := &m.parsed
	f.connect(from, p.to)
	f.last = int32(p.last)
	f.lookedUp = -1
	for _, at := range p.closes {
		if from.member != nil && from.member.end {
			f.edges = append(f.edges, edge{member: from.member, at: int32(at), closes: true})
		}
		from = from.parent
	}
	if len(p.names) == 0 {
		f.use = useEnd
		f.empty = len(p.closes) == 0
		m.setAction(f)
		return
	}
	for k, n := range p.names {
		entered := k < len(p.names)-1
		mem, slot := m.lookupField(n)
		if n.level.all {
			f.slot, f.entersSlot = slot, entered
			if slot == batch.UnresolvedSlot {
				f.name = append(f.name[:0], m.canon...)
			}
		}
		switch {
		case !entered:
			f.member = mem
			f.enters = m.child(n.level, m.b.Text[n.from:n.to]) != nil
		case mem != nil:
			f.edges = append(f.edges, edge{member: mem, at: int32(n.brace)})
		}
	}
	m.setUse(f)
}

// lookupField returns what the plan wants of a name: the member that paths lead to or
// that is omitted, nil if there is none; and under Plan.All the slot, which is
// batch.NoSlot otherwise. It leaves the canonical name in m.canon, if it has needed it.
func (m *Matcher) lookupField(n name) (mem *Member, slot int32) {
	l := n.level
	if l.unwantedDepth > 0 {
		return nil, batch.NoSlot
	}
	m.canon = jsonscan.AppendCanonical(m.canon[:0], m.b.Text[n.from+1:n.to-1])
	omitted := l.omitted(m.canon)
	if omitted != nil {
		return omitted, batch.NoSlot
	}
	if l.all {
		return l.find(m.canon), m.slot(m.canon)
	}
	return l.find(m.canon), batch.NoSlot
}

// retryLookup looks up the slot of a prefix that had none, and sets its use again.
// Requires that f.name is the canonical name. As long as the name has no slot, the
// prefix remembers in which generation that was, so that there is one lookup, which
// takes a lock, per change of the names and not one per line.
func (m *Matcher) retryLookup(f *prefix) {
	f.slot = m.slot(f.name)
	m.setUse(f)
}

// setUse sets the use of a prefix before a value, and what follows from it. Requires that
// its slot has just been looked up.
func (m *Matcher) setUse(f *prefix) {
	slot := f.slot // that of the value
	if f.entersSlot {
		slot = batch.NoSlot
	}
	if f.slot == batch.UnresolvedSlot {
		f.lookedUp = m.fields.generation
	}
	switch {
	case f.member != nil && slices.Contains(m.root.omit, f.member):
		f.use = useCut
	case slot == batch.UnresolvedSlot && f.member == nil:
		f.use = useUnresolved
	case slot == batch.UnresolvedSlot:
		f.use = useWantUnresolved
	case slot == batch.NoSlot && f.member == nil:
		f.use = useSkip
	default:
		f.use = useWant
	}
	m.setAction(f)
}

// setAction derives special, action, bit, dest, opened and width of a prefix from its
// use, edges, member, slot and length. It must be called whenever one of these has
// changed. For the combinations see prefix.
func (m *Matcher) setAction(f *prefix) {
	crosses := len(f.edges) > 0 || f.entersSlot && f.slot != batch.NoSlot
	f.special = crosses || f.use == useEnd
	f.action, f.opened = actNone, 0
	noAction := false // the kernel must not pass over this prefix, or over the value
	for _, e := range f.edges {
		if e.closes || e.member.action != actParent {
			noAction = true
			continue
		}
		f.opened |= 1 << e.member.bit
	}
	hasBit := f.slot >= 0 && int(f.slot) < maxBits-m.bits.numbers
	switch {
	case f.entersSlot && hasBit:
		f.opened |= 1 << (m.bits.numbers + int(f.slot))
	case f.entersSlot && f.slot >= 0:
		noAction = true
	}
	// A name that is a slot and a member of the plan as well needs two actions: the
	// kernel has none for it.
	slotOnly := f.use == useWant && f.member == nil
	switch {
	case slotOnly && hasBit:
		f.action, f.bit, f.dest = actSlot, uint8(m.bits.numbers+int(f.slot)), f.slot
	case slotOnly:
		f.action, f.bit, f.dest = actSlotNoBit, maxBits, f.slot
	case f.use == useWant && (f.slot == batch.NoSlot || f.entersSlot) || f.use == useWantUnresolved:
		f.action, f.bit, f.dest = f.member.action, f.member.bit, f.member.dest
	}
	// A value that is wanted but cannot be stored: the kernel must not pass over it.
	// (At useCut it stops anyway, and in the other uses nothing is stored.)
	noAction = noAction || f.action == actNone && (f.use == useWant || f.use == useWantUnresolved)
	switch {
	case noAction, f.n > maxPrefix, f.n > maxPrefix/2 && f.action == actSlotNoBit:
		f.width = widthGo
	case crosses:
		f.width = widthCross
	case f.n > maxPrefix/2:
		f.width = width64
	case f.action == actSlotNoBit:
		f.width = widthNoBit
	default:
		f.width = width32
	}
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
