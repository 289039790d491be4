package cli

import (
	"fmt"
	"time"

	"weir/pkg/fd"
	"weir/pkg/pipe"
	"weir/pkg/source"
	"weir/pkg/stamp"
)

// This file runs a filter over records. merge.go and chunks.go have the runs that read partials
// and states instead.

// filter runs the pipe, finishes, and returns the exit code.
func (c *command) filter(f pipe.Filter) int {
	table := c.tool.Table != nil && c.tool.Table.On()
	clear := table && c.tool.Rows == nil || c.tool.Shared.Output != "" || !fd.Terminal(c.stdout)
	bar := newProgress(c.stderr, clear, c.reporter)
	if second, ok := f.(pipe.SecondPass); ok {
		bar.twice = second.NeedsSecondPass()
	}
	config := c.pipeConfig(f)
	if table {
		config.Out = c.tableOutput(bar)
	}
	mode := c.tool.Partial.mode() // partial or baseline
	run, err := c.state.newPipe(config)
	if err != nil {
		c.printError(fmt.Sprintf("--state %s: %v", c.tool.State.State, err))
		return Usage
	}
	chunks := c.newChunks(run)
	err = c.begin(chunks)
	if err != nil {
		c.printError(err.Error())
		return Usage
	}
	if mode != "" {
		c.tool.Partial.run = run
	}
	if c.account.wanted() {
		run.CollectDetails()
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
	bar.done()
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

// prepareReporter sets what the reporter has to know of a run of a filter.
func (c *command) prepareReporter() {
	r, s := c.reporter, c.tool.Shared
	r.flags, r.files = &s.Common, s.Files
	r.screen.terminal = fd.Terminal(c.stderr)
	r.screen.width, _ = fd.Width(c.stderr)
	r.continued = c.state != nil
	r.interrupted = func() bool { return c.signals.First() != 0 }
}

// newKeyHint returns what looks for keys that -g could name; nil if that is of no use to anybody.
func (c *command) newKeyHint() *keyHint {
	if c.tool.Ungrouped != nil && c.tool.Ungrouped() && c.chatty() {
		return &keyHint{}
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
		c.printUnlessQuiet(unsealedText(run.Ledger()))
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
			c.reporter.firstTime(text, t, f.Plan().Format.Zone(), s.has("time-format"))
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
func (c *command) nextInput(bar *progress, keys *keyHint, all *chunks) (pipe.Input, error) {
	in, part, err := c.state.next(c.files)
	if err != nil {
		return nil, err
	}
	c.reporter.input = inputAtHand{in.Name(), in.Foreign}
	all.read(in.Name())
	w := bar.watch(in, keys)
	if c.tool.Partial.mode() != "" {
		w.hash = c.tool.Partial.hash
	}
	if part == nil {
		return w, nil
	}
	return &resumed{w, *part, c.state}, nil
}

// reportRun says what a run has come to, and collects it for the files of --report and
// --metrics-file.
func (c *command) reportRun(run *pipe.Pipe, f pipe.Filter, keys *keyHint) {
	s := c.tool.Shared
	c.reporter.stopAtBad = s.policy() == pipe.Stop
	c.reporter.summary(run.Ledger())
	if s, ok := f.(summarizer); ok && !c.reporter.quiet {
		for _, text := range s.Summary() {
			c.reporter.print(text)
		}
	}
	if keys != nil && keys.message() != "" {
		c.reporter.print(keys.message())
	}
	c.collectAccount(run)
	if s.Verbose {
		c.reporter.ledger(run.Ledger())
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
