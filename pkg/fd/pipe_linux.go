package fd

import (
	"os"

	"golang.org/x/sys/unix"
)

// GrowPipe makes the pipe f hold size bytes, or as much as this user may have, so that reader and writer wake each
// other less often. It never shrinks a pipe, and does nothing, in silence, where f is no pipe or cannot grow.
func GrowPipe(f *os.File, size int) {
	_ = control(f, func(n uintptr) {
		now, err := unix.FcntlInt(n, unix.F_GETPIPE_SZ, 0)
		if err != nil {
			return
		}
		for ; size > now; size /= 2 {
			if _, err := unix.FcntlInt(n, unix.F_SETPIPE_SZ, size); err == nil {
				return
			}
		}
	})
}

// Open opens a file for reading. A fifo is opened without waiting for its writer, who is waited for by Wait: poll(2)
// knows a fifo that has had no writer yet (not ready) from one whose writer has left (ready, end of file). So several
// fifos can be opened at once though they are written one after another, and the wait can be ended.
func Open(name string) (*os.File, error) {
	flag := os.O_RDONLY
	if info, err := os.Stat(name); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		flag |= unix.O_NONBLOCK
	}
	return os.OpenFile(name, flag, 0)
}
