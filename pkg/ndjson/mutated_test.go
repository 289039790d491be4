package ndjson

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"testing"

	"weir/pkg/batch"
)

var mutatedLines = flag.Int("lines", 300_000, "how many lines TestMutatedLines changes")

// TestMutatedLines: on lines as machines write them, of which a part has a byte changed,
// removed or inserted, the kernel, the matcher and the general path find the same. It
// compares rows as they are in memory, so that it can try very many lines:
//
//	go test ./pkg/ndjson -run MutatedLines -lines 100000000 -timeout 1h
func TestMutatedLines(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, uint64(*mutatedLines)))
	pool := linePool(rng)
	plans := []batch.Plan{
		{Numbers: []batch.Path{{"b"}, {"http", "ms"}}, Key: []batch.Path{{"k"}}, Time: batch.Path{"timestamp"}, ReportOnly: true},
		{All: true, Time: batch.Path{"timestamp"}, TimeOptional: true, Omit: []string{"m"}},
		{Numbers: []batch.Path{{"a"}, {"b"}, {"c"}}, Where: []batch.Cond{{Path: batch.Path{"k"}, Value: "x"}}},
	}
	var paths [][]*path // for each plan, those of all code paths
	for _, plan := range plans {
		var list []*path
		for _, by := range []codePath{generalOnly, withKernel, matcherOnly} {
			list = append(list, newPath(plan, Options{MaxLine: 1200}, by))
		}
		paths = append(paths, list)
	}
	const perBlock = 2000
	var text []byte
	for round := 0; round*perBlock < *mutatedLines; round++ {
		if t.Failed() {
			return
		}
		text = text[:0]
		for range perBlock {
			text = appendMutated(text, pool[rng.IntN(len(pool))], rng)
		}
		list := paths[round%len(plans)]
		want := list[0].digests(text)
		sameDigests(t, list[1].digests(text), want, text, withKernel)
		sameDigests(t, list[2].digests(text), want, text, matcherOnly)
	}
}

// linePool returns lines of a few layouts with other values.
func linePool(rng *rand.Rand) (pool [][]byte) {
	layouts := []func() string{
		func() string {
			return fmt.Sprintf(`{"timestamp":"2018-12-26 18:%02d:%02d.%06d","k":"%s","a":%d,"b":%.2f}`, rng.IntN(60), rng.IntN(60), rng.IntN(1e6), []string{"x", "y", "longer"}[rng.IntN(3)], rng.IntN(1e6), rng.Float64()*100)
		},
		func() string {
			return fmt.Sprintf(`{"timestamp":%d,"http":{"method":"GET","ms":%d,"path":"/a/b?c"},"k":"x","tags":{"a":"b"},"b":-%d}`, 1545847868+rng.IntN(1e6), rng.IntN(1e4), rng.IntN(50))
		},
		func() string {
			s := ""
			for _, k := range rng.Perm(8)[:1+rng.IntN(7)] {
				s += fmt.Sprintf(`,"%c":%s`, "abcdefgk"[k], []string{"1", "-2.50", `"x"`, "null", "true", "1e3", "12345678901234567890", `{"b":1}`, `[1,2]`, `"é\n"`}[rng.IntN(10)])
			}
			return "{" + s[1:] + "}"
		},
		func() string { return fmt.Sprintf(`{ "m" : {"a":%d} , "b" : %d , "c":0.5 }`, rng.IntN(9), rng.IntN(9)) },
	}
	for range 4096 {
		pool = append(pool, []byte(layouts[rng.IntN(len(layouts))]()))
	}
	return pool
}

// appendMutated appends a line and its line break, with one byte of it changed, removed or
// inserted in a third of all cases.
func appendMutated(text, line []byte, rng *rand.Rand) []byte {
	const bytes = "\"\\{}[],: 01-.eEtu\r\x00\x1f\xc3\xff~aZ"
	r := rng.Uint64()
	at, c := int((r>>32)%uint64(len(line))), bytes[(r>>8)%uint64(len(bytes))]
	switch r % 9 {
	case 0:
		text = append(append(append(text, line[:at]...), c), line[at+1:]...)
	case 1:
		text = append(append(text, line[:at]...), line[at+1:]...)
	case 2:
		text = append(append(append(text, line[:at]...), c), line[at:]...)
	default:
		text = append(text, line...)
	}
	return append(text, '\n')
}

// sameDigests fails unless the digests of text are equal; by names the code path of got.
func sameDigests(t *testing.T, got, want []uint64, text []byte, by codePath) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%s: row %d differs, of\n%s", by, i, text)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows, want %d, of\n%s", by, len(got), len(want), text)
	}
}

var digestSeed = maphash.MakeSeed()

// digests returns a hash of each row of text, with everything that a filter can see of it.
func (x *path) digests(text []byte) (all []uint64) {
	var buf []byte
	x.read(bytes.NewReader(text), func(b *batch.Batch) {
		for row := range b.Rows {
			buf = appendRow(buf[:0], b, row)
			all = append(all, maphash.Bytes(digestSeed, buf))
		}
	})
	return all
}

// appendRow appends what a filter can see of a row.
func appendRow(dst []byte, b *batch.Batch, row int) []byte {
	r := &b.Rows[row]
	number := func(n uint64) { dst = binary.LittleEndian.AppendUint64(dst, n) }
	err := b.Error(row)
	if err != nil {
		return append(dst, err.Error()...)
	}
	for _, n := range []uint32{r.Line, r.To - r.From, r.When, r.WhenEnd, uint32(r.Time.Nsec)} {
		number(uint64(n))
	}
	number(uint64(r.Time.Sec))
	if r.Filtered {
		return append(dst, 'f')
	}
	if r.Empty {
		dst = append(dst, 'e')
	}
	dst = append(dst, b.Key(row)...)
	rec := b.Record(row)
	bad := rec.Judge()
	if bad != nil {
		dst = append(dst, bad.Error()...)
	}
	for _, e := range b.Reported(row) {
		dst = append(dst, e.Error()...)
	}
	rec.Resolve()
	for i := range rec.Len() {
		slot, d := rec.At(i)
		number(uint64(slot))
		dst = d.Append(dst)
	}
	return dst
}
