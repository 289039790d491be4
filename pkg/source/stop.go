package source

import (
	"errors"
	"os"
	"sync/atomic"
)

// ErrStopped is what Read returns, bare, once its Stop has been called.
var ErrStopped = errors.New("stopped")

// Stop ends reading from outside: from a signal's goroutine, say. A nil *Stop is one that is never called.
type Stop struct {
	stopped atomic.Bool
	wake    *os.File // has an end of file, for every poll from then on, once closing is closed
	closing *os.File
}

// NewStop makes a Stop. It needs a pipe, so it can fail where descriptors have run out.
func NewStop() (*Stop, error) {
	wake, closing, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &Stop{wake: wake, closing: closing}, nil
}

// Stop makes every waiting Read, and every later one, return ErrStopped. It may be called from any goroutine, and again.
func (s *Stop) Stop() {
	if !s.stopped.Swap(true) {
		s.closing.Close()
	}
}

// Stopped reports whether Stop has been called.
func (s *Stop) Stopped() bool { return s != nil && s.stopped.Load() }

func (s *Stop) file() *os.File {
	if s == nil {
		return nil
	}
	return s.wake
}
