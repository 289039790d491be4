package httpapi

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/representation"
	"weir/pkg/httpapi/internal/request"
	"weir/pkg/status"
)

const (
	// historyLimit is the number of changes in an answer to GET /history without limit=N,
	// maxHistoryLimit the largest N.
	historyLimit    = 100
	maxHistoryLimit = 1000

	// changeBytes is what a change takes in memory and as JSON, with a long name and long
	// words.
	changeBytes = 1 << 10
)

// changeJSON is a change as clients see it.
type changeJSON struct {
	Seq     uint64  `json:"seq"`
	Machine *string `json:"machine"` // null: the whole job
	Before  *string `json:"before"`  // null: none was set
	Status  string  `json:"status"`
	Time    string  `json:"time"` // in status.TimeLayout
}

func newChangeJSON(c status.Change) changeJSON {
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return changeJSON{Seq: c.Seq, Machine: text(c.Machine), Before: text(c.Before), Status: c.Word, Time: c.Time.UTC().Format(status.TimeLayout)}
}

// EncodeChange returns a change as JSON, as GET /history and GET /events have it.
func EncodeChange(c status.Change) []byte {
	return bytes.TrimSuffix(reply.JSON(newChangeJSON(c)), []byte("\n"))
}

// getHistory answers GET /history with changes of statuses, oldest first:
//
//	{"changes":[{"seq":12,"machine":"m1","before":"IDLE","status":"STARTED","time":"2024-05-06T08:00:00.000Z"},…]}
//
// machine is null in a change of the whole job, before if no status had been set. The
// answer has one change a line, without the enclosing object, if the Accept header
// prefers application/x-ndjson or a name for it (see getData).
//
// Parameters; each may be given once, and all that are given must hold:
//
//   - machine=NAME: only changes of this machine; with an empty NAME, those of the whole
//     job.
//   - from=TIME, to=TIME: only at from or later, and before to. TIME is as in getData.
//   - before=SEQ: only changes with a smaller number.
//   - limit=N: at most N changes, the newest; 1 to 1,000, without it 100.
//
// The Link header has, with rel="prev" (RFC 8288), the query for the changes before the
// first of the answer, if there may be some.
//
// Answers: 200; 304 if If-None-Match has the current ETag; 400 if a parameter is wrong;
// 406 if Accept allows none of the types; 429 if too many bytes of answers are in
// flight; 503 if the Store has failed.
func (h *Handler) getHistory(w http.ResponseWriter, r *http.Request) *reply.Problem {
	return h.writeHistory(w, r, nil)
}

// getMachineHistory answers GET /machines/{id}/history: see getHistory, of which it has
// all parameters but machine. A machine without changes has an empty history.
func (h *Handler) getMachineHistory(w http.ResponseWriter, r *http.Request) *reply.Problem {
	machine, p := machineOf(r)
	if p != nil {
		return p
	}
	return h.writeHistory(w, r, &machine)
}

// writeHistory answers with the changes of a machine; nil: of all, or of that in the query.
func (h *Handler) writeHistory(w http.ResponseWriter, r *http.Request, machine *string) *reply.Problem {
	w.Header().Set("Vary", "Accept")
	q, p := parseHistoryQuery(r.URL.RawQuery, machine)
	if p != nil {
		return p
	}
	f, p := negotiate(r.Header.Values("Accept"), formats())
	if p != nil {
		return p
	}
	p = hold(w, int64(q.Limit)*changeBytes) // it takes memory before its length is known, and may wait for the disk
	if p != nil {
		return p
	}
	changes, err := h.o.Statuses.History(q)
	if err != nil {
		return reply.Problemf(http.StatusServiceUnavailable, "the history cannot be read: %s", reply.Truncate(err.Error()))
	}
	body := encodeHistory(changes, f)
	if len(changes) == q.Limit {
		w.Header().Set("Link", link("prev", r.URL.EscapedPath(), r.URL.Query(), "before", changes[0].Seq))
	}
	shrink(w, int64(len(body)))
	sum := sha256.Sum256(body)
	if !representation.NotModified(w, r, fmt.Sprintf(`"%s%x"`, f.tag, sum[:12])) {
		write(w, f.mime, body)
	}
	return nil
}

// encodeHistory returns changes in the format f: a JSON object, or a line for each.
func encodeHistory(changes []status.Change, f *format) []byte {
	var b bytes.Buffer
	if !f.recordsOnly {
		b.WriteString(`{"changes":`)
	}
	b.WriteString(f.begin)
	for i, c := range changes {
		if i > 0 {
			b.WriteString(f.between)
		}
		b.Write(EncodeChange(c))
	}
	switch {
	case !f.recordsOnly:
		b.WriteString("]}\n")
	case len(changes) > 0:
		b.WriteString(f.end)
	}
	return b.Bytes()
}

// parseHistoryQuery reads the parameters of getHistory. machine is what the path says; nil if
// it says nothing.
func parseHistoryQuery(raw string, machine *string) (q status.Query, _ *reply.Problem) {
	q = status.Query{Machine: machine, Limit: historyLimit}
	names := []string{"from", "to", "before", "limit"}
	if machine == nil {
		names = append([]string{"machine"}, names...)
	}
	p := request.Parameters(raw, names, nil, func(name, value string) (err error) {
		switch name {
		case "machine":
			q.Machine = &value
		case "from":
			q.From, err = parseClock(value)
		case "to":
			q.To, err = parseClock(value)
		case "before":
			q.Before, err = strconv.ParseUint(value, 10, 64)
			if err != nil || q.Before == 0 {
				err = fmt.Errorf("%.100q is not the number of a change (a whole number from 1)", value)
			}
		case "limit":
			q.Limit, err = strconv.Atoi(value)
			if err != nil || q.Limit < 1 || q.Limit > maxHistoryLimit {
				err = fmt.Errorf("%.100q is not a whole number from 1 to %d", value, maxHistoryLimit)
			}
		}
		return err
	})
	return q, p
}

// parseClock is request.Time for what a Store compares with.
func parseClock(value string) (time.Time, error) {
	t, err := request.Time(value)
	return time.Unix(t.Sec, int64(t.Nsec)).UTC(), err
}
