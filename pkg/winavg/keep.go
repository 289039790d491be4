package winavg

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"weir/pkg/lines"
	"weir/pkg/state"
)

// This file saves and restores a filter. What is said at the end of a run (closing, pauses)
// is about that run, and is not saved.

// Save implements pipe.Keeper.
func (f *Filter) Save(w *state.Writer) {
	f.removeUnused()
	f.saveStream(w)
	printed := map[*key]bool{}
	for _, k := range f.rows.active {
		printed[k] = true
	}
	for id := range f.keys.All {
		w.Line("group")
		w.Key(f.keys.Key(id))
		w.Bool("active", printed[f.keys.At(id)])
	}
	for _, x := range f.panes.all() {
		for slot := range x.parts {
			if x.parts[slot].Len() == 0 {
				continue
			}
			w.Line("pane")
			w.Key(x.key.text)
			w.Field(slot)
			w.Int("index", x.index)
			w.Part(&x.parts[slot], f.panes.needs)
		}
	}
	f.saveSnapshot(w)
	for id := range f.keys.All {
		f.rows.previous.save(w, f.keys.At(id))
	}
	if f.rows.columns.carries {
		f.saveCarried(w)
	}
	if f.jumps.first != nil {
		w.Held("first", f.jumps.first)
	}
	if f.jumps.held != nil {
		w.Held("held", f.jumps.held)
	}
}

// saveStream writes how far the stream has come. The first row, the last pane inside the
// window and the like are extreme numbers while there is none.
func (f *Filter) saveStream(w *state.Writer) {
	m, r := &f.watermark, &f.rows
	w.Line("stream")
	w.Bool("has_event", m.hasEvent)
	if m.hasEvent {
		w.Time("max_time", m.maxTime)
		w.Time("newest", m.newest)
		w.Int("last_due", m.lastDue)
	}
	w.Int("first_row", r.first)
	w.Bool("begun", r.begun)
	w.Int("next_row", r.next)
	w.Int("high", f.panes.high)
	w.Int("newest_inside", f.panes.newestInside)
}

// saveSnapshot writes the snapshot, if there is one.
func (f *Filter) saveSnapshot(w *state.Writer) {
	s := &f.snapshot
	if !s.taken {
		return
	}
	w.Line("snapshot")
	w.Int("row", s.row)
	for i, k := range s.keys {
		w.Line("snapshot_group")
		w.Key(k.text)
		w.Texts("values", valueTexts(s.values[i]))
	}
}

// all returns all panes, in order of their indexes, then keys.
func (p *panes) all() (list []*pane) {
	for _, q := range []*queue{&p.ahead, &p.inside} {
		list = append(list, q.panes[q.head:]...)
		list = append(list, q.outOfOrder...)
	}
	slices.SortFunc(list, func(a, b *pane) int {
		return cmp.Or(cmp.Compare(a.index, b.index), bytes.Compare(a.key.text, b.key.text))
	})
	return list
}

// Restore implements pipe.Keeper.
func (f *Filter) Restore(r *state.Reader) {
	if !r.Next("stream") {
		return
	}
	high, newestInside := f.restoreStream(r)
	for r.Next("group") {
		text := r.Key()
		if f.keys.Find(text) >= 0 {
			r.Fail("key")
			return
		}
		f.keys.Restored(len(f.opts.Fields))
		k := f.keys.At(f.addKey(text))
		k.active = r.Bool("active")
		switch {
		case k.active:
			f.rows.active = append(f.rows.active, k)
		case f.panes.carriesKey:
			f.panes.arrive(k)
		}
	}
	sortKeys(f.rows.active)
	for r.Next("pane") {
		k, slot, index := f.restoreKey(r), r.Field(), r.Int("index")
		c := r.Contents(f.panes.needs)
		if r.Err() != nil {
			return
		}
		part := &f.panes.pane(k, index).parts[slot]
		if part.Len() > 0 {
			r.Fail("index") // a second line for it
			return
		}
		ok := part.Restore(c)
		if !ok {
			r.Fail("sum")
		}
	}
	f.noteUnused()
	f.panes.move(math.MinInt64, high)
	f.panes.newestInside = newestInside
	f.restoreSnapshot(r)
	f.restorePrevious(r)
	if f.rows.columns.carries {
		f.restoreCarried(r)
	}
	f.jumps.first = r.Held("first")
	f.jumps.held = r.Held("held")
}

// noteUnused takes note of the keys that have no pane.
func (f *Filter) noteUnused() {
	for id := range f.keys.All {
		f.panes.noteUnused(f.keys.At(id))
	}
}

// restoreStream reads what saveStream has written. It returns the last pane inside the
// window, and the newest one.
func (f *Filter) restoreStream(r *state.Reader) (high, newestInside int64) {
	m := &f.watermark
	m.hasEvent = r.Bool("has_event")
	if m.hasEvent {
		m.maxTime, m.newest, m.lastDue = r.Time("max_time"), r.Time("newest"), r.Int("last_due")
		if m.lateness != Forever {
			m.nextDue = m.dueTime(m.lastDue + 1).Add(m.lateness)
		}
	}
	f.rows.first, f.rows.begun, f.rows.next = r.Int("first_row"), r.Bool("begun"), r.Int("next_row")
	return r.Int("high"), r.Int("newest_inside")
}

// restoreSnapshot reads what saveSnapshot has written.
func (f *Filter) restoreSnapshot(r *state.Reader) {
	if !r.Next("snapshot") {
		return
	}
	s := &f.snapshot
	s.taken, s.row = true, r.Int("row")
	for r.Next("snapshot_group") {
		s.keys = append(s.keys, f.restoreKey(r))
		s.values = append(s.values, f.restoreValues(r))
	}
}

// restoreKey returns the key of a line; nil with an error of r if there is none.
func (f *Filter) restoreKey(r *state.Reader) *key {
	id := f.keys.Find(r.Key())
	if id < 0 {
		r.Fail("key")
		return nil
	}
	return f.keys.At(id)
}

// Pause implements pipe.Keeper. Rows that are not due wait for the next run.
func (f *Filter) Pause(*lines.Output) error { return nil }
