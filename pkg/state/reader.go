package state

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/sketch"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Reader reads a state, line by line. Next moves to the next line, and the other methods
// return members of it.
//
// The first error is kept: after it Next reports false, and the other methods return zero
// values. Err returns it, so that it has to be asked for only before what was read is used.
// As the checksum was right, such an error is a mistake of the program that wrote the state.
type Reader struct {
	header Header
	text   []byte // The lines after the present one.
	number int    // Of the present line, from 1.
	kind   string // Of the next line; "" after the last one.
	tree   batch.Tree
	line   batch.Value // The present line.
	err    error
	slots  map[string]int // By the name of the field, as a JSON string.
	names  [][]byte       // By slot.
	fold   *batch.Fold    // That records are held for.
}

// Parse returns a Reader of the text of a state, which must not be changed while it is used.
// The error is ErrDamaged or a [*VersionError], with what is wrong.
func Parse(text []byte) (*Reader, error) {
	body, err := checkEnd(text)
	if err != nil {
		return nil, err
	}
	r := &Reader{}
	var first []byte
	first, r.text, _ = bytes.Cut(body, []byte{'\n'})
	v, bad := r.tree.Parse(first)
	if bad != nil {
		return nil, fmt.Errorf("%w: its first line is %w", ErrDamaged, bad)
	}
	r.line, r.number = v, 1
	if r.Text("weir") != "state" {
		return nil, fmt.Errorf("%w: it is not a state", ErrDamaged)
	}
	version := r.Int("version")
	if r.err == nil && version != Version {
		return nil, &VersionError{version}
	}
	r.header.Tool = r.Text("tool")
	flags := r.member("flags", '{')
	if r.err != nil {
		return nil, r.err
	}
	for name, value := range flags.Members() {
		text, ok := value.Text()
		if !ok {
			r.fail("flags")
		}
		r.header.Flags = append(r.header.Flags, Flag{Name: string(name), Value: string(text)})
	}
	r.peek()
	return r, r.err
}

// Header returns the first line.
func (r *Reader) Header() Header { return r.header }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Done returns the first error, or one that says that a line has not been read.
func (r *Reader) Done() error {
	if r.err == nil && r.kind != "" {
		r.err = fmt.Errorf("%w: line %d: %q was not expected here", ErrDamaged, r.number+1, r.kind)
	}
	return r.err
}

// Next moves to the next line, if there is one and it is of that kind; else it reports false.
// What the methods below have returned of the line before is not valid any more.
func (r *Reader) Next(kind string) bool {
	if r.err != nil || r.kind != kind {
		return false
	}
	text, rest, _ := bytes.Cut(r.text, []byte{'\n'})
	v, bad := r.tree.Parse(text)
	if bad != nil {
		r.err = fmt.Errorf("%w: line %d: %w", ErrDamaged, r.number+1, bad)
		return false
	}
	r.line, r.text = v, rest
	r.number++
	r.kind = r.kindOf(rest)
	return true
}

// peek sets kind to that of the next line.
func (r *Reader) peek() { r.kind = r.kindOf(r.text) }

// kindOf returns the kind of the line that a text begins with. It does not use the tree,
// which has the present line.
func (r *Reader) kindOf(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	rest, ok := bytes.CutPrefix(text, []byte(`{"kind":"`))
	kind, _, found := bytes.Cut(rest, []byte{'"'})
	if !ok || !found || len(kind) == 0 {
		r.err = fmt.Errorf("%w: line %d has no kind", ErrDamaged, r.number+1)
		return ""
	}
	return string(kind)
}

// fail records that a member of the present line is missing or wrong.
func (r *Reader) fail(name string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: line %d: %q is missing or wrong", ErrDamaged, r.number, name)
	}
}

// Fail records that what the present line says in a member cannot be.
func (r *Reader) Fail(name string) { r.fail(name) }

// member returns a member of the present line, which must be of that kind of value.
func (r *Reader) member(name string, kind byte) (v batch.Value) {
	if r.err != nil {
		return v
	}
	v, ok := r.line.Member(name)
	if !ok || v.Kind() != kind {
		r.fail(name)
		return batch.Value{}
	}
	return v
}

