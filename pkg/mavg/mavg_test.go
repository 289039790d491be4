package mavg_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"weir/pkg/agg"
	"weir/pkg/mavg"
	"weir/pkg/ndjson"
	"weir/pkg/pipe"
)

// ears is a Teller that remembers.
type ears struct {
	bad     []*ndjson.LineError
	crowded int
}

func (e *ears) Bad(f *ndjson.LineError)     { e.bad = append(e.bad, f) }
func (e *ears) Late(f *ndjson.LineError)    { panic("mavg knows no late records") }
func (e *ears) LimitReached()               { e.crowded++ }
func (e *ears) Incomplete()                 {}
func (e *ears) Missing(ndjson.Path, string) {}

type output struct{ bytes.Buffer }

func (*output) Flush() error { return nil }

type input struct {
	io.Reader
	name string
}

func (in input) Name() string { return in.name }

// options are those of the filter.
func (a asked) options() mavg.Options {
	o := mavg.Options{N: a.n, Time: ndjson.Path{a.time}, As: a.as, MaxGroups: a.max}
	for _, f := range a.fields {
		o.Fields = append(o.Fields, ndjson.Path(f))
	}
	for _, f := range a.by {
		o.By = append(o.By, ndjson.Path(f))
	}
	for _, s := range a.stats {
		o.Stats = append(o.Stats, must(agg.ParseStat(s)))
	}
	return o
}

// measure runs mavg over files, the bytes coming as they like.
func (a asked) measure(files []file, cut func(io.Reader) io.Reader) (string, pipe.Ledger, *ears, error) {
	var out output
	heard := &ears{}
	p := pipe.New(pipe.Config{Tool: "mavg", Filter: mavg.New(a.options()), Out: &out, Reporter: heard, Digits: a.digits, Jobs: 3})
	err := p.Run(func() (pipe.Input, error) {
		if len(files) == 0 {
			return nil, io.EOF
		}
		f := files[0]
		files = files[1:]
		return input{cut(strings.NewReader(f.text)), f.name}, nil
	})
	return out.String(), p.Ledger(), heard, err
}

func atOnce(r io.Reader) io.Reader { return r }

var defaults = asked{n: 5, time: "timestamp", stats: []string{"mean"}, as: "moving_averages", max: 1000, digits: -1}

var (
	names = []string{
		`"a"`, `"a"`, `"b"`, `"\u0061"`, `"motor"`, `"timestamp"`, `"x.y"`, `"a b\"c"`, `"é"`, `"\u00e9"`, `"<&>"`, `"\u2028"`,
		`"moving_averages"`, `"as"`, `"k"`, `"id"`,
	}
	numbers = []string{
		"0", "-0", "-0.0", "1", "2", "3", "-7", "0.1", "0.2", "0.3", "71.5", "1.0", "1e2", "1E+2", "25e-1", "123456789.123456789", "9007199254740993",
		"1e16", "-1e16", "1e300", "-1e300", "1.7976931348623157e308", "1e-300", "5e-324", "1e-1100", "0e999999999", "99999999999999999999999999",
		"0.00000000000000000000000000000000000001", "1000000000000.1", "1000000000000.2", "1000000000000.3",
	}
	oddities = []string{`"12"`, `""`, "true", "false", "[1,{}]", "[]", "1e309", "-1e999999999", "1e-1101", "1e-999999999"}
	scraps   = []string{
		`x`, `{`, `{"a":1`, `{"a":01}`, `{"a":1}}`, `{"a":.5}`, `{"a":NaN}`, `"a"`, `12`, `{"a":1},`, "{\"a\":\"\xff\"}", "{\"a\":\"\x01\"}", `{'a':1}`,
		`{"a":1,}`, `null`, `{"a":"\x"}`, `{"a":tru}`,
	}
	statNames = []string{"count", "mean", "min", "max", "sum", "sd", "var", "median", "p90", "p99.9", "p0", "p100", "p33.3", "first", "last"}
)

