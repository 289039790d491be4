// Package sse answers requests for server-sent events (WHATWG HTML, 9.2): it reads which events
// a client wants, and sends them as they happen.
//
// Package httpapi serves the answers. It imports events, which has the events in the form in
// which they are sent, and request and reply.
package sse

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"weir/pkg/events"
)

// Type is the media type of server-sent events.
const Type = "text/event-stream"

const (
	// beatTime is how long an answer to /events is silent at most: then a comment is
	// sent, so that neither side nor a proxy between them takes the connection for dead.
	beatTime = 10 * time.Second

	// eventTime limits the time in which a client of /events accepts what is sent at a
	// time, of at most sendSize bytes. One that stops reading loses its connection, and
	// resumes where it was. It is shorter than conns.StallTime, since there are events to
	// resume after for about a minute.
	eventTime = 10 * time.Second

	// reconnectTime is how long a browser waits before it connects again, in milliseconds.
	reconnectTime = 2000

	// sendSize is the size in bytes of what is sent at a time, at most.
	sendSize = 32 << 10
)

// sender sends the events of a client as the answer to its request.
type sender struct {
	w       http.ResponseWriter
	control *http.ResponseController
	client  *events.Client
	written time.Time // when something was written last
}

// buffers are buffers of sendSize bytes. An answer has one while it writes.
var buffers = sync.Pool{New: func() any { return new([sendSize]byte) }}

// Send sends the events of a client until the answer ends: when the client has left or is too
// slow, when the hub is closed, or after done, which is closed when the client has left and when
// statusd ends; then what there is is sent. The caller has set the headers.
func Send(w http.ResponseWriter, client *events.Client, done <-chan struct{}) {
	s := sender{w: w, control: http.NewResponseController(w), client: client}
	s.run(done)
}

// run is Send.
func (s *sender) run(done <-chan struct{}) {
	beat := time.NewTimer(beatTime)
	defer beat.Stop()
	if s.write(fmt.Appendf(nil, "retry: %d\n", reconnectTime)) != nil {
		return
	}
	for last := false; ; {
		n, ready, err := s.send()
		switch {
		case err != nil, n == 0 && last:
			return
		case n > 0:
			continue
		}
		select {
		case <-ready:
		case <-beat.C:
			if s.beat(beat) != nil {
				return
			}
		case <-done:
			last = true
		}
	}
}

// send sends the next events, and returns how many bytes these were.
func (s *sender) send() (n int, ready <-chan struct{}, err error) {
	buffer := buffers.Get().(*[sendSize]byte)
	defer buffers.Put(buffer)
	n, ready, err = s.client.Next(buffer[:])
	if n > 0 && err == nil {
		err = s.write(buffer[:n])
	}
	return n, ready, err
}

// beat sends a comment if nothing has been sent for beatTime, and sets the timer for
// the next one.
func (s *sender) beat(timer *time.Timer) error {
	silent := time.Since(s.written)
	if silent < beatTime {
		timer.Reset(beatTime - silent)
		return nil
	}
	timer.Reset(beatTime)
	return s.write([]byte(":\n\n"))
}

// write writes b and flushes it. The error is that the client has left, or has been too
// slow.
func (s *sender) write(b []byte) error {
	s.written = time.Now()
	// An error means that the ResponseWriter has no deadlines, as in tests; then it
	// does not block either.
	_ = s.control.SetWriteDeadline(s.written.Add(eventTime))
	_, err := s.w.Write(b)
	if err != nil {
		return err
	}
	return s.control.Flush()
}
