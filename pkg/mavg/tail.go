package mavg

import (
	"bytes"
	"math"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/group"
	"weir/pkg/lines"
	"weir/pkg/state"
	"weir/pkg/window"
)

// Tail is a filter that prints nothing and keeps what a [Filter] that continues after its
// records needs of them: the last N readings of each key and field. It is a pipe.Joiner.
//
// The records are a chunk of an input, so it does not judge what depends on those before them:
// which member is the time, if the options do not say (its numbers are kept as well), and
// which keys and fields are beyond the limit (if it is reached, the state is of no use).
type Tail struct {
	opts  Options
	needs agg.Needs // of the windows: times, or nothing
	keys  *group.Keys[windows]
	runs  batch.Runs
}

// NewTail returns a Tail, with the requirements of New; and Options.TimeNamed, if a statistic
// needs a Series: a chunk does not say which member is the time.
func NewTail(o Options) *Tail {
	if o.keepTime() && o.MaxGroups <= math.MaxInt/2 {
		o.MaxGroups *= 2 // the time is one more field of each key
	}
	return &Tail{opts: o, needs: agg.Needs{Series: agg.NeedsOf(o.Stats).Series}, keys: group.NewKeys[windows](o.MaxGroups, o.By != nil)}
}

// keepTime reports whether the first record of the input decides which numbers are averaged.
func (o *Options) keepTime() bool { return o.Fields == nil && !o.TimeNamed }

// Plan implements pipe.Filter.
func (t *Tail) Plan() batch.Plan {
	p := t.opts.plan()
	p.KeepTime = t.opts.keepTime()
	p.TimeUnread = !t.opts.TimeNamed // nothing is printed, and a Series needs the name
	return p
}

// Push implements pipe.Filter: of each run of records, it adds the last N readings of each
// field to their windows.
func (t *Tail) Push(b *batch.Batch, _ *lines.Output) error {
	t.runs.Begin(b, t.keys.Resolve(b), true)
	for t.runs.Next() {
		run := &t.runs.Run
		row := run.Row(0)
		t.keys.Touch(run, touch)
		id := t.keys.ID(run)
		_ = run.Fault() // nil: see Filter.Push
		if run.Width() == 0 {
			for i := range run.Len() {
				b.NoReading(run.Row(i))
			}
			continue
		}
		if id < 0 {
			if !t.keys.Fits(run.Key(), 1) {
				b.LimitReached(row)
				continue
			}
			id = t.keys.Add(run.Key())
		}
		for k := range run.Width() {
			win := windowOf(t.keys, id, run.Slot(k), run.Width(), t.opts.N, t.needs)
			if win == nil {
				b.LimitReached(row)
				continue
			}
			n := run.Len()
			for i := max(0, n-t.opts.N); i < n; i++ {
				if t.needs.Series {
					win.PushTimed(instant(run, i), run.Num(i, k))
				} else {
					win.Push(run.Num(i, k))
				}
			}
		}
	}
	return nil
}

// Save implements pipe.Keeper. What it writes depends on the records alone, not on how they
// were divided into chunks: the keys are in the order of their bytes.
func (t *Tail) Save(w *state.Writer) {
	ids := make([]int32, t.keys.Len())
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortFunc(ids, func(a, b int32) int { return bytes.Compare(t.keys.Key(a), t.keys.Key(b)) })
	s := saver{w: w, times: t.needs.Series}
	for _, id := range ids {
		s.save(t.keys.Key(id), t.keys.At(id))
	}
}

// Restore implements pipe.Keeper.
func (t *Tail) Restore(r *state.Reader) {
	slots := make([]int, r.FieldCount())
	for i := range slots {
		slots[i] = i
	}
	err := t.Join(r, slots)
	if err != nil {
		r.Fail("key")
	}
}

// Pause implements pipe.Keeper. There is nothing to print.
func (t *Tail) Pause(*lines.Output) error { return nil }

// Join implements pipe.Joiner.
func (t *Tail) Join(r *state.Reader, slots []int) error {
	return joinWindows(t.keys, r, slots, t.opts.N, t.needs)
}

// Join implements pipe.Joiner.
func (f *Filter) Join(r *state.Reader, slots []int) error {
	return joinWindows(f.keys, r, slots, f.opts.N, f.needs)
}

// joinWindows pushes the readings of a state to the windows of keys, which have those of the
// records before.
func joinWindows(keys *group.Keys[windows], r *state.Reader, slots []int, n int, needs agg.Needs) error {
	for r.Next("window") {
		key, field, line := r.Key(), r.Field(), readLine(r, needs)
		if r.Err() != nil {
			return r.Err()
		}
		slot := slots[field]
		if slot == batch.NoSlot {
			continue
		}
		id := keys.Find(key)
		if id < 0 {
			if !keys.Fits(key, 1) {
				return batch.ErrTooMany
			}
			id = keys.Add(key)
		}
		win := windowOf(keys, id, slot, len(slots), n, needs)
		if win == nil {
			return batch.ErrTooMany
		}
		line.push(win)
	}
	return r.Err()
}

// windowOf returns the window of a key and slot, which it adds if there is none. It returns
// nil if that would exceed the limit. width is how many slots the key will probably have.
func windowOf(keys *group.Keys[windows], id int32, slot, width, n int, needs agg.Needs) *window.Count {
	windows := keys.At(id)
	win := windows.Find(slot)
	if win != nil || !keys.Reserve(1) {
		return win
	}
	win = windows.Add(slot, width)
	win.Init(n, needs)
	return win
}
