package winavg

import (
	"bytes"
	"slices"

	"weir/pkg/exact"
	"weir/pkg/ndjson"
)

// frozen is a row as it was when it fell due. It is needed when rows have not
// begun: the row may yet turn out to be the first, but a late event, which it
// must not hold, has come in the meantime.
type snapshot struct {
	row  int64
	keys []*key
	all  [][]exact.Value // the columns of each
}

// freeze keeps the row that fell due last, once, before a late event changes
// its window.
func (f *Filter) takeSnapshot() {
	if f.snapshot != nil && f.snapshot.row == f.due {
		return
	}
	f.panes.move(f.bounds(f.due))
	z := &snapshot{row: f.due}
	for _, k := range f.panes.joined { // rows have not begun: nobody prints yet
		if k.inside > 0 {
			z.keys = append(z.keys, k)
		}
	}
	slices.SortFunc(z.keys, func(a, b *key) int { return bytes.Compare(a.text, b.text) })
	for _, k := range z.keys {
		z.all = append(z.all, f.values(k))
	}
	f.snapshot = z
}

func (f *Filter) values(k *key) (all []exact.Value) {
	for _, c := range f.opts.Columns {
		all = append(all, f.value(k, c))
	}
	return all
}

// thaw prints row f.next if it is the frozen one. Its keys have had a row then;
// those of the late events have not.
func (f *Filter) restore(w *ndjson.Writer) bool {
	z := f.snapshot
	if z == nil || z.row != f.next {
		return false
	}
	f.snapshot = nil
	f.date()
	if f.by == nil && len(z.keys) == 0 && f.opts.Empty != Skip {
		f.line(nil, w)
	}
	for i, k := range z.keys {
		f.begin(k, w)
		for j, v := range z.all[i] {
			w.Name(f.columns[j])
			w.Value(v)
		}
		w.End()
	}
	f.rows.active = z.keys
	printed := map[*key]bool{}
	for _, k := range z.keys {
		printed[k] = true
	}
	f.panes.joined = slices.DeleteFunc(f.panes.joined, func(k *key) bool { return printed[k] })
	return true
}
