//go:build unix

package lock

import "syscall"

const errNoLocks = syscall.ENOLCK
