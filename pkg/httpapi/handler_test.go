package httpapi

import (
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
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"weir/pkg/batch"
	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/ndjson"
	"weir/pkg/recent"
	"weir/pkg/status"
)

// failer is what the helpers need of *testing.T, *testing.F or *rapid.T.
type failer interface {
	Helper()
	Fatal(...any)
}

// newRecords returns Records with the records of text.
func newRecords(t failer, text string) *recent.Records {
	records := recent.New(recent.Options{Keep: 1000, Bytes: 1 << 26, Machine: batch.Path{"machine"}, Time: batch.Path{"timestamp"}})
	push(t, records, text)
	return records
}

// newHandler returns a Handler of records, without statuses.
func newHandler(records *recent.Records) *Handler { return newHandlerWith(records, Options{}) }

// newHandlerWith returns a Handler of records with further options.
func newHandlerWith(records *recent.Records, o Options) *Handler {
	o.Records = records
	if o.Statuses == nil {
		o.Statuses = status.NewMemory(status.Options{Words: []string{"IDLE", "STARTED", "COMPLETED"}})
	}
	return New(o)
}

// push does with text what a Stream does with its input, except copying it.
func push(t failer, records *recent.Records, text string) {
	rd := ndjson.NewRecords(records.Plan(), ndjson.Options{})
	rd.Reset(strings.NewReader(text), "-")
	for {
		rec, err := rd.Next()
		var bad *batch.LineError
		switch {
		case err == nil:
			records.Push(rec)
		case errors.As(err, &bad):
			records.Bad()
		case err == io.EOF:
			records.Publish()
			return
		default:
			t.Fatal(err)
		}
	}
}

// threeRecords are three records of two machines, and a bad line.
const threeRecords = `{"timestamp":"2024-05-06T08:00:00Z","machine":"m1", "x":1.0}
{"timestamp":"2024-05-06T08:00:10Z","machine":"m2","x":1e2}
nonsense
{"timestamp":"2024-05-06T08:00:20Z","machine":"m1","x":"<\u00e4>"}
`

// ask sends a request to h and returns the answer, which TestMain holds to
// openapi.json. Each header is NAME: VALUE.
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
	c, err := loadContract()
	if err == nil { // else TestMain fails
		c.check(r, body, w.Code, w.Result().Header, w.Body.Bytes())
	}
	return w
}

const asJSON = "Content-Type: application/json"

