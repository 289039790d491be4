package httpapi

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"weir/pkg/board"
	"weir/pkg/stamp"
)

// data answers GET /data.
func (f *Handler) data(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	q, p := query(r.URL.RawQuery)
	var form *form
	if p == nil {
		form, p = accepted(r.Header.Values("Accept"))
	}
	if p != nil {
		p.write(w, r)
		return
	}
	view := f.o.Board.View()
	if q.After != nil && *q.After > view.Seq() {
		p = fault(http.StatusBadRequest, "after: there is no record %d yet, the newest is %d (the numbers begin again when statusd does)", *q.After, view.Seq())
		p.Query, p.Value = "after", strconv.FormatUint(*q.After, 10)
		p.write(w, r)
		return
	}
	s := view.Select(q)
	h := w.Header()
	h.Set("Link", fmt.Sprintf("<%s>; rel=\"next\"", following(r.URL, s.Next)))
	tag := fmt.Sprintf(`"%s-%s0"`, f.boot, form.tag)
	if n := len(s.Records); n > 0 {
		// Between two records nothing ever changes: the ends tell all of it.
		tag = fmt.Sprintf(`"%s-%s%d-%d"`, f.boot, form.tag, s.Records[0].Seq, s.Records[n-1].Seq)
	}
	if unchanged(w, r, tag) {
		return
	}
	size := form.size(s)
	if !f.inFlight.take(size) {
		h.Set("Retry-After", strconv.Itoa(int(stallTime.Seconds())))
		fault(http.StatusTooManyRequests, "too many large answers are on their way: ask for less (?limit=), or later").write(w, r)
		return
	}
	defer f.inFlight.give(size)
	h.Set("Content-Type", form.mime)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		form.write(w, s)
	}
}

// following is the query that goes on behind what this one has answered.
func following(u *url.URL, next uint64) string {
	q := u.Query()
	q.Set("after", strconv.FormatUint(next, 10))
	return u.Path + "?" + q.Encode()
}

// unchanged sets the ETag, and answers 304 if the client has it.
func unchanged(w http.ResponseWriter, r *http.Request, tag string) bool {
	w.Header().Set("ETag", tag)
	for _, list := range r.Header.Values("If-None-Match") {
		for have := range strings.SplitSeq(list, ",") {
			if have = strings.TrimSpace(have); have == "*" || strings.TrimPrefix(have, "W/") == tag {
				w.WriteHeader(http.StatusNotModified)
				return true
			}
		}
	}
	return false
}

// budget bounds the bytes that slow clients keep from being forgotten.
type inFlight struct{ left atomic.Int64 }

func (b *inFlight) take(n int64) bool {
	if n <= smallAnswer {
		return true
	}
	if b.left.Add(-n) < 0 {
		b.left.Add(n)
		return false
	}
	return true
}

func (b *inFlight) give(n int64) {
	if n > smallAnswer {
		b.left.Add(n)
	}
}

// query reads the parameters of /data.
func query(raw string) (q board.Query, _ *problem) {
	q.Limit = -1
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, fault(http.StatusBadRequest, "the query cannot be read: %v", truncate(err.Error()))
	}
	names := []string{"machine", "limit", "since", "after"}
	for name, list := range values {
		if !slices.Contains(names, name) {
			p := fault(http.StatusBadRequest, "there is no parameter %q", truncate(name)).withAllowed(name, names)
			p.Query = truncate(name)
			return q, p
		}
		if len(list) > 1 {
			p := fault(http.StatusBadRequest, "%s stands there twice", name)
			p.Query = name
			return q, p
		}
		if err := parameter(&q, name, list[0]); err != nil {
			p := fault(http.StatusBadRequest, "%s: %s", name, err)
			p.Query, p.Value = name, truncate(list[0])
			return q, p
		}
	}
	return q, nil
}

func parameter(q *board.Query, name, value string) error {
	switch name {
	case "machine":
		q.Machine = &value
	case "limit":
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return fmt.Errorf("%.100q is no whole number from 0 to 2147483647", value)
		}
		q.Limit = int(n)
	case "after":
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return fmt.Errorf("%.100q is no number of a record: those are whole, from 0", value)
		}
		q.After = &n
	case "since":
		var p stamp.Parser
		t, err := p.Text([]byte(value))
		if err != nil {
			if strings.Contains(value, " ") {
				err = fmt.Errorf("%w; a + in a query is a space: write %%2B", err)
			}
			return err
		}
		q.Since = &t
	}
	return nil
}

// form is how records are written.
type form struct {
	mime, tag           string
	begin, between, end string
	endless             bool // end stands behind the last record only if there is one
}

func forms() []*form {
	return []*form{
		{mime: "application/json", tag: "j", begin: "[", between: ",\n", end: "]\n"},
		{mime: "application/x-ndjson", tag: "n", between: "\n", end: "\n", endless: true},
	}
}

func (f *form) size(s board.Selection) int64 {
	n := int64(len(s.Records))
	if n == 0 && f.endless {
		return 0
	}
	return int64(len(f.begin)+len(f.end)) + s.Bytes + int64(len(f.between))*max(0, n-1)
}

// patient gives a client stallTime for each piece of a large answer: one that
// takes nothing does not keep what it is being sent for longer.
type stallWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write implements io.Writer.
func (p stallWriter) Write(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		_ = p.control.SetWriteDeadline(time.Now().Add(stallTime)) // where there is none to set, nothing stalls
		var k int
		k, err = p.ResponseWriter.Write(b[:min(len(b), writeSize)])
		n += k
		b = b[k:]
	}
	return n, err
}

// write gives up when the client has left: there is nobody to tell.
func (f *form) write(w http.ResponseWriter, s board.Selection) {
	out := bufio.NewWriterSize(stallWriter{w, http.NewResponseController(w)}, int(min(writeSize, f.size(s)+1)))
	out.WriteString(f.begin) // the first error stays
	for i, r := range s.Records {
		if i > 0 {
			out.WriteString(f.between)
		}
		if _, err := out.Write(r.Raw); err != nil {
			return
		}
	}
	if len(s.Records) > 0 || !f.endless {
		out.WriteString(f.end)
	}
	out.Flush()
}

// accepted is the form that the Accept headers (RFC 9110, 12.5.1) like best.
func accepted(headers []string) (*form, *problem) {
	all := forms()
	if len(headers) == 0 {
		return all[0], nil
	}
	weights := make([]float64, len(all))
	exact := make([]int, len(all)) // how exactly a range has named the form
	for _, h := range headers {
		for one := range strings.SplitSeq(h, ",") {
			name, params, _ := strings.Cut(one, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			for i, f := range all {
				match := map[string]int{"*/*": 1, "application/*": 2, f.mime: 3}[name]
				if match > exact[i] {
					exact[i], weights[i] = match, weight(params)
				}
			}
		}
	}
	best, names := 0, []string{}
	for i, f := range all {
		names = append(names, f.mime)
		if weights[i] > weights[best] {
			best = i
		}
	}
	if weights[best] <= 0 {
		p := fault(http.StatusNotAcceptable, "none of what Accept asks for is here").withAllowed(strings.Join(headers, ", "), names)
		p.Header = "Accept"
		return nil, p
	}
	return all[best], nil
}

// weight is the q among the parameters of a range; what cannot be read is 1.
func weight(params string) float64 {
	for one := range strings.SplitSeq(params, ";") {
		if v, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(one)), "q="); ok {
			if q, err := strconv.ParseFloat(v, 64); err == nil && q >= 0 && q <= 1 {
				return q
			}
		}
	}
	return 1
}
