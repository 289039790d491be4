package sink

import (
	"bufio"
	"io"
	"os"
	"runtime"
)

// Spill is a temporary file that is written once and then read once. It is in $TMPDIR, or in
// the system's directory for temporary files. Its name is removed as soon as it is open, so
// the space is freed when the process ends, however it ends. One goroutine uses it.
type Spill struct {
	f   *os.File
	buf *bufio.Writer
}

// spillName returns the name of the file in errors: its directory, and what sets that.
func spillName() string {
	variable := "TMPDIR"
	if runtime.GOOS == "windows" {
		variable = "TMP"
	}
	return "temporary file in " + os.TempDir() + " (" + variable + " sets the directory)"
}

// NewSpill creates an empty temporary file.
func NewSpill() (*Spill, error) {
	f, err := os.CreateTemp("", "weir-")
	if err != nil {
		return nil, describe(spillName(), err)
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close() // nothing has been written
		return nil, describe(spillName(), err)
	}
	return &Spill{f: f, buf: bufio.NewWriterSize(&fdWriter{name: spillName(), f: f}, bufferSize)}, nil
}

// Write appends p. After an error every later Write, and Reader, returns it.
func (s *Spill) Write(p []byte) (int, error) { return s.buf.Write(p) }

// Reader ends the writing and returns a reader of everything that was written, from the
// beginning. It is valid until Close. An error of an earlier Write is returned here too.
func (s *Spill) Reader() (io.Reader, error) {
	if err := s.buf.Flush(); err != nil {
		return nil, err
	}
	_, err := s.f.Seek(0, io.SeekStart)
	if err != nil {
		return nil, describe(spillName(), err)
	}
	return s.f, nil
}

// Close frees the file's space.
func (s *Spill) Close() error { return describe(spillName(), s.f.Close()) }
