package sketch_test

import (
	"fmt"

	"weir/pkg/exact"
	"weir/pkg/sketch"
)

// The median of a window that slides by one reading.
func ExampleMultiset() {
	var m sketch.Multiset
	for i := range int64(9) {
		m.Add(exact.Int(i), 1)
	}
	fmt.Printf("%s\n", m.Quantile(1, 2, sketch.Exact, m.Min(), m.Max()).Append(nil, -1))
	m.Remove(exact.Int(0), 1)
	m.Add(exact.Int(100), 1)
	fmt.Printf("%s\n", m.Quantile(1, 2, sketch.Exact, m.Min(), m.Max()).Append(nil, -1))
	// Output:
	// 4
	// 5
}

// Up to MaxDifferent different numbers quantiles are exact. Beyond that, Step bounds the error.
func ExampleSketch() {
	var s sketch.Sketch
	for i := range int64(100_001) {
		s.Add(exact.Int(i % 1000))
	}
	fmt.Printf("%s %v\n", s.Quantile(99, 100, exact.Int(0), exact.Int(999)).Append(nil, -1), s.Step(99, 100))
	for i := range int64(100_001) {
		s.Add(exact.Int(i))
	}
	fmt.Printf("%s %v\n", s.Quantile(99, 100, exact.Int(0), exact.Int(100_000)).Append(nil, -1), s.Step(99, 100))
	// Output:
	// 989 0
	// 97920 256
}
