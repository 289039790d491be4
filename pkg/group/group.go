// Package group keeps something for every key of a stream, and bounds how much
// there may be of it. Filters stand on it.
package group

// Table holds a T for every key. A key is any text of bytes; the empty one
// serves a stream that is not grouped. Looking up the key that was looked up
// last costs a comparison, any other a map access; neither allocates.
type Table[T any] struct {
	index map[string]*entry[T]
	last  *entry[T]
	max   int
	held  int
}

type entry[T any] struct {
	key   string
	value *T
}

// New is an empty table with room for max pairs of key and field, at least one.
func New[T any](max int) *Table[T] {
	return &Table[T]{index: map[string]*entry[T]{}, max: max}
}

// Find is the value of a key, or nil.
func (t *Table[T]) Find(key []byte) *T {
	if t.last != nil && t.last.key == string(key) {
		return t.last.value
	}
	if e := t.index[string(key)]; e != nil {
		t.last = e
		return e.value
	}
	return nil
}

// Room reports whether that many more pairs may be held.
func (t *Table[T]) Room(pairs int) bool { return t.held+pairs <= t.max }

// Hold counts pairs as held, or reports that there is no room for them.
func (t *Table[T]) Hold(pairs int) bool {
	if !t.Room(pairs) {
		return false
	}
	t.held += pairs
	return true
}

// Add makes a new zero value for a key that is not in the table.
func (t *Table[T]) Add(key []byte) *T {
	e := &entry[T]{key: string(key), value: new(T)}
	t.index[e.key] = e
	t.last = e
	return e.value
}

// Len is the number of keys.
func (t *Table[T]) Len() int { return len(t.index) }
