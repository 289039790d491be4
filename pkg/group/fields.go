package group

import (
	"maps"
	"slices"
)

// fields holds a T for each field of a key, by the field's slot. Slots are the
// numbers that a parser gives to field names, counted from 0 in the order of -f or
// in the order in which it first sees them. The zero value is empty.
//
// Layout: a stream may have a million keys with a field each, so a key that has only
// low slots takes nothing but a slice up to the highest one. A stream may also have
// thousands of names, of which each key has a few; then a slice up to the highest
// slot would waste memory. Therefore
//
//   - slots below firstSlots are in first, which grows to the highest one used;
//   - further slots below pages·pageSlots are in pages: a table of 64 pages of 64
//     pointers, table and pages made when first needed (512 bytes each);
//   - all others are in the map rest.
//
// So a low slot costs one index, a higher one two, and any other a map access.
type fields[T any] struct {
	first []*T                   // by slot; nil where the key has no such field
	pages *[pages]*[pageSlots]*T // by slot/pageSlots, then slot%pageSlots; the first page is never used
	rest  map[int]*T
}

const (
	firstSlots = 64
	pageSlots  = 64
	pages      = 64
)

// find returns the value of a slot, or nil if it has none.
func (f *fields[T]) find(slot int) *T {
	if slot < len(f.first) {
		return f.first[slot]
	}
	if slot < pages*pageSlots {
		if f.pages == nil || f.pages[slot/pageSlots] == nil {
			return nil
		}
		return f.pages[slot/pageSlots][slot%pageSlots]
	}
	return f.rest[slot]
}

// put sets the value of a slot. Requires that the slot has none yet.
func (f *fields[T]) put(slot int, v *T) {
	switch {
	case slot < firstSlots:
		for len(f.first) <= slot {
			f.first = append(f.first, nil)
		}
		f.first[slot] = v
	case slot < pages*pageSlots:
		if f.pages == nil {
			f.pages = new([pages]*[pageSlots]*T)
		}
		page := &f.pages[slot/pageSlots]
		if *page == nil {
			*page = new([pageSlots]*T)
		}
		(*page)[slot%pageSlots] = v
	default:
		if f.rest == nil {
			f.rest = map[int]*T{}
		}
		f.rest[slot] = v
	}
}

// all yields the slots that have a value, in ascending order.
func (f *fields[T]) all(yield func(slot int, v *T) bool) {
	for slot, v := range f.first {
		if v != nil && !yield(slot, v) {
			return
		}
	}
	if f.pages != nil {
		for i, page := range f.pages {
			if page == nil {
				continue
			}
			for j, v := range page {
				if v != nil && !yield(i*pageSlots+j, v) {
					return
				}
			}
		}
	}
	for _, slot := range slices.Sorted(maps.Keys(f.rest)) {
		if !yield(slot, f.rest[slot]) {
			return
		}
	}
}
