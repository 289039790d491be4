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

// Input is one input. Read returns its plain bytes. All methods are for one goroutine at a
// time; to end a Read from another one, use Stop.
type Input struct {
	name    string
	raw     raw
	owned   bool        // Close closes the descriptor; false for standard input
	closed  bool        // the descriptor is closed: by Close, or parked
	parked  bool        // only until Rewind opens it again
	info    os.FileInfo // of the input when it was opened
	files   *Files      // which limits how many are open; nil for other inputs than regular files
	start   int64       // offset at which reading begins: standard input may have been read before
	skip    int64       // plain bytes that are read and not returned: see SkipTo
	size    int64       // see Size
	format  format
	foreign Foreign   // what the first plain bytes say; set by the first Read that returns any
	src     io.Reader // where Read reads: raw or a decompressor; nil until the format is known
	begun   bool      // Read has returned bytes
	resumed bool      // the first bytes are not those of the file: they do not show its format
	err     error     // what Read returns from now on
	release func()    // frees the decompressor; may be nil
}

// newInput returns an input that reads f. owned says whether Close closes f.
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
	in := &Input{name: name, owned: owned, raw: raw{f: f}, info: info}
	// Some of the kernel's own files (trace_pipe) block although they claim to be regular and
	// empty. Polling an empty regular file costs nothing.
	in.raw.mayBlock = !in.Regular() || info.Size() == 0
	if in.Regular() {
		in.start, err = f.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, describe(name, err)
		}
		in.size = max(0, info.Size()-in.start)
	} else {
		fd.GrowPipe(f, pipeSize)
	}
	return in, nil
}

// Name returns the name as it was given to Open; "-" is standard input.
func (in *Input) Name() string { return in.name }

// Foreign returns the format that the first bytes have been recognised as. It is for use after
// the first Read, and does not change after it.
func (in *Input) Foreign() Foreign { return in.foreign }

// Regular reports whether the input is a regular file, which has a size and can be rewound.
func (in *Input) Regular() bool { return in.info.Mode().IsRegular() }

// Size returns how many bytes a regular file had to be read when it was opened, before
// decompression. ok is false for other inputs.
func (in *Input) Size() (n int64, ok bool) { return in.size, in.Regular() }

// Offset returns how many bytes have been read so far, before decompression. At the end of
// a file that has not changed it equals Size.
func (in *Input) Offset() int64 { return in.raw.off }

// Read implements io.Reader. It returns the plain bytes that are available, and waits only if
// there are none: see the package comment for what happens then. It returns either bytes
// or an error, never both.
//
// The error is io.EOF at the end of the input, ErrStopped after Stop, or else an error
// that begins with the input's name; damaged and truncated compressed data are among these,
// and a regular file that was truncated while it was read.
// Every later call returns the same error.
func (in *Input) Read(p []byte) (int, error) {
	if in.err == nil && in.raw.opt.Stop.Stopped() {
		in.err = ErrStopped
	}
	if in.err != nil || len(p) == 0 {
		return 0, in.err
	}
	var n int
	var err error
	begun := in.begun
	if in.src == nil {
		n, err = in.begin(p)
	} else {
		n, err = in.src.Read(p)
	}
	if !begun && n > 0 {
		in.begun = true
		if !in.resumed && in.skip == 0 {
			in.foreign = recognize(p[:n], in.format)
		}
		if in.foreign.binary() {
			n, err = 0, &ForeignError{in.name, in.foreign}
		}
	}
	if err != nil {
		in.err = in.describe(err)
	}
	if n > 0 {
		return n, nil
	}
	return 0, in.err
}

// begin reads the first bytes, detects the format by them, and sets in.src. If the input is
// plain, these bytes are already in p, and begin returns their number; otherwise it returns
// the first decompressed bytes.
func (in *Input) begin(p []byte) (n int, err error) {
	head := p
	if len(p) < magicLen {
		head = make([]byte, magicLen)
	}
	for sure := false; !sure && err == nil; {
		var k int
		k, err = in.raw.Read(head[n:])
		n += k
		in.format, sure = detectFormat(head[:n])
	}
	if err != nil || in.resumed {
		in.format = formatPlain
	}
	if in.format == formatPlain && len(p) >= magicLen {
		in.src = &in.raw
		return n, err
	}
	head = append([]byte(nil), head[:n]...)
	if err := in.decode(&withHead{head, &in.raw}); err != nil {
		return 0, err
	}
	return in.src.Read(p)
}

// decode sets in.src to a decompressor, or for plain input to r itself.
func (in *Input) decode(r io.Reader) error {
	switch in.format {
	case formatGzip:
		in.src = newGunzip(bufio.NewReaderSize(r, rawBuffer))
	case formatZstd:
		// With concurrency 1 there is no goroutine that reads ahead. So everything decoded has been
		// returned when Idle is called.
		d, err := zstd.NewReader(bufio.NewReaderSize(r, rawBuffer), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return err
		}
		in.src, in.release = d, d.Close
	default:
		in.src = r
	}
	if in.skip > 0 {
		in.src = &skipper{in.src, in.skip}
	}
	return nil
}

// SkipTo makes Read begin at an offset of the plain bytes, also after Rewind. It must be
// called before the first Read, and the input must be a regular file. Of a compressed file
// the bytes before it have to be decompressed. It is an error if a plain file is shorter.
func (in *Input) SkipTo(offset int64) error {
	head := make([]byte, magicLen)
	n, err := in.raw.f.ReadAt(head, in.start)
	if err != nil && err != io.EOF {
		return describe(in.name, err)
	}
	format, _ := detectFormat(head[:n])
	if format != formatPlain {
		in.skip = offset
		return nil
	}
	if offset > in.size {
		return fmt.Errorf("%s: has shrunk to %d bytes", in.name, in.size)
	}
	in.start += offset
	in.size -= offset
	in.resumed = offset > 0
	_, err = in.raw.f.Seek(in.start, io.SeekStart)
	if err != nil {
		return describe(in.name, err)
	}
	return nil
}

