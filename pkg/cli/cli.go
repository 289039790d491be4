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
	"slices"
	"syscall"
	"time"

	"weir/pkg/fd"
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
	Flags    any       // pointer to a struct with kong's tags, Shared or Common embedded in it

	// A filter.
	Shared *Shared // that of Flags
	Filter func() (pipe.Filter, error)
	Live   func() bool  // whether the filter is to tick; nil: no
	Table  *TableOutput // that of Flags; nil: its lines are not drawn

	// A tool that makes its output itself.
	Common *Common // that of Flags
	Run    func(*IO) (run func() error, err error)
}

// Example is a command and what it is good for.
type Example struct{ Command, Why string }

// common are the flags that every tool has.
func (t *Tool) common() *Common {
	if t.Shared != nil {
		return &t.Shared.Common
	}
	return t.Common
}

// Main runs a tool as a process, and ends the process.
func Main(t Tool) {
	p := command{tool: t, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(p.run(os.Args[1:]))
}

// process is one run of a tool.
type command struct {
	tool                  Tool
	stdin, stdout, stderr *os.File
	stop                  *source.Stop
	messages              *reporter
	files                 *source.Files
	out                   *sink.Out
	rejects               *sink.Log
	io                    IO // of a tool that is no filter
}

func (p *command) run(args []string) int {
	p.messages = newReporter(p.tool.Name, p.stderr)
	asked, err := parse(&p.tool, args)
	switch {
	case err != nil:
		p.messages.printf(err.Error())
		p.messages.printf("try " + p.tool.Name + " -h")
		return Usage
	case asked != nil:
		return p.print(asked)
	}
	defer p.close()
	run, err := p.begin()
	if err != nil {
		p.messages.printf(err.Error())
		return Usage
	}
	return run()
}

// begin does all that can go wrong before the first byte of output.
func (p *command) begin() (run func() int, _ error) {
	if p.tool.Run != nil {
		return p.beginRun()
	}
	if d := p.tool.Table; d != nil {
		if err := d.decide(p.stdout, p.tool.Shared.Output); err != nil {
			return nil, err
		}
	}
	filter, err := p.tool.Filter()
	if err == nil {
		err = p.openFilter()
	}
	if err == nil {
		err = p.open()
	}
	return func() int { return p.filter(filter) }, err
}

// print writes help or the version, which are data when they were asked for.
func (p *command) print(text []byte) int {
	out := sink.Stdout(p.stdout)
	_, _ = out.Write(text) // the first error stays
	if err := out.Commit(); err != nil && !errors.Is(err, sink.ErrGone) {
		p.messages.printf(err.Error())
		return IOError
	}
	return OK
}

// open opens what every tool has.
func (p *command) open() (err error) {
	c := p.tool.common()
	p.messages.verbose, p.messages.quiet = c.Verbose, c.Quiet
	if p.stop, err = source.NewStop(); err != nil {
		return err
	}
	if c.Output == "" {
		p.out = sink.Stdout(p.stdout)
		return nil
	}
	p.out, err = sink.File(string(c.Output))
	return err
}

// openFilter opens what filters have beside that.
func (p *command) openFilter() (err error) {
	s := p.tool.Shared
	if p.files, err = source.Open(s.Files, p.stdin); err != nil {
		return err
	}
	if s.Rejects != "" {
		if p.rejects, err = sink.Append(string(s.Rejects)); err != nil {
			return err
		}
	}
	return p.sameFile()
}

// collision is an end that would run into another: an input that is also
// written would feed on itself, and of two outputs in one file one is lost.
func (p *command) sameFile() error {
	s := p.tool.Shared
	var inputs []os.FileInfo
	for _, name := range s.Files {
		if in, err := os.Stat(name); err == nil {
			inputs = append(inputs, in)
		}
	}
	if in, err := p.stdin.Stat(); err == nil && (len(s.Files) == 0 || slices.Contains(s.Files, "-")) {
		inputs = append(inputs, in)
	}
	out := p.output()
	if s.Output == "" && overlap(out, inputs) {
		return errors.New("standard output is a file that is read (-o replaces one when it has been read)")
	}
	if s.Rejects == "" {
		return nil
	}
	rejects, err := os.Stat(string(s.Rejects))
	switch {
	case err != nil:
		return err
	case overlap(rejects, inputs):
		return fmt.Errorf("--rejects %s: it is read", s.Rejects)
	case overlap(rejects, []os.FileInfo{out}):
		return fmt.Errorf("--rejects %s: the output goes there", s.Rejects)
	}
	return nil
}

// output is what is written: the file of -o as it is before, or standard output;
// nil if there is no such thing.
func (p *command) output() os.FileInfo {
	stat := p.stdout.Stat
	if name := p.tool.common().Output; name != "" {
		stat = func() (os.FileInfo, error) { return os.Stat(string(name)) }
	}
	info, err := stat()
	if err != nil {
		return nil
	}
	return info
}

// overlap reports whether a regular file is among others; either may be nil.
func overlap(file os.FileInfo, others []os.FileInfo) bool {
	return file != nil && file.Mode().IsRegular() &&
		slices.ContainsFunc(others, func(o os.FileInfo) bool { return o != nil && os.SameFile(file, o) })
}

// close gives back what a run that came to its end has given back already.
func (p *command) close() {
	if p.out != nil {
		p.out.Discard()
	}
	if p.files != nil {
		_ = p.files.Close() // inputs that were never read
	}
	if p.rejects != nil {
		_ = p.rejects.Close() // its errors have been looked at, or the run has failed already
	}
	p.io.discard()
}

// filter runs the pipe and finds the exit code.
func (p *command) filter(f pipe.Filter) int {
	s := p.tool.Shared
	began := time.Now()
	drawn := p.tool.Table != nil && p.tool.Table.On()
	bar := newProgress(p.stderr, drawn || !fd.Terminal(p.stdout), p.messages)
	c := pipe.Config{
		Tool: p.tool.Name, Filter: f, Out: p.out, Reporter: p.messages, Bad: s.policy(), Digits: int(s.Digits), MaxLine: int(s.MaxLine), Jobs: s.jobs(),
		Live: p.tool.Live != nil && p.tool.Live(), Clock: func() time.Duration { return time.Since(began) }, Stop: p.stop,
	}
	if p.rejects != nil {
		c.Rejects = p.rejects
	}
	if drawn {
		c.Out = p.progressGuard(bar)
	}
	run := pipe.New(c)
	p.files.Use(source.Options{Idle: run.Idle, Stop: p.stop})
	caught := catch(p.stop.Stop)
	err := run.Run(func() (pipe.Input, error) {
		in, err := p.files.Next()
		if err != nil {
			return nil, err
		}
		return bar.watch(in), nil
	})
	bar.done()
	gone, err := p.finish(err)
	p.messages.summary(run.Ledger())
	if err != nil {
		p.messages.printf(err.Error())
	}
	return exitCode(err, caught(), gone, run.Ledger().Unhandled)
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
func (p *command) finish(err error) (gone bool, _ error) {
	if err == nil {
		if p.out != nil {
			err = p.out.Commit()
		}
		if err == nil {
			err = p.commitOutputs()
		}
	}
	if errors.Is(err, sink.ErrGone) {
		return true, p.commitOutputs()
	}
	return false, err
}

// setAside ends the outputs beside the first.
func (p *command) commitOutputs() error {
	if p.rejects != nil {
		err := p.rejects.Close()
		p.rejects = nil
		if err != nil {
			return err
		}
	}
	return p.io.commit()
}

// asSignal is the number of a signal, for the exit code.
func asSignal(sig os.Signal) syscall.Signal {
	n, _ := sig.(syscall.Signal)
	return n
}

// write is for words: there is nobody to tell if they cannot be written.
func write(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
