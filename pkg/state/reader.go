package state

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Reader reads a state, line by line. Next moves to the next line, and the other methods
// return members of it. Members are read in the order in which they were written, all of
// them, before Next is called again.
//
// The first error is kept: after it Next reports false, and the other methods return zero
// values. Err returns it, so that it has to be asked for only before what was read is used.
// As the checksum was right, such an error is a mistake of the program that wrote the state,
// or a read that failed.
//
// A Reader holds one line at a time, and copies nothing that it need not: see Next.
type Reader struct {
	cursor // In the present line, which Next has moved to.
	lines  lineReader
	header Header
	number int64  // Of the present line, from 1.
	next   []byte // The line after it, if that has been looked at.
	kind   []byte // Its kind; nil after the last line.
	looked bool   // It has been looked at.
	err    error
	slots  map[string]int // By the name of the field, as a JSON string.
	names  [][]byte       // By slot.
	fold   *batch.Fold    // That records are held for.
	memory memory
}

// Parse is [Open] of a text.
func Parse(text []byte) (*Reader, error) { return Open(bytes.NewReader(text), int64(len(text))) }

// Open returns a Reader of a state of size bytes. It reads all of it, and returns an error if
// it is not what a Writer has written: ErrDamaged or a [*VersionError], with what is wrong. Any
// other error is that of a read.
//
// The Reader then reads the file again, line by line. So the memory of a state is a line and a
// buffer, and nothing of a damaged one is used. f must not be closed, nor the file changed,
// before Done has returned. Done finds a file that was changed, by the checksum of what was
// read the second time.
func Open(f io.ReaderAt, size int64) (*Reader, error) {
	buf := newBuffer(size)
	err := checkStart(f, size)
	if err == nil {
		err = verify(f, size, buf)
	}
	if err != nil {
		return nil, err
	}
	r := &Reader{lines: lineReader{src: io.NewSectionReader(f, 0, size), buf: buf}}
	line, err := r.lines.next()
	if err != nil {
		return nil, err
	}
	r.cursor, r.number = cursor{line: line, at: 1}, 1
	if !bytes.HasPrefix(line, []byte(start)) {
		return nil, errNoState
	}
	r.Text("weir")
	version := r.Int("version")
	if r.err == nil && version != Version {
		return nil, &VersionError{version}
	}
	r.header = Header{Tool: r.Text("tool"), Flags: r.flags()}
	r.look()
	return r, r.err
}

// flags reads the flags of the header.
func (r *Reader) flags() (list []Flag) {
	ok := r.begin("flags") && r.literal("{")
	for ok && !r.literal("}") {
		if len(list) > 0 {
			ok = r.literal(",")
		}
		name, ok1 := r.quoted()
		ok2 := r.literal(":")
		value, ok3 := r.quoted()
		ok = ok && ok1 && ok2 && ok3
		if ok {
			list = append(list, Flag{Name: string(appendDecoded(nil, name)), Value: string(appendDecoded(nil, value))})
		}
	}
	if !ok {
		r.fail("flags")
	}
	return list
}

// Header returns the first line.
func (r *Reader) Header() Header { return r.header }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Done returns the first error, or one that says that a line, or a member, has not been read.
func (r *Reader) Done() error {
	r.look()
	if r.err == nil && r.kind != nil {
		r.err = fmt.Errorf("%w: line %d: %q was not expected here", ErrDamaged, r.number+1, r.kind)
	}
	return r.err
}

// Empty reports whether there is no line after the present one, of which all must have been
// read.
func (r *Reader) Empty() bool {
	r.look()
	return r.err == nil && r.kind == nil
}

// Next moves to the next line, if there is one and it is of that kind; else it reports false.
// It is an error if a member of the present line has not been read. In any case what the
// methods below have returned is not valid any more, unless it is a string, a number or a time.
func (r *Reader) Next(kind string) bool {
	r.look()
	if r.err != nil || r.kind == nil || string(r.kind) != kind {
		return false
	}
	r.cursor = cursor{line: r.next, at: kindFrom + len(kind) + 1}
	r.looked = false
	r.number++
	return true
}

// kindFrom is the length of what is before the kind in a line.
const kindFrom = len(`{"kind":"`)

// look reads the next line, and sets next and kind, if it has not done so. There is no present
// line then.
func (r *Reader) look() {
	if r.err != nil || r.looked {
		return
	}
	rest := r.rest()
	if string(rest) != "}" {
		r.err = fmt.Errorf("%w: line %d: %q was not expected here", ErrDamaged, r.number, jsonscan.Truncate(rest))
		return
	}
	r.cursor, r.looked, r.kind = cursor{}, true, nil
	r.next, r.err = r.lines.next()
	if r.err != nil {
		r.err = missingEnd(r.err)
		return
	}
	text, ok := bytes.CutPrefix(r.next, []byte(`{"kind":"`))
	kind, _, found := bytes.Cut(text, []byte{'"'})
	if !ok || !found || len(kind) == 0 {
		r.err = fmt.Errorf("%w: line %d has no kind", ErrDamaged, r.number+1)
		return
	}
	if string(kind) != "end" {
		r.kind = kind
		return
	}
	r.err = checkEnd(r.lines.line, r.lines.lines, r.lines.sum)
	if r.err == nil {
		_, err := r.lines.next()
		r.err = unlessEOF(err)
	}
}

