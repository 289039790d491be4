package httpapi

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/recent"
)

// followSize is how many bytes of records are copied for a follower before they are
// sent. So what a slow one keeps in memory is this much, not the records' pages.
const followSize = 32 << 10

// followRecords is the maximum number of records that are selected for it at a time.
const followRecords = 256

// follow answers GET /data with follow=1: with the records that match, oldest first, and
// then with each further one as soon as it has arrived. So a filter can read it:
//
//	curl -N 'localhost:5000/data?follow=1' | mavg -n 5
//
// The answer is NDJSON, and is flushed whenever there is nothing more to send. It ends
// after limit=N records, and when statusd ends. Records that were evicted before the answer
// began are not in it, except that after=N, for N > 0, is 410 if records after N were
// evicted: the client would miss some. If a client is so slow that records are evicted
// before they could be sent to it, the connection is broken off in the middle of the
// answer, which clients report (curl: exit code 18).
//
// Answers, beside those of getData: 406 if Accept allows no NDJSON; 410, see above; 429 if
// half of all connections have answers without an end already (see endlessLimit).
//
// Of the budget of bytes in flight it has what it is about to write, and nothing between
// records.
func (h *Handler) follow(w http.ResponseWriter, r *http.Request, q recent.Query, f *format) *reply.Problem {
	evicted := h.o.Records.View().Evicted()
	if q.After != nil && *q.After > 0 && *q.After < evicted {
		return reply.Problemf(http.StatusGone, "after: records after %d are no longer kept: the oldest that may be has the number %d", *q.After, evicted+1).
			AtParameter("after").WithValue(strconv.FormatUint(*q.After, 10))
	}
	w.Header().Set("Content-Type", f.mime)
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	if !h.endless.acquire() {
		return h.endless.problem(http.StatusTooManyRequests)
	}
	defer h.endless.release()
	endsWithClient(w)
	c := &follower{h: h, query: q, format: f, out: w, control: http.NewResponseController(w), after: evicted, unflushed: true}
	if q.After != nil {
		c.after = max(evicted, *q.After)
	}
	w.WriteHeader(http.StatusOK)
	err := c.run(r.Context().Done())
	if err == errMissed {
		panic(http.ErrAbortHandler) // net/http closes the connection without the end of the answer
	}
	return nil
}

// follower is one client of follow.
type follower struct {
	h         *Handler
	query     recent.Query // its Limit is how many records are still to be sent; negative: no limit
	format    *format
	control   *http.ResponseController
	out       io.Writer
	after     uint64 // records up to this number have been sent, or do not match
	buffer    []byte // records that are being sent
	unflushed bool
}

// errMissed says that a follower would miss records.
var errMissed = errors.New("records have been evicted before they could be sent")

// run sends records until the answer ends. After done, which is closed when the client has
// left and when the server ends, it sends what there still is. The error is errMissed, or
// one of writing: then the client has left or has stalled.
//
// Invariant: while it writes, it has no view, and so keeps no evicted record in memory.
func (c *follower) run(done <-chan struct{}) error {
	for last := false; ; {
		view := c.h.o.Records.View()
		switch {
		case view.Evicted() > c.after:
			return errMissed
		case view.Seq() > c.after && c.query.Limit != 0:
			err := c.send(view)
			if err != nil {
				return err
			}
			continue
		case c.unflushed:
			c.unflushed = false
			err := c.control.Flush()
			if err != nil {
				return err
			}
			continue // there may be more by now
		case last || c.query.Limit == 0:
			return nil
		}
		select {
		case <-c.h.o.Records.Changed(view):
		case <-done:
			last = true
		}
	}
}

// send sends the next records, about followSize bytes, but at least one if any match.
func (c *follower) send(view *recent.View) error {
	q := c.query
	q.After = &c.after
	if q.Limit < 0 || q.Limit > followRecords {
		q.Limit = followRecords
	}
	s := view.Select(q)
	size := int64(0)
	for i, r := range s.Records {
		if i > 0 && size+int64(len(r.Raw)) > followSize {
			s.Records, s.Next = s.Records[:i], r.Seq-1
			break
		}
		size += int64(len(r.Raw) + len(c.format.end))
	}
	c.buffer = c.buffer[:0]
	for _, r := range s.Records {
		c.buffer = append(append(c.buffer, r.Raw...), c.format.end...)
	}
	c.after = s.Next
	if c.query.Limit > 0 {
		c.query.Limit -= len(s.Records)
	}
	c.unflushed = c.unflushed || size > 0
	_, err := c.out.Write(c.buffer)
	if size > 2*followSize {
		c.buffer = nil
	}
	return err
}
