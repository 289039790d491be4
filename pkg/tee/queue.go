package tee

import (
	"fmt"
	"sync"
	"sync/atomic"

	"weir/pkg/status"
)

// maxWaiting is how many status changes wait for a blocked output. It is an hour of a
// change every four seconds, and less than a megabyte.
const maxWaiting = 1000

// changeQueue holds the status changes that are still to be written, oldest first. When
// it is full, the oldest is lost: the reader of the output then misses a change, and
// sees that by the previous status of the next event, but it gets the newest status.
type changeQueue struct {
	added chan struct{} // capacity 1; has an element if a change was added since it was last received
	print func(string)  // reports that the queue is full, and does not wait for that
	lost  atomic.Uint64 // changes that were not written

	mu       sync.Mutex
	changes  []status.Change
	overflow int  // changes lost since the last take
	closed   bool // changes are lost
}

func newChangeQueue(print func(string)) *changeQueue {
	return &changeQueue{added: make(chan struct{}, 1), print: print}
}

// add appends a change. It never blocks.
func (q *changeQueue) add(c status.Change) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		q.lost.Add(1)
		return
	}
	if len(q.changes) == maxWaiting {
		q.changes = append(q.changes[:0], q.changes[1:]...)
		if q.overflow == 0 {
			q.print(fmt.Sprintf("the reader of the output does not read: more than %d status changes wait to be written, and the oldest are lost", maxWaiting))
		}
		q.overflow++
		q.lost.Add(1)
	}
	q.changes = append(q.changes, c)
	select {
	case q.added <- struct{}{}:
	default: // it has an element already
	}
}

// waits reports whether there are changes to be written.
func (q *changeQueue) waits() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.changes) > 0
}

// take removes all changes and returns them. overflow is how many were lost since the
// last call because the queue was full.
func (q *changeQueue) take() (changes []status.Change, overflow int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	changes, overflow = q.changes, q.overflow
	q.changes, q.overflow = nil, 0
	return changes, overflow
}

// close makes all later changes lost, and those that wait.
func (q *changeQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lost.Add(uint64(len(q.changes)))
	q.changes, q.closed = nil, true
}
