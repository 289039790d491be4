//go:build unix

package fd

import (
	"errors"
	"strings"
	"syscall"
	"testing"
)

// TestLockError: a file system without locks is named as the cause, and what to do.
func TestLockError(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{syscall.ENOLCK, syscall.EOPNOTSUPP, syscall.ENOSYS, syscall.EINVAL, errors.ErrUnsupported} {
		err := lockError(cause)
		if !errors.Is(err, cause) || err.Error() != "its file system cannot lock files ("+cause.Error()+"); use a file on a local disk" {
			t.Errorf("%v: %v", cause, err)
		}
	}
	for _, cause := range []error{nil, syscall.EIO, syscall.EBADF} {
		err := lockError(cause)
		if err != cause || err != nil && strings.Contains(err.Error(), "local") {
			t.Errorf("%v: %v", cause, err)
		}
	}
}
