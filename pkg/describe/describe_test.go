package describe

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// probe has a flag of every kind, and texts with all that roff and shells could take for
// theirs.
var probe = Command{
	Name: "probe", Project: "weir v1.2.3", Date: time.Date(2024, 5, 6, 23, 0, 0, 0, time.UTC), Files: true,
	Summary: `it's "-x" and 'y'`,
	About:   ".Sh is no request here. 'twas \\n of `$(touch x)`, 10^-3 ~ 0, ±1 and é.\n  ?a=1: an item\n  .b: another, with --max-gap=5\nThe last-but-one word is event-time, on 2024-05-06, see -w.",
	Groups: []Group{
		{Title: "Input", Files: "Files to read; - is standard input", Flags: []Flag{
			{Long: "where", Placeholder: "CONDITION", Text: "Such as 'a[1]>=5'; [x]: \\, $y. By default, all.", Kind: Text, Repeat: true},
			{Long: "listen", Placeholder: "HOST:PORT", Text: "Address (default [::1]:0)", Kind: Text},
		}},
		{Title: "Output", Flags: []Flag{
			{Long: "agg", Short: 'a', Placeholder: "STATS", Text: "Statistics", Kind: List, Words: []string{"mean", "median", "max"}, Repeat: true},
			{Long: "bad-lines", Short: 'b', Placeholder: "POLICY", Text: "What to do: report or skip", Kind: Text, Words: []string{"report", "skip"}},
			{Long: "output", Short: 'o', Placeholder: "FILE", Text: "Write to FILE", Kind: File},
			{Long: "partial", Placeholder: "FORM", Text: "Part", Kind: Optional, Words: []string{"tsv"}},
			{Long: "verbose", Short: 'v', Text: strings.Repeat("Say everything, ", 5) + "really: all"},
		}},
	},
	Environment: []Entry{{"LC_ALL, LANG", "the locale"}, {"TMPDIR", "where files are"}},
	Paths:       []Entry{{"FILE.prev", "the one before"}},
	Exits:       []Exit{{"0", "success"}, {"128+n", "ended by signal n"}},
	Examples:    []Example{{"probe -a 'x y' \\\n    --where=\"$z\" --bad-lines skip", "one-line text"}, {".hidden --x", "a dot"}},
	SeeAlso:     []string{"mavg", "winavg"},
}

// need skips a test whose program is not installed; where CI is set, it fails.
func need(t *testing.T, program string) {
	t.Helper()
	_, err := exec.LookPath(program)
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("not installed: %s", program)
	default:
		t.Skipf("not installed: %s", program)
	}
}

// write writes a text to a file of a new directory, and returns its name.
func write(t *testing.T, name string, text []byte) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	err := os.WriteFile(name, text, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// run runs a program in an empty directory, with no other environment than PATH, and
// returns what it prints.
func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a shell that waits for input
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TERM=dumb", "LC_ALL=C.UTF-8"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return string(out)
}

// TestMan: mandoc has nothing to say against the page, and shows every text as it was.
func TestMan(t *testing.T) {
	t.Parallel()
	need(t, "mandoc")
	file := write(t, "probe.1", Man(&probe))
	run(t, t.TempDir(), "mandoc", "-Tlint", "-Wwarning", file)
	page := run(t, t.TempDir(), "mandoc", "-Tutf8", "-Owidth=80", file)
	page = overstrike.Replace(stripBackspaces(page))
	for line := range strings.Lines(page) {
		n := len([]rune(strings.TrimSuffix(line, "\n")))
		if n > 80 {
			t.Errorf("a line has %d columns: %q", n, line)
		}
	}
	flat := strings.Join(strings.Fields(page), " ")
	for _, text := range []string{
		`NAME probe – it's "-x" and 'y'`, "SYNOPSIS probe [flags] [FILE ...]",
		".Sh is no request here. 'twas \\n of `$(touch x)`, 10^-3 ~ 0, ±1 and é.",
		" ?a=1: an item .b: another, with --max-gap=5 ", "The last-but-one word is event-time, on 2024-05-06, see -w.",
		"Input FILE ... Files to read; - is standard input.", "--where CONDITION Such as 'a[1]>=5'; [x]: \\, $y. By default, all.",
		"--listen HOST:PORT Address (default [::1]:0).", "-b, --bad-lines POLICY What to do: report or skip.", "--partial[=FORM] Part.", "-v, --verbose Say ",
		"ENVIRONMENT LC_ALL, LANG The locale. TMPDIR Where files are. FILES FILE.prev The one before.", "128+n Ended by signal n.", `One-line text: probe -a 'x y' \ --where="$z" --bad-lines skip A dot: .hidden --x`,
		"SEE ALSO mavg(1), winavg(1) weir v1.2.3 May 6, 2024 weir v1.2.3",
	} {
		if !strings.Contains(flat, text) {
			t.Errorf("the page does not have %q:\n%s", text, page)
		}
	}
}

