package group

// Fields keeps something for each field of a key, by slot. The zero value is
// empty. Low slots, those of names met early, cost an index; others a map
// access.
type Fields[T any] struct {
	near []*T // of slots below nearSlots
	far  map[int]*T
}

const nearSlots = 64

// Find is what is kept for a slot, or nil.
func (f *Fields[T]) Find(slot int) *T {
	if slot < len(f.near) {
		return f.near[slot]
	}
	return f.far[slot]
}

// Put keeps v for a slot that has nothing yet.
func (f *Fields[T]) Put(slot int, v *T) {
	if slot >= nearSlots {
		if f.far == nil {
			f.far = map[int]*T{}
		}
		f.far[slot] = v
		return
	}
	for len(f.near) <= slot {
		f.near = append(f.near, nil)
	}
	f.near[slot] = v
}
