// Package having has conditions on statistics: of the records or rows that a filter prints,
// --having selects those for which a statistic meets them. The filters mavg and winavg, and
// their commands, import it.
//
// [New] makes a [Cond] of what was typed, for the columns that a filter prints. The filter calls
// [Cond.Is] to find the values that it is about, and [Cond.Holds] for each.
package having

import (
	"fmt"
	"strings"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/exact"
)

// Cond is a condition on the statistic of a field, or of any field. It never changes.
type Cond struct {
	Field int // The index of the field; -1: any.
	Stat  string

	op      batch.Op
	limit   exact.Value
	nearest float64 // The float64 nearest to limit.
}

// Columns are the values that a filter prints.
type Columns struct {
	Fields []batch.Path // Nil: they are not known before the first record.
	Stats  []agg.Stat
	Name   func(field, stat int) string // The name of the column that has a statistic of a field.
}

// New returns the condition that was typed as c. What is before its operator is the name of a
// column; or that of a statistic, of any field; or FIELD.STAT. It is decided in this order.
//
// The error says why that is none of the statistics that are computed, or that c.Value is not a
// number.
func New(c batch.Cond, columns Columns) (Cond, error) {
	limit, ok := c.Number()
	if !ok {
		return Cond{}, fmt.Errorf("%q is not a number, and statistics are compared with numbers only", c.Value)
	}
	h := Cond{op: c.Op, limit: limit.Value(), nearest: limit.Float()}
	for i := range columns.Fields {
		for j, s := range columns.Stats {
			if columns.Name(i, j) == c.Path.String() {
				h.Field, h.Stat = i, s.Name
				return h, nil
			}
		}
	}
	if name, ok := statistic(c.Path); ok {
		h.Field, h.Stat = -1, name
		return h, columns.check(name)
	}
	for _, p := range columns.Fields {
		if p.Equal(c.Path) {
			return h, fmt.Errorf("%s is a field: name one of its statistics, as in %s.%s", p, p.Spell(), columns.Stats[0].Name)
		}
	}
	for n := 1; n < len(c.Path); n++ {
		name, ok := statistic(c.Path[n:])
		if !ok {
			continue
		}
		for i, p := range columns.Fields {
			if p.Equal(c.Path[:n]) {
				h.Field, h.Stat = i, name
				return h, columns.check(name)
			}
		}
		if columns.Fields == nil {
			return h, fmt.Errorf("name the field with -f %s", c.Path[:n].Spell())
		}
		return h, fmt.Errorf("%s is not among the fields of -f", c.Path[:n].Spell())
	}
	return h, fmt.Errorf("%q is not a statistic, FIELD.STAT or the name of a column (-a computes %s)", c.Path, columns.stats())
}

// statistic returns the name of the statistic that a path is.
func statistic(p batch.Path) (name string, ok bool) {
	s, err := agg.ParseStat(p.String()) // p99.9 is a path of two names
	return s.Name, err == nil
}

// check returns an error if no column has a statistic.
func (c *Columns) check(name string) error {
	for _, s := range c.Stats {
		if s.Name == name {
			return nil
		}
	}
	return fmt.Errorf("-a does not compute %s: write -a %s,%s", name, c.stats(), name)
}

// stats returns the statistics as they are typed.
func (c *Columns) stats() string {
	var names []string
	for _, s := range c.Stats {
		names = append(names, s.Name)
	}
	return strings.Join(names, ",")
}

// Is reports whether the condition is about a statistic of the field with that index.
func (c *Cond) Is(field int, stat string) bool {
	return (c.Field < 0 || c.Field == field) && c.Stat == stat
}

// Holds reports whether v meets the condition: the exact value, not the one that is printed. Null
// meets none.
//
// Rounding to float64 never exchanges two numbers, so only those with the same nearest float64
// have to be compared exactly.
func (c *Cond) Holds(v exact.Value) bool {
	if v.IsNull() {
		return false
	}
	f, finite := v.Float()
	switch {
	case finite && f > c.nearest:
		return c.op.Holds(1)
	case finite && f < c.nearest:
		return c.op.Holds(-1)
	}
	return c.op.Holds(v.Cmp(c.limit))
}
