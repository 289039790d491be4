package template

import (
	"bytes"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// level is an object in which prefixes begin and end, and what is wanted of its members:
// the record, an object that paths of a plan lead into, or one in which nothing is
// wanted. Levels form a tree, through Member.children and unwanted. A level belongs to
// one Matcher, as do the prefixes that it learns.
//
// Outside the record is a level too, Matcher.outside: the prefixes that open a record
// begin there, and a prefix that closes it ends there.
type level struct {
	id     uint32  // The number of the level, for the kernel: see prefix.from.
	depth  int     // The nesting depth of the object: 1 for the record, 0 outside.
	parent *level  // The level that the object is a value in; nil outside.
	member *Member // The member whose value the object is; nil if no path leads into it.

	members       []*Member   // The members that paths name, in no particular order. They are few: find compares them all.
	omit          []*Member   // The members that Plan.Omit leaves out, in the record; else nil. They are not in members.
	all           bool        // This is the record of a plan that reads all numbers.
	unwanted      *level      // The level of all objects in this one that nothing is wanted of; nil until one is entered.
	unwantedDepth int         // How many levels from this one outwards want nothing: 0 if this one wants something.
	prefixes      prefixTable // The prefixes that were learned and begin here, by text.
}

// maxUnwanted is how deep objects are entered that nothing is wanted of. What is deeper is
// skipped as a value.
const maxUnwanted = 8

// rootID is the id of the level of the record, the second one that a Matcher makes.
//
//lint:ignore U1000 matchLines uses it
const rootID = 1

// newLevel returns a level without members and prefixes.
func (m *Matcher) newLevel(parent *level, of *Member) *level {
	l := &level{id: m.levels, parent: parent, member: of}
	m.levels++
	if parent != nil {
		l.depth = parent.depth + 1
	}
	return l
}

// child returns the level of an object in l that is the value of a member: nil if the
// object is not entered. name is the name's text with its quotes, in any spelling.
//
// Not entered are objects whose text the plan wants, and those too deep in one that
// nothing is wanted of; while learning is off, any that nothing is wanted of, for to skip
// a value costs less than to parse prefixes.
func (m *Matcher) child(l *level, name []byte) *level {
	if l.unwantedDepth == 0 && (len(l.members) > 0 || l.omit != nil) {
		m.canon = jsonscan.AppendCanonical(m.canon[:0], name[1:len(name)-1])
		if l.omitted(m.canon) != nil {
			return nil
		}
		mem := l.find(m.canon)
		if mem != nil {
			return mem.children
		}
	}
	if l.unwantedDepth == maxUnwanted || m.learning.off {
		return nil
	}
	if l.unwanted == nil {
		l.unwanted = m.newLevel(l, nil)
		l.unwanted.unwantedDepth = l.unwantedDepth + 1
	}
	return l.unwanted
}

// Member is a member that a plan names, and its value in the record at hand. One
// member may serve several parts of a plan: a number, a key, a condition, the time.
type Member struct {
	name        []byte    // The canonical name, with quotes.
	children    *level    // What paths want inside the value, if it is an object; else nil.
	descendants []*Member // All members below this one. When the name comes again in a record, their values are void.
	end         bool      // A path ends here: the value itself is wanted.
	number      bool      // The member is one of Plan.Numbers.

	action action // What the kernel does with the value; bit and dest are as in prefix. Set by assignBits.
	bit    uint8
	dest   int32

	// The value. It is in the record at hand only if Seq is Matcher.Seq.
	Seq    int64     // The record in which the member was last seen.
	Span   Span      // The position of the value.
	Num    exact.Dec // The number, if Parsed.
	Parsed bool      // The matcher has read the number.
}

// parents appends the members from l on that paths only lead through.
func (l *level) parents(to []*Member) []*Member {
	for _, mem := range l.members {
		if mem.children != nil {
			if !mem.end {
				to = append(to, mem)
			}
			to = mem.children.parents(to)
		}
	}
	return to
}

// Kind is the type of a JSON value, named by its first byte: '"' string, '{'
// object, '[' array, '0' number, 't' true, 'f' false, 'n' null. 0: not a value.
type Kind byte

// KindOf returns the kind of the value that begins with c. It requires a valid
// value: c is not checked.
func KindOf(c byte) Kind {
	if c == '-' || c-'0' <= 9 { // c is unsigned, so a byte below '0' wraps to a large value
		return '0'
	}
	return Kind(c)
}

// Span is the position of a value: text[From:To].
type Span struct {
	From, To int
	Kind     Kind
	Escaped  bool // The string has escapes or non-ASCII bytes, so other spellings of it exist.
}

// In returns the value's bytes.
func (s Span) In(text []byte) []byte { return text[s.From:s.To] }

// Inside returns a string's bytes without its quotes. It requires Kind '"'.
func (s Span) Inside(text []byte) []byte { return text[s.From+1 : s.To-1] }

// add adds a path from l on, and returns the member at its end, which is an existing one
// if the path, or a longer one that begins with it, was added before.
func (m *Matcher) add(l *level, p batch.Path) *Member {
	name := jsonscan.AppendQuoted(nil, p[0])
	mem := l.find(name)
	if mem == nil {
		mem = &Member{name: name}
		l.members = append(l.members, mem)
		for up := l; up.member != nil; up = up.parent {
			up.member.descendants = append(up.member.descendants, mem)
		}
	}
	if len(p) == 1 {
		mem.end = true
		return mem
	}
	if mem.children == nil {
		mem.children = m.newLevel(l, mem)
	}
	return m.add(mem.children, p[1:])
}

// find returns the member with a canonical name, or nil.
func (l *level) find(name []byte) *Member { return memberOf(l.members, name) }

// omitted returns the member with that canonical name that Plan.Omit leaves out, nil if there is
// none.
func (l *level) omitted(name []byte) *Member { return memberOf(l.omit, name) }

// memberOf returns the member with that canonical name, nil if there is none.
func memberOf(list []*Member, name []byte) *Member {
	for _, m := range list {
		if bytes.Equal(m.name, name) {
			return m
		}
	}
	return nil
}
