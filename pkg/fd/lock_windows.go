package fd

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// Lock takes the exclusive lock of f without waiting, and reports whether it got it: false
// means that another open file has it, in this process or another. The lock ends when f
// is closed, or with the process, however that ends.
//
// It locks a byte far after the content, which others can so still read.
func Lock(f *os.File) (ok bool, err error) {
	var failed error
	err = control(f, func(n uintptr) {
		at := &windows.Overlapped{OffsetHigh: 1}
		failed = windows.LockFileEx(windows.Handle(n), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	})
	if err == nil && errors.Is(failed, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	err = lockError(errors.Join(err, failed))
	return err == nil, err
}
