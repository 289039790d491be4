package state

import (
	"bytes"
	"fmt"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/sketch"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// This file reads what a key and a field have: their names, an aggregate, a held record.

// memory is what a Reader uses again for each line.
type memory struct {
	key      []byte
	text     []byte // Of a string.
	totals   []byte
	decs     []exact.Dec
	times    []window.Instant
	contents window.Scratch
	series   agg.Series
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
	r.array("names", func() bool {
		name, ok := r.quoted()
		_, twice := r.slots[string(name)]
		if !ok || twice {
			return false
		}
		r.slots[string(name)] = len(names)
		names = append(names, bytes.Clone(name))
		return true
	})
	r.names = names
	return names
}

// FieldName returns the name of the field in a slot, as a JSON string.
func (r *Reader) FieldName(slot int) []byte { return r.names[slot] }

// FieldCount returns how many fields there are.
func (r *Reader) FieldCount() int { return len(r.slots) }

// Field returns the slot of the field of the present line.
func (r *Reader) Field() int {
	slot, ok := r.slots[string(r.Quoted("field"))]
	if !ok {
		r.fail("field")
	}
	return slot
}

// Key returns the key of the present line, as batch.Batch.Key returns it; nil if there is none,
// and after an error.
func (r *Reader) Key() []byte {
	if !r.Has("key") {
		return nil
	}
	key := r.memory.key[:0]
	r.array("key", func() bool {
		if len(key) > 0 {
			key = append(key, 0)
		}
		part, ok := r.quoted()
		if !ok {
			part = r.scalar()
			ok = isScalar(part)
		}
		key = append(key, part...)
		return ok
	})
	r.memory.key = key
	if r.err != nil {
		return nil
	}
	return key
}

// isScalar reports whether a text is a number, true, false or null.
func isScalar(text []byte) bool {
	if len(text) == 0 || bytes.IndexByte([]byte(`"{[`), text[0]) >= 0 {
		return false
	}
	end, err := jsonscan.Value(text, 0)
	return err == nil && end == len(text)
}

// Contents returns an aggregate that Writer.Contents has written with the same needs. It
// shares memory with r: it is valid until the next call of Contents.
func (r *Reader) Contents(need agg.Needs) (c window.Contents) {
	r.totals(&c, need)
	n := c.Totals.Len()
	if need.MinMax && n > 0 {
		least, most := r.Dec("min"), r.Dec("max")
		if most.Cmp(least) < 0 {
			r.fail("max")
		}
		c.MinMax.Add(least)
		c.MinMax.Add(most)
	}
	if need.FirstLast && r.Has("first") {
		r.firstLast(&c.FirstLast)
	}
	if need.Quantiles {
		r.quantiles(&c)
	}
	if need.Series {
		r.series(&c)
	}
	if r.err != nil {
		return window.Contents{}
	}
	return c
}

// totals reads count, sum and sum of squares.
func (r *Reader) totals(c *window.Contents, need agg.Needs) {
	n, text := r.Int("count"), append(r.memory.totals[:0], r.TextBytes("sum")...)
	if need.Squares {
		text = append(append(text, ' '), r.TextBytes("squares")...)
	}
	r.memory.totals = text
	if r.err != nil {
		return
	}
	c.Totals = r.memory.contents.Totals(need.Squares)
	err := c.Totals.SetTotals(n, text)
	if err != nil || n < 0 {
		r.fail("sum")
	}
}

// firstLast reads the first and the last reading.
func (r *Reader) firstLast(f *agg.FirstLast) {
	f.FirstTime, f.First = r.reading("first")
	f.LastTime, f.Last = r.reading("last")
	f.Any = true
	order := f.FirstTime.Compare(f.LastTime)
	if order > 0 || order == 0 && f.First.Cmp(f.Last) > 0 {
		r.fail("last")
	}
}

// reading reads a reading with its time.
func (r *Reader) reading(name string) (t stamp.Time, d exact.Dec) {
	ok := r.begin(name) && r.literal(`{"time":`)
	if ok {
		t, ok = r.time()
	}
	ok = ok && r.literal(`,"value":`)
	if ok {
		d, ok = r.dec()
	}
	if !ok || !r.literal("}") {
		r.fail(name)
	}
	return t, d
}

// quantiles reads the sketch. If it has the readings themselves, their number and extremes
// must be those that were read.
func (r *Reader) quantiles(c *window.Contents) {
	s := r.memory.contents.Quantiles()
	err := s.SetText(r.TextBytes("values"))
	if err != nil || s.Len() != c.Totals.Len() {
		r.fail("values")
		return
	}
	c.Quantiles = s
	if s.Bits() < sketch.Exact || s.Len() == 0 {
		return
	}
	least, most := s.Extremes()
	if least.Cmp(c.MinMax.Min) != 0 || most.Cmp(c.MinMax.Max) != 0 {
		r.fail("values")
	}
}

// series reads every reading with its time.
func (r *Reader) series(c *window.Contents) {
	times, readings := r.Times("times"), r.Decs("readings")
	if len(times) != len(readings) || int64(len(times)) > c.Totals.Len() {
		r.fail("readings")
		return
	}
	s := &r.memory.series
	s.Clear()
	for i, t := range times {
		s.Add(t.Time, readings[i])
		if !t.Known || !s.InOrder() {
			r.fail("times")
			return
		}
	}
	c.Series = s
}

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
		File: string(r.Bytes("file")), Line: r.Int("line"), Offset: r.Int("offset"), Column: r.Int("column"), Text: []byte(r.Text("text")),
	}
	for _, x := range positions(&s.Row) {
		n := r.Int(x.name)
		if n < 0 || n > int64(len(s.Text)) {
			r.fail(x.name)
		}
		*x.at = uint32(n)
	}
	s.Row.Time = r.Time("time")
	s.Key = r.Key()
	r.array("fields", func() bool {
		name, ok := r.quoted()
		slot, known := r.slots[string(name)]
		s.Slots = append(s.Slots, slot)
		return ok && known
	})
	s.Nums = r.Decs("readings")
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
