package httpapi

import (
	"sync/atomic"

	"weir/pkg/httpapi/internal/reply"
)

// endlessRetryAfter is the Retry-After of an answer without an end that is refused, in
// seconds.
const endlessRetryAfter = 10

// endlessLimit limits the answers that last as long as their clients want: those to
// /events, and to /data with follow=1.
//
// Together they have half of all connections at most. The other half is for answers that
// end: conns.Listener closes no connection that is being answered for a new one.
type endlessLimit struct {
	max int
	n   atomic.Int64 // answers now
}

// acquire adds an answer, and reports whether there may be one more. The caller then calls
// release at its end.
func (l *endlessLimit) acquire() bool {
	if l.n.Add(1) > int64(l.max) {
		l.n.Add(-1)
		return false
	}
	return true
}

// problem returns the problem of a request for which acquire has failed.
func (l *endlessLimit) problem(code int) *reply.Problem {
	return reply.Problemf(code, "%d clients read /events or follow the stream already: try again later, or ask for /data?after= from time to time", l.max).
		RetryAfter(endlessRetryAfter)
}

// release removes an answer.
func (l *endlessLimit) release() { l.n.Add(-1) }
