package checkpoint_test

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"weir/pkg/checkpoint"
)

// memFS is a file system in memory, whose machine can stop. What was written counts as on the
// disk only after an fsync of the file, and a name only after one of the directory. What was
// not synced when the machine stops may be there or not, in any combination.
type memFS struct {
	names   map[string]*memNode // as programs see them
	durable map[string]*memNode // after the last fsync of the directory
	pending []func(map[string]*memNode)

	ops    int   // operations so far
	stopAt int   // the machine stops before operation number stopAt; 0: never
	failAt int   // that operation fails
	failed error // with this error
	log    []string

	noSync bool // fsync does nothing: a control that must fail
}

// memNode is the contents of a file.
type memNode struct {
	data, durable []byte
}

// errStopped is what a stopped machine panics with, once.
var errStopped = errors.New("the machine has stopped")

func newMemFS() *memFS {
	return &memFS{names: map[string]*memNode{}, durable: map[string]*memNode{}}
}

// clone returns a copy of m, which has no pending changes of names.
func (m *memFS) clone() *memFS {
	c, nodes := newMemFS(), map[*memNode]*memNode{}
	of := func(n *memNode) *memNode {
		if nodes[n] == nil {
			nodes[n] = &memNode{append([]byte(nil), n.data...), append([]byte(nil), n.durable...)}
		}
		return nodes[n]
	}
	for name, n := range m.names {
		c.names[name] = of(n)
	}
	for name, n := range m.durable {
		c.durable[name] = of(n)
	}
	c.noSync = m.noSync
	return c
}

// text returns the contents of a file, as programs see them; nil if there is none.
func (m *memFS) text(name string) []byte {
	node := m.names[name]
	if node == nil {
		return nil
	}
	return node.data
}

// leave appends to a file, as a program that has synced all of it.
func (m *memFS) leave(name, text string) {
	node := m.names[name]
	if node == nil {
		node = &memNode{}
		m.names[name], m.durable[name] = node, node
	}
	node.data = append(node.data, text...)
	node.durable = append([]byte(nil), node.data...)
}

// op counts an operation, before it is done.
func (m *memFS) op(what string) error {
	m.ops++
	m.log = append(m.log, what)
	if m.stopAt > 0 && m.ops >= m.stopAt {
		if m.ops == m.stopAt {
			panic(errStopped)
		}
		return errStopped
	}
	if m.ops == m.failAt {
		return m.failed
	}
	return nil
}

// crash makes of m what is found after the machine has stopped and started again. keep
// decides about each thing that was not synced.
func (m *memFS) crash(keep func() bool, rng *rand.Rand) {
	for _, f := range m.pending {
		if keep() {
			f(m.durable)
		}
	}
	m.pending, m.names = nil, map[string]*memNode{}
	for name, node := range m.durable {
		if keep() {
			node.durable = torn(node, rng)
		}
		node.data = append([]byte(nil), node.durable...)
		m.names[name] = node
	}
	m.ops, m.stopAt, m.failAt = 0, 0, 0
}

// torn returns contents between those that were synced and those that were written: of what
// was appended, a part may be there, or zeros instead.
func torn(n *memNode, rng *rand.Rand) []byte {
	if len(n.data) <= len(n.durable) || rng.IntN(3) == 0 {
		return append([]byte(nil), n.data...)
	}
	to := len(n.durable) + rng.IntN(len(n.data)-len(n.durable)+1)
	data := append([]byte(nil), n.data[:to]...)
	if rng.IntN(3) == 0 {
		clear(data[len(n.durable):])
	}
	return data
}

// change records a change of the names.
func (m *memFS) change(f func(map[string]*memNode)) {
	f(m.names)
	m.pending = append(m.pending, f)
}

