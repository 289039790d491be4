package ndjson

import (
	"io"
	"time"
)

// input is the bytes of an input and the position in it.
//
// Invariant: buf[from:to] are the bytes that have been read and are not in a block yet;
// line, column and offset are the position of buf[from].
type input struct {
	in       io.Reader
	name     string
	clock    func() time.Duration // Options.Clock.
	buf      []byte
	from, to int
	line     int64         // From 1. Valid up to the first line and in arrays; other lines are counted when batches are consumed.
	column   int64         // In bytes, from 0.
	offset   int64         // In bytes of the decompressed input, from 0.
	ended    error         // The error that ended the input; once set, no more is read.
	readAt   time.Duration // What clock returned last.
}

const (
	bufferSize    = 64 << 10  // The smallest input.buf, in bytes.
	maxRead       = 256 << 10 // How many bytes of lines are read at once.
	maxIdleBuffer = 512 << 10 // A larger buffer, which a long line has needed, is given up when it has passed.
)

// reset starts a new input. Its clock and its buffer are kept.
func (in *input) reset(r io.Reader, name string) {
	in.in, in.name, in.from, in.to = r, name, 0, 0
	in.line, in.column, in.offset, in.ended = 1, 0, 0, nil
}

// fetch reads once and appends to buf[from:to]. It moves these bytes to make room,
// so indices into buf are not valid afterwards; offsets from in.from are. The error is
// the one that ended the input.
func (in *input) fetch() error {
	if in.ended != nil {
		return in.ended
	}
	if in.from > 0 {
		copy(in.buf, in.buf[in.from:in.to])
		in.from, in.to = 0, in.to-in.from
	}
	if in.to == len(in.buf) {
		in.buf = append(in.buf, make([]byte, len(in.buf))...)
	}
	n, err := in.readInto(in.buf[in.to:])
	in.to += n
	return err
}

// readInto reads once into p and returns how many bytes it got, at least one, or the
// error that ended the input. If the input returns bytes and an error, the error is
// kept for the next call, in in.ended. An input that returns neither a hundred times
// in a row has ended with io.ErrNoProgress.
func (in *input) readInto(p []byte) (int, error) {
	for range 100 {
		n, err := in.in.Read(p)
		in.ended = err
		if n > 0 {
			if in.clock != nil {
				in.readAt = in.clock()
			}
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
	in.ended = io.ErrNoProgress
	return 0, in.ended
}

// advance consumes n bytes, which must not include a line break.
func (in *input) advance(n int) {
	in.from += n
	in.column += int64(n)
	in.offset += int64(n)
}

// advanceLine consumes n bytes, the last of which is a line break and the only one.
func (in *input) advanceLine(n int) {
	in.from += n
	in.offset += int64(n)
	in.line++
	in.column = 0
}

// keepRest makes rest all that is in in.buf.
func (in *input) keepRest(rest []byte) {
	if len(in.buf) < len(rest) || len(in.buf) > maxIdleBuffer && len(rest) < bufferSize {
		in.buf = make([]byte, max(bufferSize, len(rest)+len(rest)/4))
	}
	in.from, in.to = 0, copy(in.buf, rest)
}