// TestProblems: an invalid request gets its status code and a problem that names
// the part of the request, the accepted values and a suggestion. It changes
// nothing.
func TestProblems(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, threeRecords))
	for _, c := range []struct {
		method, target, body string
		headers              []string
		code                 int
		want                 string // part of the answer's body
	}{
		{"GET", "/dat", "", nil, 404, `"did_you_mean":"/data"`},
		{"GET", "/nosuch", "", nil, 404, `"allowed":["/","/data","/series","/machines","/machines/{id}","/status","/machines/{id}/status","/history","/machines/{id}/history","/events","/healthz","/readyz","/metrics","/openapi.json"]`},
		{"GET", "/data/", "", nil, 404, `"did_you_mean":"/data"`},
		{"DELETE", "/data", "", nil, 405, `"allowed":["GET","HEAD"]`},
		{"POST", "/data", "{}", []string{asJSON}, 405, `/data does not support the method POST`},
		{"DELETE", "/status", "", nil, 405, `"allowed":["GET","HEAD","POST","PUT"]`},
		{"GET", "/data?since=x&zone=1&limit=-1&after=y&after=z", "", nil, 400, `"parameter":"after"`}, // of several problems always the same
		{"GET", "/data?limt=1", "", nil, 400, `"parameter":"limt","value":"limt","allowed":["machine","limit","since","after","follow"],"did_you_mean":"limit"`},
		{"GET", "/data?limit=-1", "", nil, 400, `limit: \"-1\" is not a whole number from 0 to 2147483647`},
		{"GET", "/data?limit=", "", nil, 400, `"parameter":"limit"`},
		{"GET", "/data?limit=1&limit=2", "", nil, 400, `limit is given more than once`},
		{"GET", "/data?after=1.5", "", nil, 400, `"value":"1.5"`},
		{"GET", "/data?after=18446744073709551616", "", nil, 400, `"parameter":"after"`},
		{"GET", "/data?since=yesterday", "", nil, 400, `\"yesterday\" is not a time: write it as in 2024-05-06T08:00:00Z"`},
		{"GET", "/data?since=2024-05-06T10:00:00+02:00", "", nil, 400, `write %2B`},
		{"GET", "/data?limit=%zz", "", nil, 400, `the query cannot be read`},
		{"GET", "/data", "", []string{"Accept: text/html"}, 406, `"allowed":["application/json","application/x-ndjson","application/ndjson","application/jsonl"]`},
		{"GET", "/data", "", []string{"Accept: application/*;q=0"}, 406, `"header":"Accept"`},
		{"GET", "/status?machine=m1", "", nil, 400, `/status takes no parameters`},
		{"POST", "/status", `{"status":"STARTD"}`, []string{asJSON}, 422, `"member":"status","value":"STARTD","allowed":["IDLE","STARTED","COMPLETED"],"did_you_mean":"STARTED"`},
		{"POST", "/status", `{"status":"started"}`, []string{asJSON}, 422, `"did_you_mean":"STARTED"`},
		{"POST", "/status", `{"status":"on"}`, []string{asJSON}, 422, `"value":"on","allowed":["IDLE","STARTED","COMPLETED"]}`},
		{"POST", "/status", `{"status":null}`, []string{asJSON}, 422, `\"status\" must be a string`},
		{"POST", "/status", `{}`, []string{asJSON}, 422, `\"status\" is missing`},
		{"POST", "/status", `[]`, []string{asJSON}, 422, `the body is not an object`},
		{"POST", "/status", `null`, []string{asJSON}, 422, `the body is not an object`},
		{"POST", "/status", `{"staus":"IDLE"}`, []string{asJSON}, 422, `"did_you_mean":"status"`},
		{"POST", "/status", `{"status":"IDLE","status":"STARTED"}`, []string{asJSON}, 400, `\"status\" is given more than once","member":"status"`},
		{"POST", "/status", `{"status":"IDLE","st\u0061tus":"IDLE"}`, []string{asJSON}, 400, `"member":"status"`},
		{"POST", "/status", `{"machine":"m1","status":"IDLE","machine":"m1"}`, []string{asJSON}, 400, `"member":"machine"`},
		{"POST", "/status", `{"x":1e999,"x":[]}`, []string{asJSON}, 400, `"member":"x"`},
		{"POST", "/status", `{"status":{"a":1,"a":2}}`, []string{asJSON}, 422, `\"status\" must be a string`},
		{"POST", "/status", `{"status":"IDLE","machine":7}`, []string{asJSON}, 422, `"member":"machine"`},
		{"POST", "/status", `{"status":"IDLE","machine":""}`, []string{asJSON}, 422, `"member":"machine"`},
		{"POST", "/status", `{"status":"IDLE","machine":"\ud800"}`, []string{asJSON}, 422, `"member":"machine"`},
		{"POST", "/status", `{"status":"IDLE","machine":"a\nb"}`, []string{asJSON}, 422, `"member":"machine"`},
		{"POST", "/status", `{"status":"IDLE","x":1e999}`, []string{asJSON}, 422, `"member":"x"`},
		{"POST", "/status", `{"status":`, []string{asJSON}, 400, `"offset":10`},
		{"POST", "/status", `{"status":"IDLE"} x`, []string{asJSON}, 400, `"offset":18`},
		{"POST", "/status", `{'status':1}`, []string{asJSON}, 400, `"offset":1`},
		{"POST", "/status", "", []string{asJSON}, 400, `"offset":0`},
		{"POST", "/status", "{\"status\":\"\xff\"}", []string{asJSON}, 400, `the body cannot be read: not UTF-8: the byte 0xff","offset":11`},
		{"POST", "/status", "{\r\n\t\"status\" :\n 7l.4\n}", []string{asJSON}, 400, `the body is not JSON: not a number: 7l.4","offset":16`},
		{"POST", "/status", "{\"status\":\n", []string{asJSON}, 400, `the body is not JSON: it ends too early","offset":11`},
		{"POST", "/status", `{"x":"\ud800","status":"IDLE"}`, []string{asJSON}, 422, `"member":"x"`},
		{"POST", "/status", `{"\ud800":1,"\udfff":2}`, []string{asJSON}, 400, `given more than once`},
		{"POST", "/status", `{"status":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "}", []string{asJSON}, 400, `the body cannot be read: nested more than 300 levels deep","offset":309`},
		{"POST", "/status", strings.Repeat("[", 60_000), []string{asJSON}, 400, `the body cannot be read: nested more than 1000 levels deep","offset":1000`},
		{"POST", "/status", `{"status":"` + strings.Repeat("x", 64<<10) + `"}`, []string{asJSON}, 413, `longer than 65536 bytes`},
		{"POST", "/status", `{"status":"IDLE"}`, nil, 415, `"header":"Content-Type","allowed":["application/json"]`},
		{"POST", "/status", `status=IDLE`, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, `"value":"application/x-www-form-urlencoded"`},
		{"POST", "/status", `{}`, []string{asJSON + "; charset=latin1"}, 415, `"header":"Content-Type"`},
		{"POST", "/status", `{}`, []string{asJSON, "Content-Encoding: gzip"}, 415, `"header":"Content-Encoding"`},
		{"GET", "/data", "", []string{"Host: evil.example"}, 421, `"header":"Host","value":"evil.example"`},
		{"GET", "/data", "", []string{"Host: localhost.evil.example:5000"}, 421, `"header":"Host"`},
		{"GET", "/data", "", []string{"Host: 10.0.0.1"}, 421, `"header":"Host"`},
		{"GET", "/data", "", []string{"Host: "}, 421, `"header":"Host"`},
		{"POST", "/status", `{"status":"IDLE"}`, []string{asJSON, "Origin: http://evil.example"}, 403, `pages of other origins`},
		{"POST", "/status", `{"status":"IDLE"}`, []string{asJSON, "Sec-Fetch-Site: cross-site"}, 403, `pages of other origins`},
	} {
		w := ask(h, c.method, c.target, c.body, c.headers...)
		name := fmt.Sprintf("%s %s %.40q %.60q", c.method, c.target, c.body, c.headers)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, want %d with %s", name, w.Code, w.Body, c.code, c.want)
		}
		checkProblem(t, name, w.Code, w.Header(), w.Body.Bytes())
	}
	all, err := h.o.Statuses.All()
	if err != nil || all.Whole.Word != "" || len(all.Machines) > 0 {
		t.Errorf("a request that failed has set a status: %v, %v", all, err)
	}
}

