package source

import (
	"io"
	"os"
	"syscall"
	"time"

	"weir/pkg/fd"
)

// raw reads the bytes of an input as they are in the file, compressed or not. It is the
// only place where an input waits.
type raw struct {
	f        *os.File
	opt      Options
	mayBlock bool  // a read may have to wait; otherwise it is not polled first
	off      int64 // bytes read so far
	tee      func([]byte)

	// err is what ended the reading for good. It is stored because decompressors do not
	// all return the errors of their input unchanged.
	err error
}

// Read reads once. If that would block, it first calls Idle and waits. It returns
// ErrStopped when Stop is called, also during the wait.
func (r *raw) Read(p []byte) (int, error) {
	for r.err == nil {
		if r.opt.Stop.Stopped() {
			r.err = ErrStopped
			break
		}
		if r.mayBlock {
			r.err = r.wait()
			if r.err != nil {
				break
			}
		}
		n, err := fd.Read(r.f, p)
		if err == syscall.EAGAIN {
			// The bytes that poll(2) announced are gone: another process read them first.
			continue
		}
		r.advance(p[:max(n, 0)])
		r.err = err
		if n > 0 || err == nil {
			return n, nil
		}
	}
	return 0, r.err
}

// wait returns when there is something to read. It calls Idle before it waits, and again
// whenever the time that Idle returned has passed. It returns ErrStopped if Stop is called.
func (r *raw) wait() error {
	ready, woken, err := fd.Wait(r.f, r.opt.Stop.file(), 0)
	for err == nil && !woken && !ready {
		limit := time.Duration(-1)
		if r.opt.Idle != nil {
			limit = r.opt.Idle()
		}
		ready, woken, err = fd.Wait(r.f, r.opt.Stop.file(), limit)
	}
	if woken {
		return ErrStopped
	}
	return err
}

// advance counts the bytes p that have been read, and passes them to the tee before they
// are used.
func (r *raw) advance(p []byte) {
	r.off += int64(len(p))
	if r.tee != nil && len(p) > 0 {
		r.tee(p)
	}
}

// drain reads the rest of the input, for the tee: to its end, or, once it is stopped, for
// at most limit.
func (r *raw) drain(limit time.Duration) error {
	buf := make([]byte, rawBuffer)
	for r.err == nil {
		_, err := r.Read(buf)
		if err != nil {
			break
		}
	}
	for end := time.Now().Add(limit); r.err == ErrStopped; {
		left := time.Until(end)
		if left <= 0 {
			return nil
		}
		if r.mayBlock {
			ready, _, err := fd.Wait(r.f, nil, left)
			if err != nil || !ready {
				return err
			}
		}
		n, err := fd.Read(r.f, buf)
		if err == syscall.EAGAIN {
			continue
		}
		r.advance(buf[:max(n, 0)])
		if err != nil {
			r.err = err
		}
	}
	if r.err == io.EOF {
		return nil
	}
	return r.err
}
