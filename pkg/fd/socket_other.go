//go:build !linux

package fd

import "syscall"

// LimitUnsent does nothing.
func LimitUnsent(syscall.Conn, int) {}

// Unaccepted returns ok false: it is not known.
func Unaccepted(syscall.Conn) (n int, ok bool) { return 0, false }
