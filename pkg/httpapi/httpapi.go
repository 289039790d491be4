// Package httpapi serves a stream over HTTP: it answers requests for the newest records,
// which package tee keeps while it copies the stream, and for job statuses.
//
// cmd/statusd imports it. It imports page, tee, events, recent and status, none of
// which imports net/http, and its internal packages:
//
//   - access decides who may send a request, and logs browsers in.
//   - conns limits connections and slow clients.
//   - exposition counts, and writes the text of /metrics.
//   - health watches the store of the statuses.
//   - login holds the token, the one-time code and the sessions of browsers.
//   - notify reports to systemd.
//   - reply makes problems and other JSON.
//   - representation chooses media types and encodings, and compares entity tags.
//   - request reads parameters and bodies.
//   - series answers requests for the readings of fields, sse those for events.
//
// The main types, in the order in which a reader needs them:
//
//   - [Handler]: the http.Handler of all endpoints, made by [New] from [Options].
//   - [Server]: runs a tee.Stream and serves a Handler until both have ended.
//
// # Endpoints
//
//	GET  /          the page for browsers; its files are below /assets/
//	GET  /data      the newest records; parameters machine, since, after, limit, follow
//	GET  /series    their readings in columns, for a chart; parameters field, machine, points, from, to, last
//	GET  /machines  their machines, with the newest record and the status of each; /machines/{id} is one
//	GET  /status    all job statuses
//	POST /status    set one: {"status":"STARTED"} or {"machine":"m1","status":"STARTED"}
//	PUT  /status    set that of the whole job: {"status":"STARTED"}
//	GET  /machines/{id}/status   a machine's; PUT sets it
//	GET  /history                changes of statuses; parameters machine, from, to, before, limit
//	GET  /machines/{id}/history  a machine's
//	GET  /events    what happens, as server-sent events; parameters machine, types
//	GET  /healthz   liveness
//	GET  /readyz    readiness: the stream and the Store work
//	GET  /metrics   counters in Prometheus' text format
//	GET  /openapi.json  description of all endpoints
//	     /login     a browser's login, if there is a token (see package access)
//
// HEAD is supported wherever GET is. What each endpoint accepts and answers is
// described at its method: getPage, getAsset, getData, follow, getSeries, getMachines,
// getMachine, getStatus, setStatus, putStatus, getMachineStatus, putMachineStatus,
// getHistory, getMachineHistory, getEvents, getHealth, getReady, getMetrics,
// getOpenAPI, and GetLogin and PostLogin of access.Guard. Each reads the request, acts and
// writes the answer, or returns a problem (RFC 9457, package reply), which is then written.
// Answers of some length are compressed if the client accepts gzip (see
// representation.Compressor). The only 5xx is 503: the Store of the statuses fails, there are
// too many clients of /events, or /readyz says that something does not work.
//
// A request that net/http cannot read (no Host header, headers of more than 16 KiB,
// an unknown version of HTTP or transfer coding, an Expect that is not
// 100-continue) never reaches the Handler. net/http answers it in plain text, with
// 400, 417, 431, 501 or 505, and closes the connection. /metrics does not count it.
//
// # Checks
//
// Every request is checked in this order; the first failure is the answer:
//
//  1. 421: the Host header is not a name of this server (see access.Guard).
//  2. 401: the token is missing or wrong, and there is no session (see package access);
//     /healthz and /readyz need neither. 429: too many wrong tokens are tried.
//  3. 403: a browser sent the request for a page of another origin, and it is not a
//     link that its user followed.
//  4. 404, 405: there is no such path, or it does not support the method.
//  5. The endpoint's own checks.
//
// # Clients never delay the stream
//
// One goroutine reads, writes and pushes records (tee.Stream). It shares with the
// handlers only these records, whose readers take no lock that the writer takes
// (see package recent), one atomic counter, and the Hub, whose lock is never held while
// anything waits for a client (see package events). So there is nothing of a client's
// that it could wait for. (A tee.Emitter shares the output with it, never a handler:
// a change is put into a queue.) A slow client holds on to memory instead, and that is
// bounded: by limits of time for each client, by the number of connections (package
// conns) and by the bytes in flight (budget). All limits are together below.
package httpapi

import (
	"crypto/rand"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"weir/pkg/events"
	"weir/pkg/httpapi/internal/access"
	"weir/pkg/httpapi/internal/conns"
	"weir/pkg/httpapi/internal/exposition"
	"weir/pkg/httpapi/internal/health"
	"weir/pkg/httpapi/internal/representation"
	"weir/pkg/httpapi/internal/series"
	"weir/pkg/recent"
	"weir/pkg/status"
	"weir/pkg/tee"
)

// Options are the settings of a Handler. Records and Statuses are required.
type Options struct {
	Records  *recent.Records
	Statuses status.Store
	Token    string   // bearer token that clients must send; empty: none is needed
	Hosts    []string // accepted names in the Host header, beside localhost and the connection's own address
	Conns    int      // maximum number of open connections; 0: 2,000

	// InFlight is the maximum number of bytes of answers that may be in flight at a time;
	// 0: 256 MiB. An answer that is being sent keeps its records in memory after they were
	// evicted.
	InFlight int64

	Events *events.Hub // what GET /events sends; nil: a Hub of Records, which no Stream and no Store informs

	// Stream is what pushes the Records. /metrics reports how much it has read and emitted,
	// /readyz whether it has failed. nil: neither is reported.
	Stream *tee.Stream

	Now func() time.Time // clock for the time of a status; nil: time.Now
}

