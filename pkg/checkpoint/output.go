package checkpoint

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"weir/pkg/state"
)

// Output is a file that is appended to. It implements pipe.Output. After the first error of a
// write, every later one returns the same error, and nothing more is written.
type Output struct {
	name    string
	f       File
	buf     *bufio.Writer
	length  int64 // Of the file.
	saved   int64 // Its length as the state in place says.
	created bool  // It did not exist.
	torn    bool  // It ends in the middle of a line, which was there before the first run.
}

// savedOutput is what a state says of the output.
type savedOutput struct {
	length int64
	tail   []byte // As Output.tail returns it; nil: not known.
}

// readSavedOutput reads what Checkpoint.write has written.
func readSavedOutput(r *state.Reader) *savedOutput {
	s := &savedOutput{length: r.Int("length")}
	if r.Has("tail_sha256") {
		s.tail = r.Bytes("tail_sha256")
	}
	return s
}

// openOutput opens the file name to append to it, or creates it. saved is what a state says of it,
// or nil.
func openOutput(system FS, name string, saved *savedOutput) (*Output, error) {
	o := &Output{name: name}
	info, err := system.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		o.created = true
	case err != nil:
		return nil, describe(name, err)
	case !info.Mode().IsRegular():
		return nil, describe(name, errors.New("is not a regular file: with --state it must be one, so that it can be cut back after a crash"))
	}
	if saved != nil && saved.length > 0 && o.created {
		return nil, describe(name, fmt.Errorf("does not exist, and the state says that it has %d bytes (put it back, or remove the state to begin anew)", saved.length))
	}
	o.f, err = system.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, describe(name, err)
	}
	o.buf = bufio.NewWriterSize(appender{o}, bufferSize)
	length, err := o.check(saved)
	if err == nil {
		o.torn, err = o.endsTorn(length)
	}
	if err != nil {
		_ = o.f.Close() // nothing was written
		return nil, err
	}
	o.length, o.saved = length, length
	return o, nil
}

// check returns the length that the output is to have. The error is that it is not what a state
// says: cutting another file back would destroy it.
func (o *Output) check(saved *savedOutput) (length int64, err error) {
	info, err := o.f.Stat()
	switch {
	case err != nil:
		return 0, describe(o.name, err)
	case saved == nil:
		return info.Size(), nil
	case info.Size() < saved.length:
		return 0, describe(o.name, fmt.Errorf("has %d bytes, and the state says that it has %d: it was changed"+insteadOfBoth, info.Size(), saved.length))
	}
	tail, err := o.tail(saved.length)
	if err == nil && saved.tail != nil && !bytes.Equal(tail, saved.tail) {
		err = describe(o.name, fmt.Errorf("the bytes before byte %d are not those that were written: it was changed, or is another file"+insteadOfBoth, saved.length))
	}
	return saved.length, err
}

// tail returns the SHA-256 of the bytes before an offset, at most headSize.
func (o *Output) tail(offset int64) ([]byte, error) {
	size := min(offset, headSize)
	hash, err := hashAt(o.f, offset-size, size)
	return hash, describe(o.name, err)
}

// endsTorn reports whether the last byte is not a newline.
func (o *Output) endsTorn(length int64) (bool, error) {
	if length == 0 {
		return false, nil
	}
	var last [1]byte
	_, err := o.f.ReadAt(last[:], length-1)
	return last[0] != '\n', describe(o.name, err)
}

// Name returns the file's name.
func (o *Output) Name() string { return o.name }

// Empty reports whether the file has no bytes. It is for use before the first Write.
func (o *Output) Empty() bool { return o.length == 0 }

// Write buffers p.
func (o *Output) Write(p []byte) (int, error) {
	if o.torn {
		o.torn = false
		_ = o.buf.WriteByte('\n') // the next write returns the error
	}
	return o.buf.Write(p)
}

// Flush writes what is buffered.
func (o *Output) Flush() error { return o.buf.Flush() }

// appender writes at the end of an output.
type appender struct{ o *Output }

func (a appender) Write(p []byte) (int, error) {
	n, err := a.o.f.WriteAt(p, a.o.length)
	a.o.length += int64(n)
	return n, describe(a.o.name, err)
}

// sync writes what is buffered, and makes it durable.
func (o *Output) sync() error {
	err := o.Flush()
	if err == nil && o.length != o.saved {
		err = describe(o.name, o.f.Sync())
	}
	return err
}

// cut gives up what is buffered, and cuts the file back to its length as the state says.
func (o *Output) cut() error {
	o.buf.Reset(appender{o})
	o.length = o.saved
	info, err := o.f.Stat()
	if err == nil && info.Size() != o.saved {
		err = o.f.Truncate(o.saved)
		if err == nil {
			err = o.f.Sync()
		}
	}
	return describe(o.name, err)
}

// close closes the file. What is buffered is lost.
func (o *Output) close() error { return describe(o.name, o.f.Close()) }
