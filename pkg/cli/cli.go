// Package cli holds what the commands share: common flags, help, and a run from its
// flags to its exit code. It is imported by cmd/* and nothing else, and it alone ends
// the process.
//
// A command is a [Tool]: its name, its texts, a struct of flags, and a function
// that builds a filter from them. main passes it to [Main]:
//
//	var f flags // embeds cli.Shared
//	cli.Main(cli.Tool{Name: "top", Summary: "…", Flags: &f, Filter: f.filter})
//
// # One run
//
//  1. Parse (internal/cmdline). The command line is split into flags and files, and
//     each flag is decoded by its type (flagtype). -h, --help and --version print
//     their text and end the run.
//  2. Open. All that can fail before the first byte of output happens here: the
//     filter is built, inputs, output and the file of --rejects are opened. An
//     error up to here is wrong usage: exit code 2.
//  3. Run. The pipe reads, folds and writes; bad and late lines reach the
//     reporter (internal/messages). A signal (internal/interrupt) makes the input end, so that
//     the run continues with step 4 as at the end of the input.
//  4. Finish. The output is committed, or discarded if anything failed, then the
//     file of --rejects is closed.
//  5. Exit. The counts are printed, then the error if there was one, and
//     [exitCode] ranks what happened. The files of --report and --metrics-file are
//     written (account.go), after an error of step 2 as well.
//
// With --combine and --merge, step 3 is that of merge.go: rows of partials are read, and
// nothing is printed before all have been checked; partials that are refused are wrong usage.
//
// A tool that writes its own output (machsim, statusd) replaces the filter and
// the pipe by its function Run, which opens what it needs through an [IO].
package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"weir/pkg/checkpoint"
	"weir/pkg/cli/internal/cmdline"
	"weir/pkg/cli/internal/foreign"
	"weir/pkg/cli/internal/interrupt"
	"weir/pkg/cli/internal/messages"
	"weir/pkg/fd"
	"weir/pkg/pipe"
	"weir/pkg/sink"
	"weir/pkg/source"
)

// Exit codes; those that sysexits.h has are taken from there. A command that was
// stopped by signal n exits with 128+n. Where several apply, exitCode decides.
const (
	OK       = 0  // success, or the reader of standard output closed it
	BadLines = 1  // lines were bad or late, and neither skipped nor written to --rejects; or no record had a named field
	Usage    = 2  // wrong usage, or the run could not start
	IOError  = 74 // a read or write failed while running
	InUse    = 75 // another run is using the file of --state
)

// Main runs a tool on the arguments of the process, and ends the process.
func Main(t Tool) {
	c := command{tool: t, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, signals: interrupt.New(endProcess)}
	endProcess(c.run(os.Args[1:]))
}

// endProcess ends the process. Deferred calls do not run: only Main calls it, the handler of a
// second signal, and watchOutputs when the run cannot continue to its end.
func endProcess(code int) { os.Exit(code) }

// command is one run of a tool.
type command struct {
	tool                  Tool
	stdin, stdout, stderr *os.File
	stop                  *source.Stop // makes every read return source.ErrStopped
	signals               *interrupt.Handler
	reporter              *messages.Reporter
	files                 *source.Files // nil for a tool that is not a filter
	out                   *sink.Out     // nil once IO.Discard has given it up
	rejects               *sink.Log     // nil without --rejects, and once it is closed
	image                 *image        // nil without --svg
	state                 *stateRun     // nil without --state
	io                    IO            // of a tool that is not a filter
	account               account       // what is written to the files of --report and --metrics-file
}

// run does one run as the package comment describes it, and returns the exit
// code.
func (c *command) run(args []string) int {
	c.account.run.Started = time.Now()
	c.reporter = messages.New(c.tool.Name, c.stderr)
	text, err := parse(&c.tool, args)
	switch {
	case err != nil:
		c.reporter.Print(err.Error())
		var unknown cmdline.UnknownError
		if errors.As(err, &unknown) {
			c.reporter.Print("try " + c.tool.Name + " --help")
		}
		return Usage
	case text != nil:
		return c.writeText(text)
	}
	defer c.close()
	work, err := c.open()
	if err != nil {
		c.printError(err.Error())
		if errors.Is(err, checkpoint.ErrInUse) {
			return c.writeAccount(InUse)
		}
		return c.writeAccount(Usage)
	}
	return c.writeAccount(work())
}

// printError prints what ended the run.
func (c *command) printError(text string) {
	c.account.run.Error = text
	c.reporter.Print(text)
}

// errorText returns the text of an error that ended the run.
func (t *Tool) errorText(err error) string {
	var input *source.ForeignError
	if errors.As(err, &input) {
		name := t.Name
		if strings.Contains(t.NoFiles, "--from") {
			name += " --from -"
		}
		return foreign.Text(name, input.Name, input.Foreign)
	}
	return err.Error()
}

// writeText writes help or the version to standard output. They were requested, so
// they are data, and a failed write is an error.
func (c *command) writeText(text []byte) int {
	out := sink.Stdout(c.stdout)
	_, _ = out.Write(text) // Commit returns the first error
	if err := out.Commit(); err != nil && !errors.Is(err, sink.ErrReaderClosed) {
		c.reporter.Print(err.Error())
		return IOError
	}
	return OK
}

