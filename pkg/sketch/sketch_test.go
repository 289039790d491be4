package sketch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
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

// readings returns what the oracle needs of a set.
func readings(set []reading) []oracle.Reading {
	list := make([]oracle.Reading, len(set))
	for i := range set {
		list[i] = set[i].Reading
	}
	return list
}

var ranks = [][2]int64{{1, 2}, {0, 1}, {1, 1}, {9, 10}, {95, 100}, {999, 1000}, {1, 3}, {1, 100000}}

// summary is a Sketch or a Multiset with a number of bits.
type summary interface {
	Len() int64
	Quantile(num, den int64, least, most exact.Dec) exact.Value
	MAD(least, most exact.Dec) exact.Value
}

// fataler is what the checks need of testing.T and rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// check compares every answer with those of the oracle, with that many bits.
func check(t fataler, s summary, set []reading, bits int) {
	t.Helper()
	set = ascending(set)
	if s.Len() != int64(len(set)) {
		t.Fatalf("Len() = %d, want %d", s.Len(), len(set))
	}
	var least, most exact.Dec
	if len(set) > 0 {
		least, most = set[0].d, set[len(set)-1].d
	}
	list := readings(set)
	for _, q := range ranks {
		got, want := string(s.Quantile(q[0], q[1], least, most).Append(nil, -1)), "null"
		if len(set) > 0 {
			want = oracle.Float(oracle.Quantile(list, big.NewRat(q[0], q[1]), bits), -1)
		}
		if got != want {
			t.Fatalf("quantile %d/%d of %d readings with %d bits = %s, want %s", q[0], q[1], len(set), bits, got, want)
		}
	}
	got, want := string(s.MAD(least, most).Append(nil, -1)), "null"
	if len(set) > 0 {
		want = oracle.Float(oracle.MAD(list, bits), -1)
	}
	if got != want {
		t.Fatalf("the median absolute deviation of %d readings with %d bits is %s, want %s", len(set), bits, got, want)
	}
}

// checkSketch is check, and compares Bits and Step as well.
func checkSketch(t fataler, s *sketch.Sketch, set []reading) {
	t.Helper()
	list := readings(ascending(set))
	bits := oracle.Bits(list)
	if int(s.Bits()) != bits {
		t.Fatalf("Bits() = %d, want %d", s.Bits(), bits)
	}
	check(t, s, set, bits)
	if len(set) > 0 {
		checkMADStep(t, s, ascending(set))
	}
	for _, q := range ranks {
		got, want := s.Step(q[0], q[1]), 0.0
		if len(set) > 0 {
			want = stepOf(list, big.NewRat(q[0], q[1]), bits)
		}
		if got != want {
			t.Fatalf("the step of quantile %d/%d of %d readings is %v, want %v", q[0], q[1], len(set), got, want)
		}
	}
}

// checkMADStep checks that the median absolute deviation of readings in ascending order is not
// farther off than MADStep says, which is 0 if it is exact.
func checkMADStep(t fataler, s *sketch.Sketch, set []reading) {
	t.Helper()
	list := readings(set)
	least, most := set[0].d, set[len(set)-1].d
	step := s.MADStep(least, most)
	off := new(big.Rat).Sub(oracle.MAD(list, oracle.Bits(list)), oracle.MAD(list, oracle.AllBits))
	limit := new(big.Rat).SetFloat64(step)
	if s.Bits() == 52 { // but for the rounding to float64s
		limit.SetFloat64(math.Abs(most.Float()-least.Float()) * 0x1p-52)
	}
	if off.Abs(off).Cmp(limit) > 0 || s.Bits() >= 52 && step != 0 {
		t.Fatalf("the median absolute deviation of %d readings with %d bits is off by %s, and may be by %v", len(set), s.Bits(), off.FloatString(20), step)
	}
}

