//go:build !unix

package fd

import (
	"errors"
	"os"
	"time"
)

// Wait says ready at once: here only a read can tell.
func Wait(_, _ *os.File, _ time.Duration) (ready, woken bool, err error) { return true, false, nil }

// WaitWrite returns at once: here writes wait by themselves.
func WaitWrite(*os.File) error { return nil }

// Read is f.Read.
func Read(f *os.File, p []byte) (n int, err error) { return f.Read(p) }

// Write is f.Write.
func Write(f *os.File, p []byte) (n int, err error) { return f.Write(p) }

// Block does nothing: here descriptors block.
func Block(*os.File) error { return nil }

// Dup is not to be had here.
func Dup(int, string) (*os.File, error) { return nil, errors.ErrUnsupported }

// Owner knows nobody here.
func Owner(os.FileInfo) (uid, gid int, ok bool) { return 0, 0, false }
