package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics collects what GET /metrics answers, in Prometheus' text format: 200, no
// parameters. The values of all labels come from lists in this program, never from
// a client or a record, so the number of time series is bounded.
type metrics struct {
	o        Options
	requests *prometheus.CounterVec
	handler  http.Handler

	lines, bytes, newest, held, heldBytes *prometheus.Desc
}

func newMetrics(o Options) *metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("statusd_"+name, help, labels, nil)
	}
	m := &metrics{
		o: o,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "statusd_http_requests_total", Help: "Requests answered, by path and status code; the path is none if it is unknown or does not support the method.",
		}, []string{"path", "code"}),
		lines:     desc("lines_total", "Input lines: kept as records, bad, or valid but too large to keep.", "kind"),
		bytes:     desc("input_bytes_total", "Input bytes read."),
		newest:    desc("newest_event_timestamp_seconds", "The largest timestamp of a record, in seconds since the Unix epoch."),
		held:      desc("held_records", "Records held in memory."),
		heldBytes: desc("held_bytes", "Memory of the records held, in bytes."),
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(m, m.requests)
	m.handler = promhttp.HandlerFor(reg, promhttp.HandlerOpts{DisableCompression: true})
	return m
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.lines, m.bytes, m.newest, m.held, m.heldBytes} {
		to <- d
	}
}

// Collect implements prometheus.Collector. All values come from one View, so they
// agree with each other; except the input bytes, which are counted before their
// records are pushed and so may be ahead.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	v := m.o.Records.View()
	count := func(d *prometheus.Desc, n float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, n, labels...)
	}
	gauge := func(d *prometheus.Desc, n float64) { to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, n) }
	count(m.lines, float64(v.Kept), "kept")
	count(m.lines, float64(v.Bad), "bad")
	count(m.lines, float64(v.TooLarge), "too_large")
	if m.o.Passed != nil {
		count(m.bytes, float64(m.o.Passed()))
	}
	if v.Timed {
		gauge(m.newest, float64(v.Newest.Sec)+float64(v.Newest.Nsec)/1e9)
	}
	gauge(m.held, float64(v.Held))
	gauge(m.heldBytes, float64(v.Bytes))
}

// count counts a request. pattern is the mux's, "GET /data", or empty if no
// endpoint matched.
func (m *metrics) count(pattern string, code int) {
	_, path, ok := strings.Cut(pattern, " ")
	if !ok {
		path = "none"
	}
	m.requests.WithLabelValues(path, strconv.Itoa(code)).Inc()
}