// stepOf returns the width of the largest step of the one or two readings that a quantile is
// computed from.
func stepOf(list []oracle.Reading, p *big.Rat, bits int) float64 {
	k, share := oracle.Rank(len(list), p)
	step := oracle.Width(oracle.Nearest(list[k].Value), bits)
	if share.Sign() > 0 {
		step = max(step, oracle.Width(oracle.Nearest(list[k+1].Value), bits))
	}
	return step
}

// unlessShort returns n, or with -short less.
func unlessShort(n, less int) int {
	if testing.Short() {
		return less
	}
	return n
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

// family is a kind of readings: usual ones, and some that are difficult.
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
	{"mains voltage", func(r *rand.Rand) string { return fmt.Sprintf("%.2f", 230+0.1*r.NormFloat64()) }},
	{"mains frequency", func(r *rand.Rand) string { return fmt.Sprintf("%.4f", 50+0.02*r.NormFloat64()) }},
	{"fine and far from 0", func(r *rand.Rand) string { return fmt.Sprintf("%.9f", 1e6+0.1*r.NormFloat64()) }},
	{"the same with outliers", func(r *rand.Rand) string {
		if r.IntN(2000) == 0 {
			return "1e9"
		}
		return fmt.Sprintf("%.9f", 1e6+0.1*r.NormFloat64())
	}},
	{"latencies", func(r *rand.Rand) string { return fmt.Sprintf("%.6f", math.Exp(3+r.NormFloat64())) }},
	{"log-uniform", func(r *rand.Rand) string { return float(math.Pow(10, 18*r.Float64()-9)) }},
	{"integers above 2^60", func(r *rand.Rand) string { return strconv.FormatUint(1<<60+r.Uint64N(1<<62), 10) }},
	{"epoch milliseconds", func(r *rand.Rand) string { return strconv.FormatInt(1714982400000+r.Int64N(86400000), 10) }},
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
var sizes = []int{0, 1, 2, 5, 64, 65, 700, 4095, 4096, 4097, 6000}

// TestResultsDependOnTheSetAlone: however readings are added and merged, bits, quantiles,
// steps and text are those of the multiset.
func TestResultsDependOnTheSetAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		f := rapid.SampledFrom(families).Draw(rt, "family")
		var s sketch.Sketch
		var set []reading
		for range rapid.IntRange(1, unlessShort(3, 2)).Draw(rt, "parts") {
			part := draw(t, f, r, rapid.SampledFrom(sizes).Draw(rt, "size"))
			if rapid.Bool().Draw(rt, "merge") {
				s.Merge(sum(part))
			} else {
				for _, x := range part {
					s.Add(x.d)
				}
			}
			if rapid.Bool().Draw(rt, "ask") {
				s.Quantile(1, 2, exact.Dec{}, exact.Dec{})
			}
			set = append(set, part...)
		}
		checkSketch(rt, &s, set)
		r.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
		text, got := string(sum(set).Append(nil)), string(s.Append(nil))
		if got != text {
			rt.Fatalf("the text depends on the history: %.200s, want %.200s", got, text)
		}
		back := new(sketch.Sketch)
		for range rapid.IntRange(0, 200).Draw(rt, "old") {
			back.Add(exact.Int(int64(r.IntN(1000))))
		}
		err := back.SetText([]byte(text))
		if err != nil {
			rt.Fatalf("SetText: %v", err)
		}
		clone := back.Clone()
		if rapid.Bool().Draw(rt, "change the original") {
			back.Add(exact.Int(1))
			back.SetUnits([]int64{1, 1, 2}, 0)
			got := string(back.Append(nil))
			if got != "r 1*2 2" {
				rt.Fatalf("SetUnits gives %q", got)
			}
		} else {
			checkSketch(rt, back, set)
		}
		checkSketch(rt, clone, set)
	})
}

// withBits is a Multiset that is asked with a number of bits.
type withBits struct {
	*sketch.Multiset
	bits int
}

