//go:build !linux

package fd

import "syscall"

// LimitUnsent does nothing.
func LimitUnsent(syscall.Conn, int) {}

// RestrictSocket does nothing.
func RestrictSocket(uintptr) {}

// Unaccepted returns ok false: it is not known.
func Unaccepted(syscall.Conn) (n int, ok bool) { return 0, false }
