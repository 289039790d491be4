package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"weir/pkg/sink"
	"weir/pkg/source"
)

// Ends are where a tool that is no filter reads and writes. Tool.Make opens
// through them whatever it needs beside Out, and returns the run, which ends in
// order when Done is closed; then all outputs are committed. One goroutine uses
// them.
type IO struct {
	Out  *sink.Out
	Done <-chan struct{} // closed by a signal

	cmd      *command
	stop     *source.Stop
	flushers []*sink.Out

	committed bool // Out is committed or abandoned
}

// Open opens an input; "-" is standard input. Before a read that has to wait,
// all outputs are flushed; once Done is closed, reading ends with
// source.ErrStopped.
func (e *IO) Open(name string) (*source.Input, error) {
	files, err := source.Open([]string{name}, e.cmd.stdin)
	if err != nil {
		return nil, err
	}
	files.Use(source.Options{Stop: e.stop, Idle: func() time.Duration {
		_ = e.Flush() // the error stays, and the next write has it
		return -1
	}})
	return files.Next()
}

// Create opens an output beside Out, by the rules of sink.File.
func (e *IO) Create(name string) (*sink.Out, error) {
	if err := e.sameFile(name); err != nil {
		return nil, err
	}
	out, err := sink.File(name)
	if err == nil {
		e.flushers = append(e.flushers, out)
	}
	return out, err
}

// collision is an output that would be lost in Out, which may be a file that is
// not there yet.
func (e *IO) sameFile(name string) error {
	main := string(e.cmd.tool.common().Output)
	this, err1 := filepath.Abs(name)
	that, err2 := filepath.Abs(main)
	one := main != "" && err1 == nil && err2 == nil && this == that
	if info, err := os.Stat(name); one || err == nil && overlap(info, []os.FileInfo{e.cmd.output()}) {
		return fmt.Errorf("%s: the output goes there", name)
	}
	return nil
}

// Flush hands all that has been written to the kernel.
func (e *IO) Flush() error {
	err := e.Out.Flush()
	for _, out := range e.flushers {
		if err2 := out.Flush(); err == nil {
			err = err2
		}
	}
	return err
}

// Note says something that is asked for by -v alone.
func (e *IO) Note(words string) {
	if e.cmd.messages.verbose {
		e.cmd.messages.printf(words)
	}
}

// Say says something that -q alone keeps back.
func (e *IO) Printf(words string) {
	if !e.cmd.messages.quiet {
		e.cmd.messages.printf(words)
	}
}

// Abandon gives up Out, to which another goroutine writes and may go on waiting
// for ever: it is not touched again, and the run must return an error.
func (e *IO) Discard() { e.cmd.out, e.committed = nil, true }

// Commit ends Out for good before the run ends: whoever reads it sees its end.
func (e *IO) Commit() error {
	out := e.Out
	e.Discard()
	return out.Commit()
}

// flushed ends a run that had the error err: what was made is handed on, whatever
// ended it, and no output is put in place when another cannot be. Only of Out may
// the reader leave.
func (e *IO) flushed(err error) error {
	if e.committed {
		return err
	}
	if err2 := e.Flush(); err == nil {
		err = err2
	}
	if errors.Is(err, sink.ErrGone) && !errors.Is(e.Out.Flush(), sink.ErrGone) {
		return errors.New(err.Error())
	}
	return err
}

// commit ends the outputs beside Out; after the first error the others are
// discarded.
func (e *IO) commit() error {
	for len(e.flushers) > 0 {
		out := e.flushers[0]
		e.flushers = e.flushers[1:]
		if err := out.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func (e *IO) discard() {
	for _, out := range e.flushers {
		out.Discard()
	}
}

// beginMaker opens the ends of a tool that makes its output itself.
func (p *command) beginRun() (run func() int, _ error) {
	if err := p.open(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	p.io = IO{Out: p.out, Done: done, cmd: p, stop: p.stop}
	tool, err := p.tool.Run(&p.io)
	return func() int {
		caught := catch(func() {
			close(done) // first: who is told that reading has stopped looks at Done
			p.stop.Stop()
		})
		gone, err := p.finish(p.io.flushed(tool()))
		if err != nil {
			p.messages.printf(err.Error())
		}
		return exitCode(err, caught(), gone, 0)
	}, err
}
