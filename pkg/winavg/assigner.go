package winavg

import (
	"time"

	"weir/pkg/stamp"
)

// assigner maps times to panes, and panes to the rows whose windows cover them, as a
// WindowAssigner of Flink does. It never changes. Rows are counted like steps: row n is where step
// n begins. The package comment defines the indexes of panes.
//
// Invariant: for every row, the panes that its window covers are those with an index from
// first to last, where first, last = bounds(row); a pane is covered by the rows from
// firstRow to lastRow, of which there are none if lastRow is smaller.
type assigner struct {
	grid
	firstOffset int64 // the first pane in the window of row n is 2n-firstOffset; see firstInside
	lastOffset  int64 // the last pane in it is 2n-lastOffset; 0 if the right end is inside, else 1
}

// newAssigner returns an assigner. Requires what newGrid does of step, and that window is a multiple
// of it, at least once.
func newAssigner(window, step time.Duration, closed Closed, z *stamp.Zone) assigner {
	right := closed == Right || closed == Both
	a := assigner{grid: newGrid(step, z, right), firstOffset: 2*int64(window/step) - 1, lastOffset: 1}
	if closed == Left || closed == Both {
		a.firstOffset++
	}
	if right {
		a.lastOffset = 0
	}
	return a
}

// pane returns the index of the pane that t belongs to. Requires that t is in the step.
func (s *step) pane(t stamp.Time) int64 {
	if t.Nsec == 0 && t.Sec == s.begin {
		return s.instant
	}
	return s.index
}

// time returns the time of a row.
func (a *assigner) time(row int64) stamp.Time { return stamp.Time{Sec: a.start(row)} }

// bounds returns the indexes of the first and the last pane in the window of a row. In a zone,
// firstInside corrects the first.
func (a *assigner) bounds(row int64) (first, last int64) {
	return 2*row - a.firstOffset, 2*row - a.lastOffset
}

// stepsBetween returns how many steps the step of a pane is after that of another one. Those of
// length zero that begin where the other one does are not counted.
func (a *assigner) stepsBetween(first, second int64) int64 {
	i, k := first>>1, second>>1
	if a.local != nil {
		i, k = a.local.lastOf(i), a.local.lastOf(k)
	}
	return k - i
}

// firstInside returns the first pane in a window in a zone, of which bounds has returned first. If
// the window begins where steps of length zero are, the pane of that instant may be that of
// another step.
func (a *assigner) firstInside(first int64) int64 {
	return 2*a.local.instantOf(first>>1) + first&1
}

// firstRow returns the first row whose window covers a pane, or would if it were longer.
func (a *assigner) firstRow(index int64) int64 { return (index + a.lastOffset + 1) >> 1 }

// lastRow returns the last row whose window covers a pane.
func (a *assigner) lastRow(index int64) int64 {
	row := (index + a.firstOffset) >> 1
	for a.local != nil && a.firstInside(2*(row+1)-a.firstOffset) <= index {
		row++
	}
	for a.local != nil && a.firstInside(2*row-a.firstOffset) > index {
		row--
	}
	return row
}

// due returns the last row that is due with a watermark, the last one before it, or at it unless
// the right end of a window is inside; and the smallest watermark with which the next one is.
func (a *assigner) due(watermark stamp.Time) (last int64, next stamp.Time) {
	if a.local != nil {
		return a.localDue(watermark)
	}
	last, begin := a.floor(watermark)
	if a.lastOffset > 0 {
		return last, stamp.Time{Sec: begin + a.size}
	}
	if begin == watermark.Sec && watermark.Nsec == 0 { // this row is the next one
		return last - 1, stamp.Time{Sec: begin, Nsec: 1}
	}
	return last, stamp.Time{Sec: begin + a.size, Nsec: 1}
}

// localDue is due in a zone.
func (a *assigner) localDue(watermark stamp.Time) (last int64, next stamp.Time) {
	s := a.local.stepOf(watermark.Sec)
	last = s.index >> 1
	if a.lastOffset == 0 {
		last = a.firstRow(s.pane(watermark)) - 1
	}
	return last, a.dueTime(last + 1)
}

// dueTime returns the smallest watermark with which a row is due.
func (a *assigner) dueTime(row int64) stamp.Time {
	t := a.time(row)
	if a.lastOffset == 0 {
		t.Nsec = 1
	}
	return t
}