func (w withBits) Quantile(num, den int64, least, most exact.Dec) exact.Value {
	return w.Multiset.Quantile(num, den, uint8(w.bits), least, most)
}

func (w withBits) MAD(least, most exact.Dec) exact.Value {
	return w.Multiset.MAD(uint8(w.bits), least, most)
}

// TestRemovalLeavesNoTrace: quantiles of a Multiset are those of the readings and sketches
// in it, with the bits of the sketch that keeps the fewest, whatever else was in it.
func TestRemovalLeavesNoTrace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		f := rapid.SampledFrom(families).Draw(rt, "family")
		type part struct {
			set    []reading
			sketch *sketch.Sketch // nil: its readings were added one by one
		}
		var m sketch.Multiset
		var parts []part
		for range rapid.IntRange(1, unlessShort(6, 4)).Draw(rt, "moves") {
			if len(parts) == 0 || rapid.Bool().Draw(rt, "grow") {
				p := part{set: draw(t, f, r, rapid.SampledFrom(sizes).Draw(rt, "size"))}
				if rapid.Bool().Draw(rt, "merge") {
					p.sketch = sum(p.set)
					m.Merge(p.sketch)
				} else {
					for _, x := range p.set {
						m.Add(x.d, 1)
					}
				}
				parts = append(parts, p)
			} else {
				i := rapid.IntRange(0, len(parts)-1).Draw(rt, "part")
				if parts[i].sketch != nil {
					m.Subtract(parts[i].sketch)
				} else {
					for _, x := range parts[i].set {
						m.Remove(x.d, 1)
					}
				}
				parts = slices.Delete(parts, i, i+1)
			}
			bits := oracle.AllBits
			var set []reading
			for _, p := range parts {
				set = append(set, p.set...)
				if p.sketch != nil {
					bits = min(bits, int(p.sketch.Bits()))
				}
			}
			check(rt, withBits{&m, bits}, set, bits)
			if bits == oracle.AllBits && len(set) > 0 {
				set = ascending(set)
				if m.Min().Cmp(set[0].d) != 0 || m.Max().Cmp(set[len(set)-1].d) != 0 {
					rt.Fatalf("extremes are %s and %s", m.Min().Append(nil), m.Max().Append(nil))
				}
			}
		}
	})
}

func sum(set []reading) *sketch.Sketch {
	s := new(sketch.Sketch)
	for _, x := range set {
		s.Add(x.d)
	}
	return s
}

// TestErrorIsWithinStep: a quantile differs from the exact one by at most its step, and by
// nothing if that is 0.
func TestErrorIsWithinStep(t *testing.T) {
	t.Parallel()
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			set := make([]reading, unlessShort(10_000, 6_000))
			for i := range set {
				set[i] = parse(t, f.text(r))
			}
			s := sum(set)
			set = ascending(set)
			list := readings(set)
			for i := int64(0); i <= 200; i++ {
				v := s.Quantile(i, 200, set[0].d, set[len(set)-1].d)
				exactly := oracle.Quantile(list, big.NewRat(i, 200), oracle.AllBits)
				step := s.Step(i, 200)
				if step == 0 && s.Bits() == sketch.Exact {
					got, want := string(v.Append(nil, -1)), oracle.Float(exactly, -1)
					if got != want {
						t.Fatalf("quantile %d/200 = %s, want %s", i, got, want)
					}
					continue
				}
				got, ok := v.Float()
				if !ok {
					t.Fatalf("quantile %d/200 is outside float64", i)
				}
				off := new(big.Rat).SetFloat64(got)
				off.Abs(off.Sub(off, exactly))
				bound := new(big.Rat).SetFloat64(step + math.Abs(got)*0x1p-52)
				if off.Cmp(bound) > 0 {
					t.Fatalf("quantile %d/200 = %v is off by %s, more than %v", i, got, off.FloatString(9), step)
				}
			}
		})
	}
}

