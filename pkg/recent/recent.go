// Package recent keeps the newest records of a stream in memory.
//
// One goroutine, the writer, pushes records and publishes them. Any number of
// goroutines, the readers, query what was published; they take no lock that the
// writer takes, so they never delay the stream.
//
// Package tee pushes the records, httpapi serves them over HTTP, events sends them, and
// cmd/statusd makes the Records. Package recent imports ndjson, which parses them; it knows
// nothing of HTTP.
//
// The main types, in the order in which a reader needs them:
//
//   - [Options]: the limits, and which members of a record are read.
//   - [Records]: Push and Publish for the writer, View for the readers.
//   - [View]: an immutable snapshot of the records, made by Publish.
//   - [Query] and [Selection]: which records are wanted, and what was selected.
//   - [Machines]: which machines have records, kept up to date by the readers.
//   - [SeriesQuery] and [Series]: the readings of fields, in as many columns as a chart has.
//
// # Data structure
//
// Records are stored in pages of at most 256, oldest first. Full pages form a
// list; one further page is being filled. The texts of the records are stored
// in arenas of 64 KiB that pages point into; a large text has an allocation of
// its own. The oldest record is evicted by advancing an index, its page by
// removing it from the list once all of its records are evicted.
//
// A View has copies of the slice headers of that list and of the page being
// filled. Publish therefore allocates one small struct, whatever the number of
// records. Evicted pages and arenas stay in memory only as long as a reader
// holds a View that refers to them.
//
// # Who may access what without a lock
//
// Records, pages, the list of pages and arenas are append-only: the writer only
// writes past the last element that any published View can reach, and never
// changes an element that it has written. So a reader may read all that its View
// reaches, for as long as it likes. Publish stores the View in an atomic
// pointer and [Records.View] loads it; that orders the writer's writes before the
// reader's reads (Go memory model). All other fields of Records belong to the
// writer.
package recent

import (
	"sync/atomic"

	"weir/pkg/batch"
	"weir/pkg/stamp"
)

// Options are the limits of Records, and which members of a record are read.
type Options struct {
	Keep    int          // maximum number of records; at least 1
	Bytes   int64        // maximum memory of the records, in bytes, bookkeeping included (see overhead)
	Machine batch.Path   // the member that names the machine
	Time    batch.Path   // the member that holds the time
	Format  stamp.Format // format of the time
}

// Record is one record of the stream. It is immutable.
type Record struct {
	Seq     uint64     // number of the record in the stream, from 1; a record too large to keep leaves a gap
	Time    stamp.Time // the zero value unless Timed
	Timed   bool       // the record has a time that could be read
	Raw     []byte     // the JSON object as it was read, from brace to brace
	machine []byte     // JSON text of the machine member: "m1", 7, null; null if there is none
}

// Machine returns the JSON text of the record's machine member, in the form of
// [jsonscan.AppendQuoted] if it is a string; null if there is none, or if it is not a
// scalar. The caller must not change it.
func (r *Record) Machine() []byte { return r.machine }

// belongsTo reports whether the record is one of the machine called name: its
// machine member is a string that decodes to name, or another scalar, except
// null, whose JSON text is name.
//
// Requires: quoted is name as [jsonscan.AppendQuoted] encodes it. ndjson encodes
// every string key in this form, so equal texts mean equal strings.
func (r *Record) belongsTo(name string, quoted []byte) bool {
	if r.machine[0] == '"' {
		return string(r.machine) == string(quoted)
	}
	return string(r.machine) == name && name != "null"
}

// Counts are the counters of Records at the time of a View.
type Counts struct {
	Kept     uint64     // records stored since the start, evicted ones included
	TooLarge uint64     // valid records not stored because one alone needs more than Options.Bytes
	Bad      uint64     // lines that are not records
	Newest   stamp.Time // the largest time of a record; valid if Timed
	Timed    bool       // at least one record had a time
	Held     int        // records stored now
	Bytes    int64      // memory of these, as counted for Options.Bytes
}