func pick(t *rapid.T, label string, from []string) string {
	return rapid.SampledFrom(from).Draw(t, label)
}

// object draws a record.
func object(t *rapid.T, depth int, tame bool) string {
	space := func() string { return rapid.SampledFrom([]string{"", "", "", " ", "\t "}).Draw(t, "space") }
	var b strings.Builder
	b.WriteString("{" + space())
	seen := map[string]bool{}
	comma := ""
	for range rapid.IntRange(0, 5).Draw(t, "members") {
		name := pick(t, "name", names)
		if tame {
			var plain string
			_ = json.Unmarshal([]byte(name), &plain)
			if seen[plain] {
				continue
			}
			seen[plain] = true
		}
		b.WriteString(comma + space() + name + space() + ":" + space() + value(t, depth, tame) + space())
		comma = ","
	}
	b.WriteString("}")
	return b.String()
}

func value(t *rapid.T, depth int, tame bool) string {
	switch k := rapid.IntRange(0, 11).Draw(t, "kind"); {
	case k == 0 && depth < 3 && !tame:
		return object(t, depth+1, tame)
	case k == 1:
		return "null"
	case k <= 3 && !tame:
		return pick(t, "odd", oddities)
	case k == 4:
		return fmt.Sprint(rapid.Int64().Draw(t, "int"))
	case k == 5:
		return string(must(json.Marshal(rapid.Float64().Draw(t, "float"))))
	}
	return pick(t, "number", numbers)
}

// stream draws the text of an input. A tame one is without faults, twins and
// odd values.
func stream(t *rapid.T, tame bool) string {
	var b strings.Builder
	if rapid.IntRange(0, 2).Draw(t, "even") == 0 {
		return even(t)
	}
	if rapid.IntRange(0, 9).Draw(t, "mark") == 0 {
		b.WriteString("\ufeff")
	}
	lines := rapid.IntRange(0, 25).Draw(t, "lines")
	for i := range lines {
		switch k := rapid.IntRange(0, 15).Draw(t, "line"); {
		case k == 0 && !tame:
			b.WriteString(pick(t, "scrap", scraps))
		case k == 1:
			b.WriteString(rapid.SampledFrom([]string{"", "  ", "\t"}).Draw(t, "blank"))
		default:
			b.WriteString(rapid.SampledFrom([]string{"", "", " "}).Draw(t, "indent") + object(t, 0, tame))
		}
		if i < lines-1 || rapid.Bool().Draw(t, "last break") {
			b.WriteString(rapid.SampledFrom([]string{"\n", "\n", "\r\n"}).Draw(t, "break"))
		}
	}
	return b.String()
}

// even draws lines that are alike, as machines write them, which are taken by the run;
// here and there one is not.
func even(t *rapid.T) string {
	var b strings.Builder
	seed := rapid.Uint64().Draw(t, "seed")
	rng := rand.New(rand.NewPCG(seed, 0))
	usual := rapid.SliceOfN(rapid.SampledFrom([]string{"1", "-2.5", "0.75", "70.12", "119.1000", "0", "-0", "1234567.8", "3.14159", "99999999"}), 1, 4).Draw(t, "usual")
	odd := rapid.SampledFrom([]int{0, 30, 200}).Draw(t, "odd ones in a thousand")
	rarely := func() bool { return rng.IntN(1000) < odd }
	number := func() string {
		if rarely() {
			return numbers[rng.IntN(len(numbers))]
		}
		return usual[rng.IntN(len(usual))]
	}
	for i := range rapid.IntRange(1, 60).Draw(t, "lines") {
		b.WriteString(`{"timestamp":` + fmt.Sprint(i) + `,"a":` + number())
		if !rarely() {
			b.WriteString(`,"b":` + number())
		}
		if rarely() {
			b.WriteString(" }\r\n")
		} else {
			b.WriteString("}\n")
		}
	}
	return b.String()
}

