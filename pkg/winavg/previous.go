package winavg

import (
	"weir/pkg/exact"
	"weir/pkg/state"
)

// previous keeps the values that Empty Previous prints for empty windows: for each key that has
// been in a row, the last value of each column that was not null. It is nil for other values of
// Empty.
type previous map[*key][]exact.Value

// newPrevious returns those of a stream that begins.
func newPrevious(empty Empty) previous {
	if empty != Previous {
		return nil
	}
	return previous{}
}

// note takes note of the values that are printed for a key, and returns them.
func (p previous) note(k *key, values []exact.Value) []exact.Value {
	last := p[k]
	if last == nil {
		last = make([]exact.Value, len(values))
		p[k] = last
	}
	for i, v := range values {
		_, printed := v.Float() // null is printed also for what is outside float64
		if printed {
			last[i] = v
		}
	}
	return last
}

// fill replaces null by the value before, in the columns of empty windows.
func (p previous) fill(k *key, values []exact.Value, columns []Column) {
	last := p.note(k, values)
	for i := range values {
		if values[i].IsNull() && k.windows[columns[i].Field].Len() == 0 {
			values[i] = last[i]
		}
	}
}

// save writes the values of the keys that have some.
func (p previous) save(w *state.Writer, k *key) {
	last := p[k]
	if last == nil {
		return
	}
	w.Line("previous")
	w.Key(k.text)
	w.Texts("values", valueTexts(last))
}

// valueTexts returns the texts of values in a state.
func valueTexts(values []exact.Value) (texts []string) {
	for _, v := range values {
		texts = append(texts, string(v.AppendText(nil)))
	}
	return texts
}

// restorePrevious reads what previous.save has written.
func (f *Filter) restorePrevious(r *state.Reader) {
	for f.rows.previous != nil && r.Next("previous") {
		k, values := f.restoreKey(r), f.restoreValues(r)
		if r.Err() != nil {
			return
		}
		if f.rows.previous[k] != nil {
			r.Fail("key") // a second line for it
			return
		}
		f.rows.previous[k] = values
	}
}

// restoreValues reads the values of the columns from a line.
func (f *Filter) restoreValues(r *state.Reader) (values []exact.Value) {
	for _, text := range r.Texts("values") {
		v, ok := exact.ParseValue([]byte(text))
		if !ok {
			r.Fail("values")
		}
		values = append(values, v)
	}
	if len(values) != len(f.opts.Columns) {
		r.Fail("values")
	}
	return values
}
