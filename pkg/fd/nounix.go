//go:build !unix

package fd

import (
	"errors"
	"os"
	"time"
)

// Wait waits as it does on Unix where both files are pipes, or wake is nil: it looks every few
// milliseconds, which is all that Windows offers for a pipe that another process has made. Of
// another file, such as a console, only a read finds out: a timeout of 0 then says that it is
// not ready, so that output is flushed before a read that may block, and any other that it is.
func Wait(f, wake *os.File, timeout time.Duration) (ready, woken bool, err error) {
	begin := time.Now()
	for pause := time.Millisecond / 4; ; pause = min(2*pause, 10*time.Millisecond) {
		woken, _ = pipeReady(wake)
		ready, known := pipeReady(f)
		switch {
		case !known:
			return timeout != 0 && !woken, woken, nil
		case ready || woken || timeout >= 0 && time.Since(begin) >= timeout:
			return ready, woken, nil
		}
		time.Sleep(pause)
	}
}

// WaitWrite returns at once: here Write waits itself.
func WaitWrite(*os.File) error { return nil }

// Read calls f.Read.
func Read(f *os.File, p []byte) (n int, err error) { return f.Read(p) }

// Write calls f.Write.
func Write(f *os.File, p []byte) (n int, err error) { return f.Write(p) }

// SetBlocking does nothing: descriptors are in blocking mode.
func SetBlocking(*os.File) error { return nil }

// PerhapsClosed returns false.
func PerhapsClosed(*os.File) bool { return false }

// Dup returns errors.ErrUnsupported.
func Dup(int, string) (*os.File, error) { return nil, errors.ErrUnsupported }

// Owner returns ok false: files have no numeric owner.
func Owner(os.FileInfo) (uid, gid int, ok bool) { return 0, 0, false }

// FileID returns ok false: files have no such numbers here.
func FileID(os.FileInfo) (device, inode uint64, ok bool) { return 0, 0, false }

// SyncDir does nothing: Windows refuses to flush a directory, because a directory cannot be opened
// for writing, and NTFS keeps a journal of names.
func SyncDir(string) error { return nil }
