package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMeasure: peers with the right answer get figures, also those that are measured
// on a tenth of the lines; those with another answer, or that fail, get a reason. The
// text around the report stays.
func TestMeasure(t *testing.T) {
	t.Parallel()
	cases, err := parse(`# comment
case copy telemetry 40: lines as they are
weir | cat FILE
same | cat FILE | cat
~ slow | sed 's/:/: /' FILE
- silent | wc -l FILE
other | sed 's/m1/m2/' FILE
gone | echo 'no|such program' >&2; exit 3
% near | sed 's/"temperature":69.7/"temperature":69.9/' FILE
`)
	if err != nil || len(cases) != 1 || len(cases[0].Rows) != 7 {
		t.Fatal(cases, err)
	}
	dir := t.TempDir()
	readme := filepath.Join(dir, "README.md")
	if err := os.WriteFile(readme, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time, inputs and report exist
		if err := cases[0].measure(dir, 2); err != nil {
			t.Fatal(err)
		}
		if err := cases[0].save(dir); err != nil {
			t.Fatal(err)
		}
		report, err := reportOf(cases, dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := fill(readme, report); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	if !strings.HasPrefix(got, "before\n"+begin) || !strings.HasSuffix(got, end+"after\n") || strings.Contains(got, "old\n") {
		t.Errorf("the text around the report has changed, or the old report is still there:\n%s", got)
	}
	for _, part := range []string{
		"| weir | ", "| same bytes | `cat FILE \\| cat` |", "| slow (a tenth, times 10) | ", "| same values | `sed",
		"| other | – | – | – | – | – | another answer: line 1: .machine is m2, not m1 |",
		"| gone | – | – | – | – | – | exit status 3: no\\|such program |",
		"| near | ", "| off by 3e-03 at most |", "| – | `wc -l FILE` |",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
	samples, err := os.ReadFile(filepath.Join(dir, "copy.txt"))
	if err != nil || strings.Count(string(samples), "Benchmarkcopy/program=slow 1 ") != 4 {
		t.Errorf("%s\n%v", samples, err)
	}
}

// TestParse: a file of cases that cannot be understood is an error with its line.
func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"case a events: t":              "cases:1: want case",
		"weir | cat":                    "cases:1: want PROGRAM | COMMAND",
		"\ncase a events 1: t\nno pipe": "cases:3: want PROGRAM | COMMAND",
	} {
		_, err := parse(text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	text, err := os.ReadFile("../cases")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := parse(string(text))
	if err != nil || len(cases) < 20 {
		t.Errorf("%d cases, %v", len(cases), err)
	}
}
