package source

import (
	"fmt"
	"io"
)

// shrunkError says that a regular file was truncated while it was read, so that its end is not
// where it was. It is io.ErrUnexpectedEOF in words for the user.
type shrunkError struct {
	read int64 // how many of its first bytes had been read
	size int64 // its present size in bytes
}

func (e *shrunkError) Error() string {
	return fmt.Sprintf("was truncated while it was read: %d bytes had been read, and now it has %d; read it again, and rotate it by renaming", e.read, e.size)
}

// Unwrap makes errors.Is find io.ErrUnexpectedEOF.
func (e *shrunkError) Unwrap() error { return io.ErrUnexpectedEOF }

// shrunk returns a *shrunkError if the end that has been read is not that of the file: it is
// shorter than when it was opened, or the last byte that was read is not in it any more. It
// returns nil for other inputs, and for a file of /proc, whose size is always 0.
//
// Why the byte is read again: some file systems report a size that is not the number of bytes
// that can be read (/sys). A file that was truncated and has grown beyond the last byte
// since is not noticed. One that another file has replaced by a rename is still read whole.
func (in *Input) shrunk() error {
	if !in.Regular() || in.info.Size() == 0 {
		return nil
	}
	now, err := in.raw.f.Stat()
	if err != nil {
		return err
	}
	read := in.start + in.raw.off
	if now.Size() >= in.info.Size() && now.Size() < read {
		_, err = in.raw.f.ReadAt(make([]byte, 1), read-1)
	}
	if now.Size() < in.info.Size() || err == io.EOF {
		return &shrunkError{read, now.Size()}
	}
	return nil
}
