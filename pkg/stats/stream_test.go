package stats_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/deviation"
	"weir/pkg/internal/oracle"
	"weir/pkg/pipe"
	"weir/pkg/stats"
)

// stream is an input that can be read once; a tape can be rewound.
type stream struct {
	file
	at, step int
}

func (s *stream) Name() string { return s.name }

func (s *stream) Read(p []byte) (int, error) {
	if s.at == len(s.text) {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.step)], s.text[s.at:])
	s.at += n
	return n, nil
}

type tape struct {
	stream
	regular bool
}

func (t *tape) Regular() bool { return t.regular }
func (t *tape) Rewind() error { t.at = 0; return nil }

// reports is a pipe.Reporter that records what is reported.
type reports struct {
	bad          []string // file:line
	limitReached int
	incomplete   int
}

func (r *reports) Bad(f *batch.LineError) {
	r.bad = append(r.bad, fmt.Sprintf("%s:%d", f.File, f.Line))
}
func (r *reports) Late(*batch.LineError)          { panic("stats has no late records") }
func (r *reports) LimitReached()                  { r.limitReached++ }
func (r *reports) Incomplete()                    { r.incomplete++ }
func (r *reports) FoundTime(batch.Path, bool)     {}
func (r *reports) Missing(batch.Missing, int64)   {}
func (r *reports) NoNumber(batch.Unread)          {}
func (r *reports) Skipped(*batch.LineError)       {}
func (r *reports) Replaced(string, string, int64) {}
func (r *reports) Notice(*batch.LineError)        {}

type output struct{ bytes.Buffer }

func (*output) Flush() error { return nil }

// options are the filter's options for the rules.
func (r *rules) options() stats.Options {
	o := stats.Options{Time: batch.Path{"timestamp"}, TimeNamed: r.named, Anomalies: r.anomalies, List: r.list, MaxGroups: r.max}
	for _, p := range r.fields {
		o.Fields = append(o.Fields, batch.Path(p))
	}
	for _, p := range r.by {
		o.By = append(o.By, batch.Path(p))
	}
	for _, c := range r.where {
		cond, err := batch.ParseCond(c)
		if err != nil {
			panic(err)
		}
		o.Where = append(o.Where, cond)
	}
	for _, name := range r.stats {
		s, err := agg.ParseStat(name)
		if err != nil {
			panic(err)
		}
		o.Stats = append(o.Stats, s)
	}
	var err error
	o.Deviation, err = deviation.Parse(r.deviation)
	if err != nil {
		panic(err)
	}
	return o
}

// inputs are the files: as regular files, as pipes, or as a mixture of both.
func inputs(files []file, kind string, step int) (list []pipe.Input) {
	for i, f := range files {
		s := stream{file: f, step: step}
		switch {
		case kind == "files" || kind == "mixed" && i%2 == 0:
			list = append(list, &tape{s, true})
		case kind == "mixed" && i%4 == 1:
			list = append(list, &tape{s, false})
		default:
			list = append(list, &s)
		}
	}
	return list
}

// run runs the filter over inputs.
func run(t rapid.TB, o stats.Options, bad pipe.Bad, list []pipe.Input) (string, pipe.Ledger, *reports) {
	out, reported := &output{}, &reports{}
	p := pipe.New(pipe.Config{Tool: "stats", Filter: stats.New(o), Out: out, Reporter: reported, Digits: -1, Bad: bad, Jobs: 3})
	if err := p.Run(func() (pipe.Input, error) {
		if len(list) == 0 {
			return nil, io.EOF
		}
		in := list[0]
		list = list[1:]
		return in, nil
	}); err != nil {
		t.Fatal(err)
	}
	return out.String(), p.Ledger(), reported
}

// check compares output, ledger and reports with those of the model, for every
// kind of input.
func check(t rapid.TB, r rules, files []file, step int) {
	t.Helper()
	want := expect(r, files)
	text := want.text(false)
	want.ledger.Printed = int64(strings.Count(text, "\n"))
	for _, kind := range []string{"files", "pipes", "mixed"} {
		got, ledger, reported := run(t, r.options(), r.bad, inputs(files, kind, step))
		if got != text {
			t.Fatalf("%s\nrules: %+v\ninput:\n%s\noutput:\n%s\nwant:\n%s", kind, r, shown(files), got, text)
		}
		if ledger != want.ledger {
			t.Fatalf("%s\nrules: %+v\ninput:\n%s\nledger: %+v\nwant: %+v", kind, r, shown(files), ledger, want.ledger)
		}
		if !slices.Equal(reported.bad, want.reported) || reported.limitReached != want.limitReached || reported.incomplete != 0 {
			t.Fatalf("%s\nrules: %+v\ninput:\n%s\nreported: %+v, want %v, limit reached %d", kind, r, shown(files), *reported, want.reported, want.limitReached)
		}
	}
}

