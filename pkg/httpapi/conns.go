package httpapi

import (
	"bytes"
	"container/list"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
)

// listener bounds the connections. When there are too many, the one goes that has
// been longest without an answer to wait for: slow and idle clients make room for
// those that ask.
type evictingListener struct {
	net.Listener
	most int
	mu   sync.Mutex
	open list.List // of *conn; to the back go those that come, and those that have had an answer
}

// Accept implements net.Listener.
func (l *evictingListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if own := l.admit(c); own != nil {
			return own, nil
		}
		_ = c.Close() // everybody is being answered: there is no room
	}
}

func (l *evictingListener) admit(c net.Conn) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open.Len() >= l.most {
		victim := l.open.Front()
		for victim != nil && victim.Value.(*conn).busy() {
			victim = victim.Next()
		}
		if victim == nil {
			return nil
		}
		_ = l.open.Remove(victim).(*conn).Conn.Close() // its reads and writes end; nobody else waits for it
	}
	own := &conn{Conn: c, listener: l}
	own.at = l.open.PushBack(own)
	return own
}

// drop closes the connections that have nothing to wait for.
func (l *evictingListener) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for at := l.open.Front(); at != nil; at = at.Next() {
		if c := at.Value.(*conn); !c.answering.Load() {
			_ = c.Conn.Close()
		}
	}
}

// conn is a connection that knows whether it has something to wait for.
type conn struct {
	net.Conn
	listener  *evictingListener
	at        *list.Element
	answering atomic.Bool // from the call of the handler to the end of its answer
	reading   atomic.Bool // within that: the client has yet to send its body
}

func (c *conn) busy() bool { return c.answering.Load() && !c.reading.Load() }

// rest is called when an answer is out.
func (c *conn) idle() {
	c.answering.Store(false)
	c.listener.mu.Lock()
	c.listener.open.MoveToBack(c.at)
	c.listener.mu.Unlock()
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.listener.mu.Lock()
	c.listener.open.Remove(c.at)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// Write implements net.Conn. What is written while no handler answers is what
// net/http itself says to requests that cannot be read, in plain text: it is said
// as a problem, and not as if the fault were ours (501 to an unknown transfer
// coding, 505 to an unknown version).
func (c *conn) Write(p []byte) (int, error) {
	if c.answering.Load() {
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(asProblem(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// asProblem turns an answer of net/http's own into ours; what is no refusal stays.
func asProblem(answer []byte) []byte {
	const version = "HTTP/1.1 "
	code := 0
	if bytes.HasPrefix(answer, []byte(version)) && len(answer) >= len(version)+3 {
		code, _ = strconv.Atoi(string(answer[len(version) : len(version)+3]))
	}
	if code < 400 {
		return answer
	}
	_, detail, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
	if code >= 500 {
		code = http.StatusBadRequest
	}
	if len(detail) == 0 {
		detail = []byte(http.StatusText(code))
	}
	text := fault(code, "the request cannot be taken: %s", truncate(string(detail))).text()
	return fmt.Appendf(nil, "%s%d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		version, code, http.StatusText(code), problemType, len(text), text)
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf is the connection of a request; nil if it did not come by our listener.
func connOf(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(*conn)
	return c
}
