package httpapi

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// checkExposition checks that text is Prometheus' text format 0.0.4 as far as this
// program uses it: each metric has one TYPE line, directly before all of its samples,
// no sample occurs twice, and counters, and they alone, end in _total.
func checkExposition(t *testing.T, text string) {
	t.Helper()
	line := regexp.MustCompile(`^(?:# HELP (\w+)|# TYPE (\w+) (counter|gauge)|(\w+)(?:\{(?:\w+="[^"\\]*",?)+\})? (\S+))$`)
	types, samples, family := map[string]bool{}, map[string]bool{}, ""
	for l := range strings.Lines(text) {
		m := line.FindStringSubmatch(strings.TrimSuffix(l, "\n"))
		sample, _, _ := strings.Cut(l, " ")
		switch {
		case m == nil || !strings.HasSuffix(l, "\n"):
			t.Errorf("not the text format: %q", l)
		case m[1] != "": // HELP
		case m[2] != "":
			family = m[2]
			if types[family] || (m[3] == "counter") != strings.HasSuffix(family, "_total") {
				t.Errorf("second type, or the type of another name: %q", l)
			}
			types[family] = true
		default:
			_, err := strconv.ParseFloat(m[5], 64)
			if m[4] != family || samples[sample] || err != nil {
				t.Errorf("after the type of %s comes %q, %v", family, l, err)
			}
			samples[sample] = true
		}
	}
}

// TestMetrics: all counters have the right values, labels never have a client's
// text, and the answer has Prometheus' text format.
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
	checkExposition(t, w.Body.String())
	kind := w.Header().Get("Content-Type")
	if kind != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("Content-Type %s", kind)
	}
	w = request(newHandler(newRecords(t, "{}")), "GET", "/metrics", "")
	if w.Code != 200 || strings.Contains(w.Body.String(), "newest_event") {
		t.Errorf("without a record with a time: %s", w.Body)
	}
}
