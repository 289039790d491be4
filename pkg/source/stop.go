package source

import (
	"errors"
	"os"
	"sync/atomic"
)

// ErrStopped is returned by Read, without a file name, once the input's [Stop] has been
// called.
var ErrStopped = errors.New("stopped")

// Stop ends reading from another goroutine, for example one that handles signals. Its
// methods may be called by any goroutine. A nil *Stop is never called and can be given to
// inputs.
//
// It holds a pipe, as poll(2) can wait for a descriptor but not for a Go channel. Nothing is
// written to it; closing wakeWriter makes wakeReader ready, with an end of file, for
// every poll from then on.
type Stop struct {
	stopped    atomic.Bool
	wakeReader *os.File
	wakeWriter *os.File
}

// NewStop returns a Stop. It fails if the process has no descriptors left.
func NewStop() (*Stop, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &Stop{wakeReader: r, wakeWriter: w}, nil
}

// Stop makes every Read return ErrStopped, those that are waiting and all later ones. Calls
// after the first have no effect. s must not be nil.
func (s *Stop) Stop() {
	if !s.stopped.Swap(true) {
		s.wakeWriter.Close()
	}
}

// Stopped reports whether Stop has been called.
func (s *Stop) Stopped() bool { return s != nil && s.stopped.Load() }

// file returns the descriptor that becomes ready when Stop is called, or nil.
func (s *Stop) file() *os.File {
	if s == nil {
		return nil
	}
	return s.wakeReader
}
