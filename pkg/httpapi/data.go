package httpapi

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/representation"
	"weir/pkg/httpapi/internal/request"
	"weir/pkg/recent"
)

// getData answers GET /data with the newest records, oldest first, each with the
// bytes it had in the input. Without parameters these are all records held.
//
// Parameters; each may be given once, and all that are given must hold:
//
//   - machine=NAME: only records of this machine.
//   - since=TIME: only records with a time, and not before TIME. TIME is what
//     package stamp reads without --time-format, such as 2024-05-06T08:00:00Z.
//   - after=N: only records with a number larger than N. Records are numbered
//     from 1, in the order of the input.
//   - limit=N: at most N records: the newest; with after, the oldest.
//   - follow=1: the answer does not end; see follow.
//
// Answers:
//
//   - 200: application/json, an array; or one record a line, if the Accept header
//     prefers application/x-ndjson, application/ndjson or application/jsonl (RFC 9110,
//     12.5.1), which are names for the same thing. Hence Vary: Accept.
//   - 304: If-None-Match has the current ETag (RFC 9110, 13.1.2).
//   - 400: a parameter is unknown, given twice or invalid; or after=N is larger
//     than the number of the newest record, so the client's N is from before a
//     restart.
//   - 406: Accept allows none of these types.
//   - 429: too many bytes of answers are in flight (see budget); with Retry-After.
//
// The Link header has, with rel="next" (RFC 8288), the query for what follows the
// last record of the answer. A client that follows it gets each record once,
// unless it was evicted before.
//
// ETags are strong: the same URL and the same ETag mean the same bytes. Records
// never change, and only the oldest are evicted; so for one query, the numbers
// of the first and the last record of an answer determine all records of it.
func (h *Handler) getData(w http.ResponseWriter, r *http.Request) *reply.Problem {
	w.Header().Set("Vary", "Accept")
	q, p := parseQuery(r.URL.RawQuery)
	if p != nil {
		return p
	}
	f, p := negotiate(r.Header.Values("Accept"), q.formats())
	if p != nil {
		return p
	}
	view := h.o.Records.View()
	if q.After != nil && *q.After > view.Seq() {
		return reply.Problemf(http.StatusBadRequest, "after: there is no record %d yet, the newest is %d (numbers start again when statusd is restarted)", *q.After, view.Seq()).
			AtParameter("after").WithValue(strconv.FormatUint(*q.After, 10))
	}
	if q.follow {
		return h.follow(w, r, q.Query, f)
	}
	s := view.Select(q.Query)
	header := w.Header()
	header.Set("Link", link("next", r.URL.Path, r.URL.Query(), "after", s.Next))
	tag := fmt.Sprintf(`"%s-%s0"`, h.boot, f.tag)
	n := len(s.Records)
	if n > 0 {
		tag = fmt.Sprintf(`"%s-%s%d-%d"`, h.boot, f.tag, s.Records[0].Seq, s.Records[n-1].Seq)
	}
	if representation.NotModified(w, r, tag) {
		return nil
	}
	size := f.size(s)
	p = hold(w, size)
	if p != nil {
		return p
	}
	header.Set("Content-Type", f.mime)
	header.Set("Content-Length", strconv.FormatInt(size, 10))
	w.WriteHeader(http.StatusOK)
	f.write(w, s)
	return nil
}

// link returns a header Link (RFC 8288) with a relation, to a path and a query in which the
// parameter name is n.
func link(relation, path string, query url.Values, name string, n uint64) string {
	query.Set(name, strconv.FormatUint(n, 10))
	return fmt.Sprintf("<%s?%s>; rel=%q", path, query.Encode(), relation)
}

// dataQuery is the parameters of /data.
type dataQuery struct {
	recent.Query
	follow bool
}

// formats returns the formats that an answer can have: one that does not end cannot be
// an array.
func (q *dataQuery) formats() []*format {
	if q.follow {
		return formats()[1:]
	}
	return formats()
}

// parseQuery reads the parameters of /data.
func parseQuery(raw string) (q dataQuery, p *reply.Problem) {
	q.Limit = -1
	p = request.Parameters(raw, []string{"machine", "limit", "since", "after", "follow"}, nil, q.set)
	return q, p
}

// set sets what the parameter name, which is one of the five, says.
func (q *dataQuery) set(name, value string) error {
	switch name {
	case "machine":
		q.Machine = &value
	case "limit":
		n, err := strconv.ParseUint(value, 10, 31) // fits an int everywhere
		if err != nil {
			return fmt.Errorf("%.100q is not a whole number from 0 to 2147483647", value)
		}
		q.Limit = int(n)
	case "after":
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return fmt.Errorf("%.100q is not the number of a record (a whole number, 0 for the beginning)", value)
		}
		q.After = &n
	case "follow":
		if value != "1" && value != "0" {
			return fmt.Errorf("%.100q is not 1 or 0", value)
		}
		q.follow = value == "1"
	case "since":
		t, err := request.Time(value)
		if err != nil {
			return err
		}
		q.Since = &t
	}
	return nil
}

// format is a media type of /data, and how records are written in it.
type format struct {
	mime, tag           string // tag: one letter in the ETag, as each type has ETags of its own
	begin, between, end string
	recordsOnly         bool // without records, the answer is empty: end is not written
}

func formats() []*format {
	lines := func(mime, tag string) *format {
		return &format{mime: mime, tag: tag, between: "\n", end: "\n", recordsOnly: true}
	}
	return []*format{
		{mime: "application/json", tag: "j", begin: "[", between: ",\n", end: "]\n"},
		lines("application/x-ndjson", "n"), lines("application/ndjson", "d"), lines("application/jsonl", "l"),
	}
}

// size returns the number of bytes that write writes.
func (f *format) size(s recent.Selection) int64 {
	n := int64(len(s.Records))
	if n == 0 && f.recordsOnly {
		return 0
	}
	return int64(len(f.begin)+len(f.end)) + s.Bytes + int64(len(f.between))*max(0, n-1)
}

// write writes the records. It stops at the first error, which means that the
// client has left or has been too slow; there is no one to report it to.
func (f *format) write(w http.ResponseWriter, s recent.Selection) {
	out := bufio.NewWriterSize(w, int(min(writeSize, f.size(s)+1)))
	out.WriteString(f.begin) // errors are sticky in a bufio.Writer: the loop sees them
	for i, r := range s.Records {
		if i > 0 {
			out.WriteString(f.between)
		}
		_, err := out.Write(r.Raw)
		if err != nil {
			return
		}
	}
	if len(s.Records) > 0 || !f.recordsOnly {
		out.WriteString(f.end)
	}
	out.Flush()
}

// negotiate returns the format that the Accept headers prefer, or a problem with status 406.
func negotiate(headers []string, all []*format) (*format, *reply.Problem) {
	var types []string
	for _, f := range all {
		types = append(types, f.mime)
	}
	i, ok := representation.MediaType(headers, types)
	if !ok {
		return nil, reply.Problemf(http.StatusNotAcceptable, "none of the types in Accept is available").
			AtHeader("Accept").WithAllowed(strings.Join(headers, ", "), types)
	}
	return all[i], nil
}
