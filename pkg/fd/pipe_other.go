//go:build !linux

package fd

import "os"

// GrowPipe does nothing: the size of a pipe's buffer cannot be set.
func GrowPipe(*os.File, int) {}

// Open opens a file for reading. Opening a FIFO waits until it has a writer: poll(2) does
// not distinguish a FIFO that has had no writer yet from one whose writer has closed it.
func Open(name string) (*os.File, error) { return os.Open(name) }
