package winavg_test

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"weir/pkg/internal/oracle"
)

// The model follows the rules of winavg literally: it keeps every event and goes
// over all of them for every row. Arithmetic is that of package oracle.

// record is one line and what is in it.
type record struct {
	line     string
	broken   bool     // not a record
	out      bool     // a condition does not hold
	badKey   bool     // the key is an object or an array
	key      []string // JSON texts
	badTime  bool
	at       int64 // its time, in nanoseconds
	badValue bool
	values   []*big.Rat // by field; nil: no reading
}

// hasReading reports whether there is a reading.
func (r *record) hasReading() bool {
	return slices.ContainsFunc(r.values, func(v *big.Rat) bool { return v != nil })
}

// input is a record that was read, or with nil a tick of the clock.
type input struct {
	*record
	clock int64
}

type rules struct {
	step, window     int64 // in nanoseconds, as all durations are
	withLow, withTop bool  // which ends of the window are inside
	zero, skip       bool
	previous         bool // if neither zero nor skip
	drain            bool
	all              bool // lateness all
	lateness         int64
	anyGap           bool
	gap              int64
	by               []string
	fields           int
	stats            []string
	max              int // --max-groups
	live             bool
	zoned            *zoned // nil in UTC
}

type event struct {
	*record
	late bool
	gone bool // no row that was not printed when it was read covers it
}

// model follows the rules word by word. A stream is what lies between two
// restarts that go back in time.
type model struct {
	rules
	stream
	first *input // an event that nothing has confirmed yet, the only one
	held  *input // an event far from the others

	before   strings.Builder // the rows of the streams before
	keys     map[string]bool
	peak     int      // the largest number of keys at a time, where they are freed
	rejects  []string // kind and line, in the order in which they were decided
	used     int
	none     int
	late     int
	rejected int
	filtered int
	restarts int
}

type stream struct {
	events   []event
	maxTime  int64 // the watermark plus the lateness
	newest   input
	begun    bool           // there was an event
	firstRow int64          // the first row, once an event was in time
	due      map[int64]bool // rows that became due before the end
	moves    []move         // of maxTime
}

// move is a value of maxTime, how many events had been read before, and how many with the
// event that moved it.
type move struct {
	before, with int
	maxTime      int64
}

func newModel(r rules) *model {
	return &model{rules: r, keys: map[string]bool{}, stream: stream{due: map[int64]bool{}}}
}

func floor(a, step int64) int64 {
	r := a % step
	if r < 0 {
		r += step
	}
	return a - r
}

// rowAfter is the first row whose window covers an instant.
func (m *model) rowAfter(at int64) int64 {
	row := m.floor(at)
	if m.withTop && row == at {
		return row
	}
	return m.next(row)
}

// isDue reports whether a row is due now.
func (m *model) isDue(row int64) bool {
	watermark := m.maxTime - m.lateness
	switch {
	case !m.begun || m.all:
		return false
	case m.withTop:
		return watermark > row
	default:
		return watermark >= row
	}
}

// inside reports whether the window of a row covers an instant.
func (m *model) inside(row, at int64) bool {
	low, high := m.low(row), row
	return low < at && at < high || m.withLow && at == low || m.withTop && at == high
}

// process processes an input.
func (m *model) process(h input) {
	if h.record == nil {
		m.tick(h.clock)
		return
	}
	switch {
	case h.broken:
		m.reject(h.record)
		return
	case h.out:
		m.filtered++
		return
	case h.badKey, h.badTime, h.badValue, m.tooMany(h.record) && !(m.freesKeys() && h.hasReading()):
		m.reject(h.record)
		return
	case !h.hasReading():
		m.none++
		return
	}
	m.decide(&h)
	switch {
	case !m.freesKeys() && m.tooMany(h.record): // the event that waited has taken the place
		m.reject(h.record)
		return
	case m.anyGap:
	case m.first != nil:
		m.held = &h
		return
	case !m.begun:
		m.first = &h
		return
	case m.isJump(h.at):
		m.held = &h
		return
	}
	m.accept(h)
}

// tooMany reports whether a record has a key that is one too many.
func (m *model) tooMany(r *record) bool {
	if m.freesKeys() {
		m.keys = m.liveKeys()
		if !r.hasReading() { // it needs a place like an event
			m.need(r, m.keys)
		}
	}
	return !m.keys[strings.Join(r.key, "\x00")] && (len(m.keys)+1)*m.fields > m.max
}

// need takes note of how many places are needed for a record among the keys in the window.
func (m *model) need(r *record, keys map[string]bool) {
	n := len(keys)
	if !keys[strings.Join(r.key, "\x00")] {
		n++
	}
	m.peak = max(m.peak, n)
}

// freesKeys reports whether keys that have left the window free their places.
func (r *rules) freesKeys() bool { return r.skip && r.by != nil && !r.carries() }

