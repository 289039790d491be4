package ndjson

import (
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