func someAsked(t *rapid.T, tame bool) asked {
	a := asked{
		n:      rapid.SampledFrom([]int{1, 2, 3, 5, 1000}).Draw(t, "n"),
		time:   rapid.SampledFrom([]string{"timestamp", "b"}).Draw(t, "time"),
		as:     rapid.SampledFrom([]string{"moving_averages", "as", "é", "<&>"}).Draw(t, "as"),
		max:    1000,
		digits: rapid.SampledFrom([]int{-1, -1, -1, 0, 2, 5, 60}).Draw(t, "digits"),
		stats:  rapid.SliceOfNDistinct(rapid.SampledFrom(statNames), 1, 4, rapid.ID).Draw(t, "stats"),
	}
	if rapid.Bool().Draw(t, "mean alone") {
		a.stats = []string{"mean"}
	}
	if tame {
		a.max = rapid.IntRange(1, 6).Draw(t, "max")
	}
	paths := rapid.SampledFrom([][]string{{"a"}, {"b"}, {"motor", "a"}, {"motor", "motor", "b"}, {"x.y"}, {"motor"}, {"timestamp"}, {"nobody"}})
	distinct := func(p []string) string { return strings.Join(p, "\x00") }
	if rapid.Bool().Draw(t, "named") {
		a.fields = rapid.SliceOfNDistinct(paths, 1, 3, distinct).Draw(t, "fields")
	}
	a.by = rapid.SliceOfNDistinct(rapid.SampledFrom([][]string{{"k"}, {"id"}, {"motor", "k"}}), 0, 2, distinct).Draw(t, "by")
	if len(a.by) == 0 {
		a.by = nil
	}
	return a
}

// TestAgainstOracle is everything at once: bytes out, counts, faults told.
func TestAgainstOracle(t *testing.T) {
	for _, tame := range []bool{false, true} { // tame streams meet the limits of --max-groups
		t.Run(map[bool]string{false: "wild", true: "crowded"}[tame], rapid.MakeCheck(func(t *rapid.T) {
			a := someAsked(t, tame)
			var files []file
			for i := range rapid.IntRange(1, 3).Draw(t, "files") {
				files = append(files, file{fmt.Sprintf("f%d", i), stream(t, tame)})
			}
			cut := rapid.SampledFrom([]func(io.Reader) io.Reader{atOnce, iotest.OneByteReader, iotest.DataErrReader}).Draw(t, "cut")
			compare(t, a, files, cut)
		}))
	}
}

func compare(t rapid.TB, a asked, files []file, cut func(io.Reader) io.Reader) {
	want := a.answer(files)
	got, ledger, heard, err := a.measure(files, cut)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(got, "\n")
	if lines = lines[:len(lines)-1]; len(lines) != len(want.lines) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want.lines), got)
	}
	for i, w := range want.lines {
		g := strings.TrimSuffix(lines[i], "\n")
		if !w.exact {
			g, w.text = compact(t, g), compact(t, w.text)
		}
		if g != w.text {
			t.Fatalf("line %d:\n got %s\nwant %s", i+1, g, w.text)
		}
	}
	counts := pipe.Ledger{
		Read: want.used + want.noReading + want.rejected, Used: want.used, NoReading: want.noReading, Rejected: want.rejected,
		Printed: int64(len(want.lines)), Reported: want.oddOut, Unhandled: want.rejected + want.oddOut,
	}
	if ledger != counts {
		t.Fatalf("ledger\n got %+v\nwant %+v", ledger, counts)
	}
	if len(heard.bad) != len(want.told) {
		t.Fatalf("told %v, want %v", heard.bad, want.told)
	}
	for i, w := range want.told {
		g := heard.bad[i]
		if g.File != w.file || g.Line != w.line || w.column > 0 && g.Column != w.column {
			t.Fatalf("told %v, want %v", g, w)
		}
	}
	// A rejected record may have brought the field that there was no room for.
	if crowded := heard.crowded == 1; crowded != want.crowded && (!crowded || want.rejected == 0) || heard.crowded > 1 {
		t.Fatalf("told %d times of a lack of room, want it %v", heard.crowded, want.crowded)
	}
}

