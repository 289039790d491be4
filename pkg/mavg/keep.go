package mavg

import (
	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/state"
	"weir/pkg/window"
)

// maxLine is how many readings of a window are on one line of a state. A longer window has
// several lines.
const maxLine = 1000

// Save implements pipe.Keeper: it writes the readings of each window, the oldest first.
func (f *Filter) Save(w *state.Writer) {
	s := saver{w: w, times: f.needs.Series, decay: f.opts.HalfLife}
	for id := range int32(f.keys.Len()) {
		s.save(f.keys.Key(id), f.keys.At(id))
	}
}

// saver writes the readings of windows.
type saver struct {
	w        *state.Writer
	times    bool             // the windows have times, which are written as well
	decay    *window.Decay    // of the exponentially weighted means, which are written as well; nil if there are none
	readings []exact.Dec      // of one line; reused
	instants []window.Instant // all times of a window; reused
}

// save writes the readings of the windows of a key, the oldest first.
func (s *saver) save(key []byte, windows *windows) {
	for slot, win := range windows.All {
		s.readings, s.instants = s.readings[:0], s.instants[:0]
		if s.times {
			win.Times(func(t window.Instant) { s.instants = append(s.instants, t) })
		}
		rest := s.instants
		line := func() {
			s.w.Line("window")
			s.w.Key(key)
			s.w.Field(slot)
			s.w.Decs("readings", s.readings)
			if s.times {
				s.w.Times("times", rest[:len(s.readings)])
				rest = rest[len(s.readings):]
			}
			if s.decay != nil {
				s.saveSmoothed(win.Smoothed())
			}
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
		key, slot, line := r.Key(), r.Field(), readLine(r, f.needs)
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
			f.init(win)
		}
		line.push(win)
		if f.opts.HalfLife != nil {
			win.SetSmoothed(readSmoothed(r, f.opts.HalfLife.HasTime()))
		}
	}
}

// readSmoothed reads the exponentially weighted mean of a line.
func readSmoothed(r *state.Reader, hasTime bool) (s window.Smoothed) {
	s.Known = r.Bool("ewma_known")
	s.Any = r.Has("ewma")
	if !s.Any {
		return s
	}
	s.Value = r.Dec("ewma")
	if hasTime {
		s.Time = r.Time("ewma_time")
	}
	return s
}

// saveSmoothed writes the exponentially weighted mean of a window.
func (s *saver) saveSmoothed(x window.Smoothed) {
	s.w.Bool("ewma_known", x.Known)
	if !x.Any {
		return
	}
	s.w.Dec("ewma", x.Value)
	if s.decay.HasTime() {
		s.w.Time("ewma_time", x.Time)
	}
}

// line is the readings of a line of a state.
type line struct {
	readings []exact.Dec
	times    []window.Instant // Nil if the windows have none.
}

// readLine reads the readings of a line, for windows with these needs.
func readLine(r *state.Reader, needs agg.Needs) (l line) {
	l.readings = r.Decs("readings")
	if !needs.Series {
		return l
	}
	l.times = r.Times("times")
	if len(l.times) != len(l.readings) {
		r.Fail("times")
	}
	return l
}

// push pushes the readings to a window, the first one first.
func (l *line) push(win *window.Count) {
	for i, d := range l.readings {
		if l.times != nil {
			win.PushTimed(l.times[i], d)
		} else {
			win.Push(d)
		}
	}
}

// Pause implements pipe.Keeper. There is nothing to print.
func (f *Filter) Pause(*lines.Output) error { return nil }
