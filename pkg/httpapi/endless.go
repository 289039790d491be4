package httpapi

import "sync/atomic"

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

// release removes an answer.
func (l *endlessLimit) release() { l.n.Add(-1) }
