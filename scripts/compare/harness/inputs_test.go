package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// TestInputs: generated lines are the same every time, in order of time, and of the
// length that the report gives.
func TestInputs(t *testing.T) {
	for _, c := range []struct {
		name   string
		make   func() generator
		layout string
		size   [2]int // of a line, on average
		fields []string
	}{
		{"events", func() generator { return newEvents(10) }, "2006-01-02 15:04:05.000000", [2]int{226, 230}, []string{"duration", "nr_words"}},
		{"telemetry", func() generator { return newTelemetry() }, time.RFC3339, [2]int{103, 106}, []string{"temperature", "speed"}},
	} {
		const lines = 5000
		var a, b bytes.Buffer
		if err := generate(&a, c.make(), lines); err != nil {
			t.Fatal(err)
		}
		if err := generate(&b, c.make(), lines); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: two runs differ", c.name)
		}
		size := a.Len() / lines
		if size < c.size[0] || size > c.size[1] {
			t.Errorf("%s: %d bytes a line", c.name, size)
		}
		var last time.Time
		seen := 0
		for line := range bytes.Lines(a.Bytes()) {
			var record map[string]any
			if err := json.Unmarshal(line, &record); err != nil {
				t.Fatalf("%s: %v: %s", c.name, err, line)
			}
			text, _ := record["timestamp"].(string)
			at, err := time.Parse(c.layout, text)
			if err != nil || at.Before(last) {
				t.Fatalf("%s: after %v: %s", c.name, last, line)
			}
			last = at
			for _, f := range c.fields {
				if _, ok := record[f].(float64); !ok {
					t.Fatalf("%s: no number %s: %s", c.name, f, line)
				}
			}
			seen++
		}
		if seen != lines {
			t.Errorf("%s: %d lines, want %d", c.name, seen, lines)
		}
	}
}
