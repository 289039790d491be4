package sketch_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"weir/pkg/exact"
	"weir/pkg/sketch"
)

// slide returns a full window of n readings and a function that moves it by one
// reading. Readings are 0 to 100 in steps of 0.001, plus a drift for every reading.
func slide(n int, drift float64) (*sketch.Multiset, func()) {
	r := rand.New(rand.NewPCG(5, 6))
	ring := make([]exact.Dec, 1<<16)
	for i := range ring {
		text := fmt.Sprintf("%.3f", 100*r.Float64()+drift*float64(i))
		ring[i], _ = exact.Parse([]byte(text))
	}
	s, next := new(sketch.Multiset), 0
	for ; next < n; next++ {
		s.Add(ring[next%len(ring)], 1)
	}
	return s, func() {
		s.Remove(ring[(next-n)%len(ring)], 1)
		s.Add(ring[next%len(ring)], 1)
		next++
	}
}

func TestSlidingWindowDoesNotAllocate(t *testing.T) {
	for _, n := range []int{1, 5, 1000, 4096, 6000} {
		s, move := slide(n, 0)
		least, most := exact.Int(0), exact.Int(100)
		for range 30_000 {
			move()
		}
		allocs := testing.AllocsPerRun(1000, func() {
			move()
			s.Quantile(1, 2, sketch.Exact, least, most)
		})
		if allocs != 0 {
			t.Errorf("window of %d readings: %v allocations a reading", n, allocs)
		}
	}
}

// TestDriftingWindowKeepsItsSize: of readings that only rise, those that are added
// reuse the memory of those that are removed.
func TestDriftingWindowKeepsItsSize(t *testing.T) {
	_, move := slide(1000, 1)
	for range 5000 {
		move()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 50_000 {
		move()
	}
	runtime.ReadMemStats(&after)
	bytes := after.TotalAlloc - before.TotalAlloc
	if bytes > 50_000 {
		t.Errorf("50000 readings through a window of 1000 took %d bytes", bytes)
	}
}

// heap returns the number of bytes that the result of make keeps alive.
func heap[T any](make func() T) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	result := make()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(result)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

func TestSmallMultisetIsSmall(t *testing.T) {
	const sets, readings = 20_000, 5
	each := heap(func() []sketch.Multiset {
		all := make([]sketch.Multiset, sets)
		for i := range all {
			for j := range readings {
				all[i].Add(exact.Int(int64(i*j)%7), 1)
			}
		}
		return all
	}) / sets
	if each > 450 {
		t.Errorf("a multiset of %d readings takes %d bytes", readings, each)
	}
}

// TestMemoryIsBounded: a sketch takes no more memory than its limit of different numbers
// makes necessary, whatever the readings are.
func TestMemoryIsBounded(t *testing.T) {
	n := unlessShort(400_000, 100_000)
	for name, c := range map[string]struct {
		next func(r *rand.Rand) exact.Dec
		most int64
	}{
		"few decimals":  {func(r *rand.Rand) exact.Dec { return exact.FromUnits(r.Int64N(sketch.MaxDifferent), 1) }, 200_000},
		"nine decimals": {func(r *rand.Rand) exact.Dec { return exact.FromUnits(r.Int64N(1<<50), 9) }, 200_000},
		"any float64": {func(r *rand.Rand) exact.Dec {
			for {
				d, ok := exact.FromFloat(math.Float64frombits(r.Uint64()))
				if ok {
					return d
				}
			}
		}, 18_000_000},
	} {
		r := rand.New(rand.NewPCG(11, 12))
		bytes := heap(func() *sketch.Sketch {
			s := new(sketch.Sketch)
			for range n {
				s.Add(c.next(r))
			}
			return s
		})
		if bytes > c.most {
			t.Errorf("%s: %d readings take %d bytes, want at most %d", name, n, bytes, c.most)
		}
	}
}

func TestFullMultisetIsCompact(t *testing.T) {
	const n = 100_000
	bytes := heap(func() *sketch.Multiset {
		m := new(sketch.Multiset)
		for i := range int64(n) {
			m.Add(exact.Int(i), 1)
			m.Add(exact.Int(i), 1)
		}
		return m
	})
	if bytes > 50*n {
		t.Errorf("%d different readings take %d bytes", n, bytes)
	}
}

// TestThinnedMultisetIsSmall: a few readings that stay while their neighbours are
// removed, in rising or falling order, do not keep the memory of those.
func TestThinnedMultisetIsSmall(t *testing.T) {
	const step = 1024
	for _, sign := range []int64{1, -1} {
		bytes := heap(func() *sketch.Multiset {
			m := new(sketch.Multiset)
			for base := int64(0); base < 200*step; base += step {
				for i := range int64(step) {
					m.Add(exact.Int(sign*(base+i)), 1)
				}
				for i := range int64(step) {
					if i%64 != 0 {
						m.Remove(exact.Int(sign*(base+i)), 1)
					}
				}
			}
			return m
		})
		if bytes > 500_000 {
			t.Errorf("3200 readings left of many take %d bytes", bytes)
		}
	}
}

func BenchmarkSlide(b *testing.B) {
	for _, n := range []int{5, 100, 1000, 4096, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, move := slide(n, 0)
			b.ReportAllocs()
			for b.Loop() {
				move()
			}
		})
	}
}

func BenchmarkQuantile(b *testing.B) {
	for _, n := range []int{5, 1000, 4096, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, _ := slide(n, 0)
			least, most := exact.Int(0), exact.Int(100)
			b.ReportAllocs()
			for b.Loop() {
				s.Quantile(95, 100, sketch.Exact, least, most)
			}
		})
	}
}

// BenchmarkStep measures one move of a window of ten steps of 400 readings.
func BenchmarkStep(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	var window sketch.Multiset
	var steps []*sketch.Sketch
	for range 10 {
		s := new(sketch.Sketch)
		for range 400 {
			s.Add(exact.FromUnits(r.Int64N(100_000), 3))
		}
		steps = append(steps, s)
		window.Merge(s)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		window.Subtract(steps[i%10])
		window.Merge(steps[i%10])
	}
}

// BenchmarkAdd measures adding readings of few and of many different numbers.
func BenchmarkAdd(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	for name, limit := range map[string]int64{"few": 1000, "many": 1 << 40} {
		units := make([]int64, 256)
		b.Run(name, func(b *testing.B) {
			var s sketch.Sketch
			b.ReportAllocs()
			for b.Loop() {
				for i := range units {
					units[i] = r.Int64N(limit)
				}
				s.AddUnits(units, 2)
			}
		})
	}
}
