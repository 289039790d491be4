package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"weir/pkg/events"
	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/request"
	"weir/pkg/suggest"
)

const (
	// beatTime is how long an answer to /events is silent at most: then a comment is
	// sent, so that neither side nor a proxy between them takes the connection for dead.
	beatTime = 10 * time.Second

	// eventTime limits the time in which a client of /events accepts what is sent at a
	// time, of at most writeSize bytes. One that stops reading loses its connection, and
	// resumes where it was. It is shorter than conns.StallTime, since there are events to
	// resume after for about a minute.
	eventTime = 10 * time.Second

	// reconnectTime is how long a browser waits before it connects again, in milliseconds.
	reconnectTime = 2000
)

// getEvents answers GET /events with server-sent events (WHATWG HTML, 9.2): records,
// changes of statuses, and the state of the stream, as they happen. It ends only when
// the client leaves or is too slow, or when statusd ends.
//
// Parameters; each may be given once:
//
//   - types=T,…: only events of these types: record, status, stream. Without it, all.
//   - machine=NAME: of the records and changes, only those of this machine.
//   - last_event_id=ID: what the header Last-Event-ID says, for clients that cannot send
//     it. The header takes precedence, as a browser that connects again adds it to the
//     same URL.
//
// Each event has the fields id, event and data:
//
//   - record: the record, with the bytes it had in the input.
//   - status: a change, as GET /history has it.
//   - stream: the state of the stream: {"records":N,"bad":N,"too_large":N,"newest_seq":N,
//     "newest":TIME,"rate":N,"idle_ms":N,"ended":false}. rate is lines per second; newest
//     is null without a time, idle_ms without input. It is sent at once, and then once
//     a second while anything but idle_ms changes.
//   - reset: {"reason":R}: events are missing here, and the client must load again what it
//     shows. R is missed, if they are no longer held; or restart, if the client's
//     last event is from before a restart.
//
// A client that connects with Last-Event-ID gets what has followed that event, each event
// once and in order; or reset. If it is so slow that events are no longer held
// before it has received them, or accepts nothing for eventTime, it loses its
// connection, and so gets to resume as well.
//
// Answers: 200; 400 if a parameter is wrong; 503, with Retry-After, if half of all
// connections have answers without an end already (see endlessLimit), or statusd is about to
// end.
//
// The answer has no chunks (RFC 9112, 7.1): it ends with the connection. A batch of
// events so is one system call, not three.
func (h *Handler) getEvents(w http.ResponseWriter, r *http.Request) *reply.Problem {
	sub, p := parseSubscription(r)
	if p != nil {
		return p
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back until its buffer is full
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	if !h.endless.acquire() {
		return h.endless.problem(http.StatusServiceUnavailable)
	}
	defer h.endless.release()
	client, err := h.o.Events.Subscribe(sub)
	if err != nil {
		return reply.Problemf(http.StatusServiceUnavailable, "%v", err).RetryAfter(endlessRetryAfter)
	}
	defer client.Close()
	endsWithClient(w)
	header.Set("Transfer-Encoding", "identity") // net/http: no chunks
	e := eventStream{w: w, control: http.NewResponseController(w), client: client}
	e.run(r.Context().Done())
	return nil
}

// eventStream is an answer to GET /events.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	client  *events.Client
	written time.Time // when something was written last
}

// eventBuffers are buffers of writeSize bytes. An answer has one while it writes.
var eventBuffers = sync.Pool{New: func() any { return new([writeSize]byte) }}

// run sends events until the answer ends. gone is closed when the client has left, and
// when statusd ends; then what there is is sent.
func (e *eventStream) run(gone <-chan struct{}) {
	beat := time.NewTimer(beatTime)
	defer beat.Stop()
	if e.write(fmt.Appendf(nil, "retry: %d\n", reconnectTime)) != nil {
		return
	}
	for last := false; ; {
		n, ready, err := e.send()
		switch {
		case err != nil, n == 0 && last:
			return
		case n > 0:
			continue
		}
		select {
		case <-ready:
		case <-beat.C:
			if e.beat(beat) != nil {
				return
			}
		case <-gone:
			last = true
		}
	}
}

// send sends the next events, and returns how many bytes these were.
func (e *eventStream) send() (n int, ready <-chan struct{}, err error) {
	buffer := eventBuffers.Get().(*[writeSize]byte)
	defer eventBuffers.Put(buffer)
	n, ready, err = e.client.Next(buffer[:])
	if n > 0 && err == nil {
		err = e.write(buffer[:n])
	}
	return n, ready, err
}

// beat sends a comment if nothing has been sent for beatTime, and sets the timer for
// the next one.
func (e *eventStream) beat(timer *time.Timer) error {
	silent := time.Since(e.written)
	if silent < beatTime {
		timer.Reset(beatTime - silent)
		return nil
	}
	timer.Reset(beatTime)
	return e.write([]byte(":\n\n"))
}

// write writes b and flushes it. The error is that the client has left, or has been too
// slow.
func (e *eventStream) write(b []byte) error {
	e.written = time.Now()
	// An error means that the ResponseWriter has no deadlines, as in tests; then it
	// does not block either.
	_ = e.control.SetWriteDeadline(e.written.Add(eventTime))
	_, err := e.w.Write(b)
	if err != nil {
		return err
	}
	return e.control.Flush()
}

// eventTypes are the types of events by name.
var eventTypes = []struct {
	name string
	t    events.Types
}{{"record", events.RecordType}, {"status", events.StatusType}, {"stream", events.StreamType}}

// parseSubscription reads what a request for /events asks for.
func parseSubscription(r *http.Request) (s events.Subscription, _ *reply.Problem) {
	s.Types = events.AllTypes
	p := request.Parameters(r.URL.RawQuery, []string{"types", "machine", "last_event_id"}, nil, func(name, value string) (err error) {
		switch name {
		case "types":
			s.Types, err = parseTypes(value)
		case "machine":
			s.Machine = &value
			if value == "" {
				err = errors.New("the name of a machine is missing")
			}
		case "last_event_id":
			s.LastID = value
		}
		return err
	})
	id := r.Header.Get("Last-Event-ID")
	if id != "" {
		s.LastID = id
	}
	return s, p
}

// parseTypes reads names of types of events, separated by commas.
func parseTypes(value string) (types events.Types, _ error) {
	var names []string
	for _, t := range eventTypes {
		names = append(names, t.name)
	}
	for word := range strings.SplitSeq(value, ",") {
		found := events.Types(0)
		for _, t := range eventTypes {
			if t.name == word {
				found = t.t
			}
		}
		if found == 0 {
			meant := suggest.Word(word, names)
			if meant != "" {
				meant = fmt.Sprintf(" (did you mean %s?)", meant)
			}
			return 0, fmt.Errorf("%q is not a type of events%s: use %s", reply.Truncate(word), meant, strings.Join(names, ", "))
		}
		types |= found
	}
	return types, nil
}
