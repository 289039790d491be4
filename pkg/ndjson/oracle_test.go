package ndjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/internal/oracle"
	"weir/pkg/jsonscan"
	"weir/pkg/ndjson"
	"weir/pkg/stamp"
)

// The oracle of this package is package oracle, which takes records apart by
// encoding/json. It shares neither code nor method with the scanner.

// find returns the JSON text of the value at a path, or "" if there is none.
func find(object string, p batch.Path) string {
	m, _ := oracle.Find(object, p)
	return m.Value
}

// describe returns what a plan finds in a record, as text.
func describe(r *batch.Record, err error) string {
	var bad *batch.LineError
	switch {
	case errors.As(err, &bad):
		return "key"
	case err != nil:
		return err.Error()
	case r.Filtered():
		return "filtered"
	}
	reason := ""
	if r.Judge() != nil {
		_, reason, _ = strings.Cut(r.Judge().Error(), ": ")
	}
	s := fmt.Sprintf("key %q time %v ", r.Key(), r.Time())
	if strings.HasPrefix(reason, "no ") || strings.HasPrefix(reason, "not a time") {
		s += "bad"
	}
	for i := range r.Len() {
		slot, num := r.At(i)
		s += fmt.Sprintf(" %s=%s", r.Name(slot), num.Append(nil))
	}
	return s
}

// expected returns what the oracle finds in a good line, in the form of describe.
func expected(plan *batch.Plan, line string) string {
	for _, c := range plan.Where {
		raw := find(line, c.Path)
		if raw != "" && raw[0] == '"' {
			raw = oracle.Unquote(raw)
		} else if raw == "" || raw[0] == '{' || raw[0] == '[' {
			return "filtered"
		}
		if raw != c.Value {
			return "filtered"
		}
	}
	var key []string
	for _, p := range plan.Key {
		m, present := oracle.Find(line, p)
		text, ok := oracle.Key(m, present)
		if !ok {
			return "key"
		}
		key = append(key, text)
	}
	time, bad := expectedTime(plan, line)
	return fmt.Sprintf("key %q time %v ", strings.Join(key, "\x00"), time) + bad + expectedNumbers(plan, line)
}

// expectedTime returns the time, and "bad" if it is missing or cannot be read.
func expectedTime(plan *batch.Plan, line string) (at stamp.Time, bad string) {
	if plan.Time == nil {
		return at, ""
	}
	var err error
	raw := find(line, plan.Time)
	switch {
	case raw == "", strings.ContainsRune("tfn{[", rune(raw[0])):
		return at, "bad"
	case raw[0] == '"':
		at, err = stamp.NewParser(plan.Format).Text([]byte(oracle.Unquote(raw)))
	default:
		at, err = stamp.NewParser(plan.Format).Number([]byte(raw))
	}
	if err != nil {
		bad = "bad"
	}
	return at, bad
}

// expectedNumbers returns the readings, in the form of describe.
func expectedNumbers(plan *batch.Plan, line string) (s string) {
	add := func(name, raw string) {
		d, err := exact.Parse([]byte(raw))
		if err == nil {
			s += fmt.Sprintf(" %s=%s", oracle.Quote(name), d.Append(nil))
		}
	}
	if !plan.All {
		for _, p := range plan.Numbers {
			add(p.String(), find(line, p))
		}
		return s
	}
	all := oracle.Members(line)
	for i, m := range all {
		repeated := slices.ContainsFunc(all[i+1:], func(n oracle.Member) bool { return n.Name == m.Name })
		excluded := slices.ContainsFunc(append(plan.Exclude, plan.Time), batch.Path{m.Name}.Equal)
		if !repeated && !excluded && (m.Name != plan.Omit || plan.Omit == "") {
			add(m.Name, m.Value)
		}
	}
	return s
}

// plans are the plans with which lines are checked.
var plans = []batch.Plan{
	{Numbers: []batch.Path{{"a"}, {"a", "b"}, {"b"}, {"a", "b", "c"}, {"c"}}, Key: []batch.Path{{"k"}}, Time: batch.Path{"timestamp"}},
	{Numbers: []batch.Path{{"b"}}, Key: []batch.Path{{"k"}, {"a", "k"}}, Where: []batch.Cond{{Path: batch.Path{"a"}, Value: "1"}}},
	{Numbers: []batch.Path{{"a"}, {"X"}}, Where: []batch.Cond{{Path: batch.Path{"k"}, Value: "é"}, {Path: batch.Path{"b"}, Value: "null"}}},
	{All: true, Exclude: []batch.Path{{"b"}, {"c", "a"}}, Time: batch.Path{"timestamp"}, Omit: "X"},
	{All: true, Key: []batch.Path{{"a"}}, Time: batch.Path{"a", "timestamp"}},
	{Omit: "a"},
}

