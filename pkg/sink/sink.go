// Package sink is where the bytes go: standard output, a file that is the old one or the new one and never a mixture,
// and the set-aside lines that several processes append to one file.
//
// Every write, flush, sync, chmod, close and rename is looked at, and its error names what it was about: output that
// cannot be finished is never taken for output that was. It leans on fd alone; pipe, cli, serve and state may lean on
// it.
//
// # A file's way
//
// The new content of FILE is written beside it as .FILE.tmp-RANDOM (mode 0600), synced, given its mode, renamed into
// place, and the folder is synced. A kill at any point leaves the old file or the new one; kill -9 may leave the
// temporary file, which no later run reads and anyone may delete.
package sink

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"weir/pkg/fd"
)

const (
	bufferSize = 128 << 10
	pipeSize   = 1 << 20
)

// ErrGone says that the reader of the output has left. What that is worth (nothing, mostly) is the caller's business.
var ErrGone = errors.New("the reader has left")

// Out is a buffered output. The first error stays: every later call returns it and nothing more is written. One
// goroutine uses it.
type Out struct {
	name    string
	f       *os.File
	buf     *bufio.Writer
	pending *pendingFile // nil: written in place
	closed  bool
}

func newOut(name string, f *os.File, to *pendingFile) *Out {
	fd.GrowPipe(f, pipeSize)
	return &Out{name: name, f: f, buf: bufio.NewWriterSize(port{name, f}, bufferSize), pending: to}
}

// Stdout is the output to f, the process's standard output.
func Stdout(f *os.File) *Out { return newOut("stdout", f, nil) }

// Name is what errors call the output: "stdout", or the file's name as it was given.
func (o *Out) Name() string { return o.name }

// Write buffers p. What is larger than the buffer goes straight through.
func (o *Out) Write(p []byte) (int, error) { return o.buf.Write(p) }

// AvailableBuffer is an empty slice with the capacity that is left in the buffer: append to it and hand it to the very
// next Write, and the bytes are not copied.
func (o *Out) AvailableBuffer() []byte { return o.buf.AvailableBuffer() }

// Buffered is the number of bytes a Flush would write.
func (o *Out) Buffered() int { return o.buf.Buffered() }

// Flush hands what is buffered to the kernel.
func (o *Out) Flush() error { return o.buf.Flush() }

// Commit ends the output for good: flushed, and for a file that is written aside, synced and put in the old one's
// place. If any of it fails the old file is still there, but for an error that says the folder could not be synced:
// then the new one is in place, and might not survive a power failure.
func (o *Out) Commit() error {
	if o.closed {
		return describe(o.name, os.ErrClosed)
	}
	if err := o.buf.Flush(); err != nil {
		o.Discard()
		return err
	}
	o.closed = true
	if o.pending != nil {
		return describe(o.name, o.pending.commit(o.f))
	}
	return describe(o.name, o.f.Close())
}

// Discard ends the output without what is still buffered; a file written aside is removed and the old content stays.
// After Commit it does nothing, so it can be deferred.
func (o *Out) Discard() {
	if o.closed {
		return
	}
	o.closed = true
	o.f.Close()
	if o.pending != nil {
		os.Remove(o.pending.temp)
	}
}

// port is a descriptor that takes everything or fails, non-blocking or not.
type port struct {
	name string
	f    *os.File
}

func (to port) Write(p []byte) (n int, err error) {
	for n < len(p) {
		k, err := fd.Write(to.f, p[n:])
		n += k
		switch {
		case err == syscall.EAGAIN:
			err = fd.WaitWrite(to.f)
		case err == syscall.EPIPE || err == syscall.ECONNRESET:
			err = fmt.Errorf("%w (%w)", ErrGone, err)
		case err == nil && k == 0:
			err = io.ErrShortWrite
		}
		if err != nil {
			return n, describe(to.name, err)
		}
	}
	return n, nil
}

// told is err, if any, in the form every message has: the name, then what is wrong.
func describe(name string, err error) error {
	if err == nil {
		return nil
	}
	if name == "" {
		name = `""`
	}
	return fmt.Errorf("%s: %w", name, cause(err))
}

// bare is err without the operation and the path that package os puts in front: the temporary file's, as often as not.
func cause(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	if link := (*os.LinkError)(nil); errors.As(err, &link) {
		return link.Err
	}
	return err
}
