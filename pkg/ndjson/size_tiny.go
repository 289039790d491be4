//go:build tinyblocks

package ndjson

const blockSize = 64
