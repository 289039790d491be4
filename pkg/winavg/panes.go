package winavg

import (
	"bytes"
	"math"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// key is what is kept of a key: its present window for each field, and its panes.
type key struct {
	text        []byte        // as Groups.Key returns it
	windows     []window.Span // one for each field
	panesInside int32         // number of panes in the window
	panesHeld   int32         // number of all its panes
	active      bool          // in panes.arrived, or taken from there and not left inactive since
	unused      bool          // in panes.unused
	lastPane    *pane         // the one that was used last, or nil
	panes       paneQueue     // its panes, without those that are out of order
}

func (k *key) init(text []byte, fields int, need agg.Needs) {
	k.text = text
	k.windows = make([]window.Span, fields)
	for i := range k.windows {
		k.windows[i] = window.NewSpan(need)
	}
}

// sortKeys sorts keys by their text.
func sortKeys(keys []*key) {
	slices.SortFunc(keys, func(a, b *key) int { return bytes.Compare(a.text, b.text) })
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
// has left is reused. The window is that of one row at a time, the same for all keys.
//
// Invariant: a pane is in exactly one of ahead and inside: it is inside if its index is at
// most high. It is in the queue of its key, or in outOfOrder if its flag is set.
type panes struct {
	assigner
	fields       int
	needs        agg.Needs
	freesKeys    bool              // see Options.freesKeys
	carriesKey   bool              // see Options.carriesKey
	cached       step              // the step that locate returned last
	high         int64             // the last index inside the window; less than any while there is no window
	newestInside int64             // the largest index of a pane that has entered, or had a late event
	ahead        queue             // panes that have not entered the window yet
	inside       queue             // panes that have entered and not left
	outOfOrder   map[paneKey]*pane // panes that are not in the queue of their key
	free         []*pane           // panes that have left, to be reused
	arrived      []*key            // keys that have got a pane inside, until takeArrived returns them
	unused       []*key            // keys that were left without a pane, until takeUnused returns them
}

type paneKey struct {
	key   *key
	index int64
}

func newPanes(a assigner, fields int, needs agg.Needs) panes {
	return panes{assigner: a, fields: fields, needs: needs, cached: a.stepOf(stamp.Time{}), high: math.MinInt64, newestInside: math.MinInt64, outOfOrder: map[paneKey]*pane{}}
}

// locate returns the step of t. It is valid until the next call.
func (p *panes) locate(t stamp.Time) *step {
	if uint64(t.Sec-p.cached.begin) >= uint64(p.cached.length) {
		p.relocate(t)
	}
	return &p.cached
}

// relocate sets cached to the step of t. It is not inlined, so that locate is.
//
//go:noinline
func (p *panes) relocate(t stamp.Time) {
	if p.local != nil {
		p.cached = p.local.stepOf(t.Sec)
		return
	}
	i, begin := p.floor(t) // as stepOf, which is not inlined
	c := &p.cached
	c.begin, c.length, c.index, c.instant = begin, p.size, 2*i+1, 2*i
}

// addLate adds a late reading to the pane of k and index; if that is inside the window, to
// the window as well.
func (p *panes) addLate(k *key, index int64, field int, t stamp.Time, d exact.Dec) {
	x := p.pane(k, index)
	if index <= p.high {
		k.windows[field].Late(index, &x.parts[field], t, d)
	} else {
		x.parts[field].Add(t, d)
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
	k.panesHeld++
	x.key, x.index, x.outOfOrder = k, index, outOfOrder
	if outOfOrder {
		p.outOfOrder[paneKey{k, index}] = x
	} else {
		k.panes.push(x)
	}
	if index <= p.high {
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
	p.arrive(k)
}

// arrive makes a key active.
func (p *panes) arrive(k *key) {
	if !k.active {
		k.active = true
		p.arrived = append(p.arrived, k)
	}
}

// arrivedInside returns the keys that have arrived and have a line in the row, in order of
// their text.
func (p *panes) arrivedInside() (keys []*key) {
	for _, k := range p.arrived {
		if p.hasRow(k) {
			keys = append(keys, k)
		}
	}
	sortKeys(keys)
	return keys
}

// hasRow reports whether a key that has arrived has a line in the row of the present window.
func (p *panes) hasRow(k *key) bool { return k.panesInside > 0 || p.carriesKey }

// takeArrived is arrivedInside, and forgets all keys that have arrived: it is up to the
// caller to leave a key inactive again. Keys that have no line in the row are left inactive,
// until they have another pane. The result is valid until a pane is added or the window moves.
func (p *panes) takeArrived() []*key {
	keys := p.arrived[:0]
	for _, k := range p.arrived {
		k.active = p.hasRow(k)
		if k.active {
			keys = append(keys, k)
		}
	}
	p.arrived = p.arrived[:0]
	sortKeys(keys)
	return keys
}

// take forgets some of the keys that have arrived.
func (p *panes) take(keys []*key) {
	taken := map[*key]bool{}
	for _, k := range keys {
		taken[k] = true
	}
	p.arrived = slices.DeleteFunc(p.arrived, func(k *key) bool { return taken[k] })
}

// nextIndex returns the smallest index of a pane that has not entered the window yet. It
// reports false if there is none.
func (p *panes) nextIndex() (index int64, ok bool) {
	x := p.ahead.first()
	if x == nil {
		return 0, false
	}
	return x.index, true
}

// move moves the window: it then covers the panes with indexes from first to last.
// Requires that neither is smaller than in the call before.
func (p *panes) move(first, last int64) {
	if p.local != nil && -noPane < first && first < noPane {
		first = p.firstInside(first)
	}
	p.high = last
	for x := p.ahead.first(); x != nil && x.index <= last; x = p.ahead.first() {
		p.ahead.pop()
		p.inside.push(x)
		p.newestInside = max(p.newestInside, x.index)
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

// reset removes all panes, so that the window may move anywhere.
func (p *panes) reset() {
	p.move(math.MaxInt64, math.MaxInt64)
	for _, k := range p.takeArrived() {
		k.active = false
	}
	p.high, p.newestInside = math.MinInt64, math.MinInt64
}

// leave removes a pane from the window of its key, and keeps it for reuse.
func (p *panes) leave(x *pane) {
	k := x.key
	k.panesInside--
	for i := range x.parts {
		k.windows[i].Leave(x.index, &x.parts[i])
		x.parts[i].Clear()
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
	k.panesHeld--
	p.noteUnused(k)
}

// noteUnused takes note of a key if it has no pane and keys are freed.
func (p *panes) noteUnused(k *key) {
	if p.freesKeys && k.panesHeld == 0 && !k.unused {
		k.unused = true
		p.unused = append(p.unused, k)
	}
}

// takeUnused calls remove for the keys that were left without a pane and are inactive, of
// which nothing knows any more then, and forgets them.
func (p *panes) takeUnused(remove func(*key)) {
	rest := p.unused[:0]
	for _, k := range p.unused {
		switch {
		case k.panesHeld > 0:
			k.unused = false
		case k.active:
			rest = append(rest, k)
		default:
			remove(k)
		}
	}
	clear(p.unused[len(rest):])
	p.unused = rest
}
