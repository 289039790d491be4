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

// want is what the oracle says of a quantile of an ascending set.
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
		if want := want(set, q[0], q[1]); got != want {
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

func sum(set []reading) *sketch.Sketch {
	s := new(sketch.Sketch)
	for _, x := range set {
		s.Add(x.d)
	}
	return s
}

func TestQuantileIsNumPysDefault(t *testing.T) {
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
		if set := ascending(set); len(set) > 0 {
			least, most = set[0].d, set[len(set)-1].d
		}
		if got := string(s.Quantile(c.num, c.den, least, most).Append(nil, -1)); got != c.want {
			t.Errorf("quantile %d/%d of %v = %s, want %s", c.num, c.den, c.set, got, c.want)
		}
	}
}

// family is a kind of readings: those that bins find hard, and usual ones.
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
	{"under float64", func(r *rand.Rand) string { return float(float64(r.IntN(7)-3)) + "e-" + float(float64(300+r.IntN(60))) }},
	{"beside float64", func(r *rand.Rand) string {
		return "0.1000000000000000055511151231257827" + float(float64(r.IntN(1000)))
	}},
	{"whole range", func(r *rand.Rand) string {
		for {
			if f := math.Float64frombits(r.Uint64()); f-f == 0 {
				return float(f)
			}
		}
	}},
}

// draw returns n readings of a family, among them several that are equal.
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

// sizes are what a part may hold: little, or about the numbers of readings at
// which something changes.
var sizes = []int{0, 1, 2, 5, 64, 65, 700, 4095, 4096, 4097, 4607, 4608, 4609, 6000}

// TestHistoryDoesNotShow drives a sketch through random additions, removals,
// merges, takings and refills, and wants the answers of the multiset alone.
func TestHistoryDoesNotShow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		f := rapid.SampledFrom(families).Draw(rt, "family")
		var s sketch.Sketch
		var parts [][]reading
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			if len(parts) == 0 || rapid.Bool().Draw(rt, "grow") {
				part := draw(t, f, r, rapid.SampledFrom(sizes).Draw(rt, "size"))
				put(&s, part, rapid.Bool().Draw(rt, "merge"))
				parts = append(parts, part)
			} else {
				i := rapid.IntRange(0, len(parts)-1).Draw(rt, "part")
				shift(&s, parts[i], rapid.Bool().Draw(rt, "take"))
				parts = slices.Delete(parts, i, i+1)
			}
			set := slices.Concat(parts...)
			if len(set) <= sketch.Exact && (!s.IsExact() || rapid.Bool().Draw(rt, "refill")) {
				s.Refill(decs(set))
			}
			if len(set) <= sketch.Exact && !s.IsExact() {
				rt.Fatal("readings are not at hand")
			}
			check(t, &s, set)
			r.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
			fresh := string(sum(set).Append(nil))
			if got := string(s.Append(nil)); got != fresh {
				rt.Fatalf("text shows the history: %.200s, want %.200s", got, fresh)
			}
			back, err := sketch.Parse([]byte(fresh))
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

func put(s *sketch.Sketch, part []reading, merge bool) {
	if merge {
		s.Merge(sum(part))
		return
	}
	for _, x := range part {
		s.Add(x.d)
	}
}

func shift(s *sketch.Sketch, part []reading, take bool) {
	if take {
		s.Subtract(sum(part))
		return
	}
	for _, x := range part {
		s.Remove(x.d)
	}
}

// TestBinsAreNarrow holds quantiles of many readings against the true ones:
// each neighbour may be off by 0.4 % of itself, and what lies between two of
// them by the same share of each.
func TestBinsAreNarrow(t *testing.T) {
	normal := family{"normal", func(r *rand.Rand) string { return float(1e-3 * r.NormFloat64()) }}
	for _, f := range append(slices.Clone(families), normal) {
		t.Run(f.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			set := make([]reading, 20_000)
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
				may := oracle.Between(new(big.Rat).Abs(a), new(big.Rat).Abs(b), share)
				may.Mul(may, big.NewRat(4, 1000))
				may.Add(may, new(big.Rat).SetFloat64(0x1p-1022/128)) // what subnormals may be off by
				if off.Cmp(may) > 0 {
					t.Fatalf("quantile %d/200 = %v is off by %s of %s", i, v, off.FloatString(9), may.FloatString(9))
				}
			}
		})
	}
}

// TestGapBetweenBins: bins that have emptied are no one's neighbours.
func TestGapBetweenBins(t *testing.T) {
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

// TestMillion sums a million readings in parts of all sizes: the cut does not
// show, and the answers are near the true ones.
func TestMillion(t *testing.T) {
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
		if want := string(one.Quantile(i, 1000, least, most).Append(nil, -1)); got != want {
			t.Fatalf("quantile %d/1000 in parts = %s, in one = %s", i, got, want)
		}
		f, _ := whole.Quantile(i, 1000, least, most).Float()
		if near := float64(all[i*999_999/1000]); math.Abs(f/near-1) > 0.004 {
			t.Fatalf("quantile %d/1000 = %v, want about %v", i, f, near)
		}
	}
}

// TestWholeIsNotPretended: a sketch that has met one whose readings are gone
// says so, until it is refilled or empty, and never answers from a part.
func TestWholeIsNotPretended(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	set := draw(t, families[5], r, 5000)
	some, others := set[:10], set[10:]
	gone := sum(set) // some, known by their bins alone
	gone.Subtract(sum(others))
	if gone.IsExact() || gone.Len() != 10 {
		t.Fatalf("%d readings, whole: %v", gone.Len(), gone.IsExact())
	}
	s := sum(others[:100])
	s.Merge(gone)
	if s.IsExact() {
		t.Error("whole after merging what is not")
	}
	s.Subtract(gone)
	s.Refill(decs(others[:100]))
	if !s.IsExact() {
		t.Error("not whole after a refill")
	}
	check(t, s, others[:100])

	s.Merge(sum(some))
	s.Subtract(gone)
	if s.IsExact() || s.Len() != 100 {
		t.Errorf("%d readings, whole: %v, after taking what is not whole", s.Len(), s.IsExact())
	}
	for _, x := range others[:100] {
		s.Remove(x.d)
	}
	if !s.IsExact() {
		t.Error("not whole when empty")
	}
	check(t, s, nil)
}

func TestRemovingWhatIsNotThere(t *testing.T) {
	small, large := []reading{parse(t, "1"), parse(t, "3")}, make([]reading, 5000)
	for i := range large {
		large[i] = small[i%2]
	}
	for _, set := range [][]reading{nil, small, large} {
		for _, text := range []string{"0", "2", "4", "1.5", "-1", "1e300"} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s was taken out of %d readings without it", text, len(set))
					}
				}()
				sum(set).Remove(parse(t, text).d)
			}()
		}
	}
}
