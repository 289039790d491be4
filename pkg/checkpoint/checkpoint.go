// Package checkpoint keeps the state file of --state: what a run has learned, how far it has
// read each input, and how long its output was then. Package cli opens it before a run and
// saves it after the run; the format is that of package state.
//
//   - [Acquire] locks a state, so that only one run at a time uses it.
//   - [Open] reads it, and checks that it fits the command and its flags.
//   - [Checkpoint.Output] is a file that is appended to, exactly once for each line of input.
//   - [Checkpoint.Locate] finds an input again, and what was left of one that has been
//     rotated.
//   - [Checkpoint.Save] replaces the state.
//
// # Exactly once
//
// Each run does these steps in this order, each of which is checked:
//
//  1. read the state, and check that it can be replaced, and that the output is the file that
//     earlier runs have appended to: by its length, and a hash of the bytes before that
//  2. cut the output back to the length that the state says; in the first run, save a state
//     with the length that the output has, and with the inputs, so that the next run knows
//     them
//  3. append to the output
//  4. fsync the output
//  5. write the new state to FILE.tmp, and fsync it
//  6. link the old state to FILE.prev, in place of the one before it
//  7. rename FILE.tmp to FILE
//  8. fsync the directory
//
// A run that is stopped at any point up to step 7 has changed nothing that the next one
// does not undo in step 2. After it, the output is as long as the state says. So each line
// of input is in the output once, whenever the process is killed or the machine stops.
//
// If a step fails, the output is cut back at once, and the state is the old one.
//
// Rejects are there at least once: package cli makes them durable before step 5, and the next
// run writes those of a run that was stopped again. Why they are not cut back: several
// programs may append to the same file.
//
// # A damaged state
//
// If the state is not what was written, because a disk has failed, FILE.prev is used. That
// is the state of an earlier run, so the output is cut back further, and more of the input
// is read again; the result is the same.
package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"weir/pkg/state"
)

// Options say which state is opened, and by whom.
type Options struct {
	Path   string       // The state file.
	Header state.Header // That of the states that are saved; one that is read must have the same.
	Output string       // The file that is appended to; "" if there is none.
	FS     FS           // Nil: OS.
}

// Checkpoint is the state of one run.
type Checkpoint struct {
	opt      Options
	fs       FS
	reader   *state.Reader // What an earlier run has saved, after the lines of this package; nil: nothing.
	file     File          // What reader reads; nil if that is closed.
	previous bool          // It was read from FILE.prev, as FILE is damaged.
	exists   bool          // FILE exists.
	perm     fs.FileMode   // Of FILE.
	notes    []string
	inputs   []*Input // The oldest first.
	output   *Output  // Nil if nothing is appended to.
	plain    Plain    // As Locate got it; nil: nothing is decompressed.

	generation int64 // How often the state that is in place has been replaced, the first one included.
}

// Open reads a state, if there is one. It writes nothing but an output that does not exist,
// which it creates. The error says why the state, or the output, cannot be used: it is
// damaged, of another version, of another command or of other flags, or cannot be replaced; or
// the output is shorter than it was, another file, or no regular file.
func Open(o Options) (*Checkpoint, error) {
	c := &Checkpoint{opt: o, fs: o.FS, perm: 0o600}
	if c.fs == nil {
		c.fs = OS{}
	}
	err := c.open()
	if err != nil {
		c.release()
		return nil, err
	}
	return c, nil
}

// open is Open for a Checkpoint that is closed after an error.
func (c *Checkpoint) open() error {
	err := c.load()
	if err != nil {
		return err
	}
	saved, err := c.restore()
	if err == nil {
		err = c.probe()
	}
	if err != nil || c.opt.Output == "" {
		return err
	}
	c.output, err = openOutput(c.fs, c.opt.Output, saved)
	if err != nil {
		return &OutputError{err}
	}
	return nil
}

