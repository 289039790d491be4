package ndjson

import (
	"math/bits"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Run is a sequence of consecutive records with readings in the same slots, without
// keys and errors. Its readings can be read as columns of integers, which costs a
// fraction of reading them record by record. It is valid as long as its records are.
type Run struct {
	b     *Block
	first int // The index of its first record in b.entries.
	n     int // How many records it has.
	width int // How many readings each record has.
	from  int // Reading k of record i is b.values[from+i*width+k].
}

// Run returns the longest run that begins with r, but at most [exact.MaxBatch] records:
// r alone if the next record differs. It returns an empty run if r has no reading, under
// Plan.Key, and in a batch that has only one record or for which any of these holds: it
// has an error, a name without a slot, or the first record with a named number; a record
// comes after white space; Plan.Omit leaves out a member.
func (r *Record) Run() Run {
	b := r.b
	if b.handoff == 0 || b.reader.plan.Key != nil || r.n == 0 {
		return Run{}
	}
	if r.index >= b.runEnd {
		b.runEnd = b.findRunEnd(r)
	}
	return Run{b: b, first: r.index, n: min(b.runEnd-r.index, exact.MaxBatch), width: r.n, from: r.first}
}

// findRunEnd returns the index of the first entry after r that does not belong to r's
// run. It examines entries in steps that double: in each step first how many readings
// they have, then in which slots. So it never examines many more entries than the run has.
func (b *Block) findRunEnd(r *Record) int {
	n := r.n
	all := n == len(b.reader.plan.Numbers) // each named slot once, in order: slots need no comparison
	end, start := r.index+1, r.first+n     // start: where the readings of entry end begin
	for step := 4; ; step *= 2 {
		from := end
		for limit := min(end+step, len(b.entries)); end < limit; end++ {
			e := &b.entries[end]
			if int(e.values)-start != n || e.filtered {
				break
			}
			start += n
		}
		if !all {
			values := b.values[start-(end-from+1)*n : start] // from the entry before from, to compare with
			for i := n; i < len(values); i++ {
				if values[i].slot != values[i-n].slot {
					return from + i/n - 1
				}
			}
		}
		if end-from < step {
			return end
		}
	}
}

// Len returns the number of records.
func (run *Run) Len() int { return run.n }

// Width returns how many readings each record has.
func (run *Run) Width() int { return run.width }

// Slot returns the slot of reading k, 0 <= k < Width, of every record.
func (run *Run) Slot(k int) int { return int(run.b.values[run.from+k].slot) }

// Time returns the timestamp of record i, 0 <= i < Len.
func (run *Run) Time(i int) stamp.Time { return run.b.entries[run.first+i].time }

// Timed reports whether record i has a timestamp that could be read.
func (run *Run) Timed(i int) bool {
	e := &run.b.entries[run.first+i]
	return e.when != e.whenEnd
}

// When returns the JSON text of record i's timestamp as it came, empty if it has none.
func (run *Run) When(i int) []byte {
	e := &run.b.entries[run.first+i]
	return run.b.buf[e.when:e.whenEnd]
}

// Num returns the number of reading k of record i.
func (run *Run) Num(i, k int) exact.Dec {
	return run.b.num(&run.b.values[run.from+i*run.width+k])
}

// Within returns the number of leading records whose time t has from <= t.Sec < from+secs,
// and the latest of these times. secs is limited to 2^33. Requires that every record has a
// time, as without Plan.TimeOptional: the time of one that has none is taken for 1970.
//
// Why 2^33: second and nanosecond are compared as one word, and 33 bits and 30 fit.
func (run *Run) Within(from int64, secs uint64) (n int, latest stamp.Time) {
	if run.n == 0 {
		return 0, latest
	}
	const nanos = 30 // bits: 10^9 < 2^30
	secs = min(secs, 1<<33)
	entries := run.b.entries[run.first:][:run.n]
	most := uint64(0)
	for n < len(entries) {
		t := &entries[n].time
		sec := uint64(t.Sec - from) // a time before from wraps to a large value
		if sec >= secs {
			break
		}
		most = max(most, sec<<nanos|uint64(uint32(t.Nsec)))
		n++
	}
	if n > 0 {
		latest = stamp.Time{Sec: from + int64(most>>nanos), Nsec: int32(most & (1<<nanos - 1))}
	}
	return n, latest
}

// Adder accumulates numbers, in batches or one by one.
type Adder interface {
	AddBatch(exact.Batch)
	AddNoTime(exact.Dec)
}

// Add passes reading k of the first n records to an Adder: as one batch if the numbers
// allow it, else one by one. It requires 1 <= n <= Len.
func (run *Run) Add(k, n int, to Adder) {
	if b, ok := run.Column(k, run.b.units[:n]); ok {
		to.AddBatch(b)
		return
	}
	for i := range n {
		to.AddNoTime(run.Num(i, k))
	}
}

// Column returns reading k of the first len(units) records as a batch, which uses units.
// It reports false if the numbers do not form one: if one is too large or too fine, or
// their scales are too far apart. It requires 1 <= len(units) <= Len.
func (run *Run) Column(k int, units []int64) (exact.Batch, bool) {
	values := run.b.values[run.from+k:][:(len(units)-1)*run.width+1]
	if size, ok := sameScale(values, run.width, units); ok {
		return exact.Batch{Units: units, Scale: values[0].scale}, exact.Bounded(size)
	}
	return mixedScale(values, run.width, units)
}

// sameScale writes every width-th of values to units if all have the same scale, and
// returns the bitwise OR of their magnitudes, which bounds them.
//
// Why noinline: on its own, the loop keeps all its variables in registers.
//
//go:noinline
func sameScale(values []reading, width int, units []int64) (size uint64, ok bool) {
	scale := values[0].scale
	for at, i := 0, 0; i < len(units); i++ {
		v := &values[at]
		if v.scale != scale || v.big {
			return 0, false
		}
		size |= v.c
		units[i] = signed(v.c, v.neg)
		at += width
	}
	return size, true
}

// mixedScale is Column for numbers of different scales: it brings all to the largest.
// No product overflows: the OR of all magnitudes, times the largest factor, is checked.
func mixedScale(values []reading, width int, units []int64) (exact.Batch, bool) {
	least, most, size := values[0].scale, values[0].scale, uint64(0)
	for at := 0; at < len(values); at += width {
		v := &values[at]
		if v.big {
			return exact.Batch{}, false
		}
		least, most = min(least, v.scale), max(most, v.scale)
		size |= v.c
	}
	if int(most-least) >= exact.NumPow10 {
		return exact.Batch{}, false
	}
	over, size := bits.Mul64(size, exact.Pow10(most-least))
	if over > 0 || !exact.Bounded(size) {
		return exact.Batch{}, false
	}
	at := 0
	for i := range units {
		v := &values[at]
		at += width
		units[i] = signed(v.c*exact.Pow10(most-v.scale), v.neg)
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

// Skip advances r by n records. It requires that these are in r's run.
func (r *Record) Skip(n int) {
	b := r.b
	r.index += n
	r.first += n * r.n
	r.e = &b.entries[r.index]
	b.at, b.consumedValues = r.index+1, int(r.e.values)
}
