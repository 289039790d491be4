package sketch

import (
	"slices"

	"weir/pkg/exact"
)

// runLen is the most readings in a run: half of them is what an insertion
// moves, and the runs are what finding a reading by its rank walks over.
const runLen = 64

// sorted is a multiset of readings in ascending order, cut into runs. No run
// is empty or longer than runLen, and two neighbours have more than runLen/2
// readings between them, unless an insertion has just opened one. Past the
// length of runs, up to its capacity, lie emptied runs, to be used again: a
// window that slides does not allocate.
type sorted struct {
	runs [][]entry
}

// entry is a reading and its nearest float64, which tells most readings apart
// in less time: a window moves a third faster for 8 bytes a reading.
type entry struct {
	d exact.Dec
	f float64
}

func (e *entry) less(d exact.Dec, f float64) bool {
	return e.f < f || e.f == f && e.d != d && e.d.Cmp(d) < 0
}

// find returns the run and the place in it of the first reading not below d,
// the nearest float64 of which is f; if there is none, of the end of the last
// run.
func (s *sorted) find(d exact.Dec, f float64) (run, at int) {
	lo, hi := 0, len(s.runs)-1
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if r := s.runs[mid]; r[len(r)-1].less(d, f) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	run = lo
	r := s.runs[run]
	lo, hi = 0, len(r)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if r[mid].less(d, f) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return run, lo
}

func (s *sorted) insert(d exact.Dec) {
	e := entry{d, d.Float()}
	if len(s.runs) == 0 {
		s.open(0)
		s.runs[0] = append(s.runs[0], e)
		return
	}
	i, j := s.find(d, e.f)
	if len(s.runs[i]) == runLen {
		i, j = s.split(i, j)
	}
	s.runs[i] = slices.Insert(s.runs[i], j, e)
}

// split makes room at place j of the full run i, and returns where that place
// is now. What ascends is packed tightly.
func (s *sorted) split(i, j int) (int, int) {
	s.open(i + 1)
	if i == len(s.runs)-2 && j == runLen {
		return i + 1, 0
	}
	r := s.runs[i]
	s.runs[i+1] = append(s.runs[i+1], r[runLen/2:]...)
	clear(r[runLen/2:])
	s.runs[i] = r[:runLen/2]
	if j > runLen/2 {
		return i + 1, j - runLen/2
	}
	return i, j
}

// remove takes one reading equal to d out of s, which must hold one.
func (s *sorted) remove(d exact.Dec) {
	if len(s.runs) == 0 {
		panic("sketch: a reading is taken out that is not in it")
	}
	i, j := s.find(d, d.Float())
	if j == len(s.runs[i]) || s.runs[i][j].d.Cmp(d) != 0 {
		panic("sketch: a reading is taken out that is not in it")
	}
	s.runs[i] = slices.Delete(s.runs[i], j, j+1)
	switch {
	case len(s.runs[i]) == 0:
		s.shut(i)
	case i+1 < len(s.runs) && len(s.runs[i])+len(s.runs[i+1]) <= runLen/2:
		s.join(i)
	case i > 0 && len(s.runs[i-1])+len(s.runs[i]) <= runLen/2:
		s.join(i - 1)
	}
}

// join appends run i+1 to run i.
func (s *sorted) join(i int) {
	s.runs[i] = append(s.runs[i], s.runs[i+1]...)
	clear(s.runs[i+1])
	s.shut(i + 1)
}

// open puts an empty run before run i. The first run grows with its readings,
// for most sketches are small; further ones have their full size at once.
func (s *sorted) open(i int) {
	n := len(s.runs)
	if n < cap(s.runs) {
		s.runs = s.runs[:n+1]
	} else {
		s.runs = append(s.runs, nil)
	}
	r := s.runs[n][:0]
	if r == nil && n > 0 {
		r = make([]entry, 0, runLen)
	}
	copy(s.runs[i+1:], s.runs[i:n])
	s.runs[i] = r
}

// shut takes out run i, the readings of which are gone, and keeps its memory.
func (s *sorted) shut(i int) {
	r := s.runs[i][:0]
	n := copy(s.runs[i:], s.runs[i+1:]) + i
	s.runs[n] = r
	s.runs = s.runs[:n]
}

func (s *sorted) clear() {
	for _, r := range s.runs {
		clear(r)
	}
	s.runs = s.runs[:0]
}

// at returns the reading with k before it, which must exist, and the next
// one; the last is its own next.
func (s *sorted) at(k int64) (a, b exact.Dec) {
	i, j := 0, int(k)
	for j >= len(s.runs[i]) {
		j -= len(s.runs[i])
		i++
	}
	a = s.runs[i][j].d
	switch {
	case j+1 < len(s.runs[i]):
		return a, s.runs[i][j+1].d
	case i+1 < len(s.runs):
		return a, s.runs[i+1][0].d
	}
	return a, a
}

// all yields the readings in ascending order.
func (s *sorted) all(yield func(exact.Dec) bool) {
	for _, r := range s.runs {
		for i := range r {
			if !yield(r[i].d) {
				return
			}
		}
	}
}
