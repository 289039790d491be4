package stats

import (
	"weir/pkg/lines"
	"weir/pkg/state"
	"weir/pkg/window"
)

// This file saves and restores the readings of each field. The anomalies of a run are those
// among its own records, by the mean of all.

// Save implements pipe.Keeper.
func (f *Filter) Save(w *state.Writer) {
	for id := range int32(f.keys.Len()) {
		for slot, x := range f.keys.At(id).All {
			w.Line("field")
			w.Key(f.keys.Key(id))
			w.Field(slot)
			w.Part(&x.part, f.needs)
			w.Bool("no_time", x.noTime)
			if x.fromText.isSet() {
				w.Time("from", x.from)
				w.TextBytes("from_text", x.fromText.bytes())
				w.Time("to", x.to)
				w.TextBytes("to_text", x.toText.bytes())
			}
		}
	}
}

// Restore implements pipe.Keeper.
func (f *Filter) Restore(r *state.Reader) {
	for r.Next("field") {
		key, slot := r.Key(), r.Field()
		if r.Err() != nil {
			return
		}
		id := f.keys.Find(key)
		if id < 0 {
			id = f.keys.Add(key)
		}
		k := f.keys.At(id)
		if k.Find(slot) != nil {
			r.Fail("field")
			return
		}
		f.keys.Restored(1)
		x := k.Add(slot, r.FieldCount())
		*x = field{key: id, slot: int32(slot), part: window.NewPart(f.needs)}
		f.setName(slot, r.FieldName(slot))
		f.fields = append(f.fields, x)
		ok := x.part.Restore(r.Contents(f.needs))
		if !ok {
			r.Fail("sum")
		}
		x.noTime = r.Bool("no_time")
		if r.Has("from") {
			x.from = r.Time("from")
			setTime(&x.fromText, r, "from_text")
			x.to = r.Time("to")
			setTime(&x.toText, r, "to_text")
		}
	}
}

// setTime sets the text of a time to that of a member.
func setTime(t *timeText, r *state.Reader, member string) {
	text := r.TextBytes(member)
	if len(text) == 0 {
		r.Fail(member)
		return
	}
	t.set(text)
}

// Pause implements pipe.Keeper: every run prints the summary, of all runs so far.
func (f *Filter) Pause(w *lines.Output) error { return f.Finish(w) }
