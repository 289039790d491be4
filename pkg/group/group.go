// Package group keeps a value for every key of a stream, and within a key one for
// every field, and bounds how many there may be. The filters import it.
//
//   - [Groups] numbers the keys and maps them to values. It looks the keys of a batch of
//     records up together, and counts the pairs of key and field against --max-groups.
//   - [Slots] maps the slots of one key's fields to values, those of most keys in one
//     allocation.
//   - [Table] and [Fields] are the same for records that are read one by one.
package group

import "weir/pkg/batch"

// Table holds a T for every key. A key is any sequence of bytes; the empty key
// serves a stream that is not grouped. Entries are never removed.
//
// Finding a key costs one comparison if it is the key that was found last, and two
// if it is the key that followed that one the last time, as with machines that report
// in a fixed order;
// for any other key it costs a map access. Finding never allocates.
//
// The table counts pairs of key and field on the caller's behalf: Add does not
// count, so the caller calls Fits or Reserve first.
type Table[T any] struct {
	index   map[string]*entry[T]
	last    *entry[T] // found or added last
	keyless *entry[T] // that of the empty key; nil if it has none
	ids     []int32   // the result of Resolve

	// confidence in the prediction that a key is followed by the same key as the last
	// time. It starts at startConfidence, rises by one with every hit, up to
	// maxConfidence, and falls by one with every miss. At 0 prediction is off for good:
	// next is not read any more, and Find no longer writes it.
	confidence int

	max      int // limit of pairs
	reserved int // pairs, at most max
}

type entry[T any] struct {
	id    int32 // counted from 0, in the order of adding
	key   string
	next  *entry[T] // the prediction: what was found or added after it, the last time
	value T
}

// A misprediction costs a cache miss, as it reads the predicted entry.
// startConfidence is how many of them a stream may cost that has no order. Keys in
// a fixed order need few: Add links them as they appear, so they are predicted from
// the second round on. maxConfidence bounds how many the end of a long order costs.
const (
	startConfidence = 1 << 6
	maxConfidence   = 1 << 16
)

// New returns an empty table for at most max pairs of key and field. Requires max ≥ 1.
func New[T any](max int) *Table[T] {
	return &Table[T]{index: map[string]*entry[T]{}, max: max, confidence: startConfidence}
}

// Find returns the value of a key, or nil if it is not in the table. The pointer
// stays valid; key is not retained.
func (t *Table[T]) Find(key []byte) *T {
	if len(key) == 0 && t.keyless != nil {
		return &t.keyless.value
	}
	return t.find(key)
}

// find finds any key but an empty one that is in the table.
func (t *Table[T]) find(key []byte) *T {
	last := t.last
	if last == nil {
		return nil
	}
	if last.key == string(key) {
		return &last.value
	}
	if t.confidence > 0 {
		e := last.next
		if e != nil && e.key == string(key) {
			t.last, t.confidence = e, min(t.confidence+1, maxConfidence)
			return &e.value
		}
	}
	e := t.index[string(key)]
	if e == nil {
		return nil
	}
	t.last = e
	if t.confidence > 0 {
		last.next = e
		t.confidence--
	}
	return &e.value
}

// Fits reports whether that many more pairs of key and field are within the
// limit.
func (t *Table[T]) Fits(pairs int) bool { return t.reserved+pairs <= t.max }

// Reserve counts that many more pairs of key and field. If they would exceed the
// limit, it counts none of them and reports false.
func (t *Table[T]) Reserve(pairs int) bool {
	if !t.Fits(pairs) {
		return false
	}
	t.reserved += pairs
	return true
}

// Add adds a key with the zero value of T, and returns a pointer to that value. It
// copies key. Requires that key is not in the table.
func (t *Table[T]) Add(key []byte) *T {
	e := &entry[T]{id: int32(len(t.index)), key: string(key)}
	if len(key) == 0 {
		t.keyless = e
	}
	t.index[e.key] = e
	if t.last != nil {
		t.last.next = e
	}
	t.last = e
	return &e.value
}

// Len returns the number of keys.
func (t *Table[T]) Len() int { return len(t.index) }

// Resolve returns the id of each row's key, -1 for a key that is not in the table; nil if
// the batch has no keys. The result is valid until the next call.
func (t *Table[T]) Resolve(b *batch.Batch) []int32 {
	if len(b.Keys) == 0 {
		return nil
	}
	t.ids = t.ids[:0]
	for row := range b.Rows {
		id := int32(-1)
		if t.Find(b.Key(row)) != nil {
			id = t.last.id
		}
		t.ids = append(t.ids, id)
	}
	return t.ids
}
