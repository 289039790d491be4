package httpapi

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// evictingListener limits the number of open connections. When the limit is
// reached, a new connection replaces the one that has been without a request for
// longest. So slow and idle clients never keep others out, however many they are;
// golang.org/x/net/netutil.LimitListener would let new clients wait for them.
//
// A connection is evicted only while it is not being answered (conn.busy). If all
// are, the new connection is closed.
type evictingListener struct {
	net.Listener
	max int

	mu sync.Mutex

	// open holds the open connections as *conn. A connection moves to the back when it
	// is accepted and after each answer, so the front has been idle for longest.
	open list.List
}

// Accept implements net.Listener. It returns the next connection that can be
// admitted.
func (l *evictingListener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := l.admit(nc)
		if c != nil {
			return c, nil
		}
		_ = nc.Close() // all connections are busy
	}
}

// admit adds a connection, and evicts another if the limit is reached. It returns
// nil if none can be evicted.
func (l *evictingListener) admit(nc net.Conn) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open.Len() >= l.max {
		victim := l.open.Front()
		for victim != nil && victim.Value.(*conn).busy() {
			victim = victim.Next()
		}
		if victim == nil {
			return nil
		}
		_ = l.open.Remove(victim).(*conn).Conn.Close() // net/http's pending read or write fails, and it calls conn.Close
	}
	c := &conn{Conn: nc, listener: l}
	c.element = l.open.PushBack(c)
	return c
}

// closeIdle closes all connections that are not being answered.
func (l *evictingListener) closeIdle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e := l.open.Front(); e != nil; e = e.Next() {
		c := e.Value.(*conn)
		if !c.answering.Load() {
			_ = c.Conn.Close()
		}
	}
}

// conn is a connection of an evictingListener. It knows whether a request on it
// is being answered.
type conn struct {
	net.Conn
	listener *evictingListener
	element  *list.Element // in listener.open

	// answering is true from the call of the handler until the answer is sent
	// completely.
	answering atomic.Bool

	// reading is true while the handler waits for the request's body. A client that
	// does not send its body can be evicted.
	reading atomic.Bool
}

// busy reports whether the client waits for an answer, so that the connection must
// not be evicted.
func (c *conn) busy() bool { return c.answering.Load() && !c.reading.Load() }

// idle is called when an answer has been sent and the connection stays open.
func (c *conn) idle() {
	c.answering.Store(false)
	c.listener.mu.Lock()
	c.listener.open.MoveToBack(c.element)
	c.listener.mu.Unlock()
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.listener.mu.Lock()
	c.listener.open.Remove(c.element)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

type connKey struct{}

// withConn stores the connection in the context of its requests. It is the
// http.Server's ConnContext.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf returns the connection of a request, or nil if it was not accepted by an
// evictingListener.
func connOf(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(*conn)
	return c
}
