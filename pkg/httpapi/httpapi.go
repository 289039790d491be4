// Package httpapi is statusd's HTTP face, and the way of the stream past it: the
// bytes of the input go on to the output as they come, what is a record among
// them goes to a board, and the board is shown to whoever asks.
//
// cmd/statusd stands on it; it leans on board, ndjson, source and sink, and it is
// the only package that knows net/http and Prometheus' client.
//
// # What can be asked
//
//	GET  /data      the newest records: ?machine= ?since= ?after= ?limit=
//	GET  /status    the statuses
//	POST /status    {"status":"STARTED"}, {"machine":"m1","status":"STARTED"}
//	GET  /healthz   is it there
//	GET  /metrics   Prometheus' text format
//
// /data is a JSON array, oldest first, each record's bytes as they came; as
// NDJSON if the Accept header prefers application/x-ndjson. With after=N come the
// oldest records behind number N, else the newest; the Link header (RFC 8288)
// has, as rel="next", the query that goes on behind them. ETags are strong: the
// same tag, the same bytes. What is wrong is told as problem+json (RFC 9457), and
// no input is answered with a 5xx.
//
// # Who may ask
//
// A request is looked at in this order: its Host (names that are not ours may be
// an attack by DNS rebinding), its token, its path and method, where a POST comes
// from (CSRF), then the rest. /healthz needs no token.
package httpapi

import (
	"crypto/rand"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"weir/pkg/board"
)

// Options are a face's settings. Board is needed.
type Options struct {
	Board *board.Board
	Token string   // what clients must know; empty: nothing
	Hosts []string // names in the Host header that are ours beside localhost and the address of the connection
	Conns int      // connections at a time at most; 0: 1,000

	// Held is how many bytes of records may be on their way to clients at a time,
	// small answers aside; 0: 256 MiB. A slow client keeps what it is being sent
	// from being forgotten.
	Held int64

	Passed func() int64     // bytes of the input so far; nil: not known
	Now    func() time.Time // nil: time.Now
}

// Limits of time and size that a client is held to.
const (
	maxBody     = 64 << 10
	maxHeader   = 16 << 10
	headerTime  = 5 * time.Second
	readTime    = 10 * time.Second
	writeTime   = time.Minute
	stallTime   = 3 * time.Second // of a piece of a large answer
	idleTime    = 2 * time.Minute
	conns       = 1000
	held        = 256 << 20
	smallAnswer = 256 << 10
	writeSize   = 32 << 10
)

// Face is the handler of all requests.
type Handler struct {
	o        Options
	mux      *http.ServeMux
	guard    guard
	metrics  *metrics
	boot     string // of ETags: what they meant before a restart they mean no more
	inFlight inFlight
}

// New makes a face.
func New(o Options) *Handler {
	if o.Conns <= 0 {
		o.Conns = conns
	}
	if o.Held <= 0 {
		o.Held = held
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	f := &Handler{o: o, mux: http.NewServeMux(), guard: newGuard(o), metrics: newMetrics(o), boot: rand.Text()[:8]}
	f.inFlight.left.Store(o.Held)
	f.mux.HandleFunc("GET /data", f.data)
	f.mux.HandleFunc("GET /status", f.status)
	f.mux.HandleFunc("POST /status", f.set)
	f.mux.HandleFunc("GET /healthz", f.health)
	f.mux.Handle("GET /metrics", f.metrics.handler)
	return f
}

// paths are what there is, for whoever asks for something else.
func paths() []string { return []string{"/data", "/status", "/healthz", "/metrics"} }

// ServeHTTP implements http.Handler.
func (f *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c := connOf(r); c != nil {
		c.answering.Store(true)
	}
	handler, pattern := f.mux.Handler(r)
	c := &counted{ResponseWriter: w, code: http.StatusOK}
	defer func() { f.metrics.count(pattern, c.code) }()
	h := c.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.ContentLength != 0 {
		// Else net/http would wait for a body that nobody reads, before it answers.
		h.Set("Connection", "close")
	}
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if p := f.guard.check(r, pattern); p != nil {
		if p.Status == http.StatusUnauthorized {
			h.Set("WWW-Authenticate", "Bearer")
		}
		p.write(c, r)
		return
	}
	if pattern == "" {
		unrouted(c, r, handler)
		return
	}
	handler.ServeHTTP(c, r)
}

func (f *Handler) health(w http.ResponseWriter, r *http.Request) {
	send(w, r, "application/json", []byte("{\"ok\":true}\n"))
}

// server is what answers for f.
func (f *Handler) server() *http.Server {
	return &http.Server{
		Handler: f, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		DisableGeneralOptionsHandler: true, // OPTIONS * is a path that is not there
		ConnContext:                  withConn,
		ConnState: func(c net.Conn, state http.ConnState) {
			if own, ok := c.(*conn); ok && state == http.StateIdle {
				own.idle()
			}
		},
		ErrorLog: log.New(io.Discard, "", 0), // what a client does wrong is counted, not told
	}
}

// counted remembers the code of an answer.
type counted struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements http.ResponseWriter.
func (c *counted) WriteHeader(code int) {
	c.code = code
	c.ResponseWriter.WriteHeader(code)
}

// Unwrap is for http.ResponseController.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }
