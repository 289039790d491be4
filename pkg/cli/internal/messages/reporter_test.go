package messages

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/pipe"
	"weir/pkg/source"
)

func errorAt(file, kind string, line int64) *batch.LineError {
	return &batch.LineError{File: file, Line: line, Column: 1, Kind: kind, Reason: kind + ": x", Text: []byte("x")}
}

// TestGrouped: an error that repeats is printed a few times, then counted.
func TestGrouped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		verbose, quiet bool
		printed        int // messages with a position
		summary        string
	}{
		{false, false, 5 + 1 + 5 + 1, "gauge: a: wrong: 3 more, the last in line 8 (-v shows all)\n" +
			"gauge: b: wrong: 1 more, the last in line 6 (-v shows all)\n" +
			"gauge: 4 events were late, the last at a:4\n" +
			"gauge: 9 bytes of an unfinished line were ignored when the input ended\n"},
		{true, false, 8 + 1 + 6 + 4, "gauge: 4 events were late, the last at a:4\n" +
			"gauge: 9 bytes of an unfinished line were ignored when the input ended\n"},
		{false, true, 0, ""},
	} {
		var out bytes.Buffer
		r := New("gauge", &out)
		r.verbose, r.quiet = c.verbose, c.quiet
		for i := range int64(8) {
			r.Bad(errorAt("a", "wrong", i+1))
		}
		r.Bad(errorAt("a", "other", 1))
		for i := range int64(6) {
			r.Bad(errorAt("b", "wrong", i+1))
		}
		for i := range int64(4) {
			r.Late(errorAt("a", "late", i+1))
		}
		got := strings.Count(out.String(), "gauge: a:") + strings.Count(out.String(), "gauge: b:")
		if got != c.printed {
			t.Errorf("%+v: %d messages:\n%s", c, got, out.String())
		}
		out.Reset()
		r.Summary(pipe.Ledger{Read: 21, Used: 1, Late: 4, Filtered: 1, Rejected: 15, Printed: 2, Unfinished: 9})
		if out.String() != c.summary {
			t.Errorf("summary\n%s\nwant\n%s", out.String(), c.summary)
		}
	}
}

// TestOneLate: what has been printed is not printed again at the end.
func TestOneLate(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := New("gauge", &out)
	r.Late(errorAt("a", "late", 1))
	r.Bad(errorAt("a", "other", 2))
	out.Reset()
	r.Summary(pipe.Ledger{})
	if out.Len() > 0 {
		t.Errorf("%s", out.String())
	}
}

// TestLimitReached: the message names the flag, and -q suppresses it.
func TestLimitReached(t *testing.T) {
	t.Parallel()
	for _, quiet := range []bool{false, true} {
		var out bytes.Buffer
		r := New("gauge", &out)
		r.quiet = quiet
		r.LimitReached()
		if (out.Len() == 0) != quiet || !quiet && !strings.Contains(out.String(), "--max-groups") {
			t.Errorf("quiet %v: %q", quiet, out.String())
		}
	}
}

// westernWidths makes the width of ambiguous characters that of western terminals,
// whatever the locale of the test run.
func westernWidths() { runewidth.DefaultCondition.EastAsianWidth = false }

