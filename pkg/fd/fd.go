// Package fd queries file descriptors: terminal, width, readiness, pipe size. It also
// reads and writes them by plain system calls.
//
// Packages source and sink use it for all input and output; cli asks it about the
// terminal. It is the only package that imports
// golang.org/x/sys/unix, golang.org/x/sys/windows and golang.org/x/term, and it imports no other package of this module.
//
//   - [Terminal], [Width] and [Regular] say what a file is. [Owner] says whose it is, and
//     [FileID] which.
//     [PerhapsClosed] says whether a standard descriptor was closed at the start.
//   - [Open] opens a file for reading, [Dup] duplicates a descriptor.
//   - [Read] and [Write] are one read(2) or write(2) each. [Wait] and [WaitWrite] wait, by
//     poll(2), until a read or write would not block.
//   - [GrowPipe] enlarges a pipe's buffer.
//   - [CreateUnnamed] creates a file that has no name until [Link] gives it one.
//     [MountPoint] says whether a file can be replaced by a rename.
//   - [SyncDir] makes names durable. [Forget] is for a file whose fsync(2) has failed.
//   - [LimitUnsent] and [Unaccepted] are about the output of a socket, [RestrictSocket] about
//     who may connect to it.
//
// Why not os.File.Read: with a descriptor in non-blocking mode it parks the goroutine in
// the runtime's poller, where a signal cannot end the wait, and it does not say beforehand
// that it is going to wait. The caller has to know, to flush its output first.
//
// Except for [SetBlocking], no function changes the blocking mode of a descriptor, as
// os.File.Fd may do. The mode belongs to the open file and is shared with other
// processes, a shell's terminal for example.
package fd

import (
	"os"

	"golang.org/x/term"
)

// Terminal reports whether f is a terminal. A nil or closed f is not.
func Terminal(f *os.File) bool {
	is := false
	err := control(f, func(n uintptr) { is = term.IsTerminal(int(n)) })
	return err == nil && is
}

// Size returns the number of columns and of rows of the terminal f. ok is false if f is not
// a terminal, or if its width is not known; rows is 0 if its height is not known.
func Size(f *os.File) (cols, rows int, ok bool) {
	var failed error
	err := control(f, func(n uintptr) { cols, rows, failed = term.GetSize(int(n)) })
	if err != nil || failed != nil || cols <= 0 {
		return 0, 0, false
	}
	return cols, max(rows, 0), true
}

// Width returns the number of columns of the terminal f. ok is false as for Size.
func Width(f *os.File) (cols int, ok bool) {
	cols, _, ok = Size(f)
	return cols, ok
}

// Regular reports whether f is a regular file: one that has an end and can be read from
// any offset.
func Regular(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// control calls do with the descriptor of f, which stays open until do returns. It leaves
// the blocking mode alone.
func control(f *os.File, do func(n uintptr)) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	return conn.Control(do)
}
