package checkpoint

import (
	"errors"
	"os"

	"github.com/gofrs/flock"
)

// ErrInUse is the error of a state that another process has locked.
var ErrInUse = errors.New("another run is using this state")

// Lock is the right to use a state.
type Lock struct{ lock *flock.Flock }

// Acquire locks the state file path for this process, by a lock of flock(2) on path.lock,
// which it creates and which stays there. It never waits: the error is ErrInUse if another
// process has the lock. The kernel frees the lock when the process ends, however that is.
//
// Why another file: the state file is replaced by a rename, and a lock on it would stay with
// the old file.
func Acquire(path string) (*Lock, error) {
	name := path + ".lock"
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return nil, describe(name, errors.New("is not a regular file")) // opening a FIFO would wait
	}
	lock := flock.New(name)
	locked, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, describe(name, err)
	case !locked:
		return nil, describe(path, ErrInUse)
	}
	return &Lock{lock}, nil
}

// Release frees the lock. A nil Lock is none.
func (l *Lock) Release() {
	if l != nil {
		_ = l.lock.Close() // the end of the process frees it, too
	}
}