// readers has a reader for each of the plans. They keep what they learn from line to
// line.
type readers []*ndjson.Records

func newReaders() (rs readers) {
	for _, p := range plans {
		rs = append(rs, ndjson.NewRecords(p, ndjson.Options{}))
	}
	return rs
}

// check asserts that all readers find in a line what the oracle finds.
func (rs readers) check(t rapid.TB, line string) {
	t.Helper()
	blank := strings.Trim(line, " \t\r") == ""
	good := oracle.IsRecord(line)
	for i, rd := range rs {
		rd.Reset(strings.NewReader("{}\n"+line), "in")
		_, err := rd.Next()
		if err != nil {
			t.Fatal(err)
		}
		r, err := rd.Next()
		if blank != (err == io.EOF) {
			t.Fatalf("%q: blank is %v, but the error is %v", line, blank, err)
		}
		if !good {
			if r != nil || err == nil {
				t.Fatalf("%q is not a record, but was read as one", line)
			}
			continue
		}
		object := strings.Trim(line, " \t\r")
		got, want := describe(r, err), expected(&plans[i], object)
		if got != want {
			// encoding/json decodes every lone surrogate to U+FFFD, so it takes different names for equal.
			if !strings.Contains(want+strings.Join(names(object), ""), "\ufffd") {
				t.Fatalf("plan %d in %q:\n got %s\nwant %s", i, line, got, want)
			}
			continue
		}
		if err == nil {
			checkCopy(t, r, object, plans[i].Omit)
		}
	}
}

// names returns all decoded names and strings of an object and the objects in it.
func names(object string) (all []string) {
	for _, m := range oracle.Members(object) {
		all = append(all, m.Name)
		switch m.Value[0] {
		case '{':
			all = append(all, names(m.Value)...)
		case '"':
			all = append(all, oracle.Unquote(m.Value))
		}
	}
	return all
}

// checkCopy asserts what a Writer makes of a record: its bytes, without the member
// omit, and with another member added.
func checkCopy(t rapid.TB, r *batch.Record, object, omit string) {
	t.Helper()
	if string(r.Raw()) != object {
		t.Fatalf("raw %q of %q", r.Raw(), object)
	}
	var remaining []oracle.Member
	all := oracle.Members(object)
	for _, m := range all {
		if omit == "" || m.Name != omit {
			remaining = append(remaining, m)
		}
	}
	out := written(r, "")
	if len(remaining) == len(all) && out != object+"\n" {
		t.Fatalf("%q was written as %q", object, out)
	}
	checkMembers(t, out, object, remaining)
	if omit == "" {
		omit = "more"
	}
	out = written(r, omit)
	checkMembers(t, out, object, append(remaining, oracle.Member{Name: omit, Value: `{"deep":[]}`}))
	second := ndjson.NewRecords(batch.Plan{Omit: omit}, ndjson.Options{})
	second.Reset(strings.NewReader(out), "in")
	r, err := second.Next()
	if err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	twice := written(r, omit)
	if omit != "more" && twice != out {
		t.Fatalf("the second filter wrote %q of %q", twice, out)
	}
}

// written returns the line of a record, with a member added if name is not empty.
func written(r *batch.Record, name string) string {
	var out strings.Builder
	w := lines.New(&out, -1)
	w.Record(r)
	if name != "" {
		w.Name(jsonscan.AppendQuoted(nil, name))
		w.Object()
		w.Name([]byte(`"deep"`))
		w.Raw([]byte("[]"))
		w.Close()
	}
	w.End()
	_ = w.Flush()
	return out.String()
}

// checkMembers asserts that out is a line of JSON with these members, at any offsets.
func checkMembers(t rapid.TB, out, from string, want []oracle.Member) {
	t.Helper()
	if !json.Valid([]byte(out)) || strings.Count(out, "\n") != 1 || !strings.HasSuffix(out, "\n") {
		t.Fatalf("%q is not a line of JSON (of %q)", out, from)
	}
	got := oracle.Members(out)
	equal := func(a, b oracle.Member) bool { return a.Name == b.Name && a.Value == b.Value }
	if !slices.EqualFunc(got, want, equal) {
		t.Fatalf("%q of %q has\n%+v, want\n%+v", out, from, got, want)
	}
}

// FuzzLine: for all lines, a line is good if and only if the oracle accepts it, and
// then both find the same in it.
func FuzzLine(f *testing.F) {
	for _, l := range badLines {
		f.Add(l.line)
	}
	for _, l := range lines {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if !strings.Contains(line, "\n") {
			newReaders().check(t, line)
		}
	})
}