// unlessEOF returns the error of the read after the last line, which should be io.EOF.
func unlessEOF(err error) error {
	switch {
	case err == nil:
		return fmt.Errorf("%w: there is more after its end", ErrDamaged)
	case errors.Is(err, io.EOF):
		return nil
	}
	return err
}

// missingEnd returns the error of a read for a state whose last line was not reached.
func missingEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: its end is missing", ErrDamaged)
	}
	return err
}

// fail records that a member of the present line is missing or wrong.
func (r *Reader) fail(name string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: line %d: %q is missing or wrong", ErrDamaged, r.number, name)
	}
}

// Fail records that what the present line says in a member cannot be.
func (r *Reader) Fail(name string) { r.fail(name) }

// begin moves to the value of the next member, which must have that name.
func (r *Reader) begin(name string) bool {
	ok := r.err == nil && r.member(name)
	if !ok {
		r.fail(name)
	}
	return ok
}

// Has reports whether the next member of the present line has that name.
func (r *Reader) Has(name string) bool { return r.err == nil && r.has(name) }

// Int returns a whole number.
func (r *Reader) Int(name string) int64 {
	if !r.begin(name) {
		return 0
	}
	n, ok := r.int()
	if !ok {
		r.fail(name)
		return 0
	}
	return n
}

// Bool returns true or false.
func (r *Reader) Bool(name string) bool {
	if !r.begin(name) {
		return false
	}
	value, ok := r.bool()
	if !ok {
		r.fail(name)
	}
	return value
}

// Quoted returns a string with its quotes, in canonical spelling, as a part of the present line;
// nil after an error.
func (r *Reader) Quoted(name string) []byte {
	if !r.begin(name) {
		return nil
	}
	text, ok := r.quoted()
	if !ok {
		r.fail(name)
		return nil
	}
	return text
}

// Text returns a string.
func (r *Reader) Text(name string) string { return string(r.TextBytes(name)) }

// TextBytes returns the bytes of a string; nil after an error. They are valid until the next
// string is read.
func (r *Reader) TextBytes(name string) []byte {
	text := r.Quoted(name)
	if text == nil {
		return nil
	}
	r.memory.text = appendDecoded(r.memory.text[:0], text)
	return r.memory.text
}

// Bytes returns what Writer.Bytes has written.
func (r *Reader) Bytes(name string) []byte {
	b, err := hex.DecodeString(r.Text(name))
	if err != nil {
		r.fail(name)
	}
	return b
}

// array calls read for each element of an array. It stops at the first that read reports
// false for, which is an error.
func (r *Reader) array(name string, read func() bool) {
	ok := r.begin(name) && r.literal("[")
	for first := true; ok; first = false {
		var more bool
		more, ok = r.more(first)
		if ok && !more {
			return
		}
		ok = ok && read()
	}
	r.fail(name)
}

// Texts returns an array of strings.
func (r *Reader) Texts(name string) (list []string) {
	r.array(name, func() bool {
		text, ok := r.quoted()
		if ok {
			list = append(list, string(appendDecoded(nil, text)))
		}
		return ok
	})
	return list
}

// Bools returns an array of true and false.
func (r *Reader) Bools(name string) (list []bool) {
	r.array(name, func() bool {
		value, ok := r.bool()
		list = append(list, value)
		return ok
	})
	return list
}

// dec returns the decimal at the position.
func (r *Reader) dec() (d exact.Dec, ok bool) {
	d, err := exact.ParseText(r.scalar())
	return d, err == nil
}

// Dec returns a decimal.
func (r *Reader) Dec(name string) exact.Dec {
	if !r.begin(name) {
		return exact.Dec{}
	}
	d, ok := r.dec()
	if !ok {
		r.fail(name)
		return exact.Dec{}
	}
	return d
}

// Decs returns an array of decimals.
func (r *Reader) Decs(name string) []exact.Dec {
	r.memory.decs = r.memory.decs[:0]
	r.array(name, func() bool {
		d, ok := r.dec()
		r.memory.decs = append(r.memory.decs, d)
		return ok
	})
	if r.err != nil {
		return nil
	}
	return r.memory.decs
}

// Times returns what Writer.Times has written. It is valid until the next call.
func (r *Reader) Times(name string) []window.Instant {
	r.memory.times = r.memory.times[:0]
	r.array(name, func() bool {
		x, ok := window.Instant{}, true
		if !r.literal("null") {
			x.Time, ok = r.time()
			x.Known = ok
		}
		r.memory.times = append(r.memory.times, x)
		return ok
	})
	if r.err != nil {
		return nil
	}
	return r.memory.times
}

// Time returns an instant.
func (r *Reader) Time(name string) stamp.Time {
	if !r.begin(name) {
		return stamp.Time{}
	}
	t, ok := r.time()
	if !ok {
		r.fail(name)
		return stamp.Time{}
	}
	return t
}
