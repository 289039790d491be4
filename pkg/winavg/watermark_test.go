package winavg

import (
	"fmt"
	"testing"
	"time"

	"weir/pkg/stamp"

	"pgregory.net/rapid"
)

// watermarkModel follows the rules of the watermark literally, in nanoseconds, and finds
// rows by search.
type watermarkModel struct {
	step, lateness, gap int64
	withTop             bool // the right end of a window is inside
	anyLateness, anyGap bool

	begun              bool
	maxTime, newest    int64
	newestRead         int64
	hadDue             bool // a row has been due
	lastDue, oldestRow int64
}

// isDue reports whether a row is due when the largest time is maxTime.
func (m *watermarkModel) isDue(row, maxTime int64) bool {
	switch {
	case m.anyLateness:
		return false
	case m.withTop:
		return maxTime-m.lateness > row*m.step
	default:
		return maxTime-m.lateness >= row*m.step
	}
}

// firstRow returns the first row that is after t, or at t if the right end is inside.
func (m *watermarkModel) firstRow(t int64) int64 {
	row := m.oldestRow
	for row*m.step < t || row*m.step == t && !m.withTop {
		row++
	}
	return row
}

// advance raises the largest time, and reports whether a row became due.
func (m *watermarkModel) advance(t int64) (due bool) {
	if m.begun && t <= m.maxTime {
		return false
	}
	m.begun, m.maxTime = true, t
	row := m.oldestRow
	if m.hadDue {
		row = m.lastDue + 1
	}
	for ; m.isDue(row, t); row++ {
		m.hadDue, m.lastDue, due = true, row, true
	}
	return due
}

func (m *watermarkModel) observe(t, read int64) (due bool) {
	if m.begun && t <= m.newest {
		return false
	}
	m.newest, m.newestRead = t, read
	return m.advance(t)
}

// timeOf returns the time that is so many nanoseconds after 1970.
func timeOf(ns int64) stamp.Time { return stamp.Time{}.Add(time.Duration(ns)) }

// drawWatermark draws options, and returns a watermark and its model.
func drawWatermark(t *rapid.T, closed Closed) (*watermark, *watermarkModel) {
	step := time.Second * time.Duration(rapid.SampledFrom([]int64{1, 7, 60}).Draw(t, "step"))
	o := Options{
		Step: step, Window: step * time.Duration(rapid.IntRange(1, 3).Draw(t, "steps in a window")), Live: true,
		Closed:   closed,
		Lateness: rapid.SampledFrom([]time.Duration{0, 0, step / 2, step, 2*step + 1, Forever}).Draw(t, "lateness"),
		MaxGap:   rapid.SampledFrom([]time.Duration{0, step / 2, step / 2, step - 1, step, 5*step + 1, Forever}).Draw(t, "max gap"),
	}
	w := newWatermark(newAssigner(o.Window, o.Step, o.Closed, nil), &o)
	return &w, &watermarkModel{
		step: int64(step), lateness: int64(o.Lateness), gap: int64(o.MaxGap), withTop: o.Closed == Right || o.Closed == Both,
		anyLateness: o.Lateness == Forever, anyGap: o.MaxGap == Forever, oldestRow: -1000,
	}
}

// TestWatermarkIsThatOfTheModel: of every event the watermark says the same as the model:
// whether it is too far ahead, late or makes a row due; and the same of every tick.
func TestWatermarkIsThatOfTheModel(t *testing.T) {
	t.Parallel()
	for closed := Left; closed <= Neither; closed++ {
		t.Run(fmt.Sprintf("closed %d", closed), rapid.MakeCheck(func(t *rapid.T) {
			w, m := drawWatermark(t, closed)
			now, clock := int64(0), int64(0)
			for range rapid.IntRange(1, 60).Draw(t, "inputs") {
				clock += rapid.SampledFrom([]int64{0, 1, m.step / 3, m.step}).Draw(t, "passes")
				if rapid.IntRange(0, 2).Draw(t, "tick") == 0 {
					checkTick(t, w, m, clock)
					continue
				}
				now += m.step * rapid.SampledFrom([]int64{0, 0, 0, 0, 0, 1, 2, 9}).Draw(t, "steps on")
				away := rapid.SampledFrom([]int64{0, 1, -1, 1e9, -1e9, m.step / 6, m.step / 2, -m.step / 3, m.step - 1}).Draw(t, "away")
				checkEvent(t, w, m, m.turningPoint(t, now)+away, clock)
				now = max(now, m.maxTime)
			}
		}))
	}
}

