package httpapi

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/httpapi/internal/conns"
	"weir/pkg/jsonscan"
	"weir/pkg/recent"
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
func (h *Handler) getStatus(w http.ResponseWriter, r *http.Request) {
	all, ok := h.statuses(w, r)
	if ok && !notModified(w, r, `"`+all.Version+`"`) {
		sendShared(w, "application/json", h.encodeStatuses(all))
	}
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

// statusText is the encoded answer to GET /status at one Version of the Store.
type statusText struct {
	text
	version string
}

// encodeStatuses returns all as JSON, machines sorted by name. It encodes a Version
// once, as clients poll and change little.
func (h *Handler) encodeStatuses(all status.Snapshot) *text {
	h.encoding.Lock()
	defer h.encoding.Unlock()
	if h.lastStatus != nil && h.lastStatus.version == all.Version {
		return &h.lastStatus.text
	}
	answer := struct {
		statusJSON
		Machines map[string]statusJSON `json:"machines"`
	}{newStatusJSON(all.Whole), make(map[string]statusJSON, len(all.Machines))}
	for name, s := range all.Machines {
		answer.Machines[name] = newStatusJSON(s)
	}
	h.lastStatus = &statusText{text: text{bytes: encode(answer)}, version: all.Version}
	return &h.lastStatus.text
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
//   - 413: the body is longer than maxBody.
//   - 415: Content-Type is not application/json, or there is a Content-Encoding;
//     with Accept, and Accept-Post (W3C Linked Data Platform 1.0, 7.1).
//   - 422: the body is JSON, but not such an object.
//   - 503: the Store has failed; nothing has changed.
func (h *Handler) setStatus(w http.ResponseWriter, r *http.Request) {
	c, p := h.parseCommand(w, r, "status", "machine")
	if p != nil {
		p.write(w)
		return
	}
	now, p := h.set(status.Request{Machine: c.machine, Word: c.status, Time: h.o.Now()})
	if p != nil {
		p.write(w)
		return
	}
	send(w, "application/json", encode(struct {
		Machine string `json:"machine,omitempty"`
		statusJSON
	}{c.machine, newStatusJSON(now)}))
}

// set calls Store.Set, and returns its error as a problem.
func (h *Handler) set(r status.Request) (now status.Status, p *problem) {
	var move *status.MoveError
	now, err := h.o.Statuses.Set(r)
	switch {
	case errors.Is(err, status.ErrUnknown):
		p = newProblem(http.StatusUnprocessableEntity, "%q is not a status that can be set", truncate(r.Word)).withAllowed(r.Word, h.o.Statuses.Words())
		p.Member = "status"
	case errors.Is(err, status.ErrTooMany):
		p = newProblem(http.StatusConflict, "%v", status.ErrTooMany)
		p.Member = "machine"
	case errors.Is(err, status.ErrChanged):
		p = newProblem(http.StatusPreconditionFailed, "%v: ask for it again", status.ErrChanged)
	case errors.As(err, &move):
		p = newProblem(http.StatusConflict, "%v", move)
		p.Member, p.Value, p.Allowed = "status", r.Word, move.Allowed
	case err != nil:
		p = newProblem(http.StatusServiceUnavailable, "the status cannot be set: %s", truncate(err.Error()))
	}
	return now, p
}

// command is the content of a POST or PUT that sets a status.
type command struct{ machine, status string }

// parseCommand reads a command from a request, whose body may have these members.
func (h *Handler) parseCommand(w http.ResponseWriter, r *http.Request, names ...string) (c command, _ *problem) {
	p := checkContentType(r.Header)
	if p != nil {
		w.Header().Set("Accept", "application/json") // RFC 9110, 12.5.1 and 15.5.16
		if r.Method == http.MethodPost {
			w.Header().Set("Accept-Post", "application/json")
		}
		return c, p
	}
	body, p := readBody(w, r, maxBody)
	if p != nil {
		return c, p
	}
	members, p := parseObject(body)
	if p != nil {
		return c, p
	}
	return commandOf(members, names)
}

// readBody returns the body of a request, which has at most limit bytes. While it waits
// for the client, the connection may be closed for another one.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *problem) {
	client := conns.Of(r.Context())
	if client != nil {
		client.WaitsForClient(true)
		defer client.WaitsForClient(false)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, newProblem(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", limit)
	case err != nil:
		return nil, newProblem(http.StatusBadRequest, "the body is incomplete")
	}
	return body, nil
}

// checkContentType returns a problem with status 415 unless the body is declared as
// JSON in UTF-8, the only encoding of JSON on the Internet (RFC 8259, 8.1), and not
// compressed.
func checkContentType(header http.Header) *problem {
	name := header.Get("Content-Type")
	kind, params, err := mime.ParseMediaType(name)
	charset := strings.ToLower(params["charset"])
	if err != nil || kind != "application/json" || charset != "" && charset != "utf-8" {
		p := newProblem(http.StatusUnsupportedMediaType, "send the body as Content-Type: application/json").withAllowed(name, []string{"application/json"})
		p.Header, p.Meant = "Content-Type", ""
		return p
	}
	coding := header.Get("Content-Encoding")
	if coding != "" && !strings.EqualFold(coding, "identity") {
		p := newProblem(http.StatusUnsupportedMediaType, "send the body without Content-Encoding")
		p.Header, p.Value = "Content-Encoding", truncate(coding)
		return p
	}
	return nil
}

// member is a member of a JSON object.
type member struct {
	name  string
	value batch.Value
}

// parseObject returns the members of a body, in their order. The body must be one
// JSON object in UTF-8 and nothing else; if it is not, the problem is 400 with the
// offset of the error, or 422 if it is JSON but not an object. More than
// batch.MaxTreeDepth levels are 400 as well: no body needs them.
//
// Two members of the same name are 400: JSON leaves open which of them counts (RFC
// 8259, 4), and clients and servers that differ in it must not disagree on what was
// set.
func parseObject(body []byte) (members []member, _ *problem) {
	var tree batch.Tree
	root, err := tree.Parse(body)
	if err != nil {
		return nil, bodyProblem(body, err)
	}
	if root.Kind() != '{' {
		return nil, newProblem(http.StatusUnprocessableEntity, `the body is not an object: send {"status":"…"}`)
	}
	seen := map[string]bool{}
	for name, value := range root.Members() {
		m := member{string(name), value}
		if seen[m.name] {
			p := newProblem(http.StatusBadRequest, "%q is given more than once", truncate(m.name))
			p.Member = truncate(m.name)
			return nil, p
		}
		seen[m.name] = true
		members = append(members, m)
	}
	return members, nil
}

// bodyProblem returns the problem of a body that cannot be parsed, for the reason err.
func bodyProblem(body []byte, err *jsonscan.Error) *problem {
	what, detail := "is not JSON", err.Error()
	switch {
	case err.Offset == len(body): // the scanner's text is about lines
		detail = "it ends too early"
	case !err.Syntax: // not UTF-8, or too deep
		what = "cannot be read"
	}
	p, at := newProblem(http.StatusBadRequest, "the body %s: %s", what, detail), int64(err.Offset)
	p.Offset = &at
	return p
}

// commandOf returns the command that the members of a body make. A member that is not one of names
// is an error, as it may be a misspelt "machine", and the command would then be for
// the whole.
//
// Requires: the names of members are different.
func commandOf(members []member, names []string) (c command, _ *problem) {
	invalid := func(name, format string, args ...any) *problem {
		p := newProblem(http.StatusUnprocessableEntity, format, args...)
		p.Member = truncate(name)
		return p
	}
	hasStatus := false
	for _, m := range members {
		decoded, ok := m.value.Text()
		text := string(decoded)
		switch {
		case !slices.Contains(names, m.name):
			return c, invalid(m.name, "unknown member %q", truncate(m.name)).withAllowed(m.name, names)
		case !ok:
			return c, invalid(m.name, "%q must be a string", m.name)
		case m.name == "status":
			c.status, hasStatus = text, true
		case !recent.IsName(decoded):
			p := invalid(m.name, "a machine's name must have 1 to %d bytes and no control characters", recent.MaxName)
			p.Value = truncate(text)
			return c, p
		default:
			c.machine = text
		}
	}
	if !hasStatus {
		return c, invalid("status", `"status" is missing`)
	}
	return c, nil
}