// lines are records that were once read wrongly, or could have been.
var lines = []string{
	`{"a":{"b":1},"a":{"c":2}}`, `{"a":{"b":1},"a":3}`, `{"a":{"b":1,"b":{"c":2}},"b":1e400}`, `{"a":{"b":1},"\u0061":{"b":2}}`,
	`{"a":"x","a":"y"}`, `{"a":1,"a":"y"}`, `{"a":1,"a":2,"b":3,"a":4}`, `{"a":[{"b":1}],"b":{"a":2}}`, `{"c":{"a":{"b":1}}}`,
	`{"timestamp":"2018-12-26 18:11:08.5","k":"\u00e9","b":null}`, `{"timestamp":1545847875,"k":1.0,"a":1}`, `{"k":"é","b":null,"a":-0}`,
	`{"timestamp":"2018\u002d12-26 18:11:08","timestamp":null}`, `{"k":"\ud83d\ude00\ud83d"}`, "{\"k\":\"\\u2028\u2028\x7f\\/<&>\"}",
	`{"X":1}`, `{"X":1,"X":2}`, `{ "X" : 1 , "a":2 }`, `{"a":1 , "X":2 }`, `{"a":1,"X":2,"b":3}`, `{"X":1,"a":2,"X":3,"X":4}`, `{"\u0058":{"X":1},"x":2}`, `{ }`, ` {"a":1} `,
	nested("[", "]", 1000), nested(`{"a":`, "}", 1000), nested("[", "]", 1001), "", " \t\r", `{"a":12345678901234567,"b":0.30000000000000004}`,
}

// allNames are the names of the plans, and some that no plan has.
var allNames = []string{"a", "b", "c", "k", "X", "timestamp", "a.b", "é", ""}

// object draws a record of few names, so that names repeat, at one level and in nested
// objects, escaped or not, with white space anywhere.
func object(t *rapid.T, names []string, depth int) string {
	space := func() string {
		return rapid.SampledFrom([]string{"", "", "", "", " ", "\t", "\r ", "  "}).Draw(t, "space")
	}
	list := func(open, end string, item func() string) string {
		var items []string
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			items = append(items, space()+item()+space())
		}
		return open + strings.Join(items, ",") + space() + end
	}
	var value func(depth int) string
	fields := func(depth int) string {
		return list("{", "}", func() string {
			name := rapid.SampledFrom(names).Draw(t, "name")
			return spell(t, name) + space() + ":" + space() + value(depth-1)
		})
	}
	value = func(depth int) string {
		kind := rapid.IntRange(0, 9).Draw(t, "kind")
		switch {
		case kind <= 4 || depth <= 0:
			return rapid.SampledFrom([]string{"1", "-0", "2.50", "1e3", "12345678901234567890", "1e400", "1e-2000", "0.1"}).Draw(t, "number")
		case kind == 5:
			return rapid.SampledFrom([]string{"true", "false", "null"}).Draw(t, "word")
		case kind == 6:
			return list("[", "]", func() string { return value(depth - 1) })
		case kind == 7:
			return spell(t, rapid.SampledFrom([]string{"", "1", "é", "null", "2018-12-26 18:11:08", "a\\\"\n\u2028"}).Draw(t, "text"))
		default:
			return fields(depth)
		}
	}
	return fields(depth)
}

// spell draws one of the spellings of a string.
func spell(t *rapid.T, s string) string {
	b := []byte{'"'}
	for _, r := range s {
		switch {
		case r < 0x10000 && rapid.IntRange(0, 7).Draw(t, "escape") == 0:
			b = fmt.Appendf(b, rapid.SampledFrom([]string{"\\u%04x", "\\u%04X"}).Draw(t, "hex"), r)
		case r < ' ' || r == '"' || r == '\\':
			b = append(b, strings.Trim(oracle.Quote(string(r)), `"`)...)
			if r == '"' {
				b = append(b, '"')
			}
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return string(append(b, '"'))
}

// TestLinesLikeTheOracle: for all sequences of layouts, every line is read as the oracle
// reads it, whatever lines were learned before.
func TestLinesLikeTheOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rs := newReaders()
		names := rapid.SampledFrom([][]string{allNames, {"b", "k"}, {"a", "X"}}).Draw(t, "names")
		pool := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return object(t, names, 3) }), 1, 5).Draw(t, "pool")
		for range rapid.IntRange(1, 8).Draw(t, "n") {
			rs.check(t, rapid.SampledFrom(pool).Draw(t, "line"))
		}
	})
	for i := range lines { // each is the first line of a reader once
		rs := newReaders()
		for _, line := range append(lines[i:], lines[:i]...) {
			rs.check(t, line)
		}
	}
}
