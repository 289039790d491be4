// Package cli is what all commands share: flags and their meaning, help,
// messages, signals, progress and exit codes. A command names its flags and
// builds its filter from them; everything else about being a command is here.
// It is the only package that knows kong, that draws progress, and that exits.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"weir/pkg/pipe"
	"weir/pkg/sink"
	"weir/pkg/source"
)

// Exit codes, as sysexits.h has them where it has one. A command that was
// stopped by signal n exits with 128+n.
const (
	OK      = 0  // all good, or the reader of stdout has left
	Open    = 1  // finished, but lines were bad or late and nobody took them
	Usage   = 2  // wrong usage, or it cannot open or begin
	IOError = 74 // a read or write failed while running
)

// Tool is one command.
type Tool struct {
	Name     string
	Does     string    // one line: what it is for
	About    string    // for --help: what one must know to use it
	Examples []Example // for --help
	Flags    any       // pointer to a struct with kong's tags, *Shared embedded in it
	Shared   *Shared   // that of Flags
	Filter   func() (pipe.Filter, error)
	Live     func() bool // whether the filter is to tick; nil: no
}

// Example is a command and what it is good for.
type Example struct{ Command, Why string }

// Main runs a tool as a process, and ends the process.
func Main(t Tool) {
	p := process{tool: t, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(p.run(os.Args[1:]))
}

// process is one run of a tool.
type process struct {
	tool                  Tool
	stdin, stdout, stderr *os.File
	stop                  *source.Stop
	words                 *teller
	files                 *source.Files
	out                   *sink.Out
	rejects               *sink.Log
}

func (p *process) run(args []string) int {
	p.words = newTeller(p.tool.Name, p.stderr)
	asked, err := parse(&p.tool, args)
	switch {
	case err != nil:
		p.words.say(err.Error())
		p.words.say("try " + p.tool.Name + " -h")
		return Usage
	case asked != nil:
		return p.print(asked)
	}
	filter, err := p.tool.Filter()
	if err == nil {
		err = p.open()
	}
	if err != nil {
		p.words.say(err.Error())
		p.close()
		return Usage
	}
	defer p.close()
	return p.filter(filter)
}

// print writes help or the version, which are data when they were asked for.
func (p *process) print(text []byte) int {
	out := sink.Stdout(p.stdout)
	_, _ = out.Write(text) // the first error stays
	if err := out.Commit(); err != nil && !errors.Is(err, sink.ErrGone) {
		p.words.say(err.Error())
		return IOError
	}
	return OK
}

// open opens every end, before the first byte of output.
func (p *process) open() (err error) {
	s := p.tool.Shared
	p.words.verbose, p.words.quiet = s.Verbose, s.Quiet
	if p.stop, err = source.NewStop(); err != nil {
		return err
	}
	if p.files, err = source.Open(s.Files, p.stdin); err != nil {
		return err
	}
	if s.Rejects != "" {
		if p.rejects, err = sink.Append(s.Rejects); err != nil {
			return err
		}
	}
	if s.Output == "" {
		p.out = sink.Stdout(p.stdout)
		return nil
	}
	p.out, err = sink.File(s.Output)
	return err
}

// close gives back what a run that came to its end has given back already.
func (p *process) close() {
	if p.out != nil {
		p.out.Discard()
	}
	if p.files != nil {
		_ = p.files.Close() // inputs that were never read
	}
	if p.rejects != nil {
		_ = p.rejects.Close() // its errors have been looked at, or the run has failed already
	}
}

// filter runs the pipe and finds the exit code.
func (p *process) filter(f pipe.Filter) int {
	s := p.tool.Shared
	began := time.Now()
	c := pipe.Config{
		Tool: p.tool.Name, Filter: f, Out: p.out, Tell: p.words, Bad: s.policy(), Digits: int(s.Digits), MaxLine: int(s.MaxLine),
		Live: p.tool.Live != nil && p.tool.Live(), Clock: func() time.Duration { return time.Since(began) }, Stop: p.stop,
	}
	if p.rejects != nil {
		c.Rejects = p.rejects
	}
	run := pipe.New(c)
	p.files.Use(source.Options{Idle: run.Idle, Stop: p.stop})
	caught := catch(p.stop)
	bar := newProgress(p.stderr, p.stdout, p.words)
	err := run.Run(func() (pipe.Input, error) {
		in, err := p.files.Next()
		if err != nil {
			return nil, err
		}
		return bar.watch(in), nil
	})
	bar.done()
	gone, err := p.finish(err)
	p.words.summary(run.Ledger())
	if err != nil {
		p.words.say(err.Error())
	}
	return exitCode(err, caught(), gone, run.Ledger().Open)
}

// exitCode ranks what has happened: an error before a signal before the reader
// that has left before open lines.
func exitCode(err error, sig syscall.Signal, gone bool, open int64) int {
	switch {
	case err != nil:
		return IOError
	case sig != 0:
		return 128 + int(sig)
	case gone || open == 0:
		return OK
	}
	return Open
}

// finish commits the output, or discards it if anything failed, and tells a
// reader that has left from an error.
func (p *process) finish(err error) (gone bool, _ error) {
	if err == nil {
		if err = p.out.Commit(); err == nil {
			err = p.setAside()
		}
	}
	if errors.Is(err, sink.ErrGone) {
		return true, p.setAside()
	}
	return false, err
}

func (p *process) setAside() error {
	if p.rejects == nil {
		return nil
	}
	err := p.rejects.Close()
	p.rejects = nil
	return err
}

// asSignal is the number of a signal, for the exit code.
func asSignal(sig os.Signal) syscall.Signal {
	n, _ := sig.(syscall.Signal)
	return n
}

// write is for words: there is nobody to tell if they cannot be written.
func write(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
