package lock

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestTake: of two, one has the lock, until it is released. That the other one was refused
// does not end it.
func TestTake(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "lock")
	first, ok, err := Take(name)
	if !ok || err != nil {
		t.Fatalf("a free lock was not taken: %v", err)
	}
	for range 2 {
		second, ok, err := Take(name)
		if ok || err != nil || second != nil {
			t.Errorf("two have the lock: %v", err)
		}
	}
	first.Release()
	third, ok, err := Take(name)
	if !ok || err != nil {
		t.Errorf("the lock was not released: %v", err)
	}
	third.Release()
	(*Lock)(nil).Release()
}

// TestTakeErrors: what cannot be a lock file is an error, and not a lock of another process.
func TestTakeErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, ok, err := Take(filepath.Join(dir, "missing", "lock"))
	if ok || !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), dir) {
		t.Errorf("no directory: %v, %v", ok, err)
	}
	_, ok, err = Take(os.DevNull)
	if ok || err == nil || err.Error() != "is not a regular file" {
		t.Errorf("a device: %v, %v", ok, err)
	}
}

// TestExplain: a file system without locks is named as the cause, and what to do.
func TestExplain(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{errNoLocks, syscall.EINVAL, errors.ErrUnsupported} {
		err := explain(&os.PathError{Op: "flock", Path: "x", Err: cause})
		if !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), "its file system cannot lock files (") || !strings.HasSuffix(err.Error(), "); use a file on a local disk") {
			t.Errorf("%v: %v", cause, err)
		}
	}
	for _, cause := range []error{syscall.EIO, syscall.ENOTDIR, syscall.EACCES} {
		err := explain(&os.PathError{Op: "open", Path: "x", Err: cause})
		if err != cause {
			t.Errorf("%v: %v", cause, err)
		}
	}
}
