package template

import (
	"bytes"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// level is an object that paths of a plan lead into, and what is wanted of its
// members. The top level is the record. Levels form a tree, through
// Member.children. A level belongs to one Matcher, as do the prefixes that it learns.
type level struct {
	members   []*Member   // The members that paths name, in no particular order. They are few: find compares them all.
	omit      *Member     // The member that Plan.Omit leaves out, at the top level; else nil. It is not in members.
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

// Member is a member that a plan names, and its value in the record at hand. One
// member may serve several parts of a plan: a number, a key, a condition, the time.
type Member struct {
	name        []byte    // The canonical name, with quotes.
	children    *level    // What paths want inside the value, if it is an object; else nil.
	descendants []*Member // The members at the ends of the paths through this one. When the name comes again in a record, their values are void.
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

// add adds a path from this level on, and returns the member at its end, which is an
// existing one if the path, or a longer one that begins with it, was added before.
func (l *level) add(p batch.Path) *Member {
	name := jsonscan.AppendQuoted(nil, p[0])
	m := l.find(name)
	if m == nil {
		m = &Member{name: name}
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
func (l *level) find(name []byte) *Member {
	for _, m := range l.members {
		if bytes.Equal(m.name, name) {
			return m
		}
	}
	return nil
}