// OutputError is the error of an output that cannot be appended to.
type OutputError struct{ Err error }

// Error returns the file's name, and what is wrong.
func (e *OutputError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *OutputError) Unwrap() error { return e.Err }

// Files returns the files that a run with the state file path may write: path itself, and those
// beside it.
func Files(path string) []string {
	return []string{path, path + ".tmp", path + ".prev", path + ".lock"}
}

// load reads FILE, or if that is damaged FILE.prev, and checks its header.
func (c *Checkpoint) load() error {
	info, err := c.fs.Stat(c.opt.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is not a regular file")
	}
	if err != nil {
		return describe(c.opt.Path, err)
	}
	c.exists, c.perm = true, info.Mode().Perm()
	err = c.read(c.opt.Path)
	var version *state.VersionError
	switch {
	case errors.As(err, &version):
		return fmt.Errorf("%w%s", err, c.instead())
	case errors.Is(err, state.ErrDamaged):
		err2 := c.read(c.prev())
		if err2 != nil {
			return fmt.Errorf("%w; nor can the state before it be used: %w%s", err, err2, c.instead())
		}
		c.previous = true
		c.notes = append(c.notes, fmt.Sprintf("%v: the state before it, %s, is used", err, c.prev()))
	case err != nil:
		return err
	}
	return c.checkHeader()
}

// probe creates FILE.tmp and removes it: a directory in which Save could not replace the state is
// an error before the first byte of output.
func (c *Checkpoint) probe() error {
	f, err := c.openNew(c.temp())
	if err == nil {
		err = f.Close()
		err2 := c.fs.Remove(c.temp())
		if err == nil {
			err = err2
		}
	}
	if err != nil {
		return fmt.Errorf("%s: cannot create the temporary file %w", c.opt.Path, describe(c.temp(), err))
	}
	return nil
}

func (c *Checkpoint) prev() string { return c.opt.Path + ".prev" }

func (c *Checkpoint) temp() string { return c.opt.Path + ".tmp" }

// read opens a state for reader, which is valid until release is called.
//
// The file is opened once, read to its end to prove it good, and read again by reader. Both
// see the same bytes: other runs are kept out by the lock, and this one does not write to FILE
// but replaces it; it calls release before. Reader finds what another program may change in
// spite of that, before anything of it is used.
func (c *Checkpoint) read(name string) error {
	f, err := c.fs.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return describe(name, err)
	}
	info, err := f.Stat()
	if err == nil {
		c.reader, err = state.Open(f, info.Size())
	}
	if err != nil {
		_ = f.Close() // nothing was written to it
		return describe(name, err)
	}
	c.file = f
	return nil
}

// release closes what Reader has returned.
func (c *Checkpoint) release() {
	if c.file != nil {
		_ = c.file.Close() // nothing was written to it
	}
	c.reader, c.file = nil, nil
}

// checkHeader returns an error if the state is of another command, or of other flags.
func (c *Checkpoint) checkHeader() error {
	was, now := c.reader.Header(), c.opt.Header
	if was.Tool != now.Tool {
		return fmt.Errorf("%s: the state is of %s%s", c.opt.Path, was.Tool, c.instead())
	}
	differ := now.Differences(was)
	if differ != "" {
		return fmt.Errorf("%s: the state is of other flags: %s%s", c.opt.Path, differ, c.instead())
	}
	return nil
}

// instead is what to do instead of using a state. An output that stays would get its lines again.
func (c *Checkpoint) instead() string {
	if c.opt.Output != "" {
		return insteadOfBoth
	}
	return " (use another --state FILE, or remove this one to begin anew)"
}

const insteadOfBoth = " (use another --state FILE and output, or remove both to begin anew)"

