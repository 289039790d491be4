package exposition

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"weir/pkg/batch"
	"weir/pkg/events"
	"weir/pkg/httpapi/internal/health"
	"weir/pkg/ndjson"
	"weir/pkg/recent"
	"weir/pkg/status"
	"weir/pkg/tee"
	"weir/pkg/tee/teetest"
)

// newMetrics returns Metrics of a server with the records of text, and without a stream.
func newMetrics(t *testing.T, text string) *Metrics {
	t.Helper()
	records := recent.New(recent.Options{Keep: 1000, Bytes: 1 << 26, Machine: batch.Path{"machine"}, Time: batch.Path{"timestamp"}})
	in := ndjson.NewRecords(records.Plan(), ndjson.Options{})
	in.Reset(strings.NewReader(text), "-")
	for {
		r, err := in.Next()
		var bad *batch.LineError
		switch {
		case err == nil:
			records.Push(r)
			continue
		case errors.As(err, &bad):
			records.Bad()
			continue
		case err != io.EOF:
			t.Fatal(err)
		}
		records.Publish()
		statuses := health.Watch(status.NewMemory(status.Options{Words: []string{"IDLE"}}), time.Now)
		return New(Sources{Records: records, Statuses: statuses, Events: events.New(events.Options{Records: records})})
	}
}

// checkFormat checks that text is Prometheus' text format, by promtool's lint:
// names, units, types and help texts.
func checkFormat(t *testing.T, text string) {
	t.Helper()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	if err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
}

// TestText: the text has what the sources say, in Prometheus' text format.
func TestText(t *testing.T) {
	t.Parallel()
	emitter, err := tee.NewEmitter(batch.Path{"timestamp"}, batch.Path{"machine"}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	m := newMetrics(t, `{"timestamp":"2024-05-06T08:00:20Z","machine":"m1","x":1}
nonsense
`)
	checkFormat(t, string(m.Text()))
	p := teetest.New(t, &tee.Stream{Records: m.sources.Records, Emitter: emitter})
	defer p.Close()
	for n := range uint64(7) {
		emitter.Change(status.Change{Seq: n + 1, Word: "IDLE"})
	}
	_, err = p.Copy([]byte(strings.Repeat("\n", 191)), 100)
	if err != nil {
		t.Fatal(err)
	}
	m.sources.Stream = p.Stream
	m.Answered("GET /data", 200, false, time.Now())
	m.Answered("GET /data", 200, true, time.Now())
	m.Answered("", 404, false, time.Now())
	_, err = m.sources.Statuses.Set(status.Request{Word: "IDLE"})
	if err != nil {
		t.Fatal(err)
	}
	text := string(m.Text())
	checkFormat(t, text)
	for _, want := range []string{
		`statusd_lines_total{kind="kept"} 1`, `statusd_lines_total{kind="bad"} 1`, `statusd_lines_total{kind="too_large"} 0`,
		`statusd_emitted_changes_total{result="written"} 7`, `statusd_emitted_changes_total{result="lost"} 0`, `statusd_input_bytes_total 191`,
		`statusd_newest_event_timestamp_seconds 1714982420`, `statusd_held_records 1`, `statusd_status_changes_total 1`,
		`statusd_http_requests_total{code="200",path="/data"} 2`, `statusd_http_request_duration_seconds_count{path="/data"} 1`,
		`statusd_http_requests_total{code="404",path="none"} 1`, `statusd_status_store_failures_total{operation="set"} 0`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}
