// Package group keeps something for every key of a stream, and bounds how much
// there may be of it. Filters stand on it.
package group

// Table holds a T for every key. A key is any text of bytes; the empty one
// serves a stream that is not grouped. Looking up the key that was looked up
// last costs a comparison, and so does the one that followed it the time
// before, where keys come in turn; any other a map access. None allocates.
type Table[T any] struct {
	index      map[string]*entry[T]
	last       *entry[T]
	keyless    *entry[T] // that of the empty key; nil: it has none
	confidence int       // how often next was right, less how often it was not; at 0 keys have no turn, and next is let be
	max        int
	reserved   int
}

type entry[T any] struct {
	key   string
	next  *entry[T] // what was looked up after it, the last time
	value T
}

// Trust in next begins with some, for it must be learned, and ends with what is
// soon used up when turns end: it costs a cache miss to be wrong.
const (
	startConfidence = 1 << 6
	maxConfidence   = 1 << 16
)

// New is an empty table with room for max pairs of key and field, at least one.
func New[T any](max int) *Table[T] {
	return &Table[T]{index: map[string]*entry[T]{}, max: max, confidence: startConfidence}
}

// Find is the value of a key, or nil.
func (t *Table[T]) Find(key []byte) *T {
	if len(key) == 0 && t.keyless != nil {
		return &t.keyless.value
	}
	return t.find(key)
}

func (t *Table[T]) find(key []byte) *T {
	last := t.last
	if last == nil {
		return nil
	}
	if last.key == string(key) {
		return &last.value
	}
	if t.confidence > 0 {
		if e := last.next; e != nil && e.key == string(key) {
			t.last, t.confidence = e, min(t.confidence+1, maxConfidence)
			return &e.value
		}
	}
	e := t.index[string(key)]
	if e == nil {
		return nil
	}
	if t.last = e; t.confidence > 0 {
		last.next = e
		t.confidence--
	}
	return &e.value
}

// Room reports whether that many more pairs may be held.
func (t *Table[T]) HasRoom(pairs int) bool { return t.reserved+pairs <= t.max }

// Hold counts pairs as held, or reports that there is no room for them.
func (t *Table[T]) Reserve(pairs int) bool {
	if !t.HasRoom(pairs) {
		return false
	}
	t.reserved += pairs
	return true
}

// Add makes a new zero value for a key that is not in the table.
func (t *Table[T]) Add(key []byte) *T {
	e := &entry[T]{key: string(key)}
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

// Len is the number of keys.
func (t *Table[T]) Len() int { return len(t.index) }
