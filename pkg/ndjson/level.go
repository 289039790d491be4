package ndjson

import (
	"bytes"
	"sync"

	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// level is an object that paths of a plan lead into, and what is wanted of its
// members. The top level is the record. Levels form a tree, through
// member.children. A level belongs to one Parser, as do the prefixes that it learns.
type level struct {
	members   []*member   // The members that paths name, in no particular order. They are few: find compares them all.
	omit      *member     // The member that Plan.Omit leaves out, at the top level; else nil. It is not in members.
	all       bool        // This is the top level of a plan that reads all numbers.
	start     prefix      // The prefix before the opening brace: an empty text, of which only next and alt count.
	prefixes  prefixTable // The prefixes that were learned, by text.
	unlearned prefix      // The last prefix that was not learned. It is not in prefixes, and has no text to compare.
}

// newLevel returns a level without members and prefixes.
func newLevel(all bool) *level {
	l := &level{all: all}
	l.start.set(nil)
	return l
}

// member is a member that a plan names, and its value in the record at hand. One
// member may serve several parts of a plan: a number, a key, a condition, the time.
type member struct {
	name        []byte    // The canonical name, with quotes.
	children    *level    // What paths want inside the value, if it is an object; else nil.
	descendants []*member // The members at the ends of the paths through this one. When the name comes again in a record, their values are void.
	number      bool      // The member is one of Plan.Numbers.

	action action // What the kernel does with the value; bit and dest are as in prefix. Set by assignBits.
	bit    uint8
	dest   int32

	// The value. It is in the record at hand only if seq is Parser.seq.
	seq    int64     // The record in which the member was last seen.
	span   span      // The position of the value.
	num    exact.Dec // The number, if parsed.
	parsed bool      // The matcher has read the number.
}

// kind is the type of a JSON value, named by its first byte: '"' string, '{'
// object, '[' array, '0' number, 't' true, 'f' false, 'n' null. 0: not a value.
type kind byte

// kindOf returns the kind of the value that begins with c. It requires a valid
// value: c is not checked.
func kindOf(c byte) kind {
	if c == '-' || c-'0' <= 9 { // c is unsigned, so a byte below '0' wraps to a large value
		return '0'
	}
	return kind(c)
}

// span is the position of a value: text[from:to].
type span struct {
	from, to int
	kind     kind
	escaped  bool // The string has escapes or non-ASCII bytes, so other spellings of it exist.
}

// in returns the value's bytes.
func (s span) in(text []byte) []byte { return text[s.from:s.to] }

// inside returns a string's bytes without its quotes. It requires kind '"'.
func (s span) inside(text []byte) []byte { return text[s.from+1 : s.to-1] }

// add adds a path from this level on, and returns the member at its end, which is an
// existing one if the path, or a longer one that begins with it, was added before.
func (l *level) add(p Path) *member {
	name := jsonscan.AppendQuoted(nil, p[0])
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

// find returns the member with a canonical name, or nil.
func (l *level) find(name []byte) *member {
	for _, m := range l.members {
		if bytes.Equal(m.name, name) {
			return m
		}
	}
	return nil
}

// names assigns slots to names under Plan.All. A Reader has one, which all its parsers
// share. Only the fold assigns slots, in the order of the input, so that they do not
// depend on the number of workers. Parsers look names up at the same time.
//
// Invariants: list[slots[name]] is the label of name. Slots are 0, 1, 2 and so on; a slot
// is never taken back. limitReached never becomes false again.
type names struct {
	mu           sync.RWMutex // Guards all below. The fold, the only writer, reads without it.
	slots        map[string]int32
	list         []Label  // By slot.
	exclude      [][]byte // Canonical names that never get a slot: the time and Plan.Exclude.
	max          int      // Plan.MaxFields; 0: no limit.
	limitReached bool     // A name got no slot for that.
}

// What names have instead of a slot. From -2 down, readings have -2-i for name i of
// Block.pending; unresolvedSlot has the same value as the first of these, but comes
// from lookups only.
const (
	noSlot         = -1 // The name is not a field of the plan: its values are skipped.
	unresolvedSlot = -2 // The name gets a slot with its first number.
)

// newNames returns the names of a plan, none with a slot.
func newNames(plan *Plan) *names {
	n := &names{slots: map[string]int32{}, max: plan.MaxFields}
	for _, p := range append([]Path{plan.Time}, plan.Exclude...) {
		if len(p) == 1 {
			n.exclude = append(n.exclude, jsonscan.AppendQuoted(nil, p[0]))
		}
	}
	return n
}

// state returns the number of slots that are assigned, and whether the limit was
// reached.
func (n *names) state() (count int32, limitReached bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return int32(len(n.list)), n.limitReached
}

// slot returns the slot of a canonical name, noSlot or unresolvedSlot.
func (n *names) slot(name []byte) int32 {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if s, ok := n.slots[string(name)]; ok {
		return s
	}
	for _, x := range n.exclude {
		if bytes.Equal(x, name) {
			return noSlot
		}
	}
	return unresolvedSlot
}

// assign returns the slot of a canonical name, and assigns the next one if it has none.
// It returns noSlot if the limit is reached. The name is copied. For the fold only.
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
