package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// FS is the part of a file system that state and output are written through. Each method is
// one operation that may fail, or be the last one before the machine stops: tests put a file
// system in its place that does so at every one of them.
type FS interface {
	OpenFile(name string, flag int, perm fs.FileMode) (File, error) // As os.OpenFile does.
	Stat(name string) (fs.FileInfo, error)
	Rename(from, to string) error
	Link(from, to string) error
	Remove(name string) error
	SyncDir(dir string) error // Makes the names in a directory durable.
}

// File is a file of an [FS]. An *os.File is one.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Stat() (fs.FileInfo, error)
	Truncate(size int64) error
	Sync() error
}

// OS is the file system of the operating system.
type OS struct{}

// OpenFile implements FS.
func (OS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err // not a File that holds a nil *os.File
	}
	return opened(f), nil
}

// Stat implements FS.
func (OS) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// Rename implements FS.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Link implements FS.
func (OS) Link(from, to string) error { return os.Link(from, to) }

// Remove implements FS.
func (OS) Remove(name string) error { return os.Remove(name) }

// SyncDir implements FS, as fd.SyncDir says.
func (OS) SyncDir(dir string) error { return syncDir(dir) }

// named returns the file that an error of package os is about; path if it does not say. For a
// rename or a link, it is the new name.
func named(path string, err error) string {
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		return pathErr.Path
	case errors.As(err, &linkErr):
		return linkErr.New
	}
	return path
}

// describe returns err in the form of all messages, "NAME: what is wrong", without the
// operation and the paths that package os adds; nil for nil.
func describe(name string, err error) error {
	if err == nil {
		return nil
	}
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		err = pathErr.Err
	case errors.As(err, &linkErr):
		err = linkErr.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}
