package ndjson_test

import (
	"encoding/json"
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
	"weir/pkg/lines"
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

// reader reads inputs row by row, and gives the batch of each row.
type reader struct {
	fold  *batch.Fold
	rd    *ndjson.Reader
	p     *ndjson.Parser
	block ndjson.Block
	begun bool // A block has been read.
	row   int  // The row of the last result.
}

// newReader returns a reader for a plan.
func newReader(plan batch.Plan, opts ndjson.Options) *reader {
	fold := batch.NewFold(plan)
	rd := ndjson.NewReader(fold, opts)
	return &reader{fold: fold, rd: rd, p: rd.Parser()}
}

// reset begins a new input.
func (r *reader) reset(in io.Reader) {
	r.rd.Reset(in, "in")
	r.fold.Reset()
	r.block.Clear()
	r.begun, r.row = false, -1
}

// next moves to the next row. At the end of the input it returns an error.
func (r *reader) next() (b *batch.Batch, row int, _ error) {
	b = &r.block.Batch
	for r.row++; r.row >= len(b.Rows); r.row = 0 {
		if !r.begun || !r.block.More() {
			r.begun = true
			err := r.rd.Read(&r.block)
			if err != nil {
				return nil, 0, err
			}
		}
		r.p.Parse(&r.block)
		r.fold.Begin(b)
	}
	return b, r.row, nil
}

// describe returns what a plan finds in a row that is a record, or whose key is bad, as
// text.
func describe(b *batch.Batch, row int) string {
	switch {
	case b.Error(row) != nil:
		return "key"
	case b.Rows[row].Filtered:
		return "filtered"
	}
	r := b.Record(row)
	r.Resolve()
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
		if !oracle.Meets(find(line, c.Path), c.Op.String(), c.Value, c.Quoted) {
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
	if plan.Time == nil || plan.TimeUnread {
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
		excluded := slices.ContainsFunc([]batch.Path{plan.Time}, batch.Path{m.Name}.Equal)
		if !repeated && !excluded && !slices.Contains(plan.Omit, m.Name) {
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
	{Numbers: []batch.Path{{"b"}}, Where: []batch.Cond{{Path: batch.Path{"a"}, Op: batch.GreaterEqual, Value: "1.0"}, {Path: batch.Path{"k"}, Op: batch.NotEqual, Value: "x"}}},
	{Numbers: []batch.Path{{"a"}}, Where: []batch.Cond{{Path: batch.Path{"a"}, Op: batch.Less, Value: "2"}, {Path: batch.Path{"b"}, Op: batch.NotEqual, Value: "1", Quoted: true}}},
	{All: true, Time: batch.Path{"b"}, TimeUnread: true, Omit: []string{"X"}},
	{All: true, Key: []batch.Path{{"a"}}, Time: batch.Path{"a", "timestamp"}},
	{Omit: []string{"a"}},
	{All: true, Time: batch.Path{"timestamp"}, Omit: []string{"a", "b", "k"}},
}

// readers has a reader for each of the plans. They keep what they learn from line to
// line.
type readers []*reader

func newReaders() (rs readers) {
	for _, p := range plans {
		rs = append(rs, newReader(p, ndjson.Options{}))
	}
	return rs
}

// withoutStart returns a line without the bytes at its start that are skipped: NUL bytes,
// then a byte order mark.
func withoutStart(line string) string {
	return strings.TrimPrefix(strings.TrimLeft(line, "\x00"), "\ufeff")
}

// check asserts that all readers find in a line what the oracle finds.
func (rs readers) check(t rapid.TB, line string) {
	t.Helper()
	text := withoutStart(line)
	blank := strings.Trim(text, " \t\r") == ""
	good := oracle.IsRecord(text)
	for i, rd := range rs {
		rd.reset(strings.NewReader("{}\n" + line))
		_, _, err := rd.next()
		if err != nil {
			t.Fatal(err)
		}
		b, row, err := rd.next()
		if blank != (err == io.EOF) {
			t.Fatalf("%q: blank is %v, but the error is %v", line, blank, err)
		}
		if !good {
			if err == nil && b.Error(row) == nil {
				t.Fatalf("%q is not a record, but was read as one", line)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		object := strings.Trim(line, " \t\r")
		got, want := describe(b, row), expected(&plans[i], object)
		if got != want {
			// encoding/json decodes every lone surrogate to U+FFFD, so it takes different names for equal.
			if !strings.Contains(want+strings.Join(names(object), ""), "\ufffd") {
				t.Fatalf("plan %d in %q:\n got %s\nwant %s", i, line, got, want)
			}
			continue
		}
		if b.Error(row) == nil {
			checkCopy(t, b, row, object, plans[i].Omit)
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

// checkCopy asserts what an Output makes of a record: its bytes, without the members omit,
// and with another member appended.
func checkCopy(t rapid.TB, b *batch.Batch, row int, object string, omit []string) {
	t.Helper()
	r := b.Record(row)
	if string(r.Raw()) != object {
		t.Fatalf("raw %q of %q", r.Raw(), object)
	}
	if b.Rows[row].Filtered { // it is in no run, so that no Output can write it
		return
	}
	var remaining []oracle.Member
	all := oracle.Members(object)
	for _, m := range all {
		if !slices.Contains(omit, m.Name) {
			remaining = append(remaining, m)
		}
	}
	name := "more"
	if omit != nil {
		name = omit[0]
	}
	out := written(t, b, row, name)
	if len(remaining) == len(all) {
		text := strings.TrimRight(object[:len(object)-1], " \t\r")
		comma := ","
		if len(all) == 0 {
			comma = ""
		}
		if out != text+comma+oracle.Quote(name)+`:{"deep":7}`+object[len(text):]+"\n" {
			t.Fatalf("%q was written as %q", object, out)
		}
	}
	checkMembers(t, out, object, append(remaining, oracle.Member{Name: name, Value: `{"deep":7}`}))
	second := newReader(batch.Plan{Omit: []string{name}}, ndjson.Options{})
	second.reset(strings.NewReader(out))
	b, row, err := second.next()
	if err != nil || b.Error(row) != nil {
		t.Fatalf("%q: %v", out, err)
	}
	twice := written(t, b, row, name)
	if omit != nil && twice != out {
		t.Fatalf("the second filter wrote %q of %q", twice, out)
	}
}

// written returns the line of a record, with a member appended.
func written(t rapid.TB, b *batch.Batch, row int, name string) string {
	var text strings.Builder
	w := lines.New(&text, -1, &lines.Member{Label: batch.NewLabel(jsonscan.AppendQuoted(nil, name))})
	var runs batch.Runs
	runs.Begin(b, nil, false)
	for runs.NextOne() {
		if runs.Row(0) == row {
			deep := batch.NewLabel([]byte(`"deep"`))
			w.Defer(&runs.Run)
			w.Values(&deep)[0] = exact.Count(7)
			w.Render(b)
			err := w.Flush()
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return text.String()
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
	for _, l := range oddLines {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if !strings.Contains(line, "\n") {
			newReaders().check(t, line)
		}
	})
}

// oddLines are records that were once read wrongly, or could have been.
var oddLines = []string{
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
	for i := range oddLines { // each is the first line of a reader once
		rs := newReaders()
		for _, line := range append(oddLines[i:], oddLines[:i]...) {
			rs.check(t, line)
		}
	}
}
