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
	"weir/pkg/batch"
	"weir/pkg/deviation"
	"weir/pkg/internal/oracle"
	"weir/pkg/mavg"
	"weir/pkg/pipe"
)

// reports is a pipe.Reporter that records what is reported.
type reports struct {
	bad          []*batch.LineError
	limitReached int
}

func (r *reports) Bad(f *batch.LineError)         { r.bad = append(r.bad, f) }
func (r *reports) Late(*batch.LineError)          { panic("mavg has no late records") }
func (r *reports) LimitReached()                  { r.limitReached++ }
func (r *reports) Incomplete()                    {}
func (r *reports) FoundTime(batch.Path, bool)     {}
func (r *reports) Missing(batch.Missing, int64)   {}
func (r *reports) NoNumber(batch.Unread)          {}
func (r *reports) Skipped(*batch.LineError)       {}
func (r *reports) Replaced(string, string, int64) {}
func (r *reports) Notice(*batch.LineError)        {}

type output struct{ bytes.Buffer }

func (*output) Flush() error { return nil }

type input struct {
	io.Reader
	name string
}

func (in input) Name() string { return in.name }

// options are the filter's options for the rules.
func (r rules) options() mavg.Options {
	o := mavg.Options{N: r.n, Time: batch.Path{r.time}, As: r.as, MaxGroups: r.max}
	for _, f := range r.fields {
		o.Fields = append(o.Fields, batch.Path(f))
	}
	for _, f := range r.by {
		o.By = append(o.By, batch.Path(f))
	}
	for _, s := range r.stats {
		o.Stats = append(o.Stats, must(agg.ParseStat(s)))
	}
	if r.deviation != "" {
		o.Anomalies = mavg.Anomalies{Limit: must(deviation.Parse(r.deviation)), Member: anomaliesName, Only: r.onlyAnomalies}
	}
	return o
}

// run runs mavg over files; wrap determines how their bytes arrive.
func (r rules) run(files []file, wrap func(io.Reader) io.Reader) (string, pipe.Ledger, *reports, error) {
	var out output
	reported := &reports{}
	p := pipe.New(pipe.Config{Tool: "mavg", Filter: mavg.New(r.options()), Out: &out, Reporter: reported, Digits: r.digits, Jobs: 3})
	err := p.Run(func() (pipe.Input, error) {
		if len(files) == 0 {
			return nil, io.EOF
		}
		f := files[0]
		files = files[1:]
		return input{wrap(strings.NewReader(f.text)), f.name}, nil
	})
	return out.String(), p.Ledger(), reported, err
}

func unwrapped(r io.Reader) io.Reader { return r }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var defaults = rules{n: 5, time: "timestamp", stats: []string{"mean"}, as: "moving_averages", max: 1000, digits: -1}

var (
	names = []string{
		`"a"`, `"a"`, `"b"`, `"\u0061"`, `"motor"`, `"timestamp"`, `"x.y"`, `"a b\"c"`, `"é"`, `"\u00e9"`, `"<&>"`, `"\u2028"`,
		`"moving_averages"`, `"anomalies"`, `"as"`, `"k"`, `"id"`,
	}
	numbers = []string{
		"0", "-0", "-0.0", "1", "2", "3", "-7", "0.1", "0.2", "0.3", "71.5", "1.0", "1e2", "1E+2", "25e-1", "123456789.123456789", "9007199254740993",
		"1e16", "-1e16", "1e300", "-1e300", "1.7976931348623157e308", "1e-300", "5e-324", "1e-1100", "0e999999999", "99999999999999999999999999",
		"0.00000000000000000000000000000000000001", "1000000000000.1", "1000000000000.2", "1000000000000.3",
	}
	noNumbers = []string{`"12"`, `""`, "true", "false", "[1,{}]", "[]", "1e309", "-1e999999999", "1e-1101", "1e-999999999"}
	badLines  = []string{
		`x`, `{`, `{"a":1`, `{"a":01}`, `{"a":1}}`, `{"a":.5}`, `{"a":NaN}`, `"a"`, `12`, `{"a":1},`, "{\"a\":\"\xff\"}", "{\"a\":\"\x01\"}", `{'a':1}`,
		`{"a":1,}`, `null`, `{"a":"\x"}`, `{"a":tru}`,
	}
	statNames = []string{"count", "mean", "min", "max", "sum", "sd", "var", "median", "p90", "p99.9", "mad", "p0", "p100", "p33.3", "first", "last", "delta"}
)