// Records holds the newest records of a stream, within the limits of its Options.
//
// Push, Bad and Publish must be called by one goroutine, the writer. All other
// methods may be called by any goroutine at any time.
type Records struct {
	o    Options
	view atomic.Pointer[View] // what readers see; stored by Publish only

	// changed is closed after the next Publish that changes the view. It is nil as
	// long as no reader has called Changed since the last one.
	changed atomic.Pointer[chan struct{}]

	machines machineIndex // the readers'

	// The rest belongs to the writer.

	next  View   // what the next Publish will show
	arena []byte // texts of the newest records; appended to within its capacity only
	dirty bool   // next has changed since the last Publish

	// dropped is the number of pages that were removed from the front of next.full
	// but are still referenced by its backing array, and so are still in memory.
	dropped int
}

const (
	// pageLen is the number of records of a full page. It is large enough to make
	// the list of pages short (4 entries for the default of 1,000 records), and small
	// enough that a page with one record left does not hold much memory.
	pageLen = 256

	// arenaSize is the capacity of an arena. At about 100 bytes a record it costs
	// one allocation for 600 records.
	arenaSize = 64 << 10

	// largeText is the length from which a text gets an allocation of its own. At
	// most this much of an arena is left unused at its end.
	largeText = arenaSize / 4

	// overhead is added to the length of a record's text and machine when memory is
	// counted. It covers the Record (80 bytes) and its share of unused page and arena
	// space.
	overhead = 128
)

// New returns Records without a record.
func New(o Options) *Records {
	rs := &Records{o: o, machines: machineIndex{maxMachines: MaxMachines, maxNames: MaxNames}}
	rs.view.Store(&View{})
	return rs
}

// Keep returns the maximum number of records.
func (rs *Records) Keep() int { return rs.o.Keep }

// Plan returns what Push needs to have read of a record. A time that cannot be
// read and a machine that is not a scalar are not errors: such a record is kept
// without a time, or with the machine null.
func (rs *Records) Plan() batch.Plan {
	return batch.Plan{Time: rs.o.Time, Format: rs.o.Format, TimeOptional: true, IgnoreBadTime: true, Key: []batch.Path{rs.o.Machine}, IgnoreBadKey: true}
}

// Bad counts a line that is not a record. Readers see the new count after the
// next Publish.
func (rs *Records) Bad() {
	rs.next.Bad++
	rs.dirty = true
}

// Push stores a copy of r and evicts the oldest records where a limit would be
// exceeded. Readers see the record after the next Publish.
//
// Requires: r was read with Plan.
func (rs *Records) Push(r *batch.Record) {
	v := &rs.next
	rs.dirty = true
	v.seq++
	if r.Timed() && (!v.Timed || v.Newest.Before(r.Time())) {
		v.Newest, v.Timed = r.Time(), true
	}
	raw, machine := r.Raw(), r.Key()
	size := int64(len(raw)) + int64(len(machine)) + overhead
	if size > rs.o.Bytes {
		v.TooLarge++
		return
	}
	v.Kept++
	v.Held++
	v.Bytes += size
	rs.evict()
	raw, machine = rs.copyTexts(raw, machine)
	if v.last == nil {
		// As many records of this size as fit into an arena; append grows the page if
		// later ones are smaller.
		v.last = make([]Record, 0, min(pageLen, 1+arenaSize/size))
	}
	v.last = append(v.last, Record{Seq: v.seq, Time: r.Time(), Timed: r.Timed(), Raw: raw, machine: machine})
	// A page ends with a large record, so that small records do not keep it in
	// memory after it was evicted.
	if len(v.last) == pageLen || size >= largeText {
		rs.nextPage()
	}
}

