package httpapi

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

// counters are what GET /metrics answers, in Prometheus' text format: 200, no
// parameters. The values of all labels come from lists in this program, never from
// a client or a record, so the number of time series is bounded.
type counters struct {
	o        Options
	requests *metrics.Set // statusd_http_requests_total, one counter for each path and code
}

func newCounters(o Options) *counters {
	metrics.ExposeMetadata(true) // TYPE lines; the setting is one of the process
	return &counters{o: o, requests: metrics.NewSet()}
}

// ServeHTTP answers GET /metrics:
//
//	statusd_http_requests_total{code,path}  requests answered; the path is none if it is unknown or does not support the method
//	statusd_input_bytes_total               input bytes read
//	statusd_lines_total{kind}               input lines: kept as records, bad, or valid but too large to keep
//	statusd_held_bytes                      memory of the records held, in bytes
//	statusd_held_records                    records held in memory
//	statusd_newest_event_timestamp_seconds  largest timestamp of a record, in seconds since the Unix epoch; absent without one
//
// All values but the requests come from one View, so they agree with each other;
// except the input bytes, which are counted before their records are pushed and so
// may be ahead.
func (c *counters) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	v := c.o.Records.View()
	set := metrics.NewSet() // of this answer; each name then has one TYPE line
	counter := func(name string, n uint64) { set.NewCounter("statusd_" + name).Set(n) }
	counter(`lines_total{kind="kept"}`, v.Kept)
	counter(`lines_total{kind="bad"}`, v.Bad)
	counter(`lines_total{kind="too_large"}`, v.TooLarge)
	if c.o.Passed != nil {
		counter("input_bytes_total", uint64(c.o.Passed()))
	}
	var text bytes.Buffer
	c.requests.WritePrometheus(&text)
	set.WritePrometheus(&text)
	metrics.WriteGaugeUint64(&text, "statusd_held_bytes", uint64(v.Bytes))
	metrics.WriteGaugeUint64(&text, "statusd_held_records", uint64(v.Held))
	if v.Timed {
		metrics.WriteGaugeFloat64(&text, "statusd_newest_event_timestamp_seconds", float64(v.Newest.Sec)+float64(v.Newest.Nsec)/1e9)
	}
	send(w, "text/plain; version=0.0.4; charset=utf-8", text.Bytes())
}

// count counts a request. pattern is the mux's, "GET /data", or empty if no
// endpoint matched.
func (c *counters) count(pattern string, code int) {
	_, path, ok := strings.Cut(pattern, " ")
	if !ok {
		path = "none"
	}
	c.requests.GetOrCreateCounter(fmt.Sprintf("statusd_http_requests_total{code=\"%d\",path=%q}", code, path)).Inc()
}
