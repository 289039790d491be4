package httpapi

import (
	"runtime"
	"sync"
	"sync/atomic"

	"weir/pkg/recent"
)

// Limits of seriesCache.
const (
	maxCached      = 256     // answers that are kept
	maxCachedBytes = 8 << 20 // bytes of these, in total
	maxQueued      = 64      // computations that wait for others
)

// seriesCache computes series, and keeps the last answer to each query. So many pages that
// show the same cost one computation at a time, and none while no record arrives. An
// answer is never older than its request.
//
// Half of all processors, at least one, compute at a time: the stream needs the others.
type seriesCache struct {
	mu      sync.Mutex
	answers map[string]*seriesAnswer // by query
	bytes   int                      // of their texts
	clock   uint64                   // counts uses of answers

	slots   chan struct{} // one for each computation that runs
	waiting atomic.Int32  // computations that wait for a slot
}

// seriesAnswer is the answer to a query, or the promise of one.
type seriesAnswer struct {
	text   []byte        // not empty
	seq    uint64        // number of the newest record that it knows of
	done   chan struct{} // closed when text is complete
	used   uint64        // seriesCache.clock when it was used last
	failed bool          // there was no slot; valid when done is closed
}

// init makes the cache ready for use.
func (c *seriesCache) init() {
	c.answers = map[string]*seriesAnswer{}
	c.slots = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))
}

// get returns the answer to a query of the newest records, computed by appendSeries if
// there is none yet; or nil if too many computations are waiting. query identifies what
// appendSeries appends for a view.
func (c *seriesCache) get(query string, records *recent.Records, appendSeries func([]byte, *recent.View) []byte) *seriesAnswer {
	needed := records.View().Seq()
	for {
		a, own := c.find(query, needed, records)
		if own != nil {
			c.compute(query, a, own, appendSeries)
		}
		<-a.done
		if a.failed {
			return nil
		}
		if a.seq >= needed {
			return a
		}
	}
}

// find returns the answer that a request must wait for: one that is new enough, or one
// that is being computed. If there is neither, it is a new one, of the view that is also
// returned, and the caller must compute it.
func (c *seriesCache) find(query string, needed uint64, records *recent.Records) (*seriesAnswer, *recent.View) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock++
	a := c.answers[query]
	if a != nil && (a.seq >= needed || !a.complete()) {
		a.used = c.clock
		return a, nil
	}
	if a != nil {
		c.remove(query)
	}
	view := records.View()
	a = &seriesAnswer{seq: view.Seq(), done: make(chan struct{}), used: c.clock}
	c.answers[query] = a
	return a, view
}

// complete reports whether the answer has been computed.
func (a *seriesAnswer) complete() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// compute completes an answer.
func (c *seriesCache) compute(query string, a *seriesAnswer, view *recent.View, appendSeries func([]byte, *recent.View) []byte) {
	a.failed = true // if appendSeries panics, too
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		close(a.done)
		c.bytes += len(a.text)
		if a.failed {
			c.remove(query)
		}
		c.evict(query)
	}()
	if c.waiting.Add(1) > maxQueued {
		c.waiting.Add(-1)
		return
	}
	c.slots <- struct{}{}
	c.waiting.Add(-1)
	defer func() { <-c.slots }()
	a.text = appendSeries(nil, view)
	a.failed = false
}

// remove forgets a complete answer.
//
// Requires: c.mu is locked.
func (c *seriesCache) remove(query string) {
	c.bytes -= len(c.answers[query].text)
	delete(c.answers, query)
}

// evict forgets the answers that have not been used for longest, until the limits hold;
// but not the one to query, and none that is being computed.
//
// Requires: c.mu is locked.
func (c *seriesCache) evict(query string) {
	for len(c.answers) > maxCached || c.bytes > maxCachedBytes {
		oldest := ""
		for q, a := range c.answers {
			if q != query && a.complete() && (oldest == "" || a.used < c.answers[oldest].used) {
				oldest = q
			}
		}
		if oldest == "" {
			return
		}
		c.remove(oldest)
	}
}
