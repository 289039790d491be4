package cli

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/cli/flagtype"
	"weir/pkg/stamp"
)

// gauge has a flag of every type.
type gauge struct {
	Last     int                 `group:"window" short:"n" default:"5" placeholder:"N" min:"1" help:"A count. Of something."`
	Seed     int64               `group:"window" default:"1" placeholder:"N" help:"A number."`
	Field    flagtype.Fields     `group:"window" short:"f" placeholder:"FIELDS" help:"What. By default, everything; write \\. for a dot."`
	Agg      flagtype.Stats      `group:"window" short:"a" default:"mean" placeholder:"STATS" help:"One of {stats}, in words that are more than a line of the screen can hold."`
	Where    flagtype.Conds      `group:"input" placeholder:"FIELD=VALUE" help:"Which. By default, all."`
	Time     flagtype.Field      `group:"input" short:"t" default:"timestamp" placeholder:"FIELD" help:"When."`
	Layout   flagtype.TimeFormat `group:"input" default:"auto" placeholder:"FORMAT" more:"" help:"How that is written."`
	Window   flagtype.Minutes    `group:"window" short:"w" default:"10" placeholder:"DURATION" help:"How long."`
	Every    flagtype.Span       `group:"window" default:"1m" placeholder:"DURATION" help:"How often."`
	Lateness flagtype.Lateness   `group:"window" default:"0" placeholder:"DURATION" help:"How late."`
	MaxGap   flagtype.Gap        `group:"input" placeholder:"DURATION" help:"How far (default: it depends)."`
	Live     bool                `group:"window" help:"Whether."`
	Rate     flagtype.Rate       `group:"window" placeholder:"RATE" help:"How fast (default: real time)."`
	Shared
}

func newGauge() (*gauge, *Tool) {
	g := &gauge{}
	return g, &Tool{
		Name: "gauge", Summary: "measures", About: strings.Repeat("It is good to know what it is about. ", 9), Flags: g, Stats: agg.AnyKind,
		Hints:    map[string]string{"-z": "use -w"},
		Examples: []Example{{Command: "gauge -n 5", Why: "to see it work"}, {Command: "gauge -n 6", Why: "the same with six"}},
	}
}

