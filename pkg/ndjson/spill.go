package ndjson

import (
	"bufio"
	"encoding/binary"
	"io"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// AppendSpill appends what the plan reads of r, and its line, in a form that
// the same Reader reads again: see [Reader.Unspill].
func (r *Record) AppendSpill(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(r.place.line))
	dst = appendBytes(dst, r.key)
	dst = appendBytes(dst, r.when)
	if r.when != nil {
		dst = binary.AppendVarint(dst, r.time.Sec)
		dst = binary.AppendUvarint(dst, uint64(r.time.Nsec))
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.values)))
	for i := range r.values {
		v := &r.values[i]
		dst = binary.AppendUvarint(dst, uint64(v.slot))
		at := len(dst)
		dst = append(dst, 0, 0) // room for the length of at most some 1,400 digits
		dst = v.num.Append(dst)
		binary.LittleEndian.PutUint16(dst[at:], uint16(len(dst)-at-2))
	}
	return dst
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// Unspill makes Next read records that AppendSpill wrote, of the input called
// name. They have what the plan reads, and a place, but no bytes.
func (rd *Reader) Unspill(in io.Reader, name string) {
	rd.Reset(in, name)
	rd.spill = bufio.NewReaderSize(in, bufferSize)
	rd.step = (*Reader).nextSpilled
}

func (rd *Reader) nextSpilled() (*Record, error) {
	r := &rd.rec
	line, err := binary.ReadUvarint(rd.spill)
	if err != nil {
		return nil, err // io.EOF between records
	}
	*r = Record{reader: rd, place: place{file: rd.name, line: int64(line)}, values: r.values[:0], key: r.key[:0], held: r.held[:0]}
	u := unspiller{in: rd.spill}
	r.key = u.bytes(r.key)
	if r.held = u.bytes(r.held); len(r.held) > 0 {
		r.when = r.held
		r.time = stamp.Time{Sec: u.signed(), Nsec: int32(u.number())}
	}
	for range u.number() {
		slot := int(u.number())
		rd.scratch = u.read(rd.scratch[:0], int(u.short()))
		d, err := exact.Parse(rd.scratch)
		if u.err == nil {
			u.err = err
		}
		r.values = append(r.values, reading{slot, d})
	}
	if u.err == io.EOF {
		u.err = io.ErrUnexpectedEOF
	}
	return r, u.err
}

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

func (u *unspiller) bytes(dst []byte) []byte { return u.read(dst, int(u.number())) }

func (u *unspiller) read(dst []byte, n int) []byte {
	for u.err == nil && n > 0 {
		var b []byte
		b, u.err = u.in.Peek(min(n, u.in.Size()))
		dst = append(dst, b...)
		_, _ = u.in.Discard(len(b)) // just peeked
		n -= len(b)
	}
	return dst
}
