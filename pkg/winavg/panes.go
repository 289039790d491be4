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
	inside int       // cells in the window
	active bool      // on the list of those that print
	pane   *pane     // the one used last
	panes  paneQueue // all but its strays
}

func (k *key) init(text []byte, fields int, need agg.Needs) {
	k.text = append([]byte(nil), text...)
	k.spans = make([]window.Span, fields)
	for i := range k.spans {
		k.spans[i] = window.NewSpan(need)
	}
}

// cell holds the readings of one key in one half step.
type pane struct {
	key        *key
	index      int64
	outOfOrder bool          // its key had one of a later half step when it came
	parts      []window.Part // a field each
}

// calendar keeps the cells that are, or will be, in a window.
type panes struct {
	fields     int
	needs      agg.Needs
	ahead      queue             // not yet entered
	inside     queue             // entered and not yet left
	outOfOrder map[paneKey]*pane // those that no key has in line
	hi         int64             // the last half step that has entered
	moved      bool              // hi is set
	free       []*pane           // have left, and serve again
	joined     []*key            // have come inside
}

type paneKey struct {
	key   *key
	index int64
}

func (c *panes) init(fields int, need agg.Needs) {
	c.fields, c.needs, c.outOfOrder = fields, need, map[paneKey]*pane{}
}

// late puts a record's readings into the cell of its key and half step; if that
// is inside the window, into the window as well.
func (c *panes) late(k *key, half int64, t stamp.Time, r *ndjson.Record) {
	x := c.pane(k, half)
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
func (c *panes) pane(k *key, half int64) *pane {
	if k.pane == nil || k.pane.index != half {
		k.pane = c.find(k, half)
	}
	return k.pane
}

// find is cell for any but the one used last; it may be new. A stray leaves
// before the cell of its key that it came behind, so none is later than the last
// in line.
func (c *panes) find(k *key, half int64) *pane {
	last := k.panes.last()
	late := last != nil && half <= last.index
	if late {
		if x := k.panes.find(half); x != nil {
			return x
		}
		if x := c.outOfOrder[paneKey{k, half}]; x != nil {
			return x
		}
	}
	x := c.add()
	x.key, x.index, x.outOfOrder = k, half, late
	if late {
		c.outOfOrder[paneKey{k, half}] = x
	} else {
		k.panes.push(x)
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
func (c *panes) add() *pane {
	if n := len(c.free); n > 0 {
		x := c.free[n-1]
		c.free = c.free[:n-1]
		return x
	}
	x := &pane{parts: make([]window.Part, c.fields)}
	for i := range x.parts {
		x.parts[i] = window.NewPart(c.needs)
	}
	return x
}

// count notes that a cell of k has come inside.
func (c *panes) count(k *key) {
	k.inside++
	if !k.active {
		k.active = true
		c.joined = append(c.joined, k)
	}
}

// move makes the window reach from half step lo to hi; neither ever goes back.
func (c *panes) move(lo, hi int64) {
	c.hi, c.moved = hi, true
	for x := c.ahead.first(); x != nil && x.index <= hi; x = c.ahead.first() {
		c.ahead.pop()
		c.inside.push(x)
		c.count(x.key)
		for i := range x.parts {
			x.key.spans[i].Enter(x.index, &x.parts[i])
		}
	}
	for x := c.inside.first(); x != nil && x.index < lo; x = c.inside.first() {
		c.inside.pop()
		c.leave(x)
	}
}

func (c *panes) leave(x *pane) {
	k := x.key
	k.inside--
	for i := range x.parts {
		k.spans[i].Leave(x.index, &x.parts[i])
		x.parts[i].Clear(c.needs)
	}
	if k.pane == x {
		k.pane = nil
	}
	if x.outOfOrder {
		delete(c.outOfOrder, paneKey{k, x.index})
	} else {
		k.panes.pop()
	}
	c.free = append(c.free, x)
}
