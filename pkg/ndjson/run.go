package ndjson

import (
	"math/bits"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Run is records, one behind the other, that are alike: none has a key or a fault, and
// all have readings in the same slots. They can be had side by side, as columns of
// integers, which costs a fraction of one after the other. It is valid as long as its
// records are.
type Run struct {
	b     *Block
	first int // entry
	n     int
	width int // readings a record has
	from  int // the first of Block.values
}

// Run is r and those behind it that are like it, up to [exact.MaxBatch]: of one record
// where the next one is not, and of none where runs are not looked for: in a block of
// one record, or with a fault in it or a name that is new, under Plan.Key, and where r
// has no reading.
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

// unlike is the first entry behind r that is not like it. It looks at a few entries,
// then at twice as many, so that it never looks much farther than that.
func (b *Block) findRunEnd(r *Record) int {
	n := r.n
	all := n == len(b.reader.plan.Numbers) // then slots follow from that
	end, had := r.index+1, r.first+n
	for step := 4; ; step *= 2 {
		from := end
		for limit := min(end+step, len(b.entries)); end < limit; end++ {
			if e := &b.entries[end]; int(e.values)-had != n || e.filtered {
				break
			}
			had += n
		}
		if !all {
			values := b.values[had-(end-from+1)*n : had] // with those of the entry before
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

// Len is the number of records.
func (run *Run) Len() int { return run.n }

// Width is how many readings each record has.
func (run *Run) Width() int { return run.width }

// Slot is that of reading k of each record.
func (run *Run) Slot(k int) int { return int(run.b.values[run.from+k].slot) }

// Time is the timestamp of record i.
func (run *Run) Time(i int) stamp.Time { return run.b.entries[run.first+i].time }

// Timed reports whether record i has a time.
func (run *Run) Timed(i int) bool {
	e := &run.b.entries[run.first+i]
	return e.when != e.whenEnd
}

// When is the timestamp of record i as it came, as JSON; empty if there is none.
func (run *Run) When(i int) []byte {
	e := &run.b.entries[run.first+i]
	return run.b.buf[e.when:e.whenEnd]
}

// Num is the number of reading k of record i.
func (run *Run) Num(i, k int) exact.Dec {
	return run.b.num(&run.b.values[run.from+i*run.width+k])
}

// Within is how many records, from the first on, have a time of the secs seconds that
// begin at from, of the first 2^33 at most, and the latest of their times.
func (run *Run) Within(from int64, secs uint64) (n int, latest stamp.Time) {
	if run.n == 0 {
		return 0, latest
	}
	const nanos = 30 // bits of them
	secs = min(secs, 1<<33)
	entries := run.b.entries[run.first:][:run.n]
	most := uint64(0)
	for n < len(entries) {
		t := &entries[n].time
		sec := uint64(t.Sec - from)
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

// Adder takes numbers, many at once or one by one.
type Adder interface {
	AddBatch(exact.Batch)
	AddNoTime(exact.Dec)
}

// Add hands on reading k of the first n records, at least one.
func (run *Run) Add(k, n int, to Adder) {
	if b, ok := run.Column(k, run.b.units[:n]); ok {
		to.AddBatch(b)
		return
	}
	for i := range n {
		to.AddNoTime(run.Num(i, k))
	}
}

// Column is reading k of the first len(units) records, at least one, which it writes
// there; false if they are not for a batch.
func (run *Run) Column(k int, units []int64) (exact.Batch, bool) {
	values := run.b.values[run.from+k:][:(len(units)-1)*run.width+1]
	if size, ok := sameScale(values, run.width, units); ok {
		return exact.Batch{Units: units, Scale: values[0].scale}, exact.Bounded(size)
	}
	return mixedScale(values, run.width, units)
}

// even writes to units each width-th of some values, if all are of one scale, and
// returns the bits they have. (Alone, its loop has enough registers.)
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

// scaled is Column of numbers that do not have all the same scale.
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
	if int(most-least) >= exact.Tens {
		return exact.Batch{}, false
	}
	if over, size := bits.Mul64(size, exact.Ten(most-least)); over > 0 || !exact.Bounded(size) {
		return exact.Batch{}, false
	}
	at := 0
	for i := range units {
		v := &values[at]
		at += width
		units[i] = signed(v.c*exact.Ten(most-v.scale), v.neg)
	}
	return exact.Batch{Units: units, Scale: most}, true
}

func signed(n uint64, neg bool) int64 {
	var sign uint64
	if neg {
		sign = 1
	}
	return int64(n ^ -sign + sign)
}

// Skip goes on to the n-th record behind r, one of those in its run.
func (r *Record) Skip(n int) {
	b := r.b
	r.index += n
	r.first += n * r.n
	r.e = &b.entries[r.index]
	b.at, b.consumedValues = r.index+1, int(r.e.values)
}