// TestSummary: a description is the first sentence, and of a long one a part that is complete.
func TestSummary(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("of a long text ", 5)
	for text, want := range map[string]string{
		"Short: one. And more.": "Short: one", "Use N cores (default 0: all, up to 16); " + long: "Use N cores (default 0: all, up to 16)",
		"Continue: " + long: "Continue", long + "; " + long: long, "All": "All",
	} {
		f := Flag{Text: text}
		if f.summary() != want {
			t.Errorf("%q: %q, want %q", text, f.summary(), want)
		}
	}
}

// overstrike replaces the hyphens of a man page by those that were written.
var overstrike = strings.NewReplacer("‐", "-", "−", "-")

// stripBackspaces removes the letters that a man page has twice, to be bold.
func stripBackspaces(page string) string {
	var out []rune
	for _, r := range page {
		if r == '\b' {
			out = out[:len(out)-1]
		} else {
			out = append(out, r)
		}
	}
	return string(out)
}

// completions are what is typed before TAB, and the words that are offered, sorted. A word
// is what a flag or a value becomes. "*": the names of files.
var completions = []struct{ typed, want string }{
	{"probe --li", "--listen"},
	{"probe --bad-lines ", "report skip"},
	{"probe --bad-lines sk", "skip"},
	{"probe --bad-lines=r", "report"},
	{"probe --bad-lines=", "report skip"},
	{"probe -v -b ", "report skip"},
	{"probe -a m", "max mean median"},
	{"probe -a max,me", "max,mean max,median"},
	{"probe -a max,m", "max,mean max,median"}, // max is there
	{"probe --agg=max,mea", "max,mean"},
	{"probe -o f", "*"},
	{"probe --output=f", "*"},
	{"probe f", "*"},
	{"probe -v f", "*"},
	{"probe -- f", "*"},
	{"probe --where f", ""},
	{"probe --where=f", ""},
	{"probe --partial=", "tsv"},
	{"probe --partial f", "*"},
}

// TestBash: the function that bash calls returns these words; for a file it returns none,
// and leaves the default completion on, which it switches off elsewhere.
func TestBash(t *testing.T) {
	t.Parallel()
	need(t, "bash")
	file := write(t, "probe.bash", Bash(&probe))
	run(t, t.TempDir(), "bash", "-n", file)
	for _, c := range completions {
		// Bash makes a word of =, and of what is around it.
		words := strings.Fields(strings.ReplaceAll(c.typed, "=", " = "))
		if strings.HasSuffix(c.typed, " ") {
			words = append(words, "")
		}
		for i, w := range words {
			words[i] = "'" + w + "'"
		}
		script := `. "$1"; complete -p probe >/dev/null || exit
compopt() { [[ $* == '+o bashdefault +o default' ]] && echo 'no files'; }
COMP_WORDS=(` + strings.Join(words, " ") + `) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_complete_probe; printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | grep .; true`
		got := strings.TrimSpace(run(t, t.TempDir(), "bash", "--norc", "-c", script, "bash", file))
		want := "no files\n" + strings.ReplaceAll(c.want, " ", "\n")
		if c.want == "*" {
			want = ""
		}
		if got != strings.TrimSpace(want) {
			t.Errorf("%q: %q, want %q", c.typed, got, want)
		}
	}
}

