package pipe

import (
	"bytes"
	"slices"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
	"weir/pkg/state"
)

// lost finds members that are replaced by those which an [Appender] adds, or taken out in their
// favour, although they were not added by an earlier run: their value is not an object of numbers.
type lost struct {
	reported []string // the names of those that Reporter.Replaced has been called for
	row      int      // of the present batch, the first with another one; -1 if there is none
	name     string   // of that
}

// find sets row and name. omitted is how many names such members may have.
func (l *lost) find(b *batch.Batch, omitted int) {
	l.row = -1
	if len(b.Cuts) == 0 || len(l.reported) >= omitted {
		return
	}
	for i := range b.Notes {
		n := &b.Notes[i]
		if n.Row >= len(b.Rows) {
			return
		}
		if b.Rows[n.Row].Filtered || b.Error(n.Row) != nil {
			continue
		}
		for _, cut := range b.Cuts[n.Cuts[0]:n.Cuts[1]] {
			text := b.Text[cut.From:cut.To]
			if onlyNumbers(text) {
				continue
			}
			name := nameOf(text)
			if !slices.Contains(l.reported, name) {
				l.row, l.name = n.Row, name
				return
			}
		}
	}
}

// save writes what has been reported: which names if there may be several.
func (l *lost) save(w *state.Writer, omitted int) {
	w.Bool("lost_reported", len(l.reported) > 0)
	if omitted > 1 && len(l.reported) > 0 {
		w.Texts("lost_names", l.reported)
	}
}

// restore adds what save has written.
func (l *lost) restore(r *state.Reader, omitted []string) {
	names := []string(nil)
	if r.Bool("lost_reported") {
		names = omitted
	}
	if r.Has("lost_names") {
		names = r.Texts("lost_names")
	}
	for _, name := range names {
		if !slices.Contains(l.reported, name) {
			l.reported = append(l.reported, name)
		}
	}
}

// nameOf returns the name of a member, which is valid JSON with perhaps a comma before or after
// it.
func nameOf(member []byte) string {
	from := bytes.IndexByte(member, '"') + 1
	to := from
	for member[to] != '"' {
		if member[to] == '\\' {
			to++
		}
		to++
	}
	return string(jsonscan.AppendDecoded(nil, member[from:to]))
}

// onlyNumbers reports whether a member, which is valid JSON with perhaps a comma before or
// after it, is an object that has numbers, nulls and objects of these only.
func onlyNumbers(member []byte) bool {
	objects, inString, afterString := 0, false, false
	for i := 0; i < len(member); i++ {
		c := member[i]
		switch {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
			afterString = !inString
		case inString || c <= ' ':
		case afterString && c != ':': // it was not a name
			return false
		case c == ':':
			afterString = false
			if objects == 0 && !isObject(member[i+1:]) {
				return false
			}
		case c == '{':
			objects++
		case c == '[' || c == 't' || c == 'f':
			return false
		}
	}
	return objects > 0 && !afterString
}

// isObject reports whether the value that b begins with is an object.
func isObject(b []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(b, " \t\n\r"), []byte("{")) }
