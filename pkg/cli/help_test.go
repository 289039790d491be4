package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

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
	_, tool := newGauge()
	k, err := grammar(tool)
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
	_, tool := newGauge()
	text, err := parse(tool, strings.Fields(args))
	if err != nil || text == nil {
		t.Fatalf("%s: %v", args, err)
	}
	return string(text)
}

// helpFlag is a flag as --help shows it: "  -n, --last N  text".
var helpFlag = regexp.MustCompile(`^  (?:-[a-zA-Z], |    )--([a-z-]+)(?: (\S+))?(?:  +(\S.*))?$`)

// TestCommands: of every command, -h fits a screen and --help shows for every
// flag its group, what it does and its default. The commands are built, so
// that this is what a user sees.
func TestCommands(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("../../cmd/*/main.go")
	if err != nil || len(sources) < 5 {
		t.Fatalf("%d commands, %v", len(sources), err)
	}
	for _, s := range sources { // opened by the test itself, so that its cached result depends on them
		_, err := os.ReadFile(s)
		if err != nil {
			t.Fatal(err)
		}
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-pgo=off", "-o", bin+string(filepath.Separator), "weir/cmd/...")
	out, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, s := range sources {
		name := filepath.Base(filepath.Dir(s))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkShortHelp(t, output(t, filepath.Join(bin, name), "-h"))
			checkLongHelp(t, output(t, filepath.Join(bin, name), "--help"))
		})
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func checkShortHelp(t *testing.T, text string) {
	t.Helper()
	n := strings.Count(text, "\n")
	if n > 24 {
		t.Errorf("-h has %d lines, more than a screen", n)
	}
	if !strings.Contains(text, "\nexample: ") || !strings.Contains(text, "(default ") || !strings.Contains(text, "full help (--help)") {
		t.Errorf("-h has no example, no default or does not mention --help:\n%s", text)
	}
	checkLines(t, text)
}

func checkLines(t *testing.T, text string) {
	t.Helper()
	for l := range strings.Lines(text) {
		l = strings.TrimSuffix(l, "\n")
		if utf8.RuneCountInString(l) > 80 || strings.TrimRight(l, " ") != l {
			t.Errorf("a line is too long, or ends in blanks: %q", l)
		}
	}
}

func checkLongHelp(t *testing.T, text string) {
	t.Helper()
	checkLines(t, text)
	group := ""
	texts := map[string]string{}        // by flag
	placeholders := map[string]string{} // by flag
	flag := ""
	for l := range strings.Lines(text) {
		l = strings.TrimSuffix(l, "\n")
		m := helpFlag.FindStringSubmatch(l)
		switch {
		case m != nil && group == "":
			t.Errorf("--%s is in no group", m[1])
		case m != nil:
			flag = m[1]
			placeholders[flag], texts[flag] = m[2], m[3]
		case strings.HasPrefix(l, "       ") && flag != "":
			texts[flag] += " " + strings.TrimSpace(l)
		default:
			flag = ""
			if strings.HasSuffix(l, ":") && !strings.HasPrefix(l, " ") {
				group = l
			}
		}
	}
	if len(texts) < 5 {
		t.Errorf("--help was not understood:\n%s", text)
	}
	for flag, text := range texts {
		placeholder := placeholders[flag]
		switch {
		case text == "":
			t.Errorf("--%s has no text", flag)
		case placeholder == "": // a boolean: off by default
		case strings.ToUpper(placeholder) != placeholder || strings.ContainsAny(placeholder, "0123456789"):
			t.Errorf("--%s %s: the placeholder could be taken for a value", flag, placeholder)
		case !strings.Contains(text, "default"):
			t.Errorf("--%s does not state its default: %s", flag, text)
		}
	}
}

// TestGroups: every flag that all tools have belongs to a group, or help would not
// show it.
func TestGroups(t *testing.T) {
	t.Parallel()
	_, tool := newGauge()
	k, err := grammar(tool)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, g := range groups {
		known[g.key] = true
	}
	for _, f := range k.Model.Flags {
		if f.Group == nil || !known[f.Group.Key] {
			t.Errorf("--%s belongs to no group", f.Name)
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
