package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"weir/pkg/batch"
	"weir/pkg/checkpoint"
	"weir/pkg/cli/flagtype"
	"weir/pkg/cli/internal/filename"
	"weir/pkg/cli/internal/messages"
	"weir/pkg/pipe"
	"weir/pkg/source"
)

// ChunkFlags are the flags of a filter that can read an input in chunks, by several runs at
// the same time. The filter is a pipe.Joiner; with Tail or Fold, it is one that prints nothing.
//
// Why --from is not --state: a run with --state replaces its state, so that the next one
// continues after it. A run over a chunk that is tried again, as engines do when a machine is
// lost, must begin where the first attempt began.
type ChunkFlags struct {
	Tail bool               `group:"input" more:"" help:"Print the state that the records leave, not averages: for an input that several runs read in chunks at the same time. Chunks are consecutive pieces of the input, cut at line ends. First run --tail over each chunk, then --fold over the states of all chunks before a chunk, and then --from that state over the chunk. The outputs of these runs, in the order of the chunks, are that of one run over the whole input. All runs need the same flags. Bad lines are reported by the runs with --from."`
	Fold bool               `group:"input" more:"" help:"Read states of chunks, and print the state of all of them together. FILEs are states of --tail or --fold, in the order of the chunks. By default, FILEs are records."`
	From flagtype.InputFile `group:"input" placeholder:"FILE" more:"" help:"Begin from FILE, the state of all chunks before this one. FILE is not changed, so that a run that failed can be repeated. That no record has a field is reported only with --final, which says that this is the last chunk. By default, there is nothing before the input."`
}

// flag returns the flag that is given, or "": --tail, --fold or --from.
func (f *ChunkFlags) flag() string {
	switch {
	case f == nil:
		return ""
	case f.Tail:
		return "--tail"
	case f.Fold:
		return "--fold"
	case f.From != "":
		return "--from"
	}
	return ""
}

// Silent reports whether the filter is to print nothing, but to be saved at the end.
func (f *ChunkFlags) Silent() bool { return f != nil && (f.Tail || f.Fold) }

// checkChunks returns an error if flags were given that cannot be used together.
func (c *command) checkChunks() error {
	f, s := c.tool.Chunks, c.tool.Shared
	given := f.flag()
	if given == "" {
		return nil
	}
	both := func(flag string) error { return fmt.Errorf("%s and %s cannot be used together", given, flag) }
	switch {
	case f.Tail && f.Fold:
		return both("--fold")
	case f.Silent() && f.From != "":
		return both("--from")
	case c.tool.State.State != "":
		return both("--state")
	case s.policy() == pipe.Stop:
		return fmt.Errorf("%s: --bad stop ends one run, and those over later chunks do not know of it: use report or skip", given)
	case f.Silent() && s.Rejects != "":
		return fmt.Errorf("%s writes no bad lines: give --rejects to the runs with --from", given)
	case f.From == "-":
		return errors.New("--from: the state is a file, as standard input may be the chunk")
	case filename.Same(string(f.From), string(s.Output)):
		return fmt.Errorf("--from %s: this is also the output file", f.From)
	}
	return nil
}

// chunkConfig changes what a pipe does for all chunks but the last.
func (c *command) chunkConfig(config *pipe.Config) {
	f := c.tool.Chunks
	if f.flag() == "" {
		return
	}
	config.Paused, config.Lines = !c.tool.State.Final, true
	if f.Silent() {
		config.Bad = pipe.Skip
		c.reporter.SetLevel(c.reporter.Verbose(), !c.reporter.Verbose() || c.reporter.Quiet())
	}
}

// chunks are the states of chunks that a run begins from or makes.
type chunks struct {
	checkpoint.Chunks
	cmd *command
	run *pipe.Pipe
}

// newChunks returns those of no chunk.
func (c *command) newChunks(run *pipe.Pipe) *chunks {
	return &chunks{Chunks: checkpoint.Chunks{MaxLine: int(c.tool.Shared.MaxLine)}, cmd: c, run: run}
}

// usageError is the error of a run that cannot give a right result with what it was given. Its
// exit code is Usage.
type usageError struct{ error }

