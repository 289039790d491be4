package group

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAllYieldsEachSlotInOrder: low slots and high ones, in any order of adding.
func TestAllYieldsEachSlotInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		slot := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(0, 200), rapid.IntRange(0, 10_000))
		want := map[int]int{}
		var s Slots[int]
		for i := range rapid.IntRange(0, 20).Draw(t, "n") {
			k := slot.Draw(t, "slot")
			if s.Find(k) == nil {
				*s.Add(k, rapid.IntRange(0, 4).Draw(t, "want")) = i
				want[k] = i
			}
		}
		var got []int
		for k, v := range s.All {
			got = append(got, k)
			if *v != want[k] {
				t.Fatalf("slot %d has %d, want %d", k, *v, want[k])
			}
		}
		if !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
			t.Fatalf("slots %v, want those of %v", got, want)
		}
		stop := rapid.IntRange(1, 20).Draw(t, "stop")
		n := 0
		for range s.All {
			n++
			if n == stop {
				break
			}
		}
		if n != min(stop, len(want)) {
			t.Fatalf("stopped after %d, want %d", n, stop)
		}
	})
}
