package batch

import (
	"bytes"
	"slices"
	"strings"

	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/suggest"
)

// sample is the members of the first records, to suggest one where a name is unknown.
type sample struct {
	records int
	members []sampleMember  // In the order in which they were first seen, objects included.
	has     map[string]bool // By path, as Path.Spell writes it.
	tree    Tree
}

// sampleMember is a member, with the kind of its first value.
type sampleMember struct {
	path Path
	kind sampleKind
}

type sampleKind uint8

const (
	otherKind  sampleKind = iota
	numberKind            // A number.
	quotedKind            // A string that reads as a number.
	objectText            // A string that is the text of a JSON object.
)

// The limits of a sample.
const (
	sampleRecords = 20      // Records.
	sampleMembers = 1000    // Members.
	sampleDepth   = 4       // The most names of a path.
	sampleText    = 1 << 16 // The length of a record, in bytes; of a longer one, only the names at the top are taken that are in its first bytes.
)

// add adds the records of a batch.
func (s *sample) add(b *Batch) {
	for row := range b.Rows {
		if s.records == sampleRecords {
			return
		}
		n, r := b.note(row), &b.Rows[row]
		if n != nil && n.Fault != nil || r.From == r.To { // a record from a spool has no text
			continue
		}
		s.records++
		s.addRecord(b.Text[r.From:r.To])
	}
}

// addRecord adds the members of a record.
func (s *sample) addRecord(text []byte) {
	if len(text) <= sampleText {
		v, err := s.tree.build(text)
		if err == nil {
			s.addObject(nil, v)
			return
		}
	}
	for _, name := range jsonscan.Names(text[:min(len(text), sampleText)]) { // up to where the text is cut
		s.addMember(Path{name}, otherKind)
	}
}

// addObject adds the members of an object that a path leads to.
func (s *sample) addObject(path Path, v Value) {
	for name, member := range v.Members() {
		p := append(path[:len(path):len(path)], string(name))
		kind := otherKind
		text, isText := member.Text()
		switch {
		case member.Kind() == '0':
			kind = numberKind
		case isText:
			_, err := exact.Parse(text)
			switch {
			case err == nil:
				kind = quotedKind
			case isObject(text):
				kind = objectText
			}
		}
		s.addMember(p, kind)
		if len(p) < sampleDepth {
			s.addObject(p, member)
		}
	}
}

// addMember adds a member, if it is new and there is space.
func (s *sample) addMember(p Path, kind sampleKind) {
	spelt := p.Spell()
	if s.has[spelt] || len(s.members) == sampleMembers || p[len(p)-1] == "" {
		return
	}
	if s.has == nil {
		s.has = map[string]bool{}
	}
	s.has[spelt] = true
	s.members = append(s.members, sampleMember{p, kind})
}

// isObject reports whether a text is that of a JSON object, with members.
func isObject(text []byte) bool {
	text = bytes.TrimSpace(text)
	if len(text) <= len("{}") || text[0] != '{' {
		return false
	}
	_, err := jsonscan.Object(text)
	return err == nil
}

// wrapper returns the first member whose value is the text of an object, or nil.
func (s *sample) wrapper() Path {
	for _, m := range s.members {
		if m.kind == objectText {
			return m.path
		}
	}
	return nil
}

// numbers returns the members that are numbers, but for the time: those at the top level,
// or else all.
func (s *sample) numbers(time Path) (list []Path) {
	for _, top := range []bool{true, false} {
		for _, m := range s.members {
			if m.kind == numberKind && (len(m.path) == 1 || !top) && !m.path.Equal(time) {
				list = append(list, m.path)
			}
		}
		if list != nil {
			break
		}
	}
	return list
}

// usualTime returns the first member at the top level with a usual name of a time, or nil.
func (s *sample) usualTime() Path {
	for _, m := range s.members {
		if len(m.path) == 1 && (m.path[0] == DefaultTime || slices.Contains(UsualTimes, m.path[0])) {
			return m.path
		}
	}
	return nil
}

// meant returns the member that was probably meant by a path that no record has, or nil.
// In this order: the same names with other dots or blanks; the same names at the end of a
// longer path; a name, then a path, then the last name of a path, that differs in a few
// letters.
func (s *sample) meant(p Path) Path {
	plain := func(p Path) string {
		var names []string
		for _, name := range p {
			names = append(names, strings.TrimSpace(name))
		}
		return strings.Join(names, ".")
	}
	want := plain(p)
	var tops, paths, ends []string // by which a member may be found, "" where not
	for _, m := range s.members {
		if plain(m.path) == want && !m.path.Equal(p) {
			return m.path
		}
		top, end := "", m.path[len(m.path)-1]
		if len(m.path) == 1 {
			top, end = end, ""
		}
		tops, paths, ends = append(tops, top), append(paths, m.path.String()), append(ends, end)
	}
	for _, m := range s.members {
		if strings.HasSuffix(plain(m.path), "."+want) {
			return m.path
		}
	}
	lists := [][]string{paths, ends}
	if len(p) == 1 {
		lists = [][]string{tops, paths, ends}
	}
	for _, list := range lists {
		word := suggest.Word(p.String(), list)
		for i, name := range list {
			if word != "" && name == word && !s.members[i].path.Equal(p) {
				return s.members[i].path
			}
		}
	}
	return nil
}