// restore reads the lines of this package, and returns what they say of the output; nil if nothing.
func (c *Checkpoint) restore() (saved *savedOutput, err error) {
	r := c.reader
	if r == nil {
		return nil, nil
	}
	if r.Next(chunksKind) {
		return nil, fmt.Errorf("%s: this is the state of chunks: begin from it with --from", c.opt.Path)
	}
	name := ""
	if r.Next("generation") {
		c.generation = r.Int("number")
	}
	if r.Next("output") {
		name = readName(r, "name")
		saved = readSavedOutput(r)
	}
	for r.Next("input") {
		c.inputs = append(c.inputs, readInput(r))
	}
	if r.Err() != nil {
		return nil, describe(c.opt.Path, r.Err())
	}
	differ := outputFlag(c.opt.Output).Differences(outputFlag(name))
	if differ != "" {
		return nil, fmt.Errorf("%s: the state is of other flags: %s%s", c.opt.Path, differ, c.instead())
	}
	return saved, nil
}

// outputFlag returns a header with the flag -o alone: it is not in that of the state, as its value
// need not be UTF-8.
func outputFlag(name string) state.Header {
	return state.Header{Flags: []state.Flag{{Name: "output", Value: name}}}
}

// Reader returns what an earlier run has saved by the function that it gave to Save; nil if
// there is nothing. It is valid until Begin, Save or Close is called.
func (c *Checkpoint) Reader() *state.Reader {
	if c.reader == nil || c.reader.Empty() {
		return nil
	}
	return c.reader
}

// Generation returns the number of the state that is in place: 1 for the first one that was
// saved in FILE, 0 if there is none. Each Save raises it by one, and so does Begin in a first
// run. Of a state that was put in place but could not be made durable, it is the one before.
func (c *Checkpoint) Generation() int64 { return c.generation }

// Notes returns messages about what a person should know of the state.
func (c *Checkpoint) Notes() []string { return c.notes }

// Output returns the file that is appended to, or nil.
func (c *Checkpoint) Output() *Output { return c.output }

// Begin makes the output as long as the state says. In a first run it saves a state that
// says how long the output is. It must be called before the first Write.
func (c *Checkpoint) Begin() error {
	c.release()
	if c.output == nil {
		return nil
	}
	err := c.output.cut()
	if err != nil || c.exists {
		return err
	}
	if c.output.created {
		err = c.fs.SyncDir(filepath.Dir(c.opt.Output))
		if err != nil {
			return describe(c.opt.Output, err)
		}
	}
	return c.replace(nil)
}

// Save makes the output durable, and then replaces the state. write writes what the next run
// gets by Reader; nil writes nothing, so that the next run begins a new stream. After an
// error the state is the old one, and Abort must be called.
func (c *Checkpoint) Save(write func(*state.Writer)) error {
	c.release()
	if c.output != nil {
		err := c.output.sync()
		if err != nil {
			return err
		}
	}
	c.inputs = slices.DeleteFunc(c.inputs, func(in *Input) bool { return in.gone(&locator{c: c, name: in.Name}) })
	err := c.replace(write)
	if err == nil && c.output != nil {
		c.output.saved = c.output.length
	}
	return err
}

// Abort undoes what was appended to the output since the state that is in place was saved.
// It is for use after an error, and does what it can.
func (c *Checkpoint) Abort() {
	if c.output != nil {
		_ = c.output.cut() // else the next run does it
	}
}

// Close closes the state and the output.
func (c *Checkpoint) Close() error {
	c.release()
	if c.output == nil {
		return nil
	}
	return c.output.close()
}

// writeName appends the name of a file, which need not be UTF-8, as a member.
func writeName(w *state.Writer, member, name string) {
	if bytes.Equal([]byte(name), bytes.ToValidUTF8([]byte(name), []byte("\ufffd"))) {
		w.Text(member, name)
	} else {
		w.Bytes(member+"_bytes", []byte(name))
	}
}

// readName returns what writeName has written.
func readName(r *state.Reader, member string) string {
	if r.Has(member + "_bytes") {
		return string(r.Bytes(member + "_bytes"))
	}
	return r.Text(member)
}
