package exposition

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// readings returns the samples of statusd_reading, as MACHINE FIELD: VALUE, and
// statusd_reading_machines_omitted, as Prometheus' own parser reads them.
func readings(t *testing.T, text string) (samples map[string]float64, omitted float64) {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	samples = map[string]float64{}
	for _, m := range families["statusd_reading"].GetMetric() {
		labels := map[string]string{}
		for _, l := range m.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		name := labels["machine"] + " " + labels["field"]
		if _, ok := samples[name]; ok {
			t.Errorf("%s is there twice", name)
		}
		samples[name] = m.GetGauge().GetValue()
	}
	return samples, families["statusd_reading_machines_omitted"].GetMetric()[0].GetGauge().GetValue()
}

// TestReadings: the text has the numbers of the newest record of each machine, also
// nested ones, but not the time, and neither null nor what no float64 can hold. Names
// are escaped. Without machines, it has those of the newest record.
func TestReadings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]float64{
		"": {},
		`{"timestamp":1714982400,"machine":"m1","x":1,"y":5}
{"timestamp":1714982401,"machine":"m1","x":-2.5e1,"averages":{"x":7,"list":[ 1 , [2], {"a.b":3} ]},"y":null,"z":1e999,"text":"8"}
{"machine":7,"x":1,"x":2}
{"x":9}`: {
			"m1 x": -25, "m1 averages.x": 7, "m1 averages.list.0": 1, "m1 averages.list.1.0": 2, "m1 averages.list.2.a\\.b": 3, "7 x": 2,
		},
		`{"machine":"a\"b\\c ä","say \"hi\"\n{}":3}`: {`a"b\c ä say "hi"` + "\n{}": 3},
		"{\"x\":1}\n{\"x\":2,\"\":3}":                {" x": 2, " ": 3},
	} {
		shown := string(newMetrics(t, text).Text())
		checkFormat(t, shown)
		got, omitted := readings(t, shown)
		if !maps.Equal(got, want) || omitted != 0 {
			t.Errorf("%s: %v, want %v; %v omitted", text, got, want, omitted)
		}
	}
}

// TestReadingsAreBounded: of too many readings, those of the first machines are there,
// and the others are counted; a very long record is not searched.
func TestReadingsAreBounded(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for m := range 100 {
		fmt.Fprintf(&text, `{"machine":"m%02d"`, m)
		for f := range 15 {
			fmt.Fprintf(&text, `,"f%d":%d`, f, m)
		}
		text.WriteString("}\n")
	}
	fmt.Fprintf(&text, `{"machine":"a","x":1,"y":"%s"}`, strings.Repeat("y", maxReadingRecord))
	got, omitted := readings(t, string(newMetrics(t, text.String()).Text()))
	names := slices.Sorted(maps.Keys(got))
	if len(got) != maxReadings || !strings.HasPrefix(names[len(names)-1], "m66 ") || omitted != 101-66 {
		t.Errorf("%d readings to %s, %v machines omitted", len(got), names[len(names)-1], omitted)
	}
}
