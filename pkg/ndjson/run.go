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

// Run is r and those behind it that are like it, as many as there are; of one record,
// or none, if nothing behind it is.
func (r *Record) Run() Run {
	b := r.b
	if b.plain == 0 || b.reader.plan.Key != nil || r.n == 0 {
		return Run{}
	}
	if r.index >= b.alike {
		b.alike = b.unlike(r)
	}
	return Run{b: b, first: r.index, n: min(b.alike-r.index, exact.MaxBatch), width: r.n, from: r.first}
}

// unlike is the first entry behind r that is not like it.
func (b *Block) unlike(r *Record) int {
	entries, n := b.entries, r.n
	end, had := r.index, r.first
	for ; end < len(entries); end++ {
		if e := &entries[end]; int(e.values)-had != n || e.filtered {
			break
		}
		had += n
	}
	if n == len(b.reader.plan.Numbers) {
		return end // they have all, in their order
	}
	values := b.values[r.first:had]
	for i := n; i < len(values); i++ {
		if values[i].slot != values[i-n].slot {
			return r.index + i/n
		}
	}
	return end
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

// Column is reading k of the first len(units) records, at least one, which it writes
// there; false if they are not for a batch.
func (run *Run) Column(k int, units []int64) (exact.Batch, bool) {
	width := run.width
	values := run.b.values[run.from+k:][:(len(units)-1)*width+1]
	least, most, size, wide := values[0].scale, values[0].scale, uint64(0), false
	for at := 0; at < len(values); at += width {
		v := &values[at]
		least, most = min(least, v.scale), max(most, v.scale)
		size |= v.c
		wide = wide || v.wide
	}
	if wide || int(most-least) >= exact.Tens {
		return exact.Batch{}, false
	}
	if over, size := bits.Mul64(size, exact.Ten(most-least)); over > 0 || !exact.Bounded(size) {
		return exact.Batch{}, false
	}
	at := 0
	for i := range units {
		v := &values[at]
		at += width
		n, sign := v.c*exact.Ten(most-v.scale), uint64(0)
		if v.neg {
			sign = 1
		}
		units[i] = int64(n ^ -sign + sign)
	}
	return exact.Batch{Units: units, Scale: most}, true
}

// Skip goes on to the n-th record behind r, one of those in its run.
func (r *Record) Skip(n int) {
	b := r.b
	r.index += n
	r.first += n * r.n
	r.e = &b.entries[r.index]
	b.at, b.had = r.index+1, int(r.e.values)
}
