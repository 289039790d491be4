package httpapi

import (
	"net/http"
	"strconv"

	"weir/pkg/httpapi/internal/conns"
	"weir/pkg/httpapi/internal/reply"
)

// answer is the ResponseWriter of every handler. It counts what is being sent:
// status codes for /metrics, and bytes for the budget.
//
// A handler that has its answer ready calls send or sendShared. One that writes in
// pieces what it holds in memory as a whole calls hold before, and one whose answer has
// no end just writes: each piece then counts while it is written. What is part of the
// program is sent by sendStatic, and counts nowhere.
type answer struct {
	http.ResponseWriter
	budget  *budget
	conn    *conns.Conn // nil if the server is not a Server
	head    bool        // of a HEAD request: nothing is written, and so nothing held
	code    int         // status code; 200 until WriteHeader
	endless bool        // set by endsWithClient
	counted bool        // the budget has counted what will be written
	held    int64       // bytes taken by hold
	shared  []byte      // taken by sendShared
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(code int) {
	a.code = code
	a.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter. It takes len(b) from the budget while it writes,
// unless hold, sendShared or sendStatic has been called. It is never refused: pieces that were not
// announced are small.
func (a *answer) Write(b []byte) (int, error) {
	if a.head {
		return len(b), nil
	}
	if !a.counted {
		n := int64(len(b))
		a.budget.force(n)
		defer a.budget.release(n)
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// end gives back what the answer holds.
func (a *answer) end() {
	a.budget.release(a.held)
	a.budget.releaseShared(a.shared)
}

// answerOf returns the answer that w is or wraps; nil if there is none.
func answerOf(w http.ResponseWriter) *answer {
	for {
		if a, ok := w.(*answer); ok {
			return a
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return nil
		}
		w = inner.Unwrap()
	}
}

// endsWithClient notes that the answer lasts as long as the client wants.
func endsWithClient(w http.ResponseWriter) {
	a := answerOf(w)
	if a != nil {
		a.endless = true
	}
}

// hold takes n bytes from the budget until the request ends, for an answer that keeps
// n bytes of memory until the client has read it. If that is too much, the problem has
// the status 429.
//
// Requires: nothing has been written yet.
func hold(w http.ResponseWriter, n int64) *reply.Problem {
	a := answerOf(w)
	if a == nil || a.head {
		return nil
	}
	if !a.take(func() bool { return a.budget.acquire(n) }) {
		return tooManyBytes()
	}
	a.held += n
	a.counted = true
	return nil
}

// shrink gives back what hold has taken beyond n bytes.
func shrink(w http.ResponseWriter, n int64) {
	a := answerOf(w)
	if a != nil && a.held > n {
		a.budget.release(a.held - n)
		a.held = n
	}
}

// take calls acquire. If that fails, it closes the connections whose clients have
// accepted nothing for a while: their bytes are soon free for the next request.
func (a *answer) take(acquire func() bool) bool {
	ok := acquire()
	if !ok && a.conn != nil {
		a.conn.EvictStalled()
	}
	return ok
}

// tooManyBytes returns the problem of a full budget.
func tooManyBytes() *reply.Problem {
	return reply.Problemf(http.StatusTooManyRequests, "too many bytes of answers are being sent: ask for less, or try again later").RetryAfter(retryAfter)
}

// send answers 200 with b; the problem is 429 if too many bytes are in flight. An error of
// writing means that the client has left; there is no one to report it to.
func send(w http.ResponseWriter, mime string, b []byte) *reply.Problem {
	p := hold(w, int64(len(b)))
	if p == nil {
		write(w, mime, b)
	}
	return p
}

// sendShared is send for a text that other requests send as well: it counts once. A
// request has at most one.
//
// Requires: b is not empty, and does not change while any request sends it.
func sendShared(w http.ResponseWriter, mime string, b []byte) *reply.Problem {
	a := answerOf(w)
	if a != nil && !a.head {
		if !a.take(func() bool { return a.budget.acquireShared(b) }) {
			return tooManyBytes()
		}
		a.shared, a.counted = b, true
	}
	write(w, mime, b)
	return nil
}

// sendStatic answers 200 with b, which is part of the program: that clients read it slowly
// takes no memory.
func sendStatic(w http.ResponseWriter, mime string, b []byte) {
	a := answerOf(w)
	if a != nil {
		a.counted = true
	}
	write(w, mime, b)
}

// write answers 200 with b.
func write(w http.ResponseWriter, mime string, b []byte) {
	header := w.Header()
	header.Set("Content-Type", mime)
	header.Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}
