package agg_test

import (
	"fmt"

	"weir/pkg/agg"
	"weir/pkg/exact"
)

func ExampleParseStat() {
	for _, name := range []string{"average", "p99.9", "mode"} {
		s, err := agg.ParseStat(name)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(s.Name, s.Kind == agg.Quantile, s.Num, s.Den)
	}
	// Output:
	// mean false 0 0
	// p99.9 true 999 1000
	// unknown statistic "mode": use one of count, mean, min, max, sum, sd, var, median, pN (p90, p99.9), first, last
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