func shown(files []file) string {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "--- %s\n%s\n", f.name, f.text)
	}
	return b.String()
}

func drawRules(t *rapid.T) rules {
	r := rules{
		stats: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"count", "mean", "min", "max", "sum", "sd", "var", "median", "p90", "p99.9", "mad", "p0", "p100", "first", "last", "delta",
		}), 1, 5, rapid.ID).Draw(t, "stats"),
		named:     rapid.Bool().Draw(t, "-t"),
		deviation: rapid.SampledFrom([]string{"20%", "20%", "none", "none", "none", "0%", "50%", "100%", "0.001%", "1sd", "3sd", "1.5sd", "0sd"}).Draw(t, "deviation"),
		anomalies: rapid.SampledFrom([]int{0, 1, 2, 3, 100}).Draw(t, "anomalies"),
		bad:       rapid.SampledFrom([]pipe.Bad{pipe.Report, pipe.Report, pipe.Skip, pipe.Stop}).Draw(t, "bad"),
		by:        [][]string{{"k"}, {"o", "l"}}[:rapid.IntRange(0, 2).Draw(t, "keys")],
	}
	r.list = r.deviation != "none" && rapid.IntRange(0, 3).Draw(t, "list") == 0
	if rapid.Bool().Draw(t, "-f") {
		r.fields = rapid.SliceOfNDistinct(rapid.SampledFrom([][]string{{"a"}, {"b"}, {"o", "a"}, {"o", "b"}, {"é.è"}}), 1, 3,
			func(p []string) string { return strings.Join(p, "/") }).Draw(t, "fields")
		r.max = rapid.SampledFrom([]int{1000000, 1000000, 1, 2, 3, 5}).Draw(t, "max groups")
	} else {
		r.max = rapid.SampledFrom([]int{1000000, 1000000, 5, 6, 7}).Draw(t, "max groups") // at least the number of names
	}
	if rapid.IntRange(0, 2).Draw(t, "where") == 0 {
		r.where = []string{"in=yes", rapid.SampledFrom([]string{"k=1", "k!=1", "a>=1", "b<2"}).Draw(t, "condition")}[:rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "conditions")]
	}
	if rapid.IntRange(0, 2).Draw(t, "runs") == 0 { // with these, records are used as runs
		r.by, r.deviation, r.list = nil, "none", false
	}
	if len(r.by) == 0 {
		r.by = nil
	}
	return r
}

// numbers come in families: in each, some are equal, at a limit, or far away.
var numbers = [][]string{
	{"100", "80", "120", "1e2", "79.999999999999999999999", "120.000000000000000000001", "100.0", "150"},
	{"-100", "-80", "-120", "-1.2e2", "-79.9999999999999999", "-50"},
	{"1", "-1", "0", "-0", "0.0", "1e0", "2", "-2"},
	{"0.1", "0.2", "0.3", "1000000000000.1", "1000000000000.2", "1000000000000.3"},
	{"1e300", "-1e300", "1e-300", "1.7976931348623157e308", "-1.7976931348623157e308", "3"},
	{"5e-324", "7e-324", "1e-323", "3e-324", "1e-1100", "2.5e-323", "-5e-324", "2e-320"},
	{"123456789012345678", "123456789012345678901234567890", "12345678901234567", "0.000000000000000000000000000000000000001"},
}

var (
	times = []string{
		`"2018-12-26 18:11:08"`, `"2018-12-26T18:11:08Z"`, `"2018-12-26 18:11:08.5"`, `"2018-12-26T19:11:08+01:00"`, `"2018-12-26T18:\u0031\u0031:08Z"`,
		`"1969-12-31 23:59:59.999999999"`, `"2019-01-01 00:00:00"`, `"2018-12-26 18:11:07"`,
	}
	noTimes  = []string{"null", `"2018-02-30 00:00:00"`, `"soon"`, `""`, "true", "{}"}
	noNumber = []string{`"7"`, "true", "1e309", "1e-2000", "{}", "[1]", "null", "null"}
	keys     = []string{`"a"`, `"\u0061"`, `"a!"`, `"é"`, `""`, "1", "1.0", "true", "null", "12", "[1]"}
	broken   = []string{`{"a":`, "nonsense", "7", `"a"`, `{"a":01}`, "{\"a\":\"\x01\"}", `{"a":1}}`}
)

