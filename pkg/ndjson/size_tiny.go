//go:build tinyblocks

package ndjson

// blockSize is a size for tests: see size.go.
const blockSize = 64
