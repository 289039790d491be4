//go:build !amd64 || purego

package ndjson

// prepare does nothing: without a kernel there is nothing to turn off.
func (codePath) prepare(*Parser) {}

// unpredicted reports false: only the kernel predicts lengths.
func (*prefix) unpredicted() bool { return false }
