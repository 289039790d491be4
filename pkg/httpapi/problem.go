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

// problem is an answer that tells what is wrong, where, and what would be right:
// RFC 9457, with members of our own.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`

	Member  string   `json:"member,omitempty"`    // of the body: where the fault is
	Query   string   `json:"parameter,omitempty"` // of the query
	Header  string   `json:"header,omitempty"`
	Offset  *int64   `json:"offset,omitempty"` // in the body, in bytes, from 0
	Value   string   `json:"value,omitempty"`  // what stands there
	Allowed []string `json:"allowed,omitempty"`
	Meant   string   `json:"did_you_mean,omitempty"`
}

// fault is a problem of a code; the detail is formatted.
func fault(code int, format string, args ...any) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(code), Status: code, Detail: fmt.Sprintf(format, args...)}
}

// among says what was there and what may be, and guesses what was meant.
func (p *problem) withAllowed(value string, allowed []string) *problem {
	p.Value, p.Allowed = truncate(value), allowed
	if p.Meant = suggest.Word(value, allowed); p.Meant != "" {
		p.Detail += fmt.Sprintf(" (did you mean %s?)", p.Meant)
	}
	return p
}

func (p *problem) text() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(p) // strings and numbers: it cannot fail
	return b.Bytes()
}

const problemType = "application/problem+json"

func (p *problem) write(w http.ResponseWriter, r *http.Request) {
	text := p.text()
	h := w.Header()
	h.Del("ETag")
	h.Set("Content-Type", problemType)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // a client that has left needs no answer
	}
}

// unrouted tells of a path or a method that is not there: what the mux would
// have said, in our form.
func unrouted(w http.ResponseWriter, r *http.Request, h http.Handler) {
	said := refusal{header: http.Header{}, code: http.StatusNotFound}
	h.ServeHTTP(&said, r)
	if allow := said.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
		fault(http.StatusMethodNotAllowed, "%s does not take %s", truncate(r.URL.Path), truncate(r.Method)).
			withAllowed(r.Method, strings.Split(allow, ", ")).write(w, r)
		return
	}
	fault(http.StatusNotFound, "there is nothing at %s", truncate(r.URL.Path)).withAllowed(r.URL.Path, paths()).write(w, r)
}

// refusal takes what the mux says, to be told in another form.
type refusal struct {
	header http.Header
	code   int
}

func (r *refusal) Header() http.Header         { return r.header }
func (r *refusal) Write(p []byte) (int, error) { return len(p), nil }
func (r *refusal) WriteHeader(code int)        { r.code = code }

// cut is what a client has sent, as far as it is worth repeating.
func truncate(s string) string {
	const most = 100
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= most {
		return s
	}
	i := most
	for !utf8.RuneStart(s[i]) {
		i--
	}
	return s[:i] + "…"
}
