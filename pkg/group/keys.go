package group

import (
	"slices"

	"weir/pkg/batch"
)

// Keys are the groups of a filter: those of [Groups], found for the records of a batch.
// Without keys, all records are of one group.
type Keys[T any] struct {
	*Groups[T]
	keyed bool

	// The batch at hand.
	b       *batch.Batch
	ids     []int32 // By row; -1: the key has no group yet.
	key     func(row int) []byte
	touched int   // Touch has been called for the rows before this one.
	sum     int64 // What it has loaded.
}

// NewKeys returns the groups of a filter, at most pairs of key and field. keyed says that
// the plan has a key.
func NewKeys[T any](pairs int, keyed bool) *Keys[T] {
	k := &Keys[T]{Groups: NewGroups[T](Limits{Pairs: pairs}), keyed: keyed}
	k.key = func(row int) []byte { return k.b.Key(row) }
	return k
}

// Resolve looks up the keys of all rows, and returns their ids for [batch.Runs.Begin]:
// nil without keys.
func (k *Keys[T]) Resolve(b *batch.Batch) []int32 {
	k.b, k.touched = b, 0
	if !k.keyed {
		return nil
	}
	n := len(b.Rows)
	k.ids = slices.Grow(k.ids[:0], n)[:n]
	k.Groups.Resolve(k.ids, k.key)
	return k.ids
}

// ID returns the id of a run's key, or -1 if it has no group.
func (k *Keys[T]) ID(run *batch.Run) int32 {
	if !k.keyed {
		return int32(min(k.Len(), 1)) - 1
	}
	row := run.Row(0)
	if k.ids[row] < 0 { // an earlier record of the batch may have added it
		k.ids[row] = k.Find(run.Key())
	}
	return k.ids[row]
}

// Touch calls load for the groups of the run's record and of those that follow, some 250
// of them at a time, if there are so many groups that most are outside of the processor's
// caches. load loads what a record changes of a group, and returns something of it.
//
// Why: see window.Part.Touch.
func (k *Keys[T]) Touch(run *batch.Run, load func(*T) int64) {
	row := run.Row(0)
	if !k.keyed || row < k.touched || k.Len() < manyGroups || !run.Consecutive() {
		return
	}
	k.touched = min(row+touchLen, len(k.ids))
	for _, id := range k.ids[row:k.touched] {
		if id >= 0 {
			k.sum += load(k.At(id))
		}
	}
}

const (
	manyGroups = 2000 // From so many groups on, most are outside of the second-level cache.
	touchLen   = 250  // The records of one Touch: of more, the first have left the first-level cache again.
)
