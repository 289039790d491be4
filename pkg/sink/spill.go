package sink

import (
	"bufio"
	"io"
	"os"
)

// Spill is a temporary file that is written once and then read once. It has no
// name: it is gone when the process ends, however it ends. Its place is the
// folder TMPDIR, or the system's own.
type Spill struct {
	f   *os.File
	buf *bufio.Writer
}

// spillName is what errors call it.
const spillName = "temporary file (TMPDIR says where)"

// NewSpill is an empty one.
func NewSpill() (*Spill, error) {
	f, err := os.CreateTemp("", "weir-")
	if err != nil {
		return nil, describe(spillName, err)
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close() // nothing is in it
		return nil, describe(spillName, err)
	}
	return &Spill{f: f, buf: bufio.NewWriterSize(port{spillName, f}, bufferSize)}, nil
}

// Write appends p.
func (s *Spill) Write(p []byte) (int, error) { return s.buf.Write(p) }

// Reader ends the writing and reads from the beginning.
func (s *Spill) Reader() (io.Reader, error) {
	if err := s.buf.Flush(); err != nil {
		return nil, err
	}
	if _, err := s.f.Seek(0, io.SeekStart); err != nil {
		return nil, describe(spillName, err)
	}
	return s.f, nil
}

// Close gives the file's room back.
func (s *Spill) Close() error { return describe(spillName, s.f.Close()) }