// carries reports whether a key has to be remembered for its time-weighted average.
func (r *rules) carries() bool { return slices.Contains(r.stats, "twa") }

// liveKeys are the keys of events that the last row that is due covers, or a row that is not
// due may cover. Before rows have begun, those of all events that such a row covered when
// they were read.
func (m *model) liveKeys() map[string]bool {
	keys := map[string]bool{}
	for _, e := range m.events {
		if !e.gone && (!m.isDue(m.firstRow) || !m.isDue(m.rowAfterLast(e.at))) {
			keys[strings.Join(e.key, "\x00")] = true
		}
	}
	return keys
}

// rowAfterLast is the first row after all that cover an instant.
func (m *model) rowAfterLast(at int64) int64 {
	row := m.rowAfter(at)
	for m.inside(row, at) {
		row = m.next(row)
	}
	return row
}

// isJump reports whether a time is more than max-gap from the stream: the newest event, or the clock
// where that has moved on since.
func (m *model) isJump(at int64) bool { return at-m.maxTime > m.gap || m.newest.at-at > m.gap }

// agree reports whether two events do.
func (m *model) agree(a, b *input) bool { return max(a.at-b.at, b.at-a.at) <= m.gap }

// decide decides about the events that wait, when another one comes.
func (m *model) decide(h *input) {
	held := m.held
	if held != nil {
		m.held = nil
		if m.agree(held, h) {
			m.restart(held)
		} else {
			m.reject(held.record)
		}
	}
	first := m.first
	if first != nil && m.agree(first, h) {
		m.first = nil
		m.accept(*first)
	}
}

// restart continues at an event that was far from the others, and has been confirmed.
func (m *model) restart(h *input) {
	first := m.first
	if first != nil {
		m.first = nil
		if h.at < first.at {
			m.reject(first.record)
		} else {
			m.accept(*first)
		}
	}
	if m.begun && m.isJump(h.at) {
		m.restarts++
		if h.at < m.newest.at {
			m.before.WriteString(m.rows())
			m.stream = stream{due: map[int64]bool{}}
		}
	}
	m.accept(*h)
}

func (m *model) reject(r *record) {
	m.rejected++
	m.rejects = append(m.rejects, "bad "+r.line)
}

// tick moves the clock.
func (m *model) tick(clock int64) {
	if !m.live {
		return
	}
	first := m.first
	if first != nil && !m.all {
		row, now := m.rowAfter(first.at), first.at+clock-first.clock-m.lateness
		if now > row || now == row && !m.withTop {
			m.first = nil
			m.accept(*first)
		}
	}
	if m.begun {
		m.advance(len(m.events), max(m.maxTime, m.newest.at+clock-m.newest.clock))
	}
}

// advance moves the watermark, after some events.
func (m *model) advance(before int, maxTime int64) {
	m.maxTime = maxTime
	m.moves = append(m.moves, move{before, len(m.events), maxTime})
	for row := m.firstRow; len(m.events) > 0 && m.isDue(row); row = m.next(row) {
		m.due[row] = true
	}
}

// accept accepts an event that does not wait, or does not any more.
func (m *model) accept(h input) {
	if !m.freesKeys() && m.tooMany(h.record) { // an event that waited has taken the place
		m.reject(h.record)
		return
	}
	late := m.begun && m.isDue(m.rowAfter(h.at))
	start := m.floor(h.at)
	if !late && (!m.begun || start < m.firstRow) {
		m.firstRow = start
	}
	if !m.begun || h.at > m.newest.at {
		m.newest = h
	}
	if !m.begun || h.at > m.maxTime {
		m.maxTime = h.at
	}
	m.begun = true
	if m.freesKeys() && m.tooMany(h.record) { // though time has passed
		m.advance(len(m.events), m.maxTime)
		m.reject(h.record)
		return
	}
	if late {
		m.late++
		m.rejects = append(m.rejects, "late "+h.line)
	} else {
		m.used++
	}
	m.keys[strings.Join(h.key, "\x00")] = true
	m.events = append(m.events, event{h.record, late, late && m.isDue(m.rowAfterLast(h.at))})
	m.advance(len(m.events)-1, m.maxTime)
	if m.freesKeys() {
		m.need(h.record, m.liveKeys()) // even if it is so late that it is in no row to come
	}
}

// end ends the input, and returns the whole output.
func (m *model) end() string {
	if m.held != nil {
		m.reject(m.held.record)
	}
	if m.first != nil {
		m.accept(*m.first)
	}
	m.held, m.first = nil, nil
	return m.before.String() + m.rows()
}

// read is how many events had been read before a row became due, and how many with the
// one that made it due.
func (m *model) read(row int64) (before, with int) {
	end := m.maxTime
	defer func() { m.maxTime = end }()
	for _, v := range m.moves {
		m.maxTime = v.maxTime
		if m.isDue(row) {
			return v.before, v.with
		}
	}
	return len(m.events), len(m.events)
}

