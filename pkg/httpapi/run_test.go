//go:build unix

package httpapi

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// serving is a face behind a real listener.
type serving struct {
	*Server
	url   string
	done  chan struct{}
	ended chan error
}

// nothing is a stream that ends when it is told to.
type nothing chan struct{}

func (n nothing) Run() error { <-n; return nil }

func newServing(t testing.TB, f *Handler, stream interface{ Run() error }) *serving {
	l, err := Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	s := &serving{url: "http://" + l.Addr().String(), done: make(chan struct{}), ended: make(chan error, 1)}
	if stream == nil {
		stream = nothing(s.done)
	}
	s.Server = &Server{Handler: f, Listen: l, Stream: stream, Done: s.done, Printf: func(words string) { t.Error(words) }}
	go func() { s.ended <- s.Run() }()
	return s
}

// end ends it and gives Run's error.
func (s *serving) end() error {
	close(s.done)
	return <-s.ended
}

func get(client *http.Client, url string) (int, []byte, error) {
	r, err := client.Get(url)
	if err != nil {
		return 0, nil, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, b, err
}

// TestClientsAndStream: 200 clients ask and set while 100,000 lines pass; what
// they get are whole records, the newest, in order, and every byte goes on.
func TestClientsAndStream(t *testing.T) {
	const lines, clients = 100_000, 200
	var text bytes.Buffer
	for n := 1; n <= lines; n++ {
		fmt.Fprintf(&text, "{\"machine\":\"m%d\",\"n\":%d}\n", n%3, n)
	}
	p := newPipes(t, &Stream{Board: newBoard(t, "")})
	defer p.close()
	f := New(Options{Board: p.Board, Passed: p.Passed})
	s := newServing(t, f, nil)
	over := make(chan struct{})
	var all sync.WaitGroup
	asked := make(chan struct{})
	p.pace = func() {
		for range 10 {
			<-asked
		}
	}
	for c := range clients {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
			defer client.CloseIdleConnections()
			for last := 0; ; {
				if err := asks(client, s.url, c, &last); err != nil {
					t.Error(err)
					return
				}
				select {
				case asked <- struct{}{}:
				case <-over:
					return
				}
			}
		})
	}
	got, err := p.run(text.Bytes(), 8<<10)
	close(over)
	all.Wait()
	if err != nil || !bytes.Equal(got, text.Bytes()) {
		t.Errorf("%d bytes came out of %d, %v", len(got), text.Len(), err)
	}
	if v := p.Board.View(); v.Kept != lines {
		t.Errorf("%+v", v.Counts)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// asks is one request of client c; last is the newest record it has seen.
func asks(client *http.Client, url string, c int, last *int) error {
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
	n := 0
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		before := n
		var err error
		if n, err = strconv.Atoi(strings.Trim(lines.Text()[len(`{"machine":"m0",`):], `"n:}`)); err != nil || before > 0 && n != before+1 {
			return fmt.Errorf("after %d came %s (%w)", before, lines.Text(), err)
		}
	}
	if n < *last {
		return fmt.Errorf("went back from %d to %d", *last, n)
	}
	*last = n
	return nil
}

