//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package fd

import (
	"errors"
	"os"
)

// Lock returns an error that wraps errors.ErrUnsupported.
func Lock(*os.File) (ok bool, err error) { return false, lockError(errors.ErrUnsupported) }
