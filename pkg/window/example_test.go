package window_test

import (
	"fmt"
	"time"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// The mean and the maximum of the last three readings.
func ExampleCount() {
	mean, _ := agg.ParseStat("mean")
	most, _ := agg.ParseStat("max")
	w := window.NewCount(3, agg.NeedsOf([]agg.Stat{mean, most}))
	for _, text := range []string{"0.1", "3e300", "0.2", "0.3", "0.4"} {
		d, _ := exact.Parse([]byte(text))
		w.Push(d)
		fmt.Printf("%s %s\n", mean.Of(w).Append(nil, -1), most.Of(w).Append(nil, -1))
	}
	// Output:
	// 0.1 0.1
	// 1.5e+300 3e+300
	// 1e+300 3e+300
	// 1e+300 3e+300
	// 0.3 0.4
}

// The mean of the last two minutes, with one part for each minute.
func ExampleSpan() {
	mean, _ := agg.ParseStat("mean")
	need := agg.NeedsOf([]agg.Stat{mean})
	begin := stamp.Time{Sec: 1545848880}
	var parts []window.Part
	for minute := range int64(4) {
		p := window.NewPart(need)
		t := begin.Add(time.Duration(minute)*time.Minute + 30*time.Second)
		p.Add(t, exact.Int(10*minute))
		parts = append(parts, p)
	}
	w := window.NewSpan(need)
	for i := range parts {
		w.Enter(int64(i), &parts[i])
		if i >= 2 {
			w.Leave(int64(i-2), &parts[i-2])
		}
		fmt.Printf("%s of %d\n", mean.Of(&w).Append(nil, -1), w.Len())
	}
	// Output:
	// 0 of 1
	// 5 of 2
	// 15 of 2
	// 25 of 2
}
