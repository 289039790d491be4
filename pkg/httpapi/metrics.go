package httpapi

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"weir/pkg/httpapi/internal/reply"
)

// counters are what GET /metrics answers. The library counts and keeps the
// histograms; exposition writes the text.
//
// The values of all labels but those of statusd_reading come from lists in this
// program, never from a client or a record. statusd_reading is limited to
// maxReadings. So the number of time series is bounded.
type counters struct {
	o         Options
	requests  *metrics.Set // statusd_http_requests_total, one counter for each path and code
	durations *metrics.Set // statusd_http_request_duration_seconds, one histogram for each path
	open      atomic.Int64 // open connections
	store     *watchedStore
}

func newCounters(o Options, store *watchedStore) *counters {
	return &counters{o: o, store: store, requests: metrics.NewSet(), durations: metrics.NewSet()}
}

// processStart is the time of the start of the process, to some milliseconds.
var processStart = time.Now()

// getMetrics answers GET /metrics with 200 and the metrics below, in Prometheus' text
// format 0.0.4. It has no parameters.
//
//	process_start_time_seconds                   start of the process, in seconds since the Unix epoch
//	statusd_build_info{goversion,version}        1
//	statusd_emitted_changes_total{result}        status changes for standard output: written, or lost; absent without --emit-status
//	statusd_event_clients                        clients of /events; absent if that is not served
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
// Then come those of writeReadings.
//
// The counts of records come from one View, so they agree with each other; the
// input bytes are counted before their records are pushed, and so may be ahead.
func (h *Handler) getMetrics(w http.ResponseWriter, _ *http.Request) *reply.Problem {
	c := h.counters
	v := c.o.Records.View()
	var e exposition
	e.family("process_start_time_seconds", "gauge", "Start of the process, in seconds since the Unix epoch.")
	e.sample("process_start_time_seconds", float64(processStart.UnixMilli())/1e3)
	e.family("statusd_build_info", "gauge", "Always 1. The labels are the versions of statusd and of Go.")
	e.sample("statusd_build_info", 1, "goversion", runtime.Version(), "version", buildVersion())
	stream := c.o.Stream
	if stream != nil && stream.Emitter != nil {
		written, lost := stream.Emitter.Counts()
		e.family("statusd_emitted_changes_total", "counter", "Status changes for standard output (--emit-status): written, or lost.")
		e.sample("statusd_emitted_changes_total", float64(lost), "result", "lost")
		e.sample("statusd_emitted_changes_total", float64(written), "result", "written")
	}
	e.family("statusd_event_clients", "gauge", "Clients that receive server-sent events.")
	e.sample("statusd_event_clients", float64(c.o.Events.Clients()))
	e.family("statusd_held_bytes", "gauge", "Memory of the records held, in bytes.")
	e.sample("statusd_held_bytes", float64(v.Bytes))
	e.family("statusd_held_records", "gauge", "Records held in memory.")
	e.sample("statusd_held_records", float64(v.Held))
	e.family("statusd_http_connections", "gauge", "Open HTTP connections.")
	e.sample("statusd_http_connections", float64(c.open.Load()))
	e.family("statusd_http_request_duration_seconds", "histogram", "Time from the headers of a request to the end of its answer, in seconds; without /events and /data?follow=1.")
	c.durations.WritePrometheus(&e)
	e.family("statusd_http_requests_total", "counter", "Requests answered, by status code and path.")
	c.requests.WritePrometheus(&e)
	if stream != nil {
		e.family("statusd_input_bytes_total", "counter", "Input bytes read, as they are before decompression.")
		e.sample("statusd_input_bytes_total", float64(stream.Passed()))
	}
	e.family("statusd_lines_total", "counter", "Input lines: kept as records, bad, or valid but too large to keep.")
	e.sample("statusd_lines_total", float64(v.Bad), "kind", "bad")
	e.sample("statusd_lines_total", float64(v.Kept), "kind", "kept")
	e.sample("statusd_lines_total", float64(v.TooLarge), "kind", "too_large")
	if v.Timed {
		e.family("statusd_newest_event_timestamp_seconds", "gauge", "Largest timestamp of a record, in seconds since the Unix epoch.")
		e.sample("statusd_newest_event_timestamp_seconds", float64(v.Newest.Sec)+float64(v.Newest.Nsec)/1e9)
	}
	statuses, err := c.store.All()
	if err == nil {
		e.family("statusd_status_changes_total", "counter", "Number of the newest status change; with --store it continues after a restart.")
		e.sample("statusd_status_changes_total", float64(statuses.Seq))
	}
	e.family("statusd_status_store_failures_total", "counter", "Failures of the store of the statuses, by operation.")
	c.store.failures.WritePrometheus(&e)
	writeReadings(&e, c.o.Records)
	return send(w, "text/plain; version=0.0.4; charset=utf-8", e.Bytes())
}

// buildVersion returns the version of the module that statusd was built from, "(devel)"
// in a clone.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// count counts a request that was received at began and has been answered by a. pattern is
// the mux's, "GET /data", or empty if no endpoint matched. How long an endless answer has
// taken says nothing about the server, so it is not counted.
func (c *counters) count(pattern string, a *answer, began time.Time) {
	_, path, ok := strings.Cut(pattern, " ")
	if !ok {
		path = "none"
	}
	c.requests.GetOrCreateCounter(fmt.Sprintf("statusd_http_requests_total{code=\"%d\",path=%q}", a.code, path)).Inc()
	if a.endless {
		return
	}
	c.durations.GetOrCreatePrometheusHistogram(fmt.Sprintf("statusd_http_request_duration_seconds{path=%q}", path)).UpdateDuration(began)
}

// connection counts the open connections by their changes of state, of which
// net/http reports the first and the last once each.
func (c *counters) connection(state http.ConnState) {
	switch state {
	case http.StateNew:
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.open.Add(-1)
	}
}
