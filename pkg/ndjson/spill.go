package ndjson

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// AppendSpill appends what the plan reads of r, and its line, in a form that
// the same Reader reads again: see [Reader.Unspill].
func (r *Record) AppendSpill(dst []byte) []byte {
	_, line := r.Place()
	dst = binary.AppendUvarint(dst, uint64(line))
	dst = appendBytes(dst, r.Key())
	dst = appendBytes(dst, r.When())
	if r.Timed() {
		dst = binary.AppendVarint(dst, r.e.time.Sec)
		dst = binary.AppendUvarint(dst, uint64(r.e.time.Nsec))
	}
	dst = binary.AppendUvarint(dst, uint64(r.n))
	for i := range r.n {
		v := &r.b.values[r.first+i]
		dst = binary.AppendUvarint(dst, uint64(v.slot))
		at := len(dst)
		dst = append(dst, 0, 0) // room for the length of at most some 1,400 digits
		dst = r.b.num(v).Append(dst)
		binary.LittleEndian.PutUint16(dst[at:], uint16(len(dst)-at-2))
	}
	return dst
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// Unspill makes Read hand out records that AppendSpill wrote, of the input called
// name. They have what the plan reads, and a place, but no bytes.
func (rd *Reader) Unspill(in io.Reader, name string) {
	rd.Reset(in, name)
	rd.spill = bufio.NewReaderSize(in, blockSize)
	rd.step = (*Reader).nextSpilled
}

// nextSpilled fills b with records; an error in one of them is kept for the next
// call.
func (rd *Reader) nextSpilled(b *Block) error {
	b.parsed, b.buf = true, b.buf[:0]
	for len(b.entries) < spilledAtOnce && rd.ended == nil {
		rd.ended = rd.spilled(b)
	}
	if len(b.entries) == 0 {
		return rd.ended
	}
	return nil
}

const spilledAtOnce = 1 << 10

// spilled adds a record to b; io.EOF stands between records.
func (rd *Reader) spilled(b *Block) error {
	line, err := binary.ReadUvarint(rd.spill)
	if err == io.EOF {
		return err
	}
	if len(b.entries) == 0 {
		b.line = int64(line)
	}
	u := unspiller{in: rd.spill, err: err}
	e := entry{extra: -1, line: uint32(int64(line) - b.line), key: uint32(len(b.keys)), when: uint32(len(b.buf))}
	b.keys = u.bytes(b.keys)
	e.keyEnd = uint32(len(b.keys))
	if b.buf = u.bytes(b.buf); len(b.buf) > int(e.when) {
		e.whenEnd = uint32(len(b.buf))
		e.time = stamp.Time{Sec: u.signed(), Nsec: int32(u.below(1e9))}
	} else {
		e.whenEnd = e.when
	}
	slots := uint64(len(rd.names()))
	for n := u.number(); n > 0 && u.err == nil; n-- {
		slot := u.below(slots)
		rd.joined = u.read(rd.joined[:0], uint64(u.short()))
		d, err := exact.Parse(rd.joined)
		if err != nil && u.err == nil {
			u.err = err
		}
		b.reading(int32(slot), d)
	}
	e.values = uint32(len(b.values))
	switch u.err {
	case nil:
		b.add(e)
		return nil
	case io.EOF:
		u.err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%s: what was kept of it for the second look: %w", rd.name, u.err)
}

var errDamaged = errors.New("damaged")

// unspiller keeps the first error.
type unspiller struct {
	in  *bufio.Reader
	err error
}

func (u *unspiller) number() uint64 {
	if u.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(u.in)
	u.err = err
	return n
}

// below is a number that must be less than limit.
func (u *unspiller) below(limit uint64) uint64 {
	n := u.number()
	if n >= limit && u.err == nil {
		u.err = errDamaged
	}
	return n
}

func (u *unspiller) signed() int64 {
	if u.err != nil {
		return 0
	}
	n, err := binary.ReadVarint(u.in)
	u.err = err
	return n
}

func (u *unspiller) short() uint16 {
	if u.err != nil {
		return 0
	}
	b, err := u.in.Peek(2)
	if u.err = err; err != nil {
		return 0
	}
	n := binary.LittleEndian.Uint16(b)
	_, _ = u.in.Discard(2) // just peeked
	return n
}

func (u *unspiller) bytes(dst []byte) []byte { return u.read(dst, u.number()) }

func (u *unspiller) read(dst []byte, n uint64) []byte {
	for u.err == nil && n > 0 {
		var b []byte
		b, u.err = u.in.Peek(int(min(n, uint64(u.in.Size()))))
		dst = append(dst, b...)
		_, _ = u.in.Discard(len(b)) // just peeked
		n -= uint64(len(b))
	}
	return dst
}
