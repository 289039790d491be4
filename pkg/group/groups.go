// Package group keeps a value for every key of a stream, and within a key one for
// every field, and bounds how many there may be. The filters import it.
//
//   - [Keys] are the groups of a filter: it finds them for the records of a batch.
//   - [Groups] numbers the keys and maps them to values. It looks the keys of a batch of
//     records up together, and counts the pairs of key and field against --max-groups.
//   - [Slots] maps the slots of one key's fields to values, those of most keys in one
//     allocation.
package group

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"
)

// Groups maps keys to groups: it numbers the keys 0, 1, 2, … in the order in which
// they are added, and holds a T for each. A key is any sequence of bytes. A key that is
// removed frees its number for another one. Make one with [NewGroups].
//
// It is made for streams of many keys in no order, where nearly every look-up misses
// the processor's caches. [Groups.Resolve] looks the keys of a batch up together, in
// loops whose loads do not depend on each other, so that their misses overlap. A key
// costs two misses: one in the index and one in its group, which has the key's bytes and
// its T side by side. Looking up never allocates.
//
// Note: to predict that a key is followed by the same key as the last time, as with a few
// machines that report in a fixed order, could save about 8 of 19 ns. A first attempt
// saved hardly any of that, and with many keys each prediction waits for the one before,
// so it was left out.
//
// It counts pairs of key and field on the caller's behalf, and bytes of keys: see
// [Limits]. Add does not check them, so the caller calls Fits first.
type Groups[T any] struct {
	index  []bucket // open addressing with linear probing; a power of two, at most half full
	shift  uint8    // a hash shifted right by this is its index
	seed   maphash.Seed
	chunks []*[chunkLen]group[T] // by id
	len    int

	// The bytes of keys longer than inlineLen. Chunks are never moved or grown. With
	// limits.Removable each of these keys has a chunk of its own, which can be freed.
	texts     [][]byte
	freeTexts []uint32 // chunks of removed keys
	freeIDs   []int32  // of removed keys

	limits   Limits
	reserved int // pairs, at most limits.Pairs unless Restored has counted more
	bytes    int // of all keys, at most limits.KeyBytes unless Restored was used

	touched uint32 // what Resolve loads in advance; see there
}

// Limits bound how much Groups holds.
type Limits struct {
	Pairs    int // of key and field, at least 1
	KeyBytes int // of all keys together; 0: 256 for each pair, and at least 64 MiB, the longest line

	Removable bool // Remove may be called; a key of more than 28 bytes takes some 40 bytes more
}

const (
	minKeyBytes     = 64 << 20
	keyBytesPerPair = 256
)

// A bucket of the index is 0 if it is free, else it has the hash of a key in its upper
// half and the key's id, plus 1, in its lower half. A key belongs into the bucket whose
// number is the upper bits of its hash, or the next free one. So buckets are in the order
// of hashes, but for those that were displaced, and to double the index is to copy it in
// order.
type bucket uint64

func (b bucket) hash() uint32 { return uint32(b >> 32) }
func (b bucket) id() int32    { return int32(uint32(b)) - 1 } // -1 if it is free

// group is a key and its value. Up to inlineLen bytes of key are in it, since most keys
// are names or numbers. So a group of a [Slots] is one cache line.
type group[T any] struct {
	size  uint32 // of the key, in bytes
	text  [inlineLen]byte
	value T
}

const (
	inlineLen    = 28
	chunkLen     = 512
	minIndex     = 64       // buckets
	maxTextChunk = 64 << 10 // bytes

	// blockLen is how many keys are looked up together: enough for as many misses as a
	// processor can have at a time, few enough for the hashes to stay in its first cache.
	blockLen = 256
)

// NewGroups returns groups without a key. Requires limits.Pairs ≥ 1.
func NewGroups[T any](limits Limits) *Groups[T] {
	if limits.KeyBytes == 0 {
		limits.KeyBytes = max(minKeyBytes, keyBytesPerPair*min(limits.Pairs, math.MaxInt/keyBytesPerPair))
	}
	return &Groups[T]{
		index: make([]bucket, minIndex), shift: 32 - 6, seed: maphash.MakeSeed(), limits: limits,
	}
}

// Len returns the number of keys that have been added and did not take the number of a
// removed one. Ids are below it.
func (g *Groups[T]) Len() int { return g.len }

// All yields the ids of all keys, in ascending order.
func (g *Groups[T]) All(yield func(id int32) bool) {
	for id := range int32(g.len) {
		if g.group(id).size != removed && !yield(id) {
			return
		}
	}
}

