package sketch_test

import (
	"fmt"

	"weir/pkg/exact"
	"weir/pkg/sketch"
)

// The median of a window that slides by one reading.
func ExampleSketch() {
	var s sketch.Sketch
	for i := range int64(9) {
		s.Add(exact.Int(i))
	}
	fmt.Printf("%s\n", s.Quantile(1, 2, exact.Int(0), exact.Int(8)).Append(nil, -1))
	s.Remove(exact.Int(0))
	s.Add(exact.Int(100))
	fmt.Printf("%s %s\n", s.Quantile(1, 2, exact.Int(1), exact.Int(100)).Append(nil, -1), s.Append(nil))
	// Output:
	// 4
	// 5 r 1 2 3 4 5 6 7 8 100
}

// Of more than Exact readings, bins answer: within 0.4 %.
func ExampleSketch_Quantile() {
	var s sketch.Sketch
	for i := range int64(100_001) {
		s.Add(exact.Int(i))
	}
	fmt.Printf("%v %s\n", s.IsExact(), s.Quantile(99, 100, exact.Int(0), exact.Int(100_000)).Append(nil, -1))
	// Output: false 99072
}
