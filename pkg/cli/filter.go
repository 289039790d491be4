package cli

import (
	"fmt"
	"time"

	"weir/pkg/cli/internal/messages"
	"weir/pkg/fd"
	"weir/pkg/partial"
	"weir/pkg/pipe"
	"weir/pkg/source"
	"weir/pkg/stamp"
)

// This file runs a filter over records. merge.go and chunks.go have the runs that read partials
// and states instead.

// filter runs the pipe, finishes, and returns the exit code.
func (c *command) filter(f pipe.Filter) int {
	bar := c.newProgress(f)
	run, chunks, err := c.newRun(f, bar)
	if err != nil {
		c.printError(err.Error())
		return Usage
	}
	mode := c.tool.Partial.mode() // partial or baseline
	if mode != "" {
		c.tool.Partial.run = run
	}
	c.files.Use(source.Options{Idle: run.Idle, Stop: c.stop})
	c.signals.Catch(c.stopReading())
	c.prepareReporter()
	c.describeInput()
	keys := c.newKeyHint()
	err = c.beginState()
	if c.beginsTable(run) {
		run.BeginTable(c.replaces())
	}
	if err == nil {
		err = run.Run(func() (pipe.Input, error) { return c.nextInput(bar, keys, chunks) })
	}
	bar.Done()
	if mode == "partial" && err == nil {
		err = c.endPartial(run)
	}
	gone, err := c.finish(chunks.save(err))
	c.reportRun(run, f, keys)
	if err != nil {
		c.printError(c.tool.errorText(err))
	}
	return exitCode(err, c.signals.First(), gone, c.unhandled(run, err))
}

// newProgress returns the progress line of a run of a filter.
func (c *command) newProgress(f pipe.Filter) *messages.Progress {
	clear := c.tool.Table.shown() && c.tool.Rows == nil || c.tool.Shared.Output != "" || !fd.Terminal(c.stdout)
	bar := messages.NewProgress(c.stderr, clear, c.reporter)
	second, ok := f.(pipe.SecondPass)
	if ok && second.NeedsSecondPass() {
		bar.TwoPasses()
	}
	return bar
}

// newRun returns the pipe of a run of a filter, and the chunks that it begins from. An error is
// that of what the run continues, and begins with its flag.
func (c *command) newRun(f pipe.Filter, bar *messages.Progress) (*pipe.Pipe, *chunks, error) {
	config := c.pipeConfig(f)
	if c.tool.Table.shown() {
		config.Out = c.tableOutput(bar)
	}
	run, err := c.state.newPipe(config)
	if err != nil {
		return nil, nil, fmt.Errorf("--state %s: %w", c.tool.State.State, err)
	}
	all := c.newChunks(run)
	err = c.begin(all)
	if c.account.wanted() {
		run.CollectDetails()
	}
	return run, all, err
}

// prepareReporter sets what the reporter has to know of a run of a filter.
func (c *command) prepareReporter() {
	s := c.tool.Shared
	width, _ := fd.Width(c.stderr)
	c.reporter.Begin(messages.Options{
		Flags: &s.Common, Files: s.Files, Width: width, Terminal: fd.Terminal(c.stderr),
		Continued: c.state != nil, StopAtBad: s.policy() == pipe.Stop, Interrupted: func() bool { return c.signals.First() != 0 },
	})
}

// newKeyHint returns what looks for keys that -g could name; nil if there is no one to read of
// them, or -g was given.
func (c *command) newKeyHint() *messages.KeyHint {
	if c.tool.Ungrouped != nil && c.tool.Ungrouped() && c.chatty() {
		return &messages.KeyHint{}
	}
	return nil
}

