package group_test

import (
	"fmt"

	"weir/pkg/group"
)

// The sum of each machine's readings, of two machines at most.
func ExampleTable() {
	table := group.New[int](2)
	for _, r := range []struct {
		machine string
		value   int
	}{{"m1", 1}, {"m2", 10}, {"m1", 2}, {"m3", 100}} {
		sum := table.Find([]byte(r.machine))
		if sum == nil {
			if !table.Reserve(1) {
				fmt.Println("too many machines:", r.machine)
				continue
			}
			sum = table.Add([]byte(r.machine))
		}
		*sum += r.value
	}
	fmt.Println(*table.Find([]byte("m1")), *table.Find([]byte("m2")))
	// Output:
	// too many machines: m3
	// 3 10
}
