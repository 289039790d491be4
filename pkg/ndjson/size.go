//go:build !tinyblocks

package ndjson

// blockSize is how many bytes a Reader reads at once: few enough that a block stays in
// the second-level cache until its last line is printed. With the build tag tinyblocks
// it is smaller than most lines, so that even short tests use many blocks and
// several workers.
const blockSize = 256 << 10
