package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestLockFails: a state whose lock file cannot be locked is not used, and the error is not that
// another run uses it. It names the lock file, which stays closed.
func TestLockFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	failure := errors.New("no locks available")
	var locked *os.File
	lock, err := acquire(path, func(f *os.File) (bool, error) { locked = f; return false, failure })
	if lock != nil || !errors.Is(err, failure) || errors.Is(err, ErrInUse) || err.Error() != path+".lock: no locks available" {
		t.Errorf("%v, %v", lock, err)
	}
	_, err = locked.Stat()
	if !errors.Is(err, os.ErrClosed) {
		t.Errorf("the lock file is open: %v", err)
	}
	lock, err = Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	lock.Release()
}