// checkProblem checks that an answer is a problem as of RFC 9457, and has the
// headers that RFC 9110 requires with its status code.
func checkProblem(t testing.TB, name string, code int, h http.Header, body []byte) {
	t.Helper()
	var p struct {
		Title, Detail string
		Status        int
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Status != code || p.Title != http.StatusText(code) || p.Detail == "" {
		t.Errorf("%s: not a problem: %s (%v)", name, body, err)
	}
	if h.Get("Content-Type") != reply.Type || h.Get("Content-Length") != fmt.Sprint(len(body)) || h.Get("ETag") != "" {
		t.Errorf("%s: header %v", name, h)
	}
	required := map[int]string{401: "WWW-Authenticate", 405: "Allow", 415: "Accept"}
	if required[code] != "" && h.Get(required[code]) == "" {
		t.Errorf("%s: no %s", name, required[code])
	}
}

// TestData: an answer has the selected records, oldest first, with their bytes
// unchanged, in both media types.
func TestData(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, threeRecords))
	lines := strings.Split(strings.Replace(threeRecords, "nonsense\n", "", 1), "\n")
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
		"/data?after=18446744073709551615":                nil, // 400: there is no such record yet
		"/data?machine=m1&limit=1&after=0&since=20240506": nil, // 400: not a time
	} {
		w := ask(h, "GET", target, "")
		if want == nil {
			if w.Code != 400 {
				t.Errorf("%s: %d", target, w.Code)
			}
			continue
		}
		got := w.Body.String()
		if got != "["+strings.Join(want, ",\n")+"]\n" || !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s", target, got)
		}
		nd := ask(h, "GET", target, "", "Accept: application/x-ndjson, */*;q=0.1")
		wantND := ""
		for _, l := range want {
			wantND += l + "\n"
		}
		got = nd.Body.String()
		if got != wantND || nd.Header().Get("Content-Type") != "application/x-ndjson" {
			t.Errorf("%s as NDJSON: %s", target, got)
		}
		for _, w := range []*httptest.ResponseRecorder{w, nd} {
			got := w.Header().Get("Content-Length")
			if w.Code != 200 || got != fmt.Sprint(w.Body.Len()) {
				t.Errorf("%s: %d, Content-Length %s of %d bytes", target, w.Code, got, w.Body.Len())
			}
		}
		if w.Header().Get("ETag") == nd.Header().Get("ETag") {
			t.Errorf("%s: both media types have the same ETag", target)
		}
	}
}