// copyTexts copies both texts, one after the other, into the arena, or into an
// allocation of their own if they are large.
//
// Invariant: a page refers to at most one arena, and to at most one large text.
// So an evicted page frees what its records were counted with, give or take an
// arena.
func (rs *Records) copyTexts(raw, machine []byte) (_, _ []byte) {
	n := len(raw) + len(machine)
	if n >= largeText {
		own := append(append(make([]byte, 0, n), raw...), machine...)
		return own[:len(raw):len(raw)], own[len(raw):]
	}
	if cap(rs.arena)-len(rs.arena) < n {
		rs.nextPage()
		rs.arena = make([]byte, 0, arenaSize)
	}
	at := len(rs.arena)
	rs.arena = append(append(rs.arena, raw...), machine...)
	return rs.arena[at : at+len(raw) : at+len(raw)], rs.arena[at+len(raw):]
}

// nextPage appends the page being filled to the list of full pages, if it has
// records.
//
// Invariant: entries of the list that a View can reach are never changed in
// place. The list grows by append at its end, and shrinks by slicing at its
// beginning.
func (rs *Records) nextPage() {
	v := &rs.next
	if len(v.last) == 0 {
		return
	}
	if len(v.full) == cap(v.full) {
		rs.dropped = 0 // append copies the list to a new array, without the removed pages
	}
	v.full = append(v.full, v.last)
	v.last = nil
}

// evict removes the oldest records until both limits hold.
//
// Requires: Held and Bytes count the record that Push is about to store, and that
// record alone is within the limits. So the loop ends at the latest when all
// stored records are evicted.
func (rs *Records) evict() {
	v := &rs.next
	pages := 0 // full pages that have been evicted
	for v.Held > rs.o.Keep || v.Bytes > rs.o.Bytes {
		page := v.last
		if pages < len(v.full) {
			page = v.full[pages]
		}
		r := &page[v.from]
		v.Held--
		v.evicted = r.Seq
		v.Bytes -= int64(len(r.Raw)) + int64(len(r.machine)) + overhead
		v.from++
		if v.from < len(page) {
			continue
		}
		v.from = 0
		if pages < len(v.full) {
			pages++
		} else {
			v.last = nil
		}
	}
	v.full = v.full[pages:]
	rs.dropped += pages
	// Slicing leaves the removed pages in the backing array. The list is copied when
	// they are more than an eighth of it, so they add at most an eighth to the memory.
	if rs.dropped > len(v.full)/8 {
		v.full = append(make([][]Record, 0, len(v.full)+len(v.full)/4+1), v.full...)
		rs.dropped = 0
	}
}

// Publish makes everything that was pushed so far visible to readers, and wakes those
// that wait for it. The writer calls it before it waits for input, so that readers
// never miss a record that has arrived. It does nothing if nothing has changed.
//
// Its cost does not depend on the number of readers: a goroutine of its own wakes
// them.
func (rs *Records) Publish() {
	if !rs.dirty {
		return
	}
	v := rs.next
	rs.view.Store(&v)
	rs.dirty = false
	if rs.changed.Load() != nil {
		waiting := rs.changed.Swap(nil)
		go close(*waiting)
	}
}

// View returns the records as they were when Publish was last called. It does not
// block, and the view never changes.
func (rs *Records) View() *View { return rs.view.Load() }

// Changed returns a channel that is closed soon after a view other than v has been
// published, or at once if v is not the current one. So a reader that handles a view
// and then waits for Changed misses nothing:
//
//	for v := rs.View(); ; v = rs.View() {
//		handle(v)
//		<-rs.Changed(v)
//	}
//
// Why no view can be missed: Publish stores the view before it loads changed, and
// Changed stores changed before it loads the view. So at least one of the two sees what
// the other has stored.
func (rs *Records) Changed(v *View) <-chan struct{} {
	waiting := rs.changed.Load()
	for waiting == nil {
		own := make(chan struct{})
		if rs.changed.CompareAndSwap(nil, &own) {
			waiting = &own
		} else {
			waiting = rs.changed.Load()
		}
	}
	if rs.View() != v {
		return closed
	}
	return *waiting
}

// closed is a closed channel.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
