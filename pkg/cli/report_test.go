package cli

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
	"pgregory.net/rapid"

	"weir/pkg/ndjson"
	"weir/pkg/pipe"
	"weir/pkg/sink"
)

var errAny = errors.New("any")

// TestExitCode: several things may have happened at once.
func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		sig  syscall.Signal
		gone bool
		open int64
		want int
	}{
		{nil, 0, false, 0, 0},
		{nil, 0, false, 7, 1},
		{nil, 0, true, 0, 0},
		{nil, 0, true, 7, 0},
		{nil, syscall.SIGINT, false, 0, 130},
		{nil, syscall.SIGTERM, true, 7, 143},
		{errAny, 0, false, 0, 74},
		{errAny, 0, true, 7, 74},
		{errAny, syscall.SIGINT, true, 7, 74},
	} {
		if got := exitCode(c.err, c.sig, c.gone, c.open); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// TestFinishGone: a reader that has left is no error; anything else is.
func TestFinishGone(t *testing.T) {
	left := &pipe.WriteError{Err: fmt.Errorf("stdout: %w", sink.ErrGone)}
	if gone, err := new(command).finish(left); !gone || err != nil {
		t.Errorf("%v, %v", gone, err)
	}
	if gone, err := new(command).finish(errAny); gone || !errors.Is(err, errAny) {
		t.Errorf("%v, %v", gone, err)
	}
}

func faultAt(file, kind string, line int64) *ndjson.LineError {
	return &ndjson.LineError{File: file, Line: line, Column: 1, Kind: kind, Reason: kind + ": x", Text: []byte("x")}
}

// TestGrouped: the same fault again and again is not told again and again.
func TestGrouped(t *testing.T) {
	for _, c := range []struct {
		verbose, quiet bool
		told           int // messages with a place
		summary        string
	}{
		{false, false, 5 + 1 + 5 + 1, "gauge: a: wrong: 3 more, the last in line 8 (-v shows all)\n" +
			"gauge: b: wrong: 1 more, the last in line 6 (-v shows all)\n" +
			"gauge: 4 events were late, the last at a:4\n" +
			"gauge: 9 bytes of an unfinished line were left when the input ended\n"},
		{true, false, 8 + 1 + 6 + 4, "gauge: 4 events were late, the last at a:4\n" +
			"gauge: read 21 = used 1 + late 4 + without a reading 0 + filtered out 1 + rejected 15; lines printed: 2\n" +
			"gauge: 9 bytes of an unfinished line were left when the input ended\n"},
		{false, true, 0, ""},
	} {
		var out bytes.Buffer
		words := newReporter("gauge", &out)
		words.verbose, words.quiet = c.verbose, c.quiet
		for i := range int64(8) {
			words.Bad(faultAt("a", "wrong", i+1))
		}
		words.Bad(faultAt("a", "odd", 1))
		for i := range int64(6) {
			words.Bad(faultAt("b", "wrong", i+1))
		}
		for i := range int64(4) {
			words.Late(faultAt("a", "late", i+1))
		}
		if got := strings.Count(out.String(), "gauge: a:") + strings.Count(out.String(), "gauge: b:"); got != c.told {
			t.Errorf("%+v: %d messages:\n%s", c, got, out.String())
		}
		out.Reset()
		words.summary(pipe.Ledger{Read: 21, Used: 1, Late: 4, Filtered: 1, Rejected: 15, Printed: 2, Unfinished: 9})
		if out.String() != c.summary {
			t.Errorf("summary\n%s\nwant\n%s", out.String(), c.summary)
		}
	}
}

// TestOneLate: what has been told is not told again at the end.
func TestOneLate(t *testing.T) {
	var out bytes.Buffer
	words := newReporter("gauge", &out)
	words.Late(faultAt("a", "late", 1))
	words.Bad(faultAt("a", "odd", 2))
	out.Reset()
	if words.summary(pipe.Ledger{}); out.Len() > 0 {
		t.Errorf("%s", out.String())
	}
}

func TestCrowded(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		var out bytes.Buffer
		words := newReporter("gauge", &out)
		words.quiet = quiet
		words.LimitReached()
		if (out.Len() == 0) != quiet || !quiet && !strings.Contains(out.String(), "--max-groups") {
			t.Errorf("quiet %v: %q", quiet, out.String())
		}
	}
}

// narrow makes the width of ambiguous characters that of western terminals,
// whatever the locale of who runs the test.
func narrow() { runewidth.DefaultCondition.EastAsianWidth = false }

// TestCaret: the caret stands under the spot, whatever stands before it and
// however long the line is.
func TestCaret(t *testing.T) {
	narrow()
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
		newReporter("gauge", &out).show(&ndjson.LineError{File: "f", Line: 1, Column: 1, Reason: "r", Text: []byte(before + "#" + after), At: len(before)})
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
		if n := width(shown); n > 4+margin || (width(before) > margin) != strings.HasPrefix(shown, "    …") {
			t.Fatalf("%d columns before the spot: %q", n, shown)
		}
		_, rest, _ := strings.Cut(lines[1], "#")
		if n := width(rest); n > margin || (width(after) >= margin) != strings.HasSuffix(rest, "…") {
			t.Fatalf("%d columns after the spot: %q", n, rest)
		}
	})
}

// TestNothingToShow: a fault without a text has no caret.
func TestNothingToShow(t *testing.T) {
	var out bytes.Buffer
	newReporter("gauge", &out).show(&ndjson.LineError{File: "f", Line: 1, Column: 1, Reason: "r"})
	if out.String() != "gauge: f:1:1: r\n" {
		t.Errorf("%q", out.String())
	}
}

// FuzzTerminal: no byte of the input, nor of a file's name, steers the terminal.
func FuzzTerminal(f *testing.F) {
	f.Add("\x1b[2J\r\n\x07\x7f", "a\xffb\u009b31m\u202e\u2066\u2028", 3)
	f.Add("\xe4\xb8", "世\x00", 0)
	f.Fuzz(func(t *testing.T, name, text string, at int) {
		if at < 0 || at > len(text) {
			return
		}
		var out bytes.Buffer
		words := newReporter("gauge", &out)
		e := &ndjson.LineError{File: name, Line: 1, Column: 1, Reason: text, Kind: text, Text: []byte(text), At: at}
		for range shown + 1 {
			words.Bad(e)
		}
		words.Late(e)
		words.Late(e)
		words.summary(pipe.Ledger{})
		if !utf8.Valid(out.Bytes()) {
			t.Errorf("not UTF-8: %q", out.String())
		}
		for _, r := range out.String() {
			if r != '\n' && unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
				t.Errorf("%q reaches the terminal", r)
			}
		}
		most := (shown+1)*3 + 2
		if n := strings.Count(out.String(), "\n"); n > most {
			t.Errorf("%d lines, want at most %d: %q", n, most, out.String())
		}
	})
}

// TestWipe: words do not stand behind a line of progress.
func TestWipe(t *testing.T) {
	var out bytes.Buffer
	words := newReporter("gauge", &out)
	words.wipe.Store(true)
	words.printf("hello")
	if out.String() != "\r\x1b[Kgauge: hello\n" {
		t.Errorf("%q", out.String())
	}
}
