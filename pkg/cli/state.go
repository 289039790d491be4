package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"weir/pkg/checkpoint"
	"weir/pkg/cli/flagtype"
	"weir/pkg/cli/internal/cmdline"
	"weir/pkg/cli/internal/filename"
	"weir/pkg/cli/internal/foreign"
	"weir/pkg/pipe"
	"weir/pkg/sink"
	"weir/pkg/source"
	"weir/pkg/state"
)

// StateFlags are the flags of a filter whose stream may be read by several runs, one after
// the other.
type StateFlags struct {
	State flagtype.File `group:"input" placeholder:"FILE" more:"" help:"Continue where the last run with this FILE ended, and save in it what the next run needs: for a job that reads the new lines of growing files, and of rotated ones (renamed, or copied and truncated). An unfinished last line waits for the next run. With -o, the output is appended to, and holds each result once, whenever a run is killed; that of stats is replaced, as its figures are of all runs. Into a pipe, and in the file of --rejects, what a killed run has written is written again. Of standard input, only what was computed is kept. If another run is using FILE, the exit code is 75. FILE.prev is the state before, FILE.lock the lock. By default, each run begins anew."`
	Final bool          `group:"input" more:"" help:"With --state: the input ends with this run. An unfinished last line is a line, and the next run begins a new stream after it. By default, the next run continues."`

	// Replaces says that the file of -o is replaced by each run, not appended to.
	Replaces bool `kong:"-"`

	flags []state.Flag // those that results depend on
}

// notInState are the flags that may change from run to run.
var notInState = map[string]bool{
	"output": true, "verbose": true, "quiet": true, "help": true, "version": true, "jobs": true, "bad": true, "rejects": true,
	"max-line": true, "report": true, "metrics-file": true, "state": true, "final": true, "json": true, "color": true, "plot": true, "svg": true,
	"tail": true, "fold": true, "from": true,
	"partial": true, "combine": true, "merge": true, "expect": true, "no-seal": true, "baseline": true,
}

// defaults are the values of flags that are newer than the first states. A state has them only if
// they are not these.
var defaults = map[string]string{"format": "json", "only": "false", "having": "", "label": "end", "date-format": "", "half-life": "", "deviation": "", "only-anomalies": "false", "tz": "UTC"}

// isDefault reports whether a flag has such a value.
func isDefault(f cmdline.Flag) bool {
	d, ok := defaults[f.Name]
	return ok && f.Value == d
}

// maxGroups is the flag that may change, as a limit that is too small is found only when it is
// reached. If it is less than what the state has, that is kept, and nothing is added.
const maxGroups = "max-groups"

// collect records the flags of a command that results depend on.
func (s *StateFlags) collect(flags []cmdline.Flag) {
	for _, f := range flags {
		if !notInState[f.Name] && !isDefault(f) {
			s.flags = append(s.flags, state.Flag{Name: f.Name, Value: f.Value, MayChange: f.Name == maxGroups})
		}
	}
}

// stateRun is the state of a run.
type stateRun struct {
	*checkpoint.Checkpoint
	final   bool
	header  state.Header // of the state that is saved
	run     *pipe.Pipe
	lock    *checkpoint.Lock
	parts   []checkpoint.Part // what is still to be read of the input that was opened last
	named   *source.Input     // that input
	message func(string)
}

// openState locks and reads the state, if there is to be one, and opens an output that is
// appended to.
func (c *command) openState() error {
	path, err := c.statePath()
	if err != nil || path == "" {
		return err
	}
	s := c.tool.State
	st := &stateRun{final: s.Final, header: c.stateHeader(), message: c.reporter.PrintUnlessQuiet}
	st.lock, err = checkpoint.Acquire(path)
	if err != nil {
		return outputError("--state", path, err)
	}
	c.state = st
	o := checkpoint.Options{Path: path, Header: st.header}
	if !s.Replaces {
		o.Output = string(c.tool.Shared.Output)
	}
	st.Checkpoint, err = checkpoint.Open(o)
	if err != nil {
		st.Checkpoint = nil
		var output *checkpoint.OutputError
		if errors.As(err, &output) {
			return fmt.Errorf("%s %w", c.tool.Common.FlagName("output"), err)
		}
		return fmt.Errorf("--state %w", err)
	}
	return nil
}

// statePath returns the path of the state file, without links; "" if there is to be none. It
// returns an error if flags were given that cannot be used together, or one file has two uses.
func (c *command) statePath() (string, error) {
	s := c.tool.State
	switch {
	case s == nil:
		return "", nil
	case s.State == "" && s.Final && c.tool.Chunks == nil:
		return "", errors.New("--final needs --state FILE")
	case s.State == "" && s.Final && c.tool.Chunks.From == "":
		return "", errors.New("--final needs --state FILE or --from FILE")
	case s.State == "":
		return "", nil
	}
	path, own, err := sink.Target(string(s.State)) // that file is replaced, and a link to it stays
	if err == nil && own {
		err = fmt.Errorf("%s: is a descriptor of this process; name a file", s.State)
	}
	if err != nil {
		return "", fmt.Errorf("--state %w", err)
	}
	err = c.stateIsAlone(path)
	if err != nil {
		return "", err
	}
	output := string(c.tool.Shared.Output)
	_, own, err = sink.Target(output)
	if err == nil && own && !s.Replaces {
		return "", fmt.Errorf("%s %s: is a descriptor of this process, and with --state it must be a file (without the flag, output is standard output)", c.tool.Common.FlagName("output"), output)
	}
	return path, nil
}

