package state

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// lineReader reads lines, and sums them up for the checksum. Its memory is that of the longest
// line and a buffer.
type lineReader struct {
	src    io.Reader
	buf    []byte // Not empty; it grows for a line that is longer.
	line   []byte // The last line, with its line break.
	rest   int    // The index of the first byte of buf after it.
	to     int    // The index of the first byte of buf that has not been read.
	failed error  // What has ended src.
	sum    uint32 // The checksum of the lines before it,
	lines  int64  // and their number.
}

// newBuffer returns a buffer for a state of size bytes, which is not empty.
func newBuffer(size int64) []byte { return make([]byte, max(maxEnd+1, min(size, 64<<10))) }

// next returns the next line without its line break. It is valid until the next call. The
// error is io.EOF at the end, that of src, or says that the last line has no line break.
func (l *lineReader) next() ([]byte, error) {
	if l.line != nil {
		l.sum = crc32.Update(l.sum, castagnoli, l.line)
		l.lines++
		l.line = nil
	}
	for searched := 0; ; {
		text := l.buf[l.rest:l.to]
		n := bytes.IndexByte(text[searched:], '\n')
		if n >= 0 {
			l.line = text[:searched+n+1]
			l.rest += len(l.line)
			return l.line[:len(l.line)-1], nil
		}
		searched = len(text)
		if l.failed != nil {
			if l.failed == io.EOF && searched > 0 {
				return nil, fmt.Errorf("%w: its end is missing", ErrDamaged)
			}
			return nil, l.failed
		}
		l.fill()
	}
}

// fill reads more, after what there is of a line.
func (l *lineReader) fill() {
	l.to = copy(l.buf, l.buf[l.rest:l.to])
	l.rest = 0
	if l.to == len(l.buf) {
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	n, err := l.src.Read(l.buf[l.to:])
	l.to += n
	l.failed = err
}

// start is what each state begins with.
const start = `{"weir":"state"`

// errNoState is the error of a file that never was a state, unless its first bytes were changed.
var errNoState = fmt.Errorf("%w: it does not begin as a state does", ErrDamaged)

// checkStart returns an error if a file of size bytes is empty, or does not begin as a state does.
func checkStart(f io.ReaderAt, size int64) error {
	if size == 0 {
		return fmt.Errorf("%w: it is empty", ErrDamaged)
	}
	var head [len(start)]byte
	n, err := f.ReadAt(head[:], 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case string(head[:n]) != start[:n]:
		return errNoState
	}
	return nil
}

// verify reads a state of size bytes, and returns an error if it is not what a Writer has
// written: its last line must fit all before it. Requires that buf is not empty.
func verify(f io.ReaderAt, size int64, buf []byte) error {
	tail := buf[:min(size, maxEnd+1)]
	_, err := io.ReadFull(io.NewSectionReader(f, size-int64(len(tail)), int64(len(tail))), tail)
	if len(tail) > 0 && err != nil {
		return err
	}
	if len(tail) == 0 || tail[len(tail)-1] != '\n' {
		return fmt.Errorf("%w: its end is missing", ErrDamaged)
	}
	last := bytes.Clone(tail[bytes.LastIndexByte(tail[:len(tail)-1], '\n')+1:])
	var sum uint32
	var lines int64
	body := io.NewSectionReader(f, 0, size-int64(len(last)))
	for {
		n, err := body.Read(buf)
		sum = crc32.Update(sum, castagnoli, buf[:n])
		lines += int64(bytes.Count(buf[:n], []byte{'\n'}))
		if errors.Is(err, io.EOF) {
			return checkEnd(last, lines, sum)
		}
		if err != nil {
			return err
		}
	}
}

// maxEnd is a length that no last line exceeds.
const maxEnd = 100

// checkEnd returns an error if the last line of a state, with its line break, is not right.
func checkEnd(last []byte, lines int64, sum uint32) error {
	switch {
	case bytes.Equal(last, appendEnd(nil, lines, sum)):
		return nil
	case !bytes.HasPrefix(last, []byte(`{"kind":"end"`)):
		return fmt.Errorf("%w: its end is missing", ErrDamaged)
	}
	return fmt.Errorf("%w: its checksum is wrong", ErrDamaged)
}