// TestSlowSockets: 500 clients that send half a request, and 300 that do not take
// their answer, keep nobody from being answered, nor the pipe from running.
func TestSlowSockets(t *testing.T) {
	p := newPipes(t, &Stream{Board: newBoard(t, strings.Repeat(`{"x":"`+strings.Repeat("x", 5000)+"\"}\n", 100))})
	defer p.close()
	s := newServing(t, New(Options{Board: p.Board, Passed: p.Passed}), nil)
	for i := range 800 {
		c, err := net.Dial("tcp", s.Listen.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		request := "GET /data HTTP/1.1\r\nHost: localhost\r\n"
		if i >= 500 {
			request += "\r\n"
		}
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
	}
	over := make(chan struct{})
	worst := make(chan time.Duration)
	go func() {
		longest := time.Duration(0)
		for n := 0; ; n++ {
			began := time.Now()
			if code, _, err := get(http.DefaultClient, s.url+"/status"); err != nil || code != 200 {
				t.Errorf("%d, %v", code, err)
			}
			longest = max(longest, time.Since(began))
			select {
			case <-over:
				if n >= 100 {
					worst <- longest
					return
				}
			default:
			}
		}
	}()
	text := bytes.Repeat([]byte("{\"a\":1,\"b\":\"0123456789012345678901234567890123456789\"}\n"), 500_000)
	began := time.Now()
	got, err := p.run(text, 1<<20)
	took := time.Since(began)
	close(over)
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("%d bytes came out of %d, %v", len(got), len(text), err)
	}
	t.Logf("%d MB in %v with 800 slow clients, the slowest answer to another after %v", len(text)/1_000_000, took, <-worst)
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestRoom: when there are as many connections as there may be, one that has
// nothing to wait for goes, and who asks is answered.
func TestRoom(t *testing.T) {
	s := newServing(t, New(Options{Board: newBoard(t, three), Conns: 4}), nil)
	var idle []net.Conn
	for range 20 {
		c, err := net.Dial("tcp", s.Listen.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		idle = append(idle, c)
		if code, _, err := get(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, s.url+"/healthz"); code != 200 || err != nil {
			t.Fatalf("%d, %v", code, err)
		}
	}
	closed := 0
	for _, c := range idle[:len(idle)-4] {
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err != nil && !errors.Is(err, net.ErrClosed) {
			var late net.Error
			if !errors.As(err, &late) || !late.Timeout() {
				closed++
			}
		}
	}
	if closed != len(idle)-4 {
		t.Errorf("%d of %d idle connections were closed", closed, len(idle)-4)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestRefusals: also what never reaches the handler is told as a problem, and none
// of it as if the fault were ours.
func TestRefusals(t *testing.T) {
	s := newServing(t, New(Options{Board: newBoard(t, three)}), nil)
	for request, want := range map[string]int{
		"GET / HTTP/3.0\r\n\r\n":     400,
		"nonsense\r\n\r\n":           400,
		"GET /data HTTP/1.1\r\n\r\n": 400,
		"POST /status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n":            400,
		"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n":                 400,
		"GET /data HTTP/1.1\r\nHost: localhost\r\nExpect: much\r\nConnection: close\r\n\r\n":     417,
		"GET /data HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n": 431,
		"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":                     404,
		"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":          404,
		"GET http://evil.example/data HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":  421,
		"GET /data HTTP/1.0\r\n\r\n": 421,
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /data HTTP/9.9\r\n\r\n":                                200,
		"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{}": 400,
	} {
		answers := exchange(t, s.Listen.Addr().String(), request)
		r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answers)), nil)
		if err != nil || r.StatusCode != want {
			t.Errorf("%.80q: %.200q", request, answers)
			continue
		}
		body, _ := io.ReadAll(r.Body)
		if want >= 400 {
			checkProblem(t, request[:min(20, len(request))], r.StatusCode, r.Header, body)
		} else if again := bytes.Count(answers, []byte("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json")); again != 1 {
			t.Errorf("%q: %q", request, answers)
		}
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// exchange sends bytes, and nothing more, and reads until the server closes.
func exchange(t testing.TB, address string, request string) []byte {
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, request) // the server may have had enough
	_ = c.(*net.TCPConn).CloseWrite()
	answers, _ := io.ReadAll(c) // a reset ends it as well
	return answers
}

// TestStuck: a stream that does not end is not waited for for ever, and one that
// takes its time is.
func TestStuck(t *testing.T) {
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

// TestLeave: at the end of the stream, or not.
func TestLeave(t *testing.T) {
	end := make(nothing)
	s := newServing(t, New(Options{Board: newBoard(t, three)}), end)
	close(end)
	if code, _, err := get(http.DefaultClient, s.url+"/data"); code != 200 || err != nil {
		t.Errorf("after the end of the stream: %d, %v", code, err)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
	l, err := Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	leaving := Server{Handler: New(Options{Board: newBoard(t, "")}), Listen: l, Stream: end, ExitOnEOF: true, Done: make(chan struct{}), Printf: func(string) {}}
	if err := leaving.Run(); err != nil {
		t.Error(err)
	}
}

// FuzzConnection: no bytes on a connection make the face panic, or say that the
// fault is ours.
func FuzzConnection(f *testing.F) {
	for _, seed := range []string{
		"GET /data HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /data?limit=1&machine=m1&since=1714982410&after=0 HTTP/1.1\r\nHost: [::1]:5000\r\nAccept: application/x-ndjson;q=0.1, */*\r\nIf-None-Match: *\r\n\r\n",
		"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"status\":\"STARTED\"}GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"HEAD /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n", "PUT //data/../status HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n", "GET / HTTP/3\r\n\r\n",
		"POST /status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: zip\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	ours := regexp.MustCompile(`(?m)^HTTP/1\.[01] 5`)
	face := New(Options{Board: newBoard(f, three)})
	server := face.server()
	panics := make(chan any, 1)
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				panics <- p
				panic(p)
			}
		}()
		face.ServeHTTP(w, r)
	})
	l, err := Listen("127.0.0.1:0", false)
	if err != nil {
		f.Fatal(err)
	}
	go server.Serve(&evictingListener{Listener: l, most: 100})
	f.Cleanup(func() { server.Close() })
	f.Fuzz(func(t *testing.T, request []byte) {
		answers := exchange(t, l.Addr().String(), string(request))
		if ours.Match(answers) {
			t.Errorf("%q is answered by %q", request, answers)
		}
		select {
		case p := <-panics:
			t.Errorf("%q: panic: %v", request, p)
		default:
		}
	})
}

// FuzzRequest goes deeper: whatever path, query, headers and body, a refusal is a
// problem, an array is JSON, and a body is broken when encoding/json says so.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/data?limit=1", "application/json", "*/*", "", "")
	f.Add("GET", "/data?after=1&since=2024-05-06T08:00:00Z&machine=m%31", "", "application/x-ndjson", "", `"x"`)
	f.Add("POST", "/status", "application/json", "", `{"status":"IDLE","machine":"m1"}`, "")
	f.Add("POST", "/status", "application/json;charset=utf-8", "", `{"status":"IDEL","x":[1e999]}`, "*")
	f.Add("PATCH", "/%2e%2e/data", "", "text/html;q=0", "\xff", "W/")
	face := New(Options{Board: newBoard(f, three)})
	f.Fuzz(func(t *testing.T, method, target, kind, accept, body, tag string) {
		r, err := http.NewRequest(method, "http://localhost"+target, strings.NewReader(body))
		if err != nil || r.Host != "localhost" {
			return
		}
		for name, value := range map[string]string{"Content-Type": kind, "Accept": accept, "If-None-Match": tag} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := answer(face, r)
		code := w.Code
		switch {
		case code >= 500:
			t.Errorf("%d", code)
		case code >= 400 && method != http.MethodHead:
			checkProblem(t, target, code, w.Header(), w.Body.Bytes())
		case code >= 300 && code != 304 && w.Header().Get("Location") == "":
			t.Errorf("%d without Location", code)
		}
		if method == http.MethodPost && r.URL.Path == "/status" && checkContentType(r.Header) == nil && len(body) <= maxBody && code != 403 {
			if broken := !valid(body); broken != (code == 400) {
				t.Errorf("%q: %d", body, code)
			}
		}
	})
}