// TestFish: fish offers these words, and names of files where one may be.
func TestFish(t *testing.T) {
	t.Parallel()
	need(t, "fish")
	file := write(t, "probe.fish", Fish(&probe))
	run(t, t.TempDir(), "fish", "-n", file)
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range completions {
		out := run(t, dir, "fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", file, c.typed)
		var got []string
		for line := range strings.Lines(out) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			if strings.HasPrefix(word, "--") && strings.Contains(word, "=") {
				_, word, _ = strings.Cut(word, "=")
			}
			got = append(got, word)
		}
		want := strings.ReplaceAll(c.want, "*", "file")
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", c.typed, got, want)
		}
	}
	out := run(t, dir, "fish", "--no-config", "-c", "source $argv[1]; complete -C 'probe --wh'", file)
	if out != "--where\tSuch as 'a[1]>=5'; [x]: \\, $y\n" {
		t.Errorf("%q", out)
	}
}

// TestZsh: what is typed becomes this with TAB, in a zsh that has a terminal. It adds a comma
// to a word of a list, and takes it off when a blank follows.
func TestZsh(t *testing.T) {
	t.Parallel()
	need(t, "zsh")
	file := write(t, "_probe", Zsh(&probe))
	run(t, t.TempDir(), "zsh", "-n", file)
	dir := t.TempDir()
	for _, name := range []string{"file", "probe"} {
		err := os.WriteFile(filepath.Join(dir, name), nil, 0o777)
		if err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct{ typed, want string }{
		{"./probe --li", "./probe --listen="},
		{"./probe --bad-lines s", "./probe --bad-lines skip "},
		{"./probe --bad-lines=r", "./probe --bad-lines=report "},
		{"./probe -vbs", "./probe -vbskip "},
		{"./probe -a m", "./probe -a m"}, // max, mean, median
		{"./probe -a max,mea", "./probe -a max,mean,"},
		{"./probe -a mean --agg=ma", "./probe -a mean --agg=max,"},
		{"./probe -o f", "./probe -o file "},
		{"./probe f", "./probe file "},
		{"./probe -v -- f", "./probe -v -- file "},
		{"./probe --where f", "./probe --where f"},
		{"./probe --partial=", "./probe --partial=tsv "},
		{"./probe --partial f", "./probe --partial file "},
		{"./probe -b skip --bad-line", "./probe -b skip --bad-line"}, // it has been given
		{"./probe --verb", "./probe --verbose "},
	}
	args := []string{"-f", "-c", zshTab, "zsh", file}
	for _, c := range cases {
		args = append(args, c.typed)
	}
	got := strings.Split(run(t, dir, "zsh", args...), "\n")
	if len(got) != len(cases)+1 {
		t.Fatalf("%q", got)
	}
	for i, c := range cases {
		if got[i] != c.want {
			t.Errorf("%q: %q, want %q", c.typed, got[i], c.want)
		}
	}
}

// zshTab prints what TAB makes of each of its arguments but the first, which is the file of
// the completion. A second zsh, which believes that it has a terminal, is sent each one, TAB
// and ^X, which saves the line and empties it.
const zshTab = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1=; autoload -Uz compinit; compinit -u -D; source ${(q)1}
save() { print -r -- \"\$BUFFER\" >> result; BUFFER=; }
quit() { exit }
zle -N save; bindkey '^X' save; zle -N quit; bindkey '^G' quit; bindkey '^I' complete-word
setopt no_auto_menu no_auto_list no_beep; print ready-\$((1+1))"
zpty -r -m z line '*ready-2*'
shift
for typed; do zpty -w -n z "$typed"$'\t\x18'; done
zpty -w -n z $'\x07'
zpty -r z line '*never*'
cat result
`
