package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"weir/pkg/suggest"
)

// problem is the answer to a request that fails: problem details as of RFC 9457.
// The type is always about:blank, which means that the status code says what kind
// of problem it is, and title is that code's text (4.2.1). The members from member
// on are extensions (3.2): they say in which part of the request the error is, and
// what would be accepted there.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"` // one sentence, for a person

	Member  string   `json:"member,omitempty"`       // the member of the body that is wrong
	Query   string   `json:"parameter,omitempty"`    // the parameter of the query that is wrong
	Header  string   `json:"header,omitempty"`       // the header that is wrong or missing
	Offset  *int64   `json:"offset,omitempty"`       // where in the body the syntax error is, in bytes from 0
	Value   string   `json:"value,omitempty"`        // what the client sent there
	Allowed []string `json:"allowed,omitempty"`      // all values that are accepted there
	Meant   string   `json:"did_you_mean,omitempty"` // the one of these that is most like value
}

// newProblem returns a problem with a status code. format and args make its detail.
func newProblem(code int, format string, args ...any) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(code), Status: code, Detail: fmt.Sprintf(format, args...)}
}

// withAllowed adds the value that the client sent, those that are accepted, and a
// suggestion if one of these is similar. It returns p.
func (p *problem) withAllowed(value string, allowed []string) *problem {
	p.Value, p.Allowed = truncate(value), allowed
	p.Meant = suggest.Word(value, allowed)
	if p.Meant != "" {
		p.Detail += fmt.Sprintf(" (did you mean %s?)", p.Meant)
	}
	return p
}

// encode returns v as JSON, with a line feed at its end.
//
// Requires: v consists of structs, maps, strings and numbers, for which
// encoding/json cannot fail.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // answers are no HTML, and < should stay <
	_ = enc.Encode(v)
	return b.Bytes()
}

// problemType is the media type of problem details (RFC 9457, 6.1).
const problemType = "application/problem+json"

// write sends p as the answer. It removes an ETag that was set before.
func (p *problem) write(w http.ResponseWriter) {
	text := encode(p)
	header := w.Header()
	header.Del("ETag")
	header.Set("Content-Type", problemType)
	header.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(p.Status)
	_, _ = w.Write(text) // an error means that the client has left
}

// unrouted answers a request that no endpoint matches, with 404 or, if
// the path exists, with 405 and the Allow header (RFC 9110, 10.2.1). The mux's own
// answer, which handler would give in plain text, says which of the two it is. paths are
// all paths, for the former.
func unrouted(w http.ResponseWriter, r *http.Request, handler http.Handler, paths []string) {
	answer := headerRecorder{header: http.Header{}}
	handler.ServeHTTP(&answer, r)
	allow := answer.header.Get("Allow")
	if allow != "" {
		w.Header().Set("Allow", allow)
		newProblem(http.StatusMethodNotAllowed, "%s does not support the method %s", truncate(r.URL.Path), truncate(r.Method)).
			withAllowed(r.Method, strings.Split(allow, ", ")).write(w)
		return
	}
	newProblem(http.StatusNotFound, "there is no path %s", truncate(r.URL.Path)).withAllowed(r.URL.Path, paths).write(w)
}

// headerRecorder is a ResponseWriter that records the headers of an answer, and
// discards the rest.
type headerRecorder struct{ header http.Header }

func (r *headerRecorder) Header() http.Header         { return r.header }
func (r *headerRecorder) Write(p []byte) (int, error) { return len(p), nil }
func (r *headerRecorder) WriteHeader(int)             {}

// truncate returns at most 100 bytes of s, which a client has sent, for use in an
// answer: a problem must not be as long as the request. Invalid UTF-8, which JSON
// cannot have, is replaced.
func truncate(s string) string {
	const maxLen = 100
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= maxLen {
		return s
	}
	i := maxLen
	for !utf8.RuneStart(s[i]) {
		i--
	}
	return s[:i] + "…"
}
