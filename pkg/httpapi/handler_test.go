package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"weir/pkg/board"
	"weir/pkg/ndjson"
)

// fatal is what *testing.T and *rapid.T have in common here.
type fatal interface {
	Helper()
	Fatal(...any)
}

// newBoard holds the records of text.
func newBoard(t fatal, text string) *board.Board {
	b := board.New(board.Options{
		Keep: 1000, Bytes: 1 << 26, Machine: ndjson.Path{"machine"}, Time: ndjson.Path{"timestamp"}, Words: []string{"IDLE", "STARTED", "COMPLETED"},
	})
	post(t, b, text)
	return b
}

// post is what a stream does with text.
func post(t fatal, b *board.Board, text string) {
	rd := ndjson.NewReader(b.Plan(), ndjson.Options{})
	rd.Reset(strings.NewReader(text), "-")
	for {
		rec, err := rd.Next()
		var bad *ndjson.LineError
		switch {
		case err == nil:
			b.Push(rec)
		case errors.As(err, &bad):
			b.Bad()
		case err == io.EOF:
			b.Publish()
			return
		default:
			t.Fatal(err)
		}
	}
}

// three records, of two machines.
const three = `{"timestamp":"2024-05-06T08:00:00Z","machine":"m1", "x":1.0}
{"timestamp":"2024-05-06T08:00:10Z","machine":"m2","x":1e2}
nonsense
{"timestamp":"2024-05-06T08:00:20Z","machine":"m1","x":"<\u00e4>"}
`