// stateHeader returns the header of the states that the command writes and reads.
func (c *command) stateHeader() state.Header {
	return state.Header{Tool: c.tool.Name, Flags: c.tool.State.flags}
}

// stateIsAlone returns an error if the state file, or one that is written beside it, is also an
// input or an output.
func (c *command) stateIsAlone(path string) error {
	s := c.tool.Shared
	for i, file := range checkpoint.Files(path) {
		what := "this is"
		if i > 0 {
			what = file + " is written too, and is"
		}
		for _, name := range s.Files {
			if filename.Same(file, name) {
				return fmt.Errorf("--state %s: %s also an input file", path, what)
			}
		}
		if filename.Same(file, string(s.Output)) || filename.Same(file, string(s.Rejects)) {
			return fmt.Errorf("--state %s: %s also an output file", path, what)
		}
	}
	return nil
}

// appends reports whether the output is a file that is appended to.
func (st *stateRun) appends() bool { return st != nil && st.Output() != nil }

// newPipe returns the pipe of a run, which continues what the state says.
func (st *stateRun) newPipe(config pipe.Config) (_ *pipe.Pipe, err error) {
	if st == nil {
		return pipe.New(config), nil
	}
	config.Paused, config.Lines = !st.final, true
	if st.appends() {
		config.Out = st.Output()
	}
	r := st.Reader()
	if r == nil {
		st.run = pipe.New(config)
		return st.run, nil
	}
	st.run, err = pipe.Resume(config, r)
	if err == nil && valueOf(r.Header(), maxGroups) != valueOf(st.header, maxGroups) {
		st.run.ReportLimit()
	}
	return st.run, err
}

// valueOf returns the value of a flag.
func valueOf(h state.Header, name string) string {
	for _, f := range h.Flags {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// beginState makes an output that is appended to as long as the state says, before the first
// byte of output.
func (c *command) beginState() error {
	if c.state == nil {
		return nil
	}
	for _, text := range c.state.Notes() {
		c.reporter.PrintUnlessQuiet(text)
	}
	for _, name := range c.tool.Shared.Files {
		err := c.state.register(name)
		if err != nil {
			return err
		}
	}
	err := c.state.Begin()
	if err != nil {
		return &pipe.WriteError{Err: err}
	}
	return nil
}

// register records that a regular file is going to be read.
func (st *stateRun) register(name string) error {
	info, err := os.Stat(name)
	if name == "-" || err == nil && !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		info, err = f.Stat()
	}
	if err != nil { // which could be opened a moment ago
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	return st.Register(name, f, info)
}

// next returns the next input, and if its position is part of the state what is to be read of
// it.
func (st *stateRun) next(files *source.Files) (in *source.Input, part *checkpoint.Part, err error) {
	if st == nil || len(st.parts) == 0 {
		in, err = files.Next()
		if st == nil || err != nil || !in.Regular() || in.Name() == "-" {
			return in, nil, err
		}
		err = st.locate(in)
		if err != nil {
			return nil, nil, err
		}
	}
	part = &st.parts[0]
	st.parts = st.parts[1:]
	in = st.named
	if part.Rotated {
		in, err = files.OpenOne(part.Name)
		if err != nil {
			return nil, nil, err
		}
	}
	return in, part, in.SkipTo(part.Offset)
}

// locate sets parts to what is to be read of an input, and of files that had its name.
func (st *stateRun) locate(in *source.Input) error {
	info, err := in.Stat()
	if err != nil {
		return err
	}
	parts, notes := st.Locate(in.Name(), in, info, source.Head)
	for _, text := range notes {
		st.message(text)
	}
	st.parts, st.named = parts, in
	return nil
}

// resumed is an input that is read from where an earlier run has ended.
type resumed struct {
	*watched
	part checkpoint.Part
	st   *stateRun
}

// Start implements pipe.Resumer.
func (r *resumed) Start() (offset, line int64) { return r.part.Offset, r.part.Line }

// Growing implements pipe.Resumer.
func (r *resumed) Growing() bool { return !r.part.Rotated && !r.st.final }

// Consumed implements pipe.Resumer.
func (r *resumed) Consumed(offset, line int64, ended bool) error {
	info, err := r.Stat()
	if err != nil {
		return err
	}
	if offset == 0 && ended {
		r.st.reportArray(r.Name())
	}
	return r.st.Consumed(r.part, r, info, checkpoint.Position{Offset: offset, Line: line, Ended: ended})
}

// reportArray reports that an input of which nothing has been used, as it is one line without a
// line break, is an array.
func (st *stateRun) reportArray(name string) {
	head := make([]byte, 100)
	n, err := source.Head(name, head)
	if err == nil && foreign.BeginsArray(head[:n]) { // after an error, it is as if it were none
		st.message(foreign.ContinuedArray(st.header.Tool, name, source.Foreign{}))
	}
}

var _ interface {
	pipe.Resumer
	io.ReaderAt
} = (*resumed)(nil)

// save saves the state at the end of a run: nothing of what was computed if the stream has
// ended.
func (st *stateRun) save() error {
	if st.final {
		return st.Save(nil)
	}
	return st.Save(st.run.Save)
}

// close frees the lock. Without a state it does nothing.
func (st *stateRun) close() {
	if st == nil {
		return
	}
	if st.Checkpoint != nil {
		_ = st.Checkpoint.Close() // what is in place has been synced
	}
	st.lock.Release()
}
