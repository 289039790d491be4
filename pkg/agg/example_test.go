package agg_test

import (
	"fmt"

	"weir/pkg/agg"
	"weir/pkg/exact"
)

// A statistic knows under which name it is printed, and what must be kept for it.
func ExampleParseStat() {
	for _, name := range []string{"average", "p99.9"} {
		s, err := agg.ParseStat(name)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(s.Name, s.Needs.Quantiles)
	}
	// Output:
	// mean false
	// p99.9 true
}

// Removing is exact, so a spike leaves no trace.
func ExampleAggregate() {
	a := agg.New(true)
	spike, _ := exact.Parse([]byte("1e300"))
	for _, text := range []string{"0.1", "0.2", "0.3"} {
		d, _ := exact.Parse([]byte(text))
		a.Add(d)
	}
	a.Add(spike)
	a.Remove(spike)
	fmt.Printf("%s %s\n", a.Mean().Append(nil, -1), a.SD().Append(nil, -1))
	// Output: 0.2 0.1
}
