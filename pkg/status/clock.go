package status

import "time"

// clock says what time it is by the times of changes. A clock may be wrong: a machine that
// starts without a battery, or before its time is set, may be years ahead for an hour. One
// change in that hour must not make the whole history look old.
//
// So a change that is more than margin ahead of the change before it, or back from it, begins
// a new run of changes, and the run counts once its changes are over a period of margin.
// Until then, the time is that of the newest run that counts.
//
// Note: a clock that is wrong for longer than margin is believed.
type clock struct {
	margin        time.Duration
	start, newest time.Time // of the run of changes that is going on; zero: no change yet
	now           time.Time // the newest time that counts; zero: none does
}

// Limits of clock.margin. Changes that are always further apart than that are never too
// old, which is harmless: they are few.
const (
	minMargin = 24 * time.Hour
	maxMargin = 7 * 24 * time.Hour
)

// clockChanges is the number of Changes whose times tell what time it is when a store is
// opened: at most so many evenly spaced ones, and at most so many of the newest.
const clockChanges = 10_000

// newClock returns the clock of a history that goes back for the time keep.
func newClock(keep time.Duration) clock {
	return clock{margin: min(max(keep/4, minMargin), maxMargin)}
}

// see takes note of the time of the next change, in the order of Seq.
func (c *clock) see(t time.Time) {
	ahead := t.Sub(c.newest)
	switch {
	case c.start.IsZero() || ahead > c.margin || ahead < -c.margin:
		c.start, c.newest = t, t
	case ahead > 0:
		c.newest = t
	}
	if t.Before(c.now) {
		c.now = t // set back: nothing may be too old by the time before
	}
	if c.newest.Sub(c.start) >= c.margin {
		c.now = c.newest
	}
}
