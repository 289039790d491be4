package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"weir/pkg/fd"
)

// pendingFile is a temporary file that is to replace target.
type pendingFile struct {
	temp    string      // its path
	target  string      // the path that it is renamed to, with symbolic links resolved
	dir     string      // the directory of both
	mode    fs.FileMode // the permission bits that it gets: the old file's, or those of a new file
	oldInfo fs.FileInfo // of the file at target; nil if there is none
}

// File returns an output to the file name. Commit replaces the file atomically: see the
// package comment.
//
// Two kinds of targets are written in place instead: what is not a regular file (a FIFO, a
// terminal, /dev/null), and the process's own descriptors (/dev/stdout, /dev/fd/3).
//
// What can be checked beforehand is checked here, before anything is computed: whether the
// directory exists and can be written, and whether an existing file can be written, even
// though replacing it would not need that permission.
func File(name string) (*Out, error) {
	if n, ok := ownDescriptor(name); ok {
		f, err := fd.Dup(n, name)
		if err != nil {
			return nil, describe(name, err)
		}
		return newOut(name, f, nil), nil
	}
	target, err := resolveLinks(name)
	if err != nil {
		return nil, describe(name, err)
	}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = nil
	case err != nil:
		return nil, describe(name, err)
	case info.IsDir():
		return nil, describe(name, syscall.EISDIR)
	default:
		f, err := os.OpenFile(target, os.O_WRONLY, 0)
		if err != nil {
			return nil, describe(name, err)
		}
		if !info.Mode().IsRegular() {
			return newOut(name, f, nil), nil
		}
		f.Close()
	}
	f, pending, err := createTemp(target, info)
	if err != nil {
		return nil, describe(name, err)
	}
	return newOut(name, f, pending), nil
}

// ownDescriptor returns the number of the process's own descriptor that name refers to.
//
// Why such names are not opened: on Linux, opening one gives a new open file with an offset
// of its own, and renaming over the file it refers to would discard what other processes
// have written to it.
func ownDescriptor(name string) (n int, ok bool) {
	switch name {
	case "/dev/stdout":
		return 1, true
	case "/dev/stderr":
		return 2, true
	}
	for _, dir := range []string{"/dev/fd/", "/proc/self/fd/"} {
		if digits, ok := strings.CutPrefix(name, dir); ok {
			n, err := strconv.ParseUint(digits, 10, 31)
			return int(n), err == nil
		}
	}
	return 0, false
}

// resolveLinks returns the path that name refers to if it is a symbolic link, else name.
// There need not be a file at that path.
//
// Only the last component is resolved; the kernel resolves the others. Paths are joined
// without being cleaned: if x is a link, x/../y is not y.
func resolveLinks(name string) (string, error) {
	for range 40 { // as many links as Linux follows
		info, err := os.Lstat(name)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return name, nil // if there is an error, os.Stat will return it
		}
		to, err := os.Readlink(name)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			dir, _ := filepath.Split(name)
			to = dir + to
		}
		name = to
	}
	return "", syscall.ELOOP
}

// createTemp creates the temporary file for target, empty and with mode 0600. oldInfo is that
// of the existing target, or nil.
func createTemp(target string, oldInfo fs.FileInfo) (*os.File, *pendingFile, error) {
	dir, base := filepath.Split(target)
	if base == "" {
		return nil, nil, syscall.ENOENT
	}
	pending := &pendingFile{target: target, dir: dir, oldInfo: oldInfo}
	if dir == "" {
		pending.dir = "."
	}
	perm := fs.FileMode(0o600)
	if oldInfo == nil {
		perm = 0o666 // the kernel subtracts the umask, so restrict sees the mode of a new file
	}
	for range 1000 {
		// A name has at most 255 bytes; 200 of base leave enough for the rest.
		pending.temp = fmt.Sprintf("%s.%s.tmp-%08x", dir, base[:min(len(base), 200)], rand.Uint32())
		f, err := os.OpenFile(pending.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("cannot create a temporary file in directory %s: %w", pending.dir, cause(err))
		}
		err = pending.restrict(f)
		if err != nil {
			f.Close()
			os.Remove(pending.temp)
			return nil, nil, err
		}
		return f, pending, nil
	}
	return nil, nil, fs.ErrExist
}

// restrict sets pending.mode, and makes f readable by this user only while it is written.
func (pending *pendingFile) restrict(f *os.File) error {
	if pending.oldInfo != nil {
		pending.mode = pending.oldInfo.Mode().Perm()
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	pending.mode = info.Mode().Perm()
	return f.Chmod(0o600)
}

// commit closes f, which is the temporary file, and renames it to target: steps 2 to 6 of the
// package comment. If a step before the rename or the rename fails, it removes the file.
func (pending *pendingFile) commit(f *os.File) error {
	err := pending.prepare(f)
	err2 := f.Close()
	if err == nil {
		err = err2
	}
	if err == nil {
		err = os.Rename(pending.temp, pending.target)
	}
	if err != nil {
		os.Remove(pending.temp)
		return err
	}
	return pending.syncDir()
}

// prepare sets owner, group and mode of f and syncs it to the disk.
func (pending *pendingFile) prepare(f *os.File) error {
	if pending.oldInfo != nil {
		uid, gid, ok := fd.Owner(pending.oldInfo)
		if ok {
			// Only root may change the owner, and other users the group only to one of theirs. Two
			// calls, so that the group is kept where the owner cannot be.
			_ = f.Chown(-1, gid)
			_ = f.Chown(uid, -1)
		}
	}
	if err := f.Chmod(pending.mode); err != nil {
		return err
	}
	return f.Sync()
}

// syncDir syncs the directory after the rename. It is not an error if the directory may be
// written but not opened, or if its file system cannot sync directories.
func (pending *pendingFile) syncDir() error {
	dir, err := os.Open(pending.dir)
	if err != nil {
		return nil
	}
	defer dir.Close()
	err = dir.Sync()
	if err == nil || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return fmt.Errorf("written, but its directory could not be synced: %w", err)
}
