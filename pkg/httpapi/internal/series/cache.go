package series

import (
	"runtime"
	"sync"
	"sync/atomic"

	"weir/pkg/recent"
)

// Limits of a Cache.
const (
	maxCached      = 256     // answers that are kept
	maxCachedBytes = 8 << 20 // bytes of these, in total
	maxQueued      = 64      // computations that wait for others
)

// Cache computes series, and keeps the last answer to each query. So many pages that
// show the same cost one computation at a time, and none while no record arrives. An
// answer is never older than its request.
//
// Half of all processors, at least one, compute at a time: the stream needs the others.
type Cache struct {
	mu      sync.Mutex
	answers map[string]*Answer // by query
	bytes   int                // of their texts
	clock   uint64             // counts uses of answers

	slots   chan struct{} // one for each computation that runs
	waiting atomic.Int32  // computations that wait for a slot
}

// Answer is the answer to a query, or the promise of one.
type Answer struct {
	Text   []byte        // JSON, ended by a line feed; it never changes
	Seq    uint64        // number of the newest record that it knows of
	done   chan struct{} // closed when Text is complete
	used   uint64        // Cache.clock when it was used last
	failed bool          // there was no slot; valid when done is closed
}

// NewCache returns an empty Cache.
func NewCache() *Cache {
	return &Cache{answers: map[string]*Answer{}, slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
}

// Get returns the answer to a query of the newest records, or nil if too many computations are
// waiting. Any goroutine may call it.
func (c *Cache) Get(q *Query, records *recent.Records) *Answer {
	return c.get(q.text, records, q.append)
}

// get is Get with a query that identifies what appendSeries appends for a view.
func (c *Cache) get(query string, records *recent.Records, appendSeries func([]byte, *recent.View) []byte) *Answer {
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
		if a.Seq >= needed {
			return a
		}
	}
}

// find returns the answer that a request must wait for: one that is new enough, or one
// that is being computed. If there is neither, it is a new one, of the view that is also
// returned, and the caller must compute it.
func (c *Cache) find(query string, needed uint64, records *recent.Records) (*Answer, *recent.View) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock++
	a := c.answers[query]
	if a != nil && (a.Seq >= needed || !a.complete()) {
		a.used = c.clock
		return a, nil
	}
	if a != nil {
		c.remove(query)
	}
	view := records.View()
	a = &Answer{Seq: view.Seq(), done: make(chan struct{}), used: c.clock}
	c.answers[query] = a
	return a, view
}

// complete reports whether the answer has been computed.
func (a *Answer) complete() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// compute completes an answer.
func (c *Cache) compute(query string, a *Answer, view *recent.View, appendSeries func([]byte, *recent.View) []byte) {
	a.failed = true // if appendSeries panics, too
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		close(a.done)
		c.bytes += len(a.Text)
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
	a.Text = appendSeries(nil, view)
	a.failed = false
}

// remove forgets a complete answer.
//
// Requires: c.mu is locked.
func (c *Cache) remove(query string) {
	c.bytes -= len(c.answers[query].Text)
	delete(c.answers, query)
}

// evict forgets the answers that have not been used for longest, until the limits hold;
// but not the one to query, and none that is being computed.
//
// Requires: c.mu is locked.
func (c *Cache) evict(query string) {
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
