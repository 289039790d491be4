package table

import (
	"slices"

	"weir/pkg/chart"
)

// maxHeld is the number of rows of a list that are arranged together: more than a
// person sees at a time, so that the widths of the columns change seldom.
const maxHeld = 200

// list is a table of stats --list.
type list struct {
	layout    layout
	keys      []string // names of the keys, the columns after the time
	hasHeader bool     // the header was drawn
}

// accepts reports whether l has the columns of the list, or the list is new.
func (t *list) accepts(l chart.Line) bool {
	if !t.hasHeader && len(t.layout.rows) == 0 {
		return true
	}
	return slices.Equal(t.keys, keyNames(l))
}

func keyNames(l chart.Line) []string {
	var all []string
	for _, k := range l.Keys {
		all = append(all, k.Name)
	}
	return all
}

// add adds a row.
//
// Requires: l.ListRow is not nil, and accepts(l).
func (t *list) add(l chart.Line) {
	t.keys = keyNames(l)
	var labels []string
	for _, k := range l.Keys {
		labels = append(labels, k.Text)
	}
	t.layout.add(*l.ListRow, append(labels, l.Field))
}

// full reports whether the rows must be drawn before more are added.
func (t *list) full() bool { return len(t.layout.rows) >= maxHeld }

// lines arranges the rows that are held and removes them. The first time, a header
// precedes them.
func (t *list) lines(p style) []string {
	t.layout.style = p
	var header []string
	if !t.hasHeader {
		header = slices.Concat([]string{"time"}, t.keys, []string{"field", "value", "from the mean", "file:line"})
		t.hasHeader = true
	}
	return t.layout.lines(header)
}
