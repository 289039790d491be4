package group_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"weir/pkg/group"

	"pgregory.net/rapid"
)

// TestFindIsTheMapOfWhatWasAdded: whatever was looked up before, and whatever
// the caller does with its bytes afterwards.
func TestFindIsTheMapOfWhatWasAdded(t *testing.T) {
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
				if model[key] = table.Add(buf); *model[key] != 0 {
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

// TestTurnsChangeNothing: keys that come in turn, out of turn, in another turn
// and not at all find what they would have found alone.
func TestTurnsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, model := group.New[int](1000), map[string]*int{}
		look := func(key string) {
			got := table.Find([]byte(key))
			if got != model[key] {
				t.Fatalf("Find(%q) = %p, want %p", key, got, model[key])
			}
			if got == nil && key != "none" {
				model[key] = table.Add([]byte(key))
			}
		}
		keys := []string{"", "a", "b", "c", "d", "e", "f", "g"}
		for range rapid.IntRange(1, 6).Draw(t, "turns") {
			turn := rapid.SliceOfN(rapid.SampledFrom(append(keys, "none")), 1, 8).Draw(t, "turn")
			for range rapid.IntRange(1, 20).Draw(t, "rounds") {
				for _, key := range turn {
					look(key)
				}
			}
			for range rapid.SampledFrom([]int{0, 3, 100}).Draw(t, "out of turn") {
				look(rapid.SampledFrom(keys).Draw(t, "key"))
			}
		}
	})
}

// TestHoldNeverExceeds: what does not fit changes nothing, so that less may
// still fit.
func TestHoldNeverExceeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 20).Draw(t, "max")
		table, held := group.New[int](most), 0
		for range 20 {
			pairs := rapid.IntRange(0, 8).Draw(t, "pairs")
			room := held+pairs <= most
			if table.HasRoom(pairs) != room || table.Reserve(pairs) != room {
				t.Fatalf("with %d of %d held, there is room for %d: want %v", held, most, pairs, room)
			}
			if room {
				held += pairs
			}
		}
	})
}

func TestFindDoesNotAllocate(t *testing.T) {
	table := group.New[int](10)
	keys := [][]byte{[]byte(strings.Repeat("a", 100)), []byte(strings.Repeat("a", 99) + "b"), []byte("there is no such key, and it is longer than a short string")}
	table.Add(keys[0])
	table.Add(keys[1])
	if n := testing.AllocsPerRun(100, func() {
		for _, key := range keys {
			table.Find(key)
			table.Find(key)
		}
	}); n != 0 {
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
				asked := make([]int, 1<<16)
				for i := range asked {
					asked[i] = i % n
					if order == "shuffled" {
						asked[i] = rand.IntN(n)
					}
				}
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					table.Find(keys[asked[i&(len(asked)-1)]])
					i++
				}
			})
		}
	}
}
