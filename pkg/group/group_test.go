package group_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"weir/pkg/group"

	"pgregory.net/rapid"
)

// TestTableIsAMap: Find finds what was added, whatever was looked up before, and
// whatever the caller does with the bytes of the key afterwards.
func TestTableIsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table, model := group.New[int](1000), map[string]*int{}
		buf := make([]byte, 0, 8)
		for range rapid.IntRange(0, 50).Draw(t, "look-ups") {
			key := rapid.SampledFrom([]string{"", "a", "b", "aa", "a\x00", "a\x00b", "ä"}).Draw(t, "key")
			buf = append(buf[:0], key...)
			got := table.Find(buf)
			if got != model[key] {
				t.Fatalf("Find(%q) = %p, want %p", key, got, model[key])
			}
			if got == nil && rapid.Bool().Draw(t, "add") {
				model[key] = table.Add(buf)
				if *model[key] != 0 {
					t.Fatalf("Add(%q) holds %d", key, *model[key])
				}
				*model[key] = len(model)
			}
			clear(buf[:cap(buf)])
			if table.Len() != len(model) {
				t.Fatalf("Len() = %d, want %d", table.Len(), len(model))
			}
		}
	})
}

// TestPredictionChangesNothing: Find finds the same for keys that come in a fixed
// order, out of order, in another order, and for keys that do not exist.
func TestPredictionChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table, model := group.New[int](1000), map[string]*int{}
		find := func(key string) {
			got := table.Find([]byte(key))
			if got != model[key] {
				t.Fatalf("Find(%q) = %p, want %p", key, got, model[key])
			}
			if got == nil && key != "none" {
				model[key] = table.Add([]byte(key))
			}
		}
		keys := []string{"", "a", "b", "c", "d", "e", "f", "g"}
		for range rapid.IntRange(1, 6).Draw(t, "orders") {
			order := rapid.SliceOfN(rapid.SampledFrom(append(keys, "none")), 1, 8).Draw(t, "order")
			for range rapid.IntRange(1, 20).Draw(t, "rounds") {
				for _, key := range order {
					find(key)
				}
			}
			for range rapid.SampledFrom([]int{0, 3, 100}).Draw(t, "out of order") {
				find(rapid.SampledFrom(keys).Draw(t, "key"))
			}
		}
	})
}

// TestReserveNeverExceeds: pairs that do not fit are not counted, so that fewer may
// still fit.
func TestReserveNeverExceeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 20).Draw(t, "max")
		table, reserved := group.New[int](limit), 0
		for range 20 {
			pairs := rapid.IntRange(0, 8).Draw(t, "pairs")
			fits := reserved+pairs <= limit
			if table.Fits(pairs) != fits || table.Reserve(pairs) != fits {
				t.Fatalf("with %d of %d reserved, %d more fit: want %v", reserved, limit, pairs, fits)
			}
			if fits {
				reserved += pairs
			}
		}
	})
}

func TestFindDoesNotAllocate(t *testing.T) {
	table := group.New[int](10)
	keys := [][]byte{[]byte(strings.Repeat("a", 100)), []byte(strings.Repeat("a", 99) + "b"), []byte("there is no such key, and it is longer than a short string")}
	table.Add(keys[0])
	table.Add(keys[1])
	n := testing.AllocsPerRun(100, func() {
		for _, key := range keys {
			table.Find(key)
			table.Find(key)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, order := range []string{"in-turn", "shuffled"} {
		for _, n := range []int{1, 1000, 50000} {
			b.Run(fmt.Sprintf("%s/%d", order, n), func(b *testing.B) {
				table := group.New[int](n)
				var keys [][]byte
				for i := range n {
					keys = append(keys, fmt.Appendf(nil, `"machine-%d"`, i*7919%n))
					table.Add(keys[i])
				}
				sequence := make([]int, 1<<16)
				for i := range sequence {
					sequence[i] = i % n
					if order == "shuffled" {
						sequence[i] = rand.IntN(n)
					}
				}
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					table.Find(keys[sequence[i&(len(sequence)-1)]])
					i++
				}
			})
		}
	}
}