func pick(t *rapid.T, label string, from []string) string {
	return rapid.SampledFrom(from).Draw(t, label)
}

// object draws a record.
func object(t *rapid.T, depth int, good bool) string {
	space := func() string { return rapid.SampledFrom([]string{"", "", "", " ", "\t "}).Draw(t, "space") }
	var b strings.Builder
	b.WriteString("{" + space())
	seen := map[string]bool{}
	comma := ""
	for range rapid.IntRange(0, 5).Draw(t, "members") {
		name := pick(t, "name", names)
		if good {
			decoded := oracle.Unquote(name)
			if seen[decoded] {
				continue
			}
			seen[decoded] = true
		}
		b.WriteString(comma + space() + name + space() + ":" + space() + value(t, depth, good) + space())
		comma = ","
	}
	b.WriteString("}")
	return b.String()
}

func value(t *rapid.T, depth int, good bool) string {
	k := rapid.IntRange(0, 11).Draw(t, "kind")
	switch {
	case k == 0 && depth < 3 && !good:
		return object(t, depth+1, good)
	case k == 1:
		return "null"
	case k <= 3 && !good:
		return pick(t, "no number", noNumbers)
	case k == 4:
		return fmt.Sprint(rapid.Int64().Draw(t, "int"))
	case k == 5:
		return string(must(json.Marshal(rapid.Float64().Draw(t, "float"))))
	}
	return pick(t, "number", numbers)
}

// stream draws the text of an input. A good one has no bad lines, no repeated
// names and no values of other types.
func stream(t *rapid.T, good bool) string {
	var b strings.Builder
	if rapid.IntRange(0, 2).Draw(t, "similar lines") == 0 {
		return drawSimilar(t)
	}
	if rapid.IntRange(0, 9).Draw(t, "byte order mark") == 0 {
		b.WriteString("\ufeff")
	}
	lines := rapid.IntRange(0, 25).Draw(t, "lines")
	for i := range lines {
		k := rapid.IntRange(0, 15).Draw(t, "line")
		switch {
		case k == 0 && !good:
			b.WriteString(pick(t, "bad line", badLines))
		case k == 1:
			b.WriteString(rapid.SampledFrom([]string{"", "  ", "\t"}).Draw(t, "blank"))
		default:
			b.WriteString(rapid.SampledFrom([]string{"", "", " "}).Draw(t, "indent") + object(t, 0, good))
		}
		if i < lines-1 || rapid.Bool().Draw(t, "last break") {
			b.WriteString(rapid.SampledFrom([]string{"\n", "\n", "\r\n"}).Draw(t, "break"))
		}
	}
	return b.String()
}

