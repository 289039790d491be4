package group_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"weir/pkg/group"

	"pgregory.net/rapid"
)

// keys draws keys: short ones, and ones too long to be kept in a group itself.
func keys() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "b", "aa", "a\x00", "a\x00b", "ä"}),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat("k", rapid.SampledFrom([]int{27, 28, 29, 300, 70_000}).Draw(t, "length")) + rapid.SampledFrom([]string{"", "x"}).Draw(t, "end")
		}),
	)
}

// TestGroupsAreAMap: Resolve and Find find what was added, ids count up from 0 and stay,
// as do keys and pointers, whatever the caller does with the bytes of a key afterwards;
// and the limits of pairs and bytes are kept.
func TestGroupsAreAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := group.Limits{Pairs: rapid.IntRange(1, 12).Draw(t, "pairs"), KeyBytes: rapid.SampledFrom([]int{0, 3, 60, 400, 200_000}).Draw(t, "bytes")}
		g := group.NewGroups[string](limits)
		var order []string
		var values []*string
		ids, size := map[string]int32{}, 0
		id := func(key string) int32 {
			id, ok := ids[key]
			if !ok {
				return -1
			}
			return id
		}
		for range rapid.IntRange(0, 12).Draw(t, "batches") {
			batch := rapid.SliceOfN(keys(), 0, 10).Draw(t, "keys")
			got := make([]int32, len(batch))
			var buf []byte
			g.Resolve(got, func(i int) []byte {
				from := len(buf)
				buf = append(buf, batch[i]...)
				return buf[from:]
			})
			clear(buf)
			for i, key := range batch {
				if got[i] != id(key) {
					t.Fatalf("Resolve finds %d for %.40q, want %d", got[i], key, id(key))
				}
			}
			for _, key := range batch {
				text := []byte(key)
				if g.Find(text) != id(key) {
					t.Fatalf("Find(%.40q) = %d, want %d", key, g.Find(text), id(key))
				}
				if id(key) >= 0 {
					continue
				}
				fits := len(order) < limits.Pairs && (limits.KeyBytes == 0 || size+len(key) <= limits.KeyBytes)
				if g.Fits(text, 1) != fits {
					t.Fatalf("with %d of %d keys, of %d of %d bytes: Fits(%.40q) is %v", len(order), limits.Pairs, size, limits.KeyBytes, key, !fits)
				}
				if !fits {
					continue
				}
				if !g.Reserve(1) || g.Add(text) != int32(len(order)) {
					t.Fatalf("key %.40q, which fits, is not the next one", key)
				}
				clear(text)
				ids[key] = int32(len(order))
				order = append(order, key)
				values = append(values, g.At(ids[key]))
				*g.At(ids[key]) = key
				size += len(key)
			}
		}
		if g.Len() != len(order) {
			t.Fatalf("Len() = %d, want %d", g.Len(), len(order))
		}
		for i, key := range order {
			at := int32(i)
			if string(g.Key(at)) != key || g.At(at) != values[i] || *g.At(at) != key {
				t.Fatalf("group %d has key %.40q and value %.40q, want %.40q", i, g.Key(at), *g.At(at), key)
			}
		}
	})
}

// TestRemovedGroups: a removed key is not found, and gives up its places; all others are found,
// with their values, however many are removed and added; ids are used again, so that there
// are never more of them than keys at a time.
func TestRemovedGroups(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := group.NewGroups[string](group.Limits{Pairs: 600, KeyBytes: 1 << 20, Removable: true})
		ids, most := map[string]int32{}, 0
		n := rapid.IntRange(1, 300).Draw(t, "different keys")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		key := func(i int) string { return strings.Repeat("k", i%3*20) + strconv.Itoa(i) }
		for range rapid.IntRange(0, 2000).Draw(t, "steps") {
			k := key(rng.IntN(n))
			id, ok := ids[k]
			if g.Find([]byte(k)) != id && ok || !ok && g.Find([]byte(k)) != -1 {
				t.Fatalf("Find(%q) = %d, want %d, %v", k, g.Find([]byte(k)), id, ok)
			}
			if ok {
				if *g.At(id) != k {
					t.Fatalf("%q has the value %q", k, *g.At(id))
				}
				g.Remove(id, 2)
				delete(ids, k)
				continue
			}
			if !g.Reserve(2) {
				t.Fatalf("no place with %d keys", len(ids))
			}
			ids[k] = g.Add([]byte(k))
			if *g.At(ids[k]) != "" {
				t.Fatalf("a new key has the value %q", *g.At(ids[k]))
			}
			*g.At(ids[k]) = k
			most = max(most, len(ids))
		}
		got := map[string]int32{}
		for id := range g.All {
			got[string(g.Key(id))] = id
		}
		if !maps.Equal(got, ids) || g.Len() != most {
			t.Fatalf("%d ids for at most %d keys; %v, want %v", g.Len(), most, got, ids)
		}
		size := 0
		for k := range ids {
			size += len(k)
		}
		if g.Fits(make([]byte, 1<<20-size+1), 0) || !g.Fits(make([]byte, 1<<20-size), 600-2*len(ids)) || g.Fits(nil, 601-2*len(ids)) {
			t.Fatalf("the limits do not know of removed keys")
		}
	})
}

