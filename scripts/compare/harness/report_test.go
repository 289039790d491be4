package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample returns results in which a peer failed, another was scaled and a third has
// no answer.
func sample() Results {
	return Results{Cases: map[string]Table{"winavg": {Lines: 1000, Bytes: whole, Rounds: 3, Rows: []Row{
		{Name: "winavg -j 1", Command: "winavg FILE", Ours: true, CPU: 0.5, Wall: 0.6, Scale: 1, Peak: 9000, Answer: "same bytes"},
		{Name: "wc -l", Command: "wc -l FILE", Mute: true, CPU: 0.125, Wall: 0.2, Scale: 1, Peak: 1800},
		{Name: "jq", Command: "jq a|b", CPU: 50, Wall: 50, Scale: 10, Peak: 3000, Answer: "same values", Note: "slow"},
		{Name: "<gone>", Command: "gone", Scale: 1, Failed: "not found"},
	}}}}
}

// TestReport: every peer has a row, also one that failed, and the text around the
// report stays.
func TestReport(t *testing.T) {
	name := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(name, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second run finds what the first wrote
		if err := writeReport(name, sample()); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	if !strings.HasPrefix(got, "before\n"+begin) || !strings.HasSuffix(got, end+"after\n") || strings.Contains(got, "old") {
		t.Errorf("the text around the report has changed, or the old report is still there:\n%s", got)
	}
	for _, line := range []string{
		"| **winavg -j 1** | 0.500 ±0 % | 1.0 | 0.600 | 9.2 | same bytes | `winavg FILE` |",
		"| wc -l | 0.125 ±0 % | 0.25 | 0.200 | 1.8 | – | `wc -l FILE` |",
		`| jq <sup>1</sup> <sup>2</sup> | 50.0 ±0 % | 100 | 50.0 | 3.1 | same values | ` + "`jq a\\|b` |",
		"| <gone> | – | – | – | – | not found | `gone` |",
		"<sup>1</sup> slow · <sup>2</sup> measured on the first tenth",
		"| winavg CPU / `wc -l` CPU | 4 | 4 | met |",
		"| winavg CPU / jq | 0.01 | 0.0125 | met |",
		"| winavg CPU / DuckDB | – | 0.333 | not measured |",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("no %q in\n%s", line, got)
		}
	}
	if err := writeReport(filepath.Join(t.TempDir(), "new.md"), sample()); err != nil {
		t.Error(err)
	}
	os.WriteFile(name, []byte("nothing to fill in"), 0o644)
	if err := writeReport(name, sample()); err == nil {
		t.Error("a README without the marks was overwritten")
	}
}

// TestPlot: the plot is well-formed XML with a bar for each peer that has numbers.
func TestPlot(t *testing.T) {
	chart := plot(sample())
	d := xml.NewDecoder(bytes.NewReader(chart))
	bars := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, chart)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			bars++
		}
	}
	if bars != 3 {
		t.Errorf("%d bars for 3 peers with numbers:\n%s", bars, chart)
	}
	s := newScale(0.125, 50)
	ten := s.x(10) - s.x(1)
	if ten <= 0 || ten-(s.x(1)-s.x(0.1)) > 1e-9 {
		t.Error("the scale is not logarithmic")
	}
}

// TestCells: numbers have the right digits, and text cannot break a table.
func TestCells(t *testing.T) {
	for _, c := range [][2]string{
		{seconds(0.0123), "0.012"},
		{seconds(1.234), "1.23"},
		{seconds(12.34), "12.3"},
		{seconds(123.4), "123"},
		{ratio(1, 3), "0.33"},
		{ratio(4, 3), "1.3"},
		{ratio(40, 3), "13"},
		{ratio(1, 0), "–"},
		{ratio(0, 0), "–"},
		{thousands(1), "1"},
		{thousands(4329004), "4,329,004"},
		{thousands(100000), "100,000"},
		{peak(0), "unknown (no GNU time)"},
		{peak(9000), "9.2"},
		{peak(100000), "102"},
		{cell("a|b\nc"), `a\|b c`},
		{quote("it's"), `'it'\''s'`},
		{bytesText(whole), "1 GB"},
		{bytesText(91100000), "91.1 MB"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
}

// TestMedianAndQuantile: medians, quantiles and the spread of a row are right.
func TestMedianAndQuantile(t *testing.T) {
	id := func(v float64) float64 { return v }
	m := median([]float64{3, 1, 2}, id)
	if m != 2 {
		t.Errorf("median %v", m)
	}
	m = median([]float64{4, 1, 2, 3}, id)
	if m != 2.5 {
		t.Errorf("median %v", m)
	}
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	p := quantile(hundred, 0.99)
	if p != 99 {
		t.Errorf("p99 %v", p)
	}
	r := Row{Scale: 10}
	r.sum([]Sample{{1, 2}, {1.1, 2}, {1.3, 5}})
	if r.CPU != 11 || r.Wall != 20 || r.Spread < 0.13 || r.Spread > 0.14 {
		t.Errorf("%+v", r)
	}
}
