package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"weir/pkg/httpapi/internal/reply"
)

// handlerFunc answers a request: it reads the request, acts, and writes the answer. If it
// cannot, it has written nothing, and returns the problem that is the answer.
type handlerFunc func(http.ResponseWriter, *http.Request) *reply.Problem

// ServeHTTP implements http.Handler.
func (f handlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := f(w, r)
	if p != nil {
		p.Write(w)
	}
}

// endpoint is what the mux calls for some requests.
type endpoint struct {
	pattern string // http.ServeMux's: "GET /data"; GET is also for HEAD
	handle  handlerFunc
	public  bool // needs no token
	page    bool // the answer is a file of the page, which is compressed already
}

// endpoints returns all of them. Those of the login are there if there is a token.
func (h *Handler) endpoints() []endpoint {
	all := []endpoint{
		{pattern: "GET /{$}", handle: h.getPage, page: true},
		{pattern: "GET /assets/", handle: h.getAsset, page: true},
		{pattern: "GET /data", handle: h.getData},
		{pattern: "GET /series", handle: h.getSeries},
		{pattern: "GET /machines", handle: h.getMachines},
		{pattern: "GET /machines/{id}", handle: h.getMachine},
		{pattern: "GET /status", handle: h.getStatus},
		{pattern: "POST /status", handle: h.setStatus},
		{pattern: "PUT /status", handle: h.putStatus},
		{pattern: "GET /machines/{id}/status", handle: h.getMachineStatus},
		{pattern: "PUT /machines/{id}/status", handle: h.putMachineStatus},
		{pattern: "GET /history", handle: h.getHistory},
		{pattern: "GET /machines/{id}/history", handle: h.getMachineHistory},
		{pattern: "GET /events", handle: h.getEvents},
		{pattern: "GET /healthz", handle: h.getHealth, public: true},
		{pattern: "GET /readyz", handle: h.getReady, public: true},
		{pattern: "GET /metrics", handle: h.getMetrics},
		{pattern: "GET /openapi.json", handle: h.getOpenAPI},
	}
	if h.guard.NeedsToken() {
		all = append(all, endpoint{pattern: "GET /login", handle: h.guard.GetLogin, public: true}, endpoint{pattern: "POST /login", handle: h.guard.PostLogin, public: true})
	}
	return all
}

// router finds the endpoint of a request.
type router struct {
	mux       *http.ServeMux
	endpoints map[string]endpoint // by pattern
	paths     []string            // all paths, for the answer to an unknown one
}

func newRouter(endpoints []endpoint) router {
	x := router{mux: http.NewServeMux(), endpoints: map[string]endpoint{}}
	for _, e := range endpoints {
		x.mux.Handle(e.pattern, e.handle)
		x.endpoints[e.pattern] = e
		_, path, _ := strings.Cut(e.pattern, " ")
		path, whole := strings.CutSuffix(path, "{$}")
		isFolder := strings.HasSuffix(path, "/") && !whole // /assets/ is none itself
		if !isFolder && !slices.Contains(x.paths, path) {
			x.paths = append(x.paths, path)
		}
	}
	return x
}

// find returns the endpoint of a request; ok is false if there is none. Then handler answers
// in plain text with 404 or 405, or with a redirection to the clean form of the path.
func (x *router) find(r *http.Request) (found endpoint, handler http.Handler, ok bool) {
	handler, pattern := x.mux.Handler(r)
	found, ok = x.endpoints[pattern]
	return found, handler, ok
}

// unrouted returns the problem of a request that no endpoint matches: 404 or, if
// the path exists, 405 with the Allow header (RFC 9110, 10.2.1). The mux's own
// answer, which handler would give in plain text, says which of the two it is. paths are
// all paths, for the former.
func unrouted(r *http.Request, handler http.Handler, paths []string) *reply.Problem {
	answer := headerRecorder{header: http.Header{}}
	handler.ServeHTTP(&answer, r)
	allow := answer.header.Get("Allow")
	if allow == "" {
		return reply.Problemf(http.StatusNotFound, "there is no path %s", reply.Truncate(r.URL.Path)).WithAllowed(r.URL.Path, paths)
	}
	return reply.Problemf(http.StatusMethodNotAllowed, "%s does not support the method %s", reply.Truncate(r.URL.Path), reply.Truncate(r.Method)).
		WithAllowed(r.Method, strings.Split(allow, ", ")).WithHeader("Allow", allow)
}

// headerRecorder is a ResponseWriter that records the headers of an answer, and
// discards the rest.
type headerRecorder struct{ header http.Header }

func (r *headerRecorder) Header() http.Header         { return r.header }
func (r *headerRecorder) Write(p []byte) (int, error) { return len(p), nil }
func (r *headerRecorder) WriteHeader(int)             {}
