// Package disktest makes file systems for tests of what is left when a disk fails: one that
// loses its power, one that is full, and one whose fsync(2) fails. Only tests import it
// (pkg/layers_test.go checks that). It needs Linux and root.
//
// A power cut ([Disk.Cut]) is the ioctl EXT4_IOC_SHUTDOWN without a flush of the journal: the
// file system stops at once, and what was not synced is lost.
//
// There are two disks whose fsync(2) fails although write(2) succeeds. One is an ext4 on a
// thin-provisioned device ([NewThin]) whose pool is full ([Disk.Fill]): ext4 has free blocks, the
// pool has none. The error is ENOSPC or EIO. The other one is an ext4 in a file on another ext4,
// which is stopped by Cut: the error is EIO.
package disktest