// open does all that can fail before the first byte of output. It returns the
// rest of the run, which returns the exit code.
func (c *command) open() (work func() int, _ error) {
	if c.tool.Run != nil {
		return c.openTool()
	}
	mode := c.tool.Partial.mode()
	var filter pipe.Filter
	newFilter := func() (err error) {
		if mode != "combine" {
			filter, err = c.tool.Filter()
		}
		return err
	}
	for _, step := range []func() error{
		c.openAccount, c.decideTable, c.checkPartial, newFilter, c.checkChunks, c.openInputs, c.openState, c.openOutput, c.openImage,
	} {
		err := step()
		if err != nil {
			return nil, err
		}
	}
	switch {
	case c.tool.Chunks != nil && c.tool.Chunks.Fold:
		return func() int { return c.fold(filter) }, nil
	case mode == "merge" || mode == "combine":
		m, _ := filter.(merger)
		return func() int { return c.merge(m) }, nil
	}
	return func() int { return c.filter(filter) }, nil
}

// openOutput opens the output, and applies -v and -q. Every tool needs it.
func (c *command) openOutput() (err error) {
	flags := c.tool.Common
	c.reporter.SetLevel(flags.Verbose, flags.Quiet)
	c.stop, err = source.NewStop()
	if err != nil {
		return err
	}
	if flags.Output == "" {
		c.out = sink.Stdout(c.stdout)
		if c.chatty() && fd.PerhapsClosed(c.stdout) {
			c.reporter.Print("standard output is closed, or /dev/null: what is printed is lost")
		}
		return nil
	}
	if c.state.appends() {
		return nil
	}
	c.out, err = sink.File(string(flags.Output))
	return outputError(flags.FlagName("output"), string(flags.Output), err)
}

// outputError adds to an error of opening the output file name the flag that named
// it. err may be nil. For a directory that does not exist, package sink reports the
// temporary file that it could not create there.
func outputError(flag, name string, err error) error {
	if err == nil {
		return nil
	}
	dir := filepath.Dir(name)
	_, err2 := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) && errors.Is(err2, fs.ErrNotExist) {
		return fmt.Errorf("%s %s: the directory %s does not exist", flag, name, dir)
	}
	return fmt.Errorf("%s %w", flag, err)
}

// close releases what is still open. After a complete run that is nothing.
func (c *command) close() {
	if c.out != nil {
		c.out.Discard()
	}
	if c.files != nil {
		_ = c.files.Close() // inputs that were never read
	}
	if c.rejects != nil {
		_ = c.rejects.Close() // the run has failed already, for another reason
	}
	c.image.discard()
	c.io.discard()
	c.account.discard()
	c.state.close()
}

// chatty reports whether a person is there to read what is not a problem, but perhaps not
// what was meant.
func (c *command) chatty() bool {
	return c.reporter.Verbose() || fd.Terminal(c.stderr) && !c.reporter.Quiet()
}

// describeInput says that standard input is about to be read where that is surprising.
func (c *command) describeInput() {
	switch {
	case !c.chatty() || c.tool.Shared != nil && len(c.tool.Shared.Files) > 0:
	case fd.Terminal(c.stdin):
		c.reporter.Print("waiting for input from the terminal; Ctrl-D ends it (for help: " + c.tool.Name + " -h)")
	case fd.PerhapsClosed(c.stdin):
		c.reporter.Print("standard input is closed, or /dev/null: there is nothing to read")
	}
}

// exitCode ranks what may have happened in one run: first an error, then a
// signal, then a reader that closed standard output, then what is unhandled: lines (bad
// or late ones that were neither skipped nor written to --rejects), and names of members
// that no record had.
func exitCode(err error, sig syscall.Signal, gone bool, unhandled int64) int {
	var usage usageError
	switch {
	case errors.As(err, &usage):
		return Usage
	case err != nil:
		return IOError
	case sig != 0:
		return 128 + int(sig)
	case gone || unhandled == 0:
		return OK
	}
	return BadLines
}

// finish ends a run that returned err: it commits the output and saves the state, or leaves
// the output to be discarded by close if anything failed. gone reports that the reader of the
// output closed it, which is not an error; the state is not saved then.
func (c *command) finish(err error) (gone bool, _ error) {
	if c.state != nil {
		defer c.state.Abort() // of what the state in place does not have
	}
	if err == nil || errors.Is(err, sink.ErrReaderClosed) {
		err2 := c.image.draw() // before anything is in place
		if err2 != nil {
			err = err2
		}
	}
	if err == nil {
		if c.out != nil {
			err = c.out.Commit()
		}
		if err == nil {
			err = c.commitOutputs()
		}
		if err == nil && c.state != nil {
			err = c.state.save()
		}
	}
	switch {
	case errors.Is(err, sink.ErrReaderClosed):
		return true, c.commitOutputs()
	case errors.Is(err, source.ErrStopped): // the exit code is that of the signal
		return false, nil
	}
	return false, err
}

// commitOutputs ends all outputs but the main one.
func (c *command) commitOutputs() error {
	if c.rejects != nil {
		var err error
		if c.state != nil { // it says that the lines have been read
			err = c.rejects.Sync()
		}
		err2 := c.rejects.Close()
		c.rejects = nil
		if err == nil {
			err = err2
		}
		if err != nil {
			return err
		}
	}
	err := c.image.commit()
	if err != nil {
		return err
	}
	return c.io.commit()
}