// ask sends a request; headers are NAME: VALUE.
func ask(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "localhost:5000"
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const asJSON = "Content-Type: application/json"

// TestProblems: what is wrong is told with its code, where it is, what may stand
// there, and what was perhaps meant.
func TestProblems(t *testing.T) {
	f := New(Options{Board: newBoard(t, three)})
	for _, c := range []struct {
		method, target, body string
		headers              []string
		code                 int
		want                 string // in the answer
	}{
		{"GET", "/dat", "", nil, 404, `"did_you_mean":"/data"`},
		{"GET", "/", "", nil, 404, `"allowed":["/data","/status","/healthz","/metrics"]`},
		{"GET", "/data/", "", nil, 404, `"did_you_mean":"/data"`},
		{"DELETE", "/data", "", nil, 405, `"allowed":["GET","HEAD"]`},
		{"POST", "/data", "{}", []string{asJSON}, 405, `/data does not take POST`},
		{"PUT", "/status", "", nil, 405, `"allowed":["GET","HEAD","POST"]`},
		{"GET", "/data?limt=1", "", nil, 400, `"parameter":"limt","value":"limt","allowed":["machine","limit","since","after"],"did_you_mean":"limit"`},
		{"GET", "/data?limit=-1", "", nil, 400, `limit: \"-1\" is no whole number from 0`},
		{"GET", "/data?limit=", "", nil, 400, `"parameter":"limit"`},
		{"GET", "/data?limit=1&limit=2", "", nil, 400, `limit stands there twice`},
		{"GET", "/data?after=1.5", "", nil, 400, `"value":"1.5"`},
		{"GET", "/data?after=18446744073709551616", "", nil, 400, `"parameter":"after"`},
		{"GET", "/data?since=yesterday", "", nil, 400, `not a time: yesterday`},
		{"GET", "/data?since=2024-05-06T10:00:00+02:00", "", nil, 400, `write %2B`},
		{"GET", "/data?limit=%zz", "", nil, 400, `the query cannot be read`},
		{"GET", "/data", "", []string{"Accept: text/html"}, 406, `"allowed":["application/json","application/x-ndjson"]`},
		{"GET", "/data", "", []string{"Accept: application/*;q=0"}, 406, `"header":"Accept"`},
		{"GET", "/status?machine=m1", "", nil, 400, `/status has no parameters`},
		{"POST", "/status", `{"status":"STARTD"}`, []string{asJSON}, 422, `"member":"status","value":"STARTD","allowed":["IDLE","STARTED","COMPLETED"],"did_you_mean":"STARTED"`},
		{"POST", "/status", `{"status":"started"}`, []string{asJSON}, 422, `"did_you_mean":"STARTED"`},
		{"POST", "/status", `{"status":"on"}`, []string{asJSON}, 422, `"value":"on","allowed":["IDLE","STARTED","COMPLETED"]}`},
		{"POST", "/status", `{"status":null}`, []string{asJSON}, 422, `\"status\" must be a string`},
		{"POST", "/status", `{}`, []string{asJSON}, 422, `\"status\" is missing`},
		{"POST", "/status", `[]`, []string{asJSON}, 422, `the body is no object`},
		{"POST", "/status", `{"staus":"IDLE"}`, []string{asJSON}, 422, `"did_you_mean":"status"`},
		{"POST", "/status", `{"status":"IDLE","status":"STARTED"}`, []string{asJSON}, 422, `twice`},
		{"POST", "/status", `{"status":"IDLE","machine":7}`, []string{asJSON}, 422, `"member":"machine"`},
		{"POST", "/status", `{"status":"IDLE","machine":""}`, []string{asJSON}, 422, `"member":"machine"`},
		{"POST", "/status", `{"status":"IDLE","machine":"\ud800"}`, []string{asJSON}, 422, `"member":"machine"`},
		{"POST", "/status", `{"status":"IDLE","machine":"a\nb"}`, []string{asJSON}, 422, `"member":"machine"`},
		{"POST", "/status", `{"status":"IDLE","x":1e999}`, []string{asJSON}, 422, `"member":"x"`},
		{"POST", "/status", `{"status":`, []string{asJSON}, 400, `"offset":10`},
		{"POST", "/status", `{"status":"IDLE"} x`, []string{asJSON}, 400, `"offset":18`},
		{"POST", "/status", `{'status':1}`, []string{asJSON}, 400, `"offset":1`},
		{"POST", "/status", "", []string{asJSON}, 400, `"offset":0`},
		{"POST", "/status", "{\"status\":\"\xff\"}", []string{asJSON}, 400, `not UTF-8","offset":11`},
		{"POST", "/status", strings.Repeat("[", 60_000), []string{asJSON}, 400, `the body is not JSON`},
		{"POST", "/status", `{"status":"` + strings.Repeat("x", maxBody) + `"}`, []string{asJSON}, 413, `longer than 65536 bytes`},
		{"POST", "/status", `{"status":"IDLE"}`, nil, 415, `"header":"Content-Type","allowed":["application/json"]`},
		{"POST", "/status", `status=IDLE`, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, `"value":"application/x-www-form-urlencoded"`},
		{"POST", "/status", `{}`, []string{asJSON + "; charset=latin1"}, 415, `"header":"Content-Type"`},
		{"POST", "/status", `{}`, []string{asJSON, "Content-Encoding: gzip"}, 415, `"header":"Content-Encoding"`},
		{"GET", "/data", "", []string{"Host: evil.example"}, 421, `"header":"Host","value":"evil.example"`},
		{"GET", "/data", "", []string{"Host: localhost.evil.example:5000"}, 421, `"header":"Host"`},
		{"GET", "/data", "", []string{"Host: 10.0.0.1"}, 421, `"header":"Host"`},
		{"GET", "/data", "", []string{"Host: "}, 421, `"header":"Host"`},
		{"POST", "/status", `{"status":"IDLE"}`, []string{asJSON, "Origin: http://evil.example"}, 403, `a page from elsewhere`},
		{"POST", "/status", `{"status":"IDLE"}`, []string{asJSON, "Sec-Fetch-Site: cross-site"}, 403, `a page from elsewhere`},
	} {
		w := ask(f, c.method, c.target, c.body, c.headers...)
		name := fmt.Sprintf("%s %s %.40q %.60q", c.method, c.target, c.body, c.headers)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, want %d with %s", name, w.Code, w.Body, c.code, c.want)
		}
		checkProblem(t, name, w.Code, w.Header(), w.Body.Bytes())
	}
	if text, version := f.o.Board.Statuses(); version != 0 {
		t.Errorf("a request that was refused has set something: %s", text)
	}
}

