package agg_test

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"

	"pgregory.net/rapid"
)

type reading struct {
	at stamp.Time
	d  exact.Dec
}

func number(text string) exact.Dec {
	d, err := exact.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return d
}

func draw(t *rapid.T, name string) (set []reading) {
	texts := rapid.SliceOfN(rapid.SampledFrom([]string{"1", "1.0", "-0", "0.1", "0.2", "1e16", "-1e16", "1e300", "-1e300", "1e-300", "7.25", "123456789012345678901"}), 0, 12).Draw(t, name)
	for _, text := range texts {
		at := stamp.Time{Sec: -1}.Add(time.Duration(rapid.Int64Range(0, 3).Draw(t, "at")) * time.Second / 2)
		set = append(set, reading{at, number(text)})
	}
	return set
}

// names returns the statistics that help lists, with examples for pN.
func names() []string {
	return strings.FieldsFunc(strings.Replace(agg.Names(agg.Span), "pN", "", 1), func(r rune) bool { return strings.ContainsRune(" ,()", r) })
}

func parse(t interface{ Fatal(...any) }, name string) agg.Stat {
	s, err := agg.ParseStat(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// summary is all that is kept of a set.
type summary struct {
	agg.Aggregate
	minMax    agg.MinMax
	firstLast agg.FirstLast
	series    agg.Series
	numbers   []exact.Dec
}

func (s *summary) Min() (exact.Dec, bool)   { return s.minMax.Min, s.minMax.Any }
func (s *summary) Max() (exact.Dec, bool)   { return s.minMax.Max, s.minMax.Any }
func (s *summary) First() (exact.Dec, bool) { return s.firstLast.First, s.firstLast.Any }
func (s *summary) Last() (exact.Dec, bool)  { return s.firstLast.Last, s.firstLast.Any }

func (s *summary) MAD() exact.Value {
	distances := &summary{}
	for _, d := range s.numbers {
		x, _ := d.Minus(s.Quantile(1, 2)).Float()
		distances.numbers = append(distances.numbers, number(strconv.FormatFloat(math.Abs(x), 'g', -1, 64)))
	}
	return distances.Quantile(1, 2)
}

func (s *summary) Rate() exact.Value {
	if s.series.Len() == 0 {
		return exact.Value{}
	}
	first, last := s.series.Ends()
	return agg.Rate(first, last, s.series.Resets())
}

// TWA is over the time from the first reading to the last one.
func (s *summary) TWA() exact.Value {
	if s.series.Len() == 0 {
		return exact.Value{}
	}
	return s.series.Integral(agg.Carry{Gap: time.Hour}).Mean()
}

func (s *summary) Quantile(num, den int64) exact.Value {
	n := int64(len(s.numbers))
	if n == 0 {
		return exact.Value{}
	}
	sorted := slices.SortedFunc(slices.Values(s.numbers), exact.Dec.Cmp)
	k := (n - 1) * num / den
	return exact.Lerp(sorted[k], sorted[min(k+1, n-1)], (n-1)*num%den, den)
}

func summarize(squares bool, set []reading) *summary {
	s := &summary{Aggregate: agg.New(squares)}
	for _, r := range set {
		s.Add(r.d)
		s.minMax.Add(r.d)
		s.firstLast.Add(r.at, r.d)
		s.series.Add(r.at, r.d)
		s.numbers = append(s.numbers, r.d)
	}
	return s
}

func (s *summary) merge(o *summary) {
	s.Aggregate.Merge(&o.Aggregate)
	s.minMax.Merge(&o.minMax)
	s.firstLast.Merge(&o.firstLast)
	s.series.Merge(&o.series)
	s.numbers = append(s.numbers, o.numbers...)
}

// print returns all statistics as they are printed.
func (s *summary) print(t interface{ Fatal(...any) }) string {
	var b []byte
	for _, name := range names() {
		b = append(parse(t, name).Of(s).Append(b, -1), ' ')
	}
	return string(b)
}

// TestResultsDependOnTheSetAlone: a set in any order, divided into any parts, prints
// the same bytes, and what is removed leaves no trace.
func TestResultsDependOnTheSetAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		squares := rapid.Bool().Draw(t, "squares")
		set, other := draw(t, "set"), draw(t, "other")
		want := summarize(squares, set).print(t)
		shuffled := rapid.Permutation(set).Draw(t, "shuffled")
		got := summarize(squares, shuffled).print(t)
		if got != want {
			t.Fatalf("in another order: %s, want %s", got, want)
		}
		half := rapid.IntRange(0, len(set)).Draw(t, "in the first part")
		parts, rest := summarize(squares, shuffled[:half]), summarize(squares, shuffled[half:])
		before := rest.print(t)
		parts.merge(rest)
		got = parts.print(t)
		if got != want {
			t.Fatalf("from parts: %s, want %s", got, want)
		}
		after := rest.print(t)
		if after != before {
			t.Fatalf("a merged part has changed: %s, was %s", after, before)
		}
		checkRemoval(t, squares, shuffled, other)
	})
}

