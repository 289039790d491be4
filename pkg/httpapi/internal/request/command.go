package request

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/httpapi/internal/conns"
	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/jsonscan"
	"weir/pkg/recent"
)

// maxBody is the maximum length of the body of a command, in bytes. A command is shorter
// than 2 KiB; the rest is for white space and escapes.
const maxBody = 64 << 10

// Command is the content of a POST or PUT that sets a status.
type Command struct {
	Machine string // empty: the whole job
	Status  string // any text: the store knows which can be set
}

// ReadCommand reads a command from a request, whose body may have these members: "status",
// which is required, and "machine". Problems have the status 400, 413, 415 or 422.
func ReadCommand(w http.ResponseWriter, r *http.Request, names ...string) (c Command, _ *reply.Problem) {
	p := checkContentType(r.Header)
	if p != nil {
		p.WithHeader("Accept", "application/json") // RFC 9110, 12.5.1 and 15.5.16
		if r.Method == http.MethodPost {
			p.WithHeader("Accept-Post", "application/json")
		}
		return c, p
	}
	body, p := ReadBody(w, r, maxBody)
	if p != nil {
		return c, p
	}
	members, p := parseObject(body)
	if p != nil {
		return c, p
	}
	return commandOf(members, names)
}

// ReadBody returns the body of a request, which has at most limit bytes; a longer one is a
// problem with status 413, an incomplete one with 400. While it waits for the client, the
// connection may be closed for another one.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *reply.Problem) {
	client := conns.Of(r.Context())
	if client != nil {
		client.WaitsForClient(true)
		defer client.WaitsForClient(false)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, reply.Problemf(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", limit)
	case err != nil:
		return nil, reply.Problemf(http.StatusBadRequest, "the body is incomplete")
	}
	return body, nil
}

// checkContentType returns a problem with status 415 unless the body is declared as
// JSON in UTF-8, the only encoding of JSON on the Internet (RFC 8259, 8.1), and not
// compressed.
func checkContentType(header http.Header) *reply.Problem {
	name := header.Get("Content-Type")
	kind, params, err := mime.ParseMediaType(name)
	charset := strings.ToLower(params["charset"])
	if err != nil || kind != "application/json" || charset != "" && charset != "utf-8" {
		p := reply.Problemf(http.StatusUnsupportedMediaType, "send the body as Content-Type: application/json").
			AtHeader("Content-Type").WithAllowed(name, []string{"application/json"})
		p.Meant = ""
		return p
	}
	coding := header.Get("Content-Encoding")
	if coding != "" && !strings.EqualFold(coding, "identity") {
		return reply.Problemf(http.StatusUnsupportedMediaType, "send the body without Content-Encoding").AtHeader("Content-Encoding").WithValue(coding)
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
func parseObject(body []byte) (members []member, _ *reply.Problem) {
	var tree batch.Tree
	root, err := tree.Parse(body)
	if err != nil {
		return nil, bodyProblem(body, err)
	}
	if root.Kind() != '{' {
		return nil, reply.Problemf(http.StatusUnprocessableEntity, `the body is not an object: send {"status":"…"}`)
	}
	seen := map[string]bool{}
	for name, value := range root.Members() {
		m := member{string(name), value}
		if seen[m.name] {
			return nil, reply.Problemf(http.StatusBadRequest, "%q is given more than once", reply.Truncate(m.name)).AtMember(m.name)
		}
		seen[m.name] = true
		members = append(members, m)
	}
	return members, nil
}

// bodyProblem returns the problem of a body that cannot be parsed, for the reason err.
func bodyProblem(body []byte, err *jsonscan.Error) *reply.Problem {
	what, detail := "is not JSON", err.Error()
	switch {
	case err.Offset == len(body): // the scanner's text is about lines
		detail = "it ends too early"
	case !err.Syntax: // not UTF-8, or too deep
		what = "cannot be read"
	}
	p, at := reply.Problemf(http.StatusBadRequest, "the body %s: %s", what, detail), int64(err.Offset)
	p.Offset = &at
	return p
}

// commandOf returns the command that the members of a body make. A member that is not one of names
// is an error, as it may be a misspelt "machine", and the command would then be for
// the whole.
//
// Requires: the names of members are different.
func commandOf(members []member, names []string) (c Command, _ *reply.Problem) {
	invalid := func(name, format string, args ...any) *reply.Problem {
		return reply.Problemf(http.StatusUnprocessableEntity, format, args...).AtMember(name)
	}
	hasStatus := false
	for _, m := range members {
		decoded, ok := m.value.Text()
		text := string(decoded)
		switch {
		case !slices.Contains(names, m.name):
			return c, invalid(m.name, "unknown member %q", reply.Truncate(m.name)).WithAllowed(m.name, names)
		case !ok:
			return c, invalid(m.name, "%q must be a string", m.name)
		case m.name == "status":
			c.Status, hasStatus = text, true
		case !recent.IsName(decoded):
			return c, invalid(m.name, "a machine's name must have 1 to %d bytes and no control characters", recent.MaxName).WithValue(text)
		default:
			c.Machine = text
		}
	}
	if !hasStatus {
		return c, invalid("status", `"status" is missing`)
	}
	return c, nil
}