// TestFlags: every form of every kind of flag is decoded to its value.
func TestFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string // separated by blanks
		is   func(g *gauge) any
		want any
	}{
		{"", func(g *gauge) any { return g.Last }, 5},
		{"-n7", func(g *gauge) any { return g.Last }, 7},
		{"-n 1 --last 2", func(g *gauge) any { return g.Last }, 2},
		{"-n 010", func(g *gauge) any { return g.Last }, 10},
		{"--seed=-5", func(g *gauge) any { return g.Seed }, int64(-5)},
		{"", func(g *gauge) any { return g.Field }, flagtype.Fields(nil)},
		{"-f a,b.c", func(g *gauge) any { return g.Field }, flagtype.Fields{{"a"}, {"b", "c"}}},
		{"-f a -f b", func(g *gauge) any { return g.Field }, flagtype.Fields{{"a"}, {"b"}}},
		{`-f a\,b,c\.d,e\\.f,g\h`, func(g *gauge) any { return g.Field }, flagtype.Fields{{"a,b"}, {"c.d"}, {`e\`, "f"}, {`g\h`}}},
		{`-f a\\,b`, func(g *gauge) any { return g.Field }, flagtype.Fields{{`a\`}, {"b"}}},
		{`-f é,-`, func(g *gauge) any { return g.Field }, flagtype.Fields{{"é"}, {"-"}}},
		{`-f=a`, func(g *gauge) any { return g.Field }, flagtype.Fields{{"=a"}}},
		{`--field==a`, func(g *gauge) any { return g.Field }, flagtype.Fields{{"=a"}}},
		{"", func(g *gauge) any { return names(g.Agg) }, "mean"},
		{"-a max", func(g *gauge) any { return names(g.Agg) }, "max"},
		{"-a mean", func(g *gauge) any { return names(g.Agg) }, "mean"},
		{"-a p99.9,avg -a stddev", func(g *gauge) any { return names(g.Agg) }, "p99.9 mean sd"},
		{"--where a.b=c=d --where e=", func(g *gauge) any { return g.Where }, flagtype.Conds{{Path: batch.Path{"a", "b"}, Value: "c=d"}, {Path: batch.Path{"e"}}}},
		{"--where a>=70.0", func(g *gauge) any { return g.Where }, flagtype.Conds{{Path: batch.Path{"a"}, Op: batch.GreaterEqual, Value: "70.0"}}},
		{"", func(g *gauge) any { return g.Time.String() }, "timestamp"},
		{"-t a.b", func(g *gauge) any { return g.Time.Path }, batch.Path{"a", "b"}},
		{"", func(g *gauge) any { return time.Duration(g.Window) }, 10 * time.Minute},
		{"-w 1.5h", func(g *gauge) any { return time.Duration(g.Window) }, 90 * time.Minute},
		{"-w 90s", func(g *gauge) any { return time.Duration(g.Window) }, 90 * time.Second},
		{"-w 0.5", func(g *gauge) any { return time.Duration(g.Window) }, 30 * time.Second},
		{"--every 1d", func(g *gauge) any { return time.Duration(g.Every) }, 24 * time.Hour},
		{"", func(g *gauge) any { return time.Duration(g.Lateness) }, time.Duration(0)},
		{"--lateness 30s", func(g *gauge) any { return time.Duration(g.Lateness) }, 30 * time.Second},
		{"--lateness 5", func(g *gauge) any { return time.Duration(g.Lateness) }, 5 * time.Minute},
		{"--lateness all", func(g *gauge) any { return time.Duration(g.Lateness) }, flagtype.Forever},
		{"--max-gap none", func(g *gauge) any { return time.Duration(g.MaxGap) }, flagtype.Forever},
		{"--max-gap 7d", func(g *gauge) any { return time.Duration(g.MaxGap) }, 168 * time.Hour},
		{"", func(g *gauge) any { return g.Digits }, flagtype.Digits(-1)},
		{"--digits 0", func(g *gauge) any { return g.Digits }, flagtype.Digits(0)},
		{"--digits 1000", func(g *gauge) any { return g.Digits }, flagtype.Digits(1000)},
		{"", func(g *gauge) any { return g.MaxLine }, flagtype.Size(64 << 20)},
		{"--max-line 1", func(g *gauge) any { return g.MaxLine }, flagtype.Size(1)},
		{"--max-line 100B", func(g *gauge) any { return g.MaxLine }, flagtype.Size(100)},
		{"--max-line 3K", func(g *gauge) any { return g.MaxLine }, flagtype.Size(3 << 10)},
		{"--max-line 2047MiB", func(g *gauge) any { return g.MaxLine }, flagtype.Size(2047 << 20)},
		{"--max-line 1G", func(g *gauge) any { return g.MaxLine }, flagtype.Size(1 << 30)},
		{"--max-line 2147483647", func(g *gauge) any { return g.MaxLine }, flagtype.Size(math.MaxInt32)},
		{"-j 0", func(g *gauge) any { return g.Jobs }, 0},
		{"-j 1024", func(g *gauge) any { return g.Jobs }, 1024},
		{"-v=x", nil, nil},
		{"", func(g *gauge) any { return g.Rate }, flagtype.Rate(0)},
		{"-o m\xe4", func(g *gauge) any { return g.Output }, flagtype.File("m\xe4")},
		{"-vom\xe4\xff", func(g *gauge) any { return g.Output }, flagtype.File("m\xe4\xff")},
		{"--rejects=\xe4", func(g *gauge) any { return g.Rejects }, flagtype.File("\xe4")},
		{"m\xe4 - m\xf6 a,b", func(g *gauge) any { return g.Files }, []string{"m\xe4", "-", "m\xf6", "a,b"}},
		{"-- -\xe4", func(g *gauge) any { return g.Files }, []string{"-\xe4"}},
		{"--rate max", func(g *gauge) any { return g.Rate }, flagtype.MaxRate},
		{"--rate 1000000000", func(g *gauge) any { return g.Rate }, flagtype.Rate(1000000000)},
		{"--live", func(g *gauge) any { return g.Live }, true},
		{"--live=No", func(g *gauge) any { return g.Live }, false},
		{"a -n 3 - b", func(g *gauge) any { return g.Files }, []string{"a", "-", "b"}},
		{"a -vn 3 b --live c -w90s d --digits=2 - -- -- -x", func(g *gauge) any { return g.Files }, []string{"a", "b", "c", "d", "-", "--", "-x"}},
		{"-v -- -n --help", func(g *gauge) any { return g.Files }, []string{"-n", "--help"}},
		{"-vn3", func(g *gauge) any { return fmt.Sprint(g.Verbose, g.Last) }, "true 3"},
		{"", func(g *gauge) any { return g.FlagName("last") + g.FlagName("every") }, "-n--every"},
		{"--last 3", func(g *gauge) any { return g.FlagName("last") }, "--last"},
		{"--last 3 -vn4", func(g *gauge) any { return g.FlagName("last") }, "-n"},
	} {
		g, tool := newGauge()
		text, err := parse(tool, strings.Fields(c.args))
		if c.is == nil {
			if err == nil {
				t.Errorf("%s: accepted", c.args)
			}
			continue
		}
		if err != nil || text != nil {
			t.Errorf("%s: %v, %s", c.args, err, text)
			continue
		}
		got := c.is(g)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, want %#v", c.args, got, c.want)
		}
	}
}

func names(l flagtype.Stats) string {
	var s []string
	for _, st := range l {
		s = append(s, st.Name)
	}
	return strings.Join(s, " ")
}

// TestWrongUsage: a message names the flag as it was typed, and says what
// to write. Parts of messages that are made by other packages are taken from there.
func TestWrongUsage(t *testing.T) {
	t.Parallel()
	duration := func(s string) string { _, err := stamp.ParseSpan(s, 0); return err.Error() }
	path := func(s string) string { _, err := batch.ParsePath(s); return err.Error() }
	statistic := func(s string) string { _, err := agg.ParseStat(s); return err.Error() }
	format := func(s string) string { _, err := stamp.ParseFormat(s); return err.Error() }
	for args, want := range map[string]string{
		"--filed|a":                    `unknown flag --filed (did you mean --field?)`,
		"--max|5":                      `unknown flag --max (did you mean --max-gap, --max-line or --max-groups?)`,
		"--window_size|5":              `unknown flag --window_size (did you mean --window?)`,
		"--max_line|5":                 `unknown flag --max_line (did you mean --max-line?)`,
		"-N|5":                         `unknown flag -N (did you mean -n?)`,
		"-V":                           `unknown flag -V (--version prints the version)`,
		"-z|5":                         `unknown flag -z (use -w)`,
		"--input_file|f":               `unknown flag --input_file (files are named without a flag: gauge FILE)`,
		"-x":                           `unknown flag -x`,
		"-qx":                          `unknown flag -x`,
		"-v=x":                         `-v takes no value: "x"`,
		"-v=true":                      `-v takes no value: "true"`,
		"-help":                        `unknown flag -help (did you mean --help? long flags have two hyphens)`,
		"-last=5":                      `unknown flag -last (did you mean --last? long flags have two hyphens)`,
		"-window|5":                    `unknown flag -window (did you mean --window? long flags have two hyphens)`,
		"-window_size|5":               `unknown flag -window_size (did you mean --window? long flags have two hyphens)`,
		"-max-lin|5":                   `unknown flag -max-lin (did you mean --max-line? long flags have two hyphens)`,
		"-vlx":                         `unknown flag -l`,
		"--group|k":                    `unknown flag --group`,
		"--step|5":                     `unknown flag --step (use --every)`,
		"--time_zone|UTC":              `unknown flag --time_zone (times without a zone are UTC)`,
		"-tz|Europe/Berlin":            `unknown flag -tz (times without a zone are UTC)`,
		"--completion|bash":            `unknown flag --completion (use --generate bash, zsh or fish)`,
		"--csv":                        `unknown flag --csv (write --format csv)`,
		"-5":                           `unknown flag -5`,
		"-é":                           `unknown flag -é`,
		"--=x":                         `unknown flag --`,
		"--nonsense":                   `unknown flag --nonsense`,
		"--nonsense=1":                 `unknown flag --nonsense`,
		"-n":                           `-n: a value is missing`,
		"--last":                       `--last: a value is missing`,
		"--digits":                     `--digits: a value is missing`,
		"-vn":                          `-n: a value is missing`,
		"a|b|-n":                       `-n: a value is missing`,
		"-n|--|a":                      `-n: a value is missing`,
		"-n|-v":                        `-n: a value is missing before -v`,
		"-n|--every=1m":                `-n: a value is missing before --every=1m`,
		"-f|--foo":                     `-f: a value is missing (if it is --foo, write --field=--foo)`,
		"--seed|-5":                    `--seed: -5 looks like a flag: write --seed=-5`,
		"-n|-5":                        `-n must be at least 1`,
		"--last|-5":                    `--last must be at least 1`,
		"-n|0":                         `-n must be at least 1`,
		"-vn0":                         `-n must be at least 1`,
		"-n|x":                         `-n: "x" is not a whole number`,
		"--last|x":                     `--last: "x" is not a whole number`,
		"--last=x|-n|y":                `--last: "x" is not a whole number`,
		"-n|3|--live|--last|y":         `--last: "y" is not a whole number`,
		"-n|5.5":                       `-n: "5.5" is not a whole number`,
		"-n=5":                         `-n: "=5" is not a whole number (write -n 5)`,
		"-n=-5":                        `-n: "=-5" is not a whole number`,
		"-nv":                          `-n: "v" is not a whole number`,
		"-n|0x10":                      `-n: "0x10" is not a whole number`,
		"-n|99999999999999999999":      `-n must be at most ` + strconv.Itoa(math.MaxInt),
		"--seed=-99999999999999999999": `--seed must be at least -9223372036854775808`,
		"-j|1025":                      `-j must be from 0 to 1024`,
		"--jobs=-1":                    `--jobs must be from 0 to 1024`,
		"-j|99999999999999999999":      `-j must be from 0 to 1024`,
		"--live=3":                     `--live takes no value: "3"`,
		"-q|-v":                        `-q and -v cannot be used together`,
		"-vq":                          `-v and -q cannot be used together`,
		"--quiet|-v|-v":                `--quiet and -v cannot be used together`,
		"-f|a,b|-f|a":                  `-f: "a" is given twice`,
		"-f|a.b,a\\.b":                 `-f: two fields would both be called "a.b" in the output`,
		"--field|a,,b":                 `--field: ` + path(""),
		"-f|":                          `-f: the value is empty (a shell variable that is not set?)`,
		"--rate=":                      `--rate: the value is empty (a shell variable that is not set?)`,
		"-f|m\xe4":                     `-f: "m\xe4" is not UTF-8`,
		"--where|a=\xe4":               `--where: "a=\xe4" is not UTF-8`,
		"-f|a..b":                      `-f: ` + path("a..b"),
		"-a|mean,average":              `-a: "mean" is given twice`,
		"-a|max|-a|min,max":            `-a: "max" is given twice`,
		"-a|mean,":                     `-a: ` + statistic(""),
		"--where|a":                    `--where: "a" is not a condition: write FIELD OP VALUE in quotes, such as 'a>=5'; OP is =, !=, <, <=, > or >=`,
		"--where|=a":                   `--where: ` + path(""),
		"-w|1x":                        `-w: ` + duration("1x"),
		"--window|1x":                  `--window: ` + duration("1x"),
		"-w|-10":                       `-w must be longer than 0s`,
		"-w|-90s":                      `-w must be longer than 0s`,
		"--every|5":                    `--every: "5" has no unit: write 5s, 5m, 5h or 5d`,
		"--every|-5":                   `--every must be longer than 0s`,
		"--lateness|-5s":               `--lateness must be 0, longer, or all`,
		"--every|x":                    `--every: ` + duration("x"),
		"--lateness|none":              `--lateness: ` + duration("none") + `, or all`,
		"--lateness|999999999999":      `--lateness: "999999999999" is too long: durations are at most 106751d, or all`,
		"--max-gap|all":                `--max-gap: ` + duration("all") + `, or none`,
		"--digits|1001":                `--digits: "1001" is not a number of decimals from 0 to 1000`,
		"--digits|two":                 `--digits: "two" is not a number of decimals from 0 to 1000`,
		"--digits|-1":                  `--digits: -1 looks like a flag: write --digits=-1`,
		"--max-line|0":                 `--max-line must be at least 1`,
		"--max-line|2GiB":              `--max-line: "2GiB" is too large: a size is at most 2047MiB`,
		"--max-line|5X":                `--max-line: "5X" has an unknown unit: use K, M, G, KiB, MiB or GiB`,
		"--max-line|K":                 `--max-line: "K" is not a size: write 500K, 64MiB or 1GiB`,
		"--max-line|5MB":               `--max-line: "5MB" has an unknown unit: use K, M, G, KiB, MiB or GiB`,
		"--max-line|1.5M":              `--max-line: "1.5M" is not a whole number: write 500K, 64MiB or 1GiB`,
		"--max-line|99999999999":       `--max-line: "99999999999" is too large: a size is at most 2047MiB`,
		"--rate|0":                     `--rate: "0" is not a rate: write max, or a whole number of lines per second from 1 to 1000000000`,
		"--rate|-1":                    `--rate: "-1" is not a rate: write max, or a whole number of lines per second from 1 to 1000000000`,
		"--rate|1000000001":            `--rate: "1000000001" is not a rate: write max, or a whole number of lines per second from 1 to 1000000000`,
		"--max-line|1iB":               `--max-line: "1iB" has an unknown unit: use K, M, G, KiB, MiB or GiB`,
		"--bad|never":                  `--bad: "never" is not a policy: write report, skip or stop`,
		"--max-groups|0":               `--max-groups must be at least 1`,
		"--max-groups=-3":              `--max-groups must be at least 1`,
		"-o|":                          `-o: the value is empty (a shell variable that is not set?)`,
		"--output|-":                   `--output: - is not a file that can be written (standard output is the default; its file name is /dev/stdout)`,
		"--layout|nonsense":            `--layout: ` + format("nonsense"),
		"--where|a=1|--where|b.=1":     `--where: ` + path("b."),
	} {
		_, tool := newGauge()
		text, err := parse(tool, strings.Split(args, "|"))
		if err == nil || text != nil {
			t.Errorf("%s: accepted", args)
			continue
		}
		got := err.Error()
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", args, got, want)
		}
	}
}

// TestNoFiles: the message of a tool that takes no files is how to give it one.
func TestNoFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ noFiles, want string }{
		{"", "unexpected argument a.jsonl"},
		{"use --from %s", "unexpected argument a.jsonl (use --from a.jsonl)"},
	} {
		var flags struct{ Common }
		tool := &Tool{Name: "maker", Summary: "makes", Flags: &flags, NoFiles: c.noFiles, Run: func(*IO) (func() error, error) { return nil, nil }}
		_, err := parse(tool, []string{"-v", "a.jsonl"})
		if err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// TestHelpAsAWord: "gauge help" and "gauge version" are understood, unless a file of that
// name is meant.
func TestHelpAsAWord(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ args, want string }{{"help", "gauge: "}, {"version", "gauge (weir) "}, {"help me", ""}, {"-- help", ""}, {"-v help", "gauge: "}, {"version -n 3", "gauge (weir) "}} {
		_, tool := newGauge()
		text, err := parse(tool, strings.Fields(c.args))
		if err != nil || !strings.HasPrefix(string(text), c.want) || c.want == "" && text != nil {
			t.Errorf("%s: %v, %.20q", c.args, err, text)
		}
	}
	if err := os.WriteFile("help", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	g, tool := newGauge()
	text, err := parse(tool, []string{"help"})
	if err != nil || text != nil || len(g.Files) != 1 {
		t.Errorf("a file called help: %v, %s", err, text)
	}
}

// TestFilesAfterTwoHyphens: what follows -- are files, whatever they are called.
func TestFilesAfterTwoHyphens(t *testing.T) {
	t.Parallel()
	g, tool := newGauge()
	text, err := parse(tool, []string{"--", "-h"})
	if text != nil || err != nil || len(g.Files) != 1 {
		t.Errorf("%s, %v, %v", text, err, g.Files)
	}
}

// TestDistinct: the error for two members with one name names a flag that can be changed.
func TestDistinct(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		members []Member
		want    string
	}{
		{[]Member{{"date", ""}, {"k", "-g"}, {"x", "--as"}}, ""},
		{[]Member{{"date", ""}, {"date", "-g"}}, `-g date: the output already has a member "date"`},
		{[]Member{{"average_x", "--by"}, {"average_x", ""}}, `--by average_x: the output already has a member "average_x"`},
		{[]Member{{"k", "-g"}, {"k", "--as"}}, `--as k: the output already has a member "k"; choose another name`},
	} {
		got := ""
		if err := Distinct(c.members); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.members, got, c.want)
		}
	}
}

// TestHelpWinsOverWrongValues: a flag that asks for help or the version takes effect
// however it is spelt, also when the value of another flag is wrong.
func TestHelpWinsOverWrongValues(t *testing.T) {
	t.Parallel()
	for args, begins := range map[string]string{
		"-h -n 0": "gauge: ", "-vh -n 0": "gauge: ", "--help=yes -n 0": "gauge: ", "-n 0 --help=true": "gauge: ", "--version=1 -n x": "gauge (weir) ",
	} {
		_, tool := newGauge()
		text, err := parse(tool, strings.Fields(args))
		if err != nil || !strings.HasPrefix(string(text), begins) {
			t.Errorf("%s: %v, %.20q", args, err, text)
		}
	}
	_, tool := newGauge()
	text, err := parse(tool, strings.Fields("--help=no -n 0"))
	if err == nil || text != nil {
		t.Errorf("--help=no -n 0: %v, %s", err, text)
	}
}