// drawSimilar draws lines of one layout, as machines write them, so that they are
// used as runs; a few differ.
func drawSimilar(t *rapid.T) string {
	var b strings.Builder
	seed := rapid.Uint64().Draw(t, "seed")
	rng := rand.New(rand.NewPCG(seed, 0))
	usual := rapid.SliceOfN(rapid.SampledFrom([]string{"1", "-2.5", "0.75", "70.12", "119.1000", "0", "-0", "1234567.8", "3.14159", "99999999"}), 1, 4).Draw(t, "usual")
	perMille := rapid.SampledFrom([]int{0, 30, 200}).Draw(t, "different, in a thousand")
	rarely := func() bool { return rng.IntN(1000) < perMille }
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

func drawRules(t *rapid.T, good bool) rules {
	r := rules{
		n:      rapid.SampledFrom([]int{1, 2, 3, 5, 1000}).Draw(t, "n"),
		time:   rapid.SampledFrom([]string{"timestamp", "b"}).Draw(t, "time"),
		as:     rapid.SampledFrom([]string{"moving_averages", "as", "é", "<&>"}).Draw(t, "as"),
		max:    1000,
		digits: rapid.SampledFrom([]int{-1, -1, -1, 0, 2, 5, 60}).Draw(t, "digits"),
		stats:  rapid.SliceOfNDistinct(rapid.SampledFrom(statNames), 1, 4, rapid.ID).Draw(t, "stats"),
	}
	if rapid.Bool().Draw(t, "mean only") {
		r.stats = []string{"mean"}
	}
	if rapid.Bool().Draw(t, "anomalies") {
		r.deviation = rapid.SampledFrom([]string{"0%", "20%", "100%", "0.5sd", "1sd", "3sd", "0.5mad", "3mad"}).Draw(t, "deviation")
		r.onlyAnomalies = rapid.Bool().Draw(t, "only")
	}
	if good {
		r.max = rapid.IntRange(1, 6).Draw(t, "max")
	}
	paths := rapid.SampledFrom([][]string{{"a"}, {"b"}, {"motor", "a"}, {"motor", "motor", "b"}, {"x.y"}, {"motor"}, {"timestamp"}, {"missing"}})
	distinct := func(p []string) string { return strings.Join(p, "\x00") }
	if rapid.Bool().Draw(t, "named") {
		r.fields = rapid.SliceOfNDistinct(paths, 1, 3, distinct).Draw(t, "fields")
	}
	r.by = rapid.SliceOfNDistinct(rapid.SampledFrom([][]string{{"k"}, {"id"}, {"motor", "k"}}), 0, 2, distinct).Draw(t, "by")
	if len(r.by) == 0 {
		r.by = nil
	}
	return r
}

// TestOutputIsThatOfTheModel: every byte, every count and every report is.
func TestOutputIsThatOfTheModel(t *testing.T) {
	t.Parallel()
	for _, good := range []bool{false, true} { // good streams reach --max-groups
		t.Run(map[bool]string{false: "any", true: "limited"}[good], rapid.MakeCheck(func(t *rapid.T) {
			r := drawRules(t, good)
			var files []file
			for i := range rapid.IntRange(1, 3).Draw(t, "files") {
				files = append(files, file{fmt.Sprintf("f%d", i), stream(t, good)})
			}
			wrap := rapid.SampledFrom([]func(io.Reader) io.Reader{unwrapped, iotest.OneByteReader, iotest.DataErrReader}).Draw(t, "wrap")
			check(t, r, files, wrap)
		}))
	}
}

// check compares output, ledger and reports with those of the model.
func check(t rapid.TB, r rules, files []file, wrap func(io.Reader) io.Reader) {
	want := r.expect(files)
	got, ledger, reported, err := r.run(files, wrap)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(got, "\n")
	lines = lines[:len(lines)-1]
	if len(lines) != len(want.lines) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want.lines), got)
	}
	for i, w := range want.lines {
		g := strings.TrimSuffix(lines[i], "\n")
		if !w.exact {
			g, w.text = compact(g), compact(w.text)
		}
		if g != w.text {
			t.Fatalf("line %d:\n got %s\nwant %s", i+1, g, w.text)
		}
	}
	counts := pipe.Ledger{
		Read: want.used + want.noReading + want.rejected, Used: want.used, NoReading: want.noReading, Rejected: want.rejected,
		Printed: int64(len(want.lines)), Reported: want.withErrors, Unhandled: want.rejected + want.withErrors,
	}
	if ledger != counts {
		t.Fatalf("ledger\n got %+v\nwant %+v", ledger, counts)
	}
	if len(reported.bad) != len(want.reported) {
		t.Fatalf("reported %v, want %v", reported.bad, want.reported)
	}
	for i, w := range want.reported {
		g := reported.bad[i]
		if g.File != w.file || g.Line != w.line || w.column > 0 && g.Column != w.column {
			t.Fatalf("reported %v, want %v", g, w)
		}
	}
	// A rejected record may have had the field that exceeded the limit.
	reached := reported.limitReached == 1
	if reached != want.limitReached && (!reached || want.rejected == 0) || reported.limitReached > 1 {
		t.Fatalf("the limit was reported %d times, want %v", reported.limitReached, want.limitReached)
	}
}

