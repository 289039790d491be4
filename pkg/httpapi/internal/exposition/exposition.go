// Package exposition counts what a server does, and writes all metrics of statusd in
// Prometheus' text format 0.0.4.
//
// Package httpapi serves its text at /metrics. It imports health, tee, events and recent, which
// it asks; and it alone imports the metrics library, which counts and keeps the histograms.
package exposition

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"weir/pkg/build"
	"weir/pkg/events"
	"weir/pkg/httpapi/internal/health"
	"weir/pkg/recent"
	"weir/pkg/tee"
)

// Type is the media type of the text format.
const Type = "text/plain; version=0.0.4; charset=utf-8"

// Sources are what is asked for each text. All but Stream are required.
type Sources struct {
	Records  *recent.Records
	Statuses *health.Statuses
	Events   *events.Hub
	Stream   *tee.Stream // nil: how much it has read and emitted is not in the text
}

// Metrics is all metrics of a server. Any goroutine may call its methods.
//
// The values of all labels but those of statusd_reading come from lists in this
// program, never from a client or a record. statusd_reading is limited to
// maxReadings. So the number of time series is bounded.
type Metrics struct {
	sources     Sources
	requests    *metrics.Set // statusd_http_requests_total, one counter for each path and code
	durations   *metrics.Set // statusd_http_request_duration_seconds, one histogram for each path
	connections atomic.Int64 // open connections
}

// New returns Metrics of a server that has done nothing yet.
func New(s Sources) *Metrics {
	return &Metrics{sources: s, requests: metrics.NewSet(), durations: metrics.NewSet()}
}

// processStart is the time of the start of the process, to some milliseconds.
var processStart = time.Now()

// Text returns the metrics below, and then those of writeReadings:
//
//	process_start_time_seconds                   start of the process, in seconds since the Unix epoch
//	statusd_build_info{goversion,version}        1
//	statusd_emitted_changes_total{result}        status changes for standard output: written, or lost; absent without --emit-status
//	statusd_event_clients                        clients of /events
//	statusd_held_bytes                           memory of the records held, in bytes
//	statusd_held_records                         records held in memory
//	statusd_http_connections                     open connections
//	statusd_http_request_duration_seconds{path}  histogram of the time from the headers of a request to the end of its answer; without /events and /data?follow=1
//	statusd_http_requests_total{code,path}       requests answered; the path is none if it is unknown or does not support the method
//	statusd_input_bytes_total                    input bytes read
//	statusd_lines_total{kind}                    input lines: kept as records, bad, or valid but too large to keep
//	statusd_newest_event_timestamp_seconds       largest timestamp of a record, in seconds since the Unix epoch; absent without one
//	statusd_status_changes_total                 number of the newest status change; with a durable store it continues after a restart
//	statusd_status_store_failures_total{operation} failures of the store of the statuses
//
// The counts of records come from one View, so they agree with each other; the
// input bytes are counted before their records are pushed, and so may be ahead.
func (m *Metrics) Text() []byte {
	var w writer
	v := m.sources.Records.View()
	w.metric("process_start_time_seconds", "gauge", "Start of the process, in seconds since the Unix epoch.", float64(processStart.UnixMilli())/1e3)
	w.metric("statusd_build_info", "gauge", "Always 1. The labels are the versions of statusd and of Go.", 1, "goversion", runtime.Version(), "version", build.ModuleVersion())
	stream := m.sources.Stream
	if stream != nil && stream.Emitter != nil {
		written, lost := stream.Emitter.Counts()
		w.metric("statusd_emitted_changes_total", "counter", "Status changes for standard output (--emit-status): written, or lost.", float64(lost), "result", "lost")
		w.sample("statusd_emitted_changes_total", float64(written), "result", "written")
	}
	w.metric("statusd_event_clients", "gauge", "Clients that receive server-sent events.", float64(m.sources.Events.Clients()))
	w.metric("statusd_held_bytes", "gauge", "Memory of the records held, in bytes.", float64(v.Bytes))
	w.metric("statusd_held_records", "gauge", "Records held in memory.", float64(v.Held))
	m.writeHTTP(&w)
	if stream != nil {
		w.metric("statusd_input_bytes_total", "counter", "Input bytes read, as they are before decompression.", float64(stream.Passed()))
	}
	w.metric("statusd_lines_total", "counter", "Input lines: kept as records, bad, or valid but too large to keep.", float64(v.Bad), "kind", "bad")
	w.sample("statusd_lines_total", float64(v.Kept), "kind", "kept")
	w.sample("statusd_lines_total", float64(v.TooLarge), "kind", "too_large")
	if v.Timed {
		w.metric("statusd_newest_event_timestamp_seconds", "gauge", "Largest timestamp of a record, in seconds since the Unix epoch.", float64(v.Newest.Sec)+float64(v.Newest.Nsec)/1e9)
	}
	m.writeStatuses(&w)
	writeReadings(&w, m.sources.Records)
	return w.Bytes()
}

// writeHTTP writes what is known of connections and requests.
func (m *Metrics) writeHTTP(w *writer) {
	w.metric("statusd_http_connections", "gauge", "Open HTTP connections.", float64(m.Connections()))
	w.family("statusd_http_request_duration_seconds", "histogram", "Time from the headers of a request to the end of its answer, in seconds; without /events and /data?follow=1.")
	m.durations.WritePrometheus(w)
	w.family("statusd_http_requests_total", "counter", "Requests answered, by status code and path.")
	m.requests.WritePrometheus(w)
}

// writeStatuses writes what is known of the store of the statuses.
func (m *Metrics) writeStatuses(w *writer) {
	statuses, err := m.sources.Statuses.All()
	if err == nil {
		w.metric("statusd_status_changes_total", "counter", "Number of the newest status change; with --store it continues after a restart.", float64(statuses.Seq))
	}
	all, history, sets := m.sources.Statuses.Failures()
	w.metric("statusd_status_store_failures_total", "counter", "Failures of the store of the statuses, by operation.", float64(all), "operation", "all")
	w.sample("statusd_status_store_failures_total", float64(history), "operation", "history")
	w.sample("statusd_status_store_failures_total", float64(sets), "operation", "set")
}

// Answered counts a request that was received at began and has been answered with a status
// code. pattern is the mux's, "GET /data", or empty if no endpoint matched. How long an endless
// answer has taken says nothing about the server, so it is not counted.
func (m *Metrics) Answered(pattern string, code int, endless bool, began time.Time) {
	_, path, ok := strings.Cut(pattern, " ")
	if !ok {
		path = "none"
	}
	m.requests.GetOrCreateCounter(fmt.Sprintf("statusd_http_requests_total{code=\"%d\",path=%q}", code, path)).Inc()
	if endless {
		return
	}
	m.durations.GetOrCreatePrometheusHistogram(fmt.Sprintf("statusd_http_request_duration_seconds{path=%q}", path)).UpdateDuration(began)
}

// Connections returns the number of open connections.
func (m *Metrics) Connections() int64 { return m.connections.Load() }

// Connection counts the open connections by their changes of state, of which
// net/http reports the first and the last once each.
func (m *Metrics) Connection(state http.ConnState) {
	switch state {
	case http.StateNew:
		m.connections.Add(1)
	case http.StateClosed, http.StateHijacked:
		m.connections.Add(-1)
	}
}
