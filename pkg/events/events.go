// Package events distributes what happens in statusd to any number of clients, as
// server-sent events (WHATWG HTML, 9.2): records, changes of a status, and the state
// of the stream.
//
// Package httpapi sends the events over HTTP, and cmd/statusd makes the Hub. Package events
// imports recent, from which it takes the records; it knows nothing of HTTP.
//
// The main types, in the order in which a reader needs them:
//
//   - [Hub]: numbers all events, encodes each once, and holds the newest.
//   - [Subscription]: which events a client wants.
//   - [Client]: a position in the numbered events. Next copies what follows it.
//
// # Nothing waits for a client
//
// The goroutine that reads the stream calls [Hub.Published] after each block. That
// notes the time, and wakes the hub's own goroutine if a client wants records; it takes
// no lock. The hub's goroutine (Hub.run) then reads the records from recent.View,
// encodes them, and appends them to a log. It lives as long as there are clients.
//
// A client is a number in the log, not a queue: what it has not read yet is in the log
// once for all clients. Logs are bounded. A client that is so slow that events it
// wants are removed before it has copied them gets ErrMissed, and is to be
// disconnected; it may come back with the id of the last event that it has got.
//
// After each batch of records, the hub's goroutine rests for some milliseconds, more
// of them the more clients there are (see Hub.rest). So an idle stream's next record is
// sent at once, and a busy one's are sent in batches: for a thousand clients, a write
// costs more than a record.
//
// # What is held, and for how long
//
// There are three logs, with one numbering: of records, of changes, and of states of
// the stream. A client resumes after event n if no event that it wants and that is
// newer than n was removed. The log of states holds only the newest, because a state
// replaces the one before it; it never prevents resuming.
//
// While no client wants records, none are encoded. The next client that does, or that
// resumes, first has the hub catch up with the records that have arrived since, as far
// as recent.View still has them.
package events

import (
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"weir/pkg/recent"
)

// Types is a set of types of events.
type Types uint8

// The types of events, by the name that clients see (the field "event").
const (
	RecordType Types = 1 << iota // "record": a record has arrived; its data is the record as it was read
	StatusType                   // "status": a status has changed; its data is what was given to Hub.Status
	StreamType                   // "stream": the state of the stream; its data is a state as JSON

	AllTypes = RecordType | StatusType | StreamType
)

// Options are the settings of a Hub. Records is required.
type Options struct {
	Records *recent.Records

	// Bytes is the maximum memory of the events held, in bytes, bookkeeping included (see
	// frameOverhead); 0: 16 MiB. Of it, a sixteenth is for changes of a status. A record
	// that needs more than an eighth is not sent: clients get "reset" in its place.
	Bytes int64
}

// Errors of a Client or of Hub.Subscribe.
var (
	ErrMissed = errors.New("the client has been too slow: events that it wants are not held any more")
	ErrClosed = errors.New("there will be no further events")
)

const (
	// bytesHeld is the default of Options.Bytes. At 1,000 records a second of 100 bytes,
	// it is about a minute and a half.
	bytesHeld = 16 << 20

	// stateTime is the interval in which the state of the stream is sent while it changes.
	stateTime = time.Second

	// minRest and maxRest limit Hub.rest, restPerClient is the part of each client. A
	// client's share of a batch is the wake-up of its goroutine and one write, 10 to 20
	// µs of CPU time. maxRest is what a person who looks at a chart does not notice.
	minRest, maxRest = 5 * time.Millisecond, 50 * time.Millisecond
	restPerClient    = 50 * time.Microsecond
)