// checkRemoval adds other and removes it again, as a whole and one by one.
func checkRemoval(t *rapid.T, squares bool, set, other []reading) {
	want := summarize(squares, set).Aggregate
	got, extra := summarize(squares, set).Aggregate, summarize(squares, other).Aggregate
	got.Merge(&extra)
	got.Subtract(&extra)
	for _, r := range other {
		got.Add(r.d)
	}
	for _, r := range rapid.Permutation(other).Draw(t, "order of removal") {
		got.Remove(r.d)
	}
	a, b := (&summary{Aggregate: got}).print(t), (&summary{Aggregate: want}).print(t)
	if a != b {
		t.Fatalf("after adding and removing: %s, want %s", a, b)
	}
}

// TestKnownResults: each statistic of the table is right for some sets.
func TestKnownResults(t *testing.T) {
	t.Parallel()
	at := func(sec int64, text string) reading { return reading{stamp.Time{Sec: sec}, number(text)} }
	sets := [][]reading{
		{},
		{at(1, "7.50")},
		{at(1, "0.1"), at(2, "0.2"), at(3, "0.3")},
		{at(1, "1e16"), at(2, "1"), at(3, "-1e16")},                              // cancelling
		{at(5, "2"), at(5, "1"), at(5, "3"), at(9, "4"), at(9, "6"), at(9, "5")}, // at equal times
		{at(3, "1"), at(-3, "2"), at(0, "3")},                                    // not in order of time
		{at(-3, "2"), at(-2, "4")},                                               // before 1970
	}
	want := map[string]string{
		"count":  "0 1 3 3 6 3 2",
		"mean":   "null 7.5 0.2 0.3333333333333333 3.5 2 3",
		"min":    "null 7.5 0.1 -10000000000000000 1 1 2",
		"max":    "null 7.5 0.3 10000000000000000 6 3 4",
		"range":  "null 0 0.2 20000000000000000 5 2 2",
		"sum":    "0 7.5 0.6 1 21 6 6",
		"sd":     "null null 0.1 10000000000000000 1.8708286933869707 1 1.4142135623730951",
		"var":    "null null 0.01 1e+32 3.5 1 2",
		"median": "null 7.5 0.2 1 3.5 2 3",
		"p90":    "null 7.5 0.28 8000000000000000 5.5 2.8 3.8",
		"p99.9":  "null 7.5 0.2998 9980000000000000 5.995 2.998 3.998",
		"mad":    "null 0 0.1 10000000000000000 1.5 1 1",
		"first":  "null 7.5 0.1 10000000000000000 1 2 2",
		"last":   "null 7.5 0.3 -10000000000000000 6 1 4",
		"delta":  "null 0 0.2 -20000000000000000 5 -1 2",
		"rate":   "null null 0.1 -5000000000000000 1.25 0.3333333333333333 2",
		"twa":    "null null 0.15 5000000000000000 3 2.5 2",
	}
	for _, name := range names() {
		var got []string
		for _, set := range sets {
			got = append(got, string(parse(t, name).Of(summarize(true, set)).Append(nil, -1)))
		}
		if strings.Join(got, " ") != want[name] {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, " "), want[name])
		}
	}
}

// recorder is a Summary that records what is asked of it.
type recorder struct {
	needs    agg.Needs
	num, den int64
}

