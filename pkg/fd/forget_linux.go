package fd

import (
	"os"

	"golang.org/x/sys/unix"
)

// Forget makes the kernel forget what it has cached of a file, so that what is read next is what
// the disk has. Call it when fsync(2) of the file has failed, before the file is used further.
//
// After a failed fsync, the kernel has pages that are not on the disk, and does not write them
// again. With ext4 it is worse: where the file had grown (its extents are "unwritten" until
// their first write succeeds), a later write(2) and fsync(2) of the same pages succeed, and
// after a restart of the machine the file has zeros there (seen with Linux 6.18). Without the
// pages, both go right. For what applications can and cannot do about a failed fsync, see Rebello
// et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
func Forget(f *os.File) {
	_ = control(f, func(n uintptr) { _ = unix.Fadvise(int(n), 0, 0, unix.FADV_DONTNEED) })
}
