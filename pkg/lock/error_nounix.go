//go:build !unix

package lock

import "errors"

var errNoLocks = errors.ErrUnsupported
