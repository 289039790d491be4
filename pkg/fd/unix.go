//go:build unix

package fd

import (
	"errors"
	"io"
	"math"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Wait waits until f can be read (ready), or wake can be read (woken), or the timeout has
// passed. wake may be nil. A timeout of 0 only polls; a negative one has no limit. The
// resolution is a millisecond, rounded up. A signal does not end the wait.
//
// An end of file, a hang-up and an error count as ready: the next Read returns them. err is
// an error of poll(2), or says that a file is closed; ready and woken are false then.
func Wait(f, wake *os.File, timeout time.Duration) (ready, woken bool, err error) {
	fds := []unix.PollFd{{Fd: -1, Events: unix.POLLIN}, {Fd: -1, Events: unix.POLLIN}} // poll(2) ignores descriptor -1
	var outer, inner, polled error
	outer = control(f, func(n uintptr) {
		fds[0].Fd = int32(n)
		if wake == nil {
			polled = poll(fds, timeout)
			return
		}
		inner = control(wake, func(n uintptr) {
			fds[1].Fd = int32(n)
			polled = poll(fds, timeout)
		})
	})
	err = errors.Join(outer, inner, polled)
	if err != nil {
		return false, false, err
	}
	return fds[0].Revents != 0, fds[1].Revents != 0, nil
}

// WaitWrite waits, without a limit, until f can be written. It also returns when the reader
// has closed its end, or after an error: the next Write returns that.
func WaitWrite(f *os.File) error {
	fds := []unix.PollFd{{Events: unix.POLLOUT}}
	var polled error
	err := control(f, func(n uintptr) {
		fds[0].Fd = int32(n)
		polled = poll(fds, -1)
	})
	return errors.Join(err, polled)
}

// poll calls poll(2) until a descriptor is ready or the timeout has passed. After an
// interruption it continues with the time that is left: the kernel never restarts poll(2)
// itself.
func poll(fds []unix.PollFd, timeout time.Duration) error {
	var end time.Time
	if timeout > 0 {
		end = time.Now().Add(timeout)
	}
	for {
		n, err := unix.Poll(fds, millis(timeout))
		if n > 0 {
			return nil
		}
		if err != nil && err != unix.EINTR && err != unix.EAGAIN { // EAGAIN: the kernel was short of memory; poll(2) may be retried
			return err
		}
		if timeout > 0 {
			timeout = max(0, time.Until(end))
		}
		if timeout == 0 && err == nil {
			return nil
		}
	}
}

// millis converts d to poll(2)'s milliseconds. It rounds up, so that a wait of less than a
// millisecond does not become a busy loop, and limits the result to 24 days.
func millis(d time.Duration) int {
	if d < 0 {
		return -1
	}
	ms := int64(d / time.Millisecond)
	if d%time.Millisecond > 0 {
		ms++
	}
	return int(min(ms, math.MaxInt32))
}

// Read calls read(2) once, in either blocking mode. It returns io.EOF at the end of the file,
// and syscall.EAGAIN if f is in non-blocking mode and has no bytes; call Wait then. Errors
// are plain errno values without the file's name.
func Read(f *os.File, p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = conn.Read(func(fd uintptr) bool {
		for {
			n, failed = unix.Read(int(fd), p)
			if failed != unix.EINTR {
				return true
			}
		}
	})
	switch {
	case err != nil:
		return 0, err
	case failed != nil:
		return 0, failed
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write calls write(2) once. It may write less than p without an error. It returns
// syscall.EAGAIN if f is in non-blocking mode and takes no bytes; call WaitWrite then. If
// the reader has closed the pipe, it returns syscall.EPIPE, also on descriptors 1 and 2,
// where os.File.Write would end the process. Errors are plain errno values without the
// file's name.
func Write(f *os.File, p []byte) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = conn.Write(func(fd uintptr) bool {
		for {
			n, failed = unix.Write(int(fd), p)
			if failed != unix.EINTR {
				return true
			}
		}
	})
	if err == nil {
		err = failed
	}
	return max(n, 0), err
}

// SetBlocking puts f into blocking mode, so that one Write to a pipe writes all bytes or fails, unless a signal ends it early.
//
// Requires: no other process shares the open file, as the mode belongs to it and not to the
// descriptor.
func SetBlocking(f *os.File) error {
	var failed error
	err := control(f, func(n uintptr) { failed = unix.SetNonblock(int(n), false) })
	return errors.Join(err, failed)
}

// PerhapsClosed reports whether a standard descriptor was perhaps closed when the process
// began: whether it is /dev/null, open for reading and writing. Go opens that in place of a
// closed one before any code of a program runs. It is not certain, as some programs start
// others with such a descriptor (Python's DEVNULL).
func PerhapsClosed(f *os.File) bool {
	info, err := f.Stat()
	null, err2 := os.Stat(os.DevNull)
	if err != nil || err2 != nil || !os.SameFile(info, null) {
		return false
	}
	mode := 0
	err = control(f, func(n uintptr) { mode, err2 = unix.FcntlInt(n, unix.F_GETFL, 0) })
	return err == nil && err2 == nil && mode&unix.O_ACCMODE == unix.O_RDWR
}

// Dup duplicates descriptor n of this process, with close-on-exec set. The new file shares
// the open file and its offset with n; closing it leaves n open. name is what Name returns.
func Dup(n int, name string) (*os.File, error) {
	dup, err := unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(dup), name), nil
}

// Owner returns the user and the group that own a file. ok is false if info does not have
// them.
func Owner(info os.FileInfo) (uid, gid int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(st.Uid), int(st.Gid), true
}

// FileID returns the numbers by which the kernel knows a file: two names are of one file, at
// a time, if both numbers are equal. ok is false if info does not have them.
func FileID(info os.FileInfo) (device, inode uint64, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return uint64(st.Dev), uint64(st.Ino), true
}
