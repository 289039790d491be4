package winavg

import (
	"bytes"
	"slices"

	"weir/pkg/exact"
	"weir/pkg/lines"
)

// snapshot preserves a row as it was when it became due. It is needed while rows have not
// begun: a due row is not printed then, but may yet turn out to be the first one, and
// must not have late events that are read in the meantime.
type snapshot struct {
	row    int64
	keys   []*key
	values [][]exact.Value // the columns of each key
}

// takeSnapshot preserves row lastDue, before the first late event changes its window. It
// does nothing if that row has been preserved.
func (f *Filter) takeSnapshot() {
	if f.snapshot != nil && f.snapshot.row == f.lastDue {
		return
	}
	f.panes.move(f.bounds(f.lastDue))
	s := &snapshot{row: f.lastDue}
	for _, k := range f.panes.newKeys { // as rows have not begun, no key is active
		if k.panesInside > 0 {
			s.keys = append(s.keys, k)
		}
	}
	slices.SortFunc(s.keys, func(a, b *key) int { return bytes.Compare(a.text, b.text) })
	for _, k := range s.keys {
		s.values = append(s.values, f.values(k))
	}
	f.snapshot = s
}

// values returns all columns of the present row of a key.
func (f *Filter) values(k *key) (all []exact.Value) {
	for _, c := range f.opts.Columns {
		all = append(all, f.value(k, c))
	}
	return all
}

// restore prints row f.nextRow from the snapshot, and reports whether there is one of it.
// Its keys are active afterwards; keys that have only late events are not.
func (f *Filter) restore(w *lines.Output) bool {
	s := f.snapshot
	if s == nil || s.row != f.nextRow {
		return false
	}
	f.snapshot = nil
	f.date()
	if f.by == nil && len(s.keys) == 0 && f.opts.Empty != Skip {
		f.line(nil, w)
	}
	for i, k := range s.keys {
		f.begin(k, w)
		for j, v := range s.values[i] {
			w.Name(f.columns[j])
			w.Value(v)
		}
		w.End()
	}
	f.rows.active = s.keys
	printed := map[*key]bool{}
	for _, k := range s.keys {
		printed[k] = true
	}
	f.panes.newKeys = slices.DeleteFunc(f.panes.newKeys, func(k *key) bool { return printed[k] })
	return true
}
