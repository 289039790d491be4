package messages

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"weir/pkg/batch"
	"weir/pkg/cli/internal/foreign"
	"weir/pkg/source"
)

// This file has what is said of lines: bad ones, and late events.

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

// lateEvents is what Summary says of late events.
type lateEvents struct {
	count   int64
	inLater int64 // of these, in other files than the first
	last    *batch.LineError
}

// Bad implements pipe.Reporter. If the first bad line of an input shows that the whole input
// is in a foreign format, this is printed in place of all of them.
func (r *Reporter) Bad(e *batch.LineError) {
	key := e.File + "\x00"
	g := r.groups[key]
	if g == nil {
		g = &errorGroup{file: e.File}
		r.groups[key] = g
		text := ""
		if r.input.foreign != nil {
			text = foreign.Text(r.tool, e.File, r.input.foreign())
			if text == "" && r.options.Continued && beginsArray(e) {
				text = foreign.ContinuedArray(r.tool, e.File, r.input.foreign())
			}
		}
		if text != "" {
			g.foreign, g.shown = true, 1
			r.PrintUnlessQuiet(text)
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
		r.PrintUnlessQuiet(foreign.Prefixed(r.tool, e.File))
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
func (r *Reporter) grouped(e *batch.LineError) {
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
func (r *Reporter) Skipped(e *batch.LineError) { r.grouped(e) }

// Late implements pipe.Reporter. The first late event is printed, the others are
// counted.
func (r *Reporter) Late(e *batch.LineError) {
	r.late.count++
	if len(r.options.Files) > 1 && e.File != r.options.Files[0] {
		r.late.inLater++
	}
	r.late.last = e
	if r.late.count == 1 || r.verbose {
		r.show(e)
	}
}

// Notice implements pipe.Reporter.
func (r *Reporter) Notice(e *batch.LineError) { r.Bad(e) }

// contextWidth is how much of a line is shown on each side of an error at most, in
// columns of the terminal.
const contextWidth = 60

// context returns how much of a line is shown on each side of an error. Where the terminal would
// break the line, the caret would be under something else.
func (r *Reporter) context() int {
	const indent, least = 4, 10
	if r.options.Width == 0 {
		return contextWidth
	}
	return min(contextWidth, max(least, (r.options.Width-indent)/2))
}

// show prints an error of a line, the line around it, and a caret under the
// position.
func (r *Reporter) show(e *batch.LineError) {
	if r.quiet {
		return
	}
	r.Print(e.Error())
	if len(e.Text) == 0 {
		return
	}
	before, after := printable(string(e.Text[:e.At])), printable(string(e.Text[e.At:]))
	before = runewidth.TruncatePrefix(before, r.context(), "…")
	after = runewidth.Truncate(after, r.context(), "…")
	r.write("    %s%s\n    %s^\n", before, after, strings.Repeat(" ", runewidth.StringWidth(before)))
}
