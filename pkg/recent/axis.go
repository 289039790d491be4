package recent

import (
	"math/bits"
	"slices"
)

// axis divides what a Series spans into columns of equal width.
type axis struct {
	// offsets has, for each record of the series, its distance from the beginning: in
	// numbers of records; in nanoseconds; or in seconds, if the series spans more than 270
	// years, as it does with one wrong clock.
	offsets []uint64

	size    uint64 // all offsets are below it
	columns uint64

	// What column found last: offsets from from to to, without to, are in column last.
	from, to uint64
	last     int
}

// newAxis returns the axis of a series of these records.
func newAxis(s *Series, records []*Record, columns int) *axis {
	x := &axis{offsets: make([]uint64, len(records)), columns: uint64(columns)}
	const maxSeconds = 1 << 33 // as nanoseconds, they fit 63 bits
	inSeconds := s.To.Time.Sec-s.From.Time.Sec >= maxSeconds
	offset := func(p Point) uint64 {
		switch {
		case !s.ByTime:
			return p.Seq - s.From.Seq
		case inSeconds:
			return uint64(p.Time.Sec - s.From.Time.Sec)
		}
		return uint64((p.Time.Sec-s.From.Time.Sec)*1e9 + int64(p.Time.Nsec) - int64(s.From.Time.Nsec))
	}
	for i, r := range records {
		x.offsets[i] = offset(r.point())
	}
	x.size = offset(s.To) + 1
	return x
}

// column returns the column of an offset. Column c has the offsets from c/columns of size
// on, rounded up.
func (x *axis) column(offset uint64) int {
	if offset < x.from || offset >= x.to {
		high, low := bits.Mul64(offset, x.columns)
		c, _ := bits.Div64(high, low, x.size)
		x.from, x.to, x.last = x.begin(c), x.begin(c+1), int(c)
	}
	return x.last
}

// begin returns the smallest offset of column c, 0 <= c <= columns; size for columns.
func (x *axis) begin(c uint64) uint64 {
	high, low := bits.Mul64(c, x.size)
	low, carry := bits.Add64(low, x.columns-1, 0)
	begin, _ := bits.Div64(high+carry, low, x.columns)
	return begin
}

// findGaps sets Gaps and GapCount. See [View.Series] for what a gap is.
func (s *Series) findGaps(offsets []uint64, records []*Record) {
	order := inOrder(offsets)
	at := func(i int) int { // the record that is number i in order of time
		if order != nil {
			return int(order[i])
		}
		return i
	}
	distances := sortedDistances(offsets, at)
	if len(distances) < 2 {
		return
	}
	median := distances[(len(distances)-1)/2]
	longer := func(d uint64) bool { return d/5 >= median && d > 5*median } // where 5*median is computed, it does not overflow
	first, _ := slices.BinarySearchFunc(distances, true, func(d uint64, _ bool) int {
		if longer(d) {
			return 1
		}
		return -1
	})
	s.GapCount = len(distances) - first
	shortest, ties := uint64(0), s.GapCount // of the gaps that are listed, and how many as short as it
	if s.GapCount > maxGaps {
		shortest = distances[len(distances)-maxGaps]
		longest, _ := slices.BinarySearch(distances, shortest+1)
		ties = maxGaps - (len(distances) - longest)
	}
	for i := 1; i < len(offsets); i++ {
		d := offsets[at(i)] - offsets[at(i-1)]
		if !longer(d) || d < shortest || d == shortest && ties == 0 {
			continue
		}
		if d == shortest {
			ties--
		}
		s.Gaps = append(s.Gaps, Gap{From: records[at(i-1)].point(), To: records[at(i)].point()})
	}
}

// sortedDistances returns the distances of each record from the one before it that are not 0,
// in ascending order. at returns the index of the record that is number i in order of time.
func sortedDistances(offsets []uint64, at func(i int) int) []uint64 {
	distances := make([]uint64, 0, len(offsets))
	for i := 1; i < len(offsets); i++ {
		d := offsets[at(i)] - offsets[at(i-1)]
		if d > 0 {
			distances = append(distances, d)
		}
	}
	slices.Sort(distances)
	return distances
}

// inOrder returns the indexes of offsets in ascending order of these; nil if they are in
// order already.
func inOrder(offsets []uint64) []int32 {
	if slices.IsSorted(offsets) {
		return nil
	}
	order := make([]int32, len(offsets))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		switch {
		case offsets[a] < offsets[b]:
			return -1
		case offsets[a] > offsets[b]:
			return 1
		}
		return 0
	})
	return order
}
