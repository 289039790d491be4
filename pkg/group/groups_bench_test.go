package group_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/group"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// keyedStream is a stream of two readings a record, whose keys a benchmark looks up by
// batches, as a filter does.
type keyedStream struct {
	arena  []byte // a key of keyLen bytes for each record
	len    int    // records
	rows   [batchLen]row
	values [1 << 12]exact.Dec
}

// row is as large as a row of a batch.
type row struct {
	from, to uint32 // of its key
	_        [56]byte
}

const (
	batchLen = 2000
	touchLen = 250 // records whose windows are touched together
	keyLen   = len(`"client-0000000"`)
)

// newKeyedStream returns a stream of n keys, shuffled or in a fixed order, that is long
// enough for every key to occur some four times.
func newKeyedStream(n int, random bool) *keyedStream {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	s := &keyedStream{len: max(4*n, 200_000)}
	order := rng.Perm(n)
	for i := range s.len {
		id := order[i%n]
		if random {
			id = rng.IntN(n)
		}
		s.arena = fmt.Appendf(s.arena, `"client-%07d"`, id)
	}
	for i := range s.rows {
		s.rows[i] = row{from: uint32(i * keyLen), to: uint32((i + 1) * keyLen)}
	}
	for i := range s.values {
		s.values[i] = exact.FromUnits(rng.Int64N(100_000), 2)
	}
	return s
}

// each calls fold for each batch, which is the records from from on.
func (s *keyedStream) each(fold func(from int, key func(i int) []byte)) {
	for from := 0; from < s.len; from += batchLen {
		arena := s.arena[from*keyLen:][:batchLen*keyLen]
		fold(from, func(i int) []byte { r := &s.rows[i]; return arena[r.from:r.to] })
	}
}

// byKeys runs a benchmark for numbers of keys, in random and in repeated order. f folds
// a whole stream; its first run, which meets the keys, is not timed.
func byKeys(b *testing.B, f func(b *testing.B, s *keyedStream) (fold func())) {
	for _, order := range []string{"random", "repeated"} {
		for _, n := range []int{20, 1000, 10_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d", order, n), func(b *testing.B) {
				s := newKeyedStream(n, order == "random")
				fold := f(b, s)
				fold()
				b.ReportAllocs()
				for b.Loop() {
					fold()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(s.len), "ns/record")
			})
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	byKeys(b, func(b *testing.B, s *keyedStream) func() {
		g := group.NewGroups[group.Slots[int]](group.Limits{Pairs: s.len})
		ids := make([]int32, batchLen)
		return func() {
			s.each(func(from int, key func(i int) []byte) {
				g.Resolve(ids, key)
				for i, id := range ids {
					if id < 0 && g.Find(key(i)) < 0 {
						g.Add(key(i))
					}
				}
			})
		}
	})
}

// BenchmarkKeys is the part of the others that is not theirs.
func BenchmarkKeys(b *testing.B) {
	byKeys(b, func(b *testing.B, s *keyedStream) func() {
		return func() {
			n := 0
			s.each(func(_ int, key func(i int) []byte) {
				for i := range batchLen {
					n += len(key(i))
				}
			})
		}
	})
}

var mean, defaults = needsOf("mean"), needsOf("count", "mean", "min", "max", "sd", "sum", "median", "p95", "p99")

func needsOf(names ...string) agg.Needs {
	var list []agg.Stat
	for _, name := range names {
		s, _ := agg.ParseStat(name)
		list = append(list, s)
	}
	return agg.NeedsOf(list)
}

// BenchmarkParts adds two readings a record to the parts of their keys, as stats does.
func BenchmarkParts(b *testing.B) {
	for _, x := range []struct {
		name string
		need agg.Needs
	}{{"mean", mean}, {"stats", defaults}} {
		b.Run(x.name, func(b *testing.B) {
			byKeys(b, func(b *testing.B, s *keyedStream) func() {
				g := group.NewGroups[group.Slots[window.Part]](group.Limits{Pairs: s.len})
				ids := make([]int32, batchLen)
				return func() {
					touched := int64(0)
					s.each(func(from int, key func(i int) []byte) {
						g.Resolve(ids, key)
						for lo := 0; lo < batchLen; lo += touchLen {
							block := ids[lo:][:touchLen]
							for _, id := range block {
								if id >= 0 {
									for slot := range 2 {
										touched += g.At(id).Find(slot).Touch()
									}
								}
							}
							for i, id := range block {
								k := admit(g, id, key, lo+i)
								for slot := range 2 {
									p := k.Find(slot)
									if p == nil {
										p = k.Add(slot, 2)
										*p = window.NewPart(x.need)
									}
									p.Add(stamp.Time{Sec: 1}, s.values[(from+lo+i+slot)%len(s.values)])
								}
							}
						}
					})
					sink = touched
				}
			})
		})
	}
}

// BenchmarkCounts pushes two readings a record to the windows of their keys, as mavg -n 5
// does.
func BenchmarkCounts(b *testing.B) {
	byKeys(b, func(b *testing.B, s *keyedStream) func() {
		g := group.NewGroups[group.Slots[window.Count]](group.Limits{Pairs: s.len})
		ids := make([]int32, batchLen)
		return func() {
			touched := int64(0)
			s.each(func(from int, key func(i int) []byte) {
				g.Resolve(ids, key)
				for lo := 0; lo < batchLen; lo += touchLen {
					block := ids[lo:][:touchLen]
					for _, id := range block {
						if id >= 0 {
							for slot := range 2 {
								touched += g.At(id).Find(slot).Touch()
							}
						}
					}
					for i, id := range block {
						k := admit(g, id, key, lo+i)
						for slot := range 2 {
							c := k.Find(slot)
							if c == nil {
								c = k.Add(slot, 2)
								c.Init(5, mean)
							}
							c.Push(s.values[(from+lo+i+slot)%len(s.values)])
						}
					}
				}
			})
			sink = touched
		}
	})
}

// admit returns the value of a key, which is added if id is -1 and the batch did not add
// it before.
func admit[T any](g *group.Groups[T], id int32, key func(i int) []byte, i int) *T {
	if id < 0 {
		id = g.Find(key(i))
		if id < 0 {
			id = g.Add(key(i))
		}
	}
	return g.At(id)
}

var sink int64
