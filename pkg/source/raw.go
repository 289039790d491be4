package source

import (
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
		r.off += int64(n)
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
