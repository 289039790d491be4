// Package spool keeps what a plan reads of records, for a second pass over an input that
// cannot be read again. Package pipe imports it: it appends the records that the filter
// has used to a temporary file, and reads them back as batches.
//
// A record is:
//
//	uvarint  line
//	bytes    key                  (bytes: a uvarint length, then that many bytes)
//	bytes    timestamp as JSON, empty if it has none
//	varint   its second, uvarint its nanosecond, if it has one
//	uvarint  how many readings; for each:
//	         uvarint slot, 2 bytes length (little-endian), its digits
//
// Slots are those of the fold that consumed the record. The format has no version: it
// never outlives the process. Damage is detected as far as needed for no invalid record
// to be returned.
package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Append appends r to a spool.
func Append(dst []byte, r *batch.Record) []byte {
	_, line := r.Location()
	dst = binary.AppendUvarint(dst, uint64(line))
	dst = appendBytes(dst, r.Key())
	dst = appendBytes(dst, r.When())
	if r.Timed() {
		t := r.Time()
		dst = binary.AppendVarint(dst, t.Sec)
		dst = binary.AppendUvarint(dst, uint64(t.Nsec))
	}
	dst = binary.AppendUvarint(dst, uint64(r.Len()))
	for i := range r.Len() {
		slot, d := r.At(i)
		dst = binary.AppendUvarint(dst, uint64(slot))
		at := len(dst)
		dst = append(dst, 0, 0) // the length, which is at most about 1,400 digits
		dst = d.Append(dst)
		binary.LittleEndian.PutUint16(dst[at:], uint16(len(dst)-at-2))
	}
	return dst
}

// appendBytes appends b with its length before it.
func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// Reader reads a spool as batches.
type Reader struct {
	in     *bufio.Reader
	name   string
	slots  uint64
	ended  error  // The error that ended the spool; once set, no more is read.
	digits []byte // A buffer: the digits of a number.
}

// bufferSize is how many bytes a Reader reads at once.
const bufferSize = 256 << 10

// NewReader returns a Reader of the spool of the input called name. Slots in it are below
// slots.
func NewReader(in io.Reader, name string, slots int) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, bufferSize), name: name, slots: uint64(slots)}
}

// The limits of a batch. They bound its memory, whatever the records are: it exceeds the
// last two by one record at most.
const (
	rowsAtOnce  = 1 << 10 // Records.
	bytesAtOnce = 1 << 20 // Bytes of keys and timestamps.
	numsAtOnce  = 1 << 16 // Readings.
)

// Read fills b with records. They have readings, key, time and line, but Raw is not their
// text. io.EOF is the end of the spool; a batch before an error is returned first.
func (rd *Reader) Read(b *batch.Batch) error {
	b.Position = batch.Position{File: rd.name}
	b.Clear()
	b.Text = b.Text[:0] // the timestamps
	for len(b.Rows) < rowsAtOnce && len(b.Keys)+len(b.Text) < bytesAtOnce && len(b.Nums) < numsAtOnce && rd.ended == nil {
		rd.ended = rd.record(b)
	}
	if len(b.Rows) == 0 {
		return rd.ended
	}
	return nil
}

// record appends one record to b. It returns io.EOF at the end of the spool, and
// io.ErrUnexpectedEOF, wrapped, inside a record.
func (rd *Reader) record(b *batch.Batch) error {
	line, err := binary.ReadUvarint(rd.in)
	if err == io.EOF {
		return err
	}
	if len(b.Rows) == 0 {
		b.Line = int64(line)
	}
	u := parts{in: rd.in, err: err}
	r := batch.Row{Line: uint32(int64(line) - b.Line), Key: uint32(len(b.Keys)), When: uint32(len(b.Text))}
	b.Keys = u.bytes(b.Keys)
	r.KeyEnd = uint32(len(b.Keys))
	b.Text = u.bytes(b.Text)
	if len(b.Text) > int(r.When) {
		r.WhenEnd = uint32(len(b.Text))
		r.Time = stamp.Time{Sec: u.signed(), Nsec: int32(u.below(1e9))}
	} else {
		r.WhenEnd = r.When
	}
	for n := u.number(); n > 0 && u.err == nil; n-- {
		slot := u.below(rd.slots)
		rd.digits = u.read(rd.digits[:0], uint64(u.short()))
		d, err := exact.Parse(rd.digits)
		if err != nil && u.err == nil {
			u.err = err
		}
		b.AddNum(int32(slot), d)
	}
	r.Nums = uint32(len(b.Nums))
	switch u.err {
	case nil:
		b.AddRow(r)
		return nil
	case io.EOF:
		u.err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%s: reading the temporary copy for the second pass: %w", rd.name, u.err)
}

// errDamaged is the error of a number that is out of range in a spool.
var errDamaged = errors.New("the data is damaged")

// parts reads the parts of a record. It keeps the first error; after one,
// its methods return zero values.
type parts struct {
	in  *bufio.Reader
	err error
}

// number reads a uvarint.
func (u *parts) number() uint64 {
	if u.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(u.in)
	u.err = err
	return n
}

// below reads a uvarint that must be less than limit.
func (u *parts) below(limit uint64) uint64 {
	n := u.number()
	if n >= limit && u.err == nil {
		u.err = errDamaged
	}
	return n
}

// signed reads a varint.
func (u *parts) signed() int64 {
	if u.err != nil {
		return 0
	}
	n, err := binary.ReadVarint(u.in)
	u.err = err
	return n
}

// short reads a number of two bytes.
func (u *parts) short() uint16 {
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
func (u *parts) bytes(dst []byte) []byte { return u.read(dst, u.number()) }

// read appends n bytes to dst. It grows dst as bytes arrive, so a damaged length does
// not allocate more than there is.
func (u *parts) read(dst []byte, n uint64) []byte {
	for u.err == nil && n > 0 {
		var b []byte
		b, u.err = u.in.Peek(int(min(n, uint64(u.in.Size()))))
		dst = append(dst, b...)
		_, _ = u.in.Discard(len(b)) // cannot fail: these bytes have been peeked
		n -= uint64(len(b))
	}
	return dst
}
