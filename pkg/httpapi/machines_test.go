package httpapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"weir/pkg/status"
)

// TestMachines: every machine with a kept record or a status is listed, with both.
func TestMachines(t *testing.T) {
	t.Parallel()
	b := newRecords(t, `{"timestamp":"2024-05-06T08:00:00Z","machine":"m1","x":1}
{"machine":7,"timestamp":1714982400.5,"<b>":1.50,"a":{"b":[1]}}
{"x":1}
{"timestamp":"2024-05-06T08:00:10Z","machine":"m1", "x":1.0}
{"machine":"line 1/m2"}
`)
	h := newHandlerWith(b, Options{Statuses: status.NewMemory(status.Options{Words: []string{"IDLE", "STARTED"}})})
	w := ask(h, "GET", "/machines", "")
	const first = `{"machines":[{"machine":"7","records":1,"newest":"2024-05-06T08:00:00.5Z","last":{"machine":7,"timestamp":1714982400.5,"<b>":1.50,"a":{"b":[1]}},"fields":["<b>","a.b.0"],"status":null,"since":null,"seq":0},` +
		`{"machine":"line 1/m2","records":1,"newest":null,"last":{"machine":"line 1/m2"},"fields":[],"status":null,"since":null,"seq":0},` +
		`{"machine":"m1","records":2,"newest":"2024-05-06T08:00:10Z","last":{"timestamp":"2024-05-06T08:00:10Z","machine":"m1", "x":1.0},"fields":["x"],"status":null,"since":null,"seq":0}],` +
		`"status":null,"since":null,"seq":0,"words":["IDLE","STARTED"],"moves":null,"durable":false,"newest_seq":5,"unnamed":1}` + "\n"
	if w.Code != 200 || w.Body.String() != first || !json.Valid(w.Body.Bytes()) {
		t.Errorf("%d\ngot  %s\nwant %s", w.Code, w.Body, first)
	}
	tag := w.Header().Get("ETag")
	same := func() bool { return ask(h, "GET", "/machines", "", "If-None-Match: "+tag).Code == 304 }
	if !same() {
		t.Error("nothing has changed, but it is not 304")
	}
	for _, body := range []string{`{"machine":"m0","status":"IDLE"}`, `{"machine":"m1","status":"STARTED"}`, `{"status":"IDLE"}`} {
		if ask(h, "POST", "/status", body, asJSON).Code != 200 || same() {
			t.Errorf("after %s it is still 304", body)
		}
		tag = ask(h, "GET", "/machines", "").Header().Get("ETag")
	}
	got := ask(h, "GET", "/machines", "").Body.String()
	for _, want := range []string{
		`{"machine":"m0","records":0,"newest":null,"last":null,"fields":[],"status":"IDLE","since":"2`, `"fields":["x"],"status":"STARTED","since":"2`, `"seq":2}],"status":"IDLE","since":"2`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	push(t, b, `{"machine":"m1"}`)
	if same() {
		t.Error("after a record it is still 304")
	}
}

// TestOneMachine: a machine is found by its name, also one with a slash.
func TestOneMachine(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, threeRecords+`{"machine":"line 1/m2","x":1}`+"\n"))
	for target, want := range map[string]string{
		"/machines/m2":            `{"machine":"m2","records":1,"newest":"2024-05-06T08:00:10Z","last":{"timestamp":"2024-05-06T08:00:10Z","machine":"m2","x":1e2},"fields":["x"],"status":null,"since":null,"seq":0}`,
		"/machines/line%201%2Fm2": `{"machine":"line 1/m2","records":1,"newest":null,"last":{"machine":"line 1/m2","x":1},"fields":["x"],"status":null,"since":null,"seq":0}`,
	} {
		w := ask(h, "GET", target, "")
		if w.Code != 200 || w.Body.String() != want+"\n" {
			t.Errorf("%s: %d %s, want %s", target, w.Code, w.Body, want)
		}
	}
	if ask(h, "POST", "/status", `{"machine":"m9","status":"IDLE"}`, asJSON).Code != 200 || ask(h, "GET", "/machines/m9", "").Code != 200 {
		t.Error("a machine with a status alone")
	}
	for target, want := range map[string]string{
		"/machines/line%201%2Fm3": `"status":404,"detail":"there is no machine \"line 1/m3\" (did you mean line 1/m2?)","value":"line 1/m3","did_you_mean":"line 1/m2"`,
		"/machines/m1?x=1":        `/machines/m1 takes no parameters`, "/machines?machine=m1": `/machines takes no parameters`,
	} {
		w := ask(h, "GET", target, "")
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want %s", target, w.Code, w.Body, want)
		}
		checkProblem(t, target, w.Code, w.Header(), w.Body.Bytes())
	}
	failing := newHandlerWith(newRecords(t, threeRecords), Options{Statuses: failingStore{}})
	for _, target := range []string{"/machines", "/machines/m1"} {
		w := ask(failing, "GET", target, "")
		if w.Code != 503 {
			t.Errorf("%s with a store that fails: %d", target, w.Code)
		}
	}
}

// TestUnlistedMachines: machines whose names are too long are counted, not listed.
func TestUnlistedMachines(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, fmt.Sprintf("{\"machine\":%q}\n", strings.Repeat("x", 300))))
	got := ask(h, "GET", "/machines", "").Body.String()
	if !strings.HasPrefix(got, `{"machines":[],`) || !strings.HasSuffix(got, `"unnamed":0,"unlisted":1}`+"\n") {
		t.Errorf("%s", got)
	}
}
