// Package reply makes bodies of answers: problem details (RFC 9457) and other JSON.
//
// Package httpapi and the packages that read requests for it import it. It knows no
// endpoints.
//
//   - [Problem]: the answer to a request that fails, made by [Problemf].
//   - [JSON] returns a value as JSON, [AppendMember] appends it to an object.
package reply

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"weir/pkg/suggest"
)

// Problem is the answer to a request that fails: problem details as of RFC 9457.
// The type is always about:blank, which means that the status code says what kind
// of problem it is, and title is that code's text (4.2.1). The members from member
// on are extensions (3.2): they say in which part of the request the error is, and
// what would be accepted there.
//
// The methods with At and With set one of these each, and return the Problem.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"` // one sentence, for a person

	Member    string   `json:"member,omitempty"`       // the member of the body that is wrong
	Parameter string   `json:"parameter,omitempty"`    // the parameter of the query that is wrong
	Header    string   `json:"header,omitempty"`       // the header that is wrong or missing
	Offset    *int64   `json:"offset,omitempty"`       // where in the body the syntax error is, in bytes from 0
	Value     string   `json:"value,omitempty"`        // what the client sent there
	Allowed   []string `json:"allowed,omitempty"`      // all values that are accepted there
	Meant     string   `json:"did_you_mean,omitempty"` // the one of these that is most like value

	headers [][2]string // of the answer: names and values
}

// Type is the media type of problem details (RFC 9457, 6.1).
const Type = "application/problem+json"

// Problemf returns a problem with a status code from 400 to 599. format and args make its
// detail, one sentence without a full stop.
func Problemf(code int, format string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(code), Status: code, Detail: fmt.Sprintf(format, args...)}
}

// AtMember names the member of the body that is wrong.
func (p *Problem) AtMember(name string) *Problem {
	p.Member = Truncate(name)
	return p
}

// AtParameter names the parameter of the query that is wrong.
func (p *Problem) AtParameter(name string) *Problem {
	p.Parameter = Truncate(name)
	return p
}

// AtHeader names the header of the request that is wrong or missing.
func (p *Problem) AtHeader(name string) *Problem {
	p.Header = name
	return p
}

// WithValue adds the value that the client sent.
func (p *Problem) WithValue(value string) *Problem {
	p.Value = Truncate(value)
	return p
}

// WithAllowed adds the value that the client sent, those that are accepted, and a
// suggestion if one of these is similar.
func (p *Problem) WithAllowed(value string, allowed []string) *Problem {
	p.Allowed = allowed
	return p.WithMeant(value, allowed)
}

// WithMeant is WithAllowed without the values that are accepted: they are too many.
func (p *Problem) WithMeant(value string, allowed []string) *Problem {
	p.Meant = suggest.Word(value, allowed)
	if p.Meant != "" {
		p.Detail += fmt.Sprintf(" (did you mean %s?)", p.Meant)
	}
	return p.WithValue(value)
}

// WithHeader adds a header of the answer.
func (p *Problem) WithHeader(name, value string) *Problem {
	p.headers = append(p.headers, [2]string{name, value})
	return p
}

// RetryAfter says that the client may try again after so many seconds.
func (p *Problem) RetryAfter(seconds int) *Problem {
	return p.WithHeader("Retry-After", strconv.Itoa(seconds))
}

// Write sends p as the answer. It removes the headers ETag and Link, which were set for
// another answer.
func (p *Problem) Write(w http.ResponseWriter) {
	text := JSON(p)
	header := w.Header()
	header.Del("ETag")
	header.Del("Link")
	for _, h := range p.headers {
		header.Set(h[0], h[1])
	}
	header.Set("Content-Type", Type)
	header.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(p.Status)
	_, _ = w.Write(text) // an error means that the client has left
}

// Truncate returns at most 100 bytes of s, which a client has sent, for use in an
// answer: a problem must not be as long as the request. Invalid UTF-8, which JSON
// cannot have, is replaced.
func Truncate(s string) string {
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
