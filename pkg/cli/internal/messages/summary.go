package messages

import (
	"fmt"
	"slices"
	"strings"

	"weir/pkg/cli/internal/foreign"
	"weir/pkg/pipe"
	"weir/pkg/source"
)

// Summary prints, at the end of a run, what was counted but not printed. l is the ledger of the
// run.
func (r *Reporter) Summary(l pipe.Ledger) {
	if r.quiet {
		return
	}
	r.summarizeGroups()
	r.summarizeNames(r.wrapped(l))
	r.summarizeLate()
	if r.options.StopAtBad && l.Rejected+l.Reported > 0 {
		r.Print("stopped at the first bad line (--bad stop): the rest of the input was not processed")
	}
	if (r.verbose || r.options.Terminal) && l.Filtered > 0 && l.Filtered == l.Read && !r.names.missing {
		r.Print(fmt.Sprintf("no record meets the conditions of --where (%d were read)", l.Read))
	}
	if l.Unfinished > 0 {
		r.Print(fmt.Sprintf("%d bytes of an unfinished line were ignored when the %s", l.Unfinished, r.cause("run was interrupted", "input ended")))
	}
}

// summarizeGroups prints how many errors of each kind have not been printed.
func (r *Reporter) summarizeGroups() {
	if r.verbose { // all have been
		return
	}
	groups := make([]*errorGroup, 0, len(r.groups))
	for _, g := range r.groups {
		if g.n > g.shown {
			groups = append(groups, g)
		}
	}
	slices.SortFunc(groups, func(a, b *errorGroup) int { return strings.Compare(a.file+a.kind, b.file+b.kind) })
	for _, g := range groups {
		if g.foreign {
			r.Print(fmt.Sprintf("%s: %d bad lines, the last is line %d (-v shows all)", g.file, g.n, g.lastLine))
			continue
		}
		r.Print(fmt.Sprintf("%s: %s: %d more, the last in line %d (-v shows all)", g.file, g.kind, g.n-g.shown, g.lastLine))
	}
}

// summarizeNames prints what is only known at the end about names. wrapped says that the input is
// one object around all records, which explains why there is no number.
func (r *Reporter) summarizeNames(wrapped bool) {
	if wrapped {
		r.Print(foreign.Text(r.tool, r.input.name, r.input.foreign()))
	}
	for _, text := range r.names.messages {
		r.Print(text)
	}
	if r.names.noNumber != "" && !wrapped {
		r.Print(r.names.noNumber)
	}
}

// summarizeLate prints how many events were late, and why if that is known.
func (r *Reporter) summarizeLate() {
	if r.late.count > 1 {
		r.Print(fmt.Sprintf("%d events were late, the last at %s:%d", r.late.count, r.late.last.File, r.late.last.Line))
	}
	if r.late.inLater > r.late.count/2 {
		r.Print("the times of the FILEs overlap: they are one stream, in the order given, and --lateness all waits for all of them")
	}
}

// wrapped reports whether each input was one record, with all records that were meant in an
// array of it. It is false if a bad line has already been the occasion to say so.
func (r *Reporter) wrapped(l pipe.Ledger) bool {
	return r.input.foreign != nil && r.input.foreign().Kind == source.Wrapped &&
		l.Used == 0 && l.Rejected == 0 && l.Read <= int64(max(1, len(r.options.Files)))
}
