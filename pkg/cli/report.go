package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"

	"weir/pkg/batch"
	"weir/pkg/cli/internal/foreign"
	"weir/pkg/jsonscan"
	"weir/pkg/pipe"
	"weir/pkg/source"
	"weir/pkg/stamp"
)

// reporter prints messages for a person on stderr. It implements pipe.Reporter.
//
// A message is one line: the tool's name, then where and what. It begins without
// a capital and ends without a full stop. Bad lines are followed by the line
// itself and a caret under the error. An error that repeats is printed a few
// times and then counted; summary prints the counts.
type reporter struct {
	tool          string
	out           io.Writer
	verbose       bool    // -v: every error, and the ledger
	quiet         bool    // -q: only what ended the run
	stopAtBad     bool    // --bad stop; for summary
	flags         *Common // nil in a tool that is not a filter; for names.go
	screen        screen
	input         inputAtHand
	continued     bool                   // --state: an array is not taken apart
	interrupted   func() bool            // whether a signal has come; nil: no
	progressShown atomic.Bool            // a progress line is on the screen and must be erased before a message
	groups        map[string]*errorGroup // by file and kind
	files         []string               // the FILE arguments
	late          lateEvents
	names         nameMessages
}

// screen is what stderr is.
type screen struct {
	terminal bool
	width    int // in columns; 0: not known, or not a terminal
}

// inputAtHand is the input that is being read.
type inputAtHand struct {
	name    string
	foreign func() source.Foreign // what its format is; nil: not known
}

// lateEvents is what summary says of late events.
type lateEvents struct {
	count   int64
	inLater int64 // of these, in other files than the first
	last    *batch.LineError
}

// errorGroup counts the errors of one kind in one file.
type errorGroup struct {
	kind, file string
	n          int64
	lastLine   int64
	shown      int64 // how many of them are printed
	foreign    bool  // counts all errors of a file in a foreign format
	prefixed   bool  // of a file: that a line has text before an object has been printed
}

// maxShown is how many errors of one kind in one file are printed; further ones
// are counted. Of records in which a named field is wrong, or that lack the time, one is
// printed: the wrong field may have been named.
const maxShown = 5

func newReporter(tool string, out io.Writer) *reporter {
	return &reporter{tool: tool, out: out, groups: map[string]*errorGroup{}}
}

// print prints one message.
func (r *reporter) print(text string) {
	if r.progressShown.Load() {
		write(r.out, "\r\x1b[K")
	}
	write(r.out, "%s: %s\n", r.tool, printable(text))
}

// Bad implements pipe.Reporter. If the first bad line of an input shows that the whole input
// is in a foreign format, this is printed in place of all of them.
func (r *reporter) Bad(e *batch.LineError) {
	key := e.File + "\x00"
	g := r.groups[key]
	if g == nil {
		g = &errorGroup{file: e.File}
		r.groups[key] = g
		text := ""
		if r.input.foreign != nil {
			text = foreign.Text(r.tool, e.File, r.input.foreign())
			if text == "" && r.continued && beginsArray(e) {
				text = foreign.ContinuedArray(r.tool, e.File, r.input.foreign())
			}
		}
		if text != "" {
			g.foreign, g.shown = true, 1
			if !r.quiet {
				r.print(text)
			}
		}
	}
	if g.foreign && !r.verbose {
		g.n++
		g.lastLine = e.Line
		return
	}
	r.grouped(e)
	if !g.prefixed && !g.foreign && textBefore(e) {
		g.prefixed = true
		if !r.quiet {
			r.print(foreign.Prefixed(r.tool, e.File))
		}
	}
}

// beginsArray reports whether a bad line begins an array of objects, or of nothing yet.
func beginsArray(e *batch.LineError) bool {
	return e.Line == 1 && e.Column == int64(e.At)+1 && foreign.BeginsArray(e.Text)
}

// textBefore reports whether a bad line is text before an object.
func textBefore(e *batch.LineError) bool {
	fromStart := e.Column == int64(e.At)+1
	return e.Syntax && fromStart && source.ObjectAfterText(e.Text, len(e.Text)-e.At < batch.ContextBytes)
}

