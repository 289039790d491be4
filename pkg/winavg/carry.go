package winavg

import (
	"slices"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/state"
)

// This file carries readings forward into windows that they are not in, for the time-weighted
// average: see agg.Weighted. A key then keeps the last reading of each field before the window.
// A reading is not carried over a time of more than Options.MaxGap (32 days where there is no
// limit, as for pauses), so nothing of what was before a far jump counts after it.

// carries reports whether a column is a time-weighted average.
func (o *Options) carries() bool {
	return slices.ContainsFunc(o.Columns, func(c Column) bool { return c.Stat.IsTWA() })
}

// carriesKey reports whether the one key of a stream without keys has a line in every row after
// its first reading, also while none has been inside a window: one at the very end of a window may
// never be, with Neither, and one that was late as well; both are carried forward.
func (o *Options) carriesKey() bool { return o.By == nil && o.Empty != Skip && o.carries() }

// carryForward makes the windows of a new key keep what is carried forward.
func (f *Filter) carryForward(k *key) {
	for i := range k.windows {
		k.windows[i].CarryForward(agg.Carry{Gap: f.rows.pause})
	}
}

// setBounds tells the windows of a key from when to when that of a row is.
func (a *assigner) setBounds(k *key, row int64) {
	from, to := a.time(row-(a.firstOffset+1)>>1), a.time(row)
	for i := range k.windows {
		k.windows[i].SetBounds(from, to)
	}
}

// carryLate takes note of a late event that is before all windows to come: it may be carried
// forward into them.
func (f *Filter) carryLate(k *key, run *batch.Run) {
	for i := range run.Width() {
		k.windows[run.Slot(i)].SetBefore(agg.Timed{Time: run.Time(0), Value: run.Num(0, i)})
	}
}

// forgetCarried forgets what is carried forward, as the stream begins anew.
func (f *Filter) forgetCarried() {
	for id := range f.keys.All {
		k := f.keys.At(id)
		if f.panes.carriesKey {
			f.panes.arrive(k)
		}
		for i := range k.windows {
			k.windows[i].ForgetBefore()
		}
	}
}

// saveCarried writes a line for each reading before the window that is carried forward.
func (f *Filter) saveCarried(w *state.Writer) {
	for id := range f.keys.All {
		k := f.keys.At(id)
		for slot := range k.windows {
			r, ok := k.windows[slot].Before()
			if ok {
				w.Line("carried")
				w.Key(k.text)
				w.Field(slot)
				w.Time("time", r.Time)
				w.Dec("value", r.Value)
			}
		}
	}
}

// restoreCarried reads what saveCarried has written.
func (f *Filter) restoreCarried(r *state.Reader) {
	for r.Next("carried") {
		k, slot, reading := f.restoreKey(r), r.Field(), agg.Timed{Time: r.Time("time"), Value: r.Dec("value")}
		if r.Err() != nil {
			return
		}
		_, twice := k.windows[slot].Before()
		if twice {
			r.Fail("field")
			return
		}
		k.windows[slot].SetBefore(reading)
	}
}
