package winavg

import (
	"weir/pkg/agg"
	"weir/pkg/ndjson"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// key is one group: its window now, for each field.
type key struct {
	text   []byte // as group.Table knows it
	spans  []window.Span
	inside int   // cells in the window
	active bool  // on the list of those that print
	cell   *cell // the one used last
	cells  line  // all but its strays
}

func (k *key) init(text []byte, fields int, need agg.Needs) {
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
	stray bool          // its key had one of a later half step when it came
	parts []window.Part // a field each
}

// calendar keeps the cells that are, or will be, in a window.
type calendar struct {
	fields int
	need   agg.Needs
	ahead  queue           // not yet entered
	inside queue           // entered and not yet left
	strays map[place]*cell // those that no key has in line
	hi     int64           // the last half step that has entered
	moved  bool            // hi is set
	free   []*cell         // have left, and serve again
	joined []*key          // have come inside
}

type place struct {
	key  *key
	half int64
}

func (c *calendar) init(fields int, need agg.Needs) {
	c.fields, c.need, c.strays = fields, need, map[place]*cell{}
}

// late puts a record's readings into the cell of its key and half step; if that
// is inside the window, into the window as well.
func (c *calendar) late(k *key, half int64, t stamp.Time, r *ndjson.Record) {
	x := c.cell(k, half)
	for i := range r.Len() {
		field, d := r.At(i)
		if c.moved && half <= c.hi {
			k.spans[field].Late(half, &x.parts[field], t, d)
		} else {
			x.parts[field].Add(t, d)
		}
	}
}

// cell is the one of k and half.
func (c *calendar) cell(k *key, half int64) *cell {
	if k.cell == nil || k.cell.half != half {
		k.cell = c.find(k, half)
	}
	return k.cell
}

// find is cell for any but the one used last; it may be new. A stray leaves
// before the cell of its key that it came behind, so none is later than the last
// in line.
func (c *calendar) find(k *key, half int64) *cell {
	last := k.cells.last()
	late := last != nil && half <= last.half
	if late {
		if x := k.cells.find(half); x != nil {
			return x
		}
		if x := c.strays[place{k, half}]; x != nil {
			return x
		}
	}
	x := c.fresh()
	x.key, x.half, x.stray = k, half, late
	if late {
		c.strays[place{k, half}] = x
	} else {
		k.cells.push(x)
	}
	if c.moved && half <= c.hi {
		c.inside.push(x)
		c.count(k)
	} else {
		c.ahead.push(x)
	}
	return x
}

// fresh is an empty cell.
func (c *calendar) fresh() *cell {
	if n := len(c.free); n > 0 {
		x := c.free[n-1]
		c.free = c.free[:n-1]
		return x
	}
	x := &cell{parts: make([]window.Part, c.fields)}
	for i := range x.parts {
		x.parts[i] = window.NewPart(c.need)
	}
	return x
}

// count notes that a cell of k has come inside.
func (c *calendar) count(k *key) {
	k.inside++
	if !k.active {
		k.active = true
		c.joined = append(c.joined, k)
	}
}

// move makes the window reach from half step lo to hi; neither ever goes back.
func (c *calendar) move(lo, hi int64) {
	c.hi, c.moved = hi, true
	for x := c.ahead.first(); x != nil && x.half <= hi; x = c.ahead.first() {
		c.ahead.pop()
		c.inside.push(x)
		c.count(x.key)
		for i := range x.parts {
			x.key.spans[i].Enter(x.half, &x.parts[i])
		}
	}
	for x := c.inside.first(); x != nil && x.half < lo; x = c.inside.first() {
		c.inside.pop()
		c.leave(x)
	}
}

func (c *calendar) leave(x *cell) {
	k := x.key
	k.inside--
	for i := range x.parts {
		k.spans[i].Leave(x.half, &x.parts[i])
		x.parts[i].Clear(c.need)
	}
	if k.cell == x {
		k.cell = nil
	}
	if x.stray {
		delete(c.strays, place{k, x.half})
	} else {
		k.cells.pop()
	}
	c.free = append(c.free, x)
}
