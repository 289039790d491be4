//go:build unix

package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weir/pkg/httpapi/internal/conns"
	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/sink"
	"weir/pkg/tee"
	"weir/pkg/tee/teetest"
)

// testServer is a running Server on a free port of the loopback interface.
type testServer struct {
	*Server
	url   string
	done  chan struct{}
	ended chan error
}

// emptyStream is a stream without data that ends when the channel is closed.
type emptyStream chan struct{}

func (s emptyStream) Run() error { <-s; return nil }

// start starts a server. Without a stream, it has one that ends when end is called.
func start(t testing.TB, h *Handler, stream interface{ Run() error }) *testServer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &testServer{url: "http://" + l.Addr().String(), done: make(chan struct{}), ended: make(chan error, 1)}
	if stream == nil {
		stream = emptyStream(s.done)
	}
	s.Server = &Server{Handler: h, Listen: l, Stream: stream, Done: s.done, Printf: func(message string) { t.Error(message) }}
	go func() { s.ended <- s.Run() }()
	return s
}

// end closes Done and returns Run's error.
func (s *testServer) end() error {
	close(s.done)
	return <-s.ended
}

// get returns the status code and the body of the answer to a GET.
func get(client *http.Client, url string) (int, []byte, error) {
	r, err := client.Get(url)
	if err != nil {
		return 0, nil, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, b, err
}

// TestClientsWhileStreaming: while lines are read, clients of all endpoints get
// whole records, consecutive and never older ones than before, and the output has
// every byte of the input.
func TestClientsWhileStreaming(t *testing.T) {
	t.Parallel()
	lines, clients := 100_000, 200
	if testing.Short() {
		lines, clients = 10_000, 40
	}
	var text bytes.Buffer
	for n := 1; n <= lines; n++ {
		fmt.Fprintf(&text, "{\"machine\":\"m%d\",\"n\":%d}\n", n%3, n)
	}
	p := teetest.New(t, &tee.Stream{Records: newRecords(t, "")})
	defer p.Close()
	s := start(t, newHandlerWith(p.Records, Options{Stream: p.Stream}), nil)
	streamed := make(chan struct{})
	var all sync.WaitGroup
	answered := make(chan struct{})
	p.BeforeWrite = func() { // so requests are spread over the whole stream
		for range 10 {
			<-answered
		}
	}
	for c := range clients {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
			defer client.CloseIdleConnections()
			for last := 0; ; {
				if err := oneRequest(client, s.url, c, &last); err != nil {
					t.Error(err)
					return
				}
				select {
				case answered <- struct{}{}:
				case <-streamed:
					return
				}
			}
		})
	}
	got, err := p.Copy(text.Bytes(), 8<<10)
	close(streamed)
	all.Wait()
	if err != nil || !bytes.Equal(got, text.Bytes()) {
		t.Errorf("%d bytes were written of %d, %v", len(got), text.Len(), err)
	}
	v := p.Records.View()
	if v.Kept != uint64(lines) {
		t.Errorf("%+v", v.Counts)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// oneRequest makes a request of client c and checks the answer. last is the number
// of the newest record that the client has seen.
func oneRequest(client *http.Client, url string, c int, last *int) error {
	switch c % 4 {
	case 0:
		body := fmt.Sprintf(`{"machine":"m%d","status":"IDLE"}`, c)
		r, err := client.Post(url+"/status", "application/json", strings.NewReader(body))
		if err != nil {
			return err
		}
		defer r.Body.Close()
		_, err = io.Copy(io.Discard, r.Body)
		if r.StatusCode != 200 {
			return fmt.Errorf("POST: %d", r.StatusCode)
		}
		return err
	case 1:
		code, _, err := get(client, url+"/metrics")
		if err != nil || code != 200 {
			return fmt.Errorf("/metrics: %d, %v", code, err)
		}
		return nil
	}
	r, err := http.NewRequest("GET", url+"/data", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/x-ndjson")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	n := 0 // of the previous record
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		previous := n
		var err error
		n, err = strconv.Atoi(strings.Trim(lines.Text()[len(`{"machine":"m0",`):], `"n:}`))
		if err != nil || previous > 0 && n != previous+1 {
			return fmt.Errorf("after record %d comes %s (%w)", previous, lines.Text(), err)
		}
	}
	if n < *last {
		return fmt.Errorf("the newest record was %d and is now %d", *last, n)
	}
	*last = n
	return nil
}

// TestMemoryLimit: while a Server runs, the collector has a limit that allows for the answers
// in flight, unless the user has set one.
func TestMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	for set, want := range map[int64]int64{math.MaxInt64: 400<<20 + 100<<20 + otherMemory, 1 << 40: 1 << 40} {
		debug.SetMemoryLimit(set)
		restore := limitMemory(400 << 20)
		during := debug.SetMemoryLimit(-1)
		restore()
		after := debug.SetMemoryLimit(-1)
		if during != want || after != set {
			t.Errorf("%d is set: %d, then %d, want %d", set, during, after, want)
		}
	}
}

