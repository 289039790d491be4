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

// A spill is a temporary copy of what a plan reads of records, for a second pass over
// an input that cannot be read again. A record is:
//
//	uvarint  line
//	bytes    key                  (bytes: a uvarint length, then that many bytes)
//	bytes    timestamp as JSON, empty if it has none
//	varint   its second, uvarint its nanosecond, if it has one
//	uvarint  how many readings; for each:
//	         uvarint slot, 2 bytes length (little-endian), its digits
//
// Slots are those of the Reader that wrote the record, so only that Reader can read it
// back. The format has no version: it never outlives the process. Damage is detected
// as far as needed for no invalid record to be returned.

// AppendSpill appends r to a spill: see [Reader.Unspill].
func (r *Record) AppendSpill(dst []byte) []byte {
	_, line := r.Location()
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
		dst = append(dst, 0, 0) // the length, which is at most about 1,400 digits
		dst = r.b.num(v).Append(dst)
		binary.LittleEndian.PutUint16(dst[at:], uint16(len(dst)-at-2))
	}
	return dst
}

// appendBytes appends b with its length before it.
func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// Unspill makes Read return the records in a spill of the input called name, as Reset
// does for an input. They have readings, key, time and line, but Raw is not their text.
func (rd *Reader) Unspill(in io.Reader, name string) {
	rd.Reset(in, name)
	rd.spill = bufio.NewReaderSize(in, blockSize)
	rd.step = (*Reader).nextSpilled
}

// nextSpilled is the state of reading a spill. It fills b with records. An error after
// some records is returned by the next call.
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

// spilledAtOnce is how many records of a spill a block has at most.
const spilledAtOnce = 1 << 10

// spilled appends one record to b. It returns io.EOF at the end of the spill, and
// io.ErrUnexpectedEOF, wrapped, inside a record. b.buf holds the timestamps.
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
	b.buf = u.bytes(b.buf)
	if len(b.buf) > int(e.when) {
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
	return fmt.Errorf("%s: reading the temporary copy for the second pass: %w", rd.name, u.err)
}

// errDamaged is the error of a number that is out of range in a spill.
var errDamaged = errors.New("the data is damaged")

// unspiller reads the parts of a spilled record. It keeps the first error; after one,
// its methods return zero values.
type unspiller struct {
	in  *bufio.Reader
	err error
}

// number reads a uvarint.
func (u *unspiller) number() uint64 {
	if u.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(u.in)
	u.err = err
	return n
}

// below reads a uvarint that must be less than limit.
func (u *unspiller) below(limit uint64) uint64 {
	n := u.number()
	if n >= limit && u.err == nil {
		u.err = errDamaged
	}
	return n
}

// signed reads a varint.
func (u *unspiller) signed() int64 {
	if u.err != nil {
		return 0
	}
	n, err := binary.ReadVarint(u.in)
	u.err = err
	return n
}

// short reads a number of two bytes.
func (u *unspiller) short() uint16 {
	if u.err != nil {
		return 0
	}
	b, err := u.in.Peek(2)
	u.err = err
	if err != nil {
		return 0
	}
	n := binary.LittleEndian.Uint16(b)
	_, _ = u.in.Discard(2) // cannot fail: these bytes have been peeked
	return n
}

// bytes reads bytes with their length before them and appends them to dst.
func (u *unspiller) bytes(dst []byte) []byte { return u.read(dst, u.number()) }

// read appends n bytes to dst. It grows dst as bytes arrive, so a damaged length does
// not allocate more than there is.
func (u *unspiller) read(dst []byte, n uint64) []byte {
	for u.err == nil && n > 0 {
		var b []byte
		b, u.err = u.in.Peek(int(min(n, uint64(u.in.Size()))))
		dst = append(dst, b...)
		_, _ = u.in.Discard(len(b)) // cannot fail: these bytes have been peeked
		n -= uint64(len(b))
	}
	return dst
}
