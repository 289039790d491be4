package httpapi

import (
	"runtime"
	"strings"
	"testing"
)

// TestMetrics: /metrics counts the requests, and labels never have a client's text.
func TestMetrics(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, threeRecords))
	for _, target := range []string{"/data", "/data?limit=x", "/evil/{path}\n", "/status", "/status"} {
		r := strings.ReplaceAll(target, "\n", "%0a")
		ask(h, "GET", r, "")
	}
	ask(h, "BREW", "/data", "")
	w := ask(h, "GET", "/metrics", "")
	for _, want := range []string{
		`statusd_lines_total{kind="kept"} 3`, `statusd_lines_total{kind="bad"} 1`, `statusd_lines_total{kind="too_large"} 0`,
		`statusd_newest_event_timestamp_seconds 1714982420`, `statusd_held_records 3`,
		`statusd_http_requests_total{code="200",path="/data"} 1`, `statusd_http_requests_total{code="400",path="/data"} 1`,
		`statusd_http_requests_total{code="200",path="/status"} 2`, `statusd_http_requests_total{code="404",path="none"} 1`,
		`statusd_http_requests_total{code="405",path="none"} 1`, `statusd_http_request_duration_seconds_count{path="/data"} 2`,
		`statusd_build_info{goversion="` + runtime.Version() + `",version="(devel)"} 1`, `statusd_http_connections 0`,
	} {
		if !strings.Contains(w.Body.String(), "\n"+want+"\n") {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	kind := w.Header().Get("Content-Type")
	if kind != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("Content-Type %s", kind)
	}
	w = ask(newHandler(newRecords(t, "{}")), "GET", "/metrics", "")
	if w.Code != 200 || strings.Contains(w.Body.String(), "newest_event") {
		t.Errorf("without a record with a time: %s", w.Body)
	}
}
