package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/mattn/go-runewidth"

	"weir/pkg/ndjson"
	"weir/pkg/pipe"
)

// teller speaks to the person at stderr. It is a pipe.Teller.
type reporter struct {
	tool      string
	out       io.Writer
	verbose   bool        // every fault, and the ledger
	quiet     bool        // only what ended the run
	wipe      atomic.Bool // a progress line stands there: it goes before words do
	faults    map[string]*faultGroup
	lateLines int64
	late      *ndjson.LineError // the latest
}

// like counts faults of one kind in one file.
type faultGroup struct {
	kind, file string
	n          int64
	last       int64 // line
}

// shown is how many faults of one kind are told before they are only counted.
const shown = 5

func newReporter(tool string, out io.Writer) *reporter {
	return &reporter{tool: tool, out: out, faults: map[string]*faultGroup{}}
}

// say writes one message, a line.
func (t *reporter) printf(words string) {
	if t.wipe.Load() {
		write(t.out, "\r\x1b[K")
	}
	write(t.out, "%s: %s\n", t.tool, printable(words))
}

// Bad implements pipe.Teller.
func (t *reporter) Bad(e *ndjson.LineError) {
	key := e.File + "\x00" + e.Kind
	l := t.faults[key]
	if l == nil {
		l = &faultGroup{kind: e.Kind, file: e.File}
		t.faults[key] = l
	}
	l.n++
	l.last = e.Line
	if l.n <= shown || t.verbose {
		t.show(e)
	}
}

// Late implements pipe.Teller: the first is told, the others are counted.
func (t *reporter) Late(e *ndjson.LineError) {
	t.lateLines++
	t.late = e
	if t.lateLines == 1 || t.verbose {
		t.show(e)
	}
}

// Crowded implements pipe.Teller.
func (t *reporter) LimitReached() {
	if !t.quiet {
		t.printf("there are more fields than --max-groups allows: those that came last are left out")
	}
}

// Unseen implements pipe.Teller.
func (t *reporter) Incomplete() {
	if !t.quiet {
		t.printf("ended before the second look at the records was complete: what stands out is not known")
	}
}

// Unmet implements pipe.Teller.
func (t *reporter) Missing(p ndjson.Path, meant string) {
	if t.quiet {
		return
	}
	words := fmt.Sprintf("no record has a field %q", p)
	if meant != "" {
		words += fmt.Sprintf(" (-f %s?)", meant)
	}
	t.printf(words)
}

// margin is how much of a line is shown on each side of a fault, in columns.
const margin = 60

// show tells a fault, with the line around it and a caret under the spot.
func (t *reporter) show(e *ndjson.LineError) {
	if t.quiet {
		return
	}
	t.printf(e.Error())
	if len(e.Text) == 0 {
		return
	}
	before, after := printable(string(e.Text[:e.At])), printable(string(e.Text[e.At:]))
	before = runewidth.TruncatePrefix(before, margin, "…")
	after = runewidth.Truncate(after, margin, "…")
	write(t.out, "    %s%s\n    %s^\n", before, after, strings.Repeat(" ", runewidth.StringWidth(before)))
}

// summary tells what was counted only.
func (t *reporter) summary(l pipe.Ledger) {
	if t.quiet {
		return
	}
	kinds := make([]*faultGroup, 0, len(t.faults))
	for _, k := range t.faults {
		if k.n > shown && !t.verbose {
			kinds = append(kinds, k)
		}
	}
	slices.SortFunc(kinds, func(a, b *faultGroup) int { return strings.Compare(a.file+a.kind, b.file+b.kind) })
	for _, k := range kinds {
		t.printf(fmt.Sprintf("%s: %s: %d more, the last in line %d (-v shows all)", k.file, k.kind, k.n-shown, k.last))
	}
	if t.lateLines > 1 {
		t.printf(fmt.Sprintf("%d events were late, the last at %s:%d", t.lateLines, t.late.File, t.late.Line))
	}
	if t.verbose {
		t.ledger(l)
	}
	if l.Unfinished > 0 {
		t.printf(fmt.Sprintf("%d bytes of an unfinished line were left when the input ended", l.Unfinished))
	}
}

func (t *reporter) ledger(l pipe.Ledger) {
	t.printf(fmt.Sprintf("read %d = used %d + late %d + without a reading %d + filtered out %d + rejected %d; lines printed: %d",
		l.Read, l.Used, l.Late, l.NoReading, l.Filtered, l.Rejected, l.Printed))
}

// printable keeps input from steering the terminal, and from turning the
// direction of what stands behind it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, s) // which also replaces what is not UTF-8
}
