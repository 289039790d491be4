package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

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
