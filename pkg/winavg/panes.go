package winavg

import (
	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// key is what is kept of a key: its present window for each field, and its panes.
type key struct {
	text        []byte        // as Record.Key returns it
	windows     []window.Span // one for each field
	panesInside int           // number of panes in the window
	active      bool          // in rows.active or panes.newKeys
	lastPane    *pane         // the one that was used last, or nil
	panes       paneQueue     // its panes, without those that are out of order
}

func (k *key) init(text []byte, fields int, need agg.Needs) {
	k.text = append([]byte(nil), text...)
	k.windows = make([]window.Span, fields)
	for i := range k.windows {
		k.windows[i] = window.NewSpan(need)
	}
}

// pane has the readings of one key in one pane of time. See the package comment for
// indexes.
type pane struct {
	key        *key
	index      int64
	outOfOrder bool          // when it was made, its key had a pane of a larger index
	parts      []window.Part // one for each field
}

// panes keeps the panes that are in a window or will enter one, of all keys. A pane that
// has left is reused.
//
// Invariant: a pane is in exactly one of ahead and inside; and it is in the queue of its
// key, or in outOfOrder if its flag is set.
type panes struct {
	fields     int
	needs      agg.Needs
	ahead      queue             // panes that have not entered the window yet
	inside     queue             // panes that have entered and not left
	outOfOrder map[paneKey]*pane // panes that are not in the queue of their key
	high       int64             // the last index inside the window
	hasWindow  bool              // high is set
	free       []*pane           // panes that have left, to be reused
	newKeys    []*key            // keys that have got a pane inside and are not in rows.active yet
}

type paneKey struct {
	key   *key
	index int64
}

func (p *panes) init(fields int, need agg.Needs) {
	p.fields, p.needs, p.outOfOrder = fields, need, map[paneKey]*pane{}
}

// addLate adds the readings of a late record to the pane of k and index; if that is
// inside the window, to the window as well.
func (p *panes) addLate(k *key, index int64, t stamp.Time, run *batch.Run) {
	x := p.pane(k, index)
	for i := range run.Width() {
		field, d := run.Slot(i), run.Num(0, i)
		if p.hasWindow && index <= p.high {
			k.windows[field].Late(index, &x.parts[field], t, d)
		} else {
			x.parts[field].Add(t, d)
		}
	}
}

// pane returns the pane of k and index, which may be new.
func (p *panes) pane(k *key, index int64) *pane {
	if k.lastPane == nil || k.lastPane.index != index {
		k.lastPane = p.find(k, index)
	}
	return k.lastPane
}

// find is pane for any but the pane that was used last. A pane out of order has a smaller
// index than the last one in its key's queue, and leaves before it; so a pane with a
// larger index than that one's is always new.
func (p *panes) find(k *key, index int64) *pane {
	last := k.panes.last()
	outOfOrder := last != nil && index <= last.index
	if outOfOrder {
		x := k.panes.find(index)
		if x != nil {
			return x
		}
		x = p.outOfOrder[paneKey{k, index}]
		if x != nil {
			return x
		}
	}
	x := p.newPane()
	x.key, x.index, x.outOfOrder = k, index, outOfOrder
	if outOfOrder {
		p.outOfOrder[paneKey{k, index}] = x
	} else {
		k.panes.push(x)
	}
	if p.hasWindow && index <= p.high {
		p.inside.push(x)
		p.entered(k)
	} else {
		p.ahead.push(x)
	}
	return x
}

// newPane returns an empty pane.
func (p *panes) newPane() *pane {
	n := len(p.free)
	if n > 0 {
		x := p.free[n-1]
		p.free = p.free[:n-1]
		return x
	}
	x := &pane{parts: make([]window.Part, p.fields)}
	for i := range x.parts {
		x.parts[i] = window.NewPart(p.needs)
	}
	return x
}

// entered counts a pane of k that is inside from now on.
func (p *panes) entered(k *key) {
	k.panesInside++
	if !k.active {
		k.active = true
		p.newKeys = append(p.newKeys, k)
	}
}

// move moves the window: it then covers the panes with indexes from first to last.
// Requires that neither is smaller than in the call before.
func (p *panes) move(first, last int64) {
	p.high, p.hasWindow = last, true
	for x := p.ahead.first(); x != nil && x.index <= last; x = p.ahead.first() {
		p.ahead.pop()
		p.inside.push(x)
		p.entered(x.key)
		for i := range x.parts {
			x.key.windows[i].Enter(x.index, &x.parts[i])
		}
	}
	for x := p.inside.first(); x != nil && x.index < first; x = p.inside.first() {
		p.inside.pop()
		p.leave(x)
	}
}

// leave removes a pane from the window of its key, and keeps it for reuse.
func (p *panes) leave(x *pane) {
	k := x.key
	k.panesInside--
	for i := range x.parts {
		k.windows[i].Leave(x.index, &x.parts[i])
		x.parts[i].Clear(p.needs)
	}
	if k.lastPane == x {
		k.lastPane = nil
	}
	if x.outOfOrder {
		delete(p.outOfOrder, paneKey{k, x.index})
	} else {
		k.panes.pop()
	}
	p.free = append(p.free, x)
}
