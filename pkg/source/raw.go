package source

import (
	"io"
	"os"
	"syscall"
	"time"

	"weir/pkg/fd"
)

// raw is an input's descriptor: the only place that waits.
type raw struct {
	f     *os.File
	opt   Options
	waits bool  // a read may have to wait
	off   int64 // bytes read so far
	tee   func([]byte)
	err   error // what ended the reading, for good; decompressors do not all hand errors on as they were
}

// Read asks before it reads: ready at once, else Idle, and wait.
func (r *raw) Read(p []byte) (int, error) {
	for r.err == nil {
		if r.opt.Stop.Stopped() {
			r.err = ErrStopped
			break
		}
		if r.waits {
			if r.err = r.wait(); r.err != nil {
				break
			}
		}
		n, err := fd.Read(r.f, p)
		if err == syscall.EAGAIN {
			// Another reader was faster, or somebody has made the descriptor non-blocking: what poll said is no longer so.
			continue
		}
		r.took(p[:max(n, 0)])
		r.err = err
		if n > 0 || err == nil {
			return n, nil
		}
	}
	return 0, r.err
}

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

// took is what has been read: it is handed on before anybody looks at it.
func (r *raw) took(p []byte) {
	r.off += int64(len(p))
	if r.tee != nil && len(p) > 0 {
		r.tee(p)
	}
}

// drain reads what is left, for the tee: to the end, or from when it is stopped
// for patience at most.
func (r *raw) drain(patience time.Duration) error {
	buf := make([]byte, rawBuffer)
	for r.err == nil {
		if _, err := r.Read(buf); err != nil {
			break
		}
	}
	for end := time.Now().Add(patience); r.err == ErrStopped; {
		left := time.Until(end)
		if left <= 0 {
			return nil
		}
		if r.waits {
			if ready, _, err := fd.Wait(r.f, nil, left); err != nil || !ready {
				return err
			}
		}
		n, err := fd.Read(r.f, buf)
		if err == syscall.EAGAIN {
			continue
		}
		r.took(buf[:max(n, 0)])
		if err != nil {
			r.err = err
		}
	}
	if r.err == io.EOF {
		return nil
	}
	return r.err
}
