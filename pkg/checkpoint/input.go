package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"weir/pkg/fd"
	"weir/pkg/state"
)

// headSize is how many of a file's first bytes tell it from another one.
const headSize = 1024

// Input is a file that has been read, and how far.
type Input struct {
	Name    string // As the user wrote it.
	Offset  int64  // Of the first byte that has not been used, in the file without compression.
	Line    int64  // The number of the line that begins there, from 1.
	Rotated bool   // Another file has the name now, and it was read to its end. It is looked at once more, in case that its writer had it open still.

	target        string // Where the name has a symbolic link in it: the path of the file then; else "".
	device, inode uint64
	head          []byte // The SHA-256 of its first size bytes.
	size          int64
	tail          []byte // The SHA-256 of the bytes before Offset, at most headSize; of none in a compressed file.
	touched       bool   // It is one of this run's, or was looked for in it.
	done          bool   // It was looked at once more: it is not saved.
}

// identify sets what a file is known by: its numbers, and the hash of its first bytes.
func (in *Input) identify(f io.ReaderAt, info fs.FileInfo) error {
	in.device, in.inode, _ = fd.FileID(info)
	in.size = min(info.Size(), headSize)
	var err error
	in.head, err = hashAt(f, 0, in.size)
	if err == nil {
		in.tail, err = in.hashTail(f)
	}
	return err
}

// hashTail returns the hash of the bytes before Offset.
func (in *Input) hashTail(f io.ReaderAt) ([]byte, error) {
	size := min(in.Offset, headSize)
	if compressed(f) {
		size = 0
	}
	return hashAt(f, in.Offset-size, size)
}

// hashAt returns the hash of size bytes of a file.
func hashAt(f io.ReaderAt, offset, size int64) ([]byte, error) {
	h := sha256.New()
	_, err := io.CopyN(h, io.NewSectionReader(f, offset, size), size)
	return h.Sum(nil), err
}

// hasID reports whether a file has the numbers of in. Where files have none, all are 0, and
// the first bytes decide.
func (in *Input) hasID(info fs.FileInfo) bool {
	device, inode, _ := fd.FileID(info)
	return device == in.device && inode == in.inode
}

// hasHead reports whether a file begins as in does.
func (in *Input) hasHead(f io.ReaderAt) bool {
	head, err := hashAt(f, 0, in.size)
	return err == nil && bytes.Equal(head, in.head)
}

// hasTail reports whether the bytes of a file before Offset are what was read there. A file
// with the same first bytes, such as a header, need not be the same file.
func (in *Input) hasTail(f io.ReaderAt) bool {
	tail, err := in.hashTail(f)
	return err == nil && bytes.Equal(tail, in.tail)
}

// write writes a line of a state.
func (in *Input) write(w *state.Writer) {
	w.Line("input")
	writeName(w, "name", in.Name)
	if in.target != "" {
		writeName(w, "target", in.target)
	}
	w.Int("offset", in.Offset)
	w.Int("line", in.Line)
	w.Bool("rotated", in.Rotated)
	w.Text("device", fmt.Sprint(in.device))
	w.Text("inode", fmt.Sprint(in.inode))
	w.Int("head_size", in.size)
	w.Bytes("head_sha256", in.head)
	w.Bytes("tail_sha256", in.tail)
}

// readInput returns what write has written.
func readInput(r *state.Reader) *Input {
	in := &Input{Name: readName(r, "name")}
	if r.Has("target") || r.Has("target_bytes") {
		in.target = readName(r, "target")
	}
	in.Offset, in.Line, in.Rotated = r.Int("offset"), r.Int("line"), r.Bool("rotated")
	_, err1 := fmt.Sscan(r.Text("device"), &in.device)
	_, err2 := fmt.Sscan(r.Text("inode"), &in.inode)
	in.size, in.head, in.tail = r.Int("head_size"), r.Bytes("head_sha256"), r.Bytes("tail_sha256")
	switch {
	case err1 != nil:
		r.Fail("device")
	case err2 != nil:
		r.Fail("inode")
	case in.Offset < 0:
		r.Fail("offset")
	case in.size < 0 || in.size > headSize:
		r.Fail("head_size")
	}
	return in
}

// gone reports whether in need not be saved: it was finished, or the run had nothing to do with
// it and it is not found. One that was renamed is kept, as its name may come back.
func (in *Input) gone(l *locator) bool {
	if in.touched || in.done {
		return in.done
	}
	_, err := os.Stat(in.Name)
	return errors.Is(err, fs.ErrNotExist) && l.find(in, true) == ""
}
