package httpapi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/representation"
	"weir/pkg/httpapi/internal/request"
	"weir/pkg/jsonscan"
	"weir/pkg/recent"
	"weir/pkg/stamp"
	"weir/pkg/status"
)

// getMachines answers GET /machines with all machines that have a kept record or a
// status, sorted by name:
//
//	{"machines":[{"machine":"m1","records":500,"newest":"2024-05-06T08:00:00Z","last":{…},
//	   "fields":["temperature","moving_averages.temperature"],"status":"STARTED","since":…,"seq":7},…],
//	 "status":null,"since":null,"seq":0,"words":["IDLE",…],"moves":null,"durable":false,"newest_seq":1234,"unnamed":0}
//
// records is how many records of the machine are kept, last is the newest of them, newest
// its time, and fields are the paths of the numbers in it, as the parameter field of /series
// takes them; see recent.Records.Fields. newest and last are null without a record, newest
// also without a time. status, since and seq are the machine's job status, and below that of
// the whole job; see status.Status. words are the statuses that can be set, moves which of
// them may follow a word (null: all), durable says whether they survive a restart. unnamed
// is the number of records without a machine; unlisted, if it is not 0, that of records
// whose machine is not listed; see recent.Machines.
//
// It takes no parameters. Other answers: 304 if nothing has changed; 400; 429 if too many
// bytes are in flight; 503 if the Store has failed.
func (h *Handler) getMachines(w http.ResponseWriter, r *http.Request) *reply.Problem {
	all, p := h.readStatuses(r)
	present := func() machinesKey { return machinesKey{h.o.Records.View().Seq(), all.Version} }
	if p != nil || representation.NotModified(w, r, h.machinesTag(present())) {
		return p
	}
	key, text := h.machinesText.get(present, func() (machinesKey, []byte) { return h.encodeMachines(all) })
	w.Header().Set("ETag", h.machinesTag(key))
	return sendShared(w, "application/json", text)
}

// getMachine answers GET /machines/{id} with the machine of that name, as getMachines shows
// it. It takes no parameters. Other answers: 400; 404 if the machine has neither a kept
// record nor a status; 429 if too many bytes are in flight; 503 if the Store has failed.
func (h *Handler) getMachine(w http.ResponseWriter, r *http.Request) *reply.Problem {
	all, p := h.readStatuses(r)
	if p != nil {
		return p
	}
	name := r.PathValue("id")
	m, _, listed := h.o.Records.Machine(name)
	s, set := all.Machines[name]
	if !listed && !set {
		return reply.Problemf(http.StatusNotFound, "there is no machine %q", reply.Truncate(name)).
			WithMeant(name, machineNames(h.o.Records.Machines().List, all))
	}
	m.Name = name
	if m.Last != nil { // it may be large, and counts before it is copied; the rest is small
		p = hold(w, int64(len(m.Last.Raw)))
		if p != nil {
			return p
		}
	}
	write(w, "application/json", append(h.appendMachine(nil, m, s), '\n'))
	return nil
}

// readStatuses returns all statuses for a request that must not have parameters.
func (h *Handler) readStatuses(r *http.Request) (status.Snapshot, *reply.Problem) {
	p := request.None(r)
	if p != nil {
		return status.Snapshot{}, p
	}
	return h.allStatuses()
}

// allStatuses returns all statuses, or a problem with status 503.
func (h *Handler) allStatuses() (status.Snapshot, *reply.Problem) {
	all, err := h.o.Statuses.All()
	if err != nil {
		return all, reply.Problemf(http.StatusServiceUnavailable, "the statuses cannot be read: %s", reply.Truncate(err.Error()))
	}
	return all, nil
}

// machinesKey is what the answer to GET /machines depends on.
type machinesKey struct {
	seq     uint64 // number of the newest record
	version string // of the statuses
}

// machinesTag returns the ETag of GET /machines.
func (h *Handler) machinesTag(k machinesKey) string {
	return fmt.Sprintf(`"%s-m%d-%s"`, h.boot, k.seq, k.version)
}

// encodeMachines returns the answer to GET /machines with these statuses and the newest
// records.
func (h *Handler) encodeMachines(all status.Snapshot) (machinesKey, []byte) {
	m := h.o.Records.Machines()
	b := []byte(`{"machines":[`)
	list := m.List
	for i, name := range machineNames(m.List, all) {
		one := recent.Machine{Name: name}
		if len(list) > 0 && list[0].Name == name {
			one, list = list[0], list[1:]
		}
		b = h.appendMachine(reply.Comma(b, i), one, all.Machines[name])
	}
	b = append(b, ']')
	b = appendStatus(b, all.Whole)
	b = reply.AppendMember(b, "words", h.o.Statuses.Words())
	b = reply.AppendMember(b, "moves", h.o.Statuses.Moves())
	b = fmt.Appendf(b, `,"durable":%v,"newest_seq":%d,"unnamed":%d`, h.o.Statuses.Durable(), m.View.Seq(), m.Unnamed)
	if m.Unlisted > 0 {
		b = fmt.Appendf(b, `,"unlisted":%d`, m.Unlisted)
	}
	return machinesKey{m.View.Seq(), all.Version}, append(b, "}\n"...)
}

// machineNames returns the names of all machines that have records or a status, sorted.
func machineNames(list []recent.Machine, all status.Snapshot) []string {
	names := slices.Collect(maps.Keys(all.Machines))
	for _, m := range list {
		if _, ok := all.Machines[m.Name]; !ok {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}

// appendMachine appends a machine as JSON.
func (h *Handler) appendMachine(b []byte, m recent.Machine, s status.Status) []byte {
	b = jsonscan.AppendQuoted(append(b, `{"machine":`...), m.Name)
	b = fmt.Appendf(b, `,"records":%d,"newest":`, m.Records)
	if m.Last != nil && m.Last.Timed {
		b = appendTime(b, m.Last.Time)
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"last":`...)
	if m.Last == nil {
		b = append(b, `null,"fields":[]`...)
		return append(appendStatus(b, s), '}')
	}
	b = append(append(b, m.Last.Raw...), `,"fields":[`...)
	for i, path := range h.o.Records.Fields(m.Last) {
		b = jsonscan.AppendQuoted(reply.Comma(b, i), path.Spell())
	}
	return append(appendStatus(append(b, ']'), s), '}')
}

// appendStatus appends the members status, since and seq.
func appendStatus(b []byte, s status.Status) []byte {
	j := newStatusJSON(s)
	b = reply.AppendMember(b, "status", j.Status)
	b = reply.AppendMember(b, "since", j.Since)
	return fmt.Appendf(b, `,"seq":%d`, s.Seq)
}

// appendTime appends a time as a JSON string, RFC 3339 in UTC.
func appendTime(b []byte, t stamp.Time) []byte {
	return append(time.Unix(t.Sec, int64(t.Nsec)).UTC().AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}
