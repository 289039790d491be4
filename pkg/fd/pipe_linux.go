package fd

import (
	"os"

	"golang.org/x/sys/unix"
)

// GrowPipe enlarges the buffer of the pipe f to size bytes, or, if this user may not have
// that much, to the largest size/2, size/4, … that is allowed. It never shrinks a buffer.
// If f is not a pipe, or cannot grow, it does nothing.
//
// Why: with a larger buffer, reader and writer wake each other less often.
func GrowPipe(f *os.File, size int) {
	_ = control(f, func(n uintptr) {
		now, err := unix.FcntlInt(n, unix.F_GETPIPE_SZ, 0)
		if err != nil {
			return
		}
		for ; size > now; size /= 2 {
			_, err := unix.FcntlInt(n, unix.F_SETPIPE_SZ, size)
			if err == nil {
				return
			}
		}
	})
}

// Open opens a file for reading. A FIFO is opened without waiting for a writer; Wait waits
// for it. So several FIFOs that are written one after the other can all be opened first,
// and the wait can be ended. Linux's poll(2) makes that possible: it distinguishes a FIFO
// that has had no writer yet (not ready) from one whose writer has closed it (ready: end
// of file).
func Open(name string) (*os.File, error) {
	flag := os.O_RDONLY
	info, err := os.Stat(name)
	if err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		flag |= unix.O_NONBLOCK
	}
	return os.OpenFile(name, flag, 0)
}
