//go:build !unix

package fd

import (
	"errors"
	"os"
	"time"
)

// Wait always reports ready: without poll(2), only a read finds out.
func Wait(_, _ *os.File, _ time.Duration) (ready, woken bool, err error) { return true, false, nil }

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
