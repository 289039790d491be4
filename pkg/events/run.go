package events

import (
	"time"

	"weir/pkg/recent"
)

// run appends records and states to the events while there are clients.
func (h *Hub) run() {
	tick := time.NewTicker(stateTime)
	defer tick.Stop()
	rested := time.NewTimer(0)
	defer rested.Stop()
	arrived := h.arrived // nil while the hub rests
	for {
		select {
		case <-arrived:
			rested.Reset(h.publish())
			arrived = nil
		case <-rested.C:
			arrived = h.arrived
		case <-tick.C:
			h.publishState()
		case <-h.left:
			if h.stop() {
				return
			}
		}
	}
}

// stop reports whether run is to return, because there are no clients.
func (h *Hub) stop() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = h.clients > 0
	return !h.running
}

// publish appends the records that have arrived, and the state if the stream has ended
// since. It returns how long the hub then rests.
func (h *Hub) publish() time.Duration {
	wake := func() {}
	h.mu.Lock()
	if h.WantsRecords() {
		h.takeRecords(h.records.View())
		h.burst.Store(0)
		if h.sequence.announce() {
			wake = h.show(RecordType)
		}
	}
	rest := min(max(minRest, time.Duration(h.clients)*restPerClient), maxRest)
	ended := h.meter.ended.Load() && !h.sent.Ended && h.clients > 0
	h.mu.Unlock()
	wake()
	if ended {
		h.publishState()
	}
	return rest
}

// takeRecords appends the records of v that have arrived.
//
// Requires: the caller has the lock.
func (h *Hub) takeRecords(v *recent.View) {
	h.sequence.addRecords(v)
	h.taken.Store(h.sequence.seen.seq)
}

// publishState appends the state of the stream if it is another one than was sent last.
// That it is idle for longer is no other state: clients have clocks of their own.
func (h *Hub) publishState() {
	wake := func() {}
	h.mu.Lock()
	now := h.meter.state(h.records.View())
	if !now.equal(h.sent) {
		h.sent = now
		h.sequence.addState(now.encode())
		wake = h.show(StreamType)
	}
	h.mu.Unlock()
	wake()
}
