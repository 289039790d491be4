// Package powercut holds tests of what statusd's store keeps when a disk fails: on file
// systems of their own, with the real statusd and clients that set statuses all
// the time. They need Linux and root; without, they are skipped, except in CI.
//
//	go test ./scripts/powercut -v -rounds 100
//
// A power cut is the ioctl EXT4_IOC_SHUTDOWN without a flush of the journal: the file system
// stops at once, and what was not synced is lost. Only what was acknowledged
// before it counts. The control is statusd with PRAGMA synchronous=NORMAL (build tag
// unsafesync), which must lose changes: otherwise the power cuts would show nothing.
package powercut
