package window

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/agg"
	"weir/pkg/exact"
)

// TestReadingsMakeAnEqualWindow: the readings of a window, pushed to an empty one, make one
// that goes on as the first does.
func TestReadingsMakeAnEqualWindow(t *testing.T) {
	t.Parallel()
	needs := []agg.Needs{{}, {Squares: true}, {MinMax: true}, {MinMax: true, Quantiles: true}}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 2, 5, 6, 17, chunkLen, chunkLen + 1, 2*chunkLen + 3}).Draw(t, "n")
		need := rapid.SampledFrom(needs).Draw(t, "need")
		pushed := rapid.SampledFrom([]int{0, 1, n - 1, n, n + 1, 2*n + 3, 3*n - 1}).Draw(t, "pushed")
		big := rapid.IntRange(-1, pushed).Draw(t, "big")
		w := NewCount(n, need)
		var want []exact.Dec
		for i := range pushed {
			d := exact.Int(int64(i * 7 % 31))
			if i == big {
				d, _ = exact.Parse([]byte("1e300"))
			}
			w.Push(d)
			want = append(want, d)
		}
		want = want[max(0, len(want)-n):]
		again, i := NewCount(n, need), 0
		w.Readings(func(d exact.Dec) {
			if i >= len(want) || d.Cmp(want[i]) != 0 {
				t.Fatalf("reading %d is another one", i)
			}
			i++
			again.Push(d)
		})
		if i != len(want) {
			t.Fatalf("%d readings, want %d", i, len(want))
		}
		for i := range 3 {
			w.Push(exact.Int(int64(i)))
			again.Push(exact.Int(int64(i)))
			got, want := again.Mean().Append(nil, -1), w.Mean().Append(nil, -1)
			if !slices.Equal(got, want) {
				t.Fatalf("mean %s, want %s", got, want)
			}
		}
	})
}
