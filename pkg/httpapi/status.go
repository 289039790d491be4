package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"weir/pkg/board"
)

// status answers GET /status.
func (f *Handler) status(w http.ResponseWriter, r *http.Request) {
	if r.URL.RawQuery != "" {
		p := fault(http.StatusBadRequest, "/status has no parameters")
		p.Query = truncate(r.URL.RawQuery)
		p.write(w, r)
		return
	}
	text, version := f.o.Board.Statuses()
	if !unchanged(w, r, fmt.Sprintf(`"%s-s%d"`, f.boot, version)) {
		send(w, r, "application/json", text)
	}
}

func send(w http.ResponseWriter, r *http.Request, mime string, text []byte) {
	h := w.Header()
	h.Set("Content-Type", mime)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // a client that has left needs no answer
	}
}

// set answers POST /status with the status that now holds.
func (f *Handler) set(w http.ResponseWriter, r *http.Request) {
	o, p := f.parseCommand(w, r)
	if p != nil {
		p.write(w, r)
		return
	}
	is, err := f.o.Board.Set(o.machine, o.status, f.o.Now())
	switch {
	case errors.Is(err, board.ErrWord):
		p = fault(http.StatusUnprocessableEntity, "%q is no status that can be set", truncate(o.status)).withAllowed(o.status, f.o.Board.Words())
		p.Member = "status"
	case err != nil:
		p = fault(http.StatusConflict, "%d machines have a status: no further one can", board.MaxMachines)
		p.Member = "machine"
	}
	if p != nil {
		p.write(w, r)
		return
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(struct { // strings: it cannot fail
		Machine string `json:"machine,omitempty"`
		board.Status
	}{o.machine, is})
	send(w, r, "application/json", text.Bytes())
}

// order is what a POST asks for.
type command struct{ machine, status string }

func (f *Handler) parseCommand(w http.ResponseWriter, r *http.Request) (o command, _ *problem) {
	if p := checkContentType(r.Header); p != nil {
		w.Header().Set("Accept-Post", "application/json")
		return o, p
	}
	if c := connOf(r); c != nil {
		c.reading.Store(true)
		defer c.reading.Store(false)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return o, fault(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", maxBody)
	case err != nil:
		return o, fault(http.StatusBadRequest, "the body did not come whole")
	}
	members, p := parse(body)
	if p != nil {
		return o, p
	}
	return apply(members)
}

// typed is what is wrong with the type of a body.
func checkContentType(h http.Header) *problem {
	name := h.Get("Content-Type")
	kind, params, err := mime.ParseMediaType(name)
	charset := strings.ToLower(params["charset"])
	if err != nil || kind != "application/json" || charset != "" && charset != "utf-8" {
		p := fault(http.StatusUnsupportedMediaType, "send the body as Content-Type: application/json").withAllowed(name, []string{"application/json"})
		p.Header, p.Meant = "Content-Type", ""
		return p
	}
	if coding := h.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		p := fault(http.StatusUnsupportedMediaType, "send the body as it is, without Content-Encoding")
		p.Header, p.Value = "Content-Encoding", truncate(coding)
		return p
	}
	return nil
}

// member is one of the body's object, in its order.
type member struct {
	name  string
	value any
}

// parse reads a body: one JSON object, no more, in UTF-8.
func parse(body []byte) (members []member, _ *problem) {
	broken := func(at int64, what string) *problem {
		p := fault(http.StatusBadRequest, "the body is not JSON: %s", what)
		p.Offset = &at
		return p
	}
	if !utf8.Valid(body) {
		at := int64(0)
		for rest := body; ; {
			r, n := utf8.DecodeRune(rest)
			if r == utf8.RuneError && n <= 1 {
				return nil, broken(at, "not UTF-8")
			}
			rest, at = rest[n:], at+int64(n)
		}
	}
	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		var syntax *json.SyntaxError
		at := int64(len(body))
		if errors.As(err, &syntax) {
			at = max(0, syntax.Offset-1)
		}
		if strings.Contains(err.Error(), "unexpected end") {
			at = int64(len(body))
		}
		return nil, broken(at, err.Error())
	}
	dec := json.NewDecoder(bytes.NewReader(whole))
	if open, _ := dec.Token(); open != json.Delim('{') {
		return nil, fault(http.StatusUnprocessableEntity, `the body is no object: send {"status":"…"}`)
	}
	for dec.More() {
		var m member
		name, _ := dec.Token() // what is valid as a whole has no fault inside
		m.name, _ = name.(string)
		if err := dec.Decode(&m.value); err != nil { // a number beyond float64
			p := fault(http.StatusUnprocessableEntity, "%s", truncate(err.Error()))
			p.Member = truncate(m.name)
			return nil, p
		}
		members = append(members, m)
	}
	return members, nil
}

const maxName = 256 // bytes of a machine's name

// obey finds the order in the members of a body.
func apply(members []member) (o command, _ *problem) {
	wrong := func(name, format string, args ...any) *problem {
		p := fault(http.StatusUnprocessableEntity, format, args...)
		p.Member = truncate(name)
		return p
	}
	known := []string{"status", "machine"}
	met := map[string]bool{}
	for _, m := range members {
		text, ok := m.value.(string)
		switch {
		case m.name != "status" && m.name != "machine":
			return o, wrong(m.name, "there is no member %q", truncate(m.name)).withAllowed(m.name, known)
		case met[m.name]:
			return o, wrong(m.name, "%q stands there twice", m.name)
		case !ok:
			return o, wrong(m.name, "%q must be a string", m.name)
		case m.name == "status":
			o.status = text
		case text == "" || len(text) > maxName || strings.ContainsFunc(text, unnamable):
			p := wrong(m.name, "a machine's name has 1 to %d bytes, and no control characters", maxName)
			p.Value = truncate(text)
			return o, p
		default:
			o.machine = text
		}
		met[m.name] = true
	}
	if !met["status"] {
		return o, wrong("status", `"status" is missing`)
	}
	return o, nil
}

// unnamable also keeps out what a lone surrogate decodes to: two names would be
// one.
func unnamable(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }
