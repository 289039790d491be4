//go:build !tinyblocks

package ndjson

// blockSize is how many bytes are read at once: small enough to stay near the
// processor until its last line is printed. (With the build tag tinyblocks, it is
// smaller than most lines, so that any test is one of several lanes.)
const blockSize = 256 << 10
