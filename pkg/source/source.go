// Package source opens and reads inputs: files, FIFOs and standard input, plain or
// compressed by gzip or zstd. It returns plain bytes.
//
// Package cli opens the inputs, and pipe and tee read them. It uses fd for all system
// calls that may wait.
//
//   - [Open] checks all inputs of a command, as [Files], before anything is read.
//   - [Files.Next] opens and returns them one after the other as [Input], an io.Reader.
//   - [Options] connect an input with the rest of the program: [Idle] is called before
//     it waits, and [Stop] ends the wait.
//
// # Formats
//
// The format of an input is detected by its first bytes, never by its name. A gzip input may
// have any number of members, a zstd input any number of frames. Damaged or truncated
// data are an error after everything that could be decoded has been returned. So is a regular
// file that was truncated while it was read.
//
// # Waiting
//
// An output that is buffered must be flushed before the input is waited for, and only
// then: so a slow stream is passed on line by line, and a fast one in large blocks, without
// a timer. To make that possible, an input polls its descriptor before each read. If there
// is nothing to read, it calls Idle once and then waits. This happens below decompression:
// Idle is called when the compressed bytes run out, after everything that they decode to has
// been returned.
//
// A read that waits returns as soon as Stop is called.
//
// Plain input is read directly into the caller's buffer.
package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"weir/pkg/fd"
)

// pipeSize is the buffer size in bytes that is requested for each pipe. Most of the cost of
// a pipe are the wake-ups of its two ends, and a larger buffer needs fewer.
const pipeSize = 1 << 20

// Idle is called before a read that would have to wait for input, by the goroutine that
// reads, within Read. It returns how long the wait may last before Idle is to be called
// again; a negative duration means without limit. It is never called for a regular file,
// or while there are bytes to read.
type Idle func() time.Duration

// Options say how inputs are read. With the zero value nothing is called before a wait,
// and reading cannot be stopped.
type Options struct {
	Idle Idle
	Stop *Stop
}

// maxOpen is how many regular files stay open after they have been read, for a second pass.
// It is far below the usual limit of descriptors, 1024, and the lowest one, 256.
const maxOpen = 64

// Files are the inputs of a command in the order given. Open has checked all of them.
//
// Regular files are opened one after the other, so that there may be more of them than the
// process may have descriptors. Others (FIFOs, devices) are open from the beginning. Why:
// a program that writes to several FIFOs may open all of them before it writes, and would
// wait for ever for the reader of the second one.
type Files struct {
	names  []string
	opened []*Input // by index; nil: Next opens it
	next   int      // index of the input that Next returns next
	opt    Options

	// kept is the regular files that Next has returned or Rewind has opened again, the oldest
	// first. There are at most maxOpen, and the input that is being read is the last.
	kept []*Input
}

// Open checks all named inputs: that they exist, can be read and are not directories. So a
// wrong name is an error before any output is written. It opens those that are not regular
// files, and the first one. "-" means stdin, and may be given once; no names mean stdin
// alone. Only FIFOs on systems other than Linux are waited for.
//
// An error has the form "NAME: what is wrong"; no input is open then.
func Open(names []string, stdin *os.File) (*Files, error) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	files := &Files{names: names, opened: make([]*Input, len(names))}
	haveStdin := false
	for i, name := range names {
		if name == "-" && haveStdin {
			files.Close()
			return nil, errors.New(`-: standard input is given twice, but it can be read only once`)
		}
		haveStdin = haveStdin || name == "-"
		in, err := open(name, stdin)
		if err != nil {
			files.Close()
			return nil, err
		}
		if i > 0 && in.Regular() && in.owned {
			_ = in.Close() // nothing was read; Next opens it again
			continue
		}
		files.opened[i] = in
	}
	return files, nil
}

// open opens one input.
func open(name string, stdin *os.File) (*Input, error) {
	f := stdin
	if name != "-" {
		var err error
		f, err = fd.Open(name)
		if err != nil {
			return nil, describe(name, err)
		}
	}
	in, err := newInput(name, f, name != "-")
	if err != nil && name != "-" {
		f.Close()
	}
	return in, err
}

// OpenOne opens a file that is none of those given to Open, to be read with the options of
// Use. The caller must close it. It is an error if it is not a regular file.
func (files *Files) OpenOne(name string) (*Input, error) {
	in, err := open(name, nil)
	if err != nil {
		return nil, err
	}
	if !in.Regular() {
		_ = in.Close() // nothing was read
		return nil, fmt.Errorf("%s: is not a regular file", name)
	}
	in.raw.opt = files.opt
	return in, nil
}

// Head reads the first plain bytes of a regular file into p. It returns how many there are.
func Head(name string, p []byte) (int, error) {
	in, err := open(name, nil)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	n := 0
	for n < len(p) && err == nil {
		var k int
		k, err = in.Read(p[n:])
		n += k
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// Use sets the options of all inputs that Next has not returned yet.
func (files *Files) Use(opt Options) { files.opt = opt }

// Next returns the next input, which the caller must close, or io.EOF after the last one.
// Any other error is that of an input which could be opened by Open and cannot be now. The
// inputs that Next has returned before must not be read any more before they are rewound.
func (files *Files) Next() (*Input, error) {
	if files.next == len(files.names) {
		return nil, io.EOF
	}
	i := files.next
	files.next++
	in := files.opened[i]
	if in == nil {
		var err error
		in, err = open(files.names[i], nil)
		if err != nil {
			return nil, err
		}
	}
	in.raw.opt = files.opt
	files.keep(in)
	return in, nil
}

// keep records that in has been opened, and closes the descriptor of the oldest input if too
// many are open.
func (files *Files) keep(in *Input) {
	if !in.Regular() || !in.owned {
		return
	}
	in.files = files
	files.kept = append(files.kept, in)
	if len(files.kept) > maxOpen {
		files.kept[0].park()
		files.kept = slices.Delete(files.kept, 0, 1)
	}
}

// Close closes the inputs that Next has not returned.
func (files *Files) Close() error {
	var errs []error
	for _, in := range files.opened[files.next:] {
		if in != nil {
			errs = append(errs, in.Close())
		}
	}
	files.next = len(files.names)
	return errors.Join(errs...)
}

// describe returns err in the form of all messages, "NAME: what is wrong", without the
// operation and the path that package os adds.
func describe(name string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	if name == "" {
		name = `""`
	}
	return fmt.Errorf("%s: %w", name, err)
}
