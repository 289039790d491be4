package sketch_test

import (
	"encoding/json"
	"iter"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"weir/pkg/exact"
	"weir/pkg/internal/oracle"
	"weir/pkg/sketch"

	"pgregory.net/rapid"
)

// reading is a reading as the sketch sees it and as the oracle does.
type reading struct {
	oracle.Reading
	d exact.Dec
}

func parse(t testing.TB, text string) reading {
	t.Helper()
	d, err := exact.Parse([]byte(text))
	if err != nil {
		t.Fatalf("reading %q: %v", text, err)
	}
	return reading{oracle.Read(oracle.Number(text), 0), d}
}

func ascending(set []reading) []reading {
	return slices.SortedFunc(slices.Values(set), func(a, b reading) int {
		if a.Value == b.Value { // many readings are one number, which is slow to compare
			return 0
		}
		return oracle.CompareValue(a.Reading, b.Reading)
	})
}

// want is the oracle's quantile of an ascending set.
func want(set []reading, num, den int64) string {
	if len(set) == 0 {
		return "null"
	}
	list := make([]oracle.Reading, len(set))
	for i := range set {
		list[i] = set[i].Reading
	}
	return oracle.Float(oracle.Quantile(list, big.NewRat(num, den)), -1)
}

var ranks = [][2]int64{{1, 2}, {0, 1}, {1, 1}, {9, 10}, {95, 100}, {999, 1000}, {1, 3}, {1, 100000}}

// check compares every answer of s with the rules.
func check(t testing.TB, s *sketch.Sketch, set []reading) {
	t.Helper()
	set = ascending(set)
	if s.Len() != int64(len(set)) {
		t.Fatalf("Len() = %d, want %d", s.Len(), len(set))
	}
	var least, most exact.Dec
	if len(set) > 0 {
		least, most = set[0].d, set[len(set)-1].d
	}
	for _, q := range ranks {
		got := string(s.Quantile(q[0], q[1], least, most).Append(nil, -1))
		want := want(set, q[0], q[1])
		if got != want {
			t.Fatalf("quantile %d/%d of %d readings = %s, want %s", q[0], q[1], len(set), got, want)
		}
	}
	if !s.IsExact() {
		return
	}
	k := 0
	for d := range s.Readings() {
		if k == len(set) || d.Cmp(set[k].d) != 0 {
			t.Fatalf("reading %d of %d is %s", k, len(set), d.Append(nil))
		}
		k++
	}
	if k != len(set) {
		t.Fatalf("%d readings, want %d", k, len(set))
	}
}

// unlessShort returns n, or with -short less.
func unlessShort(n, less int) int {
	if testing.Short() {
		return less
	}
	return n
}

func sum(set []reading) *sketch.Sketch {
	s := new(sketch.Sketch)
	for _, x := range set {
		s.Add(x.d)
	}
	return s
}

func TestQuantileIsNumPysDefault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set      []string
		num, den int64
		want     string
	}{
		{nil, 1, 2, "null"},
		{[]string{"7.5"}, 95, 100, "7.5"},
		{[]string{"4", "1", "3", "2"}, 1, 2, "2.5"},
		{[]string{"4", "1", "3", "2"}, 9, 10, "3.7"},
		{[]string{"0.1", "0.2", "0.3"}, 1, 2, "0.2"},
		{[]string{"0.1", "0.3"}, 1, 2, "0.2"},
		{[]string{"80", "100", "110", "120", "130"}, 95, 100, "128"},
		{[]string{"-1", "0", "1"}, 1, 2, "0"},
		{[]string{"-0.0", "-0"}, 1, 2, "0"},
		{[]string{"1e300", "1", "-1e300"}, 1, 2, "1"},
		{[]string{"9007199254740993", "9007199254740993"}, 1, 2, "9007199254740992"},
		{[]string{"1.7e308", "1.7e308"}, 1, 3, "1.7e+308"},
	} {
		var s sketch.Sketch
		var set []reading
		for _, text := range c.set {
			set = append(set, parse(t, text))
			s.Add(set[len(set)-1].d)
		}
		var least, most exact.Dec
		set = ascending(set)
		if len(set) > 0 {
			least, most = set[0].d, set[len(set)-1].d
		}
		got := string(s.Quantile(c.num, c.den, least, most).Append(nil, -1))
		if got != c.want {
			t.Errorf("quantile %d/%d of %v = %s, want %s", c.num, c.den, c.set, got, c.want)
		}
	}
}

