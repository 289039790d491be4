//go:build unix

package fd

import "syscall"

const errNoLocks = syscall.ENOLCK
