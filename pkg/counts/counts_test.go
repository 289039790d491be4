package counts

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"weir/pkg/pipe"
	"weir/pkg/stamp"
)

// example is a run that has something under each heading.
func example() *Account {
	began := time.Date(2024, 5, 6, 8, 0, 0, 123456789, time.UTC)
	return &Account{
		Command: "mavg", Version: "v1.2.3", Started: began, Ended: began.Add(1500 * time.Millisecond), ExitCode: 1,
		Ledger: &pipe.Ledger{Read: 15, Used: 1, Late: 2, NoReading: 3, Filtered: 4, Rejected: 5, Printed: 6, Unhandled: 7},
		Details: pipe.Details{
			Inputs:   []pipe.InputCount{{Name: "a", Bytes: 100, Lines: 9}, {Name: "b\"\xff", Bytes: 50, Lines: 7}},
			Rejected: map[string]int64{"not a number": 4, "no object": 1},
			Newest:   stamp.Time{Sec: 1714982400, Nsec: 500_000_000}, HasNewest: true,
		},
		StateFile: "s", Generation: 8,
	}
}

// TestAppendJSON: the report is one line of JSON, with a member for all that is known.
func TestAppendJSON(t *testing.T) {
	t.Parallel()
	got := string(example().AppendJSON(nil))
	want := `{"command":"mavg","version":"v1.2.3","started":"2024-05-06T08:00:00.123456Z","ended":"2024-05-06T08:00:01.623456Z","duration_seconds":1.500000,"exit_code":1,"error":null,` +
		`"inputs":[{"name":"a","bytes":100,"lines":9},{"name":"b\"` + "\ufffd" + `","bytes":50,"lines":7}],` +
		`"records":{"read":15,"used":1,"late":2,"without_reading":3,"filtered_out":4,"rejected":5},"rejected":{"no object":1,"not a number":4},"unhandled":7,"printed":6,` +
		`"newest_event":"2024-05-06T08:00:00.5Z","state":{"file":"s","generation":8}}` + "\n"
	if got != want || !json.Valid([]byte(got)) {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	failed := Account{Command: "mavg", Error: `x: "no"`}
	got = string(failed.AppendJSON(nil))
	want = `"exit_code":0,"error":"x: \"no\"","inputs":[],"records":null,"rejected":null,"unhandled":null,"printed":null,"newest_event":null,"state":null}` + "\n"
	if !strings.HasSuffix(got, want) || !json.Valid([]byte(got)) {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestAppendMetrics: the metrics pass promtool's lint, have the labels that tell files apart,
// and read back as they were.
func TestAppendMetrics(t *testing.T) {
	t.Parallel()
	const task = "a\\\"\nb"
	for _, r := range []*Account{example(), {Command: "mavg", ExitCode: 2}} {
		text := string(r.AppendMetrics(nil, task))
		problems, err := promlint.New(strings.NewReader(text)).Lint()
		if err != nil || len(problems) > 0 {
			t.Fatalf("%v, %v in\n%s", problems, err, text)
		}
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for name, f := range families {
			for _, m := range f.GetMetric() {
				labels := map[string]string{}
				for _, l := range m.GetLabel() {
					labels[l.GetName()] = l.GetValue()
				}
				if labels["command"] != "mavg" || labels["task"] != task || m.TimestampMs != nil {
					t.Errorf("%s: %v", name, m)
				}
				if name == "weir_last_run_records" {
					sum += m.GetGauge().GetValue()
				}
			}
		}
		if r.Ledger == nil {
			if families["weir_last_run_records"] != nil || families["weir_last_run_exit_code"].GetMetric()[0].GetGauge().GetValue() != 2 {
				t.Errorf("of a run that did not begin:\n%s", text)
			}
			continue
		}
		for name, want := range map[string]float64{
			"start_timestamp_seconds": 1714982400.123, "end_timestamp_seconds": 1714982401.623, "duration_seconds": 1.5, "exit_code": 1,
			"unhandled_records": 7, "printed_lines": 6, "input_files": 2, "input_bytes": 150, "input_lines": 16,
			"newest_event_timestamp_seconds": 1714982400.5, "state_generation": 8, "info": 1,
		} {
			f := families["weir_last_run_"+name]
			if len(f.GetMetric()) != 1 || f.GetMetric()[0].GetGauge().GetValue() != want {
				t.Errorf("%s: %v, want %v", name, f, want)
			}
		}
		if sum != 15 {
			t.Errorf("the records add up to %v, want 15", sum)
		}
	}
}
