package source

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// gunzip reads gzip members, one after another, to the end of the input (RFC 1952).
//
// The framing is ours because the library's reader gives the last bytes of a member only when it has read the member's
// trailer and the next one's header, for which a live stream may have to wait; and because it takes a file that ends
// within a header's name for one that ended well. What it shares with every inflater: bytes between two flushes of the
// writer come when their block ends.
type gunzip struct {
	r       *bufio.Reader
	inflate io.ReadCloser
	at      place
	crc     uint32 // of the member's plain bytes, and of its header before them
	size    uint32 // of the member's plain bytes, modulo 2^32
}

type place uint8

const (
	header place = iota
	body
	trailer
)

func newGunzip(r *bufio.Reader) *gunzip { return &gunzip{r: r, inflate: flate.NewReader(r)} }

// Read returns what can be decoded without a further byte of input, if that is anything.
func (g *gunzip) Read(p []byte) (int, error) {
	for {
		switch g.at {
		case header:
			if _, err := g.r.Peek(1); err != nil {
				return 0, err // io.EOF: between members, the one place where the data may end
			}
			if err := g.open(); err != nil {
				return 0, noEOF(err)
			}
			g.at = body
		case body:
			n, err := g.inflate.Read(p)
			g.crc = crc32.Update(g.crc, crc32.IEEETable, p[:n])
			g.size += uint32(n)
			if err == io.EOF {
				g.at, err = trailer, nil
			}
			if n > 0 || err != nil {
				return n, err
			}
		case trailer:
			if err := g.close(); err != nil {
				return 0, noEOF(err)
			}
			g.at = header
		}
	}
}

// open reads a member's header.
func (g *gunzip) open() error {
	const headerCRC, extra, name, comment, reserved = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 0xe0
	g.crc = 0
	var fixed [10]byte
	if err := g.take(fixed[:]); err != nil {
		return err
	}
	flags := fixed[3]
	if fixed[0] != 0x1f || fixed[1] != 0x8b {
		return errors.New("what follows the end of a member is not gzip")
	}
	if fixed[2] != 8 {
		return errors.New("unknown compression method")
	}
	if flags&reserved != 0 { // "must give an error indication", RFC 1952, 2.3.1.2: a field may follow that nobody can skip
		return errors.New("unknown flags in a member's header")
	}
	if flags&extra != 0 {
		var length [2]byte
		if err := g.take(length[:]); err != nil {
			return err
		}
		if err := g.take(make([]byte, binary.LittleEndian.Uint16(length[:]))); err != nil {
			return err
		}
	}
	for _, text := range []byte{name, comment} {
		if flags&text == 0 {
			continue
		}
		for b := []byte{1}; b[0] != 0; { // to the NUL
			if err := g.take(b); err != nil {
				return err
			}
		}
	}
	if flags&headerCRC != 0 {
		want := uint16(g.crc)
		var sum [2]byte
		if err := g.take(sum[:]); err != nil {
			return err
		}
		if binary.LittleEndian.Uint16(sum[:]) != want {
			return errors.New("the header's checksum does not match")
		}
	}
	g.crc, g.size = 0, 0
	return g.inflate.(flate.Resetter).Reset(g.r, nil)
}

// take fills p with the header's next bytes.
func (g *gunzip) take(p []byte) error {
	_, err := io.ReadFull(g.r, p)
	g.crc = crc32.Update(g.crc, crc32.IEEETable, p)
	return err
}

// close reads a member's trailer and checks the member by it.
func (g *gunzip) close() error {
	var sums [8]byte
	if _, err := io.ReadFull(g.r, sums[:]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(sums[:]) != g.crc || binary.LittleEndian.Uint32(sums[4:]) != g.size {
		return errors.New("the checksum does not match")
	}
	return nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
