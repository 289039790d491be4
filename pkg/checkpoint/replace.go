package checkpoint

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"weir/pkg/state"
)

// This file replaces the state in place by a new one, and keeps the old one as FILE.prev.

// replace replaces the state file: steps 5 to 8 of the package comment.
func (c *Checkpoint) replace(write func(*state.Writer)) error {
	path, temp, dir := c.opt.Path, c.temp(), filepath.Dir(c.opt.Path)
	err := c.write(temp, write)
	linked := false
	switch {
	case err != nil || c.previous:
	case c.exists:
		linked, err = c.keep()
	default:
		err = c.dropPrev()
	}
	if err == nil {
		err = c.fs.Rename(temp, path)
	}
	if err != nil {
		_ = c.fs.Remove(temp) // the next run overwrites it
		return describe(named(path, err), err)
	}
	err = c.fs.SyncDir(dir)
	if err == nil {
		c.exists, c.previous = true, false
		c.generation++
		return nil
	}
	undone := c.undo(linked)
	if !undone && c.output != nil {
		c.output.saved = c.output.length
	}
	return describe(path, err)
}

// undo puts the old state back in place after the rename. It reports whether that is durable.
// If not, the output must not be cut back: the new state may be in place after a crash.
func (c *Checkpoint) undo(linked bool) bool {
	var err error
	switch {
	case linked:
		err = c.fs.Rename(c.prev(), c.opt.Path)
	case !c.exists:
		err = c.fs.Remove(c.opt.Path)
	default: // the old one was damaged
		return false
	}
	return err == nil && c.fs.SyncDir(filepath.Dir(c.opt.Path)) == nil
}

// keep makes the old state FILE.prev, and reports whether it is. A file system without
// hard links keeps a copy.
func (c *Checkpoint) keep() (linked bool, err error) {
	err = c.dropPrev()
	if err != nil {
		return false, err
	}
	err = c.fs.Link(c.opt.Path, c.prev())
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		err = c.copyOld()
	}
	return err == nil, err
}

// dropPrev removes FILE.prev, if there is one. In a first run, somebody has removed FILE, and not
// FILE.prev, which is of another stream: it must not be used when the new FILE is damaged.
func (c *Checkpoint) dropPrev() error {
	err := c.fs.Remove(c.prev())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// copyOld copies the old state to FILE.prev.
func (c *Checkpoint) copyOld() error {
	f, err := c.fs.OpenFile(c.opt.Path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return c.create(c.prev(), func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(f, 0, info.Size()))
		return err
	})
}

// write writes a new state.
func (c *Checkpoint) write(name string, write func(*state.Writer)) error {
	var tail []byte
	if c.output != nil {
		var err error
		tail, err = c.output.tail(c.output.length)
		if err != nil {
			return err
		}
	}
	return c.create(name, func(out io.Writer) error {
		w := state.NewWriter(out, c.opt.Header)
		w.Line("generation")
		w.Int("number", c.generation+1)
		if c.output != nil {
			w.Line("output")
			writeName(w, "name", c.opt.Output)
			w.Int("length", c.output.length)
			w.Bytes("tail_sha256", tail)
		}
		for _, in := range c.inputs {
			in.write(w)
		}
		if write != nil {
			write(w)
		}
		return w.Close()
	})
}

// openNew creates a file. What has the name is removed: a killed run has left it, or it is a link
// or a FIFO, which must not be written to.
func (c *Checkpoint) openNew(name string) (File, error) {
	const isNew = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	f, err := c.fs.OpenFile(name, isNew, c.perm)
	if errors.Is(err, fs.ErrExist) {
		err = c.fs.Remove(name)
		if err == nil {
			f, err = c.fs.OpenFile(name, isNew, c.perm)
		}
	}
	return f, err
}

// create writes a new file, as openNew does, and makes it durable.
func (c *Checkpoint) create(name string, write func(io.Writer) error) error {
	f, err := c.openNew(name)
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(io.NewOffsetWriter(f, 0), bufferSize)
	err = write(buf)
	if err == nil {
		err = buf.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	err2 := f.Close()
	if err == nil {
		err = err2
	}
	return err
}

// bufferSize is how many bytes are written at once.
const bufferSize = 128 << 10