// TestBitsOfMeasurements: what machines write has exact quantiles, or nearly so, where bins
// relative to the value gave the maximum as the median.
func TestBitsOfMeasurements(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		n    int
		step float64 // of the median, at most
	}{
		"mains voltage":          {8_640, 0},
		"mains frequency":        {20_000, 0},
		"fine and far from 0":    {20_000, 0.001},
		"the same with outliers": {20_000, 0.001},
		"epoch milliseconds":     {20_000, 65_536},
	} {
		i := slices.IndexFunc(families, func(f family) bool { return f.name == name })
		r := rand.New(rand.NewPCG(9, 9))
		var s sketch.Sketch
		for range want.n {
			s.Add(parse(t, families[i].text(r)).d)
		}
		if s.Step(1, 2) > want.step {
			t.Errorf("%s: the median lies in a step of %v, want at most %v", name, s.Step(1, 2), want.step)
		}
	}
}

// TestLimits: 4,096 different decimals are exact, however often each is read; one more makes
// them float64s, and of those 4,096 are kept with all bits.
func TestLimits(t *testing.T) {
	t.Parallel()
	var s, other sketch.Sketch
	for i := range int64(3 * sketch.MaxDifferent) {
		s.Add(exact.FromUnits(i%sketch.MaxDifferent, 2))
	}
	if s.Bits() != sketch.Exact {
		t.Errorf("%d bits of %d different decimals", s.Bits(), sketch.MaxDifferent)
	}
	tiny := parse(t, "1e-30")
	s.Add(tiny.d)
	if s.Bits() != 11 {
		t.Errorf("%d bits of one more, want 11", s.Bits())
	}
	for i := range sketch.MaxDifferent + 1 {
		other.Add(parse(t, fmt.Sprintf("0.1%030d1", i)).d)
	}
	if other.Bits() != 52 || other.Step(1, 2) != 0 {
		t.Errorf("%d bits of many decimals with one float64", other.Bits())
	}
}

// TestMillion: quantiles of a million readings do not depend on how these are divided
// into parts.
func TestMillion(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var one, whole sketch.Sketch
	part := new(sketch.Sketch)
	sizes := []int64{1, 4000, 4096, 4097, 50_000}
	for i := range unlessShort(1_000_000, 200_000) {
		d := exact.FromUnits(int64(1e15+1e8*r.NormFloat64()), 9)
		one.Add(d)
		part.Add(d)
		if part.Len() >= sizes[i%len(sizes)] {
			whole.Merge(part)
			part = new(sketch.Sketch)
		}
	}
	whole.Merge(part)
	if !bytes.Equal(one.Append(nil), whole.Append(nil)) {
		t.Error("the parts make another sketch")
	}
}

// TestRemovingWhatIsNotThere: Remove panics.
func TestRemovingWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 2, 5000} {
		for _, text := range []string{"0", "2", "4", "1.5", "-1", "1e300"} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s was removed from %d readings that do not have it", text, n)
					}
				}()
				var m sketch.Multiset
				for i := range n {
					m.Add(exact.FromUnits(int64(20+i*20), 1), 1)
					m.Remove(exact.FromUnits(int64(20+i*20), 1), 1)
					m.Add(exact.FromUnits(int64(1+2*i), 0), 1)
				}
				m.Remove(parse(t, text).d, 1)
			}()
		}
	}
}

// TestAddUnits: AddUnits does what Add of each number does.
func TestAddUnits(t *testing.T) {
	t.Parallel()
	var one, all sketch.Sketch
	units := make([]int64, 6000)
	for i := range units {
		units[i] = int64(i*7919%5000 - 500)
	}
	all.AddUnits(units[:4000], 2)
	all.AddUnits(units[4000:], 2)
	for _, x := range units {
		one.Add(exact.FromUnits(x, 2))
	}
	if all.Len() != one.Len() || string(all.Append(nil)) != string(one.Append(nil)) {
		t.Error("AddUnits and Add differ")
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