// Limits of a request and of a connection. A client that exceeds a limit of time
// loses its connection.
const (
	// maxHeader is the maximum length of the request line and the headers, in bytes.
	// net/http's own limit of 1 MiB for each of 1,000 connections would be 1 GiB.
	maxHeader = 16 << 10

	// headerTime limits the time in which a client sends its headers, readTime that
	// for the headers and the body. Both fit into a few packets; the rest is for
	// retransmission on bad networks.
	headerTime = 5 * time.Second
	readTime   = 10 * time.Second

	// An answer may take any time, as long as the client accepts some of it every
	// conns.StallTime. So the http.Server has no WriteTimeout.

	// writeSize is the size in bytes of the pieces in which records are written.
	writeSize = 32 << 10

	// idleTime is how long a connection is kept open between two requests. It is longer
	// than the usual intervals of pollers and of Prometheus (15 s to 1 min), which so
	// keep their connection.
	idleTime = 2 * time.Minute

	// maxConns is the default of Options.Conns. Go raises the limit of open files to what
	// the system allows; if that is less, conns.Listener makes room in time.
	maxConns = 2000

	// bytesInFlight is the default of Options.InFlight: four answers with all records that
	// statusd keeps by default (64 MiB).
	bytesInFlight = 256 << 20

	// smallAnswer is the length in bytes up to which an answer may exceed
	// Options.InFlight. On maxConns connections that is 32 MiB.
	smallAnswer = 16 << 10

	// retryAfter is the Retry-After of a 429, in seconds.
	retryAfter = 1
)

// Handler answers all requests that net/http can read; the others, see the package
// comment.
type Handler struct {
	o          Options
	router     router
	guard      *access.Guard
	metrics    *exposition.Metrics
	statuses   *health.Statuses // Options.Statuses
	boot       string           // part of the ETags of /data: record numbers start again with every process
	budget     budget
	compressor representation.Compressor
	endless    endlessLimit

	series       *series.Cache
	statusText   latest[string]      // of GET /status, by status.Snapshot.Version
	machinesText latest[machinesKey] // of GET /machines
}

// New returns a Handler with these options.
func New(o Options) *Handler {
	if o.Conns <= 0 {
		o.Conns = maxConns
	}
	if o.InFlight <= 0 {
		o.InFlight = bytesInFlight
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Events == nil {
		o.Events = events.New(events.Options{Records: o.Records})
	}
	statuses := health.Watch(o.Statuses, o.Now)
	o.Statuses = statuses
	sources := exposition.Sources{Records: o.Records, Statuses: statuses, Events: o.Events, Stream: o.Stream}
	h := &Handler{o: o, guard: access.New(o.Token, o.Hosts), metrics: exposition.New(sources), statuses: statuses, boot: rand.Text()[:8], series: series.NewCache()}
	h.budget = newBudget(o.InFlight)
	h.endless.max = o.Conns / 2
	h.router = newRouter(h.endpoints())
	return h
}

// ServeHTTP implements http.Handler. It makes the checks of the package comment,
// and sets the headers that all answers have:
//
//   - Cache-Control: no-cache. A cache must ask again (RFC 9111, 5.2.2.4), which
//     the ETags make cheap.
//   - X-Content-Type-Options and Content-Security-Policy. A browser must not
//     interpret an answer as a page: records are text of unknown origin, and may
//     hold markup. The page itself has page.Policy instead.
//   - Cross-Origin-Resource-Policy and Cross-Origin-Opener-Policy: pages of other
//     origins cannot load an answer, and have no hold on a window with it.
//   - Referrer-Policy: a page's address, which may have names of machines, does not
//     go to others.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := conns.Of(r.Context())
	if c != nil {
		c.Answering()
	}
	endpoint, handler, known := h.router.find(r)
	a := &answer{ResponseWriter: w, budget: &h.budget, conn: c, head: r.Method == http.MethodHead, code: http.StatusOK}
	began := time.Now()
	defer func() {
		a.end()
		h.metrics.Answered(endpoint.pattern, a.code, a.endless, began)
	}()
	header := a.Header()
	setDefaultHeaders(header)
	if r.ContentLength != 0 {
		// Before it sends an answer on a connection that is to stay open, net/http reads
		// the rest of the body, and would wait for a client that never sends it.
		header.Set("Connection", "close")
	}
	if !h.guard.Admits(a, r, endpoint.public) {
		return
	}
	mux := h.router.mux // calls endpoint.handle, and sets the values of a pattern such as {id}
	switch {
	case !known:
		unrouted(r, handler, h.router.paths).Write(a)
	case endpoint.page:
		mux.ServeHTTP(a, r)
	default:
		h.compressor.Serve(a, r, mux)
	}
}

// dataPolicy is the Content-Security-Policy (W3C CSP 3) of all answers that are no page:
// nothing in them is to be loaded or run.
const dataPolicy = "default-src 'none'; frame-ancestors 'none'"

// setDefaultHeaders sets the headers that all answers have.
func setDefaultHeaders(header http.Header) {
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", dataPolicy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// LoginPath returns the path and query of a link that logs a browser in, once, within ten
// minutes. The link before it is then invalid. It returns "" without Options.Token, as no
// login is needed.
func (h *Handler) LoginPath() string { return h.guard.LoginPath() }

// server returns the http.Server for h, with the limits above.
func (h *Handler) server() *http.Server {
	var http1 http.Protocols
	http1.SetHTTP1(true) // a connection then has one request at a time, as package conns expects
	return &http.Server{
		Protocols: &http1,
		Handler:   h, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		DisableGeneralOptionsHandler: true, // OPTIONS * then is a 404 like any unknown path
		ConnContext:                  conns.WithConn,
		ConnState: func(nc net.Conn, state http.ConnState) {
			c := conns.Find(nc)
			if c != nil && state == http.StateIdle {
				c.Idle()
			}
			h.metrics.Connection(state)
		},
		ErrorLog: log.New(io.Discard, "", 0), // clients' errors are counted in /metrics, not logged
	}
}
