package winavg

import (
	"container/heap"
	"sort"
)

// paneQueue has panes in rising order of their indexes. They are added at the end and
// removed at the front, both in amortised constant time.
//
// Invariant: panes[head:] are the panes in the queue; head < len(panes), or both are 0.
type paneQueue struct {
	panes []*pane
	head  int
}

// first returns the pane with the smallest index, or nil.
func (q *paneQueue) first() *pane {
	if q.head == len(q.panes) {
		return nil
	}
	return q.panes[q.head]
}

// last returns the pane with the largest index, or nil.
func (q *paneQueue) last() *pane {
	if q.head == len(q.panes) {
		return nil
	}
	return q.panes[len(q.panes)-1]
}

// push adds a pane. Requires that no pane in the queue has a larger index.
func (q *paneQueue) push(x *pane) {
	if len(q.panes) == cap(q.panes) && 2*q.head >= len(q.panes) { // move the panes to the front rather than grow
		q.panes, q.head = q.panes[:copy(q.panes, q.panes[q.head:])], 0
	}
	q.panes = append(q.panes, x)
}

// pop removes the first pane. Requires that there is one.
func (q *paneQueue) pop() {
	q.head++
	if q.head == len(q.panes) {
		q.panes, q.head = q.panes[:0], 0
	}
}

// find returns the pane with that index, or nil. Requires that no two panes in the queue
// have one index.
func (q *paneQueue) find(index int64) *pane {
	live := q.panes[q.head:]
	i := sort.Search(len(live), func(i int) bool { return live[i].index >= index })
	if i == len(live) || live[i].index != index {
		return nil
	}
	return live[i]
}

// queue is a priority queue of panes by index. Nearly all panes are pushed in order, and
// go to a paneQueue; the others go to a heap.
type queue struct {
	paneQueue
	outOfOrder paneHeap
}

// first returns the pane with the smallest index, or nil.
func (q *queue) first() *pane {
	x := q.paneQueue.first()
	if len(q.outOfOrder) > 0 && (x == nil || q.outOfOrder[0].index < x.index) {
		return q.outOfOrder[0]
	}
	return x
}

// push adds a pane.
func (q *queue) push(x *pane) {
	last := q.last()
	if last != nil && x.index < last.index {
		heap.Push(&q.outOfOrder, x)
	} else {
		q.paneQueue.push(x)
	}
}

// pop removes the pane that first returns. Requires that there is one.
func (q *queue) pop() {
	if q.first() == q.paneQueue.first() {
		q.paneQueue.pop()
	} else {
		heap.Pop(&q.outOfOrder)
	}
}

// paneHeap implements heap.Interface; the pane with the smallest index is the first.
type paneHeap []*pane

func (h paneHeap) Len() int           { return len(h) }
func (h paneHeap) Less(i, j int) bool { return h[i].index < h[j].index }
func (h paneHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *paneHeap) Push(x any)        { *h = append(*h, x.(*pane)) }
func (h *paneHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