// grouped prints an error of a line, or counts it if that has been done often enough for
// errors of its kind.
func (r *reporter) grouped(e *batch.LineError) {
	key := e.File + "\x00" + e.Kind + "\x00" + e.Field
	g := r.groups[key]
	if g == nil {
		g = &errorGroup{kind: e.Kind, file: e.File, shown: maxShown}
		if e.Field != "" {
			g.shown = 1
			name := fmt.Sprintf("%q", e.Field)
			if !strings.Contains(e.Kind, name) {
				g.kind = "field " + name + ": " + e.Kind
			}
		}
		r.groups[key] = g
	}
	g.n++
	g.lastLine = e.Line
	if g.n <= g.shown || r.verbose {
		r.show(e)
	}
}

// Skipped implements pipe.Reporter.
func (r *reporter) Skipped(e *batch.LineError) { r.grouped(e) }

// Late implements pipe.Reporter. The first late event is printed, the others are
// counted.
func (r *reporter) Late(e *batch.LineError) {
	r.late.count++
	if len(r.files) > 1 && e.File != r.files[0] {
		r.late.inLater++
	}
	r.late.last = e
	if r.late.count == 1 || r.verbose {
		r.show(e)
	}
}

// Notice implements pipe.Reporter.
func (r *reporter) Notice(e *batch.LineError) { r.Bad(e) }

// LimitReached implements pipe.Reporter.
func (r *reporter) LimitReached() {
	if !r.quiet {
		r.print("the limit of --max-groups (key/field pairs) is reached: further fields are ignored")
	}
}

// AnomaliesName is the name of the member that --deviation adds to records.
const AnomaliesName = "anomalies"

// Replaced implements pipe.Reporter.
func (r *reporter) Replaced(name, file string, line int64) {
	switch {
	case r.quiet:
	case r.flags != nil && r.flags.Given("deviation") && name == AnomaliesName:
		r.print(fmt.Sprintf("%s:%d: the member %q is removed and lost: it is not an object of anomalies, which --deviation adds under this name", file, line, name))
	default:
		r.print(fmt.Sprintf("%s:%d: the member %q is replaced and lost: it is not an object of averages (--as NAME adds them under another name)", file, line, name))
	}
}

// Incomplete implements pipe.Reporter.
func (r *reporter) Incomplete() {
	if !r.quiet {
		r.print(r.cause("interrupted: anomalies are missing (they need a second pass over the input)",
			"anomalies are missing: they need a second pass over the input, which was not possible or not complete"))
	}
}

// cause returns what ended a run early: signal if that was a signal, else other.
func (r *reporter) cause(signal, other string) string {
	if r.interrupted != nil && r.interrupted() {
		return signal
	}
	return other
}

// contextWidth is how much of a line is shown on each side of an error at most, in
// columns of the terminal.
const contextWidth = 60

// context returns how much of a line is shown on each side of an error. Where the terminal would
// break the line, the caret would be under something else.
func (r *reporter) context() int {
	const indent, least = 4, 10
	if r.screen.width == 0 {
		return contextWidth
	}
	return min(contextWidth, max(least, (r.screen.width-indent)/2))
}

// show prints an error of a line, the line around it, and a caret under the
// position.
func (r *reporter) show(e *batch.LineError) {
	if r.quiet {
		return
	}
	r.print(e.Error())
	if len(e.Text) == 0 {
		return
	}
	before, after := printable(string(e.Text[:e.At])), printable(string(e.Text[e.At:]))
	before = runewidth.TruncatePrefix(before, r.context(), "…")
	after = runewidth.Truncate(after, r.context(), "…")
	write(r.out, "    %s%s\n    %s^\n", before, after, strings.Repeat(" ", runewidth.StringWidth(before)))
}

