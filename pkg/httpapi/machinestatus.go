package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/representation"
	"weir/pkg/httpapi/internal/request"
	"weir/pkg/recent"
	"weir/pkg/status"
)

// numberedStatus is a status with the number of the change that set it.
type numberedStatus struct {
	Machine *string `json:"machine,omitempty"` // nil: the whole job
	statusJSON
	Seq uint64 `json:"seq"` // 0: none was ever set
}

// machineOf returns the machine's name in the path of a request. A name is one segment
// of the path, percent-encoded: that of a machine a/b is a%2Fb. One machine has no path,
// that with the name /, since http.ServeMux takes its %2F for the end of the path; and browsers
// cannot send the paths of . and .. (WHATWG URL, 4.4). POST /status and /history?machine=
// serve these.
func machineOf(r *http.Request) (name string, _ *reply.Problem) {
	name = r.PathValue("id")
	if !recent.IsName([]byte(name)) {
		return "", reply.Problemf(http.StatusNotFound, "there is no such machine: a name has 1 to %d bytes of UTF-8, and no control characters", recent.MaxName).WithValue(name)
	}
	return name, nil
}

// getMachineStatus answers GET /machines/{id}/status:
//
//	{"machine":"m1","status":"STARTED","since":"2024-05-06T08:00:00.000Z","seq":12}
//
// seq is the number of the change that set the status, and as "12" the ETag. For a
// machine that has none, known or not, status and since are null, and seq is 0.
//
// Answers: 200; 304 if If-None-Match has the current ETag; 400 if there is a query; 404
// if no machine can have this name; 503 if the Store has failed.
func (h *Handler) getMachineStatus(w http.ResponseWriter, r *http.Request) *reply.Problem {
	machine, p := machineOf(r)
	if p != nil {
		return p
	}
	all, p := h.readStatuses(r)
	s := all.Machines[machine]
	if p != nil || representation.NotModified(w, r, seqTag(s.Seq)) {
		return p
	}
	return send(w, "application/json", reply.JSON(numberedStatus{&machine, newStatusJSON(s), s.Seq}))
}

// putMachineStatus answers PUT /machines/{id}/status, whose body is {"status":"STARTED"}.
// It sets the status of the machine. Repeating a request changes nothing.
//
// If-Match: "12" makes it change only what change 12 has set, and "0" only what was
// never set; so a client that undoes a change does not undo a later one of somebody
// else. If-None-Match: * is the same as If-Match: "0".
//
// Answers: 200 with what getMachineStatus answers, and its ETag; 412 if the
// condition does not hold; 404 if no machine can have this name; and 400, 409, 413, 415,
// 422 and 503 as in setStatus.
func (h *Handler) putMachineStatus(w http.ResponseWriter, r *http.Request) *reply.Problem {
	machine, p := machineOf(r)
	if p != nil {
		return p
	}
	return h.put(w, r, machine)
}

// putStatus answers PUT /status, whose body is {"status":"STARTED"}. It sets the status of the
// whole job: see putMachineStatus. If-Match may also have the ETag of GET /status, which
// changes with every status.
//
// Answers: 200 with {"status":…,"since":…,"seq":…}; else as putMachineStatus.
func (h *Handler) putStatus(w http.ResponseWriter, r *http.Request) *reply.Problem {
	return h.put(w, r, "")
}

// put sets the status of a machine, or of the whole job if machine is empty.
func (h *Handler) put(w http.ResponseWriter, r *http.Request, machine string) *reply.Problem {
	p := request.None(r)
	if p != nil {
		return p
	}
	c, p := request.ReadCommand(w, r, "status")
	if p != nil {
		return p
	}
	asked := status.Request{Machine: machine, Word: c.Status, Time: h.o.Now()}
	asked.If, p = h.condition(r.Header, machine)
	if p != nil {
		return p
	}
	now, p := h.set(asked)
	if p != nil {
		return p
	}
	answer := numberedStatus{statusJSON: newStatusJSON(now), Seq: now.Seq}
	if machine != "" {
		answer.Machine = &machine
		w.Header().Set("ETag", seqTag(now.Seq))
	}
	return send(w, "application/json", reply.JSON(answer))
}

// seqTag returns the ETag of a status.
func seqTag(seq uint64) string { return `"` + strconv.FormatUint(seq, 10) + `"` }

// condition returns what If-Match and If-None-Match ask for, as a status.Request.If. If
// that cannot hold, the problem is 412 (RFC 9110, 13.1.1 and 13.1.2). It is 400 for what is
// no condition, such as a number without quotation marks.
func (h *Handler) condition(header http.Header, machine string) (*uint64, *reply.Problem) {
	match, p := readTags(header, "If-Match")
	if p != nil {
		return nil, p
	}
	noneMatch, p := readTags(header, "If-None-Match")
	if p != nil || len(match) == 0 && len(noneMatch) == 0 {
		return nil, p
	}
	all, p := h.allStatuses()
	if p != nil {
		return nil, p
	}
	current := all.Whole
	own := []string{"*", seqTag(current.Seq), `"` + all.Version + `"`}
	if machine != "" {
		current = all.Machines[machine]
		own = []string{"*", seqTag(current.Seq)}
	}
	holds := func(tag string) bool { return slices.Contains(own, tag) }
	if len(match) > 0 && !slices.ContainsFunc(match, holds) {
		return nil, changedProblem("If-Match", strings.Join(match, ", "), current)
	}
	if slices.Contains(noneMatch, "*") && current.Seq != 0 || slices.ContainsFunc(noneMatch, func(tag string) bool { return tag != "*" && holds(tag) }) {
		return nil, changedProblem("If-None-Match", strings.Join(noneMatch, ", "), current)
	}
	return &current.Seq, nil
}

// readTags returns the entity tags of a header, or a problem with status 400.
func readTags(header http.Header, name string) ([]string, *reply.Problem) {
	list := representation.Tags(header.Values(name))
	for _, tag := range list {
		if !representation.IsTag(tag) {
			return nil, reply.Problemf(http.StatusBadRequest, `%s: %s is not an entity tag: write the number of a change in quotation marks, as in %[1]s: "12"`, name, reply.Truncate(tag)).
				AtHeader(name).WithValue(tag)
		}
	}
	return list, nil
}

// changedProblem returns the problem of a condition that does not hold, since the
// status is another one.
func changedProblem(header, value string, current status.Status) *reply.Problem {
	what := "no status was ever set"
	if current.Word != "" {
		what = fmt.Sprintf("it is %s now, set by change %d", reply.Truncate(current.Word), current.Seq)
	}
	p := reply.Problemf(http.StatusPreconditionFailed, "the status has been changed in the meantime: %s", what).AtHeader(header).WithValue(value)
	p.Allowed = []string{seqTag(current.Seq)}
	return p
}
