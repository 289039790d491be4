package partial

import (
	"bytes"
	"cmp"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/lines"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Table adds up rows: it has one for each key, field and step. Make one with [NewTable].
//
// The rows that it writes depend on the set of readings alone, not on how they were divided
// among the rows that were added.
type Table struct {
	rows map[string]*entry
	id   []byte
	need agg.Needs // that of the rows so far
}

// entry is a row of a table.
type entry struct {
	row    Row // without its contents
	period Period
	part   window.Part
}

// NewTable returns an empty table.
func NewTable() *Table { return &Table{rows: map[string]*entry{}} }

// Add adds a row whose contents have what the needs say, which must be the same for all rows.
// The error is ErrDamaged.
func (t *Table) Add(row *Row, need agg.Needs) error {
	t.need = need
	t.id = append(append(append(t.id[:0], row.Field...), 0), row.Key...)
	if row.Stepped {
		t.id = append(t.id, 0)
		for shift := range 8 {
			t.id = append(t.id, byte(row.Step>>(8*shift)))
		}
		if row.Instant {
			t.id = append(t.id, 1)
		}
	}
	e := t.rows[string(t.id)]
	if e == nil {
		e = &entry{row: *row, part: window.NewPart(need)}
		e.row.Key, e.row.Field, e.row.Contents = bytes.Clone(row.Key), bytes.Clone(row.Field), window.Contents{}
		t.rows[string(t.id)] = e
		if row.Period != nil {
			e.row.Period = &e.period
		}
	}
	if !e.part.Merge(row.Contents) {
		return ErrDamaged
	}
	if row.Period != nil {
		e.period.Merge(row.Period)
	}
	return nil
}

// Needs returns what the rows have.
func (t *Table) Needs() agg.Needs { return t.need }

// Write writes the rows in order of their steps, keys and fields.
func (t *Table) Write(w *Writer, out *lines.Output) {
	var list []*entry
	for _, e := range t.rows {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *entry) int { return a.row.compare(&b.row) })
	for _, e := range list {
		row := e.row
		row.Contents = e.part.Contents()
		w.Row(&row, out)
	}
}

// compare compares two rows by what they are of.
func (r *Row) compare(o *Row) int {
	c := cmp.Or(cmp.Compare(r.Step, o.Step), bytes.Compare(r.Key, o.Key), bytes.Compare(r.Field, o.Field))
	switch {
	case c != 0 || r.Instant == o.Instant:
		return c
	case r.Instant:
		return -1
	}
	return 1
}

// Merge adds the times of o, which does not change, and of which it keeps no memory.
func (p *Period) Merge(o *Period) {
	p.NoTime = p.NoTime || o.NoTime
	if o.FromText == nil {
		return
	}
	first := p.FromText == nil
	if first || before(o.From, o.FromText, p.From, p.FromText) {
		p.From, p.FromText = o.From, append(p.FromText[:0], o.FromText...)
	}
	if first || before(p.To, p.ToText, o.To, o.ToText) {
		p.To, p.ToText = o.To, append(p.ToText[:0], o.ToText...)
	}
}

// before reports whether a time is before another one, or of the same instant with a smaller
// text.
func before(t stamp.Time, text []byte, u stamp.Time, other []byte) bool {
	return cmp.Or(t.Compare(u), bytes.Compare(text, other)) < 0
}
