package tee

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"

	"weir/pkg/batch"
	"weir/pkg/status"
)

// Emitter writes status changes to the output of a Stream, each as a line of its own
// between two lines of the data:
//
//	{"timestamp":"2024-05-06T08:00:00.000Z","machine":"m1","status":"STARTED","previous":"IDLE","event":"status"}
//
// The time and the machine have the names that they have in the data, so that a
// filter that reads the data by these reads the events, too. machine is null in a
// change of the whole job, previous if no status was set before. No member is a
// number, so an event has no reading: mavg passes it on, winavg and stats count it
// without a reading.
//
// Why it is safe to do this to a stream that is otherwise copied byte for byte:
//
//   - An event is written between two lines only. One that comes in the middle of a
//     line waits for its line feed; at the end of the input, one is written in front of
//     the event if the last line has none.
//   - Data and events are written in the order in which they came: the bytes that were
//     read before a change are in front of its event, give or take the rest of their
//     line, and all later ones after it. Events ascend by Change.Seq.
//   - A line of compressed data or of an array is no place for an event. When the first
//     bytes show such an input, that is reported, and nothing more is emitted.
//   - Change never waits. If the output is blocked, changes wait in a queue of
//     maxWaiting, from which the oldest are lost: that is counted and reported.
//
// Note: a change before the first byte of the input is written at once, so that a reader of
// a stream that is still idle learns of it. If that input then turns out to be compressed,
// there is a line in front of it.
//
// Two goroutines write: that of Stream.Run (pass), and the Emitter's own (run), which
// writes at once while the input is idle. mu makes them take turns.
type Emitter struct {
	layout eventLayout
	queue  *changeQueue
	printf func(string)

	written atomic.Uint64  // changes written
	ended   chan struct{}  // closed by end
	stopped chan struct{}  // closed by run
	reports sync.WaitGroup // what is being printed: end waits for it

	mu       sync.Mutex // guards the rest, and the output
	output   func([]byte) error
	start    inputStart
	openLine bool // the last byte written is not a line feed
	buffer   []byte
}

// NewEmitter returns an Emitter for data in which time and machine are the paths of
// these members. printf reports what is lost, on any goroutine. It is an error if an
// event would have two members of one name.
func NewEmitter(time, machine batch.Path, printf func(string)) (*Emitter, error) {
	layout, err := newEventLayout(time, machine)
	if err != nil {
		return nil, err
	}
	e := &Emitter{layout: layout, printf: printf, ended: make(chan struct{}), stopped: make(chan struct{})}
	e.queue = newChangeQueue(e.print)
	return e, nil
}

// Change takes a change to be written. It is a status.Options.OnChange: it returns at
// once, and must be called in the order of Seq.
func (e *Emitter) Change(c status.Change) { e.queue.add(c) }

// Counts returns how many changes have been written, and how many were lost: because
// the queue was full, because the output had failed or ended, or because the input has
// no lines. Any goroutine may call it.
func (e *Emitter) Counts() (written, lost uint64) { return e.written.Load(), e.queue.lost.Load() }

// begin starts to write changes to output, which writes all bytes or returns an error.
func (e *Emitter) begin(output func([]byte) error) {
	e.output = output
	go e.run()
}

// run writes changes as they come, unless a line is open: then pass does.
func (e *Emitter) run() {
	defer close(e.stopped)
	for {
		select {
		case <-e.queue.added:
			e.mu.Lock()
			if !e.openLine {
				e.report(e.emit())
			}
			e.mu.Unlock()
		case <-e.ended:
			return
		}
	}
}

// pass writes a block of the data, and the changes that wait for the end of a line in
// it.
func (e *Emitter) pass(block []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.start.decided {
		e.inspect(block)
	}
	open := block[len(block)-1] != '\n'
	if e.queue.waits() {
		line := 0 // length of the rest of the open line
		if e.openLine {
			line = bytes.IndexByte(block, '\n') + 1
		}
		if line > 0 {
			_ = e.output(block[:line]) // the Stream keeps the error
			block = block[line:]
		}
		if line > 0 || !e.openLine {
			e.report(e.emit())
		}
	}
	e.openLine = open
	if len(block) > 0 {
		_ = e.output(block)
	}
}

// inspect decides whether the input has lines, and closes the queue if it has not.
func (e *Emitter) inspect(block []byte) {
	e.start.add(block)
	if e.start.found != "" {
		e.queue.close()
		e.print("--emit-status works between lines of JSON, but the input is " + e.start.found + ": status changes are not written to the output")
	}
}

// emit writes the changes of the queue. It returns how many were lost since the last
// call because the queue was full.
//
// Requires: e.mu is locked, and no line is open.
func (e *Emitter) emit() (lost int) {
	changes, lost := e.queue.take()
	if len(changes) == 0 {
		return lost
	}
	e.buffer = e.buffer[:0]
	for _, c := range changes {
		e.buffer = e.layout.append(e.buffer, c)
	}
	err := e.output(e.buffer)
	if err != nil {
		e.queue.lost.Add(uint64(len(changes)))
		e.queue.close()
		return lost
	}
	e.written.Add(uint64(len(changes)))
	return lost
}

// report reports n lost changes, if n is not 0.
func (e *Emitter) report(n int) {
	if n > 0 {
		e.print(fmt.Sprintf("%d status changes were not written to the output, as its reader did not read", n))
	}
}

// print reports a text. It does not wait for that, as stderr may be blocked.
func (e *Emitter) print(text string) { e.reports.Go(func() { e.printf(text) }) }

// end writes what waits, on a line of its own even if the last line of the data has no
// line feed. Later changes are lost. It waits for reports, as the process may be about to end.
func (e *Emitter) end() {
	close(e.ended)
	<-e.stopped
	e.mu.Lock()
	if e.queue.waits() && e.openLine {
		_ = e.output([]byte("\n"))
	}
	e.report(e.emit())
	e.queue.close()
	e.mu.Unlock()
	e.reports.Wait()
}