// Hub numbers all events, encodes each once, and holds the newest.
//
// All methods may be called by any goroutine at any time, except that Published and
// End are called by one goroutine, the stream's.
type Hub struct {
	records *recent.Records
	meter   meter

	recordClients atomic.Int32  // clients that want records
	taken         atomic.Uint64 // number of the newest record that was taken from records
	arrived       chan struct{} // capacity 1: records were published

	// burst is how many bytes Published has appended since run last did. From maxBurst on it
	// appends nothing: a stream that stays so fast would spend its time on events that no
	// client can read.
	burst    atomic.Int64
	maxBurst int64

	left chan struct{} // capacity 1: a client has left

	// shown is what clients read. They take no lock: a thousand of them would keep it
	// from those who append events.
	shown atomic.Pointer[view]

	mu       sync.Mutex // guards what follows, and the storing of shown
	sequence sequence
	sent     state // the state that was sent last
	clients  int
	running  bool // run is running; it does from the first client to the last
	closed   bool
}

// New returns a Hub without clients.
func New(o Options) *Hub {
	if o.Bytes <= 0 {
		o.Bytes = bytesHeld
	}
	h := &Hub{
		records: o.Records, maxBurst: o.Bytes / 4, arrived: make(chan struct{}, 1), left: make(chan struct{}, 1),
		sequence: newSequence(rand.Text()[:8], o.Bytes),
	}
	h.shown.Store(&view{any: make(chan struct{}), rare: make(chan struct{})})
	return h
}

// show shows clients all events, of which t are the types of those that are new. The
// caller then calls wake, without the lock: for many clients it takes a while.
//
// Requires: the caller has the lock.
func (h *Hub) show(t Types) (wake func()) {
	old, v := h.shown.Load(), h.sequence.view()
	v.closed, v.any, v.rare = h.closed, make(chan struct{}), old.rare
	if t == RecordType {
		h.shown.Store(v)
		return func() { close(old.any) }
	}
	v.rare = make(chan struct{})
	h.shown.Store(v)
	return func() { close(old.any); close(old.rare) }
}

// Published notes that records may have been published and that passed bytes of input
// have been read so far. The stream calls it before it waits for input, and, while there
// is a client that wants records, at least after every MaxUnpublished records. It takes some
// 100 ns and waits for nothing.
//
// If the hub's goroutine is so late that records may be evicted before it has taken them, because
// it gets no processor or the input comes in a burst, Published takes them. Then it waits for
// the hub's lock; who has that waits for nothing and does not write to clients.
func (h *Hub) Published(passed int64) {
	v := h.records.View()
	h.meter.note(passed, lines(v))
	if !h.WantsRecords() {
		return
	}
	notify(h.arrived)
	if v.Seq()-h.taken.Load() > uint64(v.Held)/2 && h.burst.Load() < h.maxBurst {
		h.mu.Lock()
		before := h.sequence.records.added
		h.takeRecords(v)
		h.burst.Add(h.sequence.records.added - before)
		h.mu.Unlock()
	}
}

// WantsRecords reports whether there is a client that wants records.
func (h *Hub) WantsRecords() bool { return h.recordClients.Load() > 0 }

// MaxUnpublished returns after how many records Published is to be called at the latest.
func (h *Hub) MaxUnpublished() int { return max(1, min(64, h.records.Keep()/8)) }

// End appends the last records and the last state of the stream, which has ended.
func (h *Hub) End() {
	h.meter.ended.Store(true)
	h.publish()
}

// Clients returns the number of clients.
func (h *Hub) Clients() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clients
}

// Status appends a change of a status: of a machine, or of the whole job if machine is
// empty. data is the change as JSON. Changes are sent in the order of the calls.
func (h *Hub) Status(machine string, data []byte) {
	h.mu.Lock()
	h.sequence.addStatus(machine, data)
	wake := h.show(StatusType)
	h.mu.Unlock()
	wake()
}

// Close ends the events: clients get what there is, and then ErrClosed.
func (h *Hub) Close() {
	h.publish()
	h.mu.Lock()
	h.closed = true
	wake := h.show(AllTypes)
	h.mu.Unlock()
	wake()
}

// notify makes sure that a receive from c, which has capacity 1, succeeds.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
