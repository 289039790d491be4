package window

import (
	"slices"
	"sort"

	"weir/pkg/exact"
)

// deque finds the minimum or the maximum of a sliding window in amortised constant
// time (the monotonic wedge of D. Lemire, "Streaming Maximum-Minimum Filter Using No
// More than Three Comparisons per Element", 2006). Each reading has a position, and
// readings leave the window in the order of their positions. A reading that leaves
// before one that is at least as extreme can never be the answer, so it is dropped.
//
// Invariant: in list[head:], positions rise strictly, and each reading is more extreme
// than all after it; so the first one is the answer. list[:head] has left the window
// and waits to be overwritten; head < len(list), or both are 0.
type deque struct {
	sign int // 1 to find the minimum, -1 to find the maximum
	list []positioned
	head int
}

// positioned is a reading and its position in the order of leaving.
type positioned struct {
	at int64
	d  exact.Dec
}

// beats reports whether a is at least as extreme as b.
func (q *deque) beats(a, b exact.Dec) bool { return a.Cmp(b)*q.sign <= 0 }

// push adds a reading at a position after all others.
func (q *deque) push(at int64, d exact.Dec) {
	for n := len(q.list); n > q.head && q.beats(d, q.list[n-1].d); n-- {
		q.list = q.list[:n-1]
	}
	q.compact()
	q.list = append(q.list, positioned{at, d})
}

// compact moves the readings to the front of a full list if at least half of it has
// left the window: then append need not grow it, and the move costs no more than the
// removals before it.
func (q *deque) compact() {
	if q.head > 0 && len(q.list) == cap(q.list) && q.head >= len(q.list)/2 {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
}

// insert adds a reading at any position that has not left, also among those that are
// there. It drops the reading if one at its position or after it beats it; else it
// drops the one at its position and those before it that it beats.
func (q *deque) insert(at int64, d exact.Dec) {
	q.compact()
	live := q.list[q.head:]
	i := q.head + sort.Search(len(live), func(i int) bool { return live[i].at >= at })
	if i < len(q.list) && q.beats(q.list[i].d, d) {
		return
	}
	end := i
	if i < len(q.list) && q.list[i].at == at {
		end++
	}
	for i > q.head && q.beats(d, q.list[i-1].d) {
		i--
	}
	q.list = slices.Replace(q.list, i, end, positioned{at, d})
}

// remove removes the readings at positions up to at.
func (q *deque) remove(at int64) {
	for q.head < len(q.list) && q.list[q.head].at <= at {
		q.head++
	}
	if q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
}

// best returns the extreme. Requires that there is a reading.
func (q *deque) best() exact.Dec { return q.list[q.head].d }