// TestNextLink: a client that follows the Link header gets every matching record
// once, while records arrive.
func TestNextLink(t *testing.T) {
	t.Parallel()
	b := newRecords(t, "")
	h := newHandler(b)
	next := "/data?machine=a&limit=3&after=0"
	var got []string
	for n := range 50 {
		for i := range n % 4 {
			push(t, b, fmt.Sprintf("{\"machine\":\"%c\",\"n\":%d}\n", 'a'+byte(i%2), 10*n+i))
		}
		w := ask(h, "GET", next, "", "Accept: application/x-ndjson")
		got = append(got, strings.Fields(w.Body.String())...)
		next = strings.TrimSuffix(strings.TrimPrefix(w.Header().Get("Link"), "<"), `>; rel="next"`)
	}
	want := strings.Fields(ask(h, "GET", "/data?machine=a", "", "Accept: application/x-ndjson").Body.String())
	if !slices.Equal(got, want) || len(want) < 30 {
		t.Errorf("got %d records, want %d", len(got), len(want))
	}
}

// TestNotModified: a conditional request is answered by 304 exactly as long as the
// answer would be the same.
func TestNotModified(t *testing.T) {
	t.Parallel()
	b := newRecords(t, threeRecords)
	h := newHandler(b)
	tag := func(target string) string { return ask(h, "GET", target, "").Header().Get("ETag") }
	same := func(target, tag string) bool {
		w := ask(h, "GET", target, "", `If-None-Match: "other", W/`+tag)
		if w.Code == 304 && (w.Body.Len() > 0 || w.Header().Get("ETag") != tag) {
			t.Errorf("%s: 304 with %s, %v", target, w.Body, w.Header())
		}
		return w.Code == 304
	}
	all, m2, status := tag("/data"), tag("/data?machine=m2"), tag("/status")
	if !same("/data", all) || !same("/data?machine=m2", m2) || !same("/status", status) {
		t.Error("nothing has changed, but an answer is not 304")
	}
	push(t, b, `{"machine":"m1"}`)
	if same("/data", all) || !same("/data?machine=m2", m2) || !same("/status", status) {
		t.Error("after a record of m1, /data must change, and the records of m2 and /status must not")
	}
	if ask(h, "POST", "/status", `{"status":"IDLE"}`, asJSON).Code != 200 || same("/status", status) {
		t.Error("a status was set, but /status is still 304")
	}
	if tag("/data") == ask(newHandler(b), "GET", "/data", "").Header().Get("ETag") {
		t.Error("after a restart the numbers are those of other records, but the ETag is the same")
	}
	w := ask(h, "HEAD", "/data", "")
	if w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("ETag") != tag("/data") || w.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD: %d, %v", w.Code, w.Header())
	}
}

// TestStatusConditions: GET and HEAD of /status compare If-None-Match, in one header
// or several, and ignore all other conditions and ranges.
func TestStatusConditions(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, ""))
	const all = "{\"status\":null,\"since\":null,\"machines\":{}}\n"
	tag := ask(h, "GET", "/status", "").Header().Get("ETag")
	for _, c := range []struct {
		headers []string
		code    int
	}{
		{nil, 200},
		{[]string{"If-None-Match: "}, 200},
		{[]string{`If-None-Match: "other"`}, 200},
		{[]string{"If-None-Match: " + tag}, 304},
		{[]string{"If-None-Match: *"}, 304},
		{[]string{`If-None-Match: "other"`, "If-None-Match: W/" + tag}, 304},
		{[]string{`If-Match: "other"`}, 200},
		{[]string{"Range: bytes=0-1"}, 200},
		{[]string{"Range: bytes=1000-"}, 200},
		{[]string{"If-Unmodified-Since: Mon, 06 May 2024 08:00:00 GMT"}, 200},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			w := ask(h, method, "/status", "", c.headers...)
			want := all
			if method == "HEAD" || c.code == 304 {
				want = ""
			}
			if w.Code != c.code || w.Body.String() != want || w.Header().Get("ETag") != tag {
				t.Errorf("%s with %q: %d %s, %v", method, c.headers, w.Code, w.Body, w.Header())
			}
			length := w.Header().Get("Content-Length")
			if c.code == 200 && length != fmt.Sprint(len(all)) {
				t.Errorf("%s with %q: Content-Length %s", method, c.headers, length)
			}
		}
	}
}

