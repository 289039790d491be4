package winavg_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"weir/pkg/internal/oracle"
)

// The model is the rules of winavg, word for word: it keeps every event and goes
// over all of them for every row. Arithmetic is that of package oracle.

// record is one line and what is in it.
type record struct {
	line     string
	broken   bool     // no JSON, or no object
	out      bool     // a condition does not hold
	badKey   bool     // an object or array
	key      []string // JSON texts
	badTime  bool
	at       int64 // its time, in nanoseconds
	badValue bool
	values   []*big.Rat // by field; nil: no reading
}

// some reports whether there is a reading.
func (r *record) some() bool {
	return slices.ContainsFunc(r.values, func(v *big.Rat) bool { return v != nil })
}

// happening is a record that was read, or (nil) a tick of the clock.
type happening struct {
	*record
	clock int64
}

type rules struct {
	step, window     int64 // in nanoseconds, as all spans are
	withLow, withTop bool  // which ends are inside
	zero, skip       bool
	drain            bool
	all              bool // wait for the end of input
	lateness         int64
	anyGap           bool
	gap              int64
	by               []string
	fields           int
	stats            []string
	room             int
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
	stream   int64
	newest   happening
	begun    bool
	first    int64          // earliest row, once an event was in time
	held     map[int64]bool // rows that have been printed
	moves    []move         // of stream time
	verdicts []string       // of the records that reach the filter
	rejected int
	filtered int
}

// move is where stream time went, and how many events had been read before.
type move struct {
	before int
	stream int64
}

func newModel(r rules) *model {
	return &model{rules: r, keys: map[string]bool{}, held: map[int64]bool{}}
}

func floor(a, step int64) int64 {
	if r := a % step; r < 0 {
		return a - r - step
	} else {
		return a - r
	}
}

func (m *model) firstRow(at int64) int64 {
	if m.withTop {
		return -floor(-at, m.step)
	}
	return floor(at, m.step) + m.step
}

func (m *model) isDue(row int64) bool {
	switch reached := m.stream - m.lateness; {
	case !m.begun || m.all:
		return false
	case m.withTop:
		return reached > row
	default:
		return reached >= row
	}
}

func (m *model) inside(row, at int64) bool {
	low, top := row-m.window, row
	return low < at && at < top || m.withLow && at == low || m.withTop && at == top
}

func (m *model) happen(h happening) {
	before := len(m.events)
	if h.record == nil {
		if m.live && m.begun {
			m.stream = max(m.stream, m.newest.at+h.clock-m.newest.clock)
		}
	} else if !m.read(h) {
		return
	}
	if m.begun {
		m.moves = append(m.moves, move{before, m.stream})
	}
	for row := m.first; len(m.events) > 0 && m.isDue(row); row += m.step {
		m.held[row] = true
	}
}

// readBefore is how many events had been read before a row fell due.
func (m *model) readBefore(row int64) int {
	end := m.stream
	defer func() { m.stream = end }()
	for _, v := range m.moves {
		m.stream = v.stream
		if m.isDue(row) {
			return v.before
		}
	}
	return len(m.events)
}

// read judges a record, and reports whether it is an event.
func (m *model) read(h happening) bool {
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
	if start := floor(h.at, m.step); verdict == "used" && (!m.begun || start < m.first) {
		m.first = start
	}
	m.events = append(m.events, event{h.record, verdict == "late"})
	if !m.begun || h.at > m.newest.at {
		m.newest = h
	}
	if !m.begun || h.at > m.stream {
		m.stream = h.at
	}
	m.begun = true
	return true
}

func (m *model) judge(r *record) string {
	switch {
	case !m.keys[strings.Join(r.key, "\x00")] && (len(m.keys)+1)*m.fields > m.room, r.badTime, r.badValue:
		return "rejected"
	case !r.some():
		return "no reading"
	case m.begun && !m.anyGap && r.at-m.stream > m.gap:
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
	for printed := range m.held {
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
	open := map[string]bool{} // keys that have had a row
	for row := m.first; row <= m.last(); row += m.step {
		n := m.readBefore(row)
		byKey, keys := map[string][]event{}, [][]string(nil)
		for _, e := range m.events[:n] {
			key := strings.Join(e.key, "\x00")
			if byKey[key] == nil && (m.inside(row, e.at) || open[key]) {
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
				open[strings.Join(key, "\x00")] = m.by != nil && !m.skip
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
			if v := e.values[field]; v != nil {
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

// ledger is what the pipe should have counted.
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
