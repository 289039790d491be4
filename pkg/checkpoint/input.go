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
	Rotated bool   // Another file has the name now. It is looked at once more, in case that its writer had it open still.

	device, inode uint64
	head          []byte // The SHA-256 of its first size bytes.
	size          int64
	touched       bool // It is one of this run's, or was looked for in it.
}

// identify sets what a file is known by: its numbers, and the hash of its first bytes.
func (in *Input) identify(f io.ReaderAt, info fs.FileInfo) error {
	in.device, in.inode, _ = fd.FileID(info)
	in.size = min(info.Size(), headSize)
	var err error
	in.head, err = hashHead(f, in.size)
	return err
}

// hashHead returns the hash of the first bytes of a file.
func hashHead(f io.ReaderAt, size int64) ([]byte, error) {
	h := sha256.New()
	_, err := io.CopyN(h, io.NewSectionReader(f, 0, size), size)
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
	head, err := hashHead(f, in.size)
	return err == nil && bytes.Equal(head, in.head)
}

// write writes a line of a state.
func (in *Input) write(w *state.Writer) {
	w.Line("input")
	writeName(w, in.Name)
	w.Int("offset", in.Offset)
	w.Int("line", in.Line)
	w.Bool("rotated", in.Rotated)
	w.Text("device", fmt.Sprint(in.device))
	w.Text("inode", fmt.Sprint(in.inode))
	w.Int("head_size", in.size)
	w.Bytes("head_sha256", in.head)
}

// readInput returns what write has written.
func readInput(r *state.Reader) *Input {
	in := &Input{Name: readName(r), Offset: r.Int("offset"), Line: r.Int("line"), Rotated: r.Bool("rotated")}
	_, err1 := fmt.Sscan(r.Text("device"), &in.device)
	_, err2 := fmt.Sscan(r.Text("inode"), &in.inode)
	in.size, in.head = r.Int("head_size"), r.Bytes("head_sha256")
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

// gone reports whether the run had nothing to do with in, and its name is of no file any more.
func (in *Input) gone() bool {
	if in.touched {
		return false
	}
	_, err := os.Stat(in.Name)
	return errors.Is(err, fs.ErrNotExist)
}