// inPause reports whether a row lies between two steps with events, of those that have
// been read, that are more than max-gap apart.
func (m *model) inPause(row int64, read []event) bool {
	before, after := int64(math.MinInt64), int64(math.MaxInt64)
	for _, e := range read {
		start := m.floor(e.at)
		if m.rowAfter(e.at) <= row {
			before = max(before, start)
		} else {
			after = min(after, start)
		}
	}
	return before >= m.firstRow && after < math.MaxInt64 && m.apart(before, after) > m.longest()
}

// longest is the longest pause in which empty windows have rows, and over which a reading is
// carried forward.
func (m *model) longest() int64 {
	if m.anyGap {
		return 32 * 24 * 3600 * int64(time.Second)
	}
	return m.gap
}

// twa is the time-weighted average in the window of a row of those events that have been read
// by then: each reading counts from its time to the next one, or to the end of the window,
// unless that is too long; and of that the time in the window.
func (m *model) twa(row int64, key []string, field int, read []event) string {
	var list []oracle.Reading
	for _, e := range read {
		if e.values[field] != nil && e.at <= row && slices.Equal(e.key, key) {
			list = append(list, oracle.Read(e.values[field], e.at))
		}
	}
	slices.SortFunc(list, func(a, b oracle.Reading) int { return cmp.Or(cmp.Compare(a.Time, b.Time), oracle.CompareValue(a, b)) })
	total, length := new(big.Rat), int64(0)
	for i, r := range list {
		end := row
		if i+1 < len(list) {
			end = list[i+1].Time
		}
		from := max(r.Time, m.low(row))
		if end > from && end-r.Time <= m.longest() {
			total.Add(total, new(big.Rat).Mul(r.Value, big.NewRat(end-from, 1)))
			length += end - from
		}
	}
	if length == 0 {
		return "null"
	}
	return oracle.Float(total.Quo(total, big.NewRat(length, 1)), -1)
}

// last is the row that ends the output.
func (m *model) last() (row int64) {
	row = m.rowAfter(m.newest.at)
	if m.drain {
		next := row
		for range m.window/m.step + 2 {
			if slices.ContainsFunc(m.events, func(e event) bool { return m.inside(next, e.at) }) {
				row = next
			}
			next = m.next(next)
		}
	}
	for printed := range m.due {
		row = max(row, printed)
	}
	return row
}

// rows is the output of the stream.
func (m *model) rows() string {
	if !m.begun {
		return ""
	}
	var b strings.Builder
	hadRow := map[string]bool{}   // by key
	values := map[string]string{} // the last of each column, by key and column
	for row := m.firstRow; row <= m.last(); row = m.next(row) {
		n, with := m.read(row)
		paused := m.inPause(row, m.events[:with])
		byKey, keys := map[string][]event{}, [][]string(nil)
		for _, e := range m.events[:n] {
			key := strings.Join(e.key, "\x00")
			if byKey[key] == nil && (m.inside(row, e.at) || hadRow[key]) {
				byKey[key] = []event{}
				keys = append(keys, e.key)
			}
			if m.inside(row, e.at) {
				byKey[key] = append(byKey[key], e)
			}
		}
		if m.by == nil && keys == nil {
			keys = [][]string{nil}
		}
		slices.SortFunc(keys, slices.Compare)
		for _, key := range keys {
			events := byKey[strings.Join(key, "\x00")]
			if len(events) > 0 || !m.skip && !paused {
				m.row(&b, row, key, events, m.events[:n], values)
				hadRow[strings.Join(key, "\x00")] = m.by != nil && !m.skip
			}
		}
	}
	return b.String()
}

func (m *model) row(b *strings.Builder, row int64, key []string, events, read []event, values map[string]string) {
	fmt.Fprintf(b, `{"date":"%s"`, m.date(row))
	for i, name := range m.by {
		fmt.Fprintf(b, `,"%s":%s`, name, key[i])
	}
	for field := range m.fields {
		var set []oracle.Reading
		for _, e := range events {
			v := e.values[field]
			if v != nil {
				r := oracle.Read(v, e.at)
				r.PerSecond = second
				set = append(set, r)
			}
		}
		for _, stat := range m.stats {
			var text string
			if stat == "twa" {
				text = m.twa(row, key, field, read)
			} else {
				text = oracle.Stat(stat, set, -1)
			}
			if (text == "null" || stat == "twa") && set == nil && m.zero {
				text = "0"
			}
			column := fmt.Sprintf("%q %d %s", key, field, stat)
			before, had := values[column]
			if text == "null" && set == nil && m.previous && had {
				text = before
			}
			if text != "null" {
				values[column] = text
			}
			fmt.Fprintf(b, `,"%s_%d":%s`, stat, field, text)
		}
	}
	b.WriteString("}\n")
}
