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
	temp    string      // its path; "" while it has no name
	target  string      // the path that it is renamed to, with symbolic links resolved
	dir     string      // the directory of both
	mode    fs.FileMode // the permission bits that it gets: the old file's, or those of a new file
	oldInfo fs.FileInfo // of the file at target; nil if there is none
}

// File returns an output to the file name. Commit replaces the file atomically: see the
// package comment.
//
// Three kinds of targets are written in place instead: what is not a regular file (a FIFO, a
// terminal, /dev/null); the process's own descriptors (/dev/stdout, /dev/fd/3, and links to
// them); and a regular file that is a mount of its own, as containers have them, because no
// rename can replace it. The last is emptied when the first byte is written.
//
// What can be checked beforehand is checked here, before anything is computed: whether the
// directory exists and can be written, and whether an existing file can be written, even
// though replacing it would not need that permission.
func File(name string) (*Out, error) { return file(name, fd.CreateUnnamed) }

// file is File, with the function that creates a temporary file without a name. If that
// fails, the file gets a name.
func file(name string, createUnnamed func(dir string, perm fs.FileMode) (*os.File, error)) (*Out, error) {
	target, err := resolveLinks(name)
	if err != nil {
		return nil, describe(name, err)
	}
	if n, ok := ownDescriptor(target); ok {
		f, err := fd.Dup(n, name)
		if err != nil {
			return nil, describe(name, err)
		}
		return newOut(name, f, nil), nil
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
		mounted := fd.MountPoint(target)
		if mounted || !info.Mode().IsRegular() {
			out := newOut(name, f, nil)
			out.w.truncate = mounted
			return out, nil
		}
		f.Close()
	}
	pending := &pendingFile{target: target, oldInfo: info}
	f, err := pending.create(createUnnamed)
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

// Target returns the path that [File] writes to for a name, which is another one if that is a
// symbolic link, also one to a file that does not exist. own reports that it is one of the
// process's own descriptors, such as /dev/stdout.
func Target(name string) (path string, own bool, err error) {
	path, err = resolveLinks(name)
	_, own = ownDescriptor(path)
	return path, own, describe(name, err)
}

// resolveLinks returns the path that name refers to if it is a symbolic link, else name.
// There need not be a file at that path. A name of an own descriptor is not resolved
// further: on Linux it is a link too, but not to a path.
//
// Only the last component is resolved; the kernel resolves the others. Paths are joined
// without being cleaned: if x is a link, x/../y is not y.
func resolveLinks(name string) (string, error) {
	for range 40 { // as many links as Linux follows
		_, own := ownDescriptor(name)
		info, err := os.Lstat(name)
		if own || err != nil || info.Mode()&fs.ModeSymlink == 0 {
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

// create creates the temporary file, empty and with mode 0600.
func (pending *pendingFile) create(createUnnamed func(string, fs.FileMode) (*os.File, error)) (*os.File, error) {
	dir, base := filepath.Split(pending.target)
	if base == "" {
		return nil, syscall.ENOENT
	}
	pending.dir = dir
	if dir == "" {
		pending.dir = "."
	}
	perm := fs.FileMode(0o600)
	if pending.oldInfo == nil {
		perm = 0o666 // the kernel subtracts the umask, so restrict sees the mode of a new file
	}
	f, err := createUnnamed(pending.dir, perm)
	if err != nil {
		f, err = pending.createNamed(perm)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot create a temporary file in directory %s: %w", pending.dir, cause(err))
	}
	err = pending.restrict(f)
	if err != nil {
		f.Close()
		pending.remove()
		return nil, err
	}
	return f, nil
}

// createNamed creates the temporary file with a name.
func (pending *pendingFile) createNamed(perm fs.FileMode) (f *os.File, err error) {
	err = pending.pickName(func(name string) error {
		f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		return err
	})
	return f, err
}

// pickName calls create with random names for the temporary file, until one is new, and
// sets pending.temp to that.
func (pending *pendingFile) pickName(create func(name string) error) error {
	dir, base := filepath.Split(pending.target)
	for range 1000 {
		// A name has at most 255 bytes; 200 of base leave enough for the rest.
		name := fmt.Sprintf("%s.%s.tmp-%08x", dir, base[:min(len(base), 200)], rand.Uint32())
		err := create(name)
		if err == nil {
			pending.temp = name
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return fs.ErrExist
}

// remove removes the name of the temporary file, if it has one.
func (pending *pendingFile) remove() {
	if pending.temp != "" {
		os.Remove(pending.temp)
	}
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

// commit closes f, which is the temporary file, and renames it to target: steps 2 to 7 of the
// package comment. If a step before the rename or the rename fails, it removes the file.
func (pending *pendingFile) commit(f *os.File) error {
	err := pending.prepare(f)
	if err == nil && pending.temp == "" {
		err = pending.pickName(func(name string) error { return fd.Link(f, name) })
	}
	err2 := f.Close()
	if err == nil {
		err = err2
	}
	if err == nil {
		err = os.Rename(pending.temp, pending.target)
	}
	if err != nil {
		pending.remove()
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

// syncDir syncs the directory after the rename.
func (pending *pendingFile) syncDir() error {
	err := fd.SyncDir(pending.dir)
	if err == nil {
		return nil
	}
	return fmt.Errorf("written, but its directory could not be synced: %w", err)
}
