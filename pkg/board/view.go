package board

import (
	"slices"
	"sort"

	"weir/pkg/ndjson"
	"weir/pkg/stamp"
)

// View is the board at one moment. It does not change.
type View struct {
	Counts
	full [][]Record
	last []Record // the page behind them, as far as it was filled
	from int      // records of the first page that are forgotten
	seq  uint64   // of the record that was pushed last, kept or not
}

// Seq is the number of the newest record, 0 before the first.
func (v *View) Seq() uint64 { return v.seq }

// Query chooses records. The zero value chooses none: Limit is 0.
type Query struct {
	Machine *string     // of this machine only
	Since   *stamp.Time // with a time, and none before this
	After   *uint64     // with a larger number
	Limit   int         // at most; below 0: all. With After the oldest, else the newest
}

// Selection is what a Query has chosen, oldest first.
type Selection struct {
	Records []*Record
	Bytes   int64  // of their texts
	Next    uint64 // what After must be to go on behind them
}

// Select answers a query.
func (v *View) Select(q Query) Selection {
	s := Selection{Next: v.seq}
	var quoted []byte
	if q.Machine != nil {
		quoted = ndjson.AppendQuoted(nil, *q.Machine)
	}
	take := func(r *Record) (more bool) {
		if len(s.Records) == q.Limit {
			return false
		}
		if q.Machine != nil && !r.of(*q.Machine, quoted) || q.Since != nil && (!r.Timed || r.Time.Before(*q.Since)) {
			return true
		}
		s.Records = append(s.Records, r)
		s.Bytes += int64(len(r.Raw))
		return true
	}
	if q.After != nil {
		v.forward(*q.After, func(r *Record) bool {
			if !take(r) {
				s.Next = r.Seq - 1 // this one is the next
				return false
			}
			return true
		})
		s.Next = max(s.Next, *q.After)
		return s
	}
	v.backward(take)
	slices.Reverse(s.Records)
	return s
}

// page is one of the view's, oldest first, what is forgotten left out.
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

// forward goes through the records behind number after, oldest first, until do
// has had enough.
func (v *View) forward(after uint64, do func(*Record) (more bool)) {
	first := sort.Search(len(v.full), func(i int) bool { page := v.full[i]; return page[len(page)-1].Seq > after })
	for i := first; i <= len(v.full); i++ {
		page := v.page(i)
		for k := sort.Search(len(page), func(k int) bool { return page[k].Seq > after }); k < len(page); k++ {
			if !do(&page[k]) {
				return
			}
		}
	}
}

// backward goes through all records, newest first.
func (v *View) backward(do func(*Record) (more bool)) {
	for i := len(v.full); i >= 0; i-- {
		page := v.page(i)
		for k := len(page) - 1; k >= 0; k-- {
			if !do(&page[k]) {
				return
			}
		}
	}
}
