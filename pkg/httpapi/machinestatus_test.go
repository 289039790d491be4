package httpapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"weir/pkg/status"
)

// newStatusHandler returns a Handler without records, whose clock is *now.
func newStatusHandler(t testing.TB, o status.Options, now *time.Time) *Handler {
	if o.Words == nil {
		o.Words = []string{"IDLE", "STARTED", "COMPLETED"}
	}
	return newHandlerWith(newRecords(t, ""), Options{Statuses: status.NewMemory(o), Now: func() time.Time { return *now }})
}

// checkJSON checks that an answer is 200 with a text, JSON, as its body.
func checkJSON(t *testing.T, w *httptest.ResponseRecorder, want string) {
	t.Helper()
	got := w.Body.String()
	if w.Code != 200 || got != want+"\n" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %s, want %s", w.Code, got, want)
	}
}

// TestMachineStatus: PUT sets the status of the machine in the path, or of the whole job,
// and answers what GET then answers.
func TestMachineStatus(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
	h := newStatusHandler(t, status.Options{}, &now)
	checkJSON(t, ask(h, "GET", "/machines/m1/status", ""), `{"machine":"m1","status":null,"since":null,"seq":0}`)
	const started = `{"machine":"m1","status":"STARTED","since":"2024-05-06T08:00:00.000Z","seq":1}`
	put := ask(h, "PUT", "/machines/m1/status", `{"status":"STARTED"}`, asJSON)
	checkJSON(t, put, started)
	now = now.Add(time.Minute)
	checkJSON(t, ask(h, "PUT", "/machines/m1/status", `{"status":"STARTED"}`, asJSON), started) // again: nothing changes
	get := ask(h, "GET", "/machines/m1/status", "")
	checkJSON(t, get, started)
	if put.Header().Get("ETag") != `"1"` || get.Header().Get("ETag") != `"1"` {
		t.Errorf("ETags %s and %s", put.Header().Get("ETag"), get.Header().Get("ETag"))
	}
	w := ask(h, "GET", "/machines/m1/status", "", `If-None-Match: "1"`)
	if w.Code != 304 {
		t.Errorf("%d, want 304", w.Code)
	}
	w = ask(h, "HEAD", "/machines/m1/status", "")
	if w.Code != 200 || w.Header().Get("ETag") != `"1"` || w.Body.Len() > 0 {
		t.Errorf("HEAD: %d %v %s", w.Code, w.Header(), w.Body)
	}
	checkJSON(t, ask(h, "PUT", "/status", `{"status":"IDLE"}`, asJSON), `{"status":"IDLE","since":"2024-05-06T08:01:00.000Z","seq":2}`)
	checkJSON(t, ask(h, "GET", "/status", ""), `{"status":"IDLE","since":"2024-05-06T08:01:00.000Z","machines":{"m1":{"status":"STARTED","since":"2024-05-06T08:00:00.000Z"}}}`)
}

// TestMachineNames: whatever the name of a machine, its percent-encoded form in a path
// names it: over a connection as well, where a client must not clean the path.
func TestMachineNames(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := newStatusHandler(t, status.Options{}, &now)
	for _, name := range []string{
		"m1", "a/b", "//", "a//b", ".", "..", "../x", "a.b", "100%", "%2F", "a b", " ", "+", "ä€😀", "?", "#", "a?b=c#d", "status", "history", "null", "7", `"`, "<b>", `a\b`, ":", ";", strings.Repeat("ä", 128),
	} {
		path := "/machines/" + strings.ReplaceAll(url.PathEscape(name), ".", "%2E")
		put := ask(h, "PUT", path+"/status", `{"status":"STARTED"}`, asJSON)
		all, err := h.o.Statuses.All()
		if err != nil || put.Code != 200 || all.Machines[name].Word != "STARTED" {
			t.Errorf("%q: %d %s", name, put.Code, put.Body)
		}
		get := ask(h, "GET", path+"/status", "")
		history := ask(h, "GET", path+"/history", "")
		if get.Code != 200 || get.Body.String() != put.Body.String() || history.Code != 200 || strings.Count(history.Body.String(), `"seq"`) != 1 {
			t.Errorf("%q: %d %s, history %d %s", name, get.Code, get.Body, history.Code, history.Body)
		}
	}
	for _, name := range []string{strings.Repeat("x", 257), "a\nb", "\x00", "\xff", "\ufffd", "\u0085"} {
		for _, part := range []string{"status", "history"} {
			w := ask(h, "GET", "/machines/"+url.PathEscape(name)+"/"+part, "")
			if w.Code != 404 {
				t.Errorf("%.10q: %d %s", name, w.Code, w.Body)
			}
			checkProblem(t, name, w.Code, w.Header(), w.Body.Bytes())
		}
		w := ask(h, "PUT", "/machines/"+url.PathEscape(name)+"/status", `{"status":"IDLE"}`, asJSON)
		if w.Code != 404 {
			t.Errorf("%.10q: %d %s", name, w.Code, w.Body)
		}
	}
}

