package winavg

import "weir/pkg/batch"

// This file adds keys and removes them. With Empty Skip a key prints nothing once its
// window is empty, and like a new one when it comes back. So one without a pane, that is,
// without an event that a row to come covers, is removed, and a stream with ever new keys
// runs in bounded memory: Options.MaxGroups then limits the keys that have a pane. With a
// time-weighted average, a key that comes back is not like a new one, and none is removed.
//
// Keys are removed between batches, where no id of a record is affected, and within one only
// when a new key needs a place. Which keys have a place does not depend on that.

// freesKeys reports whether keys that have left the window are removed.
func (o *Options) freesKeys() bool { return o.By != nil && o.Empty == Skip && !o.carries() }

// addKey adds a key that is not in the table yet, and whose pairs have been counted.
func (f *Filter) addKey(text []byte) int32 {
	id := f.keys.Add(text)
	k := f.keys.At(id)
	n := len(f.spare)
	if n > 0 {
		*k, f.spare = f.spare[n-1], f.spare[:n-1]
		k.text = f.keys.Key(id)
		return id
	}
	k.init(f.keys.Key(id), f.panes.fields, f.panes.needs)
	if f.rows.columns.carries {
		f.carryForward(k)
	}
	return id
}

// removeUnused removes the keys that have no pane. A record's id that was looked up before may
// be another key's afterwards.
func (f *Filter) removeUnused() {
	if len(f.panes.unused) > 0 {
		f.panes.takeUnused(f.remove)
	}
}

// remove removes a key that has no pane, and keeps its empty windows for reuse.
func (f *Filter) remove(k *key) {
	id := f.keys.Find(k.text)
	k.text, k.unused = nil, false
	f.spare = append(f.spare, *k)
	f.keys.Remove(id, len(f.opts.Fields))
}

// fits reports whether there is a place for a new key. It may remove others.
func (f *Filter) fits(text []byte) bool {
	if f.keys.Fits(text, len(f.opts.Fields)) {
		return true
	}
	f.removeUnused()
	return f.keys.Fits(text, len(f.opts.Fields))
}

// hasPlace reports whether there is a place for the new key of a run, or there may be one.
func (f *Filter) hasPlace(run *batch.Run) bool { return f.fits(run.Key()) || f.mayFit(run) }

// mayFit reports whether the new key of a run, for which there is no place, may have one once
// the watermark has advanced to its time: if its record is an event but for that. Why: if it
// were rejected at once, and all that follow had new keys as well, the watermark would not
// advance any more, and no key would ever leave the window.
func (f *Filter) mayFit(run *batch.Run) bool {
	return f.opts.freesKeys() && run.Fault() == nil && run.Width() > 0
}
