package winavg

import (
	"bytes"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/ndjson"
	"weir/pkg/stamp"
)

// rows is what is remembered from row to row.
type rows struct {
	active []*key // those that print, by key
	spare  []*key
	date   []byte
}

// printTo prints the rows up to and with end that have not been printed.
func (f *Filter) printTo(end int64, w *ndjson.Writer) {
	if !f.printing {
		if f.first > end {
			return
		}
		f.printing, f.next = true, f.first
	}
	for f.next <= end {
		if f.restore(w) {
			f.next++
			continue
		}
		f.panes.move(f.bounds(f.next))
		f.join()
		if len(f.rows.active) == 0 && (f.opts.Empty == Skip || f.by != nil) {
			f.skipEmpty(end)
			continue
		}
		f.row(w)
		f.next++
	}
}

// leap goes on to the next row that holds an event, when none does now.
func (f *Filter) skipEmpty(end int64) {
	f.next = end + 1
	if x := f.panes.ahead.first(); x != nil {
		f.next = min(f.next, f.firstRow(x.index))
	}
}

// join merges the keys that have come to print into those that do. One whose
// cells have all left again before this row has had none, and waits for one.
func (f *Filter) join() {
	fresh := f.panes.joined[:0]
	for _, k := range f.panes.joined {
		if k.active = k.inside > 0; k.active {
			fresh = append(fresh, k)
		}
	}
	f.panes.joined = fresh
	if len(fresh) == 0 {
		return
	}
	slices.SortFunc(fresh, func(a, b *key) int { return bytes.Compare(a.text, b.text) })
	merged := f.rows.spare[:0]
	old := f.rows.active
	for _, k := range fresh {
		for len(old) > 0 && bytes.Compare(old[0].text, k.text) < 0 {
			merged = append(merged, old[0])
			old = old[1:]
		}
		merged = append(merged, k)
	}
	merged = append(merged, old...)
	f.rows.active, f.rows.spare = merged, f.rows.active
	f.panes.joined = fresh[:0]
}

// row prints row f.next: a line, or one for each key that has one.
func (f *Filter) row(w *ndjson.Writer) {
	f.date()
	if f.by == nil {
		f.ungrouped(w)
		return
	}
	stay := f.rows.active[:0]
	for _, k := range f.rows.active {
		if k.inside == 0 && f.opts.Empty == Skip {
			k.active = false
			continue
		}
		stay = append(stay, k)
		f.line(k, w)
	}
	clear(f.rows.active[len(stay):])
	f.rows.active = stay
}

func (f *Filter) date() {
	f.rows.date = append(f.rows.date[:0], '"')
	f.rows.date = stamp.AppendDateTime(f.rows.date, f.next*f.step)
	f.rows.date = append(f.rows.date, '"')
}

func (f *Filter) ungrouped(w *ndjson.Writer) {
	if len(f.rows.active) == 0 {
		f.line(nil, w)
		return
	}
	k := f.rows.active[0]
	if k.inside > 0 || f.opts.Empty != Skip {
		f.line(k, w)
		return
	}
	k.active = false
	f.rows.active = f.rows.active[:0]
}

var dateName = []byte(`"date"`)

// line prints a row of one key; nil is a stream that has had no event inside.
func (f *Filter) line(k *key, w *ndjson.Writer) {
	f.begin(k, w)
	for i, c := range f.opts.Columns {
		w.Name(f.columns[i])
		w.Value(f.value(k, c))
	}
	w.End()
}

// begin prints what stands before the columns.
func (f *Filter) begin(k *key, w *ndjson.Writer) {
	w.Object()
	w.Name(dateName)
	w.Raw(f.rows.date)
	if f.by != nil {
		text := k.text
		for _, name := range f.by {
			var member []byte
			member, text, _ = bytes.Cut(text, []byte{0})
			w.Name(name)
			w.Raw(member)
		}
	}
}

// value is a column of a key's row now.
func (f *Filter) value(k *key, c Column) exact.Value {
	if k == nil || k.spans[c.Field].Len() == 0 {
		return f.nothing(c)
	}
	return k.spans[c.Field].Stat(c.Stat)
}

// nothing is what a column prints whose window holds no reading: count and sum
// of nothing are 0, whatever an empty window prints.
func (f *Filter) nothing(c Column) exact.Value {
	if f.opts.Empty == Zero || c.Stat.Kind == agg.Count || c.Stat.Kind == agg.Sum {
		return exact.Count(0)
	}
	return exact.Value{}
}
