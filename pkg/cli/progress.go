package cli

import (
	"io"
	"os"
	"time"

	"github.com/cheggaaa/pb/v3"

	"weir/pkg/fd"
	"weir/pkg/source"
)

// patience is how long a run may take before its progress is shown.
const patience = 500 * time.Millisecond

// progress draws how far the input has been read, where that can be known and
// somebody can see it: stderr is a terminal that the output does not run over,
// and the input is a regular file.
type progress struct {
	stderr   io.Writer
	on       bool
	began    time.Time
	bar      *pb.ProgressBar
	messages *reporter
}

func newProgress(stderr *os.File, clear bool, words *reporter) *progress {
	return &progress{stderr: stderr, on: clear && fd.Terminal(stderr) && !words.quiet, began: time.Now(), messages: words}
}

// watch is the input with its progress drawn.
func (p *progress) watch(in *source.Input) *watched {
	p.done()
	return &watched{Input: in, progress: p}
}

// watched is an input whose reading is seen.
type watched struct {
	*source.Input
	progress *progress
}

// Read implements io.Reader.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Input.Read(b)
	w.progress.at(w.Input)
	return n, err
}

func (p *progress) at(in *source.Input) {
	if !p.on || !in.Regular() {
		return
	}
	if p.bar == nil {
		size, ok := in.Size()
		if !ok || time.Since(p.began) < patience {
			return
		}
		p.bar = pb.New64(size).SetWriter(p.stderr).Set(pb.Bytes, true).Set(pb.CleanOnFinish, true).Set(pb.Terminal, true)
		p.bar.SetTemplateString(`{{string . "name"}} {{counters . }} {{percent . }} {{rtime . "%s left" "" ""}}`).Set("name", in.Name())
		p.bar.Start()
		p.messages.wipe.Store(true)
	}
	p.bar.SetCurrent(in.Offset())
}

// done takes the drawing away.
func (p *progress) done() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar = nil
		p.messages.wipe.Store(false)
	}
}
