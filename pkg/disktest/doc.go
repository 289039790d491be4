// Package disktest makes file systems for tests of what is left when a disk fails: one that
// loses its power, one that is full, and one whose fsync(2) fails. Only tests import it
// (pkg/layers_test.go checks that). It needs Linux and root.
//
// A power cut ([Disk.Cut]) is the ioctl EXT4_IOC_SHUTDOWN without a flush of the journal: the
// file system stops at once, and what was not synced is lost.
//
// A disk whose fsync fails is an ext4 in a sparse file on a tmpfs that is full ([Disk.Fill]):
// write(2) succeeds, as ext4 has free blocks, and fsync(2) returns EIO, as the tmpfs has none.
package disktest
