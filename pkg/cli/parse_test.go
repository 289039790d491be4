package cli

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/ndjson"
)

// gauge has a flag of every type.
type gauge struct {
	Last     int        `short:"n" default:"5" placeholder:"5" help:"A count. Of something."`
	Field    Fields     `short:"f" placeholder:"a,b.c" help:"What. A dot of a name is written \\. ."`
	Agg      Stats      `short:"a" default:"mean" placeholder:"mean" help:"How it is put together, in words that are more than a line of the screen can hold."`
	Where    Conds      `placeholder:"FIELD=VALUE" help:"Which."`
	Time     Field      `short:"t" default:"timestamp" placeholder:"FIELD" help:"When."`
	Format   TimeFormat `default:"auto" placeholder:"auto" more:"" help:"How that is written."`
	Window   Minutes    `short:"w" default:"10" placeholder:"10" help:"How long."`
	Every    Span       `default:"1m" placeholder:"1m" help:"How often."`
	Lateness Lateness   `default:"0" placeholder:"30s" help:"How late."`
	MaxGap   Gap        `placeholder:"31d" help:"How far."`
	Live     bool       `help:"Whether."`
	Shared
}

func newGauge() (*gauge, *Tool) {
	g := &gauge{}
	return g, &Tool{
		Name: "gauge", Does: "measures", About: strings.Repeat("It is good to know what it is about. ", 9), Flags: g, Shared: &g.Shared,
		Examples: []Example{{"gauge -n 5", "to see it work"}},
	}
}