func (m *memFS) OpenFile(name string, flag int, _ fs.FileMode) (checkpoint.File, error) {
	if err := m.op("open " + name); err != nil {
		return nil, err
	}
	node := m.names[name]
	switch {
	case node == nil && flag&os.O_CREATE == 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case node == nil:
		node = &memNode{}
		m.change(func(names map[string]*memNode) { names[name] = node })
	case flag&os.O_EXCL != 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
	case flag&os.O_TRUNC != 0:
		node.data = nil
	}
	return &memFile{m, name, node}, nil
}

func (m *memFS) Stat(name string) (fs.FileInfo, error) {
	if err := m.op("stat " + name); err != nil {
		return nil, err
	}
	node := m.names[name]
	if node == nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return memInfo{name, int64(len(node.data))}, nil
}

func (m *memFS) Rename(from, to string) error {
	if err := m.op("rename " + from + " " + to); err != nil {
		return err
	}
	node := m.names[from]
	if node == nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrNotExist}
	}
	m.change(func(names map[string]*memNode) {
		names[to] = node
		if names[from] == node {
			delete(names, from)
		}
	})
	return nil
}

func (m *memFS) Link(from, to string) error {
	if err := m.op("link " + from + " " + to); err != nil {
		return err
	}
	node := m.names[from]
	switch {
	case node == nil:
		return &os.LinkError{Op: "link", Old: from, New: to, Err: fs.ErrNotExist}
	case m.names[to] != nil:
		return &os.LinkError{Op: "link", Old: from, New: to, Err: fs.ErrExist}
	}
	m.change(func(names map[string]*memNode) { names[to] = node })
	return nil
}

func (m *memFS) Remove(name string) error {
	if err := m.op("remove " + name); err != nil {
		return err
	}
	if m.names[name] == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	m.change(func(names map[string]*memNode) { delete(names, name) })
	return nil
}

func (m *memFS) SyncDir(dir string) error {
	if err := m.op("fsync " + filepath.Clean(dir)); err != nil {
		return err
	}
	if m.noSync {
		return nil
	}
	for _, f := range m.pending {
		f(m.durable)
	}
	m.pending = nil
	return nil
}

// memFile is an open file.
type memFile struct {
	m    *memFS
	name string
	node *memNode
}

func (f *memFile) ReadAt(p []byte, offset int64) (int, error) {
	if err := f.m.op("read " + f.name); err != nil {
		return 0, err
	}
	if offset >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.data[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt writes at most half of p if the operation is to fail, as a full disk does.
func (f *memFile) WriteAt(p []byte, offset int64) (int, error) {
	err := f.m.op("write " + f.name)
	if err != nil {
		p = p[:len(p)/2]
	}
	end := offset + int64(len(p))
	f.node.data = append(f.node.data, make([]byte, max(0, end-int64(len(f.node.data))))...)
	copy(f.node.data[offset:], p)
	return len(p), err
}

func (f *memFile) Truncate(size int64) error {
	if err := f.m.op("truncate " + f.name); err != nil {
		return err
	}
	f.node.data = append([]byte(nil), f.node.data[:size]...)
	return nil
}

func (f *memFile) Sync() error {
	if err := f.m.op("fsync " + f.name); err != nil {
		return err
	}
	if !f.m.noSync {
		f.node.durable = append([]byte(nil), f.node.data...)
	}
	return nil
}

func (f *memFile) Close() error { return f.m.op("close " + f.name) }

func (f *memFile) Stat() (fs.FileInfo, error) {
	if err := f.m.op("stat " + f.name); err != nil {
		return nil, err
	}
	return memInfo{f.name, int64(len(f.node.data))}, nil
}

type memInfo struct {
	name string
	size int64
}

func (i memInfo) Name() string     { return i.name }
func (i memInfo) Size() int64      { return i.size }
func (memInfo) Mode() fs.FileMode  { return 0o600 }
func (memInfo) ModTime() time.Time { return time.Time{} }
func (memInfo) IsDir() bool        { return false }
func (memInfo) Sys() any           { return nil }
