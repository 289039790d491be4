package source

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// gunzip decompresses a gzip file (RFC 1952): any number of members, one after the other,
// up to the end of the input. A member consists of a header, a body compressed by DEFLATE,
// and a trailer with a checksum and a length. Zero bytes after the last member, any number
// of them, are padding, which tapes and block devices leave; other data after it are an error.
//
// Why not the library's reader: it returns the last bytes of a member only after it has
// read the trailer and the next member's header. A live stream may make it wait for these,
// while a complete line is held back. It also takes a file that ends within the name in a
// header for a complete one. So the framing is done here, and the library inflates the
// bodies.
//
// Note: as with every inflater, bytes that the writer has not flushed come only when
// their block ends.
type gunzip struct {
	r       *bufio.Reader
	inflate io.ReadCloser
	next    section // what r is at
	crc     uint32  // of the header so far; later of the member's plain bytes so far
	size    uint32  // number of the member's plain bytes so far, modulo 2^32
	later   bool    // a member has been read, so that padding may follow
}

// errTrailingData is the error of a gzip or zstd input that goes on with something else.
// All that could be decoded has been returned before.
var errTrailingData = errors.New("data after the end of the compressed stream")

// section is a part of a member.
type section uint8

const (
	header section = iota
	body
	trailer
)

func newGunzip(r *bufio.Reader) *gunzip { return &gunzip{r: r, inflate: flate.NewReader(r)} }

// Read returns the plain bytes that can be decoded without reading further input, if there
// are any. The error is io.EOF only if the input ends between two members;
// io.ErrUnexpectedEOF if it ends elsewhere.
func (g *gunzip) Read(p []byte) (int, error) {
	for {
		switch g.next {
		case header:
			first, err := g.r.Peek(1)
			if err != nil {
				return 0, err // io.EOF here is the end of the data
			}
			if g.later && first[0] == 0 {
				return 0, g.skipPadding()
			}
			if err := g.openMember(); err != nil {
				return 0, unexpectedEOF(err)
			}
			g.next = body
		case body:
			n, err := g.inflate.Read(p)
			g.crc = crc32.Update(g.crc, crc32.IEEETable, p[:n])
			g.size += uint32(n)
			if err == io.EOF {
				g.next, err = trailer, nil
			}
			if n > 0 || err != nil {
				return n, err
			}
		case trailer:
			if err := g.closeMember(); err != nil {
				return 0, unexpectedEOF(err)
			}
			g.next, g.later = header, true
		}
	}
}

// skipPadding reads zero bytes up to the end of the input, and returns io.EOF. Other
// bytes among them are errTrailingData.
func (g *gunzip) skipPadding() error {
	for {
		b, err := g.r.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return errTrailingData
		}
	}
}

// openMember reads a member's header and prepares for its body. The optional fields are
// skipped; their checksum is verified if there is one.
func (g *gunzip) openMember() error {
	const headerCRC, extra, name, comment, reserved = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 0xe0
	// The magic bytes come first: if other data follow a member, they may be shorter than a
	// header, and the file is not truncated.
	magic, _ := g.r.Peek(2)
	if !bytes.HasPrefix([]byte{0x1f, 0x8b}, magic) {
		return errTrailingData
	}
	g.crc = 0
	var fixed [10]byte
	if err := g.readHeader(fixed[:]); err != nil {
		return err
	}
	flags := fixed[3]
	if fixed[2] != 8 {
		return errors.New("unknown compression method")
	}
	// RFC 1952, 2.3.1.2, demands an error: a reserved flag may announce a field of unknown length.
	if flags&reserved != 0 {
		return errors.New("unknown flags in a member's header")
	}
	if flags&extra != 0 {
		var length [2]byte
		if err := g.readHeader(length[:]); err != nil {
			return err
		}
		if err := g.readHeader(make([]byte, binary.LittleEndian.Uint16(length[:]))); err != nil {
			return err
		}
	}
	for _, text := range []byte{name, comment} {
		if flags&text == 0 {
			continue
		}
		for b := []byte{1}; b[0] != 0; { // up to and including the NUL
			if err := g.readHeader(b); err != nil {
				return err
			}
		}
	}
	if flags&headerCRC != 0 {
		want := uint16(g.crc)
		var sum [2]byte
		if err := g.readHeader(sum[:]); err != nil {
			return err
		}
		if binary.LittleEndian.Uint16(sum[:]) != want {
			return errors.New("header checksum mismatch")
		}
	}
	g.crc, g.size = 0, 0
	return g.inflate.(flate.Resetter).Reset(g.r, nil)
}

// readHeader fills p with the next bytes of the header and adds them to its checksum.
func (g *gunzip) readHeader(p []byte) error {
	_, err := io.ReadFull(g.r, p)
	g.crc = crc32.Update(g.crc, crc32.IEEETable, p)
	return err
}

// closeMember reads a member's trailer and verifies checksum and length of its plain bytes.
func (g *gunzip) closeMember() error {
	var sums [8]byte
	_, err := io.ReadFull(g.r, sums[:])
	if err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(sums[:]) != g.crc || binary.LittleEndian.Uint32(sums[4:]) != g.size {
		return errors.New("checksum mismatch")
	}
	return nil
}

// unexpectedEOF returns err, but io.ErrUnexpectedEOF for io.EOF.
func unexpectedEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