// TestCaret: the caret is under the position of the error, for all texts before it
// and lines of any length.
func TestCaret(t *testing.T) {
	westernWidths()
	widths := map[rune]int{'a': 1, ' ': 1, '"': 1, 'é': 1, '世': 2, '한': 2, '😀': 2, '\u200b': 0, '\t': 1, '\x1b': 1, '\x00': 1, '\u0085': 1, '\u202e': 1}
	var alphabet []rune
	for _, r := range `a "é世한😀` + "\t\x1b\x00\u0085\u202e" {
		alphabet = append(alphabet, r)
	}
	widths[unicode.ReplacementChar], widths['…'] = 1, 1
	rapid.Check(t, func(t *rapid.T) {
		side := func(label string) string {
			n := rapid.SampledFrom([]int{0, 3, 28, 29, 30, 31, 58, 59, 60, 61, 62, 100}).Draw(t, label)
			return string(rapid.SliceOfN(rapid.SampledFrom(alphabet), n, n).Draw(t, label))
		}
		before, after := side("before"), side("after")
		var out bytes.Buffer
		New("gauge", &out).show(&batch.LineError{File: "f", Line: 1, Column: 1, Reason: "r", Text: []byte(before + "#" + after), At: len(before)})
		lines := strings.Split(out.String(), "\n")
		if len(lines) != 4 || lines[0] != "gauge: f:1:1: r" || lines[3] != "" {
			t.Fatalf("not a message, a text and a caret: %q", lines)
		}
		shown, _, found := strings.Cut(lines[1], "#")
		width := func(s string) (n int) {
			for _, r := range s {
				w, known := widths[r]
				if !known {
					t.Fatalf("%q is shown of %q", r, before)
				}
				n += w
			}
			return n
		}
		if lines[2] != strings.Repeat(" ", width(shown))+"^" || !found {
			t.Fatalf("\n%s\n%s", lines[1], lines[2])
		}
		n := width(shown)
		if n > 4+contextWidth || (width(before) > contextWidth) != strings.HasPrefix(shown, "    …") {
			t.Fatalf("%d columns before the position: %q", n, shown)
		}
		_, rest, _ := strings.Cut(lines[1], "#")
		n = width(rest)
		if n > contextWidth || (width(after) >= contextWidth) != strings.HasSuffix(rest, "…") {
			t.Fatalf("%d columns after the position: %q", n, rest)
		}
	})
}

// TestNothingToShow: an error without a text has no caret.
func TestNothingToShow(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	New("gauge", &out).show(&batch.LineError{File: "f", Line: 1, Column: 1, Reason: "r"})
	if out.String() != "gauge: f:1:1: r\n" {
		t.Errorf("%q", out.String())
	}
}

// FuzzTerminal: no control character of the input or of a file name reaches the
// terminal.
func FuzzTerminal(f *testing.F) {
	f.Add("\x1b[2J\r\n\x07\x7f", "a\xffb\u009b31m\u202e\u2066\u2028", 3)
	f.Add("\xe4\xb8", "世\x00", 0)
	f.Fuzz(func(t *testing.T, name, text string, at int) {
		if at < 0 || at > len(text) {
			return
		}
		var out bytes.Buffer
		r := New("gauge", &out)
		e := &batch.LineError{File: name, Line: 1, Column: 1, Reason: text, Kind: text, Text: []byte(text), At: at}
		for range maxShown + 1 {
			r.Bad(e)
		}
		r.Late(e)
		r.Late(e)
		r.Summary(pipe.Ledger{})
		if !utf8.Valid(out.Bytes()) {
			t.Errorf("not UTF-8: %q", out.String())
		}
		for _, r := range out.String() {
			if r != '\n' && unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
				t.Errorf("%q reaches the terminal", r)
			}
		}
		most := (maxShown+1)*3 + 2
		n := strings.Count(out.String(), "\n")
		if n > most {
			t.Errorf("%d lines, want at most %d: %q", n, most, out.String())
		}
	})
}

// TestEraseProgress: a progress line is erased before a message.
func TestEraseProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := New("gauge", &out)
	r.progressShown.Store(true)
	r.Print("hello")
	if out.String() != "\r\x1b[Kgauge: hello\n" {
		t.Errorf("%q", out.String())
	}
}

// TestInterrupted: what is missing after a signal is not said to be the fault of the
// input.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		interrupted bool
		want        string
	}{
		{true, "gauge: interrupted: anomalies are missing (they need a second pass over the input)\n" +
			"gauge: 6 bytes of an unfinished line were ignored when the run was interrupted\n"},
		{false, "gauge: anomalies are missing: they need a second pass over the input, which was not possible or not complete\n" +
			"gauge: 6 bytes of an unfinished line were ignored when the input ended\n"},
	} {
		var out bytes.Buffer
		r := New("gauge", &out)
		r.options.Interrupted = func() bool { return c.interrupted }
		r.Incomplete()
		r.Summary(pipe.Ledger{Unfinished: 6})
		if out.String() != c.want {
			t.Errorf("%v:\n%swant\n%s", c.interrupted, out.String(), c.want)
		}
	}
}