// TestFlags: what is typed, and what it means.
func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args string // cut at blanks
		is   func(g *gauge) any
		want any
	}{
		{"", func(g *gauge) any { return g.Last }, 5},
		{"-n7", func(g *gauge) any { return g.Last }, 7},
		{"-n 1 --last 2", func(g *gauge) any { return g.Last }, 2},
		{"-n 010", func(g *gauge) any { return g.Last }, 10},
		{"", func(g *gauge) any { return g.Field }, Fields(nil)},
		{"-f a,b.c", func(g *gauge) any { return g.Field }, Fields{{"a"}, {"b", "c"}}},
		{"-f a -f b", func(g *gauge) any { return g.Field }, Fields{{"a"}, {"b"}}},
		{`-f a\,b,c\.d,e\\.f,g\h`, func(g *gauge) any { return g.Field }, Fields{{"a,b"}, {"c.d"}, {`e\`, "f"}, {`g\h`}}},
		{`-f a\\,b`, func(g *gauge) any { return g.Field }, Fields{{`a\`}, {"b"}}},
		{`-f é,-`, func(g *gauge) any { return g.Field }, Fields{{"é"}, {"-"}}},
		{"", func(g *gauge) any { return names(g.Agg) }, "mean"},
		{"-a max", func(g *gauge) any { return names(g.Agg) }, "max"},
		{"-a mean", func(g *gauge) any { return names(g.Agg) }, "mean"},
		{"-a p99.9,avg -a stddev", func(g *gauge) any { return names(g.Agg) }, "p99.9 mean sd"},
		{"--where a.b=c=d --where e=", func(g *gauge) any { return g.Where }, Conds{{Path: ndjson.Path{"a", "b"}, Value: "c=d"}, {Path: ndjson.Path{"e"}}}},
		{"", func(g *gauge) any { return g.Time.String() }, "timestamp"},
		{"-t a.b", func(g *gauge) any { return g.Time.Path }, ndjson.Path{"a", "b"}},
		{"", func(g *gauge) any { return time.Duration(g.Window) }, 10 * time.Minute},
		{"-w 1.5h", func(g *gauge) any { return time.Duration(g.Window) }, 90 * time.Minute},
		{"-w 90s", func(g *gauge) any { return time.Duration(g.Window) }, 90 * time.Second},
		{"-w 0.5", func(g *gauge) any { return time.Duration(g.Window) }, 30 * time.Second},
		{"--every 1d", func(g *gauge) any { return time.Duration(g.Every) }, 24 * time.Hour},
		{"", func(g *gauge) any { return time.Duration(g.Lateness) }, time.Duration(0)},
		{"--lateness 30s", func(g *gauge) any { return time.Duration(g.Lateness) }, 30 * time.Second},
		{"--lateness all", func(g *gauge) any { return time.Duration(g.Lateness) }, Forever},
		{"--max-gap none", func(g *gauge) any { return time.Duration(g.MaxGap) }, Forever},
		{"--max-gap 7d", func(g *gauge) any { return time.Duration(g.MaxGap) }, 168 * time.Hour},
		{"", func(g *gauge) any { return g.Digits }, Digits(-1)},
		{"--digits 0", func(g *gauge) any { return g.Digits }, Digits(0)},
		{"--digits 1000", func(g *gauge) any { return g.Digits }, Digits(1000)},
		{"", func(g *gauge) any { return g.MaxLine }, Size(64 << 20)},
		{"--max-line 1", func(g *gauge) any { return g.MaxLine }, Size(1)},
		{"--max-line 100B", func(g *gauge) any { return g.MaxLine }, Size(100)},
		{"--max-line 3K", func(g *gauge) any { return g.MaxLine }, Size(3 << 10)},
		{"--max-line 2047MiB", func(g *gauge) any { return g.MaxLine }, Size(2047 << 20)},
		{"--max-line 1G", func(g *gauge) any { return g.MaxLine }, Size(1 << 30)},
		{"--max-line 2147483647", func(g *gauge) any { return g.MaxLine }, Size(math.MaxInt32)},
		{"a -n 3 - b", func(g *gauge) any { return g.Files }, []string{"a", "-", "b"}},
		{"a -vn 3 b --live c -w90s d --digits=2 - -- -- -x", func(g *gauge) any { return g.Files }, []string{"a", "b", "c", "d", "-", "--", "-x"}},
		{"-v -- -n --help", func(g *gauge) any { return g.Files }, []string{"-n", "--help"}},
		{"-vn3", func(g *gauge) any { return fmt.Sprint(g.Verbose, g.Last) }, "true 3"},
	} {
		g, tool := newGauge()
		if asked, err := parse(tool, strings.Fields(c.args)); err != nil || asked != nil {
			t.Errorf("%s: %v, %s", c.args, err, asked)
		} else if got := c.is(g); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, want %#v", c.args, got, c.want)
		}
	}
}

func names(l Stats) string {
	var s []string
	for _, st := range l {
		s = append(s, st.Name)
	}
	return strings.Join(s, " ")
}

// TestWrongUsage: what a person is told.
func TestWrongUsage(t *testing.T) {
	for args, want := range map[string]string{
		"--filed|a":                `unknown flag --filed, did you mean "--field"?`,
		"--max|5":                  `unknown flag --max, did you mean "--max-gap" or "--max-line" or "--max-groups"?`,
		"-x":                       `unknown flag -x`,
		"-qx":                      `unknown flag -x`,
		"-5":                       `unknown flag -5`,
		"--nonsense":               `unknown flag --nonsense`,
		"-n":                       `--last: a value is missing`,
		"--digits":                 `--digits: a value is missing`,
		"-vn":                      `--last: a value is missing`,
		"a|b|-n":                   `--last: a value is missing`,
		"-n|--|a":                  `--last: a value is missing`,
		"-n|-5":                    `--last: a value is missing (if it is -5, write --last=-5)`,
		"-f|--by":                  `--field: a value is missing (if it is --by, write --field=--by)`,
		"-n|x":                     `--last: not a whole number: "x"`,
		"-n|5.5":                   `--last: not a whole number: "5.5"`,
		"-nv":                      `--last: not a whole number: "v"`,
		"-n|0x10":                  `--last: not a whole number: "0x10"`,
		"-n|99999999999999999999":  `--last: too large: 99999999999999999999`,
		"--live=3":                 `--live takes no value: "3"`,
		"-q|-v":                    `--verbose and --quiet do not go together`,
		"-f|a,b|-f|a":              `--field: "a" stands there twice`,
		"-f|a.b,a\\.b":             `--field: two fields would both be called "a.b" in the output`,
		"-f|a,,b":                  `--field: a field needs a name`,
		"-f|":                      `--field: a field needs a name`,
		"-f|a..b":                  `--field: the field "a..b" has an empty name between its dots (write \. for a literal dot)`,
		"-a|mean,average":          `--agg: "mean" stands there twice`,
		"-a|max|-a|min,max":        `--agg: "max" stands there twice`,
		"-a|mean,":                 `--agg: no statistic is called "": there are count, mean, min, max, sum, sd, var, median, pN (p90, p99.9), first, last`,
		"--where|a":                `--where: "a" is no condition: write FIELD=VALUE`,
		"--where|=a":               `--where: a field needs a name`,
		"-w|1x":                    `--window: "1x" is not a span of time: write 90s, 10m, 1.5h or 7d`,
		"--every|5":                `--every: "5" is not a span of time: write 90s, 10m, 1.5h or 7d`,
		"--lateness|none":          `--lateness: "none" is not a span of time: write 90s, 10m, 1.5h or 7d, or all`,
		"--max-gap|all":            `--max-gap: "all" is not a span of time: write 90s, 10m, 1.5h or 7d, or none`,
		"--digits|1001":            `--digits: "1001" is no number of decimals from 0 to 1000`,
		"--digits|two":             `--digits: "two" is no number of decimals from 0 to 1000`,
		"--max-line|0":             `--max-line: "0" is no size: write 500K, 64MiB or 1GiB, below 2GiB`,
		"--max-line|2GiB":          `--max-line: "2GiB" is no size: write 500K, 64MiB or 1GiB, below 2GiB`,
		"--max-line|5X":            `--max-line: "5X" is no size: write 500K, 64MiB or 1GiB, below 2GiB`,
		"--max-line|K":             `--max-line: "K" is no size: write 500K, 64MiB or 1GiB, below 2GiB`,
		"--max-line|1iB":           `--max-line: "1iB" is no size: write 500K, 64MiB or 1GiB, below 2GiB`,
		"--bad|never":              `--bad never: write report, skip or stop`,
		"--max-groups|0":           `--max-groups must be at least 1`,
		"--max-groups=-3":          `--max-groups must be at least 1`,
		"--format|nonsense":        `--format: not a time format: nonsense`,
		"--where|a=1|--where|b.=1": `--where: the field "b." has an empty name`,
	} {
		_, tool := newGauge()
		asked, err := parse(tool, strings.Split(args, "|"))
		if err == nil || asked != nil {
			t.Errorf("%s: taken", args)
			continue
		}
		if got := err.Error(); got != want && !(strings.HasPrefix(got, want) && len(want) > 30) {
			t.Errorf("%s:\n got %s\nwant %s", args, got, want)
		}
	}
}

// TestHelp: what is asked for is given, whatever else is wrong.
func TestHelp(t *testing.T) {
	short, long := help(t, "-h"), help(t, "--help")
	for _, args := range []string{"--wrong -h", "-h --wrong", "-n x -h", "-vh", "-hq", "file -h"} {
		if help(t, args) != short {
			t.Errorf("%s is not -h", args)
		}
	}
	if help(t, "--wrong --help -n") != long {
		t.Error("--help is not --help beside a wrong flag")
	}
	if v := help(t, "--wrong --version"); !strings.HasPrefix(v, "gauge (weir) ") || strings.Count(v, "\n") != 1 {
		t.Errorf("version %q", v)
	}
	if n := strings.Count(short, "\n"); n > 40 {
		t.Errorf("-h has %d lines, more than a screen", n)
	}
	for i, l := range strings.Split(short+long, "\n") {
		if utf8.RuneCountInString(l) > 80 || strings.TrimRight(l, " ") != l {
			t.Errorf("line %d is too long, or ends in blanks: %q", i, l)
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[gauge]()) {
		if f.Anonymous || f.Name == "Files" {
			continue
		}
		flag := "--" + hyphened(f.Name)
		_, more := f.Tag.Lookup("more")
		if !strings.Contains(long, flag) || strings.Contains(short, flag+" ") == more {
			t.Errorf("%s is missing in --help, or wrongly there or missing in -h", flag)
		}
		if s := f.Tag.Get("short"); s != "" && !strings.Contains(short, "  -"+s+", "+flag) {
			t.Errorf("-%s is missing in -h", s)
		}
	}
	for _, s := range []string{"gauge -n 5", "to see it work", "what it is about", "74"} {
		if !strings.Contains(long, s) {
			t.Errorf("--help says nothing of %q", s)
		}
	}
}

func help(t *testing.T, args string) string {
	t.Helper()
	_, tool := newGauge()
	asked, err := parse(tool, strings.Fields(args))
	if err != nil || asked == nil {
		t.Fatalf("%s: %v", args, err)
	}
	return string(asked)
}

// hyphened is how a field's name is typed.
func hyphened(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// TestHelpIsNoValue: what follows -- are files, whatever they are called.
func TestHelpIsNoValue(t *testing.T) {
	g, tool := newGauge()
	if asked, err := parse(tool, []string{"--", "-h"}); asked != nil || err != nil || len(g.Files) != 1 {
		t.Errorf("%s, %v, %v", asked, err, g.Files)
	}
}

// TestWrap: the words stay, in order, and no line is too long but for a word
// that is.
func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zé·]{1,12}`)).Draw(t, "words")
		width := rapid.IntRange(1, 30).Draw(t, "width")
		text := wrap(strings.Join(words, " "), width, "  ")
		if got := strings.Fields(text); strings.Join(got, " ") != strings.Join(words, " ") {
			t.Fatalf("%q of %q", got, words)
		}
		lines := strings.Split(text, "\n")
		for i, l := range lines {
			if i > 0 {
				l = strings.TrimPrefix(l, "  ")
			}
			if n := utf8.RuneCountInString(l); n > width && strings.Contains(l, " ") {
				t.Fatalf("%q is longer than %d", l, width)
			}
			if i+1 < len(lines) {
				first, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " ")
				if utf8.RuneCountInString(l+" "+first) <= width {
					t.Fatalf("%q had room for %q", l, first)
				}
			}
		}
	})
}
