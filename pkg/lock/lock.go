// Package lock makes sure that one process at a time uses a file: a state or a store.
// Packages checkpoint and status import it. It is the only one that imports gofrs/flock.
package lock

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/gofrs/flock"
)

// Lock is the right of this process to use what a lock file stands for.
type Lock struct{ flock *flock.Flock }

// Take locks a file for this process, by flock(2) where there is that. It creates the file,
// which stays there: a process that waits to open it could else have one that has no name any
// more. It never waits: ok is false if another process, or another Lock of this one, has the
// lock. The system frees the lock when the process ends, however that is.
//
// The error does not name the file.
func Take(name string) (l *Lock, ok bool, err error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return nil, false, errors.New("is not a regular file") // to open a FIFO would wait
	}
	f := flock.New(name)
	ok, err = f.TryLock()
	if err != nil {
		return nil, false, explain(err)
	}
	if !ok {
		return nil, false, nil
	}
	return &Lock{f}, true, nil
}

// explain adds what to do to an error of locking a file that its file system is the cause of:
// it has no locks, as some network file systems, or none are left (ENOLCK; NFS without its
// lock service). Of any other error, it returns the cause.
func explain(err error) error {
	if errors.Is(err, errNoLocks) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("its file system cannot lock files (%w); use a file on a local disk", err)
	}
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// Release frees the lock. A nil Lock is none.
func (l *Lock) Release() {
	if l != nil {
		_ = l.flock.Close() // the end of the process frees it, too
	}
}
