// Package conns keeps slow clients from taking what others need: it limits the number
// of connections and the time that a client takes to accept an answer.
//
// Package httpapi imports it, and request and access, which wait for clients. It knows
// connections, and nothing of requests but when one is being answered.
//
//   - [Listener]: accepts connections, and closes the least useful one at the limit.
//   - [Conn]: a connection whose writes end when the client accepts nothing.
package conns

import (
	"container/list"
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"weir/pkg/fd"
)

const (
	// StallTime is how long a client may accept nothing of an answer before it loses its
	// connection, apart from the time that it gets for what it has accepted: a second for
	// each minRate bytes, but never more than maxCredit ahead. So a client that reads
	// minRate keeps its connection, and an answer may take days.
	//
	// Why not StallTime alone: what is seen of a client is what its system accepts, and
	// that accepts a part of an answer before the client reads it, and then nothing until
	// there is much room again (RFC 9293, 3.8.6.2.2): with Linux, a sixteenth of its
	// receive buffer, which grows to megabytes. Of a client of 20 KB/s on the loopback
	// interface, nothing was seen for more than 30 s.
	StallTime = 30 * time.Second

	// minRate is the rate in bytes per second of the slowest client that is served.
	minRate = 1 << 10

	// maxCredit is enough for a client of minRate with a receive buffer of 9 MiB.
	maxCredit = 10 * time.Minute

	// evictTime is how long a client must have accepted nothing before its connection can
	// be closed for its share of the budget of bytes in flight.
	evictTime = 5 * time.Second

	// checkTime is the interval in which a write that blocks looks for progress.
	checkTime = time.Second

	// unsent limits the bytes of an answer that the system holds for a client and has not
	// sent, and so its memory for 1,000 clients that read nothing: 64 MB, where Linux
	// would take up to 4 MB for each. Larger ones save system calls, but no time.
	unsent = 64 << 10
)

// Listener limits the number of open connections. When the limit is reached, a new
// connection replaces another one, in this order:
//
//  1. the one that has been without a request for longest;
//  2. the one whose answer has been blocked for longest, without progress, if that
//     is at least a moment (see blockedTime).
//
// If there is none, because all are being answered, the new connection is closed. So
// slow and idle clients never keep others out, however many they are;
// golang.org/x/net/netutil.LimitListener would let new clients wait for them.
//
// The same happens if the process may not open more files.
type Listener struct {
	net.Listener
	max   int
	scale time.Duration // tests divide StallTime, maxCredit and checkTime by it, and multiply minRate; 1

	mu sync.Mutex

	// open holds the open connections as *Conn. A connection moves to the back when it
	// is accepted and after each answer, so the front has been idle for longest.
	open list.List

	nextTurn time.Time // when the next pipelined request may be answered
}

// blockedTime is how long a write must have been without progress before its
// connection can be evicted: longer than a usual round trip.
const blockedTime = 100 * time.Millisecond

// pipelineTime is the time between two pipelined requests, of all clients together. A
// small request takes a tenth of it.
const pipelineTime = 200 * time.Microsecond

// NewListener returns a Listener that accepts connections from l, at most max at a
// time.
func NewListener(l net.Listener, max int) *Listener {
	return &Listener{Listener: l, max: max, scale: 1}
}

// Accept implements net.Listener. It returns the next connection that can be
// admitted, as a *Conn.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			if (errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)) && l.evict() {
				continue
			}
			return nil, err
		}
		c := l.admit(nc)
		if c != nil {
			return c, nil
		}
		_ = nc.Close() // all connections are being answered
	}
}

// admit adds a connection, and evicts another if the limit is reached. It returns
// nil if none can be evicted.
func (l *Listener) admit(nc net.Conn) *Conn {
	if s, ok := nc.(syscall.Conn); ok {
		fd.LimitUnsent(s, unsent)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open.Len() >= l.max && !l.evictLocked() {
		return nil
	}
	c := &Conn{Conn: nc, listener: l}
	c.element = l.open.PushBack(c)
	return c
}

// evict closes the connection that is least useful, and reports whether there was one.
func (l *Listener) evict() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.evictLocked()
}

