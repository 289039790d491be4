package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what Prometheus is shown. Labels come from lists of our own, never
// from a client or a record.
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
			Name: "statusd_http_requests_total", Help: "Requests answered, by path and code; a path that is not there is none.",
		}, []string{"path", "code"}),
		lines:     desc("lines_total", "Lines of the input: kept as records, bad, or good but too large to keep.", "kind"),
		bytes:     desc("input_bytes_total", "Bytes of the input."),
		newest:    desc("newest_event_timestamp_seconds", "The largest timestamp of a record, in seconds since the Unix epoch."),
		held:      desc("held_records", "Records that can be asked for."),
		heldBytes: desc("held_bytes", "Memory that these records take."),
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

// Collect implements prometheus.Collector. All of it is of one moment, the bytes
// aside, which have gone on before they were looked at.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	v := m.o.Board.View()
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

// count counts an answer; pattern is the mux's, "GET /data".
func (m *metrics) count(pattern string, code int) {
	_, path, ok := strings.Cut(pattern, " ")
	if !ok {
		path = "none"
	}
	m.requests.WithLabelValues(path, strconv.Itoa(code)).Inc()
}
