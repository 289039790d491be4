package batch

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"weir/pkg/jsonscan"
)

// Path identifies a member by the decoded names from the top level down to it.
// Path{"motor", "rpm"} is the member rpm of the object motor. In an array, a
// name is the index of an element, from 0.
type Path []string

// ParsePath parses a dotted path as it is typed on a command line: "motor.rpm"
// is member rpm of the object motor. A literal dot is written `\.`; `\\` is a
// backslash, and so is a backslash before any other character. An empty name, or
// text that is not UTF-8, is an error.
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
		c := s[i]
		switch {
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
			return nil, fmt.Errorf("the field %q has an empty name between its dots (write \\. for a literal dot)", s)
		}
	}
	return p, nil
}

// String returns the names joined by dots, which is the field's name in output.
// It is not the inverse of ParsePath: dots inside names are not escaped.
func (p Path) String() string { return strings.Join(p, ".") }

// QuotedNames returns the String of each path as a JSON string, as members of the output are
// named; nil of no paths.
func QuotedNames(paths []Path) (names [][]byte) {
	for _, p := range paths {
		names = append(names, jsonscan.AppendQuoted(nil, p.String()))
	}
	return names
}

// Spell returns the path as ParsePath reads it.
func (p Path) Spell() string {
	names := make([]string, len(p))
	for i, name := range p {
		names[i] = escapes.Replace(name)
	}
	return strings.Join(names, ".")
}

// escapes writes a name as it is in a dotted path.
var escapes = strings.NewReplacer(`\`, `\\`, `.`, `\.`)

// Equal reports whether p and q name the same member.
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
