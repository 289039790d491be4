package httpapi

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// TestMetrics: all counters have the right values, labels never have a client's
// text, and promlint finds nothing wrong.
func TestMetrics(t *testing.T) {
	t.Parallel()
	h := newHandlerWith(newRecords(t, threeRecords), Options{Passed: func() int64 { return 191 }})
	for _, target := range []string{"/data", "/data?limit=x", "/evil/{path}\n", "/status", "/status"} {
		r := strings.ReplaceAll(target, "\n", "%0a")
		request(h, "GET", r, "")
	}
	request(h, "BREW", "/data", "")
	w := request(h, "GET", "/metrics", "")
	for _, want := range []string{
		`statusd_lines_total{kind="kept"} 3`, `statusd_lines_total{kind="bad"} 1`, `statusd_lines_total{kind="too_large"} 0`,
		`statusd_input_bytes_total 191`, `statusd_newest_event_timestamp_seconds 1.71498242e+09`, `statusd_held_records 3`,
		`statusd_http_requests_total{code="200",path="/data"} 1`, `statusd_http_requests_total{code="400",path="/data"} 1`,
		`statusd_http_requests_total{code="200",path="/status"} 2`, `statusd_http_requests_total{code="404",path="none"} 1`,
		`statusd_http_requests_total{code="405",path="none"} 1`,
	} {
		if !strings.Contains(w.Body.String(), "\n"+want+"\n") {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	problems, err := promlint.New(w.Body).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	w = request(newHandler(newRecords(t, "{}")), "GET", "/metrics", "")
	if w.Code != 200 || strings.Contains(w.Body.String(), "newest_event") {
		t.Errorf("without a record with a time: %s", w.Body)
	}
}
