package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"weir/pkg/cli/internal/filename"
	"weir/pkg/sink"
	"weir/pkg/source"
)

// IO gives a tool that writes its own output (Tool.Run) its inputs, outputs and
// messages. The tool opens through it whatever it needs beside Out, and ends in
// order when Done is closed; then all outputs are committed. Its methods are for
// one goroutine at a time.
type IO struct {
	Out  *sink.Out       // the main output: standard output, or the file of -o
	Done <-chan struct{} // closed by a signal

	// EndsBlocked is set by a tool that itself ends, after a signal, when the reader of Out has
	// stopped reading. Otherwise the process ends soon after the signal then.
	EndsBlocked bool

	cmd       *command
	stop      *source.Stop
	others    []*sink.Out // outputs beside Out, in the order they were created
	committed bool        // Out is committed or given up: it must not be used
}

// Open opens an input; "-" is standard input. Before a read that has to wait,
// all outputs are flushed; once Done is closed, reads return source.ErrStopped. An
// error begins with the name.
func (e *IO) Open(name string) (*source.Input, error) {
	stat := e.cmd.stdin.Stat
	if name != "-" {
		stat = func() (os.FileInfo, error) { return os.Stat(name) }
	}
	info, err := stat()
	if name != "-" && err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: is a directory; name one file", name)
	}
	if err == nil && filename.Overlap(info, []os.FileInfo{e.cmd.outputInfo()}) {
		return nil, fmt.Errorf("%s: this is also the output file, and what is written would be read", name)
	}
	files, err := source.Open([]string{name}, e.cmd.stdin)
	if err != nil {
		return nil, filename.WithSuggestion(err, []string{name})
	}
	if name == "-" {
		e.cmd.describeInput()
	}
	files.Use(source.Options{Stop: e.stop, Idle: func() time.Duration {
		_ = e.Flush() // an output keeps its error, and the next write returns it
		return -1
	}})
	return files.Next()
}

// Create opens an output beside Out, by the rules of sink.File. flag is the flag that
// names the file; an error begins with it.
func (e *IO) Create(flag, name string) (*sink.Out, error) {
	if err := e.sameFile(name); err != nil {
		return nil, fmt.Errorf("%s %w", flag, err)
	}
	out, err := sink.File(name)
	if err != nil {
		return nil, outputError(flag, name, err)
	}
	e.others = append(e.others, out)
	return out, nil
}

// sameFile returns an error if name is also the main output: one of the two would
// be lost. The file of -o need not exist yet, so names are compared too.
func (e *IO) sameFile(name string) error {
	output := string(e.cmd.tool.Common.Output)
	path1, err1 := filepath.Abs(name)
	path2, err2 := filepath.Abs(output)
	same := output != "" && err1 == nil && err2 == nil && path1 == path2
	info, err := os.Stat(name)
	if same || err == nil && filename.Overlap(info, []os.FileInfo{e.cmd.outputInfo()}) {
		return fmt.Errorf("%s: this is also the output file", name)
	}
	return nil
}

// Flush passes all that has been written to the kernel. It returns the first
// error, and flushes the other outputs all the same.
func (e *IO) Flush() error {
	err := e.Out.Flush()
	for _, out := range e.others {
		err2 := out.Flush()
		if err == nil {
			err = err2
		}
	}
	return err
}

// PrintVerbose prints a message on stderr if -v was given.
func (e *IO) PrintVerbose(text string) { e.cmd.reporter.PrintVerbose(text) }

// Print prints a message on stderr unless -q was given.
func (e *IO) Print(text string) { e.cmd.reporter.PrintUnlessQuiet(text) }

// Discard gives up Out without touching it: another goroutine may be blocked for
// ever in a write to it. The run must return an error.
func (e *IO) Discard() { e.cmd.out, e.committed = nil, true }

// Commit ends Out before the run ends, so that its reader sees the end.
func (e *IO) Commit() error {
	out := e.Out
	e.Discard()
	return out.Commit()
}

// flushed flushes all outputs after a run that returned err, and returns the
// first error. Flushing before anything is committed means that no output is
// renamed into place when another cannot be written. sink.ErrReaderClosed, which is not
// an error of the command, is returned for Out alone: a reader that closed
// another output is a failed write.
func (e *IO) flushed(err error) error {
	if e.committed {
		return err
	}
	err2 := e.Flush()
	if err == nil {
		err = err2
	}
	if errors.Is(err, sink.ErrReaderClosed) && !errors.Is(e.Out.Flush(), sink.ErrReaderClosed) {
		return errors.New(err.Error()) // the same text, no longer ErrReaderClosed
	}
	return err
}

// commit commits the outputs beside Out; after the first error the remaining
// ones are left to discard.
func (e *IO) commit() error {
	for len(e.others) > 0 {
		out := e.others[0]
		e.others = e.others[1:]
		if err := out.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// discard discards the outputs beside Out that are not committed.
func (e *IO) discard() {
	for _, out := range e.others {
		out.Discard()
	}
}

// openTool is open for a tool that writes its own output.
func (c *command) openTool() (work func() int, _ error) {
	if err := c.openOutput(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	c.io = IO{Out: c.out, Done: done, cmd: c, stop: c.stop}
	run, err := c.tool.Run(&c.io)
	return func() int {
		out := c.out
		c.signals.Catch(func() {
			close(done) // before the reads end: a tool whose read ended looks at Done
			c.stop.Stop()
			if !c.io.EndsBlocked {
				go c.watchOutputs(out)
			}
		})
		gone, err := c.finish(c.io.flushed(run()))
		if err != nil {
			c.reporter.Print(c.tool.errorText(err))
		}
		return exitCode(err, c.signals.First(), gone, 0)
	}, err
}