// TestSlowClients: clients that send half a request, clients that do not read their
// answer, and clients that send many requests and read nothing, delay neither the answers to others nor the stream. The test ends
// at all only if that holds.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	slow, lines := 800, 500_000
	if testing.Short() {
		slow, lines = 80, 50_000
	}
	p := teetest.New(t, &tee.Stream{Records: newRecords(t, strings.Repeat(`{"x":"`+strings.Repeat("x", 5000)+"\"}\n", 100))})
	defer p.Close()
	s := start(t, newHandlerWith(p.Records, Options{Stream: p.Stream}), nil)
	for i := range slow {
		c, err := net.Dial("tcp", s.Listen.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		request := "GET /data HTTP/1.1\r\nHost: localhost\r\n"
		if i%3 > 0 {
			request += "\r\n"
		}
		if i%3 == 2 {
			request = strings.Repeat(request, 200)
		}
		_, err = io.WriteString(c, request)
		if err != nil {
			t.Fatal(err)
		}
	}
	streamed, answered := make(chan struct{}), make(chan struct{})
	go func() { // at least 100 requests, and at least one after the stream has ended
		defer close(answered)
		for n := 0; ; n++ {
			code, _, err := get(http.DefaultClient, s.url+"/status")
			if err != nil || code != 200 {
				t.Errorf("%d, %v", code, err)
			}
			select {
			case <-streamed:
				if n >= 100 {
					return
				}
			default:
			}
		}
	}()
	text := bytes.Repeat([]byte("{\"a\":1,\"b\":\"0123456789012345678901234567890123456789\"}\n"), lines)
	got, err := p.Copy(text, 1<<20)
	close(streamed)
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("%d bytes were written of %d, %v", len(got), len(text), err)
	}
	<-answered
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestIdleConnectionsAreEvicted: at the limit of connections, a new one replaces
// the one that has been idle for longest, and is answered.
func TestIdleConnectionsAreEvicted(t *testing.T) {
	t.Parallel()
	const limit = 4
	s := start(t, newHandlerWith(newRecords(t, threeRecords), Options{Conns: limit}), nil)
	var idle []net.Conn
	for range 20 {
		c, err := net.Dial("tcp", s.Listen.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		idle = append(idle, c)
		code, _, err := get(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, s.url+"/healthz")
		if code != 200 || err != nil {
			t.Fatalf("%d, %v", code, err)
		}
	}
	for i, c := range idle[:len(idle)-limit] {
		// The deadline only ends a failing test: an evicted connection is closed already.
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		_, err := c.Read(make([]byte, 1))
		if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("connection %d of %d was not closed: %v", i, len(idle), err)
		}
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestHead: a HEAD gets the headers of a GET, errors included, and no body.
func TestHead(t *testing.T) {
	t.Parallel()
	s := start(t, newHandler(newRecords(t, threeRecords)), nil)
	for path, code := range map[string]int{"/data": 200, "/status": 200, "/healthz": 200, "/metrics": 200, "/nothing": 404, "/status?x": 400} {
		r, err := http.Head(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != code || len(body) > 0 || err != nil || r.ContentLength <= 0 {
			t.Errorf("%s: %d, %q, %v, %v", path, r.StatusCode, body, r.Header, err)
		}
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestMalformedRequests: a request that the Handler gets is answered by it, with a
// problem. One that net/http cannot read is answered by net/http, which then closes
// the connection.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	s := start(t, newHandler(newRecords(t, threeRecords)), nil)
	const handler, netHTTP = true, false
	for _, c := range []struct {
		request string
		by      bool // handler or netHTTP
		code    int
	}{
		{"GET / HTTP/3.0\r\n\r\n", netHTTP, 505},
		{"nonsense\r\n\r\n", netHTTP, 400},
		{"GET /data HTTP/1.1\r\n\r\n", netHTTP, 400},
		{"POST /status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", netHTTP, 501},
		{"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", netHTTP, 400},
		{"GET /data HTTP/1.1\r\nHost: localhost\r\nExpect: much\r\nConnection: close\r\n\r\n", netHTTP, 417},
		{"GET /data HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", netHTTP, 431},
		{"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", handler, 404},
		{"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", handler, 405},
		{"GET http://evil.example/data HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", handler, 421},
		{"GET /data HTTP/1.0\r\n\r\n", handler, 421},
		{"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /data HTTP/9.9\r\n\r\n", handler, 200}, // and 505 to the second
		{"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{}", handler, 400},
	} {
		name := fmt.Sprintf("%.80q", c.request)
		answers := exchange(t, s.Listen.Addr().String(), c.request)
		r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answers)), nil)
		if err != nil || r.StatusCode != c.code {
			t.Errorf("%s: %.200q, want %d", name, answers, c.code)
			continue
		}
		body, _ := io.ReadAll(r.Body)
		by := r.Header.Get("Cache-Control") != "" // which all answers of the Handler have
		switch {
		case by != c.by:
			t.Errorf("%s: answered by the Handler: %v, want %v", name, by, c.by)
		case by == handler && c.code >= 400:
			checkProblem(t, name, r.StatusCode, r.Header, body)
		case by == netHTTP && !r.Close:
			t.Errorf("%s: the connection stays open: %.200q", name, answers)
		case c.code == 200 && !bytes.Contains(answers, []byte("HTTP/1.1 505 ")):
			t.Errorf("%s: %q, want 505 for the second request", name, answers)
		}
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// exchange sends request, closes its side of the connection, and returns what the
// server sends until it closes the other.
func exchange(t testing.TB, address string, request string) []byte {
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, request) // an error means that the server has closed already
	_ = c.(*net.TCPConn).CloseWrite()
	answers, _ := io.ReadAll(c) // a reset is an end, too
	return answers
}

// TestBlockedOutput: after Done, a stream that ends within streamTime gives its
// error, and one that does not gives ErrOutputBlocked after streamTime.
func TestBlockedOutput(t *testing.T) {
	t.Parallel()
	for late, want := range map[time.Duration]error{time.Hour: ErrOutputBlocked, streamTime - time.Millisecond: io.ErrUnexpectedEOF} {
		synctest.Test(t, func(t *testing.T) {
			var s Server
			done := make(chan struct{})
			s.Done = done
			ended := make(chan error, 1)
			time.AfterFunc(time.Hour, func() { close(done) })
			time.AfterFunc(time.Hour+late, func() { ended <- io.ErrUnexpectedEOF })
			began := time.Now()
			if err := s.wait(ended); err != want || time.Since(began) > time.Hour+streamTime {
				t.Errorf("%v after %v, want %v", err, time.Since(began), want)
			}
		})
	}
}

// TestExitOnEOF: after the end of the stream, serving continues until Done, but
// with ExitOnEOF Run returns.
func TestExitOnEOF(t *testing.T) {
	t.Parallel()
	end := make(emptyStream)
	s := start(t, newHandler(newRecords(t, threeRecords)), end)
	close(end)
	code, _, err := get(http.DefaultClient, s.url+"/data")
	if code != 200 || err != nil {
		t.Errorf("after the end of the stream: %d, %v", code, err)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	exiting := Server{Handler: newHandler(newRecords(t, "")), Listen: l, Stream: end, ExitOnEOF: true, Done: make(chan struct{}), Printf: func(string) {}}
	if err := exiting.Run(); err != nil {
		t.Error(err)
	}
}

// FuzzConnection: for all bytes sent on a connection, the Handler does not panic, and
// no answer is a 5xx, except for net/http's own 501 and 505.
func FuzzConnection(f *testing.F) {
	for _, seed := range []string{
		"GET /data HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /data?limit=1&machine=m1&since=1714982410&after=0 HTTP/1.1\r\nHost: [::1]:5000\r\nAccept: application/x-ndjson;q=0.1, */*\r\nIf-None-Match: *\r\n\r\n",
		"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"status\":\"STARTED\"}GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"HEAD /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n", "PUT //data/../status HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n", "GET / HTTP/3\r\n\r\n",
		"POST /status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: zip\r\n\r\n",
		"GET /series?field=x&field=a.0&machine=m1&points=10&from=1714982400&to=2024-05-06T09:00:00Z HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip;q=0.5, *\r\n\r\nGET /series?field=x&last=10m HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /machines HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\nGET /machines/m%2F1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /data?follow=1&after=1&limit=9 HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	serverError := regexp.MustCompile(`(?m)^HTTP/1\.[01] 5(?:0[^15]|[^0])`)
	h := newHandler(newRecords(f, threeRecords))
	server := h.server()
	faults := make(chan any, 100) // panics and 5xx of the Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p != nil {
				faults <- p
				panic(p)
			}
		}()
		rec := &answer{ResponseWriter: w, budget: &h.budget, code: http.StatusOK}
		h.ServeHTTP(rec, r)
		if rec.code >= 500 {
			faults <- rec.code
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	go server.Serve(conns.NewListener(l, 100))
	f.Cleanup(func() { server.Close() })
	f.Fuzz(func(t *testing.T, request []byte) {
		answers := exchange(t, l.Addr().String(), string(request))
		if serverError.Match(answers) {
			t.Errorf("%q is answered by %q", request, answers)
		}
		select {
		case fault := <-faults:
			t.Errorf("%q: panic or status code %v", request, fault)
		default:
		}
	})
}

// FuzzRequest: for all methods, targets, headers and bodies, an error is a problem,
// never a 5xx, and a posted body is 400 exactly if it is not valid.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/data?limit=1", "application/json", "*/*", "", "")
	f.Add("GET", "/data?after=1&since=2024-05-06T08:00:00Z&machine=m%31", "", "application/x-ndjson", "", `"x"`)
	f.Add("POST", "/status", "application/json", "", `{"status":"IDLE","machine":"m1"}`, "")
	f.Add("GET", "/events?types=record,stream&machine=m1", "", "text/event-stream", "", "")
	f.Add("PUT", "/machines/a%2Fb/status", "application/json", "", `{"status":"IDLE"}`, `"0"`)
	f.Add("GET", "/machines/%2E/history?limit=3&from=1714982410", "", "application/x-ndjson", "", "")
	f.Add("POST", "/status", "application/json;charset=utf-8", "", `{"status":"IDEL","x":[1e999]}`, "*")
	f.Add("POST", "/status", "application/json", "", `{"status":"IDLE","machine":"m1","machine":"m2"}`, "")
	f.Add("POST", "/status", "application/json", "", "null", "")
	f.Add("PATCH", "/%2e%2e/data", "", "text/html;q=0", "\xff", "W/")
	h := newHandler(newRecords(f, threeRecords))
	f.Fuzz(func(t *testing.T, method, target, kind, accept, body, tag string) {
		ended, end := context.WithCancel(context.Background())
		end() // so that /events ends, too
		r, err := http.NewRequestWithContext(ended, method, "http://localhost"+target, strings.NewReader(body))
		if err != nil || r.Host != "localhost" {
			return
		}
		for name, value := range map[string]string{"Content-Type": kind, "Accept": accept, "If-None-Match": tag} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		code := w.Code
		switch {
		case code >= 500:
			t.Errorf("%d", code)
		case code >= 400 && method != http.MethodHead:
			checkProblem(t, target, code, w.Header(), w.Body.Bytes())
		case code >= 300 && code != 304 && w.Header().Get("Location") == "":
			t.Errorf("%d without Location", code)
		}
		if method == http.MethodPost && r.URL.Path == "/status" && code != 403 && code != 413 && code != 415 {
			if valid(body) == (code == 400) {
				t.Errorf("%q: %d", body, code)
			}
		}
	})
}

// TestHandlerSetsDeadline: the ResponseWriter of a handler has the deadlines of the
// connection.
func TestHandlerSetsDeadline(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, ""))
	h.router = newRouter([]endpoint{{pattern: "GET /deadline", handle: func(w http.ResponseWriter, _ *http.Request) *reply.Problem {
		err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute))
		if err != nil {
			t.Error(err)
		}
		return nil
	}}})
	s := start(t, h, nil)
	code, _, err := get(http.DefaultClient, s.url+"/deadline")
	if code != 200 || err != nil {
		t.Errorf("%d, %v", code, err)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestErrorIsReportedOnce: an error of the stream is reported while the server continues,
// unless that was done when it happened.
func TestErrorIsReportedOnce(t *testing.T) {
	t.Parallel()
	truncated := errors.New("-: truncated: the gzip data are incomplete")
	closed := teetest.New(t, &tee.Stream{Records: newRecords(t, "")})
	defer closed.Close()
	unwritable, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer closed.Out.Discard()
	closed.Out = sink.Stdout(unwritable)
	_, err = closed.Input.WriteString("{}\n")
	if err != nil {
		t.Fatal(err)
	}
	closed.Input.Close()
	reported := closed.Run()
	if reported == nil || len(closed.Printed) != 1 {
		t.Fatalf("%v, printed %q", reported, closed.Printed)
	}
	for _, c := range []struct {
		err  error
		want []string
	}{
		{truncated, []string{"-: truncated: the gzip data are incomplete; still serving"}},
		{reported, nil},
		{nil, nil},
	} {
		var printed []string
		done, ended := make(chan struct{}), make(chan error)
		go func() {
			ended <- c.err
			close(done)
		}()
		s := Server{Done: done, Printf: func(line string) { printed = append(printed, line) }}
		err := s.wait(ended)
		if !errors.Is(err, c.err) || !slices.Equal(printed, c.want) {
			t.Errorf("%v: %v, printed %q", c.err, err, printed)
		}
	}
}