// TestOverlappingFiles: if events are late because the FILEs overlap in time, that is said,
// and what helps.
func TestOverlappingFiles(t *testing.T) {
	t.Parallel()
	const hint = "gauge: the times of the FILEs overlap: they are one stream, in the order given, and --lateness all waits for all of them\n"
	for _, c := range []struct {
		files string // the FILE arguments
		late  string // the files of late events
		want  bool
	}{
		{"a b", "b", true},
		{"a b c", "b c a", true},
		{"a b", "a a b", false},
		{"a", "a a", false},
		{"", "- -", false},
		{"a b", "", false},
	} {
		var out bytes.Buffer
		r := New("gauge", &out)
		r.options.Files = strings.Fields(c.files)
		for i, name := range strings.Fields(c.late) {
			r.Late(&batch.LineError{File: name, Line: int64(i + 1)})
		}
		r.Summary(pipe.Ledger{})
		if strings.HasSuffix(out.String(), hint) != c.want {
			t.Errorf("%s, late in %s:\n%s", c.files, c.late, out.String())
		}
	}
}

// TestForeignOnce: the bad lines of an input in a foreign format get one message, which names
// the command that helps, and are counted. Those of the next input do not.
func TestForeignOnce(t *testing.T) {
	t.Parallel()
	csv := source.Foreign{Kind: source.CSV, Separator: ','}
	for _, c := range []struct {
		verbose, quiet bool
		want           string
	}{
		{false, false, "gauge: a: this is CSV, not JSON: try mlr --icsv --ojsonl cat a | gauge\n" +
			"gauge: b:1:1: wrong: x\n    x\n    ^\n" +
			"gauge: a: 9 bad lines, the last is line 9 (-v shows all)\n"},
		{false, true, ""},
	} {
		var out bytes.Buffer
		r := New("gauge", &out)
		r.verbose, r.quiet = c.verbose, c.quiet
		r.input.foreign = func() source.Foreign { return csv }
		for i := range int64(9) {
			r.Bad(errorAt("a", []string{"wrong", "other"}[i%2], i+1))
		}
		r.input.foreign = func() source.Foreign { return source.Foreign{} }
		r.Bad(errorAt("b", "wrong", 1))
		r.Summary(pipe.Ledger{Read: 10})
		if out.String() != c.want {
			t.Errorf("%+v:\n%swant\n%s", c, out.String(), c.want)
		}
	}
	var out bytes.Buffer
	r := New("gauge", &out)
	r.verbose, r.input.foreign = true, func() source.Foreign { return csv }
	for i := range int64(9) {
		r.Bad(errorAt("a", "wrong", i+1))
	}
	n := strings.Count(out.String(), "gauge: a:")
	if n != 10 {
		t.Errorf("-v: %d messages", n)
	}
}

// TestTextField: a field of text that was named by mistake is reported once, not line by line;
// another one, and errors of syntax, have counts of their own. So is a wrong time field, whose
// message names it already.
func TestTextField(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := New("gauge", &out)
	for i := range int64(8) {
		for _, field := range []string{"status", "machine"} {
			e := errorAt("a", "not a number", i+1)
			e.Field = field
			r.Bad(e)
		}
	}
	r.Bad(errorAt("a", "not a number", 9))
	for i := range int64(3) {
		e := errorAt("b", `no "time", which should hold the time (-t timestamp?)`, i+1)
		e.Field = "time"
		r.Bad(e)
	}
	r.Summary(pipe.Ledger{})
	const shown = "gauge: a:%d:1: not a number: x\n    x\n    ^\n"
	want := fmt.Sprintf(shown+shown+shown, 1, 1, 9) +
		"gauge: b:1:1: no \"time\", which should hold the time (-t timestamp?): x\n    x\n    ^\n" +
		"gauge: a: field \"machine\": not a number: 7 more, the last in line 8 (-v shows all)\n" +
		"gauge: a: field \"status\": not a number: 7 more, the last in line 8 (-v shows all)\n" +
		"gauge: b: no \"time\", which should hold the time (-t timestamp?): 2 more, the last in line 3 (-v shows all)\n"
	if out.String() != want {
		t.Errorf("%swant\n%s", out.String(), want)
	}
}
