package group_test

import (
	"fmt"

	"weir/pkg/group"
)

// The sum of each machine's readings, which come in batches, of two machines at most.
func ExampleGroups() {
	sums := group.NewGroups[int](group.Limits{Pairs: 2})
	machines := []string{"m1", "m2", "m1", "m3"}
	values := []int{1, 10, 2, 100}
	key := func(i int) []byte { return []byte(machines[i]) }
	ids := make([]int32, len(machines))
	sums.Resolve(ids, key)
	for i, id := range ids {
		if id < 0 { // not known before this batch
			id = sums.Find(key(i))
		}
		if id < 0 {
			if !sums.Fits(key(i), 1) {
				fmt.Println("too many machines:", machines[i])
				continue
			}
			sums.Reserve(1)
			id = sums.Add(key(i))
		}
		*sums.At(id) += values[i]
	}
	for id := range int32(sums.Len()) {
		fmt.Printf("%s %d\n", sums.Key(id), *sums.At(id))
	}
	// Output:
	// too many machines: m3
	// m1 3
	// m2 10
}

// Two fields of a key.
func ExampleSlots() {
	var readings group.Slots[int]
	for _, r := range []struct{ slot, value int }{{0, 1}, {1, 10}, {0, 2}} {
		n := readings.Find(r.slot)
		if n == nil {
			n = readings.Add(r.slot, 2)
		}
		*n += r.value
	}
	fmt.Println(*readings.Find(0), *readings.Find(1), readings.Find(2))
	// Output: 3 10 <nil>
}