// compact is JSON without white space and with names in one spelling.
func compact(t rapid.TB, s string) string {
	var b strings.Builder
	for _, m := range members([]byte(s), 0) {
		b.WriteString("," + quoted(m.name) + ":" + string(m.value))
	}
	if b.Len() == 0 {
		t.Fatalf("no member in %s", s)
	}
	return b.String()
}

// TestTwice: what mavg has added it takes out again, so to run it twice changes
// not a byte.
func TestTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := someAsked(t, false)
		once, _, _, _ := a.measure([]file{{"-", stream(t, false)}}, atOnce)
		twice, _, _, _ := a.measure([]file{{"-", once}}, atOnce)
		if once != twice {
			t.Fatalf("once:\n%s\ntwice:\n%s", once, twice)
		}
	})
}

// TestSession is what the README promises, in its own figures.
func TestSession(t *testing.T) {
	with := func(change func(*asked)) asked {
		a := defaults
		change(&a)
		return a
	}
	for _, c := range []struct {
		name    string
		a       asked
		in, out string // out: what is added
	}{
		{"decimal", with(func(a *asked) {}), `{"x":0.1} {"x":0.2} {"x":0.3}`, `{"x":0.1} {"x":0.15} {"x":0.2}`},
		{"forgets a spike", with(func(a *asked) { a.n = 2 }), `{"x":1e300} {"x":1} {"x":2}`, `{"x":1e+300} {"x":5e+299} {"x":1.5}`},
		{"never -0", with(func(a *asked) {}), `{"x":-0.0} {"x":-4e-324}`, `{"x":0} {"x":0}`},
		{"nothing numeric", with(func(a *asked) {}), `{} {"s":"1"}`, `{} {}`},
		{"time aside", with(func(a *asked) {}), `{"timestamp":5,"x":1}`, `{"x":1}`},
		{"time named", with(func(a *asked) { a.fields = [][]string{{"timestamp"}} }), `{"timestamp":5,"x":1}`, `{"timestamp":5}`},
		{
			"spread of three", with(func(a *asked) { a.stats = []string{"sd"} }),
			`{"x":1000000000000.1} {"x":1000000000000.2} {"x":1000000000000.3}`, `{"x":null} {"x":0.07071067811865475} {"x":0.1}`,
		},
		{
			"keys by meaning", with(func(a *asked) { a.by = [][]string{{"k"}} }),
			`{"k":"a","x":1} {"k":"\u0061","x":3} {"k":1,"x":5} {"k":1.0,"x":7} {"x":9} {"k":null,"x":11}`,
			`{"x":1} {"x":2} {"k":1,"x":5} {"k":1,"x":7} {"x":9} {"x":10}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, _, err := c.a.measure([]file{{"-", strings.ReplaceAll(c.in, "} {", "}\n{")}}, atOnce)
			if err != nil {
				t.Fatal(err)
			}
			var added []string
			for l := range strings.Lines(got) {
				m, _ := at([]byte(l), 0, []string{"moving_averages"})
				added = append(added, string(m.value))
			}
			if s := strings.Join(added, " "); s != c.out {
				t.Errorf("got  %s\nwant %s", s, c.out)
			}
		})
	}
}

// TestWide: records of many members, too.
func TestWide(t *testing.T) {
	var text strings.Builder
	for i := range 4 {
		for k := range 600 {
			fmt.Fprintf(&text, `%c"f%d":%d`, "{,"[min(k, 1)], k, i*i+k)
		}
		text.WriteString("}\n")
	}
	a := defaults
	a.n = 2
	compare(t, a, []file{{"-", text.String()}}, atOnce)
}