// TestStatus: a status is what was posted last, by machine and for the whole, with
// the time of its first setting.
func TestStatus(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
	h := newHandlerWith(newRecords(t, threeRecords), Options{Now: func() time.Time { return now }})
	check := func(w *httptest.ResponseRecorder, want string) {
		t.Helper()
		got := w.Body.String()
		if w.Code != 200 || got != want+"\n" || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%d %s, want %s", w.Code, got, want)
		}
	}
	check(ask(h, "GET", "/status", ""), `{"status":null,"since":null,"machines":{}}`) // a record's own status changes nothing
	check(ask(h, "POST", "/status", ` {"status" : "\u0053TARTED"} `, asJSON+";charset=UTF-8"), `{"status":"STARTED","since":"2024-05-06T08:00:00.000Z"}`)
	now = now.Add(time.Second)
	check(ask(h, "POST", "/status", `{"machine":"m<1>","status":"IDLE"}`, asJSON, "Origin: http://localhost:5000"), `{"machine":"m<1>","status":"IDLE","since":"2024-05-06T08:00:01.000Z"}`)
	check(ask(h, "POST", "/status", `{"status":"STARTED"}`, asJSON, "Sec-Fetch-Site: same-origin"), `{"status":"STARTED","since":"2024-05-06T08:00:00.000Z"}`)
	check(ask(h, "GET", "/status", ""), `{"status":"STARTED","since":"2024-05-06T08:00:00.000Z","machines":{"m<1>":{"status":"IDLE","since":"2024-05-06T08:00:01.000Z"}}}`)
}

// TestMachinesAreBounded: a status for one machine more than a Store can have is
// 409.
func TestMachinesAreBounded(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, ""))
	for i := range status.MaxMachines {
		_, err := h.o.Statuses.Set(status.Request{Machine: fmt.Sprint(i), Word: "IDLE"})
		if err != nil {
			t.Fatal(err)
		}
	}
	w := ask(h, "POST", "/status", `{"status":"IDLE","machine":"one more"}`, asJSON)
	if w.Code != 409 || !strings.Contains(w.Body.String(), "at most 10000 machines") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkProblem(t, "one more", w.Code, w.Header(), w.Body.Bytes())
}

