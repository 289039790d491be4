package sketch

import (
	"cmp"
	"slices"

	"weir/pkg/exact"
)

// entry is a number that was read n times.
//
// Why f: it decides most comparisons in less time than d.
type entry struct {
	d exact.Dec // 0 if only f is known
	f float64   // the float64 nearest to the number, or the middle of a step
	n int64
}

// compare compares the numbers of two entries: by f, and where these are equal, by d.
func compare(a, b entry) int {
	if a.f != b.f {
		return cmp.Compare(a.f, b.f)
	}
	return a.d.Cmp(b.d)
}

// less reports whether the number of e is less than that of an entry with d and f.
func (e *entry) less(d exact.Dec, f float64) bool {
	return e.f < f || e.f == f && e.d != d && e.d.Cmp(d) < 0
}

// equal reports whether e and o have one number.
func (e *entry) equal(o *entry) bool {
	return e.f == o.f && (e.d == o.d || e.d.Cmp(o.d) == 0)
}

// find returns the index of the first entry whose number is not less than that of e, and
// whether it is equal. Requires that list is in ascending order.
func find(list []entry, e *entry) (i int, found bool) {
	d, f := e.d, e.f
	lo, hi := 0, len(list)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if list[mid].less(d, f) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(list) && list[lo].equal(e)
}

// tree is a multiset in ascending order: a B+ tree whose inner nodes know how many
// readings are below each child, so that reading k is found in logarithmic time. The zero
// value is empty.
//
// Why not a library's: the B-trees that count (tidwall/btree) count entries, not
// how often each was read, and a step of winavg can have a million readings of few
// different numbers.
//
// Invariant: below an inner node, all entries of child i are less than the bound of child
// i+1, and those of child i+1 are not. No node is empty, except the root. Two adjacent
// children of one node have more than half of what fits one node together, so that
// readings which stay while others leave do not keep a node each.
type tree struct {
	n    int64 // readings
	root *node
	free []*node // leaves to be reused, at most maxFree, so that a sliding window does not allocate
}

const (
	leafLen = 64 // entries of a leaf
	maxKids = 32 // children of an inner node
	maxFree = 4
)

// node is a leaf, which has entries, or an inner node, which has kids.
type node struct {
	entries []entry
	kids    []kid
}

// kid is a child, and the n readings below it.
type kid struct {
	node  *node
	n     int64
	bound entry // no entry below is less; not valid of the first child
}

// size returns the number of entries or children.
func (x *node) size() int { return len(x.entries) + len(x.kids) }

