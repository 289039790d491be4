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

// lateLines checks the late lines, and returns the clean ones in the order of the output.
func lateLines(t *rapid.T, clean, made []string, late map[int]truthLine) (inOrder []string) {
	moved := map[int]bool{} // by index in clean
	for n, one := range late {
		i := slices.Index(clean, made[n-1])
		if i < 0 || !one.at(made[n-1], one.Timestamp) {
			t.Fatalf("%+v is not what line %d says: %s", one, n, made[n-1])
		}
		moved[i] = true
	}
	rest := 0
	for n := 1; n <= len(made); n++ {
		if _, ok := late[n]; ok {
			inOrder = append(inOrder, made[n-1])
			continue
		}
		for moved[rest] {
			rest++
		}
		inOrder = append(inOrder, clean[rest])
		rest++
	}
	for n, one := range late {
		overtaken, i := int64(0), slices.Index(clean, made[n-1])
		for _, line := range inOrder[:n-1] {
			if one.of(line) && slices.Index(clean, line) > i {
				overtaken++
			}
		}
		by := scaled(t, one.Value.(json.Number).String())
		if by != overtaken || by < 1 || by > 30 {
			t.Fatalf("%+v has been overtaken %d times", one, overtaken)
		}
	}
	return inOrder
}

// undoFault removes a fault from the lines that it affects.
func undoFault(t *rapid.T, one truthLine, lines, clean []string) {
	at := one.Line - 1
	if !one.at(clean[at], one.Timestamp) {
		t.Fatalf("%+v is not about line %s", one, clean[at])
	}
	switch one.Fault {
	case "badline":
		if good(lines[at]) || strings.Count(lines[at], "\n") != 1 || len(lines[at]) < 2 {
			t.Fatalf("%+v: %q is valid", one, lines[at])
		}
		lines[at] = clean[at]
	case "spike":
		text, from, to := fieldNumber(t, lines[at], one.Field)
		was, _, _ := fieldNumber(t, clean[at], one.Field)
		if text != one.Value.(json.Number).String() || was != one.Clean.(json.Number).String() || scaled(t, text) < scaled(t, was)+100 {
			t.Fatalf("%+v is not %s", one, lines[at])
		}
		lines[at] = lines[at][:from] + was + lines[at][to:]
	case "drift", "stuck":
		value := one.Value.(json.Number).String()
		if one.Readings < 1 || one.Readings > 90 || !one.at(clean[one.ToLine-1], one.To) {
			t.Fatalf("%+v does not end in %s", one, clean[one.ToLine-1])
		}
		n := int64(0)
		for i := at; i < one.ToLine; i++ {
			if !one.of(clean[i]) {
				continue
			}
			n++
			text, from, to := fieldNumber(t, lines[i], one.Field)
			was, _, _ := fieldNumber(t, clean[i], one.Field)
			by := scaled(t, text) - scaled(t, was)
			switch {
			case one.Fault == "stuck" && text != value,
				one.Fault == "drift" && (by*one.Readings != scaled(t, value)*n || by < n || by > 4*n):
				t.Fatalf("%+v: reading %d is %s, was %s", one, n, text, was)
			}
			lines[i] = lines[i][:from] + was + lines[i][to:]
		}
		if n != one.Readings {
			t.Fatalf("%+v: %d readings", one, n)
		}
	}
}

// TestGap: the mean distance between faults is Options.Gap.
func TestGap(t *testing.T) {
	t.Parallel()
	for _, gap := range []int{0, 20} {
		s := New(Options{Units: 10, Interval: time.Second, Faults: []Fault{Spike, BadLine}, Gap: gap})
		const readings = 400_000
		var buf []byte
		for range readings {
			buf, _ = s.Append(buf[:0])
		}
		if gap == 0 {
			gap = 500
		}
		want := int64(readings / gap)
		if s.faults < want*9/10 || s.faults > want*11/10 {
			t.Errorf("%d faults, want about %d", s.faults, want)
		}
	}
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	for f := Spike; f <= BadLine; f++ {
		got, err := ParseFault(f.String())
		if got != f || err != nil {
			t.Errorf("%s: %v, %v", f, got, err)
		}
	}
	for _, s := range []string{"", "Spike", "spikes"} {
		_, err := ParseFault(s)
		if err == nil || !strings.Contains(err.Error(), "spike, drift, stuck, late, badline") {
			t.Errorf("%q: %v", s, err)
		}
	}
	_, err := ParseFault(" drift")
	if err == nil || err.Error() != `unknown fault " drift": write drift (no spaces after commas)` {
		t.Error(err)
	}
}

type failingWriter struct{}

var errBroken = errors.New("broken")

func (failingWriter) Write([]byte) (int, error) { return 0, errBroken }

// TestTruthWriteError: is returned.
func TestTruthWriteError(t *testing.T) {
	t.Parallel()
	s := New(Options{Units: 1, Interval: time.Second, Faults: []Fault{Spike}, Gap: 1, Truth: failingWriter{}})
	_, err := s.Append(nil)
	if !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
	s = New(Options{Units: 1, Interval: time.Second, Faults: []Fault{Drift}, Gap: 1, Truth: failingWriter{}})
	_, err = s.Append(nil)
	if err != nil {
		t.Errorf("%v", err)
	}
	_, err = s.Finish(nil)
	if !errors.Is(err, errBroken) || errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}
