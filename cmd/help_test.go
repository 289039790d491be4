package cmd

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// helpFlag is a flag as --help shows it: "  -n, --last N  text".
var helpFlag = regexp.MustCompile(`^  (?:-[a-zA-Z], |    )--([a-z-]+)(?: (\S+))?(?:  +(\S.*))?$`)

// TestHelp: of every command, -h fits a screen and --help shows for every flag its group, what it
// does and its default.
func TestHelp(t *testing.T) {
	openSources()
	t.Parallel()
	for _, name := range commands {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkShortHelp(t, help(t, name, "-h"))
			checkLongHelp(t, help(t, name, "--help"))
		})
	}
}

// help returns what a command prints for a flag.
func help(t *testing.T, name, flag string) string {
	t.Helper()
	out, err := exec.Command(filepath.Join(tempDir, "bin", name), flag).Output()
	if err != nil {
		t.Fatalf("%s %s: %v", name, flag, err)
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
