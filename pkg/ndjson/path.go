package ndjson

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Path leads to a member: the names from the top level down, decoded.
type Path []string

// ParsePath reads a dotted path as people type it: "motor.rpm" is rpm inside
// motor; a dot that belongs to a name is written `\.`, a backslash `\\`.
func ParsePath(s string) (Path, error) {
	if s == "" {
		return nil, errors.New("a field needs a name")
	}
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("the field %q is not UTF-8", s)
	}
	var p Path
	var name strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && (s[i+1] == '.' || s[i+1] == '\\'):
			i++
			name.WriteByte(s[i])
		case c == '.':
			p = append(p, name.String())
			name.Reset()
		default:
			name.WriteByte(c)
		}
	}
	p = append(p, name.String())
	for _, n := range p {
		if n == "" {
			return nil, fmt.Errorf("the field %q has an empty name between its dots (a dot that belongs to a name is written \\.)", s)
		}
	}
	return p, nil
}

// String is the names joined by dots: how the field is called in output.
func (p Path) String() string { return strings.Join(p, ".") }

// Equal reports whether both lead to the same member.
func (p Path) Equal(q Path) bool {
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i] != q[i] {
			return false
		}
	}
	return true
}

// node is a step of the paths of a plan, merged: which members of an object
// lead on, and what is wanted of them.
type node struct {
	next []*member
	take *member  // the member that is left out, at the top only
	all  *catalog // at the top of a plan that reads all numbers

	// guess remembers, for each place in the object, what stood before the
	// value there and what it meant, the newest first: records of known layouts
	// cost a comparison a member.
	guess [][ways]guess
	spare guess  // for what is beyond maxGuess and maxLead
	name  []byte // scratch
}

// member is a name that a plan is interested in.
type member struct {
	name  []byte // canonical, with quotes
	slots []int  // spans to fill with its value
	below *node  // paths that go on inside it
	under []int  // all slots at or under it: cleared when the name comes again
	seen  uint64 // the record in which it was met last
}

type guess struct {
	lead    []byte // all that stands before the value; empty matches nothing
	name    int    // the name in lead, with quotes
	nameEnd int
	m       *member
	slot    int // under all: the catalog's slot, noSlot or unknownSlot
}

func (g *guess) raw() []byte { return g.lead[g.name+1 : g.nameEnd-1] }

// What a node remembers of layouts is bounded: members further on, and longer
// names, are looked up.
const (
	ways     = 4 // layouts that differ at a place
	maxGuess = 256
	maxLead  = 256 // bytes
)

func (n *node) add(p Path, slot int) {
	name := AppendQuoted(nil, p[0])
	m := n.find(name)
	if m == nil {
		m = &member{name: name}
		n.next = append(n.next, m)
	}
	m.under = append(m.under, slot)
	if len(p) == 1 {
		m.slots = append(m.slots, slot)
		return
	}
	if m.below == nil {
		m.below = &node{}
	}
	m.below.add(p[1:], slot)
}

func (n *node) find(name []byte) *member {
	for _, m := range n.next {
		if bytes.Equal(m.name, name) {
			return m
		}
	}
	return nil
}

// match finds what is known of the beginning of text, which stands behind the
// value before place i; nil is nothing. White space may follow behind the lead.
func (n *node) match(i int, text []byte) *guess {
	if n == nil || i >= len(n.guess) {
		return nil
	}
	for k := range n.guess[i] {
		if g := &n.guess[i][k]; len(g.lead) > 0 && bytes.HasPrefix(text, g.lead) {
			return g
		}
	}
	return nil
}

// learn says what the name at place i of an object means. It stands in lead, a
// good one, from name to end.
func (n *node) learn(i int, lead []byte, name, end int) *guess {
	g := &n.spare
	if i < maxGuess && len(lead) <= maxLead {
		for len(n.guess) <= i {
			n.guess = append(n.guess, [ways]guess{})
		}
		known := &n.guess[i]
		oldest := known[ways-1]
		copy(known[1:], known[:])
		g = &known[0]
		*g = oldest // for its buffer
	}
	g.lead = append(g.lead[:0], lead...)
	g.name, g.nameEnd = name, end
	n.name = appendCanonical(n.name[:0], g.raw())
	g.m, g.slot = n.find(n.name), noSlot
	if n.take != nil && bytes.Equal(n.take.name, n.name) {
		g.m = n.take
	} else if n.all != nil {
		g.slot = n.all.slot(n.name)
	}
	return g
}

// give hands out a slot to the name of g. Guesses that knew none are forgotten:
// the name may be among them, and must be known when it comes twice.
func (n *node) give(g *guess) {
	g.slot = n.all.give(appendCanonical(nil, g.raw()))
	for i := range n.guess {
		for k := range n.guess[i] {
			if other := &n.guess[i][k]; other.slot == unknownSlot {
				other.lead = other.lead[:0]
			}
		}
	}
}

// catalog hands out slots to names as they come.
type catalog struct {
	slots map[string]int
	names [][]byte // canonical, with quotes
	aside [][]byte
	max   int
	full  bool // a name was turned away
}

const (
	noSlot      = -1 // a name that is passed over
	unknownSlot = -2 // a name that gets its slot with the first number under it
)

func (c *catalog) slot(name []byte) int {
	if s, ok := c.slots[string(name)]; ok {
		return s
	}
	for _, a := range c.aside {
		if bytes.Equal(a, name) {
			return noSlot
		}
	}
	return unknownSlot
}

// give hands out the next slot. The name is copied.
func (c *catalog) give(name []byte) int {
	if s, ok := c.slots[string(name)]; ok {
		return s
	}
	if c.max > 0 && len(c.names) >= c.max {
		c.full = true
		return noSlot
	}
	s := len(c.names)
	c.slots[string(name)] = s
	c.names = append(c.names, bytes.Clone(name))
	return s
}