// checkProblem holds a refusal to RFC 9457 and RFC 9110.
func checkProblem(t testing.TB, name string, code int, h http.Header, body []byte) {
	t.Helper()
	var p struct {
		Title, Detail string
		Status        int
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Status != code || p.Title != http.StatusText(code) || p.Detail == "" {
		t.Errorf("%s: no problem: %s (%v)", name, body, err)
	}
	if h.Get("Content-Type") != problemType || h.Get("Content-Length") != fmt.Sprint(len(body)) || h.Get("ETag") != "" {
		t.Errorf("%s: header %v", name, h)
	}
	needs := map[int]string{401: "WWW-Authenticate", 405: "Allow", 415: "Accept-Post"}
	if needs[code] != "" && h.Get(needs[code]) == "" {
		t.Errorf("%s: no %s", name, needs[code])
	}
}

// TestData: each record's bytes as they came, oldest first.
func TestData(t *testing.T) {
	f := New(Options{Board: newBoard(t, three)})
	lines := strings.Split(strings.Replace(three, "nonsense\n", "", 1), "\n")
	for target, want := range map[string][]string{
		"/data":                            lines[:3],
		"/data?limit=2":                    lines[1:3],
		"/data?limit=0":                    {},
		"/data?limit=9":                    lines[:3],
		"/data?machine=m2":                 lines[1:2],
		"/data?machine=m3":                 {},
		"/data?since=2024-05-06T08:00:10Z": lines[1:3],
		"/data?since=2024-05-06T10:00:20%2B02:00":         lines[2:3],
		"/data?since=1714982410&machine=m1":               lines[2:3],
		"/data?after=1":                                   lines[1:3],
		"/data?after=1&limit=1":                           lines[1:2],
		"/data?after=3":                                   {},
		"/data?after=18446744073709551615":                nil, // there is no such record yet
		"/data?machine=m1&limit=1&after=0&since=20240506": nil, // no time
	} {
		w := ask(f, "GET", target, "")
		if want == nil {
			if w.Code != 400 {
				t.Errorf("%s: %d", target, w.Code)
			}
			continue
		}
		if got := w.Body.String(); got != "["+strings.Join(want, ",\n")+"]\n" || !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s", target, got)
		}
		nd := ask(f, "GET", target, "", "Accept: application/x-ndjson, */*;q=0.1")
		wantND := ""
		for _, l := range want {
			wantND += l + "\n"
		}
		if got := nd.Body.String(); got != wantND || nd.Header().Get("Content-Type") != "application/x-ndjson" {
			t.Errorf("%s as NDJSON: %s", target, got)
		}
		for _, w := range []*httptest.ResponseRecorder{w, nd} {
			if got := w.Header().Get("Content-Length"); w.Code != 200 || got != fmt.Sprint(w.Body.Len()) {
				t.Errorf("%s: %d, Content-Length %s of %d bytes", target, w.Code, got, w.Body.Len())
			}
		}
		if w.Header().Get("ETag") == nd.Header().Get("ETag") {
			t.Errorf("%s: two forms have one ETag", target)
		}
	}
}

// TestFollow: the Link header leads a reader through everything, each record
// once, while the stream goes on.
func TestFollow(t *testing.T) {
	b := newBoard(t, "")
	f := New(Options{Board: b})
	next := "/data?machine=a&limit=3&after=0"
	var got []string
	for n := range 50 {
		for i := range n % 4 {
			post(t, b, fmt.Sprintf("{\"machine\":\"%c\",\"n\":%d}\n", 'a'+byte(i%2), 10*n+i))
		}
		w := ask(f, "GET", next, "", "Accept: application/x-ndjson")
		got = append(got, strings.Fields(w.Body.String())...)
		next = strings.TrimSuffix(strings.TrimPrefix(w.Header().Get("Link"), "<"), `>; rel="next"`)
	}
	want := strings.Fields(ask(f, "GET", "/data?machine=a", "", "Accept: application/x-ndjson").Body.String())
	if !slices.Equal(got, want) || len(want) < 30 {
		t.Errorf("got %d records, want %d", len(got), len(want))
	}
}

// TestPollers get 304 as long as what they have is what there is.
func TestPollers(t *testing.T) {
	b := newBoard(t, three)
	f := New(Options{Board: b})
	tag := func(target string) string { return ask(f, "GET", target, "").Header().Get("ETag") }
	same := func(target, tag string) bool {
		w := ask(f, "GET", target, "", `If-None-Match: "other", W/`+tag)
		if w.Code == 304 && (w.Body.Len() > 0 || w.Header().Get("ETag") != tag) {
			t.Errorf("%s: 304 with %s, %v", target, w.Body, w.Header())
		}
		return w.Code == 304
	}
	all, m2, status := tag("/data"), tag("/data?machine=m2"), tag("/status")
	if !same("/data", all) || !same("/data?machine=m2", m2) || !same("/status", status) {
		t.Error("nothing has changed, but it is sent again")
	}
	post(t, b, `{"machine":"m1"}`)
	if same("/data", all) || !same("/data?machine=m2", m2) || !same("/status", status) {
		t.Error("after a record of m1, all has changed, m2 has not")
	}
	if ask(f, "POST", "/status", `{"status":"IDLE"}`, asJSON).Code != 200 || same("/status", status) {
		t.Error("a status was set, and /status has not changed")
	}
	if tag("/data") == ask(New(Options{Board: b}), "GET", "/data", "").Header().Get("ETag") {
		t.Error("after a restart the numbers mean other records, but the ETag is the same")
	}
	if w := ask(f, "HEAD", "/data", ""); w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("ETag") != tag("/data") || w.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD: %d, %v", w.Code, w.Header())
	}
}