func (r *recorder) Len() int64                    { return 1 }
func (r *recorder) Sum() exact.Value              { return exact.Value{} }
func (r *recorder) Mean() exact.Value             { return exact.Value{} }
func (r *recorder) Var() exact.Value              { r.needs.Squares = true; return exact.Value{} }
func (r *recorder) SD() exact.Value               { r.needs.Squares = true; return exact.Value{} }
func (r *recorder) Min() (d exact.Dec, ok bool)   { r.needs.MinMax = true; return d, true }
func (r *recorder) Max() (d exact.Dec, ok bool)   { r.needs.MinMax = true; return d, true }
func (r *recorder) First() (d exact.Dec, ok bool) { r.needs.FirstLast = true; return d, true }
func (r *recorder) Last() (d exact.Dec, ok bool)  { r.needs.FirstLast = true; return d, true }

func (r *recorder) Rate() exact.Value {
	r.needs.Series = true
	return exact.Value{}
}

func (r *recorder) TWA() exact.Value {
	r.needs.Series = true
	return exact.Value{}
}

func (r *recorder) MAD() exact.Value {
	r.needs.MinMax, r.needs.Quantiles = true, true
	return exact.Value{}
}

func (r *recorder) Quantile(num, den int64) exact.Value {
	r.needs.MinMax, r.needs.Quantiles = true, true
	r.num, r.den = num, den
	return exact.Value{}
}

// TestNeeds: the needs of each statistic are what it uses, and nothing else.
func TestNeeds(t *testing.T) {
	t.Parallel()
	for _, name := range names() {
		s := parse(t, name)
		var used recorder
		s.Of(&used)
		if s.Needs != used.needs {
			t.Errorf("%s needs %+v, and uses %+v", name, s.Needs, used.needs)
		}
	}
}

// TestNeedsOf: the needs of several statistics are those of each.
func TestNeedsOf(t *testing.T) {
	t.Parallel()
	for names, want := range map[string]agg.Needs{
		"":               {},
		"count mean":     {},
		"sum sd":         {Squares: true},
		"p90 sd":         {Squares: true, MinMax: true, Quantiles: true},
		"last min count": {MinMax: true, FirstLast: true},
	} {
		var stats []agg.Stat
		for name := range strings.FieldsSeq(names) {
			stats = append(stats, parse(t, name))
		}
		got := agg.NeedsOf(stats)
		if got != want {
			t.Errorf("NeedsOf(%s) = %+v, want %+v", names, got, want)
		}
	}
}

// TestAliases: a statistic is printed under its name, whatever -a called it.
func TestAliases(t *testing.T) {
	t.Parallel()
	for alias, want := range map[string]string{
		"avg": "mean", "average": "mean", "minimum": "min", "maximum": "max", "stddev": "sd", "stdev": "sd",
	} {
		got := parse(t, alias)
		if got.Name != want || got.IsMean() != (want == "mean") {
			t.Errorf("%s: %s, is the mean: %v", alias, got.Name, got.IsMean())
		}
	}
	for _, name := range names() {
		got := parse(t, name)
		if got.Name != name || got.IsMean() != (name == "mean") {
			t.Errorf("%s: %s, is the mean: %v", name, got.Name, got.IsMean())
		}
	}
}

// TestQuantiles: the fraction of a percentile is exact.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]int64{
		"median":    {1, 2},
		"p0":        {0, 100},
		"p90":       {90, 100},
		"p99.9":     {999, 1000},
		"p0.000001": {1, 100000000},
		"p100":      {100, 100},
		"p100.0":    {1000, 1000},
	} {
		s := parse(t, name)
		var used recorder
		s.Of(&used)
		if s.Name != name || [2]int64{used.num, used.den} != want {
			t.Errorf("%s: %s, the quantile %d/%d", name, s.Name, used.num, used.den)
		}
		num, den, ok := s.Quantile()
		if !ok || num != used.num || den != used.den {
			t.Errorf("%s: Quantile() = %d, %d, %v", name, num, den, ok)
		}
	}
	_, _, ok := parse(t, "mean").Quantile()
	if ok {
		t.Error("the mean is a quantile")
	}
}

