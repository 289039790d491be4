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

// Wait waits until f has something to read, or wake (which may be nil) has, or the timeout is over; with a timeout of
// 0 it only asks, with a negative one it waits for ever. It may wait up to a millisecond longer than it was told, never
// shorter. An end of file, a hang-up and an error count as ready: the read will tell which. Interrupted, it goes on
// for the time that is left.
func Wait(f, wake *os.File, timeout time.Duration) (ready, woken bool, err error) {
	fds := []unix.PollFd{{Fd: -1, Events: unix.POLLIN}, {Fd: -1, Events: unix.POLLIN}} // poll(2) passes over -1
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
	if err = errors.Join(outer, inner, polled); err != nil {
		return false, false, err
	}
	return fds[0].Revents != 0, fds[1].Revents != 0, nil
}

// WaitWrite waits until f takes bytes again, for ever if need be. An error or a reader that has left counts: the write
// will tell.
func WaitWrite(f *os.File) error {
	fds := []unix.PollFd{{Events: unix.POLLOUT}}
	var polled error
	err := control(f, func(n uintptr) {
		fds[0].Fd = int32(n)
		polled = poll(fds, -1)
	})
	return errors.Join(err, polled)
}

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
		if err != nil && err != unix.EINTR && err != unix.EAGAIN { // EAGAIN: the kernel was short of memory, "may be retried"
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

// millis is d for poll(2), rounded up, for a wait of less than a millisecond must not become a spin.
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

// Read is one read(2) into p, whatever mode f is in. At the end of a file it returns io.EOF; when f is non-blocking and
// has nothing, syscall.EAGAIN, after which Wait is the right call. Errors are bare: the caller knows the name.
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
			if n, failed = unix.Read(int(fd), p); failed != unix.EINTR {
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

// Write is one write(2) of p. It may be short without an error; when f is non-blocking and takes nothing it returns
// syscall.EAGAIN, after which WaitWrite is the right call. A reader that has left is syscall.EPIPE even on descriptors
// 1 and 2, where os.File.Write would end the process. Errors are bare: the caller knows the name.
func Write(f *os.File, p []byte) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = conn.Write(func(fd uintptr) bool {
		for {
			if n, failed = unix.Write(int(fd), p); failed != unix.EINTR {
				return true
			}
		}
	})
	if err == nil {
		err = failed
	}
	return max(n, 0), err
}

// Block puts f into blocking mode, so that one Write takes the whole of its bytes or fails. For descriptors that nobody
// shares: the mode belongs to the open file, not to the process.
func Block(f *os.File) error {
	var failed error
	err := control(f, func(n uintptr) { failed = unix.SetNonblock(int(n), false) })
	return errors.Join(err, failed)
}

// Dup opens descriptor n of this process once more: same open file, same position, a name for messages.
func Dup(n int, name string) (*os.File, error) {
	dup, err := unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(dup), name), nil
}

// Owner returns the user and group a file belongs to.
func Owner(info os.FileInfo) (uid, gid int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(st.Uid), int(st.Gid), true
}
