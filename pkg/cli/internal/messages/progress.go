package messages

import (
	"io"
	"os"
	"time"

	"github.com/cheggaaa/pb/v3"
	"github.com/mattn/go-runewidth"

	"weir/pkg/fd"
	"weir/pkg/source"
)

// progressDelay is how long a run takes at least before its progress is shown:
// a line that appears and vanishes at once only flickers.
const progressDelay = 500 * time.Millisecond

// Progress draws on stderr how far the present input has been read. It does so
// only where the line can be seen and disturbs nothing (stderr is a terminal,
// output does not scroll over it, no -q) and the fraction is known (the input is
// a regular file). The line is erased at the end, and before every message.
type Progress struct {
	stderr   io.Writer
	enabled  bool
	columns  int  // of the terminal
	twice    bool // the input is read in two passes, which have one line
	began    time.Time
	bar      *pb.ProgressBar // nil: no line is on the screen
	reporter *Reporter       // its progressShown is true while bar is not nil
}

// NewProgress decides whether progress may be drawn on stderr. clear says that the output does not
// go to the same screen. r prints the messages there.
func NewProgress(stderr *os.File, clear bool, r *Reporter) *Progress {
	columns, ok := fd.Width(stderr)
	if !ok {
		columns = 80
	}
	return &Progress{stderr: stderr, enabled: clear && fd.Terminal(stderr) && !r.quiet, columns: columns, began: time.Now(), reporter: r}
}

// TwoPasses says that the input is read twice.
func (p *Progress) TwoPasses() { p.twice = true }

// Update draws the line anew after a read of in; again says that this is the second pass.
func (p *Progress) Update(in *source.Input, again bool) {
	if !p.enabled || !in.Regular() {
		return
	}
	size, ok := in.Size()
	total, read := size, in.Offset()
	if p.twice {
		total *= 2
	}
	if again {
		read += size
	}
	if p.bar == nil {
		if !ok || time.Since(p.began) < progressDelay {
			return
		}
		p.bar = pb.New64(total).SetWriter(p.stderr).Set(pb.Bytes, true).Set(pb.CleanOnFinish, true).Set(pb.Terminal, true)
		template, name := progressLine(in.Name(), p.columns, p.twice)
		p.bar.SetTemplateString(template).Set("name", name).SetWidth(p.columns)
		p.bar.Start()
		p.reporter.progressShown.Store(true)
	}
	p.bar.SetCurrent(read)
}

// progressLine returns the template of the line, and the part of the input's name that it shows:
// a line that is wider than the terminal would not be erased. If the input is read twice, the line
// has no numbers of bytes: their sum is not the size of the input.
func progressLine(name string, columns int, twice bool) (template, shown string) {
	template = "{{counters . }} {{percent . }}"
	used := len("1023.99 MiB / 1023.99 MiB 100.00%")
	if twice {
		template, used = "{{percent . }}", len("100.00%")
	}
	const left, minName = len("  100h59m59s left"), 12
	switch {
	case columns < used:
		return "{{percent . }}", ""
	case columns < used+left+minName:
		return template, ""
	}
	// The end of a path says more than its beginning.
	name = printable(name)
	excess := runewidth.StringWidth(name) - (columns - used - left)
	if excess > 0 {
		name = runewidth.TruncateLeft(name, excess+1, "…")
	}
	return `{{string . "name"}} ` + template + ` {{rtime . "%s left" "" ""}}`, name
}

// Done erases the line, if there is one.
func (p *Progress) Done() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar = nil
		p.reporter.progressShown.Store(false)
	}
}
