package cli

import (
	"io"
	"os"
	"time"

	"github.com/cheggaaa/pb/v3"
	"github.com/mattn/go-runewidth"

	"weir/pkg/fd"
	"weir/pkg/partial"
	"weir/pkg/source"
)

// progressDelay is how long a run takes at least before its progress is shown:
// a line that appears and vanishes at once only flickers.
const progressDelay = 500 * time.Millisecond

// progress draws on stderr how far the present input has been read. It does so
// only where the line can be seen and disturbs nothing (stderr is a terminal,
// output does not scroll over it, no -q) and the fraction is known (the input is
// a regular file). The line is erased at the end, and before every message.
type progress struct {
	stderr   io.Writer
	enabled  bool
	columns  int  // of the terminal
	twice    bool // the input is read in two passes, which have one line
	began    time.Time
	bar      *pb.ProgressBar // nil: no line is on the screen
	reporter *reporter       // its progressShown is true while bar is not nil
}

// newProgress decides whether progress may be drawn. clear reports that the
// output does not go to the same screen.
func newProgress(stderr *os.File, clear bool, r *reporter) *progress {
	columns, ok := fd.Width(stderr)
	if !ok {
		columns = 80
	}
	return &progress{stderr: stderr, enabled: clear && fd.Terminal(stderr) && !r.quiet, columns: columns, began: time.Now(), reporter: r}
}

// watch returns the input such that reading it moves the progress line. keys, which may
// be nil, looks at what is read.
func (p *progress) watch(in *source.Input, keys *keyHint) *watched {
	p.done()
	return &watched{Input: in, progress: p, keys: keys}
}

// watched is an input whose reads are shown by a progress line.
type watched struct {
	*source.Input
	progress *progress
	keys     *keyHint
	hash     *partial.InputHash // of what is read; nil: none is wanted
	again    bool               // this is the second pass
}

// Rewind implements pipe.Rewinder.
func (w *watched) Rewind() error {
	w.again = true
	return w.Input.Rewind()
}

// Read implements io.Reader.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Input.Read(b)
	if w.hash != nil {
		_, _ = w.hash.Write(b[:n])
	}
	if w.keys != nil {
		w.keys.look(b[:n])
	}
	w.progress.update(w)
	return n, err
}

// update draws the line anew after a read of in.
func (p *progress) update(in *watched) {
	if !p.enabled || !in.Regular() {
		return
	}
	size, ok := in.Size()
	total, read := size, in.Offset()
	if p.twice {
		total *= 2
	}
	if in.again {
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

// progressLine returns the template of the line, and the part of the input's name that it shows: a
// line that is wider than the terminal would not be erased. If the input is read twice, the line has
// no numbers of bytes: their sum is not the size of the input.
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

// done erases the line.
func (p *progress) done() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar = nil
		p.reporter.progressShown.Store(false)
	}
}