// Has reports whether the present line has a member.
func (r *Reader) Has(name string) bool {
	if r.err != nil {
		return false
	}
	_, ok := r.line.Member(name)
	return ok
}

// Int returns a whole number.
func (r *Reader) Int(name string) int64 {
	v := r.member(name, '0')
	if r.err != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(v.Raw()), 10, 64)
	if err != nil {
		r.fail(name)
	}
	return n
}

// Bool returns true or false.
func (r *Reader) Bool(name string) bool {
	if r.err != nil {
		return false
	}
	v, ok := r.line.Member(name)
	if !ok || v.Kind() != 't' && v.Kind() != 'f' {
		r.fail(name)
		return false
	}
	return v.Kind() == 't'
}

// Text returns a string.
func (r *Reader) Text(name string) string {
	v := r.member(name, '"')
	if r.err != nil {
		return ""
	}
	text, _ := v.Text()
	return string(text)
}

// Bytes returns what Writer.Bytes has written.
func (r *Reader) Bytes(name string) []byte {
	b, err := hex.DecodeString(r.Text(name))
	if err != nil {
		r.fail(name)
	}
	return b
}

// Texts returns an array of strings.
func (r *Reader) Texts(name string) (list []string) {
	v := r.member(name, '[')
	if r.err != nil {
		return nil
	}
	for e := range v.Elements() {
		text, ok := e.Text()
		if !ok {
			r.fail(name)
		}
		list = append(list, string(text))
	}
	return list
}

// Bools returns an array of true and false.
func (r *Reader) Bools(name string) (list []bool) {
	v := r.member(name, '[')
	if r.err != nil {
		return nil
	}
	for e := range v.Elements() {
		if e.Kind() != 't' && e.Kind() != 'f' {
			r.fail(name)
		}
		list = append(list, e.Kind() == 't')
	}
	return list
}

// dec returns a decimal.
func (r *Reader) dec(v batch.Value, name string) exact.Dec {
	if r.err != nil || v.Kind() != '0' {
		r.fail(name)
		return exact.Dec{}
	}
	d, err := exact.Parse(v.Raw())
	if err != nil {
		r.fail(name)
	}
	return d
}

// Dec returns a decimal.
func (r *Reader) Dec(name string) exact.Dec {
	v := r.member(name, '0')
	if r.err != nil {
		return exact.Dec{}
	}
	return r.dec(v, name)
}

// Decs returns an array of decimals.
func (r *Reader) Decs(name string) (list []exact.Dec) {
	v := r.member(name, '[')
	if r.err != nil {
		return nil
	}
	for e := range v.Elements() {
		list = append(list, r.dec(e, name))
	}
	return list
}

// Time returns an instant.
func (r *Reader) Time(name string) stamp.Time {
	v := r.member(name, '"')
	if r.err != nil {
		return stamp.Time{}
	}
	return r.time(v, name)
}

func (r *Reader) time(v batch.Value, name string) (t stamp.Time) {
	text, _ := v.Text()
	sec, fraction, hasFraction := bytes.Cut(text, []byte{'.'})
	var err error
	t.Sec, err = strconv.ParseInt(string(sec), 10, 64)
	if err == nil && hasFraction {
		var nsec int64
		nsec, err = strconv.ParseInt(string(fraction), 10, 32)
		t.Nsec = int32(nsec)
	}
	if err != nil || len(fraction) != 9 && hasFraction || t.Nsec < 0 || t.Nsec >= 1e9 {
		r.fail(name)
		return stamp.Time{}
	}
	return t
}

// Fields reads the line of Writer.SetFields, and returns the names by slot, as JSON strings.
func (r *Reader) Fields() (names [][]byte) {
	if !r.Next("fields") {
		if r.err == nil {
			r.err = fmt.Errorf("%w: line %d: the names of the fields were expected", ErrDamaged, r.number+1)
		}
		return nil
	}
	r.slots = map[string]int{}
	for i, name := range r.Texts("names") {
		quoted := quote(name)
		_, twice := r.slots[string(quoted)]
		if twice {
			r.fail("names")
		}
		r.slots[string(quoted)] = i
		names = append(names, quoted)
	}
	r.names = names
	return names
}