// At returns the value of a group. The pointer stays valid until the key is removed.
// Requires that the id is that of a key.
func (g *Groups[T]) At(id int32) *T { return &g.group(id).value }

// Key returns the key of a group. The bytes stay valid until the key is removed; the caller
// must not change them. Requires that the id is that of a key.
func (g *Groups[T]) Key(id int32) []byte { return g.text(g.group(id)) }

func (g *Groups[T]) group(id int32) *group[T] {
	return &g.chunks[uint32(id)/chunkLen][uint32(id)%chunkLen]
}

// text returns the key of a group. In place of a key that is longer than inlineLen, the
// group has the number of its chunk and its offset there.
func (g *Groups[T]) text(e *group[T]) []byte {
	if e.size <= inlineLen {
		return e.text[:e.size]
	}
	chunk, from := binary.LittleEndian.Uint32(e.text[:]), binary.LittleEndian.Uint32(e.text[4:])
	return g.texts[chunk][from:][:e.size:e.size]
}

// hash returns 32 bits of a hash. Why random: an input cannot be made of colliding keys.
func (g *Groups[T]) hash(key []byte) uint32 { return uint32(maphash.Bytes(g.seed, key) >> 32) }

// Find returns the id of a key, or -1 if it has none.
func (g *Groups[T]) Find(key []byte) int32 { return g.find(key, g.hash(key)) }

// find is Find of a key with its hash.
func (g *Groups[T]) find(key []byte, h uint32) int32 {
	for i := h >> g.shift; ; i++ {
		b := g.index[int(i)&(len(g.index)-1)]
		if b == 0 || b.hash() == h && string(g.text(g.group(b.id()))) == string(key) {
			return b.id()
		}
	}
}

// Resolve sets ids[i] to the id of key(i), or to -1 if it has none, for all of ids. It
// calls key once for each i, and needs the bytes until it returns.
func (g *Groups[T]) Resolve(ids []int32, key func(i int) []byte) {
	for from := 0; from < len(ids); {
		n := min(blockLen, len(ids)-from)
		g.resolve(ids[from:from+n], from, key)
		from += n
	}
}

// resolve sets ids[i] to the id of key(from+i), or to -1. Requires that ids is no longer
// than blockLen.
//
// Each loop loads what the one after it needs. Within a loop no load depends on another
// key, so a processor that executes instructions out of order has several misses under
// way at a time; in one loop over all steps it would get no further than its first
// branch on what has not arrived.
func (g *Groups[T]) resolve(ids []int32, from int, key func(i int) []byte) {
	if g.len == 0 {
		for i := range ids {
			ids[i] = -1
		}
		return
	}
	var keys [blockLen][]byte
	var hashes [blockLen]uint32
	var first [blockLen]bucket
	ids = ids[:min(len(ids), blockLen)] // so that the compiler knows
	for i := range ids {
		k := key(from + i)
		keys[i], hashes[i] = k, g.hash(k)
	}
	index, shift := g.index, g.shift&31
	for i := range ids {
		first[i] = index[int(hashes[i]>>shift)&(len(index)-1)]
	}
	for i := range ids {
		h, b := hashes[i], first[i]
		for at := h >> shift; b != 0 && b.hash() != h; {
			at++
			b = index[int(at)&(len(index)-1)]
		}
		ids[i] = b.id()
	}
	touched := uint32(0)
	for _, id := range ids {
		touched += g.group(max(id, 0)).size
	}
	g.touched = touched // or the compiler leaves the loop out
	for i, id := range ids {
		if id >= 0 && string(g.text(g.group(id))) != string(keys[i]) {
			ids[i] = g.find(keys[i], hashes[i])
		}
	}
}

// Fits reports whether a key that is not there, and that many more pairs of key and
// field, are within the limits.
func (g *Groups[T]) Fits(key []byte, pairs int) bool {
	return g.reserved+pairs <= g.limits.Pairs && g.bytes+len(key) <= g.limits.KeyBytes && g.len < math.MaxInt32
}

// Reserve counts that many more pairs of key and field. If they would exceed the
// limit, it counts none of them and reports false.
func (g *Groups[T]) Reserve(pairs int) bool {
	if g.reserved+pairs > g.limits.Pairs {
		return false
	}
	g.reserved += pairs
	return true
}

// Restored counts that many more pairs of key and field, which an earlier run had, also if they
// exceed the limit, which may have been larger then: what is known is kept, and nothing fits
// any more.
func (g *Groups[T]) Restored(pairs int) { g.reserved += pairs }

