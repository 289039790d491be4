package winavg

import (
	"container/heap"

	"weir/pkg/ndjson"
	"weir/pkg/stamp"
	"weir/pkg/tally"
	"weir/pkg/window"
)

// key is one group: its window now, for each field.
type key struct {
	text   []byte // as group.Table knows it
	spans  []window.Span
	inside int   // cells in the window
	active bool  // on the list of those that print
	cell   *cell // the one used last
}

func (k *key) init(text []byte, fields int, need tally.Need) {
	k.text = append([]byte(nil), text...)
	k.spans = make([]window.Span, fields)
	for i := range k.spans {
		k.spans[i] = window.NewSpan(need)
	}
}

// cell holds the readings of one key in one half step.
type cell struct {
	key   *key
	half  int64
	parts []window.Part // a field each
}

// slot is the half step of all keys.
type slot struct {
	half  int64
	cells []*cell
}

// calendar keeps the cells that are, or will be, in a window.
type calendar struct {
	fields int
	need   tally.Need
	cells  map[cellID]*cell
	slots  map[int64]*slot
	ahead  slots // not yet entered
	inside slots // entered and not yet left
	hi     int64 // the last half step that has entered
	moved  bool  // hi is set
	fresh  []*key
}

type cellID struct {
	key  *key
	half int64
}

func (c *calendar) init(fields int, need tally.Need) {
	c.fields, c.need = fields, need
	c.cells, c.slots = map[cellID]*cell{}, map[int64]*slot{}
}

// add puts a record's readings into the cell of its key and half step; if that
// is inside the window, into the window as well.
func (c *calendar) add(k *key, half int64, t stamp.Time, r *ndjson.Record) {
	x := k.cell
	if x == nil || x.half != half {
		x = c.cell(k, half)
		k.cell = x
	}
	if !c.moved || half > c.hi {
		for i := range r.Len() {
			field, d := r.At(i)
			x.parts[field].Add(t, d)
		}
		return
	}
	for i := range r.Len() {
		field, d := r.At(i)
		k.spans[field].Late(half, &x.parts[field], t, d)
	}
}

func (c *calendar) cell(k *key, half int64) *cell {
	id := cellID{k, half}
	if x := c.cells[id]; x != nil {
		return x
	}
	x := &cell{key: k, half: half, parts: make([]window.Part, c.fields)}
	for i := range x.parts {
		x.parts[i] = window.NewPart(c.need)
	}
	c.cells[id] = x
	s := c.slots[half]
	entered := c.moved && half <= c.hi
	if s == nil {
		s = &slot{half: half}
		c.slots[half] = s
		if entered {
			heap.Push(&c.inside, s)
		} else {
			heap.Push(&c.ahead, s)
		}
	}
	s.cells = append(s.cells, x)
	if entered {
		c.count(k)
	}
	return x
}

// count notes that a cell of k has come inside.
func (c *calendar) count(k *key) {
	k.inside++
	if !k.active {
		k.active = true
		c.fresh = append(c.fresh, k)
	}
}

// move makes the window reach from half step lo to hi; neither ever goes back.
func (c *calendar) move(lo, hi int64) {
	c.hi, c.moved = hi, true
	for len(c.ahead) > 0 && c.ahead[0].half <= hi {
		s := heap.Pop(&c.ahead).(*slot)
		heap.Push(&c.inside, s)
		for _, x := range s.cells {
			c.count(x.key)
			for i := range x.parts {
				x.key.spans[i].Enter(x.half, &x.parts[i])
			}
		}
	}
	for len(c.inside) > 0 && c.inside[0].half < lo {
		s := heap.Pop(&c.inside).(*slot)
		delete(c.slots, s.half)
		for _, x := range s.cells {
			c.leave(x)
		}
	}
}

func (c *calendar) leave(x *cell) {
	k := x.key
	k.inside--
	for i := range x.parts {
		k.spans[i].Leave(x.half, &x.parts[i])
	}
	if k.cell == x {
		k.cell = nil
	}
	delete(c.cells, cellID{k, x.half})
}

// slots is a heap: the earliest first.
type slots []*slot

func (s slots) Len() int           { return len(s) }
func (s slots) Less(i, j int) bool { return s[i].half < s[j].half }
func (s slots) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *slots) Push(x any)        { *s = append(*s, x.(*slot)) }
func (s *slots) Pop() any {
	old := *s
	x := old[len(old)-1]
	old[len(old)-1] = nil
	*s = old[:len(old)-1]
	return x
}
