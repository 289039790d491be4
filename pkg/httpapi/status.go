package httpapi

import (
	"errors"
	"net/http"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/representation"
	"weir/pkg/httpapi/internal/request"
	"weir/pkg/status"
)

// getStatus answers GET /status with all job statuses:
//
//	{"status":"STARTED","since":"2024-05-06T08:00:00.000Z","machines":{"m1":{"status":…,"since":…}}}
//
// status and since are null until they are set for the first time. It has no
// parameters.
//
// Answers: 200; 304 if If-None-Match has the current ETag (RFC 9110, 13.1.2); 400
// if there is a query; 503 if the Store has failed.
func (h *Handler) getStatus(w http.ResponseWriter, r *http.Request) *reply.Problem {
	all, p := h.readStatuses(r)
	if p != nil || representation.NotModified(w, r, `"`+all.Version+`"`) {
		return p
	}
	_, text := h.statusText.get(
		func() string { return all.Version },
		func() (string, []byte) { return all.Version, encodeStatuses(all) },
	)
	return sendShared(w, "application/json", text)
}

// statusJSON is a status as clients see it: both members are null if it was never
// set.
type statusJSON struct {
	Status *string `json:"status"`
	Since  *string `json:"since"` // RFC 3339 in UTC, with milliseconds
}

func newStatusJSON(s status.Status) statusJSON {
	if s.Word == "" {
		return statusJSON{}
	}
	since := s.Since.UTC().Format(status.TimeLayout)
	return statusJSON{Status: &s.Word, Since: &since}
}

// encodeStatuses returns all as JSON, machines sorted by name.
func encodeStatuses(all status.Snapshot) []byte {
	answer := struct {
		statusJSON
		Machines map[string]statusJSON `json:"machines"`
	}{newStatusJSON(all.Whole), make(map[string]statusJSON, len(all.Machines))}
	for name, s := range all.Machines {
		answer.Machines[name] = newStatusJSON(s)
	}
	return reply.JSON(answer)
}

// setStatus answers POST /status. The body is one JSON object with "status", one
// of Store.Words, and optionally "machine", a name. It sets the status of
// that machine, or without one that of the whole. Repeating a request changes
// nothing.
//
// Answers:
//
//   - 200: the status that is now set, {"machine":…,"status":…,"since":…}.
//   - 400: the body is incomplete; or it is not UTF-8, not JSON or nested too deep, with
//     the offset; or it has two members of the same name.
//   - 409: the status cannot become that word now (Store.Moves), with those that it can
//     become; or the machine has no status, and status.MaxMachines or
//     status.MaxNames is reached.
//   - 413: the body is longer than 64 KiB.
//   - 415: Content-Type is not application/json, or there is a Content-Encoding;
//     with Accept, and Accept-Post (W3C Linked Data Platform 1.0, 7.1).
//   - 422: the body is JSON, but not such an object.
//   - 503: the Store has failed; nothing has changed.
func (h *Handler) setStatus(w http.ResponseWriter, r *http.Request) *reply.Problem {
	c, p := request.ReadCommand(w, r, "status", "machine")
	if p != nil {
		return p
	}
	now, p := h.set(status.Request{Machine: c.Machine, Word: c.Status, Time: h.o.Now()})
	if p != nil {
		return p
	}
	return send(w, "application/json", reply.JSON(struct {
		Machine string `json:"machine,omitempty"`
		statusJSON
	}{c.Machine, newStatusJSON(now)}))
}

// set calls Store.Set, and returns its error as a problem.
func (h *Handler) set(r status.Request) (now status.Status, p *reply.Problem) {
	var move *status.MoveError
	now, err := h.o.Statuses.Set(r)
	switch {
	case errors.Is(err, status.ErrUnknown):
		p = reply.Problemf(http.StatusUnprocessableEntity, "%q is not a status that can be set", reply.Truncate(r.Word)).
			AtMember("status").WithAllowed(r.Word, h.o.Statuses.Words())
	case errors.Is(err, status.ErrTooMany):
		p = reply.Problemf(http.StatusConflict, "%v", status.ErrTooMany).AtMember("machine")
	case errors.Is(err, status.ErrChanged):
		p = reply.Problemf(http.StatusPreconditionFailed, "%v: ask for it again", status.ErrChanged)
	case errors.As(err, &move):
		p = reply.Problemf(http.StatusConflict, "%v", move).AtMember("status")
		p.Value, p.Allowed = r.Word, move.Allowed
	case err != nil:
		p = reply.Problemf(http.StatusServiceUnavailable, "the status cannot be set: %s", reply.Truncate(err.Error()))
	}
	return now, p
}
