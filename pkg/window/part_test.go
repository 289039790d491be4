package window

import (
	"slices"
	"testing"
	"unsafe"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/internal/oracle"
	"weir/pkg/sketch"
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
		byTime := func(s agg.Stat) bool { return s.Needs.FirstLast || s.Needs.Series }
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

// TestPartOfSmallReadings: statistics are right when readings are added one by one and
// in batches, while the unit becomes smaller, after readings that are large or fine, when
// statistics are asked for in between, and in a part that is used again.
func TestPartOfSmallReadings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := slices.DeleteFunc(drawStats(t), func(s agg.Stat) bool { return s.Needs.FirstLast || s.Needs.Series })
		need := agg.NeedsOf(list)
		p := NewPart(need)
		var set []reading
		const k = 1 << 48 // where numbers become large, if scale is 0
		units := rapid.OneOf(rapid.Int64Range(-2000, 2000), rapid.Int64Range(-2000, 2000), rapid.SampledFrom([]int64{k, k - 1, 1 - k, -k, k / 10, 1<<54 - 1}))
		if rapid.Bool().Draw(t, "all fit") {
			units = rapid.Int64Range(-2000, 2000)
		}
		scale := rapid.Uint8Range(0, uint8(rapid.SampledFrom([]int{0, 2, 7}).Draw(t, "decimals")))
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 40).Draw(t, "step") {
			case 0:
				compare(t, list, &p, set)
			case 1:
				p.Clear()
				set = nil
			default:
				b := exact.Batch{Units: rapid.SliceOfN(units, 1, 5).Draw(t, "units"), Scale: scale.Draw(t, "scale")}
				single := rapid.Bool().Draw(t, "one by one")
				if !single {
					p.AddBatch(b)
				}
				for _, x := range b.Units {
					d := exact.FromUnits(x, b.Scale)
					set = append(set, read(0, string(d.Append(nil))))
					if single {
						p.AddNoTime(d)
					}
				}
			}
			if p.Len() != int64(len(set)) {
				t.Fatalf("Len() = %d, want %d", p.Len(), len(set))
			}
		}
		compare(t, list, &p, set)
	})
}

// TestPartSumDoesNotOverflow: many of the largest readings and batches that a part adds
// in 64 bits have the right sum.
func TestPartSumDoesNotOverflow(t *testing.T) {
	t.Parallel()
	for _, sign := range []int64{1, -1} {
		p := NewPart(agg.Needs{})
		var want exact.Sum
		b := exact.Batch{Units: make([]int64, exact.MaxBatch)}
		for i := range b.Units {
			b.Units[i] = sign * (1<<54 - 1)
		}
		d := exact.FromUnits(sign*(maxUnits-1), 0)
		for range 40_000 {
			p.AddNoTime(d)
			want.Add(d)
		}
		for range 100 {
			p.AddBatch(b)
			want.AddBatch(b)
		}
		if p.Sum().Cmp(want.Value()) != 0 {
			t.Errorf("the sum is %s, want %s", p.Sum().Append(nil, -1), want.Value().Append(nil, -1))
		}
	}
}

// TestPartOfManyReadings: statistics are right beyond the number of readings that are
// buffered.
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

// TestPartAroundLimit: quantiles and their steps are right at the numbers of readings where
// they cease to be buffered and to be exact, whatever comes first: readings in the buffer, or
// some that are too fine for it.
func TestPartAroundLimit(t *testing.T) {
	t.Parallel()
	list := stats(t, []string{"p0", "median", "p99.9", "p100", "sum"})
	for _, n := range []int{sketch.MaxDifferent, sketch.MaxDifferent + 1, 6000} {
		for _, different := range []int{100, n} {
			for _, fine := range []int{-1, 0, 4000, n - 1} {
				p := NewPart(agg.NeedsOf(list))
				var set []reading
				for i := range n {
					d := exact.FromUnits(int64(i*7919%n%different), 1)
					if i == fine {
						d = exact.FromUnits(1, 20)
					}
					set = append(set, read(0, string(d.Append(nil))))
					p.AddNoTime(d)
					if i == 4500 {
						p.Quantile(1, 2)
					}
				}
				bits := keeps(set)
				compareWith(t, list, &p, set, bits)
				sorted := oracle.Sorted(readings(set))
				k := n / 2 // the upper neighbour of the median, or the median
				got, want := p.Step(1, 2), oracle.Width(oracle.Nearest(sorted[k].Value), bits)
				if got != want {
					t.Errorf("of %d readings, the median lies in a step of %v, want %v", n, got, want)
				}
			}
		}
	}
}

// TestWindowsAreSmall: a part and a span are at most a cache line, and a window of the
// last few readings less than two, which the speed with a million keys depends on.
func TestWindowsAreSmall(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name       string
		size, most uintptr
	}{{"Part", unsafe.Sizeof(Part{}), 56}, {"Span", unsafe.Sizeof(Span{}), 64}, {"Count", unsafe.Sizeof(Count{}), 104}} {
		if x.size > x.most {
			t.Errorf("a %s has %d bytes, want at most %d", x.name, x.size, x.most)
		}
	}
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
