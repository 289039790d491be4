package cli

import (
	"io"
	"os"
	"time"

	"github.com/cheggaaa/pb/v3"

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
	began    time.Time
	bar      *pb.ProgressBar // nil: no line is on the screen
	reporter *reporter       // its progressShown is true while bar is not nil
}

// newProgress decides whether progress may be drawn. clear reports that the
// output does not go to the same screen.
func newProgress(stderr *os.File, clear bool, r *reporter) *progress {
	return &progress{stderr: stderr, enabled: clear && fd.Terminal(stderr) && !r.quiet, began: time.Now(), reporter: r}
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
	w.progress.update(w.Input)
	return n, err
}

// update draws the line anew after a read of in.
func (p *progress) update(in *source.Input) {
	if !p.enabled || !in.Regular() {
		return
	}
	if p.bar == nil {
		size, ok := in.Size()
		if !ok || time.Since(p.began) < progressDelay {
			return
		}
		p.bar = pb.New64(size).SetWriter(p.stderr).Set(pb.Bytes, true).Set(pb.CleanOnFinish, true).Set(pb.Terminal, true)
		p.bar.SetTemplateString(`{{string . "name"}} {{counters . }} {{percent . }} {{rtime . "%s left" "" ""}}`).Set("name", in.Name())
		p.bar.Start()
		p.reporter.progressShown.Store(true)
	}
	p.bar.SetCurrent(in.Offset())
}

// done erases the line.
func (p *progress) done() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar = nil
		p.reporter.progressShown.Store(false)
	}
}
