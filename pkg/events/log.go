package events

import "sort"

// log holds the newest events of one type, encoded, in the order of their numbers.
// A page is removed as a whole once the limit is exceeded without it.
//
// Invariant: no page is empty.
type log struct {
	limit int64   // maximum of bytes
	bytes int64   // memory of all frames, as cost counts it
	pages []*page // oldest first

	// removed is the number of the newest event that was removed; 0: none was.
	removed uint64
}

// page is some consecutive frames. Their texts, and their keys, follow each other.
type page struct {
	frames     []frame
	text, keys []byte
}

// frame is one encoded event.
type frame struct {
	n              uint64 // number of the event
	from, to       int    // its text in page.text
	keyFrom, keyTo int    // its key in page.keys; empty if it has none
	everyone       bool   // also for clients that want another key
}

// event is a frame with its texts, which are valid as long as the log is not changed.
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
	p := l.last(len(e.text))
	f := frame{n: e.n, from: len(p.text), keyFrom: len(p.keys), everyone: e.everyone}
	p.text = append(p.text, e.text...)
	p.keys = append(p.keys, e.key...)
	f.to, f.keyTo = len(p.text), len(p.keys)
	p.frames = append(p.frames, f)
	l.bytes += cost(e.text, e.key)
	for l.bytes > l.limit {
		l.remove()
	}
}

// last returns the page to which a text of n bytes is appended.
func (l *log) last(n int) *page {
	size := int(min(pageBytes, l.limit/8))
	last := len(l.pages) - 1
	if last >= 0 && len(l.pages[last].text)+n <= size {
		return l.pages[last]
	}
	p := &page{}
	if last >= 0 { // the second page of a log is likely to become full, too
		p.text = make([]byte, 0, max(size, n))
	}
	l.pages = append(l.pages, p)
	return p
}

// remove removes the oldest page.
func (l *log) remove() {
	p := l.pages[0]
	l.pages[0] = nil // it would stay in memory until append copies the list
	l.pages = l.pages[1:]
	l.removed = p.frames[len(p.frames)-1].n
	l.bytes -= int64(len(p.text)+len(p.keys)) + int64(len(p.frames))*frameOverhead
}

// position is where a frame is in a log. It is valid until the log is changed.
type position struct{ page, frame int }

// after returns the position of the first event with a number larger than n.
func (l *log) after(n uint64) position {
	i := sort.Search(len(l.pages), func(i int) bool { p := l.pages[i]; return p.frames[len(p.frames)-1].n > n })
	if i == len(l.pages) {
		return position{page: i}
	}
	frames := l.pages[i].frames
	return position{page: i, frame: sort.Search(len(frames), func(k int) bool { return frames[k].n > n })}
}

// at returns the event at a position; false at the end of the log.
func (l *log) at(p position) (event, bool) {
	if p.page == len(l.pages) {
		return event{}, false
	}
	page := l.pages[p.page]
	f := &page.frames[p.frame]
	return event{n: f.n, text: page.text[f.from:f.to], key: page.keys[f.keyFrom:f.keyTo], everyone: f.everyone}, true
}

// next returns the position after p.
//
// Requires: p is not the end of the log.
func (l *log) next(p position) position {
	p.frame++
	if p.frame == len(l.pages[p.page].frames) {
		return position{page: p.page + 1}
	}
	return p
}
