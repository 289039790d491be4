package httpapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/pkg/status"
)

// TestHistory: the changes that the parameters select, oldest first, as JSON or one a
// line.
func TestHistory(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
	h := newStatusHandler(t, status.Options{}, &now)
	checkJSON(t, ask(h, "GET", "/history", ""), `{"changes":[]}`)
	for _, put := range []struct{ path, word string }{
		{"/machines/m1/status", "IDLE"}, {"/machines/m%3C2%3E/status", "STARTED"}, {"/status", "IDLE"}, {"/machines/m1/status", "STARTED"}, {"/machines/m1/status", "STARTED"}, {"/machines/m1/status", "IDLE"},
	} {
		if ask(h, "PUT", put.path, fmt.Sprintf(`{"status":%q}`, put.word), asJSON).Code != 200 {
			t.Fatal(put)
		}
		now = now.Add(time.Minute)
	}
	lines := []string{
		`{"seq":1,"machine":"m1","before":null,"status":"IDLE","time":"2024-05-06T08:00:00.000Z"}`,
		`{"seq":2,"machine":"m<2>","before":null,"status":"STARTED","time":"2024-05-06T08:01:00.000Z"}`,
		`{"seq":3,"machine":null,"before":null,"status":"IDLE","time":"2024-05-06T08:02:00.000Z"}`,
		`{"seq":4,"machine":"m1","before":"IDLE","status":"STARTED","time":"2024-05-06T08:03:00.000Z"}`,
		`{"seq":5,"machine":"m1","before":"STARTED","status":"IDLE","time":"2024-05-06T08:05:00.000Z"}`,
	}
	for target, want := range map[string][]string{
		"/history":                           lines,
		"/history?limit=2":                   lines[3:],
		"/history?before=4":                  lines[:3],
		"/history?before=4&limit=1":          lines[2:3],
		"/history?machine=m1":                {lines[0], lines[3], lines[4]},
		"/history?machine=":                  lines[2:3],
		"/history?machine=m9":                {},
		"/machines/m%3C2%3E/history":         lines[1:2],
		"/machines/m1/history?limit=1":       lines[4:],
		"/machines/m9/history":               {},
		"/history?from=2024-05-06T08:03:00Z": lines[3:],
		"/history?to=2024-05-06T08:03:00Z":   lines[:3],

		"/history?from=1714982460&to=2024-05-06T10:03:00%2B02:00": lines[1:3],
	} {
		w := ask(h, "GET", target, "")
		var got struct{ Changes []json.RawMessage }
		err := json.Unmarshal(w.Body.Bytes(), &got)
		var texts []string
		for _, c := range got.Changes {
			texts = append(texts, strings.TrimSpace(string(c)))
		}
		if err != nil || !slices.Equal(texts, want) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s", target, w.Body)
		}
		nd := ask(h, "GET", target, "", "Accept: application/x-ndjson")
		if nd.Body.String() != strings.Join(append(slices.Clone(want), ""), "\n") || nd.Header().Get("Content-Type") != "application/x-ndjson" {
			t.Errorf("%s as NDJSON: %q", target, nd.Body)
		}
		tag := w.Header().Get("ETag")
		same := ask(h, "GET", target, "", "If-None-Match: "+tag)
		if same.Code != 304 || tag == nd.Header().Get("ETag") {
			t.Errorf("%s: %d, ETags %s and %s", target, same.Code, tag, nd.Header().Get("ETag"))
		}
	}
}

// TestHistoryPages: a client that follows the Link header to older changes gets each change
// once.
func TestHistoryPages(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := newStatusHandler(t, status.Options{}, &now)
	for i := range 50 {
		_, err := h.o.Statuses.Set(status.Request{Machine: fmt.Sprint("m/", i%3), Word: []string{"IDLE", "STARTED"}[i/3%2], Time: now})
		if err != nil {
			t.Fatal(err)
		}
	}
	var pages []string
	for next := "/machines/m%2F1/history?limit=4"; next != ""; {
		w := ask(h, "GET", next, "", "Accept: application/x-ndjson")
		pages = append(pages, w.Body.String())
		next, _ = strings.CutSuffix(strings.TrimPrefix(w.Header().Get("Link"), "<"), `>; rel="prev"`)
	}
	slices.Reverse(pages)
	want := ask(h, "GET", "/machines/m%2F1/history", "", "Accept: application/x-ndjson").Body.String()
	if strings.Join(pages, "") != want || strings.Count(want, "\n") != 17 {
		t.Errorf("%q, want %q", pages, want)
	}
}

// TestHistoryProblems: what is wrong with the parameters is a problem that names it.
func TestHistoryProblems(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := newStatusHandler(t, status.Options{}, &now)
	for target, want := range map[string]string{
		"/history?limt=1":                    `"parameter":"limt","value":"limt","allowed":["machine","from","to","before","limit"],"did_you_mean":"limit"`,
		"/machines/m1/history?machine=m1":    `"allowed":["from","to","before","limit"]`,
		"/history?limit=0":                   `limit: \"0\" is not a whole number from 1 to 1000`,
		"/history?limit=1001":                `"parameter":"limit"`,
		"/history?before=0":                  `before: \"0\" is not the number of a change`,
		"/history?before=x":                  `"parameter":"before"`,
		"/history?from=yesterday":            `\"yesterday\" is not a time: write it as in 2024-05-06T08:00:00Z"`,
		"/history?to=2024-05-06":             `\"2024-05-06\" is not a time: write it as in 2024-05-06T08:00:00Z"`,
		"/history?to=2024-05-06T10:00+02:00": `write %2B`,
		"/history?to=1714982460&to=1":        `to is given more than once`,
		"/history?%zz":                       `the query cannot be read`,
	} {
		w := ask(h, "GET", target, "")
		if w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want %s", target, w.Code, w.Body, want)
		}
		checkProblem(t, target, w.Code, w.Header(), w.Body.Bytes())
	}
	w := ask(h, "GET", "/history", "", "Accept: text/html")
	if w.Code != 406 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestHistoryIsInTheBudget: a history takes from the budget what it may need before it is
// read from the store, and what it has until its client has read it.
func TestHistoryIsInTheBudget(t *testing.T) {
	t.Parallel()
	const size = 10 * changeBytes * historyLimit
	store := &blockedHistory{Store: status.NewMemory(status.Options{Words: []string{"IDLE"}}), blocked: make(chan struct{}), resume: make(chan struct{})}
	h := newHandlerWith(newRecords(t, ""), Options{Statuses: store, InFlight: size})
	codes := make(chan int, 10)
	for range 10 {
		go func() { codes <- ask(h, "GET", "/history", "").Code }()
		<-store.blocked
	}
	w := ask(h, "GET", "/history", "")
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("beyond the budget: %d", w.Code)
	}
	close(store.resume)
	for range 10 {
		code := <-codes
		if code != 200 {
			t.Errorf("%d", code)
		}
	}
	b := newBlockedRequests(h)
	go func() { <-store.blocked }()
	b.start("/history")
	want := int64(size - len(`{"changes":[]}`+"\n"))
	if left(h) != want {
		t.Errorf("%d bytes are left, want %d", left(h), want)
	}
	close(b.resume)
	<-b.done
	if left(h) != size {
		t.Errorf("%d bytes are left at the end", left(h))
	}
}

// blockedHistory is a Store whose History sends to blocked, and then waits for resume.
type blockedHistory struct {
	status.Store
	blocked, resume chan struct{}
}

func (s *blockedHistory) History(q status.Query) ([]status.Change, error) {
	s.blocked <- struct{}{}
	<-s.resume
	return s.Store.History(q)
}