// begin makes a run begin from the state of --from. Without that it does nothing.
func (c *command) begin(to *chunks) error {
	f := c.tool.Chunks
	if f == nil || f.From == "" {
		return nil
	}
	name := string(f.From)
	files, err := source.Open([]string{name}, nil)
	if err != nil {
		return fmt.Errorf("--from %w", filename.WithSuggestion(err, []string{name}))
	}
	in, err := files.Next()
	if err != nil {
		return fmt.Errorf("--from %w", err)
	}
	defer in.Close()
	all := c.newChunks(to.run)
	err = all.add(in)
	if err != nil {
		return fmt.Errorf("--from %w", err)
	}
	for _, chunk := range c.tool.Shared.Files {
		if slices.Contains(all.Names, filepath.Clean(chunk)) {
			return fmt.Errorf("--from %s: %s is one of the chunks that this is the state of (what a chunk begins from is the state of those before it)", name, chunk)
		}
	}
	all.describe("--from " + name + ": before this chunk")
	return nil
}

// describe says with -v which chunks have been joined, after a text that says what they are.
// Why: a state that lacks a chunk, or has them in another order, is like any other; only who
// knows the input can see that.
func (all *chunks) describe(text string) {
	if !all.cmd.reporter.Verbose() {
		return
	}
	text += fmt.Sprintf(": %d records", all.run.Joined())
	names := all.Names
	if len(names) > messages.MaxListed {
		names = slices.Concat(names[:1], []string{"…"}, names[len(names)-messages.MaxListed+2:])
	}
	if len(names) > 0 {
		text += ", of " + strings.Join(names, ", ")
	}
	all.cmd.reporter.Print(text)
}

// add joins one more state. The error begins with the name of the input.
func (all *chunks) add(in *source.Input) error {
	text, err := io.ReadAll(in)
	if errors.Is(err, source.ErrStopped) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name(), err)
	}
	c := all.cmd
	header := c.stateHeader()
	more, r, err := checkpoint.ReadChunks(text, header)
	if err == nil && more.MaxLine != all.MaxLine {
		err = fmt.Errorf("the state is of other flags: --max-line was %d and is %d (all runs need the same)", more.MaxLine, all.MaxLine)
	}
	for _, name := range more.Names {
		if err == nil && slices.Contains(all.Names, name) {
			err = fmt.Errorf("%s has been folded already (if it was another file of this name, run --tail over it as standard input, which has no name)", name)
		}
		all.Names = append(all.Names, name)
	}
	if err == nil {
		err = chunkError(all.run.Join(r))
	}
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", in.Name(), err)}
	}
	return nil
}

// chunkError returns an error of pipe.Join with what to do about it.
func chunkError(err error) error {
	var other *batch.TimeError
	switch {
	case errors.Is(err, batch.ErrTooMany):
		return errors.New("there are more pairs of key and field than --max-groups, and which of them are left out depends on the order of all records: raise --max-groups")
	case errors.As(err, &other):
		return fmt.Errorf("%w, and --where compares one of them: name it with -t", err)
	}
	return err
}

// read notes that a file is a chunk, or part of one.
func (all *chunks) read(name string) {
	info, err := os.Stat(name)
	if name == "-" || err != nil || !info.Mode().IsRegular() || info.Size() == 0 || !utf8.ValidString(name) {
		return
	}
	all.Names = append(all.Names, filepath.Clean(name))
}

// save prints the state of the chunks at the end of a run with --tail or --fold that returned
// err: as a whole, or not at all if an error or a signal has ended the run before. It returns
// the first error; source.ErrStopped if that was a signal. Other runs it leaves as they are.
func (all *chunks) save(err error) error {
	c := all.cmd
	switch {
	case err != nil || !c.tool.Chunks.Silent():
		return err
	case c.signals.First() != 0:
		return source.ErrStopped
	case all.run.LimitReached():
		return usageError{fmt.Errorf("--tail: %w", chunkError(batch.ErrTooMany))}
	}
	return all.Write(c.out, c.stateHeader(), all.run.SaveChunk)
}

// fold is the work of a run with --fold. It returns the exit code.
func (c *command) fold(f pipe.Filter) int {
	c.files.Use(source.Options{Stop: c.stop, Idle: func() time.Duration { return -1 }})
	c.signals.Catch(c.stopReading())
	c.describeInput()
	all := c.newChunks(pipe.New(pipe.Config{Tool: c.tool.Name, Filter: f, Out: c.out, Reporter: c.reporter}))
	err := all.addInputs()
	if err == nil {
		all.describe("folded")
	}
	gone, err := c.finish(all.save(err))
	if err != nil {
		c.printError(err.Error())
	}
	return exitCode(err, c.signals.First(), gone, 0)
}

// addInputs joins the states of all inputs.
func (all *chunks) addInputs() error {
	files := all.cmd.files
	for {
		in, err := files.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = all.add(in)
			_ = in.Close() // it was read
		}
		if err != nil {
			return err
		}
	}
}
