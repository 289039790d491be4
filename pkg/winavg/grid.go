package winavg

import (
	"time"

	"weir/pkg/stamp"
)

// grid divides time into steps, which it counts. It never changes. Step i begins at start(i) and
// ends where step i+1 begins.
//
// In UTC, steps begin at the multiples of their size, counted from 1970. In another zone, see
// localGrid.
type grid struct {
	size  int64      // of a step, in seconds
	local *localGrid // nil in UTC
}

// newGrid returns a grid. Requires that size is a second or more and a number of whole seconds, and
// that FittingStep returns it. right says that the right end of a window is inside.
func newGrid(size time.Duration, z *stamp.Zone, right bool) grid {
	g := grid{size: int64(size / time.Second)}
	if z != nil {
		g.local = newLocalGrid(g.size, z, right)
	}
	return g
}

// step is a step of event time.
type step struct {
	begin   int64 // its first second
	length  int64 // in seconds
	index   int64 // that of its odd pane
	instant int64 // that of the pane of its beginning: index-1 unless a step of length zero is before it
}

// stepOf returns the step of t.
func (g *grid) stepOf(t stamp.Time) step {
	if g.local != nil {
		return g.local.stepOf(t.Sec)
	}
	i, begin := g.floor(t)
	return step{begin, g.size, 2*i + 1, 2 * i}
}

// floor returns the step of t in UTC, and the second at which it begins. It is inlined.
func (g *grid) floor(t stamp.Time) (i, begin int64) {
	i = t.Sec / g.size // truncated toward zero, so one too many before 1970
	begin = i * g.size
	if begin > t.Sec {
		i, begin = i-1, begin-g.size
	}
	return i, begin
}

// start returns the second at which step i begins.
func (g *grid) start(i int64) int64 {
	if g.local == nil {
		return i * g.size
	}
	return g.local.start(i)
}

// localGrid is the grid of a zone in which clocks are changed.
//
// Steps of at most an hour are equally long. They begin when the clock shows a multiple of their
// size, which FittingStep ensures, so that a day may have 23 or 25 of an hour.
//
// Longer steps begin when the clock first shows a multiple of their size, counted from midnight, or
// passes it; those of a week and its multiples on Mondays. When the clock is put back, it shows
// times again, which begin no step. So a step may be longer or shorter than its size, by as much
// as the clock is changed; of length zero if the clock passes all of it, as it did 2011-12-30 in
// Samoa.
//
// So step i covers the times at which the highest that the clock has shown, less the origin, is
// from i times the size on. Invariant: start never decreases with i.
type localGrid struct {
	zone   *stamp.Zone
	size   int64
	origin int64 // the clock, in seconds since 1970-01-01 00:00:00, at which step 0 begins
	even   bool  // steps are equally long, and step 0 begins at the second origin in UTC
	right  bool  // where steps of length zero are, the pane of an instant is that of the first step that begins there, not the last
}

// monday is the clock at which the week of the epoch began, 1969-12-29 00:00:00.
const monday = -3 * day

// In seconds:
const (
	hour = 3600
	day  = 24 * hour
	week = 7 * day
)

func newLocalGrid(size int64, z *stamp.Zone, right bool) *localGrid {
	g := &localGrid{zone: z, size: size, right: right}
	switch {
	case size <= hour:
		g.even, g.origin = true, -z.At(checkedFrom).East%size
	case size%week == 0:
		g.origin = monday
	}
	return g
}

// isZero reports whether step i has the length zero. A row that ends with such a step is not
// printed: the row before it has the same date.
//
//go:noinline
func (g *localGrid) isZero(i int64) bool { return !g.even && g.start(i) == g.start(i+1) }

// lastOf returns the last step that begins where step i does.
func (g *localGrid) lastOf(i int64) int64 {
	for g.isZero(i) {
		i++
	}
	return i
}

// start is that of grid.
//
//go:noinline
func (g *localGrid) start(i int64) int64 {
	clock := g.origin + i*g.size
	if g.even {
		return clock
	}
	return g.zone.FirstReach(clock)
}

// instantOf returns the step, of those that begin where step i does, whose even pane is that of this
// instant.
func (g *localGrid) instantOf(i int64) int64 {
	if g.even {
		return i
	}
	s := g.stepOf(g.start(i))
	return s.instant / 2
}

// stepOf is that of grid.
func (g *localGrid) stepOf(sec int64) step {
	if g.even {
		begin := stamp.Time{Sec: sec - g.origin}.Floor(g.size)
		index := 2*(begin/g.size) + 1
		return step{begin + g.origin, g.size, index, index - 1}
	}
	i := stamp.Time{Sec: g.zone.Highest(sec) - g.origin}.Floor(g.size) / g.size
	s := step{begin: g.start(i), index: 2*i + 1, instant: 2 * i}
	s.length = g.start(i+1) - s.begin
	if g.right {
		for g.isZero(s.instant/2 - 1) {
			s.instant -= 2
		}
	}
	return s
}

// The years in which the clocks of a zone are checked, 2020 to 2037, in seconds.
const (
	checkedFrom = 1577836800
	checkedTo   = 2145916800
)

// FittingStep returns step if rows may have it, else one that they may have instead. Every step must
// divide the window. In UTC that is all: the result is the largest number of seconds that divides
// both.
//
// In another zone, the result is the largest step that fits and is at most step. One of at most an
// hour must divide all changes of the clocks in the years 2020 to 2037, so that it is the same for
// all times what lies on its multiples. A longer one must divide a day, or be whole days. Requires
// that step and window are whole seconds, and at least one.
func FittingStep(step, window time.Duration, z *stamp.Zone) time.Duration {
	size, all := int64(step/time.Second), int64(window/time.Second)
	if z == nil {
		return time.Duration(commonDivisor(size, all)) * time.Second
	}
	change := clockChange(z)
	for ; size > 1; size-- {
		if size > day { // no other has to be looked at: they are too many
			size -= size % day
		}
		fits := day%size == 0 || size%day == 0
		if size <= hour {
			fits = change%size == 0
		}
		if fits && all%size == 0 {
			break
		}
	}
	return time.Duration(size) * time.Second
}

// clockChange returns the largest number of seconds that divides all changes of the clocks from
// 2020 to 2037; 0 if there are none.
func clockChange(z *stamp.Zone) (change int64) {
	first := z.At(checkedFrom)
	for p := first; p.To < checkedTo; {
		p = z.At(p.To)
		change = commonDivisor(change, max(p.East-first.East, first.East-p.East))
	}
	return change
}

// commonDivisor returns the largest number that divides a and b, which are not negative; 0 if both
// are 0.
func commonDivisor(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
