package sketch

import (
	"slices"
	"testing"

	"weir/pkg/exact"

	"pgregory.net/rapid"
)

// failer is a *testing.T or a *rapid.T.
type failer interface {
	Fatalf(format string, args ...any)
}

// checkNode checks the invariants of a tree below x, whose entries must be in [low, high);
// nil is no bound. It returns the readings and the entries below x, and the depth.
func checkNode(t failer, x *node, low, high *entry) (n int64, list []entry, depth int) {
	if x.kids == nil {
		for i := range x.entries {
			e := &x.entries[i]
			n += e.n
			if e.n <= 0 || low != nil && compare(*e, *low) < 0 || high != nil && compare(*e, *high) >= 0 {
				t.Fatalf("entry %v is not between %v and %v", *e, low, high)
			}
		}
		if !slices.IsSortedFunc(x.entries, compare) {
			t.Fatalf("entries are not in order: %v", x.entries)
		}
		return n, x.entries, 0
	}
	for i := range x.kids {
		k := &x.kids[i]
		from, to := &k.bound, high
		if i == 0 {
			from = low
		}
		if i+1 < len(x.kids) {
			to = &x.kids[i+1].bound
			if k.node.fits(x.kids[i+1].node) {
				t.Fatalf("children %d and %d of %d have %d and %d", i, i+1, len(x.kids), k.node.size(), x.kids[i+1].node.size())
			}
		}
		m, entries, d := checkNode(t, k.node, from, to)
		if m != k.n || k.node.size() == 0 || i > 0 && d != depth {
			t.Fatalf("child %d has %d readings and depth %d, want %d and %d", i, m, d, k.n, depth)
		}
		n, list, depth = n+m, append(list, entries...), d
	}
	return n, list, depth + 1
}

// TestSeam: when two inner nodes become one, the children where they meet become neighbours, which
// may fit one node too. They once stayed two.
func TestSeam(t *testing.T) {
	t.Parallel()
	const readings = 5000
	for _, keep := range []int64{7, 24, 61} {
		var tr tree
		of := func(x int64) *entry { return &entry{d: exact.FromUnits(x, 0), f: float64(x), n: 1} }
		for x := range int64(readings) {
			tr.add(of(x))
		}
		for k := range int64(readings) { // in an order without runs
			x := k * 7919 % readings
			if x%keep == 0 {
				continue
			}
			tr.remove(of(x))
			if k%20 == 0 {
				checkNode(t, tr.root, nil, nil)
			}
		}
	}
}

// TestTree: a tree has what was added and not removed, in order, and keeps its invariants,
// while it grows to three levels and shrinks again.
func TestTree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var tr tree
		model := map[int64]int64{}
		for range rapid.IntRange(1, 12).Draw(t, "moves") {
			from := rapid.Int64Range(0, 20_000).Draw(t, "from")
			by := rapid.SampledFrom([]int64{1, -1, 7, 7919}).Draw(t, "by")
			count := rapid.SampledFrom([]int64{1, 50, 5000}).Draw(t, "count")
			add, times := rapid.Bool().Draw(t, "add"), rapid.Int64Range(1, 3).Draw(t, "times")
			for i := range count {
				x := ((from+i*by)%20_000 + 20_000) % 20_000
				e := entry{d: exact.FromUnits(x, 1), f: float64(x) / 10}
				if add {
					e.n = times
					tr.add(&e)
					model[x] += times
				} else if model[x] > 0 {
					e.n = min(times, model[x])
					tr.remove(&e)
					model[x] -= e.n
				}
			}
			var want []int64
			for x, n := range model {
				for range n {
					want = append(want, x)
				}
			}
			slices.Sort(want)
			if tr.n != int64(len(want)) {
				t.Fatalf("%d readings, want %d", tr.n, len(want))
			}
			if tr.root == nil {
				continue
			}
			n, list, _ := checkNode(t, tr.root, nil, nil)
			if n != tr.n || !slices.IsSortedFunc(list, compare) {
				t.Fatalf("%d readings are in the nodes, want %d", n, tr.n)
			}
			for k := int64(0); k < tr.n; k += max(1, tr.n/50) {
				a, b := tr.at(k)
				next := want[min(k+1, tr.n-1)]
				if a.d.Cmp(exact.FromUnits(want[k], 1)) != 0 || b.d.Cmp(exact.FromUnits(next, 1)) != 0 {
					t.Fatalf("readings %d and the next are %v and %v, want %d and %d tenths", k, a.f, b.f, want[k], next)
				}
			}
		}
	})
}
