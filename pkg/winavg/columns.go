package winavg

import (
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/having"
	"weir/pkg/jsonscan"
	"weir/pkg/window"
)

// columns computes the columns of a row. It never changes.
type columns struct {
	list    []Column
	names   [][]byte // as JSON strings
	empty   Empty
	having  []having.Cond
	carries bool // see Options.carries

	none window.Span // the window of a key that does not exist yet; never has readings
}

func newColumns(o *Options) columns {
	c := columns{list: o.Columns, empty: o.Empty, having: o.Having, carries: o.carries()}
	for _, column := range c.list {
		c.names = append(c.names, jsonscan.AppendQuoted(nil, column.Name))
	}
	return c
}

// appendValues appends the value of each column in the present window of a key, which has
// its bounds if something is carried forward. nil stands for a stream without keys that has had
// no event inside yet. Without readings, count and sum are 0, whatever Options.Empty says, and
// a time-weighted average is what is carried forward into the window, unless that says Zero.
func (c *columns) appendValues(values []exact.Value, k *key) []exact.Value {
	for i := range c.list {
		w := &c.none
		if k != nil {
			w = &k.windows[c.list[i].Field]
		}
		if w.Len() == 0 && c.empty == Zero {
			values = append(values, exact.Count(0))
		} else {
			values = append(values, c.list[i].Stat.Of(w))
		}
	}
	return values
}

// keep reports whether a row with those values is printed: whether it meets all conditions.
func (c *columns) keep(values []exact.Value) bool {
	for i := range c.having {
		if !c.holds(&c.having[i], values) {
			return false
		}
	}
	return true
}

// holds reports whether a condition holds for one of the columns that it is about.
func (c *columns) holds(h *having.Cond, values []exact.Value) bool {
	for i, v := range values {
		if h.Is(c.list[i].Field, c.list[i].Stat.Name) && h.Holds(v) {
			return true
		}
	}
	return false
}

// Columns implements pipe.Tabler.
func (f *Filter) Columns(batch.Path) []string {
	names := []string{"date"}
	for _, p := range f.opts.By {
		names = append(names, p.String())
	}
	for _, c := range f.opts.Columns {
		names = append(names, c.Name)
	}
	return names
}
