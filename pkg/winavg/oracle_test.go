package winavg_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// The oracle is the rules of winavg, word for word: it keeps every event
// and looks at all of them for every row.

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

type oracle struct {
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

func newOracle(r rules) *oracle {
	return &oracle{rules: r, keys: map[string]bool{}, held: map[int64]bool{}}
}

func floor(a, step int64) int64 {
	if r := a % step; r < 0 {
		return a - r - step
	} else {
		return a - r
	}
}

func (o *oracle) firstRow(at int64) int64 {
	if o.withTop {
		return -floor(-at, o.step)
	}
	return floor(at, o.step) + o.step
}

func (o *oracle) isDue(row int64) bool {
	switch reached := o.stream - o.lateness; {
	case !o.begun || o.all:
		return false
	case o.withTop:
		return reached > row
	default:
		return reached >= row
	}
}

func (o *oracle) inside(row, at int64) bool {
	low, top := row-o.window, row
	return low < at && at < top || o.withLow && at == low || o.withTop && at == top
}

func (o *oracle) happen(h happening) {
	before := len(o.events)
	if h.record == nil {
		if o.live && o.begun {
			o.stream = max(o.stream, o.newest.at+h.clock-o.newest.clock)
		}
	} else if !o.read(h) {
		return
	}
	if o.begun {
		o.moves = append(o.moves, move{before, o.stream})
	}
	for row := o.first; len(o.events) > 0 && o.isDue(row); row += o.step {
		o.held[row] = true
	}
}

// readBefore is how many events had been read before a row fell due.
func (o *oracle) readBefore(row int64) int {
	end := o.stream
	defer func() { o.stream = end }()
	for _, m := range o.moves {
		if o.stream = m.stream; o.isDue(row) {
			return m.before
		}
	}
	return len(o.events)
}

// read judges a record, and reports whether it is an event.
func (o *oracle) read(h happening) bool {
	switch {
	case h.broken:
		o.rejected++
		return false
	case h.out:
		o.filtered++
		return false
	case h.badKey:
		o.rejected++
		return false
	}
	verdict := o.judge(h.record)
	o.verdicts = append(o.verdicts, verdict)
	switch verdict {
	case "rejected":
		o.rejected++
		return false
	case "no reading":
		return false
	}
	o.keys[strings.Join(h.key, "\x00")] = true
	if start := floor(h.at, o.step); verdict == "used" && (!o.begun || start < o.first) {
		o.first = start
	}
	o.events = append(o.events, event{h.record, verdict == "late"})
	if !o.begun || h.at > o.newest.at {
		o.newest = h
	}
	if !o.begun || h.at > o.stream {
		o.stream = h.at
	}
	o.begun = true
	return true
}

func (o *oracle) judge(r *record) string {
	switch {
	case !o.keys[strings.Join(r.key, "\x00")] && (len(o.keys)+1)*o.fields > o.room, r.badTime, r.badValue:
		return "rejected"
	case !r.some():
		return "no reading"
	case o.begun && !o.anyGap && r.at-o.stream > o.gap:
		return "rejected"
	case o.isDue(o.firstRow(r.at)):
		return "late"
	}
	return "used"
}

// last is the row that ends the output.
func (o *oracle) last() (row int64) {
	row = o.firstRow(o.newest.at)
	if o.drain {
		for next := row; next <= row+o.window+o.step; next += o.step {
			if slices.ContainsFunc(o.events, func(e event) bool { return o.inside(next, e.at) }) {
				row = next
			}
		}
	}
	for printed := range o.held {
		row = max(row, printed)
	}
	return row
}

// rows is the whole output.
func (o *oracle) rows() string {
	if !o.begun {
		return ""
	}
	var b strings.Builder
	open := map[string]bool{} // keys that have had a row
	for row := o.first; row <= o.last(); row += o.step {
		n := o.readBefore(row)
		byKey, keys := map[string][]event{}, [][]string(nil)
		for _, e := range o.events[:n] {
			key := strings.Join(e.key, "\x00")
			if byKey[key] == nil && (o.inside(row, e.at) || open[key]) {
				byKey[key] = []event{}
				keys = append(keys, e.key)
			}
			if o.inside(row, e.at) {
				byKey[key] = append(byKey[key], e)
			}
		}
		if o.by == nil && keys == nil {
			keys = [][]string{nil}
		}
		slices.SortFunc(keys, slices.Compare)
		for _, key := range keys {
			events := byKey[strings.Join(key, "\x00")]
			if len(events) > 0 || !o.skip {
				o.row(&b, row, key, events)
				open[strings.Join(key, "\x00")] = o.by != nil && !o.skip
			}
		}
	}
	return b.String()
}

func (o *oracle) row(b *strings.Builder, row int64, key []string, events []event) {
	fmt.Fprintf(b, `{"date":"%s"`, time.Unix(0, row).UTC().Format(time.DateTime))
	for i, name := range o.by {
		fmt.Fprintf(b, `,"%s":%s`, name, key[i])
	}
	for field := range o.fields {
		var set []reading
		for _, e := range events {
			if v := e.values[field]; v != nil {
				set = append(set, reading{e.at, v})
			}
		}
		for _, stat := range o.stats {
			text := figure(stat, set)
			if text == "null" && set == nil && o.zero {
				text = "0"
			}
			fmt.Fprintf(b, `,"%s_%d":%s`, stat, field, text)
		}
	}
	b.WriteString("}\n")
}

// ledger is what the pipe should have counted.
func (o *oracle) ledger() (used, late, none, rejected, filtered int) {
	for _, v := range o.verdicts {
		switch v {
		case "used":
			used++
		case "late":
			late++
		case "no reading":
			none++
		}
	}
	return used, late, none, o.rejected, o.filtered
}
