// Package source opens and reads inputs: files, FIFOs and standard input, plain or
// compressed by gzip or zstd. It returns plain bytes.
//
// Package cli opens the inputs, and pipe and httpapi read them. It uses fd for all system
// calls that may wait.
//
//   - [Open] opens all inputs of a command, as [Files], before anything is read.
//   - [Files.Next] returns them one after the other as [Input], an io.Reader.
//   - [Options] connect an input with the rest of the program: [Idle] is called before
//     it waits, and [Stop] ends the wait.
//
// # Formats
//
// The format of an input is detected by its first bytes, never by its name. A gzip input may
// have any number of members, a zstd input any number of frames. Damaged or truncated
// data are an error after everything that could be decoded has been returned.
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

// Files are the inputs of a command in the order given. All of them are open.
type Files struct {
	inputs []*Input
	next   int // index of the input that Next returns next
	opt    Options
}

// Open opens all named inputs, so that a wrong name is an error before any output is
// written. "-" means stdin, and may be given once; no names mean stdin alone. Only FIFOs
// on systems other than Linux are waited for.
//
// An error has the form "NAME: what is wrong"; no input is open then.
func Open(names []string, stdin *os.File) (*Files, error) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	files := &Files{}
	haveStdin := false
	for _, name := range names {
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
		files.inputs = append(files.inputs, in)
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

// Use sets the options of all inputs that Next has not returned yet.
func (files *Files) Use(opt Options) { files.opt = opt }

// Next returns the next input, which the caller must close, or io.EOF after the last one.
func (files *Files) Next() (*Input, error) {
	if files.next == len(files.inputs) {
		return nil, io.EOF
	}
	in := files.inputs[files.next]
	files.next++
	in.raw.opt = files.opt
	return in, nil
}

// Close closes the inputs that Next has not returned.
func (files *Files) Close() error {
	var errs []error
	for _, in := range files.inputs[files.next:] {
		errs = append(errs, in.Close())
	}
	files.next = len(files.inputs)
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
