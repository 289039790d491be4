//go:build linux

package powercut

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// needed returns what is missing for mounting file systems.
func needed() (missing []string) {
	if os.Geteuid() != 0 {
		missing = append(missing, "root")
	}
	for _, program := range []string{"mkfs.ext4", "mount", "umount", "sqlite3"} {
		_, err := exec.LookPath(program)
		if err != nil {
			missing = append(missing, program)
		}
	}
	return missing
}

// needRoot skips a test where file systems cannot be mounted. In CI it fails instead.
func needRoot(t *testing.T) {
	t.Helper()
	missing := needed()
	switch {
	case len(missing) == 0:
	case os.Getenv("CI") != "":
		t.Fatalf("this test mounts file systems and needs %s", strings.Join(missing, ", "))
	default:
		t.Skipf("this test mounts file systems and needs %s", strings.Join(missing, ", "))
	}
}

// run runs a program to its end.
func run(t *testing.T, program string, args ...string) {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}

// disk is a file system that can be mounted and unmounted.
type disk struct {
	dir  string   // where it is mounted
	args []string // of mount, without dir
}

// newTmpfs mounts a file system in memory of size, such as 1m.
func newTmpfs(t *testing.T, size string) *disk {
	t.Helper()
	d := &disk{dir: t.TempDir(), args: []string{"-t", "tmpfs", "-o", "size=" + size, "tmpfs"}}
	d.mount(t)
	t.Cleanup(func() { d.unmount(t) })
	return d
}

// newExt4 makes a file system of a size in bytes in a file in the directory in, and mounts
// it. features are options of mkfs.ext4.
func newExt4(t *testing.T, in string, size int64, features ...string) *disk {
	t.Helper()
	image := filepath.Join(in, "image")
	err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, size))
	if err != nil {
		t.Fatal(err)
	}
	run(t, "mkfs.ext4", append(features, "-q", "-F", image)...)
	d := &disk{dir: t.TempDir(), args: []string{"-o", "loop,errors=continue", image}}
	d.mount(t)
	t.Cleanup(func() { d.unmount(t) })
	return d
}

func (d *disk) mount(t *testing.T) {
	t.Helper()
	run(t, "mount", append(d.args, d.dir)...)
}

func (d *disk) unmount(t *testing.T) {
	t.Helper()
	run(t, "umount", d.dir)
}

// cut stops an ext4 as a power cut would.
func (d *disk) cut(t *testing.T) {
	t.Helper()
	const shutdown = 0x8004587d // EXT4_IOC_SHUTDOWN, linux/fs/ext4/ext4.h
	noLogFlush := uint32(2)     // EXT4_GOING_FLAGS_NOLOGFLUSH
	f, err := os.Open(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&noLogFlush)))
	if failed != 0 {
		t.Fatalf("the file system cannot be stopped: %v", failed)
	}
}

// fill writes a file until the file system is full, and returns what removes it.
func (d *disk) fill(t *testing.T) (empty func()) {
	t.Helper()
	name := filepath.Join(d.dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 20; size >= 512; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	_ = f.Sync()
	f.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("it cannot be filled: %v", err)
	}
	return func() {
		err := os.Remove(name)
		if err != nil {
			t.Fatal(err)
		}
	}
}