// family is a kind of readings: usual ones, and some that are difficult for bins.
type family struct {
	name string
	text func(r *rand.Rand) string
}

func float(f float64) string { return string(must(json.Marshal(f))) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var families = []family{
	{"constant", func(*rand.Rand) string { return "17.3" }},
	{"few values", func(r *rand.Rand) string { return float(float64(r.IntN(5)) / 2) }},
	{"two clusters", func(r *rand.Rand) string { return float(float64(r.IntN(2))*1e9 + 1 + r.Float64()/1e3) }},
	{"powers of ten", func(r *rand.Rand) string { return "1e" + float(float64(r.IntN(600)-300)) }},
	{"bounds of bins", func(r *rand.Rand) string {
		return float(math.Nextafter(math.Ldexp(float64(128+r.IntN(128)), r.IntN(30)-15), float64(r.IntN(3)-1)*1e9))
	}},
	{"negative", func(r *rand.Rand) string { return float(-100 - 10*r.NormFloat64()) }},
	{"around zero", func(r *rand.Rand) string { return float(math.Round(1e3*r.NormFloat64()) / 1e3) }},
	{"subnormal", func(r *rand.Rand) string { return float(float64(r.IntN(7)-3)) + "e-" + float(float64(300+r.IntN(60))) }},
	{"between float64s", func(r *rand.Rand) string {
		return "0.1000000000000000055511151231257827" + float(float64(r.IntN(1000)))
	}},
	{"whole range", func(r *rand.Rand) string {
		for {
			f := math.Float64frombits(r.Uint64())
			if f-f == 0 {
				return float(f)
			}
		}
	}},
}

// draw returns n readings of a family, some of them equal.
func draw(t testing.TB, f family, r *rand.Rand, n int) []reading {
	pool := make([]reading, min(n, 1500))
	for i := range pool {
		pool[i] = parse(t, f.text(r))
	}
	set := make([]reading, n)
	for i := range set {
		set[i] = pool[i%len(pool)]
	}
	r.Shuffle(n, func(i, j int) { set[i], set[j] = set[j], set[i] })
	return set
}

// sizes are numbers of readings of a part: small ones, and those near which something
// changes.
var sizes = []int{0, 1, 2, 5, 64, 65, 700, 4095, 4096, 4097, 4607, 4608, 4609, 6000}

// TestResultsDependOnTheSetAlone: after any additions, removals, merges, subtractions
// and refills, quantiles and text are those of the multiset.
func TestResultsDependOnTheSetAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		f := rapid.SampledFrom(families).Draw(rt, "family")
		var s sketch.Sketch
		var parts [][]reading
		for range rapid.IntRange(1, unlessShort(6, 3)).Draw(rt, "steps") {
			if len(parts) == 0 || rapid.Bool().Draw(rt, "grow") {
				part := draw(t, f, r, rapid.SampledFrom(sizes).Draw(rt, "size"))
				add(&s, part, rapid.Bool().Draw(rt, "merge"))
				parts = append(parts, part)
			} else {
				i := rapid.IntRange(0, len(parts)-1).Draw(rt, "part")
				remove(&s, parts[i], rapid.Bool().Draw(rt, "subtract"))
				parts = slices.Delete(parts, i, i+1)
			}
			set := slices.Concat(parts...)
			if len(set) <= sketch.Exact && (!s.IsExact() || rapid.Bool().Draw(rt, "refill")) {
				s.Refill(decs(set))
			}
			if len(set) <= sketch.Exact && !s.IsExact() {
				rt.Fatal("readings are not kept")
			}
			check(t, &s, set)
			r.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
			text := string(sum(set).Append(nil))
			got := string(s.Append(nil))
			if got != text {
				rt.Fatalf("the text depends on the history: %.200s, want %.200s", got, text)
			}
			back, err := sketch.Parse([]byte(text))
			if err != nil {
				rt.Fatalf("Parse: %v", err)
			}
			check(t, &back, set)
		}
	})
}

