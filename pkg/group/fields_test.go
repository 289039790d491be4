package group_test

import (
	"testing"

	"weir/pkg/group"

	"pgregory.net/rapid"
)

// TestFieldsAreAMap: Find returns what Put stored, in low slots and in high ones.
func TestFieldsAreAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var f group.Fields[string]
		model := map[int]*string{}
		slot := rapid.OneOf(rapid.IntRange(0, 4), rapid.IntRange(250, 260), rapid.SampledFrom([]int{1000, 1 << 30}))
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			s := slot.Draw(t, "slot")
			got := f.Find(s)
			if got != model[s] {
				t.Fatalf("Find(%d) = %p, want %p", s, got, model[s])
			}
			if model[s] == nil && rapid.Bool().Draw(t, "put") {
				model[s] = new(string)
				f.Put(s, model[s])
			}
		}
		for s, want := range model {
			got := f.Find(s)
			if got != want {
				t.Fatalf("at the end Find(%d) = %p, want %p", s, got, want)
			}
		}
	})
}

func TestFieldsFindDoesNotAllocate(t *testing.T) {
	var f group.Fields[int]
	for _, slot := range []int{3, 1000} {
		f.Put(slot, new(int))
	}
	n := testing.AllocsPerRun(100, func() {
		for _, slot := range []int{0, 3, 255, 1000, 1001} {
			f.Find(slot)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFields(b *testing.B) {
	for name, first := range map[string]int{"low": 0, "high": 1000} {
		b.Run(name, func(b *testing.B) {
			var f group.Fields[int]
			for slot := range 100 {
				f.Put(first+slot, new(int))
			}
			b.ReportAllocs()
			slot := 0
			for b.Loop() {
				f.Find(first + slot)
				slot = (slot + 1) % 100
			}
		})
	}
}
