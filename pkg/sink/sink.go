// Package sink writes outputs: standard output, files that are replaced atomically, logs
// to which several processes append, and temporary files.
//
// Packages cli, pipe and tee use it. It uses fd for all writes.
//
//   - [Out] is a buffered output: standard output ([Stdout]) or a file ([File]). It ends
//     with [Out.Commit] or [Out.Discard].
//   - [Log] appends single lines to a file, for --rejects.
//   - [Spill] is a temporary file that is written once and then read once.
//
// # Atomic replacement of a file
//
// File writes to a temporary file in the same directory. On Linux it has no name there
// (O_TMPFILE), so that nothing is left if the process is killed. Elsewhere, and where the
// file system cannot do that, it is called .FILE.tmp-RANDOM, and only this user can read
// it. Commit then does the following; each step is checked, and after an error the
// temporary file is gone and FILE is unchanged:
//
//  1. write what is buffered
//  2. give the file the owner, group and permission bits of the old file, as far as this
//     user may; if there was none, 0666 less the umask
//  3. fsync the file: its contents are on the disk before its name is
//  4. name the file, if it has no name: .FILE.tmp-RANDOM
//  5. close it
//  6. rename it to FILE, which replaces the old file
//  7. fsync the directory: otherwise the old file might be back after a power failure. An
//     error here says that FILE has been replaced.
//
// So FILE is the old one or the new one whenever the process is killed or the machine
// fails. Only a kill between steps 4 and 6 (or any kill, where the file has a name) leaves
// the temporary file. Nothing reads it, and it may be deleted.
//
// Why it is renamed, and not linked to FILE at once: link(2) does not replace a file.
//
// A symbolic link is followed: the file it points to is replaced, and the link stays. Other
// hard links to the old file keep the old contents.
//
// # Errors
//
// The errors of every write, fsync, chmod, close and rename are checked. They have the form
// "NAME: what is wrong".
package sink

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"weir/pkg/fd"
)

const (
	bufferSize = 128 << 10 // bytes that an Out or a Spill buffers
	pipeSize   = 1 << 20   // buffer size that is requested for a pipe; see source
)

// ErrReaderClosed is the error of a write to a pipe or socket whose reader has closed it. The caller
// decides whether that is a failure; for standard output it usually is not.
var ErrReaderClosed = errors.New("the reader has closed the pipe")

// Out is a buffered output for one goroutine at a time.
//
// Invariant: after the first error of a write, every later Write, Flush and Commit returns
// the same error and nothing more is written.
type Out struct {
	name    string
	w       *fdWriter // writes to the file
	buf     *bufio.Writer
	pending *pendingFile // the temporary file that is written; nil if a file is written in place
	closed  bool
}

// newOut returns an output to f. pending is nil if f is written in place.
func newOut(name string, f *os.File, pending *pendingFile) *Out {
	fd.GrowPipe(f, pipeSize)
	w := &fdWriter{name: name, f: f}
	return &Out{name: name, w: w, buf: bufio.NewWriterSize(w, bufferSize), pending: pending}
}

// Stdout returns an output to f, the standard output of the process.
func Stdout(f *os.File) *Out { return newOut("stdout", f, nil) }

// Name returns the name that is used in errors: "stdout", or the name given to File.
func (o *Out) Name() string { return o.name }

// Write buffers p. If p is larger than the buffer, it is written directly.
func (o *Out) Write(p []byte) (int, error) { return o.buf.Write(p) }

// AvailableBuffer returns an empty slice with the capacity that is left in the buffer.
// Append to it and pass the result to the next Write; then the bytes are not copied.
func (o *Out) AvailableBuffer() []byte { return o.buf.AvailableBuffer() }

// Buffered returns the number of bytes that Flush would write.
func (o *Out) Buffered() int { return o.buf.Buffered() }

// Flush writes what is buffered. For an atomically replaced file that is the temporary file.
func (o *Out) Flush() error { return o.buf.Flush() }

// Blocked returns for how long the write that is in progress has made none: its reader does
// not read. It is 0 if there is no write in progress. Any goroutine may call it.
func (o *Out) Blocked() time.Duration {
	since := o.w.since.Load()
	if since == 0 {
		return 0
	}
	return time.Since(began) - time.Duration(since)
}

// Commit flushes and closes the output, and puts a file in the place of the old one: see
// the package comment. If it returns an error, the old file is still in place, except after
// the error that the directory could not be synced.
func (o *Out) Commit() error {
	if o.closed {
		return describe(o.name, os.ErrClosed)
	}
	if err := o.buf.Flush(); err != nil {
		o.Discard()
		return err
	}
	if err := o.w.begin(); err != nil { // nothing has been written
		o.Discard()
		return err
	}
	o.closed = true
	if o.pending != nil {
		return describe(o.name, o.pending.commit(o.w.f))
	}
	return describe(o.name, o.w.f.Close())
}

// Discard closes the output without writing what is buffered. It removes the temporary file
// and leaves the old file unchanged. After Commit it does nothing, so it can be deferred.
func (o *Out) Discard() {
	if o.closed {
		return
	}
	o.closed = true
	o.w.f.Close()
	if o.pending != nil {
		o.pending.remove()
	}
}

// fdWriter is an io.Writer that writes everything or fails. If the descriptor is in
// non-blocking mode, it waits until more can be written.
type fdWriter struct {
	name     string
	f        *os.File
	truncate bool         // the file is to be emptied before the first write
	since    atomic.Int64 // when a write in progress began or went on, since began; 0: there is none
}

// began is what fdWriter.since counts from.
var began = time.Now()

func (w *fdWriter) Write(p []byte) (n int, err error) {
	defer w.since.Store(0)
	if err := w.begin(); err != nil {
		return 0, err
	}
	for n < len(p) {
		w.since.Store(max(1, int64(time.Since(began))))
		k, err := fd.Write(w.f, p[n:])
		n += k
		switch {
		case err == syscall.EAGAIN:
			err = fd.WaitWrite(w.f)
		case err == syscall.EPIPE || err == syscall.ECONNRESET:
			err = fmt.Errorf("%w (%w)", ErrReaderClosed, err)
		case err == nil && k == 0:
			err = errNothingTaken
		}
		if err != nil {
			return n, describe(w.name, err)
		}
	}
	return n, nil
}

// begin empties the file, if that is to be done and has not been done yet. Why not when it
// is opened: what fails before the first byte of output leaves the old contents.
func (w *fdWriter) begin() error {
	if !w.truncate {
		return nil
	}
	w.truncate = false
	return describe(w.name, w.f.Truncate(0))
}

// errNothingTaken is the error of a write(2) that has taken nothing and gives no reason, as
// some file systems do when they are full.
var errNothingTaken = errors.New("no more could be written (is the disk or device full?)")

// describe returns err in the form of all messages, "NAME: what is wrong"; nil for nil.
func describe(name string, err error) error {
	if err == nil {
		return nil
	}
	if name == "" {
		name = `""`
	}
	return fmt.Errorf("%s: %w", name, cause(err))
}

// cause returns err without the operation and the paths that package os adds. Why: the path
// is often that of the temporary file, which means nothing to the user.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	var linkErr *os.LinkError
	if errors.As(err, &linkErr) {
		return linkErr.Err
	}
	return err
}