// turningPoint draws a time at which something changes: the next event is close to it.
func (m *watermarkModel) turningPoint(t *rapid.T, now int64) int64 {
	switch rapid.IntRange(0, 9).Draw(t, "close to") {
	case 0, 7:
		if !m.anyGap {
			return m.maxTime + m.gap
		}
	case 1:
		if !m.anyLateness { // the next row is due at this time or 1 ns later
			return (m.lastDue+1)*m.step + m.lateness
		}
	case 2:
		return m.lastDue * m.step // late or not
	case 3:
		return m.maxTime
	case 4, 5:
		return m.newest
	case 6:
		return now - 3*m.step
	case 8:
		if !m.anyGap {
			return m.newest - m.gap
		}
	}
	return now
}

// checkEvent compares what the watermark and the model say of an event.
func checkEvent(t *rapid.T, w *watermark, m *watermarkModel, ns, clock int64) {
	at := timeOf(ns)
	s := w.stepOf(at)
	index := s.pane(at)
	isJump := m.begun && !m.anyGap && (ns-m.maxTime > m.gap || m.newest-ns > m.gap)
	isLate := m.begun && m.isDue(m.firstRow(ns), m.maxTime)
	if w.hasEvent && w.isJump(at) != isJump || w.isLate(index) != isLate {
		t.Fatalf("event at %v: too far away %v, late %v; want %v, %v", at, w.isJump(at), w.isLate(index), isJump, isLate)
	}
	isSafe := w.safe.contains(at)
	if isSafe && (isJump || isLate || w.safe.index != index || m.isDue(w.lastDue+1, ns)) {
		t.Fatalf("event at %v is not safe: too far away %v, late %v, pane %d, not %d", at, isJump, isLate, index, w.safe.index)
	}
	if isJump {
		return
	}
	if isLate {
		checkEnough(t, w, m, ns, index)
	}
	first := !m.begun
	want, got := m.observe(ns, clock), false
	if isSafe {
		w.observeSafe(at, time.Duration(clock))
	} else {
		got = w.observe(at, time.Duration(clock))
	}
	if got != want && !first {
		t.Fatalf("event at %v: due %v, want %v", at, got, want)
	}
	if !isLate {
		w.setSafe(&s)
	}
	checkState(t, w, m)
}

// checkEnough checks the lateness that a late event would have needed: with it, the first
// row would not have been due, and with one unit less the watermark would have reached it.
func checkEnough(t *rapid.T, w *watermark, m *watermarkModel, ns, index int64) {
	enough := w.enough(index)
	unit := time.Second
	if enough > time.Minute {
		unit = time.Minute
	}
	row, more := m.firstRow(ns), *m
	more.lateness = int64(enough)
	less := more
	less.lateness -= int64(unit)
	if enough%unit != 0 || more.isDue(row, m.maxTime) || m.maxTime-less.lateness < row*m.step {
		t.Fatalf("event at %v: a lateness of %v is proposed, largest time %v", timeOf(ns), enough, timeOf(m.maxTime))
	}
}

// checkTick compares what the watermark and the model make of a tick.
func checkTick(t *rapid.T, w *watermark, m *watermarkModel, clock int64) {
	due, wait := w.tick(time.Duration(clock))
	if !m.begun {
		if due || wait >= 0 {
			t.Fatalf("tick before the first event: due %v, wait %v", due, wait)
		}
		return
	}
	at := m.newest + clock - m.newestRead
	want := m.advance(at)
	if due != want || (wait < 0) != m.anyLateness {
		t.Fatalf("tick at %v: due %v, want %v; wait %v", timeOf(at), due, want, wait)
	}
	if wait >= 0 && !m.isDue(w.lastDue+1, at+int64(wait)) || wait > time.Millisecond && m.isDue(w.lastDue+1, at+int64(wait)-1) {
		t.Fatalf("tick at %v: wait %v", timeOf(at), wait)
	}
	checkState(t, w, m)
}

