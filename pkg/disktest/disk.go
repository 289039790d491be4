//go:build linux

package disktest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// Missing returns what is missing for mounting file systems: root, or programs. more are
// programs that a test needs besides.
func Missing(more ...string) (missing []string) {
	if os.Geteuid() != 0 {
		missing = append(missing, "root")
	}
	for _, program := range append([]string{"mkfs.ext4", "mount", "umount"}, more...) {
		_, err := exec.LookPath(program)
		if err != nil {
			missing = append(missing, program)
		}
	}
	return missing
}

// Need skips a test if anything is missing for mounting file systems, or one of the programs
// more. In CI it fails the test instead.
func Need(t *testing.T, more ...string) {
	t.Helper()
	missing := Missing(more...)
	switch {
	case len(missing) == 0:
	case os.Getenv("CI") != "":
		t.Fatalf("this test mounts file systems and needs %s", strings.Join(missing, ", "))
	default:
		t.Skipf("this test mounts file systems and needs %s", strings.Join(missing, ", "))
	}
}

// Disk is a file system that can be mounted and unmounted. Its methods end the test if they fail.
type Disk struct {
	Dir string // Where it is mounted.

	t    *testing.T
	args []string // Of mount, without Dir.

	// While it is mounted, a write request to its device is at most a page long.
	pages      bool
	maxRequest []byte // The maximum before Mount, in kilobytes.
}

// NewTmpfs mounts a file system in memory of a size such as 1m, until the end of the test.
func NewTmpfs(t *testing.T, size string) *Disk {
	t.Helper()
	d := &Disk{t: t, Dir: t.TempDir(), args: []string{"-t", "tmpfs", "-o", "size=" + size, "tmpfs"}}
	d.mounted()
	return d
}

// NewExt4 makes a file system of a size in bytes in the sparse file image, which must not exist,
// and mounts it until the end of the test.
func NewExt4(t *testing.T, image string, size int64) *Disk {
	t.Helper()
	d := newExt4(t, image, size)
	d.mounted()
	return d
}

// newExt4 makes a file system, and does not mount it. options are those of mkfs.ext4.
func newExt4(t *testing.T, image string, size int64, options ...string) *Disk {
	t.Helper()
	err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, size))
	if err != nil {
		t.Fatal(err)
	}
	run(t, "mkfs.ext4", append(options, "-q", "-F", image)...)
	return &Disk{t: t, Dir: t.TempDir(), args: []string{"-o", "loop,errors=continue", image}}
}

// page is the size of a page of memory, and of a block of NewThin.
const page = 4096

// NewThin makes an ext4 of 64 MB whose device is thin-provisioned: a sparse file on a tmpfs of
// 32 MB, the pool. Both are mounted until the end of the test. When the pool is full ([Disk.Fill]),
// write(2) succeeds on the disk, and fsync(2) fails where the device has no room yet; ext4's own
// blocks have room.
//
// The device never says that it has written what it has not. (When the loop device of Linux 6.18
// can write the first pages of a request and not the others, it reports success. So a request
// is one page here, at the boundary of a page.)
func NewThin(t *testing.T) (d, pool *Disk) {
	t.Helper()
	pool = NewTmpfs(t, "32m")
	image := filepath.Join(pool.Dir, "image")
	d = newExt4(t, image, 64<<20, "-b", strconv.Itoa(page), "-N", "64", "-J", "size=4")
	f, err := os.OpenFile(image, os.O_RDWR, 0)
	own := make([]byte, 1045*page) // the blocks that mke2fs uses: bitmaps, inodes, the journal
	if err == nil {
		_, err = f.ReadAt(own, 0)
	}
	if err == nil {
		_, err = f.WriteAt(own, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	d.pages = true
	d.mounted()
	return d, pool
}

// mounted mounts a disk until the end of the test.
func (d *Disk) mounted() {
	d.t.Helper()
	d.Mount()
	d.t.Cleanup(d.Unmount)
}

// run runs a program to its end.
func run(t *testing.T, program string, args ...string) {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}

// Mount mounts a disk that was unmounted. What a tmpfs held is lost.
func (d *Disk) Mount() {
	d.t.Helper()
	run(d.t, "mount", append(d.args[:len(d.args):len(d.args)], d.Dir)...)
	if d.pages {
		d.maxRequest = d.setRequest(strconv.AppendInt(nil, page>>10, 10))
	}
}

// setRequest sets the maximum of a request to the device, in kilobytes, and returns what it was.
func (d *Disk) setRequest(kilobytes []byte) (was []byte) {
	d.t.Helper()
	var dir syscall.Stat_t
	err := syscall.Stat(d.Dir, &dir)
	name := fmt.Sprintf("/sys/dev/block/%d:%d/queue/max_sectors_kb", dir.Dev>>8&0xfff, dir.Dev&0xff|dir.Dev>>12&^0xff)
	if err == nil {
		was, err = os.ReadFile(name)
	}
	if err == nil {
		err = os.WriteFile(name, kilobytes, 0)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return was
}

// Unmount unmounts a disk. Requires: no process uses it.
func (d *Disk) Unmount() {
	d.t.Helper()
	if d.pages {
		d.setRequest(d.maxRequest)
	}
	run(d.t, "umount", d.Dir)
}

// SetReadOnly makes a disk one that cannot be written to. Its files stay.
func (d *Disk) SetReadOnly() {
	d.t.Helper()
	run(d.t, "mount", "-o", "remount,ro", d.Dir)
}

// Remount unmounts and mounts a disk, as a restart of the machine does.
func (d *Disk) Remount() {
	d.t.Helper()
	d.Unmount()
	d.Mount()
}

// Cut stops an ext4 as a power cut does. From then on its operations fail with EIO. Remount
// makes it usable again.
func (d *Disk) Cut() {
	d.t.Helper()
	const shutdown = 0x8004587d // EXT4_IOC_SHUTDOWN, linux/fs/ext4/ext4.h
	noLogFlush := uint32(2)     // EXT4_GOING_FLAGS_NOLOGFLUSH
	f, err := os.Open(d.Dir)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&noLogFlush)))
	if failed != 0 {
		d.t.Fatalf("the file system cannot be stopped: %v", failed)
	}
}

// Fill writes a file until the disk is full. The function that it returns removes the file.
func (d *Disk) Fill() (empty func()) {
	d.t.Helper()
	name := filepath.Join(d.Dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		d.t.Fatal(err)
	}
	for size := 1 << 20; size >= 512; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	_ = f.Sync()
	f.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		d.t.Fatalf("it cannot be filled: %v", err)
	}
	return func() {
		err := os.Remove(name)
		if err != nil {
			d.t.Fatal(err)
		}
	}
}
