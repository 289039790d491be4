package window

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// TestMergedContentsAreThoseOfAllReadings: however readings are divided among parts, the merged
// contents are those of one part with all; also of so many different ones that quantiles keep
// steps, and of readings of which a part has none.
func TestMergedContentsAreThoseOfAllReadings(t *testing.T) {
	t.Parallel()
	need := agg.Needs{Squares: true, MinMax: true, FirstLast: true, Quantiles: true, Series: true}
	for _, different := range []int{1, 10, 3000, 20000} {
		rng := rand.New(rand.NewPCG(uint64(different), 0))
		all, merged := NewPart(need), NewPart(need)
		for range 5 {
			part := NewPart(need)
			for range rng.IntN(2 * different) {
				d, err := exact.Parse(fmt.Append(nil, rng.IntN(different), ".", rng.IntN(2)))
				if err != nil {
					t.Fatal(err)
				}
				at := stamp.Time{Sec: rng.Int64N(1000)}
				all.Add(at, d)
				part.Add(at, d)
			}
			if !merged.Merge(part.Contents()) {
				t.Fatal("refused")
			}
		}
		got, want := merged.Contents(), all.Contents()
		if merged.Len() != all.Len() || got.MinMax.Min.Cmp(want.MinMax.Min) != 0 || got.MinMax.Max.Cmp(want.MinMax.Max) != 0 ||
			got.FirstLast.First.Cmp(want.FirstLast.First) != 0 || got.FirstLast.Last.Cmp(want.FirstLast.Last) != 0 ||
			string(got.Totals.AppendTotals(nil)) != string(want.Totals.AppendTotals(nil)) ||
			!slices.EqualFunc(got.Series.Readings(), want.Series.Readings(), sameReading) || !got.Series.Resets().Equal(want.Series.Resets()) ||
			string(got.Quantiles.Append(nil)) != string(want.Quantiles.Append(nil)) {
			t.Errorf("%d different: the merged contents are other ones", different)
		}
		few := agg.Needs{MinMax: true}
		only := NewPart(few)
		if !only.Merge(want.Only(few)) || only.Sum().Cmp(all.Sum()) != 0 || only.Len() != all.Len() {
			t.Errorf("%d different: without squares and quantiles, the sum is another one", different)
		}
	}
}

// sameReading reports whether two readings have the same time and number.
func sameReading(a, b agg.Timed) bool { return a.Time == b.Time && a.Value.Cmp(b.Value) == 0 }
