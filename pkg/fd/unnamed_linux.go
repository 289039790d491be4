package fd

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// CreateUnnamed creates a file for writing in directory dir that has no name there: it is
// gone when the process ends, however it ends, unless [Link] has named it. Its mode is perm
// less the umask.
//
// An error means that the file system cannot do this, or that /proc, which Link needs, is
// not mounted, or that the directory cannot be written.
func CreateUnnamed(dir string, perm os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(dir, os.O_WRONLY|unix.O_TMPFILE, perm)
	if err != nil {
		return nil, err
	}
	_, err = os.Stat(procName(f))
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Link gives a name to a file that CreateUnnamed has made. The name must be new, and on the
// same file system.
func Link(f *os.File, name string) error {
	return unix.Linkat(unix.AT_FDCWD, procName(f), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW)
}

// procName returns a name of the open file f.
func procName(f *os.File) (name string) {
	_ = control(f, func(n uintptr) { name = fmt.Sprintf("/proc/self/fd/%d", n) })
	return name
}

// MountPoint reports whether something is mounted at the path itself, such as a single file
// in a container. Such a file cannot be replaced by a rename. Kernels before 5.8 do not say.
func MountPoint(path string) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, 0, &st)
	return err == nil && st.Attributes&st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0
}
