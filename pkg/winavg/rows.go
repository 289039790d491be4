package winavg

import (
	"bytes"
	"math"
	"time"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/stamp"
)

// rows prints rows in order of time, and the lines of a row in order of their keys. Rows
// begin with the first row, once it is due.
//
// Invariant: the rows before next, from first on, have been printed or skipped. Before rows
// have begun, active is empty. A key is in active from its first line on; with
// Options.Empty Skip, until its window is empty.
type rows struct {
	assigner
	columns columns
	by      [][]byte // names of the key's members, as JSON strings; nil: the stream is not grouped

	first int64 // the step of the earliest event that was not late; more than any while there is none
	begun bool
	next  int64 // the row to be printed next, if begun

	dated  datedRows
	pause  time.Duration // in a pause, where two steps with events are more than this apart, empty windows have no rows
	pauses pauses

	date     date // of row next
	previous previous

	active []*key        // the keys that have a line in every row
	spare  []*key        // memory for the next active
	values []exact.Value // memory for the columns of a line
}

// maxPause is the longest pause in which empty windows have rows.
const maxPause = 32 * 24 * time.Hour

// pauses says in which pauses rows with empty windows were not printed.
type pauses struct {
	n        int64      // how many
	from, to stamp.Time // the first one
	last     int64      // the index of the pane before the last one
}

// newRows returns the rows of a stream.
func newRows(a assigner, c columns, o *Options) rows {
	r := rows{assigner: a, columns: c, first: math.MaxInt64, pause: o.MaxGap, by: batch.QuotedNames(o.By), date: newDate(o), previous: newPrevious(o.Empty)}
	if o.MaxGap == Forever {
		r.pause = maxPause
	}
	r.dated = r.date.rows(&r.grid)
	return r
}

// reset makes rows begin anew.
func (r *rows) reset() {
	for _, k := range r.active {
		k.active = false
	}
	clear(r.active)
	clear(r.previous)
	r.first, r.begun, r.active = math.MaxInt64, false, r.active[:0]
}

// include lets rows begin at the step of a pane, if not before. Requires that an event of
// this pane is in time.
func (r *rows) include(index int64) {
	first := index >> 1
	if first >= r.first {
		return
	}
	for r.local != nil && r.local.isZero(first-1) { // of the rows with its date, the first one is printed
		first--
	}
	r.first = first
}

// end returns the last row of a stream whose newest event is in a pane: the first row that
// covers this pane, or with drain the last one.
func (r *rows) end(index int64, drain bool) int64 {
	if drain {
		return max(r.firstRow(index), r.lastRow(index))
	}
	return r.firstRow(index)
}

// printTo prints the rows up to and including end that have not been printed. It prints
// none if rows have not begun: if no event was in time, or the first row is after end.
// coming is the pane of an event that is going to be added, or noPane.
func (r *rows) printTo(end, coming int64, p *panes, s *snapshot, w *lines.Output) {
	end = r.dated.limit(end)
	if !r.begun {
		if r.first > end {
			return
		}
		r.begun, r.next = true, r.first
		if s.taken && s.row < r.next { // rows begin after it
			*s = snapshot{}
		}
	}
	for r.next <= end {
		if s.isOf(r.next) {
			r.restore(s, p, w)
			r.next++
			continue
		}
		p.move(r.bounds(r.next))
		if r.next < r.dated.first && p.inside.first() != nil {
			r.dated.early = true
		}
		r.activate(p.takeArrived())
		if len(r.active) == 0 && (r.columns.empty == Skip || r.by != nil) {
			r.skipEmpty(end, p)
			continue
		}
		paused := r.inPause(coming, p)
		if paused && p.inside.first() == nil {
			r.omit(coming, p)
			r.skipEmpty(end, p)
			continue
		}
		if r.print(paused, w) {
			r.omit(coming, p)
		}
		r.next++
	}
}

// noPane is after every pane.
const noPane = math.MaxInt64

// inPause reports whether row next is in a pause: whether the last step that has entered
// the window, and the step that will enter next, are more than pause apart.
func (r *rows) inPause(coming int64, p *panes) bool {
	if r.columns.empty == Skip || p.newestInside>>1 < r.first {
		return false
	}
	index := r.after(coming, p)
	return index != noPane && r.stepsBetween(p.newestInside, index) > int64(r.pause/time.Second)/r.size
}

