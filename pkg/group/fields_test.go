package group

import (
	"testing"

	"pgregory.net/rapid"
)

// TestFieldsAreAMap: find returns what put stored, in low slots and in high ones.
func TestFieldsAreAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var f fields[string]
		model := map[int]*string{}
		slot := rapid.OneOf(rapid.IntRange(0, 4), rapid.IntRange(firstSlots-2, firstSlots+2), rapid.SampledFrom([]int{1000, pages*pageSlots - 1, pages * pageSlots, 1 << 30}))
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			s := slot.Draw(t, "slot")
			got := f.find(s)
			if got != model[s] {
				t.Fatalf("find(%d) = %p, want %p", s, got, model[s])
			}
			if model[s] == nil && rapid.Bool().Draw(t, "put") {
				model[s] = new(string)
				f.put(s, model[s])
			}
		}
		for s, want := range model {
			got := f.find(s)
			if got != want {
				t.Fatalf("at the end find(%d) = %p, want %p", s, got, want)
			}
		}
	})
}

func TestFieldsFindDoesNotAllocate(t *testing.T) {
	var f fields[int]
	for _, slot := range []int{3, 1000, 5000} {
		f.put(slot, new(int))
	}
	n := testing.AllocsPerRun(100, func() {
		for _, slot := range []int{0, 3, 63, 255, 1000, 1001, 5000, 5001} {
			f.find(slot)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFields(b *testing.B) {
	for name, first := range map[string]int{"low": 0, "high": 1000} {
		b.Run(name, func(b *testing.B) {
			var f fields[int]
			for slot := range 100 {
				f.put(first+slot, new(int))
			}
			b.ReportAllocs()
			slot := 0
			for b.Loop() {
				f.find(first + slot)
				slot = (slot + 1) % 100
			}
		})
	}
}
