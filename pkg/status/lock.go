package status

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"weir/pkg/fd"
)

// lockFile makes sure that no other process has the store at path open, by the lock of the
// file path.lock. It stays locked until it is closed, and is never removed: a
// process that waits to lock it could have a file that has no name any more.
//
// The error says which process has the store open.
func lockFile(path string) (*os.File, error) {
	name := path + ".lock"
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		var cause *os.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, fmt.Errorf("%s: its directory must be writable, for %s: %w", path, filepath.Base(name), err)
	}
	ok, err := fd.Lock(f)
	if err == nil && ok {
		err = sign(f)
	}
	switch {
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("%s: it cannot be locked: %w", name, err)
	case !ok:
		owner, _ := io.ReadAll(io.LimitReader(f, 1000))
		f.Close()
		return nil, fmt.Errorf("%s: it is in use by process %s; stop that one first", path, strings.TrimSpace(string(owner)))
	}
	return f, nil
}

// sign writes into the lock file whose it is.
func sign(f *os.File) error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintf(io.NewOffsetWriter(f, 0), "%d on %s\n", os.Getpid(), host)
	}
	return err
}