func decs(set []reading) iter.Seq[exact.Dec] {
	return func(yield func(exact.Dec) bool) {
		for _, x := range set {
			if !yield(x.d) {
				return
			}
		}
	}
}

func add(s *sketch.Sketch, part []reading, merge bool) {
	if merge {
		s.Merge(sum(part))
		return
	}
	for _, x := range part {
		s.Add(x.d)
	}
}

func remove(s *sketch.Sketch, part []reading, subtract bool) {
	if subtract {
		s.Subtract(sum(part))
		return
	}
	for _, x := range part {
		s.Remove(x.d)
	}
}

// TestErrorBound: quantiles of many readings differ from the exact ones by at most
// 0.4 % of each neighbour, by its share in the interpolation.
func TestErrorBound(t *testing.T) {
	normal := family{"normal", func(r *rand.Rand) string { return float(1e-3 * r.NormFloat64()) }}
	for _, f := range append(slices.Clone(families), normal) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			set := make([]reading, unlessShort(20_000, 5_000))
			for i := range set {
				set[i] = parse(t, f.text(r))
			}
			s := sum(set)
			set = ascending(set)
			for i := int64(0); i <= 200; i++ {
				v := s.Quantile(i, 200, set[0].d, set[len(set)-1].d)
				f, ok := v.Float()
				if !ok {
					t.Fatalf("quantile %d/200 is outside float64", i)
				}
				k, share := oracle.Rank(len(set), big.NewRat(i, 200))
				a, b := set[k].Value, set[min(k+1, len(set)-1)].Value
				off := oracle.Between(a, b, share)
				off.Abs(off.Sub(off, new(big.Rat).SetFloat64(f)))
				bound := oracle.Between(new(big.Rat).Abs(a), new(big.Rat).Abs(b), share)
				bound.Mul(bound, big.NewRat(4, 1000))
				bound.Add(bound, new(big.Rat).SetFloat64(0x1p-1022/128)) // the error of subnormal numbers
				if off.Cmp(bound) > 0 {
					t.Fatalf("quantile %d/200 = %v is off by %s, more than %s", i, v, off.FloatString(9), bound.FloatString(9))
				}
			}
		})
	}
}

// TestGapBetweenBins: bins that have become empty are not neighbours of a quantile.
func TestGapBetweenBins(t *testing.T) {
	t.Parallel()
	low, middle, high := parse(t, "1"), parse(t, "100"), parse(t, "10000")
	var s sketch.Sketch
	var left []reading
	for range 3000 {
		for _, x := range []reading{low, middle, high} {
			s.Add(x.d)
		}
		left = append(left, low, high)
	}
	for range 3000 {
		s.Remove(middle.d)
	}
	check(t, &s, left)
}

// TestMillion: quantiles of a million readings do not depend on how these are divided
// into parts, and are near the exact ones.
func TestMillion(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var one, whole sketch.Sketch
	part := new(sketch.Sketch)
	sizes := []int64{1, 4000, 4096, 4097, 50_000}
	all := make([]int64, 1_000_000)
	for i := range all {
		all[i] = int64(1e6 + 1e5*r.NormFloat64())
		one.Add(exact.Int(all[i]))
		part.Add(exact.Int(all[i]))
		if part.Len() >= sizes[i%len(sizes)] {
			whole.Merge(part)
			part = new(sketch.Sketch)
		}
	}
	whole.Merge(part)
	slices.Sort(all)
	least, most := exact.Int(all[0]), exact.Int(all[len(all)-1])
	for i := int64(0); i <= 1000; i++ {
		got := string(whole.Quantile(i, 1000, least, most).Append(nil, -1))
		want := string(one.Quantile(i, 1000, least, most).Append(nil, -1))
		if got != want {
			t.Fatalf("quantile %d/1000 in parts = %s, in one = %s", i, got, want)
		}
		f, _ := whole.Quantile(i, 1000, least, most).Float()
		exactly := float64(all[i*999_999/1000])
		if math.Abs(f/exactly-1) > 0.004 {
			t.Fatalf("quantile %d/1000 = %v, want about %v", i, f, exactly)
		}
	}
}