// TestGroupsOfManyKeys: every key is found, and no other, while the index grows. Among so
// many keys some have equal hashes.
func TestGroupsOfManyKeys(t *testing.T) {
	t.Parallel()
	const n = 300_000
	g := group.NewGroups[int](group.Limits{Pairs: n})
	key := func(i int) []byte { return fmt.Appendf(nil, `"%d"`, i) }
	for i := range n {
		id := g.Add(key(i))
		*g.At(id) = i
		if id != int32(i) || g.Find(key(i/2)) != int32(i/2) || g.Find(key(i+1)) != -1 {
			t.Fatalf("after %d keys, one was not found or one too many", i+1)
		}
	}
	ids := make([]int32, 2*n)
	g.Resolve(ids, key)
	for i, id := range ids {
		if i < n && (id != int32(i) || *g.At(id) != i || !bytes.Equal(g.Key(id), key(i))) || i >= n && id != -1 {
			t.Fatalf("key %d resolves to %d", i, id)
		}
	}
}

func TestGroupsReserveNeverExceeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 20).Draw(t, "max")
		g, reserved := group.NewGroups[int](group.Limits{Pairs: limit}), 0
		for range 20 {
			pairs := rapid.IntRange(0, 8).Draw(t, "pairs")
			fits := reserved+pairs <= limit
			if g.Fits(nil, pairs) != fits || g.Reserve(pairs) != fits {
				t.Fatalf("with %d of %d reserved, %d more fit: want %v", reserved, limit, pairs, fits)
			}
			if fits {
				reserved += pairs
			}
		}
	})
}

func TestResolveDoesNotAllocate(t *testing.T) {
	g := group.NewGroups[int](group.Limits{Pairs: 10})
	keys := [][]byte{[]byte(strings.Repeat("a", 100)), []byte("a"), []byte("there is no such key, and it is longer than a short string")}
	g.Add(keys[0])
	g.Add(keys[1])
	ids := make([]int32, 1000)
	n := testing.AllocsPerRun(100, func() {
		g.Resolve(ids, func(i int) []byte { return keys[i%len(keys)] })
		g.Find(keys[2])
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestSlotsAreAMap: Find returns what Add returned, in whatever order slots are added
// and however many are wanted.
func TestSlotsAreAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s group.Slots[int]
		model := map[int]*int{}
		slot := rapid.OneOf(rapid.IntRange(0, 4), rapid.IntRange(0, 4), rapid.IntRange(60, 70), rapid.SampledFrom([]int{1000, 1 << 30}))
		want := rapid.IntRange(0, 100).Draw(t, "want")
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			at := slot.Draw(t, "slot")
			if s.Find(at) != model[at] {
				t.Fatalf("Find(%d) = %p, want %p", at, s.Find(at), model[at])
			}
			if model[at] == nil {
				model[at] = s.Add(at, want)
				if *model[at] != 0 {
					t.Fatalf("Add(%d) holds %d", at, *model[at])
				}
				*model[at] = at + 1
			}
		}
		for at, p := range model {
			if s.Find(at) != p || *p != at+1 {
				t.Fatalf("at the end Find(%d) = %p, want %p", at, s.Find(at), p)
			}
		}
	})
}

// TestSlotsAreSmall: a group with a short key is one cache line.
func TestSlotsAreSmall(t *testing.T) {
	t.Parallel()
	size := unsafe.Sizeof(group.Slots[int]{})
	if size > 32 {
		t.Errorf("Slots has %d bytes, want 32", size)
	}
}
