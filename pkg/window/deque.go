package window

import (
	"slices"
	"sort"

	"weir/pkg/exact"
)

// deque knows the extreme of a window in O(1): it keeps the readings that no
// later one beats, so each is better than those behind it (the monotonic wedge,
// D. Lemire, "Streaming Maximum-Minimum Filter Using No More than Three
// Comparisons per Element", 2006).
type deque struct {
	sign int // 1: the smallest is wanted, -1: the largest
	list []ranked
	head int // list[:head] has left
}

// mark is a reading and its place in the order of leaving.
type ranked struct {
	at int64
	d  exact.Dec
}

func (q *deque) beats(a, b exact.Dec) bool { return a.Cmp(b)*q.sign <= 0 }

// enter puts a reading behind all others.
func (q *deque) push(at int64, d exact.Dec) {
	for n := len(q.list); n > q.head && q.beats(d, q.list[n-1].d); n-- {
		q.list = q.list[:n-1]
	}
	q.shed()
	q.list = append(q.list, ranked{at, d})
}

// shed drops what has left, where that saves growing and what it moves is less.
func (q *deque) shed() {
	if q.head > 0 && len(q.list) == cap(q.list) && q.head >= len(q.list)/2 {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
}

// insert puts a reading where it belongs, which may be among those that are
// there.
func (q *deque) insert(at int64, d exact.Dec) {
	q.shed()
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
	q.list = slices.Replace(q.list, i, end, ranked{at, d})
}

// leave drops what stands at that place or before it.
func (q *deque) remove(at int64) {
	for q.head < len(q.list) && q.list[q.head].at <= at {
		q.head++
	}
	if q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
}

// best is the extreme; there must be one.
func (q *deque) best() exact.Dec { return q.list[q.head].d }
