package recent

import (
	"slices"
	"sort"

	"weir/pkg/stamp"
)

// View is an immutable snapshot of Records. Any number of
// goroutines may use one.
//
// Invariant: the records of full, then those of last, have ascending numbers. No
// page is empty, except that last may be nil. The first from records of the first
// page are evicted; from is less than the length of that page.
type View struct {
	Counts
	full [][]Record // full pages, oldest first
	last []Record   // the page that was being filled, up to the records pushed by then
	from int        // evicted records at the beginning of the first page
	seq  uint64     // number of the record that was pushed last, stored or not

	evicted uint64 // number of the record that was evicted last; 0: none
}

// Seq returns the number of the record that was read last, whether it was kept or
// too large; 0 before the first.
func (v *View) Seq() uint64 { return v.seq }

// Evicted returns the number of the newest record that was stored and has been evicted;
// 0 if none has. Of the records after it, all that were stored are in the view.
func (v *View) Evicted() uint64 { return v.evicted }

// Query selects records. All conditions that are set must hold. The zero value
// selects none, because its Limit is 0.
type Query struct {
	Machine *string     // only records of the machine with this name
	Since   *stamp.Time // only records with a time, and not before this one
	After   *uint64     // only records with a larger number

	// Limit is the maximum number of records; negative means no limit. If more match,
	// the newest are selected, but with After the oldest, so that a client can
	// continue after the last one it got.
	Limit int
}

// Selection is the result of a Query.
type Selection struct {
	Records []*Record // oldest first
	Bytes   int64     // sum of the lengths of their Raw

	// Next is the Query.After that selects what follows: no matching record between
	// the last of Records and number Next exists.
	Next uint64
}

// Select returns the records that q selects. It visits at most all records of the
// view.
func (v *View) Select(q Query) Selection {
	s := Selection{Next: v.seq}
	belongs := belongsTo(q.Machine)
	add := func(r *Record) (more bool) {
		if len(s.Records) == q.Limit {
			return false
		}
		if !belongs(r) || q.Since != nil && (!r.Timed || r.Time.Before(*q.Since)) {
			return true
		}
		s.Records = append(s.Records, r)
		s.Bytes += int64(len(r.Raw))
		return true
	}
	if q.After != nil {
		v.forward(*q.After, func(r *Record) bool {
			if !add(r) {
				s.Next = r.Seq - 1 // the limit is reached; r is the first record not examined
				return false
			}
			return true
		})
		s.Next = max(s.Next, *q.After)
		return s
	}
	v.backward(add)
	slices.Reverse(s.Records)
	return s
}

// page returns page i without its evicted records, oldest first. Page len(v.full)
// is the one that was being filled.
func (v *View) page(i int) []Record {
	page := v.last
	if i < len(v.full) {
		page = v.full[i]
	}
	if i == 0 {
		page = page[v.from:]
	}
	return page
}

// forward calls visit for each record with a number larger than after, oldest
// first, until it returns false. The first one is found by binary search.
func (v *View) forward(after uint64, visit func(*Record) (more bool)) {
	first := sort.Search(len(v.full), func(i int) bool { page := v.full[i]; return page[len(page)-1].Seq > after })
	for i := first; i <= len(v.full); i++ {
		page := v.page(i)
		for k := sort.Search(len(page), func(k int) bool { return page[k].Seq > after }); k < len(page); k++ {
			if !visit(&page[k]) {
				return
			}
		}
	}
}

// backward calls visit for each record, newest first, until it returns false.
func (v *View) backward(visit func(*Record) (more bool)) {
	for i := len(v.full); i >= 0; i-- {
		page := v.page(i)
		for k := len(page) - 1; k >= 0; k-- {
			if !visit(&page[k]) {
				return
			}
		}
	}
}

// record returns the record with a number, or nil if the view has none.
func (v *View) record(seq uint64) (found *Record) {
	if seq == 0 {
		return nil
	}
	v.forward(seq-1, func(r *Record) bool {
		if r.Seq == seq {
			found = r
		}
		return false
	})
	return found
}
