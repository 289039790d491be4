package fd

import (
	"errors"
	"fmt"
	"syscall"
)

// lockError adds what to do to an error of locking a file that its file system is the cause of:
// it has no locks, as some network file systems, or none are left (ENOLCK; NFS without its
// lock service). It returns any other error, and nil, as it is.
func lockError(err error) error {
	if errors.Is(err, errNoLocks) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("its file system cannot lock files (%w); use a file on a local disk", err)
	}
	return err
}
