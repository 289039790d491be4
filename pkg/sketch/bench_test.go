package sketch_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"weir/pkg/exact"
	"weir/pkg/sketch"
)

// slide returns a full window of n readings and a function that moves it by one
// reading. Readings are 0 to 100 in steps of 0.001, plus a drift for every reading.
func slide(n int, drift float64) (*sketch.Sketch, func()) {
	r := rand.New(rand.NewPCG(5, 6))
	ring := make([]exact.Dec, 1<<16)
	for i := range ring {
		text := fmt.Sprintf("%.3f", 100*r.Float64()+drift*float64(i))
		ring[i], _ = exact.Parse([]byte(text))
	}
	s, next := new(sketch.Sketch), 0
	for ; next < n; next++ {
		s.Add(ring[next])
	}
	return s, func() {
		s.Remove(ring[(next-n)%len(ring)])
		s.Add(ring[next%len(ring)])
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
			s.Quantile(1, 2, least, most)
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

func TestSmallSketchIsSmall(t *testing.T) {
	const sketches, readings = 20_000, 5
	each := heap(func() []sketch.Sketch {
		all := make([]sketch.Sketch, sketches)
		for i := range all {
			for j := range readings {
				all[i].Add(exact.Int(int64(i*j) % 7))
			}
		}
		return all
	}) / sketches
	if each > 330 {
		t.Errorf("a sketch of %d readings takes %d bytes", readings, each)
	}
}

func TestFullSketchIsCompact(t *testing.T) {
	bytes := heap(func() *sketch.Sketch {
		s := new(sketch.Sketch)
		for i := range int64(sketch.Exact) {
			s.Add(exact.Int(i))
		}
		return s
	})
	if bytes > 40*sketch.Exact {
		t.Errorf("%d readings take %d bytes", sketch.Exact, bytes)
	}
}

// TestThinnedSketchIsSmall: a few readings that stay while their neighbours are
// removed, in rising or falling order, do not keep the memory of those.
func TestThinnedSketchIsSmall(t *testing.T) {
	const step = 1024
	for _, sign := range []int64{1, -1} {
		bytes := heap(func() *sketch.Sketch {
			s := new(sketch.Sketch)
			for base := int64(0); base < 200*step; base += step {
				for i := range int64(step) {
					s.Add(exact.Int(sign * (base + i)))
				}
				for i := range int64(step) {
					if i%64 != 0 {
						s.Remove(exact.Int(sign * (base + i)))
					}
				}
			}
			return s
		})
		if bytes > 500_000 {
			t.Errorf("3200 readings left of many take %d bytes", bytes)
		}
	}
}

func BenchmarkSlide(b *testing.B) {
	for _, n := range []int{5, 100, 1000, 4096, 10_000} {
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
	for _, n := range []int{5, 1000, 4096, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, _ := slide(n, 0)
			least, most := exact.Int(0), exact.Int(100)
			b.ReportAllocs()
			for b.Loop() {
				s.Quantile(95, 100, least, most)
			}
		})
	}
}

// BenchmarkStep measures one move of a window of ten steps of 400 readings.
func BenchmarkStep(b *testing.B) {
	var window sketch.Sketch
	var steps []*sketch.Sketch
	for i := range 10 {
		s, _ := slide(400, float64(i)/1000)
		steps = append(steps, s)
		window.Merge(s)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		window.Subtract(steps[i%10])
		window.Merge(steps[i%10])
	}
}

func BenchmarkRefill(b *testing.B) {
	s, _ := slide(4096, 0)
	readings := slices.Collect(s.Readings())
	rand.Shuffle(len(readings), func(i, j int) { readings[i], readings[j] = readings[j], readings[i] })
	var window sketch.Sketch
	b.ReportAllocs()
	for b.Loop() {
		window.Refill(slices.Values(readings))
	}
}