// TestRunTwice: mavg replaces the member that it added before, so a second run
// changes no byte.
func TestRunTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t, false)
		r.onlyAnomalies = false // the second run does not see the records before
		once, _, _, _ := r.run([]file{{"-", stream(t, false)}}, unwrapped)
		twice, _, _, _ := r.run([]file{{"-", once}}, unwrapped)
		if once != twice {
			t.Fatalf("once:\n%s\ntwice:\n%s", once, twice)
		}
	})
}

// TestExamples: small inputs give the averages computed by hand.
func TestExamples(t *testing.T) {
	t.Parallel()
	with := func(change func(*rules)) rules {
		r := defaults
		change(&r)
		return r
	}
	for _, c := range []struct {
		name    string
		r       rules
		in, out string // out: the added members
	}{
		{"decimal", with(func(r *rules) {}), `{"x":0.1} {"x":0.2} {"x":0.3}`, `{"x":0.1} {"x":0.15} {"x":0.2}`},
		{"forgets a spike", with(func(r *rules) { r.n = 2 }), `{"x":1e300} {"x":1} {"x":2}`, `{"x":1e+300} {"x":5e+299} {"x":1.5}`},
		{"never -0", with(func(r *rules) {}), `{"x":-0.0} {"x":-4e-324}`, `{"x":0} {"x":0}`},
		{"nothing numeric", with(func(r *rules) {}), `{} {"s":"1"}`, `{} {}`},
		{"time is not averaged", with(func(r *rules) {}), `{"timestamp":5,"x":1}`, `{"x":1}`},
		{"time is averaged with -f", with(func(r *rules) { r.fields = [][]string{{"timestamp"}} }), `{"timestamp":5,"x":1}`, `{"timestamp":5}`},
		{
			"deviation of three", with(func(r *rules) { r.stats = []string{"sd"} }),
			`{"x":1000000000000.1} {"x":1000000000000.2} {"x":1000000000000.3}`, `{"x":null} {"x":0.07071067811865475} {"x":0.1}`,
		},
		{
			"keys are compared decoded", with(func(r *rules) { r.by = [][]string{{"k"}} }),
			`{"k":"a","x":1} {"k":"\u0061","x":3} {"k":1,"x":5} {"k":1.0,"x":7} {"x":9} {"k":null,"x":11}`,
			`{"x":1} {"x":2} {"k":1,"x":5} {"k":1,"x":7} {"x":9} {"x":10}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, _, err := c.r.run([]file{{"-", strings.ReplaceAll(c.in, "} {", "}\n{")}}, unwrapped)
			if err != nil {
				t.Fatal(err)
			}
			var added []string
			for l := range strings.Lines(got) {
				x, _ := oracle.Find(l, []string{"moving_averages"})
				added = append(added, x.Value)
			}
			s := strings.Join(added, " ")
			if s != c.out {
				t.Errorf("got  %s\nwant %s", s, c.out)
			}
		})
	}
}

// TestManyFields: records may have hundreds of fields.
func TestManyFields(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 4 {
		for k := range 600 {
			fmt.Fprintf(&text, `%c"f%d":%d`, "{,"[min(k, 1)], k, i*i+k)
		}
		text.WriteString("}\n")
	}
	r := defaults
	r.n = 2
	check(t, r, []file{{"-", text.String()}}, unwrapped)
}

// TestTimesAreReadWhereTheyAreUsed: the parser finds the time of each record if -t names it or if
// it is printed, which is much faster than to look for it afterwards; else not, which is faster
// still.
func TestTimesAreReadWhereTheyAreUsed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ named, only, read bool }{{}, {named: true, read: true}, {only: true, read: true}} {
		o := defaults.options()
		o.Time, o.TimeNamed, o.Only = batch.Path{"timestamp"}, c.named, c.only
		got := !mavg.New(o).Plan().TimeUnread
		if got != c.read {
			t.Errorf("%+v: times are read: %v", c, got)
		}
		if c.only && !mavg.NewTail(o).Plan().TimeUnread {
			t.Error("a run that prints nothing reads times")
		}
	}
}
