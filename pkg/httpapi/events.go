package httpapi

import (
	"net/http"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/sse"
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
// before it has received them, or accepts nothing for ten seconds, it loses its
// connection, and so gets to resume as well.
//
// Answers: 200; 400 if a parameter is wrong; 503, with Retry-After, if half of all
// connections have answers without an end already (see endlessLimit), or statusd is about to
// end.
//
// The answer has no chunks (RFC 9112, 7.1): it ends with the connection. A batch of
// events so is one system call, not three.
func (h *Handler) getEvents(w http.ResponseWriter, r *http.Request) *reply.Problem {
	sub, p := sse.Parse(r)
	if p != nil {
		return p
	}
	header := w.Header()
	header.Set("Content-Type", sse.Type)
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
	sse.Send(w, client, r.Context().Done())
	return nil
}
