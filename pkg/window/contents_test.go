package window

import (
	"slices"
	"testing"

	"weir/pkg/agg"
	"weir/pkg/exact"

	"pgregory.net/rapid"
)

// TestContentsRestore: a part that gets the contents of another one has its statistics, whatever
// is added to both afterwards.
func TestContentsRestore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := drawStats(t)
		needs := agg.NeedsOf(list)
		p, saved := NewPart(needs), NewPart(needs)
		var set []reading
		add := func(parts ...*Part) {
			r := read(rapid.Int64Range(-3, 3).Draw(t, "time"), rapid.SampledFrom(texts).Draw(t, "reading"))
			set = append(set, r)
			for _, p := range parts {
				p.Add(at(r.Time), r.d)
			}
		}
		for range rapid.IntRange(0, 12).Draw(t, "before") {
			add(&saved)
		}
		p.Restore(saved.Contents())
		if p.Len() != int64(len(set)) {
			t.Fatalf("Len() = %d, want %d", p.Len(), len(set))
		}
		for range rapid.IntRange(0, 5).Draw(t, "after") {
			add(&p)
		}
		compare(t, list, &p, set)
	})
}

// TestReadingsOfCount: the readings of a window, whether they are small integers or not, are the
// last ones, the oldest first.
func TestReadingsOfCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c Count
		n := rapid.IntRange(1, 9).Draw(t, "n")
		c.Init(n, agg.NeedsOf(drawStats(t)))
		var want []exact.Dec
		for range rapid.IntRange(0, 30).Draw(t, "readings") {
			d := read(0, rapid.SampledFrom(texts).Draw(t, "reading")).d
			c.Push(d)
			want = append(want, d)
		}
		want = want[max(0, len(want)-n):]
		var got []string
		c.Readings(func(d exact.Dec) { got = append(got, string(d.Append(nil))) })
		same := slices.EqualFunc(got, want, func(text string, d exact.Dec) bool {
			x, err := exact.Parse([]byte(text))
			return err == nil && x.Cmp(d) == 0
		})
		if !same {
			t.Fatalf("%q, want %v", got, want)
		}
	})
}
