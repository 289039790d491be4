package httpapi

import (
	"runtime"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"weir/pkg/batch"
	"weir/pkg/status"
	"weir/pkg/tee"
	"weir/pkg/tee/teetest"
)

// checkExposition checks that text is Prometheus' text format, by promtool's lint:
// names, units, types and help texts.
func checkExposition(t *testing.T, text string) {
	t.Helper()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	if err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
}

// TestMetrics: all counters have the right values, labels never have a client's
// text, and the answer has Prometheus' text format.
func TestMetrics(t *testing.T) {
	t.Parallel()
	emitter, err := tee.NewEmitter(batch.Path{"timestamp"}, batch.Path{"machine"}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	p := teetest.New(t, &tee.Stream{Records: newRecords(t, ""), Emitter: emitter})
	defer p.Close()
	for n := range uint64(7) {
		emitter.Change(status.Change{Seq: n + 1, Word: "IDLE"})
	}
	_, err = p.Copy([]byte(strings.Repeat("\n", 191)), 100)
	if err != nil {
		t.Fatal(err)
	}
	h := newHandlerWith(newRecords(t, threeRecords), Options{Stream: p.Stream})
	for _, target := range []string{"/data", "/data?limit=x", "/evil/{path}\n", "/status", "/status"} {
		r := strings.ReplaceAll(target, "\n", "%0a")
		ask(h, "GET", r, "")
	}
	ask(h, "BREW", "/data", "")
	w := ask(h, "GET", "/metrics", "")
	for _, want := range []string{
		`statusd_lines_total{kind="kept"} 3`, `statusd_lines_total{kind="bad"} 1`, `statusd_lines_total{kind="too_large"} 0`,
		`statusd_emitted_changes_total{result="written"} 7`, `statusd_input_bytes_total 191`, `statusd_newest_event_timestamp_seconds 1714982420`, `statusd_held_records 3`,
		`statusd_http_requests_total{code="200",path="/data"} 1`, `statusd_http_requests_total{code="400",path="/data"} 1`,
		`statusd_http_requests_total{code="200",path="/status"} 2`, `statusd_http_requests_total{code="404",path="none"} 1`,
		`statusd_http_requests_total{code="405",path="none"} 1`, `statusd_http_request_duration_seconds_count{path="/data"} 2`,
		`statusd_build_info{goversion="` + runtime.Version() + `",version="(devel)"} 1`, `statusd_http_connections 0`,
	} {
		if !strings.Contains(w.Body.String(), "\n"+want+"\n") {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	checkExposition(t, w.Body.String())
	kind := w.Header().Get("Content-Type")
	if kind != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("Content-Type %s", kind)
	}
	w = ask(newHandler(newRecords(t, "{}")), "GET", "/metrics", "")
	if w.Code != 200 || strings.Contains(w.Body.String(), "newest_event") {
		t.Errorf("without a record with a time: %s", w.Body)
	}
}
