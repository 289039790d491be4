package fd

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLock: of two open files, one has the lock, until it is closed. Closing another
// open file of the same name does not end it.
func TestLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	try := func() (*os.File, bool) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		ok, err := Lock(f)
		if err != nil {
			t.Fatal(err)
		}
		return f, ok
	}
	first, ok := try()
	if !ok {
		t.Error("a free lock was not got")
	}
	for range 2 {
		second, ok := try()
		if ok {
			t.Error("two have the lock")
		}
		second.Close()
	}
	first.Close()
	_, ok = try()
	if !ok {
		t.Error("the lock was not released")
	}
	_, err := Lock(first)
	if err == nil {
		t.Error("a closed file was locked")
	}
}
