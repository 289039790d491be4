package window

import (
	"slices"
	"testing"

	"weir/pkg/agg"
	"weir/pkg/stamp"

	"pgregory.net/rapid"
)

// TestPart: statistics are those of the readings, in whatever order they come; those
// without a time are neither first nor last.
func TestPart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := drawStats(t)
		p := NewPart(agg.NeedsOf(list))
		var set, withTime []reading
		for range rapid.IntRange(0, 12).Draw(t, "readings") {
			r := read(rapid.Int64Range(-3, 3).Draw(t, "time"), rapid.SampledFrom(texts).Draw(t, "reading"))
			set = append(set, r)
			if rapid.IntRange(0, 2).Draw(t, "without a time") == 0 {
				p.AddNoTime(r.d)
			} else {
				withTime = append(withTime, r)
				p.Add(at(r.Time), r.d)
			}
			if p.Len() != int64(len(set)) {
				t.Fatalf("Len() = %d, want %d", p.Len(), len(set))
			}
		}
		byTime := func(s agg.Stat) bool { return s.Needs.FirstLast }
		compare(t, slices.DeleteFunc(slices.Clone(list), byTime), &p, set)
		compare(t, slices.DeleteFunc(slices.Clone(list), func(s agg.Stat) bool { return !byTime(s) }), &p, withTime)
		if agg.NeedsOf(list).MinMax && len(set) > 0 {
			least, _ := p.Min()
			most, _ := p.Max()
			if least.Cmp(slices.MinFunc(set, compareValue).d) != 0 || most.Cmp(slices.MaxFunc(set, compareValue).d) != 0 {
				t.Fatalf("extremes of %v are %v and %v", set, least, most)
			}
		}
	})
}

// TestPartOfManyReadings: statistics are right beyond the number of readings that a
// sketch keeps.
func TestPartOfManyReadings(t *testing.T) {
	t.Parallel()
	list := stats(t, allStats)
	p := NewPart(agg.NeedsOf(list))
	var set []reading
	for i := range 5000 {
		r := read(int64(i*7919%5000), texts[i%6])
		set = append(set, r)
		p.Add(at(r.Time), r.d)
	}
	compare(t, list, &p, set)
}

func TestPartDoesNotAllocate(t *testing.T) {
	p := NewPart(agg.NeedsOf(stats(t, []string{"count", "mean", "sd", "min", "max", "first", "last"})))
	d, e := read(0, "71.25").d, read(0, "-3.5").d
	n := testing.AllocsPerRun(1000, func() {
		p.Add(stamp.Time{Sec: 7}, d)
		p.AddNoTime(e)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
