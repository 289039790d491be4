// Package board keeps what a stream has said last: its newest records, and the
// statuses that people set beside it. One goroutine pushes; any number read, and
// never make it wait: what they look at is a [View], which does not change.
//
// It stands on ndjson; serve shows it to the world. It knows neither clocks (the
// time of a status is handed in) nor HTTP.
//
// # How it is kept
//
// Records lie in pages of at most 256, oldest first. The page that is being
// filled is appended to behind what the views so far can see; one that is full
// never changes again. The oldest record is forgotten by going past it, and its
// page when all of it is past. So a View costs one small allocation, and what is
// forgotten lives on only as long as somebody looks at it.
package board

import (
	"sync/atomic"

	"weir/pkg/ndjson"
	"weir/pkg/stamp"
)

// Options are a board's limits and what it reads of a record.
type Options struct {
	Keep    int          // records that are kept at most; at least 1
	Bytes   int64        // bytes they may take, with what it costs to remember them
	Machine ndjson.Path  // the member that names the machine
	Time    ndjson.Path  // the member that is the time
	Format  stamp.Format // how that is written
	Words   []string     // the statuses that can be set
}

// Record is one record on the board. Nobody changes it.
type Record struct {
	Seq     uint64     // the records of a stream are numbered from 1; one too large to keep leaves a gap
	Time    stamp.Time // zero if not Timed
	Timed   bool       // it has a time that could be read
	Raw     []byte     // the object as it came, from brace to brace
	machine []byte     // JSON text: "m1", 7, null
}

// of reports whether the record is of the machine: its member is a string that
// decodes to the name, or another scalar whose text is the name. quoted is the
// name as [ndjson.AppendQuoted] spells it.
func (r *Record) of(name string, quoted []byte) bool {
	if r.machine[0] == '"' {
		return string(r.machine) == string(quoted)
	}
	return string(r.machine) == name && name != "null"
}

// Counts are what has been pushed so far.
type Counts struct {
	Kept     uint64     // records, those that have been forgotten since included
	TooLarge uint64     // good records that alone need more than Options.Bytes
	Bad      uint64     // lines that are no record
	Newest   stamp.Time // the largest time of a record
	Timed    bool       // there was one
	Held     int        // records on the board
	Bytes    int64      // what they take
}

// Board is the newest records and the statuses. Push, Bad and Publish are for
// one goroutine, all else for any.
type Board struct {
	o     Options
	view  atomic.Pointer[View]
	next  View // what Publish will show
	arena []byte
	gone  int // pages that are forgotten, and that the list of full ones still holds on to
	dirty bool
	state statuses
}

const (
	pageLen   = 256
	arenaSize = 64 << 10
	ownArena  = arenaSize / 4 // texts from this size on lie alone
	overhead  = 128           // bytes it costs to remember a record, its text aside
)

// New is an empty board.
func New(o Options) *Board {
	b := &Board{o: o}
	b.state.set = map[string]Status{}
	b.view.Store(&View{})
	return b
}

// Plan is what the board reads of a record. A time that cannot be read, and a
// machine that has no name, are no faults: the record is served all the same.
func (b *Board) Plan() ndjson.Plan {
	return ndjson.Plan{Time: b.o.Time, Format: b.o.Format, TimeOptional: true, IgnoreBadTime: true, Key: []ndjson.Path{b.o.Machine}, IgnoreBadKey: true}
}

// Bad counts a line that is no record.
func (b *Board) Bad() {
	b.next.Bad++
	b.dirty = true
}

// Push copies a record, read by Plan, to the board; readers see it from the next
// Publish on.
func (b *Board) Push(r *ndjson.Record) {
	v := &b.next
	b.dirty = true
	v.seq++
	if r.Timed() && (!v.Timed || v.Newest.Before(r.Time())) {
		v.Newest, v.Timed = r.Time(), true
	}
	raw, machine := r.Raw(), r.Key()
	size := int64(len(raw)) + int64(len(machine)) + overhead
	if size > b.o.Bytes {
		v.TooLarge++
		return
	}
	v.Kept++
	v.Held++
	v.Bytes += size
	b.evict()
	raw, machine = b.copies(raw, machine)
	if v.last == nil {
		v.last = make([]Record, 0, min(pageLen, 1+arenaSize/size)) // enough for its like; more makes it grow
	}
	v.last = append(v.last, Record{Seq: v.seq, Time: r.Time(), Timed: r.Timed(), Raw: raw, machine: machine})
	if len(v.last) == pageLen || size >= ownArena {
		b.nextPage()
	}
}

// copies puts both into memory of our own, side by side.
func (b *Board) copies(raw, machine []byte) (_, _ []byte) {
	n := len(raw) + len(machine)
	if n >= ownArena {
		own := append(append(make([]byte, 0, n), raw...), machine...)
		return own[:len(raw):len(raw)], own[len(raw):]
	}
	if cap(b.arena)-len(b.arena) < n {
		b.nextPage() // so that a page holds on to one arena, or two
		b.arena = make([]byte, 0, arenaSize)
	}
	at := len(b.arena)
	b.arena = append(append(b.arena, raw...), machine...)
	return b.arena[at : at+len(raw) : at+len(raw)], b.arena[at+len(raw):]
}

// turn begins a new page. What views can see of the list of full ones is never
// changed in place: it only grows at its end, and is cut at its beginning.
func (b *Board) nextPage() {
	v := &b.next
	if len(v.last) == 0 {
		return
	}
	if len(v.full) == cap(v.full) {
		b.gone = 0 // append moves the others
	}
	v.full = append(v.full, v.last)
	v.last = nil
}

// forget goes past the oldest records until the newest, which is counted but not
// there yet, has room.
func (b *Board) evict() {
	v := &b.next
	gone := 0 // pages
	for v.Held > b.o.Keep || v.Bytes > b.o.Bytes {
		page := v.last
		if gone < len(v.full) {
			page = v.full[gone]
		}
		r := &page[v.from]
		v.Held--
		v.Bytes -= int64(len(r.Raw)) + int64(len(r.machine)) + overhead
		if v.from++; v.from < len(page) {
			continue
		}
		v.from = 0
		if gone < len(v.full) {
			gone++
		} else {
			v.last = nil
		}
	}
	v.full = v.full[gone:]
	if b.gone += gone; b.gone > len(v.full)/8 { // an eighth more memory is held at most
		v.full = append(make([][]Record, 0, len(v.full)+len(v.full)/4+1), v.full...)
		b.gone = 0
	}
}

// Publish lets readers see what has been pushed since the last time. To be
// called before the stream is waited for.
func (b *Board) Publish() {
	if b.dirty {
		v := b.next
		b.view.Store(&v)
		b.dirty = false
	}
}

// View is the board as it was published last.
func (b *Board) View() *View { return b.view.Load() }
