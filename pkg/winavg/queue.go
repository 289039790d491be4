package winavg

import (
	"container/heap"
	"sort"
)

// line is cells in the order of their half steps: they join behind and leave in
// front, at no cost that grows with their number.
type paneQueue struct {
	panes []*pane
	head  int // cells[:head] have left
}

func (l *paneQueue) len() int { return len(l.panes) - l.head }

// first and last are nil if there is none.
func (l *paneQueue) first() *pane {
	if l.head == len(l.panes) {
		return nil
	}
	return l.panes[l.head]
}

func (l *paneQueue) last() *pane {
	if l.head == len(l.panes) {
		return nil
	}
	return l.panes[len(l.panes)-1]
}

func (l *paneQueue) push(x *pane) {
	if len(l.panes) == cap(l.panes) && 2*l.head >= len(l.panes) { // room in front is used before there is more
		l.panes, l.head = l.panes[:copy(l.panes, l.panes[l.head:])], 0
	}
	l.panes = append(l.panes, x)
}

func (l *paneQueue) pop() {
	if l.head++; l.head == len(l.panes) {
		l.panes, l.head = l.panes[:0], 0
	}
}

// find is the cell of that half step, or nil.
func (l *paneQueue) find(half int64) *pane {
	live := l.panes[l.head:]
	i := sort.Search(len(live), func(i int) bool { return live[i].index >= half })
	if i == len(live) || live[i].index != half {
		return nil
	}
	return live[i]
}

// queue gives cells back by their half steps. Those that come in order, as
// nearly all do, stand in line, the others in a heap.
type queue struct {
	paneQueue
	outOfOrder outOfOrder
}

func (q *queue) len() int { return q.paneQueue.len() + len(q.outOfOrder) }

// first is nil if there is none.
func (q *queue) first() *pane {
	x := q.paneQueue.first()
	if len(q.outOfOrder) > 0 && (x == nil || q.outOfOrder[0].index < x.index) {
		return q.outOfOrder[0]
	}
	return x
}

func (q *queue) push(x *pane) {
	if last := q.last(); last != nil && x.index < last.index {
		heap.Push(&q.outOfOrder, x)
	} else {
		q.paneQueue.push(x)
	}
}

// pop takes out the first.
func (q *queue) pop() {
	if q.first() == q.paneQueue.first() {
		q.paneQueue.pop()
	} else {
		heap.Pop(&q.outOfOrder)
	}
}

// strays is a heap: the earliest first.
type outOfOrder []*pane

func (s outOfOrder) Len() int           { return len(s) }
func (s outOfOrder) Less(i, j int) bool { return s[i].index < s[j].index }
func (s outOfOrder) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *outOfOrder) Push(x any)        { *s = append(*s, x.(*pane)) }
func (s *outOfOrder) Pop() any {
	old := *s
	x := old[len(old)-1]
	*s = old[:len(old)-1]
	return x
}