// unhandled returns how many bad or late lines, and names that no record had, make the exit code of
// a run that returned err BadLines; 0 if they are left to --merge, which judges all parts of the
// stream.
func (c *command) unhandled(run *pipe.Pipe, err error) int64 {
	n, part := run.Ledger().Unhandled+int64(run.Missing()), c.tool.Partial.mode() != ""
	switch {
	case part && !c.tool.Partial.unsealed():
		return 0
	case part && n > 0 && err == nil:
		c.reporter.PrintUnlessQuiet(unsealedText(run.Ledger()))
	}
	return n
}

// pipeConfig returns what the flags say of a run of a filter that prints to the output.
func (c *command) pipeConfig(f pipe.Filter) pipe.Config {
	s := c.tool.Shared
	began := time.Now()
	config := pipe.Config{
		Tool: c.tool.Name, Filter: f, Out: c.out, Reporter: c.reporter, Bad: s.policy(), Digits: int(s.Digits), Format: s.Format.Format, MaxLine: int(s.MaxLine), Jobs: s.jobs(),
		Live: c.tool.Live != nil && c.tool.Live(), Clock: func() time.Duration { return time.Since(began) }, Stop: c.stop,
	}
	if s.Verbose {
		config.FirstTime = func(text []byte, t stamp.Time) {
			c.reporter.FirstTime(text, t, f.Plan().Format.Zone(), s.parsed.Has("time-format"))
		}
	}
	if c.rejects != nil {
		config.Rejects = c.rejects
	}
	c.chunkConfig(&config)
	mode := c.tool.Partial.mode()
	config.Partial = mode != "" && !c.tool.Partial.unsealed()
	if mode == "baseline" && !s.Given("bad") {
		config.Bad = pipe.Skip // --partial has reported bad lines
	}
	return config
}

// nextInput opens the next input of a run: see pipe.Pipe.Run.
func (c *command) nextInput(bar *messages.Progress, keys *messages.KeyHint, all *chunks) (pipe.Input, error) {
	in, part, err := c.state.next(c.files)
	if err != nil {
		return nil, err
	}
	c.reporter.BeginInput(in.Name(), in.Foreign)
	all.read(in.Name())
	bar.Done()
	w := &watched{Input: in, progress: bar, keys: keys}
	if c.tool.Partial.mode() != "" {
		w.hash = c.tool.Partial.hash
	}
	if part == nil {
		return w, nil
	}
	return &resumed{w, *part, c.state}, nil
}

// watched is an input whose reads are shown by a progress line.
type watched struct {
	*source.Input
	progress *messages.Progress
	keys     *messages.KeyHint  // of what is read; nil: none is wanted
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
		w.keys.Look(b[:n])
	}
	w.progress.Update(w.Input, w.again)
	return n, err
}

// reportRun says what a run has come to, and collects it for the files of --report and
// --metrics-file.
func (c *command) reportRun(run *pipe.Pipe, f pipe.Filter, keys *messages.KeyHint) {
	s := c.tool.Shared
	c.reporter.Summary(run.Ledger())
	if s, ok := f.(summarizer); ok && !c.reporter.Quiet() {
		for _, text := range s.Summary() {
			c.reporter.Print(text)
		}
	}
	if keys != nil && keys.Message() != "" {
		c.reporter.Print(keys.Message())
	}
	c.collectAccount(run)
	if s.Verbose {
		c.reporter.Ledger(run.Ledger())
	}
}

// beginsTable reports whether a run prints the header of a table, and does not continue one: the
// file that it appends to is empty, or no earlier run or chunk had a record.
func (c *command) beginsTable(run *pipe.Pipe) bool {
	switch {
	case c.state.appends():
		return c.state.Output().Empty()
	case c.replaces():
		return true
	}
	return run.Records() == 0
}

// replaces reports whether each run of a stream prints all, in place of what the one before it has
// printed.
func (c *command) replaces() bool { return c.tool.State != nil && c.tool.State.Replaces }

// summarizer is a filter that has something to say at the end of the run.
type summarizer interface {
	// Summary returns messages, one line each, about the input as a whole.
	Summary() []string
}
