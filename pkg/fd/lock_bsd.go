//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package fd

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lock takes the exclusive lock of f (flock(2)) without waiting, and reports whether it
// got it: false means that another open file has it, in this process or another. The
// lock ends when f is closed, or with the process, however that ends.
func Lock(f *os.File) (ok bool, err error) {
	var failed error
	err = control(f, func(n uintptr) {
		for {
			failed = unix.Flock(int(n), unix.LOCK_EX|unix.LOCK_NB)
			if failed != unix.EINTR {
				return
			}
		}
	})
	if err == nil && errors.Is(failed, unix.EWOULDBLOCK) {
		return false, nil
	}
	err = lockError(errors.Join(err, failed))
	return err == nil, err
}
