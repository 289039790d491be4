package batch

import (
	"bytes"
	"math/bits"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Run is one or more records of one key with readings in the same slots, in input
// order. Its readings can be read as columns of integers, which costs a fraction of
// reading them record by record. It is valid until the next call of [Runs.Next].
type Run struct {
	b     *Batch
	first int // The row of its first record.
	n     int // How many records it has.
	width int // How many readings each record has.
	from  int // Reading k of the first record is b.Nums[from+k].

	// The rows, and for each the index of its first reading; nil if the rows follow each
	// other: then record i has row first+i and begins at from+i*width.
	rows   []int32
	starts []int32
}

// Runs divides the rows of a batch into runs. The zero value is ready for use; it keeps
// its memory from batch to batch.
//
// Rows that are errors or are filtered out are in no run. A row is plain if it may be in
// a run with others; a record with an error in what the plan reads of it, one of a batch
// with names that have no slot yet, and one whose key has no id are runs by themselves.
type Runs struct {
	Run // What Next, NextOne or NextDivided has found.

	b        *Batch
	ids      []int32 // The id of each row's key, below 0 for none; nil if all have one key.
	anyOrder bool    // The order of records with different keys does not matter.
	fullRows bool    // A row with as many readings as the plan names has them in the plan's order.
	at       int     // The row that Next begins with when the divided rows are used up.

	// The rows that are being divided: those from divided to dividedEnd are left, and
	// those that gather has. Rows before examined belong to the run of divided.
	divided, dividedEnd, examined int
	allPlain                      bool // All of these rows are plain.
	gather                        gather

	units [exact.MaxBatch]int64 // The result of Column.
}

// Begin starts on all rows of a batch. ids has the id of each row's key, equal for equal
// keys, below 0 for a key that has none yet; nil says that all rows have one key. If
// anyOrder is true, Next may return records of one key before earlier ones of another
// key: then keys that alternate have longer runs.
func (rs *Runs) Begin(b *Batch, ids []int32, anyOrder bool) {
	rs.b, rs.ids, rs.anyOrder, rs.at = b, ids, anyOrder && ids != nil, 0
	rs.fullRows = len(b.fold.plan.Numbers) > 0
	rs.divided, rs.dividedEnd, rs.examined, rs.gather.left = 0, 0, 0, 0
}

// Next finds the next run. It reports false if there is none.
func (rs *Runs) Next() bool {
	if rs.NextDivided() {
		return true
	}
	if !rs.NextOne() {
		return false
	}
	row := rs.first
	if !rs.plain(row) {
		return true
	}
	if !rs.anyOrder {
		rs.divide(row, len(rs.b.Rows), false)
		return rs.NextDivided()
	}
	end := row + 1
	for rows := rs.b.Rows; end < len(rows); end++ {
		r := &rows[end]
		if r.Filtered || rs.ids[end] < 0 || r.Note >= 0 && !rs.plain(end) {
			break
		}
	}
	rs.divide(row, end, true)
	return rs.NextDivided()
}

// NextOne finds the next record, as a run of one. It reports false if there is none.
func (rs *Runs) NextOne() bool {
	b := rs.b
	for ; rs.at < len(b.Rows); rs.at++ {
		r := &b.Rows[rs.at]
		if r.Filtered || r.Note >= 0 && b.Notes[r.Note].error() != nil {
			continue
		}
		rs.set(rs.at, 1)
		rs.at++
		return true
	}
	return false
}

// Divide makes NextDivided find runs of the n rows from the first one of the present run
// on, of which the order of keys does not matter, and Next or NextOne continue after
// them. Requires that n is at most what Within has returned.
func (rs *Runs) Divide(n int) { rs.divide(rs.first, rs.first+n, rs.ids != nil) }

// divide begins to divide the plain rows from row to end; with anyOrder, all must be
// plain.
func (rs *Runs) divide(row, end int, anyOrder bool) {
	rs.divided, rs.dividedEnd, rs.examined, rs.at, rs.allPlain = row, end, 0, end, anyOrder
	if anyOrder && rs.gatherRows(row, end) {
		rs.divided = end
	}
}

// NextDivided finds the next run of the rows that are being divided. It reports false if
// there is none.
func (rs *Runs) NextDivided() bool {
	if rs.gather.left > 0 {
		rs.nextGathered()
		return true
	}
	row := rs.divided
	if row == rs.dividedEnd {
		return false
	}
	if rs.examined <= row {
		if !rs.allPlain && !rs.plain(row) {
			rs.dividedEnd, rs.at = row, row
			return false
		}
		rs.examined = rs.findEnd(row)
	}
	rs.set(row, min(rs.examined-row, exact.MaxBatch))
	rs.divided += rs.n
	return true
}

// set makes the run one of n consecutive rows.
func (rs *Runs) set(row, n int) {
	run := &rs.Run
	run.b, run.first, run.n, run.rows, run.starts = rs.b, row, n, nil, nil
	run.from, run.width = rs.b.bounds(row)
}

// plain reports whether a row may be in a run with others.
func (rs *Runs) plain(row int) bool {
	r := &rs.b.Rows[row]
	if r.Filtered || len(rs.b.Pending) > 0 || rs.ids != nil && rs.ids[row] < 0 {
		return false
	}
	if r.Note >= 0 {
		n := &rs.b.Notes[r.Note]
		return n.error() == nil && !n.single()
	}
	return true
}

// findEnd returns the first row after row, up to dividedEnd, that does not belong to its
// run. Rows are examined in steps that double: in each step first how many readings they
// have and their keys, then in which slots. So it examines at most about twice as many
// rows as the run has.
func (rs *Runs) findEnd(row int) int {
	b := rs.b
	first, n := b.bounds(row)
	if rs.ids != nil && (row+1 == rs.dividedEnd || rs.ids[row+1] != rs.ids[row]) {
		return row + 1 // of many keys, most runs have one record
	}
	all := rs.fullRows && n == len(b.fold.plan.Numbers) // each named slot once, in order: slots need no comparison
	end, start := row+1, first+n                        // start: where the readings of row end begin
	for step := 4; ; step *= 2 {
		from := end
		for limit := min(end+step, rs.dividedEnd); end < limit; end++ {
			r := &b.Rows[end]
			if int(r.Nums)-start != n || r.Filtered || r.Note >= 0 && !rs.plain(end) || rs.ids != nil && rs.ids[end] != rs.ids[row] {
				break
			}
			start += n
		}
		if !all {
			values := b.Nums[start-(end-from+1)*n : start] // from the row before from, to compare with
			for i := n; i < len(values); i++ {
				if values[i].Slot != values[i-n].Slot {
					return from + i/n - 1
				}
			}
		}
		if end-from < step {
			return end
		}
	}
}

// Within returns how many rows from the first one of the run on may be consumed in any
// order of keys: those that are plain, have readings, and whose time t has from <= t.Sec
// < from+secs; and the latest of these times. secs is limited to 2^33. Requires that every
// record has a time, as without Plan.TimeOptional.
//
// Why 2^33: second and nanosecond are compared as one word, and 33 bits and 30 fit.
func (rs *Runs) Within(from int64, secs uint64) (n int, latest stamp.Time) {
	const nanos = 30 // bits: 10^9 < 2^30
	secs = min(secs, 1<<33)
	most := uint64(0)
	b := rs.b
	row, nums := rs.first, uint32(rs.from)
	if len(b.Pending) > 0 {
		return 0, latest
	}
	for ; row < len(b.Rows); row++ {
		r := &b.Rows[row]
		sec := uint64(r.Time.Sec - from) // a time before from wraps to a large value
		if sec >= secs || r.Nums == nums || r.Filtered || r.Note >= 0 && !rs.plain(row) || rs.ids != nil && rs.ids[row] < 0 {
			break
		}
		nums = r.Nums
		most = max(most, sec<<nanos|uint64(uint32(r.Time.Nsec)))
	}
	n = row - rs.first
	if n > 0 {
		latest = stamp.Time{Sec: from + int64(most>>nanos), Nsec: int32(most & (1<<nanos - 1))}
	}
	return n, latest
}

// Len returns the number of records.
func (run *Run) Len() int { return run.n }

// Width returns how many readings each record has.
func (run *Run) Width() int { return run.width }

// Row returns the row of record i, 0 <= i < Len.
func (run *Run) Row(i int) int {
	if run.rows != nil {
		return int(run.rows[i])
	}
	return run.first + i
}

// Consecutive reports whether the rows follow each other.
func (run *Run) Consecutive() bool { return run.rows == nil }

// Key returns the key of all records: see [Batch.Key].
func (run *Run) Key() []byte { return run.b.Key(run.first) }

// Fault returns the first error in what the plan reads of the run's record, time before
// values, or nil; a run with an error has one record. Condition and key come before
// these. A filter calls Fault after it has accepted the key, so that a limit on keys is
// checked first, and before it uses the readings: for a record without an error, Fault
// gives slots to the names that have none yet.
func (run *Run) Fault() *LineError {
	b := run.b
	if b.Rows[run.first].Note >= 0 {
		err := b.judge(run.first)
		if err != nil {
			return err
		}
	}
	if len(b.Pending) > 0 {
		run.width = b.resolve(run.first, run.from, run.width)
	}
	return nil
}

// Slot returns the slot of reading k, 0 <= k < Width, of every record.
func (run *Run) Slot(k int) int { return int(run.b.Nums[run.from+k].Slot) }

// Name returns the name of the slot of reading k as a JSON string, with quotes.
func (run *Run) Name(k int) []byte { return run.Label(k).Name() }

// Label returns the label of the slot of reading k.
func (run *Run) Label(k int) *Label { return &run.b.fold.Labels()[run.Slot(k)] }

// Time returns the timestamp of record i, 0 <= i < Len.
func (run *Run) Time(i int) stamp.Time { return run.b.Rows[run.Row(i)].Time }

// Timed reports whether record i has a timestamp that could be read.
func (run *Run) Timed(i int) bool { return run.b.Rows[run.Row(i)].timed() }

// When returns the JSON text of record i's timestamp as it came, nil if it has none.
func (run *Run) When(i int) []byte { return run.b.when(run.Row(i)) }

// Period is the time of a run.
type Period struct {
	First, Last int // The records with the earliest and the latest time.
	Timed       int // How many have a time.
}

// Period returns the time of the run. Of records with one time, First is the one whose
// JSON text of it is the smallest, and Last the one whose text is the largest, so that
// their order does not matter.
func (run *Run) Period() (p Period) {
	var from, to *Row
	for i := range run.n {
		r := &run.b.Rows[run.Row(i)]
		if !r.timed() {
			continue
		}
		p.Timed++
		if p.Timed == 1 {
			p.First, p.Last, from, to = i, i, r, r
			continue
		}
		if !from.Time.Before(r.Time) && (r.Time != from.Time || bytes.Compare(run.b.Text[r.When:r.WhenEnd], run.b.Text[from.When:from.WhenEnd]) < 0) {
			p.First, from = i, r
		}
		if !r.Time.Before(to.Time) && (r.Time != to.Time || bytes.Compare(run.b.Text[r.When:r.WhenEnd], run.b.Text[to.When:to.WhenEnd]) > 0) {
			p.Last, to = i, r
		}
	}
	return p
}

// start returns the index of the first reading of record i.
func (run *Run) start(i int) int {
	if run.starts != nil {
		return int(run.starts[i])
	}
	return run.from + i*run.width
}

// Num returns the number of reading k of record i.
func (run *Run) Num(i, k int) exact.Dec { return run.b.num(&run.b.Nums[run.start(i)+k]) }

// Adder accumulates numbers, in batches or one by one.
type Adder interface {
	AddBatch(exact.Batch)
	AddNoTime(exact.Dec)
}

// Add passes reading k of all records to an Adder: as one batch if the numbers allow it,
// else one by one.
func (rs *Runs) Add(k int, to Adder) {
	run := &rs.Run
	if run.n > 1 {
		if b, ok := run.Column(k, rs.units[:run.n]); ok {
			to.AddBatch(b)
			return
		}
	}
	for i := range run.n {
		to.AddNoTime(run.Num(i, k))
	}
}

// Column returns reading k of all records as a batch, which uses units. It reports false
// if the numbers do not form one: if one is too large or too fine, or their scales are too
// far apart. It requires that units is as long as the run.
func (run *Run) Column(k int, units []int64) (exact.Batch, bool) {
	nums := run.b.Nums[k:]
	var size uint64
	var ok bool
	if run.starts != nil {
		size, ok = sameScaleAt(nums, run.starts, units)
	} else {
		size, ok = sameScale(nums[run.from:][:(len(units)-1)*run.width+1], run.width, units)
	}
	if ok {
		return exact.Batch{Units: units, Scale: nums[run.from].Scale}, exact.Bounded(size)
	}
	return run.mixedScale(nums, units)
}

// sameScale writes every width-th of values to units if all have the same scale, and
// returns the bitwise OR of their magnitudes, which bounds them.
//
// Why noinline: on its own, the loop keeps all its variables in registers.
//
//go:noinline
func sameScale(values []Num, width int, units []int64) (size uint64, ok bool) {
	scale := values[0].Scale
	for at, i := 0, 0; i < len(units); i++ {
		v := &values[at]
		if v.Scale != scale || v.IsBig {
			return 0, false
		}
		size |= v.C
		units[i] = signed(v.C, v.Neg)
		at += width
	}
	return size, true
}

// sameScaleAt is sameScale for rows that do not follow each other: number i is
// values[starts[i]].
//
//go:noinline
func sameScaleAt(values []Num, starts []int32, units []int64) (size uint64, ok bool) {
	scale := values[starts[0]].Scale
	for i, at := range starts {
		v := &values[at]
		if v.Scale != scale || v.IsBig {
			return 0, false
		}
		size |= v.C
		units[i] = signed(v.C, v.Neg)
	}
	return size, true
}

// mixedScale is Column for numbers of different scales: it brings all to the largest.
// Number i is values[run.start(i)]. No product overflows: the OR of all magnitudes, times
// the largest factor, is checked.
func (run *Run) mixedScale(values []Num, units []int64) (exact.Batch, bool) {
	first := &values[run.from]
	least, most, size := first.Scale, first.Scale, uint64(0)
	for i := range units {
		v := &values[run.start(i)]
		if v.IsBig {
			return exact.Batch{}, false
		}
		least, most = min(least, v.Scale), max(most, v.Scale)
		size |= v.C
	}
	if int(most-least) >= exact.NumPow10 {
		return exact.Batch{}, false
	}
	over, size := bits.Mul64(size, exact.Pow10(most-least))
	if over > 0 || !exact.Bounded(size) {
		return exact.Batch{}, false
	}
	for i := range units {
		v := &values[run.start(i)]
		units[i] = signed(v.C*exact.Pow10(most-v.Scale), v.Neg)
	}
	return exact.Batch{Units: units, Scale: most}, true
}

// signed returns n, or -n if neg is true, without a branch: n ^ -1 + 1 is -n. The result
// is meaningless if n > math.MaxInt64; callers check the magnitudes with exact.Bounded.
func signed(n uint64, neg bool) int64 {
	var sign uint64
	if neg {
		sign = 1
	}
	return int64(n ^ -sign + sign)
}
