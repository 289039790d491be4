package events

import (
	"slices"
	"sort"
)

// log holds the newest events of one type, encoded, in the order of their numbers.
// A page is removed as a whole once the limit is exceeded without it.
//
// One goroutine at a time adds events. A copy of the logView shows what there was when it
// was made; it may be read by any goroutine while events are added: texts and frames are
// appended behind what a copy can reach, full pages never change, and the list of them
// is copied before one is removed.
type log struct {
	logView
	limit int64 // maximum of bytes
	bytes int64 // memory of all frames, as cost counts it
	added int64 // memory of all frames that were ever added
}

// logView is the events of a log at one moment.
//
// Invariant: no page of full is empty.
type logView struct {
	full []*page // oldest first
	last page    // follows the full ones; may be empty

	// removed is the number of the newest event that was removed; 0: none was.
	removed uint64
}

// page is some consecutive frames. Their texts, and their keys, follow each other.
type page struct {
	frames     []frame
	text, keys []byte
}

// newest returns the number of the newest event of a page.
//
// Requires: it is not empty.
func (p *page) newest() uint64 { return p.frames[len(p.frames)-1].n }

// frame is one encoded event.
type frame struct {
	n              uint64 // number of the event
	from, to       int    // its text in page.text
	keyFrom, keyTo int    // its key in page.keys; empty if it has none
	everyone       bool   // also for clients that want another key
}

// event is a frame with its texts, which never change.
type event struct {
	n         uint64
	text, key []byte
	everyone  bool
}

const (
	// pageBytes is the length of texts from which a page is full. It is small against the
	// default limit, as all of a page is removed at once.
	pageBytes = 64 << 10

	// frameOverhead is added to the length of a frame's text and key when memory is
	// counted: the frame, and its share of unused space at the end of a page's slices.
	frameOverhead = 96
)

func cost(text, key []byte) int64 { return int64(len(text)) + int64(len(key)) + frameOverhead }

// fits reports whether an event may be added: it must not replace most of the log.
func (l *log) fits(text, key []byte) bool { return cost(text, key) <= l.limit/8 }

// add appends a copy of an event, and removes the oldest where the limit is exceeded.
//
// Requires: it fits, and e.n is larger than all numbers before.
func (l *log) add(e event) {
	size := int(min(pageBytes, l.limit/8))
	p := &l.last
	if len(p.frames) > 0 && len(p.text)+len(e.text) > size {
		full := *p
		l.full = append(l.full, &full)
		*p = page{text: make([]byte, 0, max(size, len(e.text)))} // it is likely to become full, too
	}
	f := frame{n: e.n, from: len(p.text), keyFrom: len(p.keys), everyone: e.everyone}
	p.text = append(p.text, e.text...)
	p.keys = append(p.keys, e.key...)
	f.to, f.keyTo = len(p.text), len(p.keys)
	p.frames = append(p.frames, f)
	l.bytes += cost(e.text, e.key)
	l.added += cost(e.text, e.key)
	for l.bytes > l.limit {
		l.remove()
	}
}

// remove removes the oldest page.
func (l *log) remove() {
	oldest := l.last
	if len(l.full) > 0 {
		oldest = *l.full[0]
		l.full = slices.Clone(l.full[1:]) // a view may have the old list
	} else {
		l.last = page{}
	}
	l.removed = oldest.newest()
	l.bytes -= int64(len(oldest.text)+len(oldest.keys)) + int64(len(oldest.frames))*frameOverhead
}

// position is where a frame is in a logView.
type position struct{ page, frame int }

// page returns page i; page len(v.full) is the last one.
func (v *logView) page(i int) *page {
	if i == len(v.full) {
		return &v.last
	}
	return v.full[i]
}

// after returns the position of the first event with a number larger than n.
func (v *logView) after(n uint64) position {
	i := sort.Search(len(v.full), func(i int) bool { return v.full[i].newest() > n })
	frames := v.page(i).frames
	return position{page: i, frame: sort.Search(len(frames), func(k int) bool { return frames[k].n > n })}
}

// at returns the event at a position; false at the end of the log.
func (v *logView) at(p position) (event, bool) {
	page := v.page(p.page)
	if p.frame == len(page.frames) {
		return event{}, false
	}
	f := &page.frames[p.frame]
	return event{n: f.n, text: page.text[f.from:f.to], key: page.keys[f.keyFrom:f.keyTo], everyone: f.everyone}, true
}

// next returns the position after p.
//
// Requires: p is not the end of the log.
func (v *logView) next(p position) position {
	p.frame++
	if p.page < len(v.full) && p.frame == len(v.full[p.page].frames) {
		return position{page: p.page + 1}
	}
	return p
}