// summary prints, at the end of a run, what was counted but not printed.
func (r *reporter) summary(l pipe.Ledger) {
	if r.quiet {
		return
	}
	groups := make([]*errorGroup, 0, len(r.groups))
	for _, g := range r.groups {
		if g.n > g.shown && !r.verbose {
			groups = append(groups, g)
		}
	}
	slices.SortFunc(groups, func(a, b *errorGroup) int { return strings.Compare(a.file+a.kind, b.file+b.kind) })
	for _, g := range groups {
		if g.foreign {
			r.print(fmt.Sprintf("%s: %d bad lines, the last is line %d (-v shows all)", g.file, g.n, g.lastLine))
			continue
		}
		r.print(fmt.Sprintf("%s: %s: %d more, the last in line %d (-v shows all)", g.file, g.kind, g.n-g.shown, g.lastLine))
	}
	wrapped := r.wrapped(l)
	if wrapped {
		r.print(foreign.Text(r.tool, r.input.name, r.input.foreign()))
	}
	for _, text := range r.names.messages {
		r.print(text)
	}
	if r.names.noNumber != "" && !wrapped {
		r.print(r.names.noNumber)
	}
	if r.late.count > 1 {
		r.print(fmt.Sprintf("%d events were late, the last at %s:%d", r.late.count, r.late.last.File, r.late.last.Line))
	}
	if r.late.inLater > r.late.count/2 {
		r.print("the times of the FILEs overlap: they are one stream, in the order given, and --lateness all waits for all of them")
	}
	if r.stopAtBad && l.Rejected+l.Reported > 0 {
		r.print("stopped at the first bad line (--bad stop): the rest of the input was not processed")
	}
	if (r.verbose || r.screen.terminal) && l.Filtered > 0 && l.Filtered == l.Read && !r.names.missing {
		r.print(fmt.Sprintf("no record meets the conditions of --where (%d were read)", l.Read))
	}
	if l.Unfinished > 0 {
		r.print(fmt.Sprintf("%d bytes of an unfinished line were ignored when the %s", l.Unfinished, r.cause("run was interrupted", "input ended")))
	}
}

// wrapped reports whether each input was one record, with all records that were meant in an
// array of it. It is false if a bad line has already been the occasion to say so.
func (r *reporter) wrapped(l pipe.Ledger) bool {
	return r.input.foreign != nil && r.input.foreign().Kind == source.Wrapped &&
		l.Used == 0 && l.Rejected == 0 && l.Read <= int64(max(1, len(r.files)))
}

// firstTime prints what the format auto took the first time of the input for. text is
// its JSON text, z the zone in which it is printed; flag says that the command has --time-format.
func (r *reporter) firstTime(text []byte, t stamp.Time, z *stamp.Zone, flag bool) {
	format := stamp.AutoFormat([]byte(strings.Trim(string(text), `"`)))
	read := string(z.Append(nil, stamp.Time{Sec: t.Sec}))
	if z == nil {
		read += " UTC"
	}
	name := "--time-format"
	if !flag {
		name = "format"
	}
	r.print(fmt.Sprintf("the first time, %s, is read as %s (%s %v)", jsonscan.Truncate(text), read, name, format))
}

// ledger prints what became of every record.
func (r *reporter) ledger(l pipe.Ledger) {
	var parts []string
	for _, part := range l.Parts() {
		parts = append(parts, fmt.Sprintf("%s %d", part.Name, part.Count))
	}
	r.print(fmt.Sprintf("read %d = %s; lines printed: %d", l.Read, strings.Join(parts, " + "), l.Printed))
}

// printable replaces what must not reach a terminal from the input or from a file
// name: control characters, which could move the cursor or change settings,
// characters that change the direction of the text after them, and bytes that are
// not UTF-8.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r // strings.Map yields unicode.ReplacementChar for a byte that is not UTF-8
	}, s)
}

// messageWriter is standard error. It knows for how long a write to it is blocked.
type messageWriter struct {
	w     io.Writer
	began atomic.Pointer[time.Time] // of the write in progress; nil: there is none
}

func (m *messageWriter) Write(p []byte) (int, error) {
	now := time.Now()
	m.began.Store(&now)
	defer m.began.Store(nil)
	return m.w.Write(p)
}

// blocked returns for how long a write has been in progress.
func (m *messageWriter) blocked() time.Duration {
	began := m.began.Load()
	if began == nil {
		return 0
	}
	return time.Since(*began)
}