// errSkipped is the error of a compressed file that ends before the offset of SkipTo.
var errSkipped = errors.New("has less data than an earlier run has read")

// skipper is a reader without its first bytes. It is an error if it has fewer.
type skipper struct {
	r    io.Reader
	left int64
}

func (s *skipper) Read(p []byte) (int, error) {
	if s.left > 0 {
		n, err := io.CopyN(io.Discard, s.r, s.left)
		s.left -= n
		if err == io.EOF {
			return 0, errSkipped
		}
		if err != nil {
			return 0, err
		}
	}
	return s.r.Read(p)
}

// ReadAt implements io.ReaderAt, for the bytes of a regular file as they are on the disk.
func (in *Input) ReadAt(p []byte, offset int64) (int, error) { return in.raw.f.ReadAt(p, offset) }

// Stat describes the file as it is now.
func (in *Input) Stat() (os.FileInfo, error) {
	info, err := in.raw.f.Stat()
	if err != nil {
		return nil, describe(in.name, err)
	}
	return info, nil
}

// describe returns the error that Read reports for err, which ended the reading.
func (in *Input) describe(err error) error {
	raw := in.raw.err
	if raw == io.EOF {
		raw = in.shrunk()
	}
	if raw != nil {
		err = raw // which the decompressor may have wrapped or replaced
	}
	switch {
	case err == io.EOF || err == ErrStopped:
		return err
	case errors.As(err, new(*ForeignError)):
		return err
	case in.format == formatPlain || err == raw || err == errSkipped:
		return describe(in.name, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &truncatedError{in.name, in.format}
	case err == errTrailingData || errors.Is(err, zstd.ErrMagicMismatch): // the first magic number was one, or the input were plain
		return fmt.Errorf("%s: data after the end of the %s stream", in.name, in.format)
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Errorf("%s: needs a zstd window larger than %d MiB; decompress it with zstd -dc --long=31 (%w)", in.name, maxWindow>>20, err)
	}
	return fmt.Errorf("%s: damaged %s data: %w", in.name, in.format, err)
}

// truncatedError is io.ErrUnexpectedEOF in words for the user.
type truncatedError struct {
	name   string
	format format
}

func (e *truncatedError) Error() string {
	if e.format == formatZstd {
		// The decoder returns the same error for a few bytes after the last frame.
		return e.name + ": truncated: the zstd data are incomplete, or other data follow them"
	}
	return fmt.Sprintf("%s: truncated: the %s data are incomplete", e.name, e.format)
}

// Unwrap makes errors.Is find io.ErrUnexpectedEOF.
func (e *truncatedError) Unwrap() error { return io.ErrUnexpectedEOF }

// Tee makes Read and Drain call f with all bytes of the input, before decompression, as soon
// as they have been read. p is valid until f returns. Tee must be called before the first
// Read.
func (in *Input) Tee(f func(p []byte)) { in.raw.tee = f }

// OnIdle makes Read call f in place of Options.Idle, for a caller that flushes its own
// output. Requires: it is called before the first Read.
func (in *Input) OnIdle(f func() time.Duration) { in.raw.opt.Idle = f }

// Drain reads the rest of the input, for the tee alone. It is for use after Read has returned
// an error. It returns at the end of the input, or, if the input has been stopped or is
// stopped meanwhile, after at most limit. The error is one of reading.
func (in *Input) Drain(limit time.Duration) error {
	if err := in.raw.drain(limit); err != nil {
		return describe(in.name, err)
	}
	return nil
}

// Rewind makes Read begin at the first byte again. It is an error if the input is not a
// regular file. If the file has grown, more will be read than before.
func (in *Input) Rewind() error {
	if !in.Regular() {
		return fmt.Errorf("%s: cannot be read a second time", in.name)
	}
	if in.parked {
		if err := in.unpark(); err != nil {
			return err
		}
	}
	_, err := in.raw.f.Seek(in.start, io.SeekStart)
	if err != nil {
		return describe(in.name, err)
	}
	in.releaseDecoder()
	in.raw.off, in.raw.err, in.src, in.err = 0, nil, nil, nil
	return nil
}

// park closes the descriptor until Rewind, if it is open. Requires a regular file.
func (in *Input) park() {
	if in.closed {
		return
	}
	in.releaseDecoder()
	in.closed, in.parked = true, true
	in.err = describe(in.name, os.ErrClosed)
	_ = in.raw.f.Close() // it was only read
}

// unpark opens the file again. It is an error if its name now stands for another file.
func (in *Input) unpark() error {
	f, err := fd.Open(in.name)
	if err != nil {
		return describe(in.name, err)
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(info, in.info) {
		err = errors.New("was replaced by another file after it had been read for the first time")
	}
	if err != nil {
		_ = f.Close() // nothing was read
		return describe(in.name, err)
	}
	in.raw.f, in.closed, in.parked = f, false, false
	in.files.keep(in)
	return nil
}

// Close closes the input. The descriptor of standard input stays open.
func (in *Input) Close() error {
	in.releaseDecoder()
	in.err = describe(in.name, os.ErrClosed)
	if !in.owned || in.parked {
		return nil
	}
	in.closed = true
	if err := in.raw.f.Close(); err != nil {
		return describe(in.name, err)
	}
	return nil
}

// releaseDecoder frees the decompressor, if there is one.
func (in *Input) releaseDecoder() {
	if in.release != nil {
		in.release()
		in.release = nil
	}
}