func TestStatus(t *testing.T) {
	now := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
	f := New(Options{Board: newBoard(t, three), Now: func() time.Time { return now }})
	check := func(w *httptest.ResponseRecorder, want string) {
		t.Helper()
		if got := w.Body.String(); w.Code != 200 || got != want+"\n" || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%d %s, want %s", w.Code, got, want)
		}
	}
	check(ask(f, "GET", "/status", ""), `{"status":null,"since":null,"machines":{}}`) // a record's own status changes nothing
	check(ask(f, "POST", "/status", ` {"status" : "\u0053TARTED"} `, asJSON+";charset=UTF-8"), `{"status":"STARTED","since":"2024-05-06T08:00:00.000Z"}`)
	now = now.Add(time.Second)
	check(ask(f, "POST", "/status", `{"machine":"m<1>","status":"IDLE"}`, asJSON, "Origin: http://localhost:5000"), `{"machine":"m<1>","status":"IDLE","since":"2024-05-06T08:00:01.000Z"}`)
	check(ask(f, "POST", "/status", `{"status":"STARTED"}`, asJSON, "Sec-Fetch-Site: same-origin"), `{"status":"STARTED","since":"2024-05-06T08:00:00.000Z"}`)
	check(ask(f, "GET", "/status", ""), `{"status":"STARTED","since":"2024-05-06T08:00:00.000Z","machines":{"m<1>":{"status":"IDLE","since":"2024-05-06T08:00:01.000Z"}}}`)
}

func TestMachinesAreBounded(t *testing.T) {
	b := newBoard(t, "")
	for i := range board.MaxMachines {
		if _, err := b.Set(fmt.Sprint(i), "IDLE", time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	w := ask(New(Options{Board: b}), "POST", "/status", `{"status":"IDLE","machine":"one more"}`, asJSON)
	if w.Code != 409 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkProblem(t, "one more", w.Code, w.Header(), w.Body.Bytes())
}

// TestToken: without it nothing is told but that the server is there.
func TestToken(t *testing.T) {
	const token = "0123456789abcdef"
	f := New(Options{Board: newBoard(t, three), Token: token, Hosts: []string{"Weir.Example:80"}})
	for target, code := range map[string]int{"/data": 200, "/status": 200, "/metrics": 200, "/healthz": 200, "/nothing": 404} {
		for _, wrong := range []string{"X: ", "Authorization: Bearer", "Authorization: Bearer 0123456789abcdeF", "Authorization: Basic " + token, "Authorization: " + token} {
			w := ask(f, "GET", target, "", wrong)
			if target == "/healthz" {
				if w.Code != 200 {
					t.Errorf("%s with %q: %d", target, wrong, w.Code)
				}
				continue
			}
			if w.Code != 401 {
				t.Errorf("%s with %q: %d", target, wrong, w.Code)
			}
			checkProblem(t, target, w.Code, w.Header(), w.Body.Bytes())
		}
		if w := ask(f, "GET", target, "", "Authorization: bearer "+token, "Host: weir.example."); w.Code != code {
			t.Errorf("%s: %d, want %d", target, w.Code, code)
		}
	}
	for _, bad := range []string{"", "short", "with a space in it", "0123456789abcde\u00e4"} {
		if CheckToken(bad) == nil {
			t.Errorf("the token %q is taken", bad)
		}
	}
	if err := CheckToken(token); err != nil {
		t.Error(err)
	}
}

// TestHosts: the address that the connection came to is a name of ours.
func TestHosts(t *testing.T) {
	f := New(Options{Board: newBoard(t, three)})
	for host, code := range map[string]int{
		"127.0.0.1": 200, "127.9.9.9:1": 200, "[::1]:5000": 200, "LOCALHOST": 200, "localhost.:80": 200,
		"192.0.2.7:5000": 200, "192.0.2.8": 421, "[2001:db8::1]": 421, "0.0.0.0": 421, "127.0.0.1.evil.example": 421, "[": 421,
	} {
		r := httptest.NewRequest("GET", "/data", nil)
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 5000})))
		r.Host = host
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != code {
			t.Errorf("%s: %d, want %d", host, w.Code, code)
		}
	}
}

