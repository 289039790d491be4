package ndjson

import (
	"bytes"
	"sync"

	"weir/pkg/exact"
)

// level is an object that the paths of a plan lead through, and what is wanted
// of its members. It belongs to one Parser, as do the leads it has learned.
type level struct {
	members    []*member
	omit       *member // the member that is left out, at the top only
	all        bool    // at the top of a plan that reads all numbers
	start      prefix  // before the brace: only what follows it counts
	prefixes   prefixTable
	longPrefix prefix // one that is too long to learn
}

func newLevel(all bool) *level {
	l := &level{all: all}
	l.start.set(nil)
	return l
}

// member is a name that a plan is interested in, and its value in the record at
// hand.
type member struct {
	name        []byte    // canonical, with quotes
	children    *level    // paths that go on inside it
	descendants []*member // all members below it: gone when the name comes again
	number      bool      // it is one of Plan.Numbers

	action action // where walk brings it, and how: see lead
	bit    uint8
	dest   int32

	seq    int64 // of the record in which it was met last
	span   span
	num    exact.Dec // of a number, if parsed
	parsed bool
}

// add leads a path through it, to the member that is returned.
func (l *level) add(p Path) *member {
	name := AppendQuoted(nil, p[0])
	m := l.find(name)
	if m == nil {
		m = &member{name: name}
		l.members = append(l.members, m)
	}
	if len(p) == 1 {
		return m
	}
	if m.children == nil {
		m.children = newLevel(false)
	}
	end := m.children.add(p[1:])
	m.descendants = append(m.descendants, end)
	return end
}

func (l *level) find(name []byte) *member {
	for _, m := range l.members {
		if bytes.Equal(m.name, name) {
			return m
		}
	}
	return nil
}

// names hands out slots, under all, as names come. The fold alone gives new ones, in
// the order of the input; any parser may ask.
type names struct {
	mu           sync.RWMutex
	slots        map[string]int32
	list         []Label // canonical
	exclude      [][]byte
	max          int
	limitReached bool // a name was turned away
}

const (
	noSlot         = -1 // a name that is passed over
	unresolvedSlot = -2 // a name that gets its slot with the first number under it
)

func newNames(plan *Plan) *names {
	n := &names{slots: map[string]int32{}, max: plan.MaxFields}
	for _, p := range append([]Path{plan.Time}, plan.Exclude...) {
		if len(p) == 1 {
			n.exclude = append(n.exclude, AppendQuoted(nil, p[0]))
		}
	}
	return n
}

// state is how many slots have been given, and whether there are no more.
func (n *names) state() (given int32, full bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return int32(len(n.list)), n.limitReached
}

// slot is that of a name, noSlot or unknownSlot.
func (n *names) slot(name []byte) int32 {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if s, ok := n.slots[string(name)]; ok {
		return s
	}
	for _, a := range n.exclude {
		if bytes.Equal(a, name) {
			return noSlot
		}
	}
	return unresolvedSlot
}

// give hands out the next slot. The name is copied.
func (n *names) assign(name []byte) int32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s, ok := n.slots[string(name)]; ok {
		return s
	}
	if n.max > 0 && len(n.list) >= n.max {
		n.limitReached = true
		return noSlot
	}
	s := int32(len(n.list))
	n.slots[string(name)] = s
	n.list = append(n.list, NewLabel(name))
	return s
}
