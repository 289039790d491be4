package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commands are the five commands.
var commands = []string{"machsim", "mavg", "stats", "statusd", "winavg"}

// TestGenerate: of every command, mandoc has nothing to say against the man page, its name
// is in those of the others, and each shell reads its completion.
func TestGenerate(t *testing.T) {
	openSources()
	t.Parallel()
	requireTools(t, "mandoc ; bash ; zsh ; fish ")
	dir := t.TempDir()
	for _, name := range commands {
		for kind, check := range map[string][]string{
			"man": {"mandoc", "-Tlint", "-Wwarning"}, "bash": {"bash", "-n"}, "zsh": {"zsh", "-f", "-n"}, "fish": {"fish", "--no-config", "-n"},
		} {
			file := filepath.Join(dir, name+"."+kind)
			text := generated(t, name, kind)
			err := os.WriteFile(file, []byte(text), 0o666)
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(check[0], append(check[1:], file)...).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%v %s: %v\n%s", check, file, err, out)
			}
			for _, other := range commands {
				if kind == "man" && other != name && !strings.Contains(text, "\n.Xr "+other+" 1") {
					t.Errorf("the page of %s does not name %s", name, other)
				}
			}
		}
	}
}

// generated returns what a command prints with --generate.
func generated(t *testing.T, name, kind string) string {
	t.Helper()
	out, err := exec.Command(filepath.Join(tempDir, "bin", name), "--generate", kind).Output()
	if err != nil {
		t.Fatalf("%s --generate %s: %v", name, kind, err)
	}
	return string(out)
}

// fishWords matches a flag with words in a completion for fish.
var fishWords = regexp.MustCompile(`(?m)^complete -c (\w+)(?: -s \w)? -l (\S+) -[xf] -a '(?:\(__\w+_list )?([^')]*)\)?'`)

// TestOfferedWords: a command accepts every word that its completion offers for a flag. The
// words of a flag are in its tag, or in a table, and not where the value is read.
func TestOfferedWords(t *testing.T) {
	openSources()
	t.Parallel()
	dir := t.TempDir()
	total := 0
	for _, name := range commands {
		for _, m := range fishWords.FindAllStringSubmatch(generated(t, name, "fish"), -1) {
			for _, word := range strings.Fields(m[3]) {
				total++
				args := []string{"--" + m[2] + "=" + word}
				switch name {
				case "machsim":
					args = append(args, "-n", "1", "--rate=max")
				case "statusd":
					args = append(args, "--exit-on-eof", "--listen", "127.0.0.1:0", "--store", filepath.Join(dir, "store.db"))
				case "mavg": // what some words need beside them
					switch {
					case word == "ewma":
						args = append(args, "--half-life", "10")
					case m[2] == "format":
						args = append(args, "-f", "x")
					}
				}
				out, err := exec.Command(filepath.Join(tempDir, "bin", name), args...).CombinedOutput()
				if err != nil {
					t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
				}
			}
		}
	}
	if total < 80 {
		t.Errorf("%d words were found", total)
	}
}
