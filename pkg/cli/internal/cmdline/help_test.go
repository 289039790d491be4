package cmdline

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/agg"
	"weir/pkg/describe"
)

// gauge has flags of several types.
type gauge struct {
	Last   int    `group:"window" short:"n" default:"5" placeholder:"N" min:"1" help:"A count. Of something."`
	Agg    stats  `group:"window" short:"a" default:"mean" placeholder:"STATS" help:"One of {stats}, in words that are more than a line of the screen can hold."`
	Window string `group:"window" short:"w" default:"10" placeholder:"DURATION" help:"How long."`
	Where  string `group:"input" more:"" placeholder:"CONDITION" help:"{conditions} By default, all."`
	common
}

type common struct {
	Files   []string `arg:"" optional:"" name:"FILE" help:"Files to read."`
	Output  string   `group:"output" short:"o" placeholder:"FILE" help:"Where to. The default is standard output."`
	Bad     string   `group:"errors" default:"report" placeholder:"POLICY" values:"report skip" help:"Bad lines."`
	Verbose bool     `group:"errors" short:"v" help:"More."`
	Quiet   bool     `group:"errors" short:"q" help:"Less."`
	Help    bool     `group:"general" short:"h" help:"Short help (-h) or full help (--help)."`
	Version bool     `group:"general" more:"" help:"Print the version."`
}

type stats []agg.Stat

func (l *stats) SetStats(text string, kind agg.Kind) error {
	s, err := agg.ParseFor(text, kind)
	*l = append(*l, s)
	return err
}

func newGauge() *Command {
	return &Command{
		Name: "gauge", Summary: "measures", About: strings.Repeat("It is good to know what it is about. ", 9), Flags: &gauge{}, Stats: agg.AnyKind,
		Examples: []describe.Example{{Command: "gauge -n 5", Why: "to see it work"}, {Command: "gauge -n 6", Why: "the same with six"}},
	}
}

// TestHelp: help and version are printed whatever else is wrong, and have every
// flag.
func TestHelp(t *testing.T) {
	t.Parallel()
	short, long := help(t, "-h"), help(t, "--help")
	for _, args := range []string{"--wrong -h", "-h --wrong", "-n x -h", "-vh", "-hq", "file -h"} {
		if help(t, args) != short {
			t.Errorf("%s is not -h", args)
		}
	}
	if help(t, "--wrong --help -n") != long {
		t.Error("--help is not --help beside a wrong flag")
	}
	v := help(t, "--wrong --version")
	if !strings.HasPrefix(v, "gauge (weir) ") || strings.Count(v, "\n") != 1 {
		t.Errorf("version %q", v)
	}
	for i, l := range strings.Split(short+long, "\n") {
		if utf8.RuneCountInString(l) > 80 || strings.TrimRight(l, " ") != l {
			t.Errorf("line %d is too long, or ends in blanks: %q", i, l)
		}
	}
	k, err := grammar(newGauge())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range k.Model.Flags {
		flag := "--" + f.Name
		if !strings.Contains(long, flag) || strings.Contains(short, flag+" ") == f.Tag.Has("more") {
			t.Errorf("%s is missing in --help, or wrongly there or missing in -h", flag)
		}
		if f.Short != 0 && !f.Tag.Has("more") && !strings.Contains(short, "  -"+string(f.Short)+", "+flag) {
			t.Errorf("-%c is missing in -h", f.Short)
		}
	}
	for _, s := range []string{"gauge -n 5", "to see it work", "with six", "what it is about", "74", "A count (default 5). Of something.\n", "How long (default 10)\n", "percentile"} {
		want := s != "percentile"
		if strings.Contains(long, s) != want {
			t.Errorf("--help has %q: %v", s, !want)
		}
	}
	if !strings.Contains(short, "example: gauge -n 5\n") || !strings.Contains(short, "A count (default 5)\n") || !strings.Contains(short, "pN (p90") {
		t.Errorf("-h has no example, default or list of statistics:\n%s", short)
	}
}

func help(t *testing.T, args string) string {
	t.Helper()
	_, text, err := Parse(newGauge(), strings.Fields(args))
	if err != nil || text == nil {
		t.Fatalf("%s: %v", args, err)
	}
	return string(text)
}

// TestGroups: a flag that help would not show is an error, of each run of the command.
func TestGroups(t *testing.T) {
	t.Parallel()
	for _, flags := range []any{
		&struct {
			Last int `help:"A count."`
		}{},
		&struct {
			Last int `group:"windows" help:"A count."`
		}{},
	} {
		_, _, err := Parse(&Command{Name: "gauge", Flags: flags}, nil)
		if err == nil || !strings.Contains(err.Error(), "--last is in no group") {
			t.Errorf("%+v: %v", flags, err)
		}
	}
}

// TestWrap: wrap keeps the words in order, fills every line, and exceeds the width
// only for a word that is longer.
func TestWrap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zé·]{1,12}`)).Draw(t, "words")
		width := rapid.IntRange(1, 30).Draw(t, "width")
		text := wrap(strings.Join(words, " "), width, "  ")
		got := strings.Fields(text)
		if strings.Join(got, " ") != strings.Join(words, " ") {
			t.Fatalf("%q of %q", got, words)
		}
		lines := strings.Split(text, "\n")
		for i, l := range lines {
			if i > 0 {
				l = strings.TrimPrefix(l, "  ")
			}
			n := utf8.RuneCountInString(l)
			if n > width && strings.Contains(l, " ") {
				t.Fatalf("%q is longer than %d", l, width)
			}
			if i+1 < len(lines) {
				first, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " ")
				if utf8.RuneCountInString(l+" "+first) <= width {
					t.Fatalf("%q had space for %q", l, first)
				}
			}
		}
	})
}