// Add adds a key, with the zero value of T, and returns its id: that of a removed key if
// there is one, else Len before. It copies key. Requires that key is not there, and that
// Fits(key, 0) is true or an earlier run had the key.
func (g *Groups[T]) Add(key []byte) int32 {
	id := g.newID()
	g.bytes += len(key)
	e := g.group(id)
	e.size = uint32(len(key))
	if len(key) <= inlineLen {
		copy(e.text[:], key)
	} else {
		chunk, from := g.store(key)
		binary.LittleEndian.PutUint32(e.text[:], chunk)
		binary.LittleEndian.PutUint32(e.text[4:], from)
	}
	h := g.hash(key)
	g.insert(bucket(h)<<32 | bucket(id+1))
	return id
}

// newID returns the id of a new group.
func (g *Groups[T]) newID() int32 {
	n := len(g.freeIDs)
	if n > 0 {
		id := g.freeIDs[n-1]
		g.freeIDs = g.freeIDs[:n-1]
		return id
	}
	if 2*(g.len+1) > len(g.index) {
		g.grow()
	}
	if g.len%chunkLen == 0 {
		g.chunks = append(g.chunks, new([chunkLen]group[T]))
	}
	g.len++
	return int32(g.len - 1)
}

// Remove removes a key, which has that many reserved pairs, and its value. Its id is free
// for the next Add. Requires Limits.Removable, and that the id is that of a key.
func (g *Groups[T]) Remove(id int32, pairs int) {
	e := g.group(id)
	key := g.text(e)
	g.delete(g.hash(key), id)
	g.reserved -= pairs
	g.bytes -= len(key)
	if e.size > inlineLen {
		chunk := binary.LittleEndian.Uint32(e.text[:])
		g.texts[chunk] = nil
		g.freeTexts = append(g.freeTexts, chunk)
	}
	*e = group[T]{size: removed}
	g.freeIDs = append(g.freeIDs, id)
}

// removed is the size of a key that has been removed. Lines are shorter.
const removed = math.MaxUint32

// delete removes a key's bucket from the index, and moves buckets after it that were
// displaced to where a look-up finds them: the algorithm R of Knuth, volume 3, section 6.4.
func (g *Groups[T]) delete(h uint32, id int32) {
	mask := len(g.index) - 1
	hole := int(h>>g.shift) & mask
	for g.index[hole].id() != id {
		hole = (hole + 1) & mask
	}
	for i := (hole + 1) & mask; g.index[i] != 0; i = (i + 1) & mask {
		home := int(g.index[i].hash()>>g.shift) & mask
		if (i-home)&mask >= (i-hole)&mask { // home is not between hole and i
			g.index[hole] = g.index[i]
			hole = i
		}
	}
	g.index[hole] = 0
}

// insert puts b into the first free bucket for its hash.
func (g *Groups[T]) insert(b bucket) {
	i := int(b.hash()>>g.shift) & (len(g.index) - 1)
	for g.index[i] != 0 {
		i = (i + 1) & (len(g.index) - 1)
	}
	g.index[i] = b
}

// grow doubles the index.
func (g *Groups[T]) grow() {
	old := g.index
	g.index = make([]bucket, 2*len(old))
	g.shift--
	for _, b := range old {
		if b != 0 {
			g.insert(b)
		}
	}
}

// store copies a key to texts, and returns its chunk and its offset there. Chunks grow
// with what there is; a key that is long for one has a chunk of its own, and so has each
// key that may be removed.
func (g *Groups[T]) store(key []byte) (chunk, from uint32) {
	n := len(g.texts)
	if g.limits.Removable {
		return g.storeAlone(key), 0
	}
	if n == 0 || cap(g.texts[n-1])-len(g.texts[n-1]) < len(key) {
		g.texts = append(g.texts, make([]byte, 0, max(len(key), min(g.bytes, maxTextChunk))))
		n++
	}
	t := &g.texts[n-1]
	from = uint32(len(*t))
	*t = append(*t, key...)
	return uint32(n - 1), from
}

// storeAlone copies a key to a chunk of its own, and returns that.
func (g *Groups[T]) storeAlone(key []byte) (chunk uint32) {
	n := len(g.freeTexts)
	if n == 0 {
		g.texts = append(g.texts, bytes.Clone(key))
		return uint32(len(g.texts) - 1)
	}
	chunk = g.freeTexts[n-1]
	g.freeTexts = g.freeTexts[:n-1]
	g.texts[chunk] = bytes.Clone(key)
	return chunk
}