// drawValue is a number of the family, or sometimes something else.
func drawValue(t *rapid.T, family []string) string {
	if rapid.IntRange(0, 24).Draw(t, "other value") == 20 {
		return rapid.SampledFrom(noNumber).Draw(t, "value")
	}
	return rapid.SampledFrom(family).Draw(t, "value")
}

func drawLine(t *rapid.T, r *rules, family []string) string {
	var list, inner []string
	add := func(list *[]string, name, value string) { *list = append(*list, oracle.Quote(name)+":"+value) }
	key := func() string {
		return rapid.SampledFrom(keys[:rapid.SampledFrom([]int{4, 4, 10, 10, 10, 10, 11}).Draw(t, "keys")]).Draw(t, "key")
	}
	kind := rapid.IntRange(0, 40).Draw(t, "kind of line")
	if kind == 40 {
		return rapid.SampledFrom(broken).Draw(t, "line")
	}
	if kind != 39 {
		add(&list, "in", `"yes"`)
	}
	for range rapid.IntRange(0, 3).Draw(t, "members") {
		add(&list, rapid.SampledFrom([]string{"a", "a", "b", "é.è"}).Draw(t, "name"), drawValue(t, family))
	}
	for range rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(t, "inner members") {
		add(&inner, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name"), drawValue(t, family))
	}
	if rapid.IntRange(0, 3).Draw(t, "has a key") > 0 {
		add(&list, "k", key())
		add(&inner, "l", key())
	}
	if len(inner) > 0 {
		add(&list, "o", "{"+strings.Join(inner, ",")+"}")
	}
	switch rapid.IntRange(0, 12).Draw(t, "time") {
	case 11:
	case 12:
		add(&list, "timestamp", rapid.SampledFrom(noTimes).Draw(t, "time"))
	default:
		add(&list, "timestamp", rapid.SampledFrom(times).Draw(t, "time"))
	}
	line := "{" + strings.Join(rapid.Permutation(list).Draw(t, "order"), ", ") + "}"
	return rapid.SampledFrom([]string{"", "", "", " "}).Draw(t, "indent") + line + rapid.SampledFrom([]string{"", "", "\r", " "}).Draw(t, "end")
}

// drawSimilar draws lines of one layout, as machines write them, so that they are
// used as runs; a few differ.
func drawSimilar(t *rapid.T) string {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	family := rapid.SampledFrom(append([][]string{{"1", "-2.5", "0.75", "70.12", "119.1000", "0", "1234567.8"}}, numbers...)).Draw(t, "family")
	usual := family[:rapid.IntRange(1, len(family)).Draw(t, "usual")]
	perMille := rapid.SampledFrom([]int{0, 30}).Draw(t, "different, in a thousand")
	rarely := func() bool { return rng.IntN(1000) < perMille }
	anyTimes := rapid.SliceOfN(rapid.SampledFrom(times), 0, 4).Draw(t, "times in any order")
	var b strings.Builder
	for i := range rapid.IntRange(2, 60).Draw(t, "lines") {
		at, in := fmt.Sprintf(`"2018-12-26 18:11:%02d"`, i), "yes"
		switch {
		case len(anyTimes) > 0:
			at = anyTimes[rng.IntN(len(anyTimes))]
		case rarely():
			at = "null"
		}
		if rarely() {
			in = "no"
		}
		fmt.Fprintf(&b, `{"in":"%s","timestamp":%s`, in, at)
		for _, name := range []string{"a", "b"} {
			if !rarely() {
				fmt.Fprintf(&b, `,"%s":%s`, name, usual[rng.IntN(len(usual))])
			}
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func drawFiles(t *rapid.T, r *rules) (files []file) {
	family := rapid.SampledFrom(numbers).Draw(t, "family")
	for i := range rapid.SampledFrom([]int{1, 1, 2, 4}).Draw(t, "files") {
		if rapid.IntRange(0, 2).Draw(t, "similar lines") == 0 {
			files = append(files, file{fmt.Sprintf("in %d\u2028.jsonl", i), drawSimilar(t)})
			continue
		}
		var lines []string
		for range rapid.IntRange(0, 15).Draw(t, "lines") {
			lines = append(lines, drawLine(t, r, family))
		}
		text := strings.Join(lines, "\n")
		if rapid.Bool().Draw(t, "a last line break") {
			text += "\n"
		}
		files = append(files, file{fmt.Sprintf("in %d\u2028.jsonl", i), text})
	}
	return files
}

// TestSummaryIsThatOfTheModel: every byte, every count and every report is, whether
// the input can be read again or not.
func TestSummaryIsThatOfTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		check(t, r, drawFiles(t, &r), rapid.SampledFrom([]int{1 << 20, 1 << 20, 100, 1}).Draw(t, "read at once"))
	})
}
