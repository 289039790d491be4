package group

// Fields keeps something for each field of a key, by slot. The zero value is
// empty. Low slots, those of names met early, cost an index; those after them, up
// to pages × pageSlots, two; others a map access.
type Fields[T any] struct {
	first []*T // of slots below nearSlots
	pages *[pages]*[pageSlots]*T
	rest  map[int]*T
}

const (
	firstSlots = 64
	pageSlots  = 64
	pages      = 64
)

// Find is what is kept for a slot, or nil.
func (f *Fields[T]) Find(slot int) *T {
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

// Put keeps v for a slot that has nothing yet.
func (f *Fields[T]) Put(slot int, v *T) {
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
