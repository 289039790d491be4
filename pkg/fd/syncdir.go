//go:build unix

package fd

import (
	"errors"
	"os"
	"syscall"
)

// SyncDir makes the names of the files in a directory durable: it calls fsync(2) for the
// directory. It is not an error if the directory may be written but not opened, or if its
// file system cannot sync directories.
func SyncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
