package winavg

import (
	"container/heap"
	"sort"
)

// line is cells in the order of their half steps: they join behind and leave in
// front, at no cost that grows with their number.
type line struct {
	cells []*cell
	head  int // cells[:head] have left
}

func (l *line) len() int { return len(l.cells) - l.head }

// first and last are nil if there is none.
func (l *line) first() *cell {
	if l.head == len(l.cells) {
		return nil
	}
	return l.cells[l.head]
}

func (l *line) last() *cell {
	if l.head == len(l.cells) {
		return nil
	}
	return l.cells[len(l.cells)-1]
}

func (l *line) push(x *cell) {
	if len(l.cells) == cap(l.cells) && 2*l.head >= len(l.cells) { // room in front is used before there is more
		l.cells, l.head = l.cells[:copy(l.cells, l.cells[l.head:])], 0
	}
	l.cells = append(l.cells, x)
}

func (l *line) pop() {
	if l.head++; l.head == len(l.cells) {
		l.cells, l.head = l.cells[:0], 0
	}
}

// find is the cell of that half step, or nil.
func (l *line) find(half int64) *cell {
	live := l.cells[l.head:]
	i := sort.Search(len(live), func(i int) bool { return live[i].half >= half })
	if i == len(live) || live[i].half != half {
		return nil
	}
	return live[i]
}

// queue gives cells back by their half steps. Those that come in order, as
// nearly all do, stand in line, the others in a heap.
type queue struct {
	line
	strays strays
}

func (q *queue) len() int { return q.line.len() + len(q.strays) }

// first is nil if there is none.
func (q *queue) first() *cell {
	x := q.line.first()
	if len(q.strays) > 0 && (x == nil || q.strays[0].half < x.half) {
		return q.strays[0]
	}
	return x
}

func (q *queue) push(x *cell) {
	if last := q.last(); last != nil && x.half < last.half {
		heap.Push(&q.strays, x)
	} else {
		q.line.push(x)
	}
}

// pop takes out the first.
func (q *queue) pop() {
	if q.first() == q.line.first() {
		q.line.pop()
	} else {
		heap.Pop(&q.strays)
	}
}

// strays is a heap: the earliest first.
type strays []*cell

func (s strays) Len() int           { return len(s) }
func (s strays) Less(i, j int) bool { return s[i].half < s[j].half }
func (s strays) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *strays) Push(x any)        { *s = append(*s, x.(*cell)) }
func (s *strays) Pop() any {
	old := *s
	x := old[len(old)-1]
	*s = old[:len(old)-1]
	return x
}
