package sink

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"weir/pkg/fd"
)

// Log appends lines to a file. Several goroutines, processes and runs may append to the same
// file: each line is one write(2) with O_APPEND, so lines are not mixed, unless the kernel
// takes only a part of one. For a FIFO it guarantees that for lines of up to 4,096 bytes
// (PIPE_BUF).
type Log struct {
	name  string
	dir   string // of the file
	f     *os.File
	mu    sync.Mutex // guards line, wrote and the writes
	line  []byte     // buffer for a line to which a newline is added
	wrote bool       // Line has been called
	torn  bool       // the file ends in the middle of a line, which the next one must not continue
}

// Append opens the file name for appending. If it does not exist, it is created with mode 0666
// less the umask. For /dev/stderr and similar names the process's own descriptor is used.
// Opening a FIFO waits for its reader.
//
// If the file does not end with a newline, because a disk was full or its writer was killed,
// the first line begins on a new one.
func Append(name string) (*Log, error) {
	target, err := resolveLinks(name)
	if err != nil {
		return nil, describe(name, err)
	}
	var f *os.File
	if n, ok := ownDescriptor(target); ok {
		f, err = fd.Dup(n, name)
	} else {
		f, err = os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
		if err == nil && !fd.Regular(f) {
			// In non-blocking mode a full pipe would take only a part of a line. The open file
			// is new, so no other process shares its mode.
			err = fd.SetBlocking(f)
		}
	}
	if err != nil {
		if f != nil {
			f.Close()
		}
		return nil, describe(name, err)
	}
	return &Log{name: name, dir: filepath.Dir(target), f: f, torn: endsTorn(name)}, nil
}

// endsTorn reports whether name is a regular file that can be read and whose last byte is
// not a newline.
func endsTorn(name string) bool {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}

// Line appends p as one line; it adds a newline if p does not end with one. If the kernel
// takes only a part, Line writes the rest: a write to a FIFO ends early when a signal
// arrives (the Go runtime sends SIGURG to itself), and on a full disk the next write says
// why. An error means that the line may be incomplete. Any goroutine may call it.
func (l *Log) Line(p []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrote = true
	if l.torn || len(p) == 0 || p[len(p)-1] != '\n' {
		l.line = l.line[:0]
		if l.torn {
			l.line = append(l.line, '\n')
		}
		l.line = append(l.line, p...)
		if len(p) == 0 || p[len(p)-1] != '\n' {
			l.line = append(l.line, '\n')
		}
		p, l.torn = l.line, false
	}
	for {
		n, err := fd.Write(l.f, p)
		p = p[max(n, 0):]
		switch {
		case err == syscall.EAGAIN:
			err = fd.WaitWrite(l.f)
			if err == nil {
				continue
			}
		case err == nil && len(p) > 0 && n > 0:
			continue
		case err == nil && len(p) > 0:
			err = errNothingTaken
		}
		return describe(l.name, err)
	}
}

// Sync makes the lines durable, and the name of the file, if any were written. Of what is no
// regular file, it does nothing. If it fails, lines may be lost, but not those of a later run.
func (l *Log) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.wrote || !fd.Regular(l.f) {
		return nil
	}
	err := l.f.Sync()
	if err == nil {
		err = fd.SyncDir(l.dir)
	} else {
		fd.Forget(l.f)
	}
	return describe(l.name, err)
}

// Name returns the name that was given to Append.
func (l *Log) Name() string { return l.name }

// Close closes the file. Some file systems report errors of earlier writes only here.
func (l *Log) Close() error { return describe(l.name, l.f.Close()) }