// FieldName returns the name of the field in a slot, as a JSON string.
func (r *Reader) FieldName(slot int) []byte { return r.names[slot] }

// FieldCount returns how many fields there are.
func (r *Reader) FieldCount() int { return len(r.slots) }

// Field returns the slot of the field of the present line.
func (r *Reader) Field() int {
	slot, ok := r.slots[string(quote(r.Text("field")))]
	if !ok {
		r.fail("field")
	}
	return slot
}

// Key returns the key of the present line, as batch.Batch.Key returns it.
func (r *Reader) Key() (key []byte) {
	if !r.Has("key") {
		return nil
	}
	v := r.member("key", '[')
	if r.err != nil {
		return nil
	}
	first := true
	for e := range v.Elements() {
		if !first {
			key = append(key, 0)
		}
		first = false
		text, isText := e.Text()
		switch {
		case isText:
			key = jsonscan.AppendQuoted(key, string(text))
		case e.Raw() == nil: // an object or an array
			r.fail("key")
		default:
			key = append(key, e.Raw()...)
		}
	}
	return key
}

// Contents returns an aggregate that Writer.Contents has written with the same needs.
func (r *Reader) Contents(need agg.Needs) (c window.Contents) {
	n, totals := r.Int("count"), []byte(r.Text("sum"))
	if need.Squares {
		totals = append(append(totals, ' '), r.Text("squares")...)
	}
	if r.err != nil {
		return window.Contents{}
	}
	var err error
	c.Totals, err = agg.ParseTotals(n, totals)
	if err != nil || n < 0 {
		r.fail("sum")
	}
	if need.MinMax && n > 0 {
		least, most := r.Dec("min"), r.Dec("max")
		if most.Cmp(least) < 0 {
			r.fail("max")
		}
		c.MinMax.Add(least)
		c.MinMax.Add(most)
	}
	if need.FirstLast && r.Has("first") {
		t, d := r.reading("first")
		c.FirstLast.Add(t, d)
		t, d = r.reading("last")
		c.FirstLast.Add(t, d)
	}
	if need.Quantiles {
		s, err := sketch.Parse([]byte(r.Text("values")))
		if err != nil || s.Len() != n {
			r.fail("values")
		}
		c.Quantiles = &s
	}
	if r.err != nil {
		return window.Contents{}
	}
	return c
}

// reading returns a reading with its time.
func (r *Reader) reading(name string) (t stamp.Time, d exact.Dec) {
	v := r.member(name, '{')
	if r.err != nil {
		return t, d
	}
	at, ok1 := v.Member("time")
	value, ok2 := v.Member("value")
	if !ok1 || !ok2 || at.Kind() != '"' {
		r.fail(name)
		return t, d
	}
	return r.time(at, name), r.dec(value, name)
}

// Empty reports whether there is no line after the present one.
func (r *Reader) Empty() bool { return r.err == nil && r.kind == "" }

// SetFold sets the fold that records are held for: see Held. Requires that it has the fields
// of the state.
func (r *Reader) SetFold(f *batch.Fold) { r.fold = f }

// Held returns the record of the line that Writer.Held has written, and moves to that line;
// nil if the next line is not of that kind.
func (r *Reader) Held(kind string) *batch.Held {
	if !r.Next(kind) {
		return nil
	}
	s := batch.HeldState{
		File: string(r.Bytes("file")), Line: r.Int("line"), Offset: r.Int("offset"), Column: r.Int("column"),
		Text: []byte(r.Text("text")), Key: r.Key(), Nums: r.Decs("readings"),
	}
	for _, x := range positions(&s.Row) {
		n := r.Int(x.name)
		if n < 0 || n > int64(len(s.Text)) {
			r.fail(x.name)
		}
		*x.at = uint32(n)
	}
	s.Row.Time = r.Time("time")
	for _, name := range r.Texts("fields") {
		slot, ok := r.slots[string(quote(name))]
		if !ok {
			r.fail("fields")
		}
		s.Slots = append(s.Slots, slot)
	}
	if r.err != nil {
		return nil
	}
	h, ok := r.fold.Hold(s)
	if !ok {
		r.fail("text")
		return nil
	}
	return h
}
