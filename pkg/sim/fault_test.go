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

// told is a line of truth.
type told struct {
	Fault, Machine, Timestamp string
	Client                    string `json:"client_name"`
	Line                      int
	To                        string
	ToLine                    int `json:"to_line"`
	Readings                  int64
	Field                     string
	Value, Clean              any
}

func truths(tb rapid.TB, text []byte) (list []told) {
	for line := range strings.Lines(string(text)) {
		var one told
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

// number is the text of the field's value in a line, and where it stands.
func number(tb rapid.TB, line, field string) (text string, from, to int) {
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

// scaled is a number in units of its last decimal.
func scaled(tb rapid.TB, number string) (n int64) {
	n, err := strconv.ParseInt(strings.Replace(number, ".", "", 1), 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func good(line string) bool { return json.Valid([]byte(line)) && utf8.ValidString(line) }

// unitOf is what the line of a unit holds; no name is the beginning of another.
func (o told) of(line string) bool {
	return strings.Contains(line, `"machine":"`+o.Machine+`"`) && o.Machine != "" ||
		strings.Contains(line, `"client_name": "`+o.Client+`"`) && o.Client != ""
}

func (o told) at(line, timestamp string) bool {
	return o.of(line) && (strings.Contains(line, `"timestamp":"`+timestamp+`"`) || strings.Contains(line, `"timestamp": "`+timestamp+`"`))
}

// TestTruth: the output is that of the same run without faults, but for exactly
// what the truth says.
func TestTruth(t *testing.T) {
	met := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		o := drawn(t)
		o.Start = morning()
		o.Interval = max(o.Interval, time.Millisecond) // events of one microsecond could not be told apart
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
		late := map[int]told{} // by line
		for _, one := range list {
			met[one.Fault]++
			if one.Fault == "badline" {
				met[one.Value.(string)]++
			}
			if one.Fault == "late" {
				late[one.Line] = one
			}
			if f, err := ParseFault(one.Fault); err != nil || !slices.Contains(o.Faults, f) {
				t.Fatalf("nobody asked for %s", one.Fault)
			}
		}
		punctual := lateLines(t, clean, made, late)
		mended := slices.Clone(made)
		for _, one := range list {
			mend(t, one, mended, punctual)
		}
		for i := range made {
			if mended[i] != punctual[i] {
				t.Fatalf("line %d is %swant %s\n%s", i+1, made[i], punctual[i], &truth)
			}
		}
	})
	want := []string{"badline", "comma", "control", "cut", "drift", "late", "letter", "nan", "quote", "spike", "stuck", "utf8"}
	if got := slices.Sorted(maps.Keys(met)); !slices.Equal(got, want) {
		t.Errorf("planted were %v, want all of %v", got, want)
	}
}

// lateLines checks the late lines, and gives the clean ones in the order of the
// output.
func lateLines(t *rapid.T, clean, made []string, late map[int]told) (inOrder []string) {
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
		behind, i := int64(0), slices.Index(clean, made[n-1])
		for _, line := range inOrder[:n-1] {
			if one.of(line) && slices.Index(clean, line) > i {
				behind++
			}
		}
		if by := scaled(t, one.Value.(json.Number).String()); by != behind || by < 1 || by > 30 {
			t.Fatalf("%+v has been overtaken %d times", one, behind)
		}
	}
	return inOrder
}

// mend takes a fault back out of the lines it is in.
func mend(t *rapid.T, one told, lines, clean []string) {
	at := one.Line - 1
	if !one.at(clean[at], one.Timestamp) {
		t.Fatalf("%+v is not about line %s", one, clean[at])
	}
	switch one.Fault {
	case "badline":
		if good(lines[at]) || strings.Count(lines[at], "\n") != 1 || len(lines[at]) < 2 {
			t.Fatalf("%+v: nothing is wrong with %q", one, lines[at])
		}
		lines[at] = clean[at]
	case "spike":
		text, from, to := number(t, lines[at], one.Field)
		was, _, _ := number(t, clean[at], one.Field)
		if text != one.Value.(json.Number).String() || was != one.Clean.(json.Number).String() || scaled(t, text) < scaled(t, was)+100 {
			t.Fatalf("%+v is not %s", one, lines[at])
		}
		lines[at] = lines[at][:from] + was + lines[at][to:]
	case "drift", "stuck":
		value := one.Value.(json.Number).String()
		if one.Readings < 1 || one.Readings > 90 || !one.at(clean[one.ToLine-1], one.To) {
			t.Fatalf("%+v does not end in %s", one, clean[one.ToLine-1])
		}
		seen := int64(0)
		for i := at; i < one.ToLine; i++ {
			if !one.of(clean[i]) {
				continue
			}
			seen++
			text, from, to := number(t, lines[i], one.Field)
			was, _, _ := number(t, clean[i], one.Field)
			switch by := scaled(t, text) - scaled(t, was); {
			case one.Fault == "stuck" && text != value,
				one.Fault == "drift" && (by*one.Readings != scaled(t, value)*seen || by < seen || by > 4*seen):
				t.Fatalf("%+v: reading %d of it is %s, was %s", one, seen, text, was)
			}
			lines[i] = lines[i][:from] + was + lines[i][to:]
		}
		if seen != one.Readings {
			t.Fatalf("%+v: %d readings", one, seen)
		}
	}
}

// TestGap: there are as many faults as are said to be.
func TestGap(t *testing.T) {
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
		if want := int64(readings / gap); s.faults < want*9/10 || s.faults > want*11/10 {
			t.Errorf("%d faults, want about %d", s.faults, want)
		}
	}
}

func TestParseFault(t *testing.T) {
	for f := Spike; f <= BadLine; f++ {
		if got, err := ParseFault(f.String()); got != f || err != nil {
			t.Errorf("%s: %v, %v", f, got, err)
		}
	}
	for _, s := range []string{"", "Spike", "spikes"} {
		if _, err := ParseFault(s); err == nil || !strings.Contains(err.Error(), "spike, drift, stuck, late, badline") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

type broken struct{}

var errBroken = errors.New("broken")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// TestTruthFails: a truth that cannot be told ends the run.
func TestTruthFails(t *testing.T) {
	s := New(Options{Units: 1, Interval: time.Second, Faults: []Fault{Spike}, Gap: 1, Truth: broken{}})
	if _, err := s.Append(nil); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
	s = New(Options{Units: 1, Interval: time.Second, Faults: []Fault{Drift}, Gap: 1, Truth: broken{}})
	if _, err := s.Append(nil); err != nil {
		t.Errorf("%v", err)
	}
	if _, err := s.Finish(nil); !errors.Is(err, errBroken) || errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}
