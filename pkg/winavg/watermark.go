package winavg

import (
	"math"
	"time"

	"weir/pkg/stamp"
)

// watermark follows event time. It decides which rows are due, and whether an event is
// late or too far from the newest one. The watermark itself is maxTime less the lateness, over all keys.
//
// Invariant: once hasEvent is set and unless the lateness is Forever, lastDue is the last
// row that the watermark has reached, and nextDue the smallest maxTime with which a
// further row is due; so nextDue is after maxTime. maxTime never goes back and is not
// before newest.
type watermark struct {
	assigner
	lateness time.Duration // Forever: no row is due before the end of input
	maxGap   time.Duration // Forever: no event is too far away
	gapSecs  int64         // maxGap in whole seconds
	live     bool          // tick advances the watermark

	hasEvent   bool          // an event has been read
	maxTime    stamp.Time    // the largest time so far, of an event or of tick
	newest     stamp.Time    // the largest time of an event
	newestRead time.Duration // when that event was read
	lastDue    int64         // the last row that is due
	nextDue    stamp.Time    // the next row is due when maxTime reaches this
	safe       safe
}

// safe is a part of a step in which an event was in time. Until another row is due, every
// further event of the step is in time as well, and not too far away; so within safe an
// event needs no checks, and its pane is known. The first second of the step is left out,
// as an event at its very beginning belongs to another pane, and so is what makes a row
// due.
type safe struct {
	begin  int64  // in seconds
	length uint64 // in seconds; 0: there is no such step
	index  int64  // of the pane
}

// contains reports whether t is within s.
func (s *safe) contains(t stamp.Time) bool { return uint64(t.Sec-s.begin) < s.length }

func newWatermark(a assigner, o *Options) watermark {
	w := watermark{assigner: a, lateness: o.Lateness, maxGap: o.MaxGap, gapSecs: int64(o.MaxGap / time.Second), live: o.Live, lastDue: math.MinInt64}
	w.newest.Sec, w.nextDue.Sec = math.MinInt64, math.MinInt64 // the first event is newer, and makes rows due
	if w.lateness == Forever {
		w.nextDue.Sec = math.MaxInt64
	}
	return w
}

// Newest implements pipe.Dated: it returns the newest event, of an earlier run as well. An
// event that is held is not the newest one yet.
func (f *Filter) Newest() (t stamp.Time, ok bool) {
	return f.watermark.newest, f.watermark.hasEvent
}

// isJump reports whether t is more than maxGap ahead of the largest time so far, or behind
// the newest event. Requires hasEvent.
func (w *watermark) isJump(t stamp.Time) bool {
	if max(t.Sec-w.newest.Sec, w.newest.Sec-t.Sec) < w.gapSecs { // as nearly always
		return false
	}
	return w.maxGap != Forever && (t.Sub(w.maxTime) > w.maxGap || w.newest.Sub(t) > w.maxGap)
}

// agree reports whether two events are at most maxGap apart.
func (w *watermark) agree(t, u stamp.Time) bool { return max(t.Sub(u), u.Sub(t)) <= w.maxGap }

// isLate reports whether an event in a pane is late.
func (w *watermark) isLate(index int64) bool { return w.firstRow(index) <= w.lastDue }

// maxLateness is the largest lateness that a message proposes; it is beyond what is
// useful. Differences of times saturate at some 106,751 days.
const maxLateness = 100_000 * 24 * time.Hour

// enough returns a lateness with which an event in a pane would not have been late: the
// smallest number of whole seconds, or from a minute on of whole minutes, by which its
// first row would not have been due. Returns Forever if that is more than maxLateness.
func (w *watermark) enough(index int64) time.Duration {
	by := w.maxTime.Sub(w.time(w.firstRow(index)))
	unit := time.Second
	if by >= time.Minute {
		unit = time.Minute
	}
	if by >= maxLateness {
		return Forever
	}
	return by.Truncate(unit) + unit
}

// setSafe computes safe from the step of an event that is in time.
func (w *watermark) setSafe(s *step) {
	if time.Duration(s.length)*time.Second > w.maxGap { // another event of the step may be too far away
		w.safe.length = 0 // nor is the step before safe any more, which can be shorter in a zone
		return
	}
	begin := s.begin + 1
	begin = max(begin, w.newest.Sec-w.gapSecs+1) // lateness may be longer than maxGap, and the step that far behind
	end := min(s.begin+s.length, w.nextDue.Sec)
	w.safe = safe{begin, uint64(max(end-begin, 0)), s.index}
}

// observe advances the watermark to an event at t, which was read at a time of the clock.
// Reports whether a row became due.
func (w *watermark) observe(t stamp.Time, read time.Duration) (due bool) {
	if !w.newest.Before(t) {
		return false
	}
	w.newest, w.newestRead = t, read
	return w.advance(t)
}

// observeSafe is observe for a time within safe. No row becomes due.
func (w *watermark) observeSafe(t stamp.Time, read time.Duration) {
	if w.newest.Before(t) {
		w.newest, w.newestRead = t, read
		if w.maxTime.Before(t) {
			w.maxTime = t
		}
	}
}

// tick advances the watermark on a quiet stream, from the newest event by the time since
// that was read. Reports whether a row became due, and returns how long to wait for the
// next tick; a negative duration means that none is needed.
func (w *watermark) tick(now time.Duration) (due bool, wait time.Duration) {
	if !w.live || !w.hasEvent {
		return false, -1
	}
	t := w.newest.Add(now - w.newestRead)
	due = w.advance(t)
	if w.lateness == Forever {
		return due, -1
	}
	return due, max(w.nextDue.Sub(t), time.Millisecond)
}

// untilFirstRow returns how long it takes until the first row that covers an event at t is
// due by the clock, if that event is the only one and was read some time ago.
func (w *watermark) untilFirstRow(t stamp.Time, ago time.Duration) time.Duration {
	s := w.stepOf(t)
	row := w.firstRow(s.pane(t))
	return w.dueTime(row).Add(w.lateness).Sub(t.Add(ago))
}

// advance raises the largest time so far to t, and reports whether a row became due. A t
// that is not larger changes nothing.
func (w *watermark) advance(t stamp.Time) (due bool) {
	if w.hasEvent && !w.maxTime.Before(t) {
		return false
	}
	w.hasEvent, w.maxTime = true, t
	if t.Before(w.nextDue) {
		return false
	}
	w.safe.length = 0
	last, next := w.due(t.Add(-w.lateness))
	w.lastDue, w.nextDue = last, next.Add(w.lateness)
	return true
}
