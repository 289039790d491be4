package group

// Slots holds a T for each field of a key, by the field's slot. Slots are the numbers
// that a parser gives to field names, counted from 0 in the order of -f or in the
// order in which it first sees them. The zero value is empty.
//
// Layout: the fields of the key's first record are side by side in one allocation, and
// found without a look at more, if their slots are 0, 1, 2, …, as they are in most
// streams. All others are in more: a stream may have thousands of names, of which each
// key has a few. Slots takes 32 bytes, so that a group of [Groups] with a key of up to
// 28 bytes is one cache line.
//
// Invariant: first has slots 0 to len(first)-1, and more has no slot that first has.
type Slots[T any] struct {
	first []T
	more  *fields[T]
}

// maxFirst is the largest number of values that are allocated together.
const maxFirst = 64

// Find returns the value of a slot, or nil if it has none. The pointer stays valid.
func (s *Slots[T]) Find(slot int) *T {
	if uint(slot) < uint(len(s.first)) {
		return &s.first[slot]
	}
	if s.more == nil {
		return nil
	}
	return s.more.find(slot)
}

// Add adds a slot with the zero value of T, and returns a pointer to it, which stays
// valid. The first call decides how many of the first slots get memory together: want
// is how many of them the key will probably have. Requires that the slot has no value.
func (s *Slots[T]) Add(slot, want int) *T {
	if s.first == nil && s.more == nil && slot == 0 {
		s.first = make([]T, 0, max(1, min(want, maxFirst)))
	}
	if slot == len(s.first) && slot < cap(s.first) {
		s.first = s.first[:slot+1]
		return &s.first[slot]
	}
	if s.more == nil {
		s.more = new(fields[T])
	}
	v := new(T)
	s.more.put(slot, v)
	return v
}

// All yields the slots that have a value, in ascending order.
func (s *Slots[T]) All(yield func(slot int, v *T) bool) {
	for i := range s.first {
		if !yield(i, &s.first[i]) {
			return
		}
	}
	if s.more != nil {
		s.more.all(yield)
	}
}
