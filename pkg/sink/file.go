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

// aside is a file on its way to the place of another.
type pendingFile struct {
	temp   string
	target string
	folder string
	mode   fs.FileMode // what the target had, or would have been created with
	old    fs.FileInfo // nil: there was none
}

// File is the output to a file, which gets its new content as a whole in Commit. A symbolic link is followed and stays.
// An old file's permissions are kept, and its owner and group as far as this user may; a new one gets what the umask
// leaves of 0666. A target that is no regular file (a fifo, a terminal, /dev/null, this process's own descriptors as
// /dev/stdout or /dev/fd/3) is written in place. A folder that is missing, or not writable, and an old file that is not
// writable are told now.
func File(name string) (*Out, error) {
	if n, ok := descriptor(name); ok {
		f, err := fd.Dup(n, name)
		if err != nil {
			return nil, describe(name, err)
		}
		return newOut(name, f, nil), nil
	}
	target, err := follow(name)
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
	f, to, err := create(target, info)
	if err != nil {
		return nil, describe(name, err)
	}
	return newOut(name, f, to), nil
}

// descriptor is the number of the process's own descriptor that name stands for. To open such a name anew would give
// another position in the same file, and to rename over what it links to would lose what others have written there.
func descriptor(name string) (n int, ok bool) {
	switch name {
	case "/dev/stdout":
		return 1, true
	case "/dev/stderr":
		return 2, true
	}
	for _, folder := range []string{"/dev/fd/", "/proc/self/fd/"} {
		if digits, found := strings.CutPrefix(name, folder); found {
			n, err := strconv.ParseUint(digits, 10, 31)
			return int(n), err == nil
		}
	}
	return 0, false
}

// follow is where name leads if it is a symbolic link, whether or not there is something. Paths are joined as the
// kernel reads them: x/../y is not y where x is a link, so they are never cleaned.
func follow(name string) (string, error) {
	for range 40 {
		info, err := os.Lstat(name)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return name, nil // what is wrong with it Stat will say
		}
		to, err := os.Readlink(name)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			folder, _ := filepath.Split(name)
			to = folder + to
		}
		name = to
	}
	return "", syscall.ELOOP
}

// create makes the temporary file beside target, empty and for this user alone.
func create(target string, old fs.FileInfo) (*os.File, *pendingFile, error) {
	folder, base := filepath.Split(target)
	if base == "" {
		return nil, nil, syscall.ENOENT
	}
	to := &pendingFile{target: target, folder: folder, old: old}
	if folder == "" {
		to.folder = "."
	}
	perm := fs.FileMode(0o600)
	if old == nil {
		perm = 0o666 // the kernel takes the umask off, and so says what it is
	}
	for range 1000 {
		to.temp = fmt.Sprintf("%s.%s.tmp-%08x", folder, base[:min(len(base), 200)], rand.Uint32())
		f, err := os.OpenFile(to.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("cannot create a file in folder %s: %w", to.folder, cause(err))
		}
		if err = to.hide(f); err != nil {
			f.Close()
			os.Remove(to.temp)
			return nil, nil, err
		}
		return f, to, nil
	}
	return nil, nil, fs.ErrExist
}

// hide keeps f from others while it is written, and notes which mode it is to have in the end.
func (to *pendingFile) hide(f *os.File) error {
	if to.old != nil {
		to.mode = to.old.Mode().Perm()
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	to.mode = info.Mode().Perm()
	return f.Chmod(0o600)
}

// commit closes f and puts it in the target's place; if that fails it is removed.
func (to *pendingFile) commit(f *os.File) error {
	err := to.finish(f)
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err == nil {
		err = os.Rename(to.temp, to.target)
	}
	if err != nil {
		os.Remove(to.temp)
		return err
	}
	return to.settle()
}

// finish makes f what is to stand in the target's place, on the disk and not only in memory.
func (to *pendingFile) finish(f *os.File) error {
	if to.old != nil {
		if uid, gid, ok := fd.Owner(to.old); ok {
			_ = f.Chown(-1, gid) // only root may give to anyone, and a user only to a group of hers
			_ = f.Chown(uid, -1)
		}
	}
	if err := f.Chmod(to.mode); err != nil {
		return err
	}
	return f.Sync()
}

// settle syncs the folder, without which a power failure may bring the old name back. A folder that may be written but
// not opened, or a file system that does not sync folders, cannot be asked, and that is no failure.
func (to *pendingFile) settle() error {
	folder, err := os.Open(to.folder)
	if err != nil {
		return nil
	}
	defer folder.Close()
	err = folder.Sync()
	if err == nil || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return fmt.Errorf("written, but its folder could not be synced: %w", err)
}
