package checkpoint

import (
	"errors"

	"weir/pkg/lock"
)

// ErrInUse is the error of a state that another process has locked.
var ErrInUse = errors.New("another run is using this state")

// Lock is the right to use a state.
type Lock struct{ lock *lock.Lock }

// Acquire locks the state file path for this process, by the lock of the file path.lock,
// which it creates and which stays there. It never waits: the error is ErrInUse if another
// process has the lock. The system frees the lock when the process ends, however that is.
//
// Why another file: the state file is replaced by a rename, and a lock on it would stay with
// the old file.
func Acquire(path string) (*Lock, error) {
	name := path + ".lock"
	l, ok, err := lock.Take(name)
	switch {
	case err != nil:
		return nil, describe(name, err)
	case !ok:
		return nil, describe(path, ErrInUse)
	}
	return &Lock{l}, nil
}

// Release frees the lock. A nil Lock is none.
func (l *Lock) Release() {
	if l != nil {
		l.lock.Release()
	}
}
