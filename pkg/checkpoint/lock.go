package checkpoint

import (
	"errors"
	"os"

	"weir/pkg/fd"
)

// ErrInUse is the error of a state that another process has locked.
var ErrInUse = errors.New("another run is using this state")

// Lock is the right to use a state.
type Lock struct{ file *os.File }

// Acquire locks the state file path for this process, by the lock of the file path.lock,
// which it creates and which stays there. It never waits: the error is ErrInUse if another
// process has the lock. The kernel frees the lock when the process ends, however that is.
//
// Why another file: the state file is replaced by a rename, and a lock on it would stay with
// the old file.
func Acquire(path string) (*Lock, error) { return acquire(path, fd.Lock) }

// acquire is Acquire with the function that locks an open file.
func acquire(path string, lock func(*os.File) (bool, error)) (*Lock, error) {
	name := path + ".lock"
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return nil, describe(name, errors.New("is not a regular file")) // opening a FIFO would wait
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, describe(name, err)
	}
	ok, err := lock(f)
	if ok && err == nil {
		return &Lock{f}, nil
	}
	_ = f.Close() // nothing was written
	if err != nil {
		return nil, describe(name, err)
	}
	return nil, describe(path, ErrInUse)
}

// Release frees the lock. A nil Lock is none.
func (l *Lock) Release() {
	if l != nil {
		_ = l.file.Close() // the end of the process frees it, too
	}
}