// TestIsExactIsTrue: a sketch that has merged or subtracted one without its readings
// is not exact until it is refilled or empty.
func TestIsExactIsTrue(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	set := draw(t, families[5], r, 5000)
	some, others := set[:10], set[10:]
	binned := sum(set) // has some, in bins
	binned.Subtract(sum(others))
	if binned.IsExact() || binned.Len() != 10 {
		t.Fatalf("%d readings, exact: %v", binned.Len(), binned.IsExact())
	}
	s := sum(others[:100])
	s.Merge(binned)
	if s.IsExact() {
		t.Error("exact after merging what is not")
	}
	s.Subtract(binned)
	s.Refill(decs(others[:100]))
	if !s.IsExact() {
		t.Error("not exact after a refill")
	}
	check(t, s, others[:100])

	s.Merge(sum(some))
	s.Subtract(binned)
	if s.IsExact() || s.Len() != 100 {
		t.Errorf("%d readings, exact: %v, after subtracting what is not exact", s.Len(), s.IsExact())
	}
	for _, x := range others[:100] {
		s.Remove(x.d)
	}
	if !s.IsExact() {
		t.Error("not exact when empty")
	}
	check(t, s, nil)
}

// TestRemovingWhatIsNotThere: Remove panics, with readings and with bins.
func TestRemovingWhatIsNotThere(t *testing.T) {
	t.Parallel()
	small, large := []reading{parse(t, "1"), parse(t, "3")}, make([]reading, 5000)
	for i := range large {
		large[i] = small[i%2]
	}
	for _, set := range [][]reading{nil, small, large} {
		for _, text := range []string{"0", "2", "4", "1.5", "-1", "1e300"} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s was removed from %d readings that do not have it", text, len(set))
					}
				}()
				sum(set).Remove(parse(t, text).d)
			}()
		}
	}
}

// TestAddUnits: AddUnits does what Add of each number does, also where readings are
// counted in bins from then on.
func TestAddUnits(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, sketch.Kept - 100, sketch.Kept, sketch.Kept + 1} {
		for _, added := range []int{0, 1, 100, 101} {
			var one, all sketch.Sketch
			units := make([]int64, n+added)
			for i := range units {
				units[i] = int64(i*7919%1000 - 500)
			}
			all.AddUnits(units[:n], 2)
			all.AddUnits(units[n:], 2)
			for _, x := range units {
				one.Add(exact.FromUnits(x, 2))
			}
			if all.Len() != one.Len() || all.IsExact() != one.IsExact() || string(all.Append(nil)) != string(one.Append(nil)) {
				t.Errorf("%d and %d readings: AddUnits and Add differ", n, added)
			}
		}
	}
}

// TestRank: rank and rest are those of exact arithmetic, also where the product does not
// fit 64 bits.
func TestRank(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, math.MaxInt64).Draw(t, "n")
		den := rapid.Int64Range(1, math.MaxInt64).Draw(t, "den")
		num := rapid.Int64Range(0, den).Draw(t, "num")
		k, rest := sketch.Rank(n, num, den)
		product := new(big.Int).Mul(big.NewInt(n-1), big.NewInt(num))
		q, r := product.QuoRem(product, big.NewInt(den), new(big.Int))
		if q.Int64() != k || r.Int64() != rest {
			t.Fatalf("Rank(%d, %d, %d) = %d, %d, want %v, %v", n, num, den, k, rest, q, r)
		}
	})
}
