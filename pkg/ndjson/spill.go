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
	if err == io.EOF {
		return nil, err // between records
	}
	*r = Record{reader: rd, place: place{file: rd.name, line: int64(line)}, values: r.values[:0], key: r.key[:0], held: r.held[:0]}
	u := unspiller{in: rd.spill, err: err}
	r.key = u.bytes(r.key)
	if r.held = u.bytes(r.held); len(r.held) > 0 {
		r.when = r.held
		r.time = stamp.Time{Sec: u.signed(), Nsec: int32(u.below(1e9))}
	}
	slots := uint64(len(rd.names))
	if rd.plan.All {
		slots = uint64(len(rd.root.all.names))
	}
	for n := u.number(); n > 0 && u.err == nil; n-- {
		slot := u.below(slots)
		rd.scratch = u.read(rd.scratch[:0], uint64(u.short()))
		d, err := exact.Parse(rd.scratch)
		if err != nil && u.err == nil {
			u.err = err
		}
		r.values = append(r.values, reading{int(slot), d})
	}
	switch u.err {
	case nil:
		return r, nil
	case io.EOF:
		u.err = io.ErrUnexpectedEOF
	}
	return nil, fmt.Errorf("%s: what was kept of it for the second look: %w", rd.name, u.err)
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