func TestListen(t *testing.T) {
	for address, token := range map[string]bool{"0.0.0.0:0": false, ":0": false, "192.0.2.1:0": false, "[::]:0": false, "5000": true, "127.0.0.1:http:": true} {
		if l, err := Listen(address, token); err == nil {
			l.Close()
			t.Errorf("listens at %s", address)
		} else if !strings.Contains(err.Error(), "--listen "+address+": ") {
			t.Errorf("%s: %v", address, err)
		}
	}
	l, err := Listen("localhost:0", false)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Listen(l.Addr().String(), false); err == nil || err.Error() != "--listen "+l.Addr().String()+": address already in use" {
		t.Errorf("%v", err)
	}
	if open, err := Listen(":0", true); err != nil {
		t.Error(err)
	} else {
		open.Close()
	}
}

// TestBudget: large answers that nobody takes do not pile up.
func TestBudget(t *testing.T) {
	b := newBoard(t, strings.Repeat(`{"x":"`+strings.Repeat("x", 1000)+"\"}\n", 600))
	f := New(Options{Board: b, Held: 1_500_000})
	inside, leave := make(chan struct{}), make(chan struct{})
	done := make(chan struct{})
	for range 2 {
		go func() {
			r := httptest.NewRequest("GET", "/data", nil)
			r.Host = "localhost"
			f.ServeHTTP(&slow{httptest.NewRecorder(), inside, leave}, r)
			done <- struct{}{}
		}()
		<-inside
	}
	if w := ask(f, "GET", "/data", ""); w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("a third large answer: %d", w.Code)
	} else {
		checkProblem(t, "budget", w.Code, w.Header(), w.Body.Bytes())
	}
	if w := ask(f, "GET", "/data?limit=100", ""); w.Code != 200 {
		t.Errorf("a small answer: %d", w.Code)
	}
	close(leave)
	<-done
	<-done
	if w := ask(f, "GET", "/data", ""); w.Code != 200 {
		t.Errorf("when they have left: %d", w.Code)
	}
}

// slow is a client that takes nothing until it is let go.
type slow struct {
	*httptest.ResponseRecorder
	inside, leave chan struct{}
}

func (s *slow) Write(p []byte) (int, error) {
	select {
	case <-s.leave:
	default:
		s.inside <- struct{}{}
		<-s.leave
	}
	return s.ResponseRecorder.Write(p)
}

func TestHealth(t *testing.T) {
	if w := ask(New(Options{Board: newBoard(t, "")}), "GET", "/healthz", ""); w.Code != 200 || w.Body.String() != "{\"ok\":true}\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestAccept: RFC 9110, 12.5.1.
func TestAccept(t *testing.T) {
	for header, want := range map[string]string{
		"": "", "*/*": "application/json", "application/*": "application/json", "Application/X-NDJSON": "application/x-ndjson",
		"application/json;q=0.5, application/x-ndjson;q=0.6": "application/x-ndjson", "application/x-ndjson;q=0, */*": "application/json",
		"text/html,application/xhtml+xml,*/*;q=0.8": "application/json", "application/json;q=0, */*;q=0.1": "application/x-ndjson", "*/*;q=0": "",
	} {
		f, p := accepted([]string{header})
		if want == "" {
			if p == nil {
				t.Errorf("%q: %s", header, f.mime)
			}
		} else if p != nil || f.mime != want {
			t.Errorf("%q: %v %v, want %s", header, f, p, want)
		}
	}
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// valid is RFC 8259's word on a body.
func valid(body string) bool { return json.Valid([]byte(body)) && utf8.ValidString(body) }

// TestBodyThatNeverComes: a request that needs no body is answered without
// waiting for the one it promises, and such clients hold nobody up.
func TestBodyThatNeverComes(t *testing.T) {
	f := New(Options{Board: newBoard(t, "")})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := f.server()
	go func() { _ = s.Serve(l) }()
	defer s.Close()
	for _, method := range []string{"GET /healthz", "GET /data", "POST /status", "PUT /status", "GET /nowhere"} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(readTime / 2)) // net/http alone would wait for readTime
		fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", method)
		answer := make([]byte, 8)
		if _, err := io.ReadFull(c, answer); err != nil {
			t.Errorf("%s: %v", method, err)
		}
		c.Close()
	}
}
