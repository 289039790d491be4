package events

import (
	"encoding/json"
	"math"
	"sync/atomic"
	"time"

	"weir/pkg/recent"
)

// state is the data of an event "stream".
type state struct {
	Records  uint64  `json:"records"`    // kept since the start
	Bad      uint64  `json:"bad"`        // lines that are not records
	TooLarge uint64  `json:"too_large"`  // records that were too large to keep
	Newest   uint64  `json:"newest_seq"` // number of the record that was read last
	Time     *string `json:"newest"`     // the largest time of a record, RFC 3339; null: none had a time
	Rate     float64 `json:"rate"`       // lines per second: see meter.rate
	Idle     *int64  `json:"idle_ms"`    // milliseconds since input was last read; null: there was none yet
	Ended    bool    `json:"ended"`      // the input has ended
}

// encode returns s as JSON.
func (s state) encode() []byte {
	text, _ := json.Marshal(s) // cannot fail: numbers are finite
	return text
}

// equal reports whether s and t differ at most in Idle.
func (s state) equal(t state) bool {
	sameTime := s.Time == t.Time || s.Time != nil && t.Time != nil && *s.Time == *t.Time
	s.Idle, t.Idle, s.Time, t.Time = nil, nil, nil, nil
	return sameTime && s == t
}

// lines returns the number of lines that have been read.
func lines(v *recent.View) uint64 { return v.Kept + v.Bad + v.TooLarge }

// meter measures how fast the stream is.
//
// One goroutine calls note; any may call state. None of them waits for another.
type meter struct {
	passed int64 // bytes of input at the last note; of the goroutine that calls note

	last  atomic.Pointer[time.Time] // when input was last noted; nil: never
	marks atomic.Pointer[marks]
	ended atomic.Bool
}

// marks are two moments at which the lines were counted, at least markTime apart.
// It is immutable.
type marks struct{ older, newer mark }

type mark struct {
	at    time.Time
	lines uint64
}

// markTime is the shortest time over which a rate is measured.
const markTime = time.Second

// note notes that passed bytes of input have been read, and that lines lines were counted in
// them. If there is no further input since the last call, it does nothing.
func (m *meter) note(passed int64, lines uint64) {
	if passed == m.passed {
		return
	}
	m.passed = passed
	now := time.Now()
	m.last.Store(&now)
	old := m.marks.Load()
	switch {
	case old == nil:
		first := mark{now, lines}
		m.marks.Store(&marks{first, first})
	case now.Sub(old.newer.at) >= markTime:
		m.marks.Store(&marks{old.newer, mark{now, lines}})
	}
}

// state returns the state of the stream with these records.
func (m *meter) state(v *recent.View) state {
	s := state{Records: v.Kept, Bad: v.Bad, TooLarge: v.TooLarge, Newest: v.Seq(), Ended: m.ended.Load()}
	if v.Timed {
		text := time.Unix(v.Newest.Sec, int64(v.Newest.Nsec)).UTC().Format(time.RFC3339Nano)
		s.Time = &text
	}
	last := m.last.Load()
	if last != nil {
		now := time.Now()
		idle := now.Sub(*last)
		ms := idle.Milliseconds()
		s.Idle = &ms
		s.Rate = m.marks.Load().rate(now, idle, lines(v))
	}
	return s
}

// rate returns the lines per second: those since the older mark, and so those of one
// to two seconds, or since the last two lines if these are farther apart. It is 0 before
// the second block of input, and when there has been no input for twice as long as the
// time between the marks.
//
// Why the time of the wait for the next line counts only once that line is overdue: of a
// line every ten seconds, the rate is 6 a minute, and not anything between 6 and 3.
func (m *marks) rate(now time.Time, idle time.Duration, lines uint64) float64 {
	between := max(markTime, m.newer.at.Sub(m.older.at))
	if idle > 2*between {
		return 0
	}
	elapsed := now.Sub(m.older.at)
	if lines == m.newer.lines {
		elapsed = max(between, idle)
	}
	r := float64(lines-m.older.lines) / max(elapsed, markTime).Seconds()
	return math.Round(r*10000) / 10000
}
