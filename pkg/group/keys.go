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
	stale   bool  // A key was removed: an id may be that of a removed key, or of another one that has its id now.
	touched int   // Touch has been called for the rows before this one.
	sum     int64 // What it has loaded.
}

// NewKeys returns the groups of a filter, at most pairs of key and field. keyed says that
// the plan has a key.
func NewKeys[T any](pairs int, keyed bool) *Keys[T] {
	return newKeys[T](Limits{Pairs: pairs}, keyed)
}

// NewRemovableKeys is NewKeys for a filter that calls Remove.
func NewRemovableKeys[T any](pairs int) *Keys[T] {
	return newKeys[T](Limits{Pairs: pairs, Removable: true}, true)
}

func newKeys[T any](limits Limits, keyed bool) *Keys[T] {
	k := &Keys[T]{Groups: NewGroups[T](limits), keyed: keyed}
	k.key = func(row int) []byte { return k.b.Key(row) }
	return k
}

// Remove is [Groups.Remove]. Until the next Resolve, only ID knows the ids of the batch: see
// Stale.
func (k *Keys[T]) Remove(id int32, pairs int) {
	k.Groups.Remove(id, pairs)
	k.stale = true
}

// Stale reports whether a key was removed since Resolve. Then ids of the batch may be wrong,
// so that its records are to be taken one by one, with their ids as ID returns them.
func (k *Keys[T]) Stale() bool { return k.stale }

// Resolve looks up the keys of all rows, and returns their ids for [batch.Runs.Begin]:
// nil without keys.
func (k *Keys[T]) Resolve(b *batch.Batch) []int32 {
	k.b, k.touched, k.stale = b, 0, false
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
	if k.ids[row] < 0 || k.stale { // an earlier record of the batch may have added it, or removed it
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
