package source

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/klauspost/compress/zstd"

	"weir/pkg/fd"
)

// Input is one input as plain bytes. One goroutine reads it; only its Stop may be called from others.
type Input struct {
	name    string
	raw     raw
	owned   bool // close the descriptor
	regular bool
	start   int64 // where reading began: standard input may have been read before
	size    int64
	format  format
	src     io.Reader // nil until the first bytes have told the format
	err     error     // what Read says from now on
	release func()    // the decompressor's
}

func newInput(name string, f *os.File, owned bool) (*Input, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, describe(name, err)
	}
	if info.IsDir() {
		if name == "-" {
			return nil, errors.New("-: standard input is a directory")
		}
		return nil, fmt.Errorf("%s: is a directory; name the files in it", name)
	}
	in := &Input{name: name, owned: owned, raw: raw{f: f}, regular: info.Mode().IsRegular()}
	// The kernel's own live files (trace_pipe) call themselves regular, and empty: asking poll(2) costs them nothing.
	in.raw.waits = !in.regular || info.Size() == 0
	if in.regular {
		if in.start, err = f.Seek(0, io.SeekCurrent); err != nil {
			return nil, describe(name, err)
		}
		in.size = max(0, info.Size()-in.start)
	} else {
		fd.GrowPipe(f, pipeSize)
	}
	return in, nil
}

// Name is the name the input was given by, "-" for standard input.
func (in *Input) Name() string { return in.name }

// Regular reports whether the input is a regular file, so that it has a size and can be read again.
func (in *Input) Regular() bool { return in.regular }

// Size is the number of raw bytes, compressed ones if they are, that a regular file had to read when it was opened.
func (in *Input) Size() (n int64, ok bool) { return in.size, in.regular }

// Offset is the number of raw bytes read so far; of a file that did not change meanwhile it ends at Size.
func (in *Input) Offset() int64 { return in.raw.off }

// Read gives plain bytes, as many as are there without waiting, at least one, and the error only when there are none
// left: io.EOF at the end, ErrStopped as it is, and any other, damaged or truncated compression among them, with the
// input's name. The same error comes again on every later call.
func (in *Input) Read(p []byte) (int, error) {
	if in.err == nil && in.raw.opt.Stop.Stopped() {
		in.err = ErrStopped
	}
	if in.err != nil || len(p) == 0 {
		return 0, in.err
	}
	var n int
	var err error
	if in.src == nil {
		n, err = in.begin(p)
	} else {
		n, err = in.src.Read(p)
	}
	if err != nil {
		in.err = in.describe(err)
	}
	if n > 0 {
		return n, nil
	}
	return 0, in.err
}

// begin reads the first bytes, into p where they can stay if they are plain, and chooses by them.
func (in *Input) begin(p []byte) (n int, err error) {
	head := p
	if len(p) < magicLen {
		head = make([]byte, magicLen)
	}
	for sure := false; !sure && err == nil; {
		var k int
		k, err = in.raw.Read(head[n:])
		n += k
		in.format, sure = sniff(head[:n])
	}
	if err != nil {
		in.format = plain
	}
	if in.format == plain && len(p) >= magicLen {
		in.src = &in.raw
		return n, err
	}
	head = append([]byte(nil), head[:n]...)
	if err := in.decode(&withHead{head, &in.raw}); err != nil {
		return 0, err
	}
	return in.src.Read(p)
}

func (in *Input) decode(r io.Reader) error {
	switch in.format {
	case gzipped:
		in.src = newGunzip(bufio.NewReaderSize(r, rawBuffer))
	case zstded:
		// Concurrency 1: no goroutine reads ahead of what is asked, so Idle stays exact.
		d, err := zstd.NewReader(bufio.NewReaderSize(r, rawBuffer), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return err
		}
		in.src, in.release = d, d.Close
	default:
		in.src = r
	}
	return nil
}

// told is what Read says of err, which ended the reading.
func (in *Input) describe(err error) error {
	if raw := in.raw.err; raw != nil && raw != io.EOF {
		err = raw // however the decompressor put it
	}
	switch {
	case err == io.EOF || err == ErrStopped:
		return err
	case in.format == plain || err == in.raw.err:
		return describe(in.name, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: truncated: the %s data stop in the middle (%w)", in.name, in.format, err)
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Errorf("%s: needs a zstd window over %d MiB; decompress it with zstd -dc --long=31 (%w)", in.name, maxWindow>>20, err)
	}
	return fmt.Errorf("%s: damaged %s data: %w", in.name, in.format, err)
}

// Tee makes to see the bytes as they lie in the input, compressed ones if they are, as soon as they have been read and
// before anything is made of them. They are valid until it returns. It is called within Read and Drain, before which Tee
// must be.
func (in *Input) Tee(to func(p []byte)) { in.raw.tee = to }

// Drain reads on for the tee alone, after an error of Read that ended it: to the end of the input, or, if it has been
// stopped or is while it drains, for patience from then on and no longer. The error is one of reading.
func (in *Input) Drain(patience time.Duration) error {
	if err := in.raw.drain(patience); err != nil {
		return describe(in.name, err)
	}
	return nil
}

// Rewind begins again at the first byte; only a regular file can. What is read the second time may be more, if the file
// has grown.
func (in *Input) Rewind() error {
	if !in.regular {
		return fmt.Errorf("%s: cannot be read again", in.name)
	}
	if _, err := in.raw.f.Seek(in.start, io.SeekStart); err != nil {
		return describe(in.name, err)
	}
	in.drop()
	in.raw.off, in.raw.err, in.src, in.err = 0, nil, nil, nil
	return nil
}

// Close ends the input. Standard input's descriptor stays open.
func (in *Input) Close() error {
	in.drop()
	in.err = describe(in.name, os.ErrClosed)
	if !in.owned {
		return nil
	}
	if err := in.raw.f.Close(); err != nil {
		return describe(in.name, err)
	}
	return nil
}

func (in *Input) drop() {
	if in.release != nil {
		in.release()
		in.release = nil
	}
}