// child returns the index of the child that has the number of e, or would have it.
func (x *node) child(e *entry) int {
	d, f := e.d, e.f
	lo, hi := 0, len(x.kids)-1 // the child after lo to the one after hi may be the first whose bound is above e
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		b := &x.kids[mid+1].bound
		if b.less(d, f) || b.equal(e) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// add adds e.n readings.
func (t *tree) add(e *entry) {
	if t.root == nil {
		t.root = new(node)
	}
	right := t.insert(t.root, e, true)
	t.n += e.n
	if right.node != nil {
		left := kid{node: t.root, n: t.n - right.n}
		t.root = &node{kids: append(make([]kid, 0, maxKids), left, right)}
	}
}

// insert adds e below x; last says that x is the last node of its level. If x was full, it
// is split: the upper part is returned as a child that belongs after x.
func (t *tree) insert(x *node, e *entry, last bool) (right kid) {
	if x.kids == nil {
		return t.insertEntry(x, e, last)
	}
	i := x.child(e)
	last = last && i == len(x.kids)-1
	k := &x.kids[i]
	k.n += e.n
	upper := t.insert(k.node, e, last)
	if upper.node == nil {
		return kid{}
	}
	k.n -= upper.n
	if len(x.kids) == maxKids {
		half := splitAt(maxKids, last)
		right.node = &node{kids: append(make([]kid, 0, maxKids), x.kids[half:]...)}
		clear(x.kids[half:])
		x.kids = x.kids[:half]
		if i >= half {
			x, i = right.node, i-half
		}
	}
	x.kids = slices.Insert(x.kids, i+1, upper)
	if right.node != nil {
		right.bound = right.node.kids[0].bound
		for _, k := range right.node.kids {
			right.n += k.n
		}
	}
	return right
}

// splitAt returns how many of n entries or children stay in a node that is split. The last
// node of a level keeps nearly all, so that rising readings fill their nodes.
func splitAt(n int, last bool) int {
	if last {
		return n - 1
	}
	return n / 2
}

// insertEntry is insert for a leaf.
func (t *tree) insertEntry(x *node, e *entry, last bool) (right kid) {
	i, found := find(x.entries, e)
	if found {
		x.entries[i].n += e.n
		return kid{}
	}
	if len(x.entries) == leafLen {
		half := splitAt(leafLen, last && i == leafLen)
		right.node = t.newLeaf()
		right.node.entries = append(right.node.entries, x.entries[half:]...)
		clear(x.entries[half:])
		x.entries = x.entries[:half]
		if i > half {
			x, i = right.node, i-half
		}
	}
	x.entries = slices.Insert(x.entries, i, *e)
	if right.node != nil {
		right.bound = right.node.entries[0]
		for _, e := range right.node.entries {
			right.n += e.n
		}
	}
	return right
}

func (t *tree) newLeaf() *node {
	n := len(t.free)
	if n == 0 {
		return &node{entries: make([]entry, 0, leafLen)}
	}
	x := t.free[n-1]
	t.free = t.free[:n-1]
	return x
}

// remove removes e.n readings. It panics if they are not there.
func (t *tree) remove(e *entry) {
	if t.root == nil {
		panic(notAdded)
	}
	t.delete(t.root, e)
	t.n -= e.n
	for len(t.root.kids) == 1 {
		t.root = t.root.kids[0].node
	}
}

// delete removes e below x, and merges nodes that have become small.
func (t *tree) delete(x *node, e *entry) {
	if x.kids == nil {
		i, found := find(x.entries, e)
		if !found || x.entries[i].n < e.n {
			panic(notAdded)
		}
		x.entries[i].n -= e.n
		if x.entries[i].n == 0 {
			x.entries = slices.Delete(x.entries, i, i+1)
		}
		return
	}
	i := x.child(e)
	k := &x.kids[i]
	t.delete(k.node, e)
	k.n -= e.n
	switch {
	case k.node.size() == 0:
		t.dropKid(x, i)
	case i+1 < len(x.kids) && k.node.fits(x.kids[i+1].node):
		t.mergeKids(x, i)
	case i > 0 && x.kids[i-1].node.fits(k.node):
		t.mergeKids(x, i-1)
	}
}

// fits reports whether x and its neighbour y have at most half of what fits one node.
func (x *node) fits(y *node) bool {
	most := leafLen / 2
	if x.kids != nil {
		most = maxKids / 2
	}
	return x.size()+y.size() <= most
}

// mergeKids appends child i+1 of x to child i. The last child of the one and the first child of
// the other are neighbours then, so they are merged too if they fit one node.
func (t *tree) mergeKids(x *node, i int) {
	left, right := &x.kids[i], &x.kids[i+1]
	if right.node.kids != nil {
		right.node.kids[0].bound = right.bound
	}
	seam := len(left.node.kids)
	left.node.kids = append(left.node.kids, right.node.kids...)
	left.node.entries = append(left.node.entries, right.node.entries...)
	left.n += right.n
	if seam > 0 && left.node.kids[seam-1].node.fits(left.node.kids[seam].node) {
		t.mergeKids(left.node, seam-1)
	}
	t.dropKid(x, i+1)
}

// dropKid removes child i of x, whose entries are gone or moved.
func (t *tree) dropKid(x *node, i int) {
	y := x.kids[i].node
	if cap(y.entries) == leafLen && len(t.free) < maxFree {
		clear(y.entries)
		y.entries = y.entries[:0]
		t.free = append(t.free, y)
	}
	x.kids = slices.Delete(x.kids, i, i+1)
}

// at returns readings k and k+1 in ascending order, counted from 0; for the last reading
// both are that one. Requires that reading k exists.
func (t *tree) at(k int64) (a, b *entry) {
	x, i, after := t.find(k)
	a = &x.entries[i]
	switch {
	case after > 0 || k+1 == t.n:
		return a, a
	case i+1 < len(x.entries):
		return a, &x.entries[i+1]
	}
	x, i, _ = t.find(k + 1)
	return a, &x.entries[i]
}

// find returns where reading k is: in entry i of the leaf x, which has that many readings
// after it.
func (t *tree) find(k int64) (x *node, i int, after int64) {
	x, n := t.root, t.n
	for x.kids != nil {
		i = 0
		for ; k >= x.kids[i].n; i++ {
			k -= x.kids[i].n
		}
		x, n = x.kids[i].node, x.kids[i].n
	}
	if n == int64(len(x.entries)) { // each once
		return x, int(k), 0
	}
	for i := range x.entries {
		k -= x.entries[i].n
		if k < 0 {
			return x, i, -1 - k
		}
	}
	panic("sketch: there is no such reading")
}