// evictLocked is evict.
//
// Requires: l.mu is locked.
func (l *Listener) evictLocked() bool {
	victim := l.open.Front()
	for victim != nil && victim.Value.(*Conn).busy() {
		victim = victim.Next()
	}
	if victim == nil {
		var longest time.Duration
		victim, longest = l.mostBlocked()
		if longest < blockedTime {
			return false
		}
	}
	// net/http's pending read or write fails, and it calls Conn.Close.
	_ = l.open.Remove(victim).(*Conn).Conn.Close()
	return true
}

// CloseIdle closes all connections that are not being answered.
func (l *Listener) CloseIdle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e := l.open.Front(); e != nil; e = e.Next() {
		c := e.Value.(*Conn)
		if !c.answering.Load() {
			_ = c.Conn.Close()
		}
	}
}

// EvictStalled closes the connection whose client has accepted nothing for longest, if
// that is evictTime or more, so that its answer is held no longer.
func (l *Listener) EvictStalled() {
	l.mu.Lock()
	defer l.mu.Unlock()
	victim, longest := l.mostBlocked()
	if longest >= evictTime {
		_ = l.open.Remove(victim).(*Conn).Conn.Close()
	}
}

// mostBlocked returns the connection whose client has accepted nothing for longest, and for
// how long; nil and 0 if no Write is blocked.
//
// Requires: l.mu is locked.
func (l *Listener) mostBlocked() (victim *list.Element, longest time.Duration) {
	now := time.Now()
	for e := l.open.Front(); e != nil; e = e.Next() {
		blocked := e.Value.(*Conn).blocked(now)
		if blocked > longest {
			victim, longest = e, blocked
		}
	}
	return victim, longest
}

// Conn is a connection of a Listener. Its writes have no limit of time, but fail with
// os.ErrDeadlineExceeded when the client accepts nothing for StallTime.
type Conn struct {
	net.Conn
	listener *Listener
	element  *list.Element // in listener.open

	// answering is true from the call of the handler until the answer is sent
	// completely.
	answering atomic.Bool

	// reading is true while the handler waits for the client, for example for the
	// request's body. Such a connection can be evicted.
	reading atomic.Bool

	// reads counts the reads of requests, and requestRead is what it was when the last
	// request began: a request that needed no read was sent together with the one before.
	reads       atomic.Int64
	requestRead int64

	// progress is the time of the last progress of the Write that is running, in
	// nanoseconds since the Unix epoch; 0 if none is.
	progress atomic.Int64

	// deadline is what SetWriteDeadline was called with, likewise; 0: none.
	deadline atomic.Int64

	writing  sync.Mutex // serialises Write
	accepted int64      // bytes taken by this side's system so far; guarded by writing, as those below
	seen     int64      // bytes accepted by the client at the last call of earn
	due      time.Time  // see earn
}

// Answering is called when the handler of a request begins. Idle ends it. If the client
// has sent the request before it had the answer to the one before (HTTP pipelining, RFC
// 9112, 9.3.2), Answering waits for its turn: all clients together have one such request
// each pipelineTime.
//
// Why: the next request is ready, so the goroutine of such a client would never wait, but
// be interrupted by the runtime every 10 ms. With 1,000 of them, another client would wait
// for seconds. No browser sends requests like that, and no usual program.
func (c *Conn) Answering() {
	c.answering.Store(true)
	reads := c.reads.Load()
	if reads == c.requestRead {
		c.WaitsForClient(true) // it is not needed now more than others
		time.Sleep(c.listener.turn())
		c.WaitsForClient(false)
	}
	c.requestRead = reads
}

// turn returns how long a pipelined request is to wait.
func (l *Listener) turn() time.Duration {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nextTurn.Before(now) {
		l.nextTurn = now
	}
	wait := l.nextTurn.Sub(now)
	l.nextTurn = l.nextTurn.Add(pipelineTime)
	return wait
}

// Read implements net.Conn.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	// While a handler runs, net/http reads a single byte to see whether the client leaves.
	if len(b) > 1 && n > 0 {
		c.reads.Add(1)
	}
	return n, err
}

// Idle is called when an answer has been sent and the connection stays open.
func (c *Conn) Idle() {
	_ = c.SetWriteDeadline(time.Time{}) // a handler's deadline is not the next answer's
	c.answering.Store(false)
	c.listener.mu.Lock()
	c.listener.open.MoveToBack(c.element)
	c.listener.mu.Unlock()
}

// WaitsForClient says whether the handler waits for the client.
func (c *Conn) WaitsForClient(waits bool) { c.reading.Store(waits) }

