package mavg

import (
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/state"
)

// maxLine is how many readings of a window are on one line of a state. A longer window has
// several lines.
const maxLine = 1000

// Save implements pipe.Keeper: it writes the readings of each window, the oldest first.
func (f *Filter) Save(w *state.Writer) {
	s := saver{w: w}
	for id := range int32(f.keys.Len()) {
		s.save(f.keys.Key(id), f.keys.At(id))
	}
}

// saver writes the readings of windows.
type saver struct {
	w        *state.Writer
	readings []exact.Dec // of one line; reused
}

// save writes the readings of the windows of a key, the oldest first.
func (s *saver) save(key []byte, windows *windows) {
	for slot, win := range windows.All {
		s.readings = s.readings[:0]
		line := func() {
			s.w.Line("window")
			s.w.Key(key)
			s.w.Field(slot)
			s.w.Decs("readings", s.readings)
			s.readings = s.readings[:0]
		}
		win.Readings(func(d exact.Dec) {
			if len(s.readings) == maxLine {
				line()
			}
			s.readings = append(s.readings, d)
		})
		line()
	}
}

// Restore implements pipe.Keeper.
func (f *Filter) Restore(r *state.Reader) {
	for r.Next("window") {
		key, slot, readings := r.Key(), r.Field(), r.Decs("readings")
		if r.Err() != nil {
			return
		}
		id := f.keys.Find(key)
		if id < 0 {
			id = f.keys.Add(key)
		}
		windows := f.keys.At(id)
		win := windows.Find(slot)
		if win == nil {
			f.keys.Restored(1)
			win = windows.Add(slot, r.FieldCount())
			win.Init(f.opts.N, f.needs)
		}
		for _, d := range readings {
			win.Push(d)
		}
	}
}

// Pause implements pipe.Keeper. There is nothing to print.
func (f *Filter) Pause(*lines.Output) error { return nil }
