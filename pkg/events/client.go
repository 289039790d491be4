package events

import "weir/pkg/jsonscan"

// Subscription says which events a client wants.
type Subscription struct {
	Types Types

	// Machine, if not nil, is a machine's name: of the events of RecordType and StatusType,
	// only those of this machine are wanted. The state of the stream has no machine, and
	// is sent as well.
	Machine *string

	// LastID is the id of the last event that the client has received; empty: none. The
	// client gets what follows it; or first "reset", if that is not possible.
	LastID string
}

// Client is a position in the events of a Hub. Its methods are called by one goroutine
// at a time.
type Client struct {
	hub    *Hub
	types  Types
	name   *string // of the machine
	quoted string  // JSON text of it

	// intro is what is left of what is sent before all events.
	intro []byte

	// Invariant: of the events that the client wants, it has received those with
	// numbers up to n, and sent bytes of the one after; sent is 0 but for an event that is
	// longer than the argument of Next.
	n    uint64
	sent int
}

// maxScan is the number of events that one call of Next looks at.
const maxScan = 4096

// Subscribe adds a client. What it gets first is an id, so that it can resume even if
// the connection fails before the first event; "reset", if it cannot resume after
// LastID; and the state of the stream, if it wants that. The error is ErrClosed after
// Close. The caller must call Client.Close.
func (h *Hub) Subscribe(s Subscription) (*Client, error) {
	c := &Client{hub: h, types: s.Types, name: s.Machine}
	if s.Machine != nil {
		c.quoted = string(jsonscan.AppendQuoted(nil, *s.Machine))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	view := h.records.View()
	now := h.meter.state(view)
	h.sequence.begin(view)
	if s.Types&RecordType != 0 {
		h.takeRecords(view)
		h.recordClients.Add(1)
		notify(h.arrived) // run shows what was appended
	}
	n, reason := h.sequence.resume(s.Types, s.LastID)
	c.n = n
	c.intro = appendID(c.intro, h.sequence.process, n)
	if reason != "" {
		c.intro = appendReset(c.intro, h.sequence.process, n, reason)
	}
	if s.Types&StreamType != 0 {
		// Its id is n, too: with a larger one the client would skip what it is about to get,
		// if the connection failed before.
		c.intro = appendFrame(c.intro, h.sequence.process, n, "stream", now.encode())
	}
	h.clients++
	if !h.running {
		h.running, h.sent = true, now
		go h.run()
	}
	return c, nil
}

// Next copies into b what follows for the client: whole events, one after the other, as
// many as there are and fit; or, of an event that is longer than b, the next piece. If n
// is 0, ready is closed when Next is to be called again.
//
// The error is ErrMissed or, after all events have been copied, ErrClosed.
//
// Requires: b has at least 1,024 bytes. (A state of the stream is never cut into pieces,
// since a newer one may replace it before the second piece.)
func (c *Client) Next(b []byte) (n int, ready <-chan struct{}, err error) {
	if len(c.intro) > 0 {
		n = copy(b, c.intro)
		c.intro = c.intro[n:]
		return n, nil, nil
	}
	v := c.hub.shown.Load()
	if !v.holds(c.types, c.n) {
		return 0, nil, ErrMissed
	}
	m := newMerge(v, c.types, c.n)
	for range maxScan {
		e, ok := m.next()
		if !ok {
			c.n = max(c.n, v.newest)
			ready, err = v.end(n, c.types)
			return n, ready, err
		}
		if !c.wants(e) {
			c.n = e.n
			continue
		}
		if n > 0 && len(e.text) > len(b)-n {
			return n, nil, nil
		}
		k := copy(b[n:], e.text[c.sent:])
		n += k
		c.sent += k
		if c.sent < len(e.text) {
			return n, nil, nil
		}
		c.n, c.sent = e.n, 0
	}
	return n, alwaysReady, nil
}

// end returns what Next does after n bytes when all events have been copied: the error
// ErrClosed, if there will be no further ones, or the channel to wait for; neither if n
// is not 0.
func (v *view) end(n int, t Types) (ready <-chan struct{}, err error) {
	switch {
	case n > 0:
		return nil, nil
	case v.closed:
		return nil, ErrClosed
	case t&RecordType == 0:
		return v.rare, nil
	}
	return v.any, nil
}

// alwaysReady is closed.
var alwaysReady = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// wants reports whether the client wants an event of one of its types. The key of an
// event is a machine as recent.Record.Machine returns it, or empty for the whole job.
func (c *Client) wants(e event) bool {
	switch {
	case c.name == nil || e.everyone:
		return true
	case len(e.key) == 0:
		return false
	case e.key[0] == '"':
		return string(e.key) == c.quoted
	}
	return string(e.key) == *c.name && *c.name != "null"
}

// Close removes the client.
func (c *Client) Close() {
	h := c.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients--
	if c.types&RecordType != 0 {
		h.recordClients.Add(-1)
	}
	if h.clients == 0 {
		notify(h.left)
	}
}

// merge takes the events of several logs in the order of their numbers.
type merge struct {
	heads [3]struct {
		log   *logView
		at    position
		event event
		ok    bool // the log has that event
	}
}

// newMerge returns a merge of the events of these types with numbers larger than n.
func newMerge(v *view, t Types, n uint64) (m merge) {
	for i := range m.heads {
		if t&(1<<i) != 0 {
			h := &m.heads[i]
			h.log = &v.logs[i]
			h.at = h.log.after(n)
			h.event, h.ok = h.log.at(h.at)
		}
	}
	return m
}

// next returns the next event; false at the end of all logs.
func (m *merge) next() (event, bool) {
	best := -1
	for i := range m.heads {
		if m.heads[i].ok && (best < 0 || m.heads[i].event.n < m.heads[best].event.n) {
			best = i
		}
	}
	if best < 0 {
		return event{}, false
	}
	h := &m.heads[best]
	e := h.event
	h.at = h.log.next(h.at)
	h.event, h.ok = h.log.at(h.at)
	return e, true
}
