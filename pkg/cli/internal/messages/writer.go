package messages

import (
	"io"
	"sync/atomic"
	"time"
)

// writer is standard error. It knows for how long a write to it is blocked. Several goroutines may
// use it.
type writer struct {
	to    io.Writer
	began atomic.Pointer[time.Time] // of the write in progress; nil: there is none
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	now := time.Now()
	w.began.Store(&now)
	defer w.began.Store(nil)
	return w.to.Write(p)
}

// Blocked returns for how long a write of a message has been in progress; 0 if none is. Of several,
// that is the one that began last. Any goroutine may call it.
func (r *Reporter) Blocked() time.Duration {
	began := r.out.began.Load()
	if began == nil {
		return 0
	}
	return time.Since(*began)
}
