package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// truthLine is a line of truth.
type truthLine struct {
	Fault, Machine, Timestamp string
	Client                    string `json:"client_name"`
	Line                      int
	To                        string
	ToLine                    int `json:"to_line"`
	Readings                  int64
	Field                     string
	Value, Clean              any
}

// truths parses the lines of truth.
func truths(tb rapid.TB, text []byte) (list []truthLine) {
	for line := range strings.Lines(string(text)) {
		var one truthLine
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		d.DisallowUnknownFields()
		if err := d.Decode(&one); err != nil || (one.Machine == "") == (one.Client == "") {
			tb.Fatalf("%v in the truth %q", err, line)
		}
		list = append(list, one)
	}
	return list
}

// fieldNumber returns the number that is the value of field, which is line[from:to].
func fieldNumber(tb rapid.TB, line, field string) (text string, from, to int) {
	from = strings.Index(line, `"`+field+`":`)
	if from < 0 {
		tb.Fatalf("no %s in %q", field, line)
	}
	from += len(field) + len(`"":`)
	for line[from] == ' ' {
		from++
	}
	to = from + strings.IndexAny(line[from:], ",}")
	return line[from:to], from, to
}

// scaled returns a number in units of its last decimal.
func scaled(tb rapid.TB, number string) (n int64) {
	n, err := strconv.ParseInt(strings.Replace(number, ".", "", 1), 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// good reports whether line is valid.
func good(line string) bool { return json.Valid([]byte(line)) && utf8.ValidString(line) }

// of reports whether line is one of the unit. No name is a prefix of another with its quotes.
func (o truthLine) of(line string) bool {
	return strings.Contains(line, `"machine":"`+o.Machine+`"`) && o.Machine != "" ||
		strings.Contains(line, `"client_name": "`+o.Client+`"`) && o.Client != ""
}

// at reports whether line is the one of the unit with that timestamp.
func (o truthLine) at(line, timestamp string) bool {
	return o.of(line) && (strings.Contains(line, `"timestamp":"`+timestamp+`"`) || strings.Contains(line, `"timestamp": "`+timestamp+`"`))
}

// TestTruth: for all options, the output with faults is the output without them, except for
// exactly what the truth says.
func TestTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := drawOptions(t)
		o.Start = morning()
		o.Interval = max(o.Interval, time.Millisecond) // timestamps of events have microseconds
		clean := run(t, o)
		o.Faults = rapid.SliceOfN(rapid.SampledFrom([]Fault{Spike, Drift, Stuck, Late, BadLine}), 1, 5).Draw(t, "faults")
		o.Gap = rapid.IntRange(1, 60).Draw(t, "gap")
		var truth bytes.Buffer
		o.Truth = &truth
		made := run(t, o)
		list := truths(t, truth.Bytes())
		if len(made) != len(clean) {
			t.Fatalf("%d lines, want %d", len(made), len(clean))
		}
		late := map[int]truthLine{} // by line
		for _, one := range list {
			if one.Fault == "late" {
				late[one.Line] = one
			}
			f, err := ParseFault(one.Fault)
			if err != nil || !slices.Contains(o.Faults, f) {
				t.Fatalf("%s was not requested", one.Fault)
			}
		}
		onTime := lateLines(t, clean, made, late)
		repaired := slices.Clone(made)
		for _, one := range list {
			undoFault(t, one, repaired, onTime)
		}
		for i := range made {
			if repaired[i] != onTime[i] {
				t.Fatalf("line %d is %swant %s\n%s", i+1, made[i], onTime[i], &truth)
			}
		}
	})
}

// TestEveryFaultOccurs: with all faults requested, each of them and each form of a
// bad line is injected before long, and the truth names it.
func TestEveryFaultOccurs(t *testing.T) {
	t.Parallel()
	var truth bytes.Buffer
	run(t, Options{
		Like: Machines, Units: 3, Seed: 1, Start: morning(), Interval: 10 * time.Second, Count: 5000,
		Faults: []Fault{Spike, Drift, Stuck, Late, BadLine}, Gap: 10, Truth: &truth,
	})
	seen := map[string]bool{}
	for _, one := range truths(t, truth.Bytes()) {
		seen[one.Fault] = true
		if one.Fault == "badline" {
			seen[one.Value.(string)] = true
		}
	}
	want := []string{"badline", "comma", "control", "cut", "drift", "late", "letter", "nan", "quote", "spike", "stuck", "utf8"}
	got := slices.Sorted(maps.Keys(seen))
	if !slices.Equal(got, want) {
		t.Errorf("injected were %v, want all of %v", got, want)
	}
}
