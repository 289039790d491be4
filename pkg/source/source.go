// Package source is where the bytes come from: files, fifos, standard input, gzip and zstd known by their first bytes
// and not by their names. What comes out is plain bytes, and the two promises a live filter rests on:
//
//   - Before a read that would have to wait, and only then, [Idle] is called, below decompression: whoever writes can
//     flush exactly then, so that a slow stream leaves line by line and a busy one in large blocks, without a timer.
//   - A read that waits ends at once when [Stop] says so.
//
// Plain input is read straight into the caller's buffer. It leans on fd alone; pipe and cli lean on it.
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

// pipeSize is asked for on every pipe: wake-ups dominate what a pipe costs.
const pipeSize = 1 << 20

// Idle is called each time before a read that would have to wait, and returns how long the wait may last at most before
// it is called again; a negative duration: for ever. It is never called for a regular file, nor while bytes are there.
type Idle func() time.Duration

// Options say how inputs are read. The zero value waits in silence and cannot be stopped.
type Options struct {
	Idle Idle
	Stop *Stop
}

// Files are the inputs of a command, in the order given, all of them open.
type Files struct {
	inputs []*Input
	next   int
	opt    Options
}

// Open opens every named input before anything is read, so that a wrong name is told before the first byte of output.
// "-" is stdin and may stand once; no names mean stdin alone. An error names the file and says what is wrong.
func Open(names []string, stdin *os.File) (*Files, error) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	files := &Files{}
	taken := false
	for _, name := range names {
		if name == "-" && taken {
			files.Close()
			return nil, errors.New(`-: standard input is named twice, but can be read only once`)
		}
		taken = taken || name == "-"
		in, err := open(name, stdin)
		if err != nil {
			files.Close()
			return nil, err
		}
		files.inputs = append(files.inputs, in)
	}
	return files, nil
}

func open(name string, stdin *os.File) (*Input, error) {
	f := stdin
	if name != "-" {
		var err error
		if f, err = fd.Open(name); err != nil {
			return nil, describe(name, err)
		}
	}
	in, err := newInput(name, f, name != "-")
	if err != nil && name != "-" {
		f.Close()
	}
	return in, err
}

// Use says how the inputs are read that Next has yet to return.
func (files *Files) Use(opt Options) { files.opt = opt }

// Next returns the inputs one after another, and io.EOF after the last. Each is the caller's to close.
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

// told is err in the form every message has: the name, then what is wrong.
func describe(name string, err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err
	}
	if name == "" {
		name = `""`
	}
	return fmt.Errorf("%s: %w", name, err)
}