// TestForbiddenMove: a status that cannot follow the one that is set is 409, with those
// that can.
func TestForbiddenMove(t *testing.T) {
	t.Parallel()
	h := newHandlerWith(newRecords(t, ""), Options{Statuses: status.NewMemory(status.Options{
		Words: []string{"IDLE", "STARTED"}, Moves: map[string][]string{"": {"IDLE"}},
	})})
	w := ask(h, "POST", "/status", `{"status":"STARTED","machine":"m1"}`, asJSON)
	if w.Code != 409 || !strings.Contains(w.Body.String(), "the first status cannot be STARTED") || !strings.Contains(w.Body.String(), `"allowed":["IDLE"]`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkProblem(t, "STARTED", w.Code, w.Header(), w.Body.Bytes())
}

// failingStore is a Store that can neither be read nor written.
type failingStore struct{ status.Store }

func (failingStore) Set(status.Request) (status.Status, error) {
	return status.Status{}, io.ErrShortWrite
}
func (failingStore) All() (status.Snapshot, error) { return status.Snapshot{}, io.ErrUnexpectedEOF }

// TestStoreFails: if the Store of the statuses fails, an answer is 503, and the
// other endpoints are not affected.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	h := newHandlerWith(newRecords(t, threeRecords), Options{Statuses: failingStore{status.NewMemory(status.Options{Words: []string{"IDLE"}})}})
	for _, w := range []*httptest.ResponseRecorder{
		ask(h, "GET", "/status", ""), ask(h, "POST", "/status", `{"status":"IDLE"}`, asJSON),
	} {
		if w.Code != 503 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		checkProblem(t, "/status", w.Code, w.Header(), w.Body.Bytes())
	}
	for _, path := range []string{"/data", "/healthz", "/metrics"} {
		w := ask(h, "GET", path, "")
		if w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestToken: without the right token every path is 401, even one that does not
// exist; /healthz and /readyz need none.
func TestToken(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef"
	h := newHandlerWith(newRecords(t, threeRecords), Options{Token: token, Hosts: []string{"Weir.Example:80"}})
	for target, code := range map[string]int{"/data": 200, "/status": 200, "/metrics": 200, "/healthz": 200, "/readyz": 200, "/nothing": 404} {
		for _, wrong := range []string{"X: ", "Authorization: Bearer", "Authorization: Bearer 0123456789abcdeF", "Authorization: Basic " + token, "Authorization: " + token} {
			w := ask(h, "GET", target, "", wrong)
			if target == "/healthz" || target == "/readyz" {
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
		w := ask(h, "GET", target, "", "Authorization: bearer "+token, "Host: weir.example.")
		if w.Code != code {
			t.Errorf("%s: %d, want %d", target, w.Code, code)
		}
	}
}

// TestBudget: when large answers use up Options.InFlight, a further one is 429, and
// small ones are not affected. A finished answer gives its bytes back.
func TestBudget(t *testing.T) {
	t.Parallel()
	b := newRecords(t, strings.Repeat(`{"x":"`+strings.Repeat("x", 1000)+"\"}\n", 600))
	h := newHandlerWith(b, Options{InFlight: 1_250_000})
	blocked := newBlockedRequests(h)
	blocked.start("/data")
	blocked.start("/data")
	w := ask(h, "GET", "/data", "")
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("a third large answer: %d", w.Code)
	} else {
		checkProblem(t, "budget", w.Code, w.Header(), w.Body.Bytes())
	}
	w = ask(h, "GET", "/data?limit=10", "")
	if w.Code != 200 {
		t.Errorf("a small answer: %d", w.Code)
	}
	close(blocked.resume)
	<-blocked.done
	<-blocked.done
	w = ask(h, "GET", "/data", "")
	if w.Code != 200 {
		t.Errorf("after the other answers: %d", w.Code)
	}
}

// blockedClient is a client that reads nothing until resume is closed. It sends to
// blocked at each Write before that.
type blockedClient struct {
	*httptest.ResponseRecorder
	blocked, resume chan struct{}
}

func (c *blockedClient) Write(p []byte) (int, error) {
	select {
	case <-c.resume:
	default:
		c.blocked <- struct{}{}
		<-c.resume
	}
	return c.ResponseRecorder.Write(p)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	w := ask(newHandler(newRecords(t, "")), "GET", "/healthz", "")
	if w.Code != 200 || w.Body.String() != "{\"ok\":true}\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestAccept: the media type is the one that RFC 9110, 12.5.1 prefers; "" is
// a 406.
func TestAccept(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"application/jsonl": "application/jsonl", "application/ndjson": "application/ndjson", "application/json;q=0.9, application/jsonl": "application/jsonl",
		"": "", "*/*": "application/json", "application/*": "application/json", "Application/X-NDJSON": "application/x-ndjson",
		"application/json;q=0.5, application/x-ndjson;q=0.6": "application/x-ndjson", "application/x-ndjson;q=0, */*": "application/json",
		"text/html,application/xhtml+xml,*/*;q=0.8": "application/json", "application/json;q=0, */*;q=0.1": "application/x-ndjson", "*/*;q=0": "",
	} {
		f, p := negotiate([]string{header}, formats())
		if want == "" {
			if p == nil {
				t.Errorf("%q: %s", header, f.mime)
			}
		} else if p != nil || f.mime != want {
			t.Errorf("%q: %v %v, want %s", header, f, p, want)
		}
	}
}

// valid reports whether body is JSON in UTF-8 (RFC 8259) of at most 300 levels, which
// is fastjson's limit, without two members of the same name if it is an object. fastjson
// counts the members, encoding/json their names.
func valid(body string) bool {
	v, err := fastjson.Parse(body)
	if err != nil || !json.Valid([]byte(body)) || !utf8.ValidString(body) {
		return false
	}
	var names map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &names) != nil || names == nil {
		return true // not an object
	}
	return v.GetObject().Len() == len(names)
}

// pipeListener is a listener whose connections are net.Pipes, for use in a
// synctest bubble.
type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	c, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (l pipeListener) Close() error   { close(l); return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// TestBodyNeverSent: a request that announces a body and does not send it is
// answered at once, unless the body is needed. The clock of the bubble advances
// only when all goroutines wait, so an answer after a time limit would show.
func TestBodyNeverSent(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"GET /healthz", "GET /data", "POST /status", "PUT /status", "GET /nowhere"} {
		synctest.Test(t, func(t *testing.T) {
			l := make(pipeListener)
			s := newHandler(newRecords(t, "")).server()
			go func() { _ = s.Serve(l) }()
			defer s.Close()
			client, server := net.Pipe()
			defer client.Close()
			l <- server
			began := time.Now()
			fmt.Fprintf(client, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", line)
			answer := make([]byte, 8)
			_, err := io.ReadFull(client, answer)
			if err != nil || time.Since(began) != 0 {
				t.Errorf("%s: answered after %v, %v", line, time.Since(began), err)
			}
		})
	}
}