// TestConditions: with If-Match a status is changed only if it is still the one that the
// client knows; so an undo does not undo what somebody else has set since.
func TestConditions(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		path, header string
		code         int
	}{
		{"/machines/m1/status", `If-Match: "2"`, 200},
		{"/machines/m1/status", `If-Match: "9", "2"`, 200},
		{"/machines/m1/status", `If-Match: *`, 200},
		{"/machines/m1/status", `If-Match: `, 200},
		{"/machines/m1/status", `If-Match: "1"`, 412},
		{"/machines/m1/status", `If-Match: "0"`, 412},
		{"/machines/m1/status", `If-Match: W/"2"`, 412}, // the comparison is strong (RFC 9110, 13.1.1)
		{"/machines/m1/status", `If-Match: 2`, 400},     // without quotation marks; 412 would say that somebody else has changed it
		{"/machines/m1/status", `If-Match: "x"`, 412},
		{"/machines/m1/status", `If-None-Match: *`, 412},
		{"/machines/m1/status", `If-None-Match: "2"`, 412},
		{"/machines/m1/status", `If-None-Match: "1"`, 200},
		{"/machines/m2/status", `If-None-Match: *`, 200},
		{"/machines/m2/status", `If-Match: "0"`, 200},
		{"/machines/m2/status", `If-Match: "2"`, 412},
		{"/status", `If-Match: "3"`, 200},
		{"/status", `If-Match: VERSION`, 200},
		{"/status", `If-Match: "2"`, 412},
	} {
		h := newStatusHandler(t, status.Options{}, &now)
		for _, path := range []string{"/machines/m1/status", "/machines/m1/status", "/status"} {
			word := "IDLE"
			if path == "/machines/m1/status" {
				all, _ := h.o.Statuses.All()
				if all.Machines["m1"].Word == "IDLE" {
					word = "STARTED"
				}
			}
			if ask(h, "PUT", path, fmt.Sprintf(`{"status":%q}`, word), asJSON).Code != 200 {
				t.Fatal(path)
			}
		}
		before, _ := h.o.Statuses.All()
		header := strings.Replace(c.header, "VERSION", ask(h, "GET", "/status", "").Header().Get("ETag"), 1)
		w := ask(h, "PUT", c.path, `{"status":"COMPLETED"}`, asJSON, header)
		after, _ := h.o.Statuses.All()
		if w.Code != c.code || (after.Seq == before.Seq) != (c.code != 200) {
			t.Errorf("%s with %s: %d %s", c.path, c.header, w.Code, w.Body)
		}
		if w.Code != 200 {
			checkProblem(t, c.header, w.Code, w.Header(), w.Body.Bytes())
		}
	}
}

// TestPutProblems: what is wrong with a PUT is a problem, and changes nothing.
func TestPutProblems(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := newStatusHandler(t, status.Options{Moves: map[string][]string{"": {"IDLE"}, "IDLE": {"STARTED"}}}, &now)
	for _, c := range []struct {
		path, body string
		headers    []string
		code       int
		want       string
	}{
		{"/machines/m1/status", `{"status":"STARTED"}`, []string{asJSON}, 409, `"member":"status","value":"STARTED","allowed":["IDLE"]`},
		{"/status", `{"status":"COMPLETED"}`, []string{asJSON}, 409, `"allowed":["IDLE"]`},
		{"/machines/m1/status", `{"status":"IDEL"}`, []string{asJSON}, 422, `"did_you_mean":"IDLE"`},
		{"/machines/m1/status", `{"status":"IDLE","machine":"m1"}`, []string{asJSON}, 422, `unknown member \"machine\"`},
		{"/status", `{"status":"IDLE","machine":"m1"}`, []string{asJSON}, 422, `"allowed":["status"]`},
		{"/machines/m1/status", `{}`, []string{asJSON}, 422, `\"status\" is missing`},
		{"/machines/m1/status", `{`, []string{asJSON}, 400, `"offset":1`},
		{"/machines/m1/status", `{"status":"IDLE"}`, nil, 415, `"header":"Content-Type"`},
		{"/machines/m1/status?x=1", `{"status":"IDLE"}`, []string{asJSON}, 400, `takes no parameters`},
		{"/machines/m1/status", `{"status":"IDLE"}`, []string{asJSON, "Origin: http://evil.example"}, 403, `pages of other origins`},
		{"/machines/m1/status", `{"status":"IDLE"}`, []string{asJSON, "Sec-Fetch-Site: cross-site"}, 403, `pages of other origins`},
		{"/status", `{"status":"IDLE"}`, []string{asJSON, "Sec-Fetch-Site: same-site"}, 403, `pages of other origins`},
		{"/machines/m1/status", `{"status":"IDLE"}`, []string{asJSON, `If-Match: "7"`}, 412, `no status was ever set","header":"If-Match","value":"\"7\""`},
	} {
		w := ask(h, "PUT", c.path, c.body, c.headers...)
		name := c.path + " " + c.body
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, want %d with %s", name, w.Code, w.Body, c.code, c.want)
		}
		checkProblem(t, name, w.Code, w.Header(), w.Body.Bytes())
	}
	all, err := h.o.Statuses.All()
	if err != nil || all.Seq != 0 {
		t.Errorf("a request that failed has set a status: %v, %v", all, err)
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		w := ask(h, method, "/machines/m1/status", `{"status":"IDLE"}`, asJSON)
		if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, PUT" {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
	}
}

// TestConditionOfCompressedAnswer: the ETag of a compressed GET /status is a condition like
// that of the other one, and does not hold any more after a change.
func TestConditionOfCompressedAnswer(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, ""))
	setStatuses(t, h, 100)
	tag := ask(h, "GET", "/status", "", "Accept-Encoding: gzip").Header().Get("ETag")
	if !strings.HasSuffix(tag, `-gzip"`) {
		t.Fatalf("ETag %s", tag)
	}
	for _, c := range []struct {
		word string
		code int
	}{{"STARTED", 200}, {"IDLE", 412}} {
		w := ask(h, "PUT", "/status", `{"status":"`+c.word+`"}`, asJSON, "If-Match: "+tag)
		if w.Code != c.code {
			t.Errorf("%s: %d %s, want %d", c.word, w.Code, w.Body, c.code)
		}
	}
}
