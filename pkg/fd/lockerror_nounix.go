//go:build !unix

package fd

import "errors"

var errNoLocks = errors.ErrUnsupported
