package winavg

import (
	"bytes"
	"slices"

	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// rows is what is kept from row to row.
type rows struct {
	active []*key // the keys that have a row, in order of their text
	spare  []*key // memory for the next active
	date   []byte // JSON text of the present row's date

	empty window.Span // the window of a key that does not exist yet; never has readings
}

// printTo prints the rows up to and including end that have not been printed. It prints
// none if rows have not begun: if no event was in time, or the first row is after end.
func (f *Filter) printTo(end int64, w *lines.Output) {
	if !f.printing {
		if f.first > end {
			return
		}
		f.printing, f.nextRow = true, f.first
	}
	for f.nextRow <= end {
		if f.restore(w) {
			f.nextRow++
			continue
		}
		f.panes.move(f.bounds(f.nextRow))
		f.activate()
		if len(f.rows.active) == 0 && (f.opts.Empty == Skip || f.by != nil) {
			f.skipEmpty(end)
			continue
		}
		f.row(w)
		f.nextRow++
	}
}

// skipEmpty moves nextRow to the next row whose window has an event, or to the one after
// end if there is none until then. Requires that the present window is empty. It makes
// gaps of years cheap.
func (f *Filter) skipEmpty(end int64) {
	f.nextRow = end + 1
	x := f.panes.ahead.first()
	if x != nil {
		f.nextRow = min(f.nextRow, f.firstRow(x.index))
	}
}

// activate merges the new keys into the active ones. A new key whose panes have all left
// again before this row has no row yet, and stays inactive until it has another pane.
func (f *Filter) activate() {
	added := f.panes.newKeys[:0]
	for _, k := range f.panes.newKeys {
		k.active = k.panesInside > 0
		if k.active {
			added = append(added, k)
		}
	}
	f.panes.newKeys = added
	if len(added) == 0 {
		return
	}
	slices.SortFunc(added, func(a, b *key) int { return bytes.Compare(a.text, b.text) })
	merged := f.rows.spare[:0]
	old := f.rows.active
	for _, k := range added {
		for len(old) > 0 && bytes.Compare(old[0].text, k.text) < 0 {
			merged = append(merged, old[0])
			old = old[1:]
		}
		merged = append(merged, k)
	}
	merged = append(merged, old...)
	f.rows.active, f.rows.spare = merged, f.rows.active
	f.panes.newKeys = added[:0]
}

// row prints row f.nextRow: a line, or with keys one for each active key. With
// Options.Empty Skip, a key whose window is empty becomes inactive.
func (f *Filter) row(w *lines.Output) {
	f.date()
	if f.by == nil {
		f.ungrouped(w)
		return
	}
	active := f.rows.active[:0]
	for _, k := range f.rows.active {
		if k.panesInside == 0 && f.opts.Empty == Skip {
			k.active = false
			continue
		}
		active = append(active, k)
		f.line(k, w)
	}
	clear(f.rows.active[len(active):])
	f.rows.active = active
}

// date sets rows.date to that of row f.nextRow.
func (f *Filter) date() {
	f.rows.date = append(f.rows.date[:0], '"')
	f.rows.date = stamp.AppendDateTime(f.rows.date, f.nextRow*f.step)
	f.rows.date = append(f.rows.date, '"')
}

// ungrouped is row for a stream without keys, which has one key, of an empty text, from
// its first event on.
func (f *Filter) ungrouped(w *lines.Output) {
	if len(f.rows.active) == 0 {
		f.line(nil, w)
		return
	}
	k := f.rows.active[0]
	if k.panesInside > 0 || f.opts.Empty != Skip {
		f.line(k, w)
		return
	}
	k.active = false
	f.rows.active = f.rows.active[:0]
}

var dateName = []byte(`"date"`)

// line prints a row of one key; nil stands for a stream without keys that has had no
// event inside yet.
func (f *Filter) line(k *key, w *lines.Output) {
	f.begin(k, w)
	for i, c := range f.opts.Columns {
		w.Name(f.columns[i])
		w.Value(f.value(k, c))
	}
	w.End()
}

// begin prints the members before the columns.
func (f *Filter) begin(k *key, w *lines.Output) {
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

// value returns a column of the present row of a key. Without readings, count and sum
// are 0, whatever Options.Empty says.
func (f *Filter) value(k *key, c Column) exact.Value {
	w := &f.rows.empty
	if k != nil {
		w = &k.windows[c.Field]
	}
	if w.Len() == 0 && f.opts.Empty == Zero {
		return exact.Count(0)
	}
	return c.Stat.Of(w)
}
