package table

import "slices"

// held is how many rows of a list are laid out at a time.
const maxHeld = 200

// list is the table of stats --list.
type list struct {
	sheet  layout
	names  []string // of the keys
	headed bool
}

// takes is whether l belongs under the same heads.
func (t *list) takes(l line) bool {
	if !t.headed && len(t.sheet.rows) == 0 {
		return true
	}
	return slices.Equal(t.names, names(l))
}

func names(l line) []string {
	var all []string
	for _, k := range l.keys {
		all = append(all, k.name)
	}
	return all
}

func (t *list) add(l line) {
	t.names = names(l)
	var labels []string
	for _, k := range l.keys {
		labels = append(labels, k.text)
	}
	t.sheet.add(*l.listed, append(labels, l.field))
}

func (t *list) full() bool { return len(t.sheet.rows) >= maxHeld }

// show lays out what is held, below its heads the first time.
func (t *list) show(p style) []string {
	t.sheet.style = p
	var heads []string
	if !t.headed {
		heads = slices.Concat([]string{"time"}, t.names, []string{"field", "value", "from the mean", "where"})
		t.headed = true
	}
	return t.sheet.lines(heads)
}
