// Package cli holds what the commands share: common flags, help, messages,
// signals, progress and exit codes. It is imported by cmd/* and nothing else,
// and it alone parses flags with kong, draws progress and ends the process.
//
// A command is a [Tool]: its name, its texts, a struct of flags, and a function
// that builds a filter from them. main passes it to [Main]:
//
//	var f flags // embeds cli.Shared
//	cli.Main(cli.Tool{Name: "top", Summary: "…", Flags: &f, Shared: &f.Shared, Filter: f.filter})
//
// # One run
//
//  1. Parse (parse.go). The command line is split into flags and files, and kong
//     decodes each flag by its type (flags.go). -h, --help and --version print
//     their text and end the run (help.go).
//  2. Open. All that can fail before the first byte of output happens here: the
//     filter is built, inputs, output and the file of --rejects are opened. An
//     error up to here is wrong usage: exit code 2.
//  3. Run. The pipe reads, folds and writes; bad and late lines reach the
//     [reporter] (report.go). A signal (signal.go) makes the input end, so that
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
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"weir/pkg/agg"
	"weir/pkg/checkpoint"
	"weir/pkg/fd"
	"weir/pkg/pipe"
	"weir/pkg/sink"
	"weir/pkg/source"
	"weir/pkg/suggest"
	"weir/pkg/table"
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

// Tool describes one command. Name, Summary and Flags are required. A command
// that filters records sets Shared and Filter; one that writes its own output
// sets Common and Run instead.
type Tool struct {
	Name     string    // as it is typed; it begins every message
	Summary  string    // what it does, in one line, for the top of both helps
	About    string    // for --help: what one must know to use it; a line break starts a paragraph
	Examples []Example // for --help; -h shows the first, which should be the most common use

	// Flags points to a struct whose fields are the flags, with kong's tags and
	// the tags that help.go reads (group, more, min, max). Shared or Common is
	// embedded in it.
	Flags any

	// Hints has a sentence for flags that the command does not have but users of
	// other commands try, such as -w of mavg. The key is the flag as it is typed.
	Hints map[string]string

	// NoFiles is for a tool that takes no FILE arguments: how to give it a file
	// instead. %s in it is replaced by the name.
	NoFiles string

	// A tool that is a filter.

	Shared    *Shared                     // points to the Shared in Flags
	Filter    func() (pipe.Filter, error) // builds the filter once Flags is filled; its errors are wrong usage
	Ungrouped func() bool                 // reports whether records of different machines are taken together, for want of -g; nil: never
	Live      func() bool                 // reports whether the filter is to be ticked on a quiet stream; nil: never
	State     *StateFlags                 // points to the StateFlags in Flags; nil: a run cannot be continued. The filter is a pipe.Keeper
	Chunks    *ChunkFlags                 // points to the ChunkFlags in Flags; nil: the input cannot be read in chunks. Requires State; the filter is a pipe.Joiner
	Partial   *PartialFlags               // points to the PartialFlags in Flags; nil: a stream cannot be divided among runs. The filter prints to PartialFlags.Rows, or is a partial.Merger
	Rows      func() table.RowOptions     // what the lines are that a table shows, one row each; nil: they are those of stats. Requires Table
	Stats     agg.Kind                    // what kind of sets of readings the statistics of a Stats flag are of
	Table     *TableOutput                // points to the TableOutput in Flags; nil: the output is never shown as a table
	Plot      *PlotFlags                  // points to the PlotFlags in Flags; nil: tables and charts are drawn on a terminal only. Requires Table

	// A tool that writes its own output.

	Common *Common // points to the Common in Flags

	// Run opens what the tool needs through the IO and returns the function that
	// does the work. An error of Run is wrong usage; an error of the function it
	// returns is a failed read or write. The function must return soon after
	// IO.Done is closed.
	Run func(*IO) (run func() error, err error)

	// EndsBlocked says that Run itself ends when the reader of Out has stopped reading.
	// Otherwise the process ends soon after a signal then.
	EndsBlocked bool
}

