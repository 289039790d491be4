package group_test

import (
	"slices"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/group"
)

// keyedBatch returns a batch of a record for each key, with one reading, and its fold.
func keyedBatch(keys ...string) *batch.Batch {
	b := new(batch.Batch)
	for i, k := range keys {
		r := batch.Row{Key: uint32(len(b.Keys)), KeyEnd: uint32(len(b.Keys) + len(k)), Nums: uint32(i + 1)}
		b.Keys = append(b.Keys, k...)
		b.Nums = append(b.Nums, batch.Num{C: uint64(i)})
		b.AddRow(r)
	}
	batch.NewFold(batch.Plan{Numbers: []batch.Path{{"v"}}, Key: []batch.Path{{"k"}}}).Begin(b)
	return b
}

// TestKeysOfABatch: a key that a record of the batch has added is found for its later
// records, and by Resolve in the next batch.
func TestKeysOfABatch(t *testing.T) {
	t.Parallel()
	keys := group.NewKeys[int](100, true)
	var runs batch.Runs
	for round, want := range [][]int32{{-1, -1, -1, -1}, {0, 1, 0, 2}} {
		b := keyedBatch("a", "b", "a", "c")
		ids := keys.Resolve(b)
		if !slices.Equal(ids, want) {
			t.Fatalf("round %d: ids %v, want %v", round, ids, want)
		}
		runs.Begin(b, ids, true)
		for runs.Next() {
			id := keys.ID(&runs.Run)
			if id < 0 {
				id = keys.Add(runs.Key())
			}
			*keys.At(id) += runs.Len()
		}
	}
	if *keys.At(0) != 4 || *keys.At(1) != 2 || *keys.At(2) != 2 {
		t.Errorf("%d, %d and %d records", *keys.At(0), *keys.At(1), *keys.At(2))
	}
}

// TestRemovedKeysOfABatch: a key that was removed while a batch is consumed is new for its
// later records, though another key has its id by then.
func TestRemovedKeysOfABatch(t *testing.T) {
	t.Parallel()
	keys := group.NewRemovableKeys[int](1)
	var runs batch.Runs
	var got []int32
	for round, list := range [][]string{{"a", "b", "a", "a", "b"}, {"b", "a", "b"}} {
		b := keyedBatch(list...)
		runs.Begin(b, keys.Resolve(b), false)
		if keys.Stale() {
			t.Errorf("round %d: stale ids after Resolve", round)
		}
		for runs.NextOne() {
			id := keys.ID(&runs.Run)
			got = append(got, id)
			if id < 0 {
				for other := range keys.All {
					keys.Remove(other, 1)
				}
				keys.Reserve(1)
				keys.Add(runs.Key())
			}
		}
		if !keys.Stale() {
			t.Errorf("round %d: no stale ids", round)
		}
	}
	if !slices.Equal(got, []int32{-1, -1, -1, 0, -1, 0, -1, -1}) {
		t.Errorf("ids %v", got)
	}
}

// TestNoKeys: without keys, all records are of one group.
func TestNoKeys(t *testing.T) {
	t.Parallel()
	keys := group.NewKeys[int](100, false)
	b := keyedBatch("", "")
	if keys.Resolve(b) != nil {
		t.Error("ids without keys")
	}
	var runs batch.Runs
	runs.Begin(b, nil, false)
	if !runs.Next() || keys.ID(&runs.Run) != -1 {
		t.Fatal("a group before the first key is added")
	}
	id := keys.Add(runs.Key())
	if keys.ID(&runs.Run) != id {
		t.Errorf("id %d, want %d", keys.ID(&runs.Run), id)
	}
}

// TestResolveOfABatchDoesNotAllocate: neither do ID and Touch.
func TestResolveOfABatchDoesNotAllocate(t *testing.T) {
	keys := group.NewKeys[int](100, true)
	b := keyedBatch("a", "b", "a", "c")
	var runs batch.Runs
	n := testing.AllocsPerRun(100, func() {
		runs.Begin(b, keys.Resolve(b), true)
		for runs.Next() {
			keys.Touch(&runs.Run, func(v *int) int64 { return int64(*v) })
			if keys.ID(&runs.Run) < 0 {
				keys.Add(runs.Key())
			}
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
