package httpapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// loadOpenAPI returns the document, checked.
var loadOpenAPI = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err == nil {
		err = doc.Validate(context.Background(), openapi3.EnableExamplesValidation())
	}
	return doc, err
})

// operations returns the operations of the document, as METHOD PATH, sorted.
func operations(doc *openapi3.T) (all []string) {
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// TestOpenAPIIsValid: the document is valid OpenAPI 3.1, examples included, and is
// served as it is.
func TestOpenAPIIsValid(t *testing.T) {
	t.Parallel()
	doc, err := loadOpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("version %s", doc.OpenAPI)
	}
	names := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			if o.OperationID == "" || names[o.OperationID] || o.Summary == "" || len(o.Tags) != 1 {
				t.Errorf("%s %s: operationId %q must be its own, and it needs a summary and a tag", method, path, o.OperationID)
			}
			names[o.OperationID] = true
		}
	}
	h := newHandler(newRecords(t, ""))
	w := ask(h, "GET", "/openapi.json", "")
	if w.Code != 200 || w.Body.String() != string(openAPI) || !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	w = ask(h, "GET", "/openapi.json", "", "If-None-Match: "+w.Header().Get("ETag"))
	if w.Code != 304 {
		t.Errorf("with its ETag: %d", w.Code)
	}
}

// documented returns a pattern of the mux as METHOD PATH of the document: / for /{$}, and
// /assets/{name} for all paths below /assets/.
func documented(pattern string) string {
	pattern = strings.TrimSuffix(pattern, "{$}")
	if strings.HasSuffix(pattern, "/") && !strings.HasSuffix(pattern, " /") {
		pattern += "{name}"
	}
	return pattern
}

// TestOpenAPIHasAllEndpoints: the operations of the document are the endpoints.
func TestOpenAPIHasAllEndpoints(t *testing.T) {
	t.Parallel()
	doc, err := loadOpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	h := newHandlerWith(newRecords(t, ""), Options{Token: "0123456789abcdef"})
	described := operations(doc)
	var served []string
	for _, e := range h.endpoints() {
		served = append(served, documented(e.pattern))
	}
	slices.Sort(served)
	if !slices.Equal(served, described) {
		t.Errorf("served:\n%q\nin openapi.json:\n%q", served, described)
	}
	for _, path := range h.router.paths {
		if doc.Paths.Value(path) == nil {
			t.Errorf("a 404 suggests %s, which is not in openapi.json", path)
		}
	}
}

// contract compares requests and answers with the document. Its mux has the operations of
// the document as patterns.
type contract struct {
	mux *http.ServeMux

	mu         sync.Mutex
	violations []string
	checked    map[string]int // answers by operation and status code
}

// route is the operation of a request, with what stands for the parameters of its path.
type route struct {
	routers.Route
	params map[string]string
}

// routeHandler is a handler that returns the route of a request in place of an answer.
type routeHandler struct{ route }

type routeWriter struct {
	headerRecorder
	found *route
}

func (h routeHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.params = map[string]string{}
	for _, name := range []string{"id", "name"} {
		value := r.PathValue(name)
		if value != "" {
			h.params[name] = value
		}
	}
	w.(*routeWriter).found = &h.route
}

var loadContract = sync.OnceValues(func() (*contract, error) {
	doc, err := loadOpenAPI()
	if err != nil {
		return nil, err
	}
	for _, mime := range []string{
		"text/html", "text/css", "text/javascript", "text/event-stream", "image/svg+xml", "image/png", "application/manifest+json",
		"application/x-ndjson", "application/ndjson", "application/jsonl",
	} {
		openapi3filter.RegisterBodyDecoder(mime, openapi3filter.FileBodyDecoder) // as one string
	}
	c := &contract{mux: http.NewServeMux(), checked: map[string]int{}}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			pattern := method + " " + path
			if path == "/" {
				pattern += "{$}"
			}
			c.mux.Handle(pattern, routeHandler{route{Route: routers.Route{Spec: doc, Server: doc.Servers[0], Path: path, PathItem: item, Method: method, Operation: o}}})
		}
	}
	return c, nil
})

// check compares an answer of a Handler, and the request if that was successful, with the
// document. body is that of the request.
func (c *contract) check(r *http.Request, body string, code int, header http.Header, answer []byte) {
	found := routeWriter{headerRecorder: headerRecorder{header: http.Header{}}}
	c.mux.ServeHTTP(&found, r)
	if found.found == nil {
		return // 404 or 405: there is no such operation
	}
	r = r.Clone(context.Background())
	r.Body = http.NoBody
	if body != "" {
		r.Body = io.NopCloser(strings.NewReader(body))
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true}
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: found.found.params, Route: &found.found.Route, Options: options}
	name := found.found.Method + " " + found.found.Path
	answer, err := uncompressed(header, answer)
	if err == nil && code < 300 {
		err = openapi3filter.ValidateRequest(context.Background(), input)
	}
	if err == nil {
		output := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: code, Header: header, Options: options}
		err = openapi3filter.ValidateResponse(context.Background(), output.SetBodyBytes(answer))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked[fmt.Sprintf("%s %d", name, code)]++
	violation := ""
	if err != nil {
		violation = fmt.Sprintf("%s %s: answer %d %.300q: %v", r.Method, r.URL, code, answer, err)
	}
	if violation != "" && !slices.Contains(c.violations, violation) {
		c.violations = append(c.violations, violation)
	}
}

// uncompressed returns the content of an answer.
func uncompressed(header http.Header, answer []byte) ([]byte, error) {
	if header.Get("Content-Encoding") != "gzip" || len(answer) == 0 {
		return answer, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(answer))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// TestMain fails if an answer that any test got by request is not as openapi.json has it.
func TestMain(m *testing.M) {
	code := m.Run()
	c, err := loadContract()
	if err != nil {
		fmt.Println("openapi.json:", err)
		os.Exit(1)
	}
	for _, violation := range c.violations {
		fmt.Println("not as in openapi.json:", violation)
		code = 1
	}
	if testing.Verbose() {
		fmt.Println("answers compared with openapi.json:", c.checked)
	}
	os.Exit(code)
}
