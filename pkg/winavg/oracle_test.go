package winavg_test

import (
	"fmt"
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
}

type event struct {
	*record
	late bool
}

type model struct {
	rules
	events   []event
	keys     map[string]bool
	maxTime  int64 // the watermark plus the lateness
	newest   input
	begun    bool           // there was an event
	first    int64          // the first row, once an event was in time
	due      map[int64]bool // rows that became due before the end
	moves    []move         // of maxTime
	verdicts []string       // of the records that reach the filter
	rejected int
	filtered int
}

// move is a value of maxTime, and how many events had been read before.
type move struct {
	before  int
	maxTime int64
}

func newModel(r rules) *model {
	return &model{rules: r, keys: map[string]bool{}, due: map[int64]bool{}}
}

func floor(a, step int64) int64 {
	r := a % step
	if r < 0 {
		r += step
	}
	return a - r
}

// firstRow is the first row whose window covers an instant.
func (m *model) firstRow(at int64) int64 {
	if m.withTop {
		return -floor(-at, m.step)
	}
	return floor(at, m.step) + m.step
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
	low, high := row-m.window, row
	return low < at && at < high || m.withLow && at == low || m.withTop && at == high
}

// process processes an input.
func (m *model) process(h input) {
	before := len(m.events)
	if h.record == nil {
		if m.live && m.begun {
			m.maxTime = max(m.maxTime, m.newest.at+h.clock-m.newest.clock)
		}
	} else if !m.read(h) {
		return
	}
	if m.begun {
		m.moves = append(m.moves, move{before, m.maxTime})
	}
	for row := m.first; len(m.events) > 0 && m.isDue(row); row += m.step {
		m.due[row] = true
	}
}

// readBefore is how many events had been read before a row became due.
func (m *model) readBefore(row int64) int {
	end := m.maxTime
	defer func() { m.maxTime = end }()
	for _, v := range m.moves {
		m.maxTime = v.maxTime
		if m.isDue(row) {
			return v.before
		}
	}
	return len(m.events)
}

// read judges a record, and reports whether it is an event.
func (m *model) read(h input) bool {
	switch {
	case h.broken:
		m.rejected++
		return false
	case h.out:
		m.filtered++
		return false
	case h.badKey:
		m.rejected++
		return false
	}
	verdict := m.judge(h.record)
	m.verdicts = append(m.verdicts, verdict)
	switch verdict {
	case "rejected":
		m.rejected++
		return false
	case "no reading":
		return false
	}
	m.keys[strings.Join(h.key, "\x00")] = true
	start := floor(h.at, m.step)
	if verdict == "used" && (!m.begun || start < m.first) {
		m.first = start
	}
	m.events = append(m.events, event{h.record, verdict == "late"})
	if !m.begun || h.at > m.newest.at {
		m.newest = h
	}
	if !m.begun || h.at > m.maxTime {
		m.maxTime = h.at
	}
	m.begun = true
	return true
}

func (m *model) judge(r *record) string {
	switch {
	case !m.keys[strings.Join(r.key, "\x00")] && (len(m.keys)+1)*m.fields > m.max, r.badTime, r.badValue:
		return "rejected"
	case !r.hasReading():
		return "no reading"
	case m.begun && !m.anyGap && r.at-m.maxTime > m.gap:
		return "rejected"
	case m.isDue(m.firstRow(r.at)):
		return "late"
	}
	return "used"
}

// last is the row that ends the output.
func (m *model) last() (row int64) {
	row = m.firstRow(m.newest.at)
	if m.drain {
		for next := row; next <= row+m.window+m.step; next += m.step {
			if slices.ContainsFunc(m.events, func(e event) bool { return m.inside(next, e.at) }) {
				row = next
			}
		}
	}
	for printed := range m.due {
		row = max(row, printed)
	}
	return row
}

// rows is the whole output.
func (m *model) rows() string {
	if !m.begun {
		return ""
	}
	var b strings.Builder
	hadRow := map[string]bool{} // by key
	for row := m.first; row <= m.last(); row += m.step {
		n := m.readBefore(row)
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
			if len(events) > 0 || !m.skip {
				m.row(&b, row, key, events)
				hadRow[strings.Join(key, "\x00")] = m.by != nil && !m.skip
			}
		}
	}
	return b.String()
}

func (m *model) row(b *strings.Builder, row int64, key []string, events []event) {
	fmt.Fprintf(b, `{"date":"%s"`, time.Unix(0, row).UTC().Format(time.DateTime))
	for i, name := range m.by {
		fmt.Fprintf(b, `,"%s":%s`, name, key[i])
	}
	for field := range m.fields {
		var set []oracle.Reading
		for _, e := range events {
			v := e.values[field]
			if v != nil {
				set = append(set, oracle.Read(v, e.at))
			}
		}
		for _, stat := range m.stats {
			text := oracle.Stat(stat, set, -1)
			if text == "null" && set == nil && m.zero {
				text = "0"
			}
			fmt.Fprintf(b, `,"%s_%d":%s`, stat, field, text)
		}
	}
	b.WriteString("}\n")
}

// ledger is what the pipe must have counted.
func (m *model) ledger() (used, late, none, rejected, filtered int) {
	for _, v := range m.verdicts {
		switch v {
		case "used":
			used++
		case "late":
			late++
		case "no reading":
			none++
		}
	}
	return used, late, none, m.rejected, m.filtered
}