// after returns the next pane that will enter the window, noPane if there is none.
func (r *rows) after(coming int64, p *panes) int64 {
	index, ok := p.nextIndex()
	if ok {
		return min(index, coming)
	}
	return coming
}

// omit takes note that row next, or a line of it, is not printed because of a pause.
func (r *rows) omit(coming int64, p *panes) {
	if r.pauses.n > 0 && r.pauses.last == p.newestInside {
		return
	}
	if r.pauses.n == 0 {
		r.pauses.from, r.pauses.to = r.time(p.newestInside>>1), r.time(r.after(coming, p)>>1)
	}
	r.pauses.n++
	r.pauses.last = p.newestInside
}

// skipEmpty moves next to the row whose window the next pane enters, or to the one after
// end if there is none until then. Requires that the present window is empty. It makes
// gaps of years cheap.
func (r *rows) skipEmpty(end int64, p *panes) {
	r.next = end + 1
	index, ok := p.nextIndex()
	if ok {
		r.next = min(r.next, r.firstRow(index))
	}
}

// activate merges keys into the active ones. Requires that they are in order of their
// text.
func (r *rows) activate(keys []*key) {
	if len(keys) == 0 {
		return
	}
	merged := r.spare[:0]
	old := r.active
	for _, k := range keys {
		for len(old) > 0 && bytes.Compare(old[0].text, k.text) < 0 {
			merged = append(merged, old[0])
			old = old[1:]
		}
		merged = append(merged, k)
	}
	merged = append(merged, old...)
	r.active, r.spare = merged, r.active
}

// print prints row next: a line for each active key. Without keys there is one key, of an
// empty text, from the first event on, and a line before that as well. With Options.Empty
// Skip, a key whose window is empty becomes inactive. In a pause it has no line: print
// reports whether there was such a key.
func (r *rows) print(paused bool, w *lines.Output) (omitted bool) {
	if r.local != nil && r.next > r.first && r.local.isZero(r.next-1) { // it has the date of the row before
		return false
	}
	r.date.set(&r.grid, r.next)
	if len(r.active) == 0 && r.by == nil {
		r.present(nil, w)
		return false
	}
	active := r.active[:0]
	for _, k := range r.active {
		if k.panesInside == 0 && r.columns.empty == Skip {
			k.active = false
			continue
		}
		active = append(active, k)
		if paused && k.panesInside == 0 {
			omitted = true
			continue
		}
		r.present(k, w)
	}
	clear(r.active[len(active):])
	r.active = active
	return omitted
}

// restore prints row next from a snapshot, and discards that. Its keys are active
// afterwards; keys that have only late events are not. Requires that no row has been
// printed.
func (r *rows) restore(s *snapshot, p *panes, w *lines.Output) {
	r.date.set(&r.grid, r.next)
	if len(s.keys) == 0 && r.by == nil && r.columns.empty != Skip {
		r.present(nil, w)
	}
	for i, k := range s.keys {
		if r.previous != nil {
			r.previous.note(k, s.values[i])
		}
		r.line(k.text, s.values[i], w)
	}
	p.take(s.keys)
	r.active = s.keys
	*s = snapshot{}
}

// present prints a line of the present window of a key; nil stands for a stream without
// keys that has had no event inside yet.
func (r *rows) present(k *key, w *lines.Output) {
	if r.columns.carries && k != nil {
		r.setBounds(k, r.next)
	}
	r.values = r.columns.appendValues(r.values[:0], k)
	var text []byte
	if k != nil {
		text = k.text
		if r.previous != nil {
			r.previous.fill(k, r.values, r.columns.list)
		}
	}
	r.line(text, r.values, w)
}

var dateName = []byte(`"date"`)

// line prints a line, if row next has a date and the line meets Options.Having: the date, the
// members of a key of that text, and the columns.
func (r *rows) line(text []byte, values []exact.Value, w *lines.Output) {
	if r.next < r.dated.first || !r.columns.keep(values) {
		return
	}
	w.Object()
	w.Name(dateName)
	w.Raw(r.date.text)
	w.Key(r.by, text)
	for i, v := range values {
		w.Name(r.columns.names[i])
		w.Value(v)
	}
	w.End()
}