// TestUnknownStatistics: the error lists the known ones, and for a quantile that is out of
// range or too fine, the limits.
func TestUnknownStatistics(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "p", "p.", "p.5", "p9.", "p101", "p100.000001", "p1000", "p99.9999999", "p-1", "p+1", "p 9", "p9 ", "p9,5", "p1e1", "p1_0", "p9.9.9", "p٣", "P90", "Mean", " mean", "mode", "pN", "pN (p90, p99.9)",
	} {
		_, err := agg.ParseStat(name)
		if err == nil {
			t.Errorf("ParseStat(%q) returns no error", name)
		} else if !strings.Contains(err.Error(), strconv.Quote(name)) || !strings.Contains(err.Error(), agg.Names(agg.AnyKind)) {
			t.Errorf("ParseStat(%q): %v", name, err)
		}
	}
	for name, limits := range map[string]bool{"p101": true, "p-1": true, "p99.9999999": true, "p.5": true, "p": false, "pnan": false, "p9,5": false, "mode": false, "9": false} {
		_, err := agg.ParseStat(name)
		if strings.Contains(err.Error(), "from 0 to 100, with at most 6 decimals") != limits {
			t.Errorf("ParseStat(%q): %v", name, err)
		}
	}
}

// TestReadme: README lists the statistics of mavg as its help does, and speaks of those that
// only other tools have.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	list := agg.Names(agg.LastN)
	if !strings.Contains(string(text), "`"+list+"`") {
		t.Errorf("README does not say `%s`", list)
	}
	for name := range strings.SplitSeq(agg.Names(agg.AnyKind), ", ") {
		if !strings.Contains(list, name) && !strings.Contains(string(text), "\n`"+name+"`") {
			t.Errorf("README has no paragraph that begins with `%s`", name)
		}
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	for _, squares := range []bool{false, true} {
		a, b := agg.New(squares), agg.New(squares)
		d, e := number("20.25"), number("-3.125")
		b.Add(d)
		n := testing.AllocsPerRun(1000, func() {
			a.Add(d)
			a.Add(e)
			a.Remove(d)
			a.Merge(&b)
			a.Subtract(&b)
			a.Mean()
			a.SD()
		})
		if n != 0 {
			t.Errorf("squares %v: %v allocations", squares, n)
		}
	}
}

func BenchmarkAggregate(b *testing.B) {
	for name, squares := range map[string]bool{"sum": false, "squares": true} {
		b.Run(name, func(b *testing.B) {
			t := agg.New(squares)
			d := number("20.25")
			b.ReportAllocs()
			for b.Loop() {
				t.Add(d)
				t.Mean()
				t.Remove(d)
			}
		})
	}
}

// TestTotals: adding and removing a total is adding and removing its numbers.
func TestTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one, all := agg.New(false), agg.New(false)
		for _, r := range draw(t, "before") {
			one.Add(r.d)
			all.Add(r.d)
		}
		set := draw(t, "set")
		var sum exact.Sum
		for _, r := range set {
			one.Add(r.d)
			sum.Add(r.d)
		}
		before := all
		all.AddTotal(int64(len(set)), sum.Dec())
		if all.Len() != one.Len() || all.Sum().Cmp(one.Sum()) != 0 {
			t.Fatalf("%d numbers with the sum %s, want %d with %s", all.Len(), all.Sum().Append(nil, -1), one.Len(), one.Sum().Append(nil, -1))
		}
		all.SubtractTotal(int64(len(set)), sum.Dec())
		if all.Len() != before.Len() || all.Sum().Cmp(before.Sum()) != 0 {
			t.Fatalf("after removing, %d numbers with the sum %s", all.Len(), all.Sum().Append(nil, -1))
		}
	})
}

// TestWords: every word for completions is the name of a statistic, and p90 is one of them.
func TestWords(t *testing.T) {
	t.Parallel()
	words := agg.Words(agg.AnyKind)
	if len(words) < len(strings.Split(agg.Names(agg.AnyKind), ", ")) || !slices.Contains(words, "mean") || !slices.Contains(words, "p90") {
		t.Errorf("%q", words)
	}
	for _, w := range words {
		_, err := agg.ParseStat(w)
		if err != nil {
			t.Error(err)
		}
	}
}
