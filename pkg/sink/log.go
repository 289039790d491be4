package sink

import (
	"io"
	"os"
	"sync"
	"syscall"

	"weir/pkg/fd"
)

// Log is a file that lines are appended to, each by one write(2) with O_APPEND, so that several processes and runs can
// share it and no line ever stands within another. (In a fifo the kernel promises that up to 4,096 bytes a line.) Any
// goroutine may use it.
type Log struct {
	name string
	f    *os.File
	mu   sync.Mutex
	line []byte
}

// Append opens the file name for appending, and creates it (0666, less the umask) if there is none. /dev/stderr and the
// like are the descriptors the process has; a fifo waits for its reader.
func Append(name string) (*Log, error) {
	var f *os.File
	var err error
	if n, ok := descriptor(name); ok {
		f, err = fd.Dup(n, name)
	} else {
		f, err = os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
		if err == nil && !fd.Regular(f) {
			err = fd.Block(f) // it is ours alone, and a line must not be cut where a pipe is full
		}
	}
	if err != nil {
		if f != nil {
			f.Close()
		}
		return nil, describe(name, err)
	}
	return &Log{name: name, f: f}, nil
}

// Line appends p as one line; a newline is added if p does not end with one. A line that was not taken whole is an error
// (io.ErrShortWrite, if the kernel gave no other).
func (l *Log) Line(p []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(p) == 0 || p[len(p)-1] != '\n' {
		l.line = append(append(l.line[:0], p...), '\n')
		p = l.line
	}
	for {
		n, err := fd.Write(l.f, p)
		if err == syscall.EAGAIN && n == 0 {
			if err = fd.WaitWrite(l.f); err == nil {
				continue
			}
		}
		if err == nil && n < len(p) {
			err = io.ErrShortWrite
		}
		return describe(l.name, err)
	}
}

// Name is the file's name as it was given.
func (l *Log) Name() string { return l.name }

// Close closes the file, and says what went wrong with the lines so far if the kernel knows only now.
func (l *Log) Close() error { return describe(l.name, l.f.Close()) }
