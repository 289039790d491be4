// Package fd says what the kernel says of a descriptor: is it a terminal and how wide, is it a regular file, is there
// something to read, and how large is its pipe. It also reads and writes a descriptor by one plain system call each,
// past the runtime's poller, so that the one who waits is always [Wait] or [WaitWrite] and never a parked goroutine
// that nobody can wake.
//
// It is the only package that knows golang.org/x/sys and golang.org/x/term. Every package above it may lean on it; it
// leans on none. None of its functions changes the blocking mode of a descriptor that others may share (which
// os.File.Fd may do), but for [Block], which says so.
package fd

import (
	"os"

	"golang.org/x/term"
)

// Terminal reports whether f is a terminal.
func Terminal(f *os.File) bool {
	is := false
	err := control(f, func(n uintptr) { is = term.IsTerminal(int(n)) })
	return err == nil && is
}

// Width returns the number of columns of the terminal f; ok is false if f is no terminal or does not know its width.
func Width(f *os.File) (cols int, ok bool) {
	var failed error
	err := control(f, func(n uintptr) { cols, _, failed = term.GetSize(int(n)) })
	if err != nil || failed != nil || cols <= 0 {
		return 0, false
	}
	return cols, true
}

// Regular reports whether f is a regular file: one with an end, in which positions can be chosen.
func Regular(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// control calls do with f's descriptor, which stays open until do returns.
func control(f *os.File, do func(n uintptr)) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	return conn.Control(do)
}