// Example is a command line for help, and what it does.
type Example struct{ Command, Why string }

// common returns the flags that every tool has.
func (t *Tool) common() *Common {
	if t.Shared != nil {
		return &t.Shared.Common
	}
	return t.Common
}

// Main runs a tool on the arguments of the process, and ends the process.
func Main(t Tool) {
	c := command{tool: t, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, interrupts: newInterrupts()}
	endProcess(c.run(os.Args[1:]))
}

// endProcess ends the process. Deferred calls do not run: only Main calls it, and the signal
// handler when the run cannot go on to its end.
func endProcess(code int) { os.Exit(code) }

// command is one run of a tool.
type command struct {
	tool                  Tool
	stdin, stdout, stderr *os.File
	stop                  *source.Stop // makes every read return source.ErrStopped
	interrupts            *interrupts
	messages              *messageWriter
	reporter              *reporter
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
	c.messages = &messageWriter{w: c.stderr}
	c.reporter = newReporter(c.tool.Name, c.messages)
	text, err := parse(&c.tool, args)
	switch {
	case err != nil:
		c.reporter.print(err.Error())
		var unknown unknownError
		if errors.As(err, &unknown) {
			c.reporter.print("try " + c.tool.Name + " --help")
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
	c.reporter.print(text)
}

// writeText writes help or the version to standard output. They were requested, so
// they are data, and a failed write is an error.
func (c *command) writeText(text []byte) int {
	out := sink.Stdout(c.stdout)
	_, _ = out.Write(text) // Commit returns the first error
	if err := out.Commit(); err != nil && !errors.Is(err, sink.ErrReaderClosed) {
		c.reporter.print(err.Error())
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
	if err := c.openAccount(); err != nil {
		return nil, err
	}
	t, mode := c.tool.Table, c.tool.Partial.mode()
	if t != nil {
		if err := t.decide(c.tool.plots(), c.stdout, c.tool.Shared); err != nil {
			return nil, err
		}
		t.on = t.on && mode != "partial" && mode != "combine" && !c.tool.Chunks.Silent()
	}
	err := c.tool.Partial.check(c.tool.Shared)
	var filter pipe.Filter
	if err == nil && mode != "combine" {
		filter, err = c.tool.Filter()
	}
	if err == nil {
		err = c.checkChunks()
	}
	if err == nil {
		err = c.openInputs()
	}
	if err == nil {
		err = c.openState()
	}
	if err == nil {
		err = c.openOutput()
	}
	if err == nil {
		err = c.openImage()
	}
	if c.tool.Chunks != nil && c.tool.Chunks.Fold {
		return func() int { return c.fold(filter) }, err
	}
	if mode == "merge" || mode == "combine" {
		m, _ := filter.(merger)
		return func() int { return c.merge(m) }, err
	}
	return func() int { return c.filter(filter) }, err
}

// openOutput opens the output, and applies -v and -q. Every tool needs it.
func (c *command) openOutput() (err error) {
	flags := c.tool.common()
	c.reporter.verbose, c.reporter.quiet = flags.Verbose, flags.Quiet
	c.stop, err = source.NewStop()
	if err != nil {
		return err
	}
	if flags.Output == "" {
		c.out = sink.Stdout(c.stdout)
		if c.chatty() && fd.PerhapsClosed(c.stdout) {
			c.reporter.print("standard output is closed, or /dev/null: what is printed is lost")
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

// openInputs opens the inputs of a filter and the file of --rejects.
func (c *command) openInputs() (err error) {
	s := c.tool.Shared
	if slices.Contains(s.Files, "") {
		return errors.New("a FILE name is empty")
	}
	c.files, err = source.Open(s.Files, c.stdin)
	if err != nil {
		return withSimilarName(err, s.Files)
	}
	if s.Rejects != "" {
		c.rejects, err = sink.Append(string(s.Rejects))
		if err != nil {
			return outputError("--rejects", string(s.Rejects), err)
		}
	}
	return c.sameFile()
}

// withSimilarName adds to the error that one of the files does not exist the name in its
// directory that was probably meant. It returns any other error as it is.
func withSimilarName(err error, files []string) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range files {
		_, missing := os.Stat(name)
		if name == "-" || !errors.Is(missing, fs.ErrNotExist) {
			continue
		}
		dir, base := filepath.Split(name)
		meant := suggest.Word(base, namesIn(dir))
		if meant == "" {
			return err
		}
		return fmt.Errorf("%w (did you mean %s?)", err, dir+meant)
	}
	return err
}

// namesIn returns the names in a directory, "" being the current one, or some of them
// if there are very many.
func namesIn(dir string) []string {
	if dir == "" {
		dir = "."
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(maxNames) // after an error, those that were read
	slices.Sort(names)
	return names
}

// maxNames is how many names of a directory are compared with a wrong one. It takes a
// few milliseconds.
const maxNames = 10000

// sameFile returns an error if one file has two uses: an input that is also
// written would be read again as it grows, or lost, and of two outputs in one file
// one would be lost.
func (c *command) sameFile() error {
	s := c.tool.Shared
	var inputs []os.FileInfo
	for _, name := range s.Files {
		in, err := os.Stat(name)
		if err == nil {
			inputs = append(inputs, in)
		}
	}
	in, err := c.stdin.Stat()
	if err == nil && (len(s.Files) == 0 || slices.Contains(s.Files, "-")) {
		inputs = append(inputs, in)
	}
	out := c.outputInfo()
	switch {
	case !overlap(out, inputs):
	case s.Output == "":
		return errors.New("standard output is also an input file" + insteadOfInput)
	default:
		return fmt.Errorf("%s %s: this is also an input file"+insteadOfInput, s.FlagName("output"), s.Output)
	}
	if s.Rejects == "" {
		return nil
	}
	rejects, err := os.Stat(string(s.Rejects))
	switch {
	case err != nil:
		return err
	case overlap(rejects, inputs):
		return fmt.Errorf("--rejects %s: this is also an input file", s.Rejects)
	case overlap(rejects, []os.FileInfo{out}):
		return fmt.Errorf("--rejects %s: this is also the output file", s.Rejects)
	}
	return nil
}

// insteadOfInput is what to do instead of writing to an input.
const insteadOfInput = " (write to another file, and rename that when it is complete)"

// outputInfo describes the file that is written: the present file of -o, or
// standard output. It returns nil if there is none.
func (c *command) outputInfo() os.FileInfo {
	stat := c.stdout.Stat
	name := c.tool.common().Output
	if name != "" {
		stat = func() (os.FileInfo, error) { return os.Stat(string(name)) }
	}
	info, err := stat()
	if err != nil {
		return nil
	}
	return info
}

// overlap reports whether file is a regular file and one of others. Any of them
// may be nil.
func overlap(file os.FileInfo, others []os.FileInfo) bool {
	return file != nil && file.Mode().IsRegular() &&
		slices.ContainsFunc(others, func(o os.FileInfo) bool { return o != nil && os.SameFile(file, o) })
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
	return c.reporter.verbose || fd.Terminal(c.stderr) && !c.reporter.quiet
}

// describeInput says that standard input is about to be read where that is surprising.
func (c *command) describeInput() {
	switch {
	case !c.chatty() || c.tool.Shared != nil && len(c.tool.Shared.Files) > 0:
	case fd.Terminal(c.stdin):
		c.reporter.print("waiting for input from the terminal; Ctrl-D ends it (for help: " + c.tool.Name + " -h)")
	case fd.PerhapsClosed(c.stdin):
		c.reporter.print("standard input is closed, or /dev/null: there is nothing to read")
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

// write prints a diagnostic. A write error on stderr is ignored: it cannot be
// reported anywhere.
func write(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