// checkState compares the largest time and the rows that are due, and checks when the next
// row is due.
func checkState(t *rapid.T, w *watermark, m *watermarkModel) {
	if !w.hasEvent || w.maxTime != timeOf(m.maxTime) || w.newest != timeOf(m.newest) {
		t.Fatalf("largest time %v, newest event %v; want %v, %v", w.maxTime, w.newest, timeOf(m.maxTime), timeOf(m.newest))
	}
	if m.anyLateness {
		if w.isLate(m.oldestRow) {
			t.Fatalf("row %d is due", w.lastDue)
		}
		return
	}
	next := int64(w.nextDue.Sub(stamp.Time{}))
	if w.lastDue != m.lastDue || !m.isDue(w.lastDue+1, next) || m.isDue(w.lastDue+1, next-1) {
		t.Fatalf("last row due %d, want %d; the next one is due at %v", w.lastDue, m.lastDue, w.nextDue)
	}
}

// TestSafeIsNotBehindMaxGap: with a lateness that is longer than max-gap, of a step that
// is just within max-gap only the part that is within it is safe.
func TestSafeIsNotBehindMaxGap(t *testing.T) {
	t.Parallel()
	w := newWatermark(newAssigner(time.Minute, time.Minute, Left, nil), &Options{MaxGap: time.Minute, Lateness: Forever})
	w.observe(stamp.Time{Sec: 90}, 0)
	s := w.stepOf(stamp.Time{Sec: 31})
	w.setSafe(&s)
	before, after := stamp.Time{Sec: 29, Nsec: 999_999_999}, stamp.Time{Sec: 31}
	if w.safe.contains(before) || !w.isJump(before) || !w.safe.contains(after) || w.isJump(after) {
		t.Errorf("safe: %+v; jumps: %v, %v", w.safe, w.isJump(before), w.isJump(after))
	}
}

// TestEnough: the lateness that would have been enough for a late event is given in whole
// seconds, and from a minute on in whole minutes.
func TestEnough(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]time.Duration{ // the largest time after the event's first row
		0: time.Second, 1: time.Second, time.Second - 1: time.Second, time.Second: 2 * time.Second, 59*time.Second + 1: time.Minute,
		time.Minute: 2 * time.Minute, 90 * time.Second: 2 * time.Minute, time.Hour: time.Hour + time.Minute,
		maxLateness - 1: maxLateness, maxLateness: Forever, maxLateness + time.Hour: Forever,
	} {
		w := newWatermark(newAssigner(time.Minute, time.Minute, Left, nil), &Options{MaxGap: Forever})
		w.observe(stamp.Time{}.Add(after), 0)
		got := w.enough(w.stepOf(stamp.Time{}).index - 2)
		if got != want {
			t.Errorf("%v after the row: %v, want %v", after, got, want)
		}
	}
}

// TestAssigner: the panes that a window covers are those whose times it covers.
func TestAssigner(t *testing.T) {
	t.Parallel()
	for _, step := range []int64{1, 60} {
		for window := step; window <= 3*step; window += step {
			for closed := Left; closed <= Neither; closed++ {
				a := newAssigner(time.Duration(window)*time.Second, time.Duration(step)*time.Second, closed, nil)
				for row := int64(-5); row <= 5; row++ {
					for half := 2*(row-5)*step - 1; half <= 2*(row+5)*step; half++ { // half seconds
						checkAssigned(t, a, closed, window, row, half)
					}
				}
			}
		}
	}
}

// checkAssigned checks whether the window of a row covers the pane of an instant.
func checkAssigned(t *testing.T, a assigner, closed Closed, window, row, half int64) {
	t.Helper()
	low, high := 2*(row*a.size-window), 2*row*a.size
	want := low < half && half < high || half == low && (closed == Left || closed == Both) || half == high && (closed == Right || closed == Both)
	at := timeOf(half * int64(time.Second/2))
	s := a.stepOf(at)
	index := s.pane(at)
	first, last := a.bounds(row)
	if (first <= index && index <= last) != want {
		t.Errorf("closed %d, step %d, window %d: row %d covers panes %d to %d, and %v in pane %d", closed, a.size, window, row, first, last, at, index)
	}
	if (a.firstRow(index) <= row && row <= a.lastRow(index)) != want {
		t.Errorf("closed %d, step %d, window %d: rows %d to %d cover %v, want %d: %v", closed, a.size, window, a.firstRow(index), a.lastRow(index), at, row, want)
	}
}