// EvictStalled is the Listener's.
func (c *Conn) EvictStalled() { c.listener.EvictStalled() }

// busy reports whether the client waits for an answer, so that the connection must
// not be evicted as an idle one.
func (c *Conn) busy() bool { return c.answering.Load() && !c.reading.Load() }

// blocked returns for how long the running Write has been without progress; 0 if there
// is none.
func (c *Conn) blocked(now time.Time) time.Duration {
	since := c.progress.Load()
	if since == 0 {
		return 0
	}
	return now.Sub(time.Unix(0, since))
}

// SetWriteDeadline implements net.Conn. It holds beside the limit of Write, and Idle
// removes it.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() {
		c.deadline.Store(0)
	} else {
		c.deadline.Store(t.UnixNano())
	}
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// Write implements net.Conn. It writes b in attempts of checkTime, and looks after each
// how much the client has accepted since the one before. A client that accepts nothing
// for StallTime and the time that it has left (see there) is given up.
//
// Why not a deadline for all of b: it is as long as an answer. Why not the bytes that
// this side's system takes: it takes 4 MB at once, and the next only when a third of
// these has been acknowledged, which takes a client of 20 KB/s a minute.
func (c *Conn) Write(b []byte) (n int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	now := time.Now()
	c.progress.Store(now.UnixNano())
	defer c.progress.Store(0)
	c.earn(now)
	if c.due.Before(now) {
		c.due = now
	}
	for {
		until := now.Add(checkTime / c.listener.scale)
		deadline := c.deadline.Load()
		if deadline != 0 && deadline < until.UnixNano() {
			until = time.Unix(0, deadline)
		}
		err := c.Conn.SetWriteDeadline(until)
		if err != nil {
			return n, err
		}
		k, err := c.Conn.Write(b[n:])
		n += k
		c.accepted += int64(k)
		var timeout net.Error
		if err == nil || !errors.As(err, &timeout) || !timeout.Timeout() {
			return n, err
		}
		now = time.Now()
		if c.earn(now) {
			c.progress.Store(now.UnixNano())
		}
		deadline = c.deadline.Load()
		if now.Sub(c.due) >= StallTime/c.listener.scale || deadline != 0 && now.UnixNano() >= deadline {
			return n, err
		}
	}
}

// earn gives the client time for what it has accepted since the last call, and reports
// whether that was anything. c.due becomes the time by which a client of minRate has read
// all of it, but at least now if it was anything, and at most maxCredit from now.
//
// Requires: c.writing is locked.
func (c *Conn) earn(now time.Time) bool {
	byClient := c.acceptedByClient()
	n := byClient - c.seen
	if n > 0 {
		if c.due.Before(now) {
			c.due = now
		}
		n = min(n, minRate*int64(maxCredit/time.Second))
		c.due = c.due.Add(time.Duration(n) * time.Second / minRate / c.listener.scale)
		latest := now.Add(maxCredit / c.listener.scale)
		if c.due.After(latest) {
			c.due = latest
		}
		c.seen = byClient
		return true
	}
	return false
}

// acceptedByClient returns how many bytes the client's system has accepted; where that
// is not known, how many this side's has.
//
// Requires: c.writing is locked.
func (c *Conn) acceptedByClient() int64 {
	if s, ok := c.Conn.(syscall.Conn); ok {
		unaccepted, ok := fd.Unaccepted(s)
		if ok {
			return c.accepted - int64(unaccepted)
		}
	}
	return c.accepted
}

// Close implements net.Conn.
func (c *Conn) Close() error {
	c.listener.mu.Lock()
	c.listener.open.Remove(c.element)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

type connKey struct{}

// WithConn stores the connection in the context of its requests. It is the
// http.Server's ConnContext.
func WithConn(ctx context.Context, nc net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, Find(nc))
}

// Of returns the connection of a request with this context, or nil if it was not
// accepted by a Listener.
func Of(ctx context.Context) *Conn {
	c, _ := ctx.Value(connKey{}).(*Conn)
	return c
}

// Find returns nc as a Conn, or the Conn that nc, a *tls.Conn, encrypts; nil if there
// is none.
func Find(nc net.Conn) *Conn {
	if outer, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = outer.NetConn()
	}
	c, _ := nc.(*Conn)
	return c
}
