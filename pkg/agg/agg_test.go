package agg_test

import (
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

// summary is all that is kept of a set.
type summary struct {
	agg.Aggregate
	agg.MinMax
	agg.FirstLast
}

func summarize(squares bool, set []reading) *summary {
	s := &summary{Aggregate: agg.New(squares)}
	for _, r := range set {
		s.Aggregate.Add(r.d)
		s.MinMax.Add(r.d)
		s.FirstLast.Add(r.at, r.d)
	}
	return s
}

func (s *summary) merge(o *summary) {
	s.Aggregate.Merge(&o.Aggregate)
	s.MinMax.Merge(&o.MinMax)
	s.FirstLast.Merge(&o.FirstLast)
}

// print returns all statistics as they are printed.
func (s *summary) print() string {
	values := []exact.Value{exact.Count(s.Len()), s.Sum(), s.Mean(), s.Var(), s.SD()}
	if s.MinMax.Any {
		values = append(values, s.Min.Value(), s.Max.Value())
	}
	if s.FirstLast.Any {
		values = append(values, s.First.Value(), s.Last.Value())
	}
	var b []byte
	for _, v := range values {
		b = append(v.Append(b, -1), ' ')
	}
	return string(b)
}

// TestResultsDependOnTheSetAlone: a set in any order, divided into any parts, prints
// the same bytes, and what is removed leaves no trace.
func TestResultsDependOnTheSetAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		squares := rapid.Bool().Draw(t, "squares")
		set, other := draw(t, "set"), draw(t, "other")
		want := summarize(squares, set).print()
		shuffled := rapid.Permutation(set).Draw(t, "shuffled")
		got := summarize(squares, shuffled).print()
		if got != want {
			t.Fatalf("in another order: %s, want %s", got, want)
		}
		half := rapid.IntRange(0, len(set)).Draw(t, "in the first part")
		parts, rest := summarize(squares, shuffled[:half]), summarize(squares, shuffled[half:])
		before := rest.print()
		parts.merge(rest)
		got = parts.print()
		if got != want {
			t.Fatalf("from parts: %s, want %s", got, want)
		}
		after := rest.print()
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
	a, b := (&summary{Aggregate: got}).print(), (&summary{Aggregate: want}).print()
	if a != b {
		t.Fatalf("after adding and removing: %s, want %s", a, b)
	}
}

func TestKnownResults(t *testing.T) {
	t.Parallel()
	at := func(sec int64, text string) reading { return reading{stamp.Time{Sec: sec}, number(text)} }
	for name, c := range map[string]struct {
		set  []reading
		want string // count, sum, mean, var, sd, min, max, first, last
	}{
		"none":                 {nil, "0 0 null null null "},
		"one":                  {[]reading{at(1, "7.50")}, "1 7.5 7.5 null null 7.5 7.5 7.5 7.5 "},
		"tenths":               {[]reading{at(1, "0.1"), at(2, "0.2"), at(3, "0.3")}, "3 0.6 0.2 0.01 0.1 0.1 0.3 0.1 0.3 "},
		"cancelling":           {[]reading{at(1, "1e16"), at(2, "1"), at(3, "-1e16")}, "3 1 0.3333333333333333 1e+32 10000000000000000 -10000000000000000 10000000000000000 10000000000000000 -10000000000000000 "},
		"equal times":          {[]reading{at(5, "2"), at(5, "1"), at(5, "3"), at(9, "4"), at(9, "6"), at(9, "5")}, "6 21 3.5 3.5 1.8708286933869707 1 6 1 6 "},
		"not in order of time": {[]reading{at(3, "1"), at(-3, "2"), at(0, "3")}, "3 6 2 1 1 1 3 2 1 "},
		"before 1970":          {[]reading{at(-3, "2"), at(-2, "4")}, "2 6 3 2 1.4142135623730951 2 4 2 4 "},
	} {
		got := summarize(true, c.set).print()
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]agg.Stat{
		"count": {Kind: agg.Count, Name: "count"}, "sum": {Kind: agg.Sum, Name: "sum"}, "var": {Kind: agg.Var, Name: "var"},
		"mean": {Kind: agg.Mean, Name: "mean"}, "avg": {Kind: agg.Mean, Name: "mean"}, "average": {Kind: agg.Mean, Name: "mean"},
		"min": {Kind: agg.Min, Name: "min"}, "minimum": {Kind: agg.Min, Name: "min"},
		"max": {Kind: agg.Max, Name: "max"}, "maximum": {Kind: agg.Max, Name: "max"},
		"sd": {Kind: agg.SD, Name: "sd"}, "stddev": {Kind: agg.SD, Name: "sd"},
		"first": {Kind: agg.First, Name: "first"}, "last": {Kind: agg.Last, Name: "last"},
		"median":    {Kind: agg.Quantile, Num: 1, Den: 2, Name: "median"},
		"p0":        {Kind: agg.Quantile, Num: 0, Den: 100, Name: "p0"},
		"p90":       {Kind: agg.Quantile, Num: 90, Den: 100, Name: "p90"},
		"p99.9":     {Kind: agg.Quantile, Num: 999, Den: 1000, Name: "p99.9"},
		"p0.000001": {Kind: agg.Quantile, Num: 1, Den: 100000000, Name: "p0.000001"},
		"p100":      {Kind: agg.Quantile, Num: 100, Den: 100, Name: "p100"},
		"p100.0":    {Kind: agg.Quantile, Num: 1000, Den: 1000, Name: "p100.0"},
	} {
		got, err := agg.ParseStat(text)
		if err != nil || got != want {
			t.Errorf("ParseStat(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "p", "p.", "p.5", "p9.", "p101", "p100.000001", "p1000", "p99.9999999", "p-1", "p+1", "p 9", "p9 ", "p9,5", "p1e1", "p1_0", "p9.9.9", "p٣", "P90", "Mean", " mean", "mode",
	} {
		_, err := agg.ParseStat(text)
		if err == nil {
			t.Errorf("ParseStat(%q) returns no error", text)
		} else if !strings.Contains(err.Error(), agg.Names) {
			t.Errorf("the error of ParseStat(%q) does not list the names: %v", text, err)
		}
	}
}

// TestNamesAreUnderstood: ParseStat accepts all that help lists.
func TestNamesAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, name := range strings.FieldsFunc(strings.Replace(agg.Names, "pN", "p90", 1), func(r rune) bool { return strings.ContainsRune(" ,()", r) }) {
		_, err := agg.ParseStat(name)
		if err != nil {
			t.Error(err)
		}
	}
}

// TestNeedsOf: what the statistics need is kept, and nothing else.
func TestNeedsOf(t *testing.T) {
	t.Parallel()
	for names, want := range map[string]agg.Needs{
		"":             {},
		"count,mean":   {},
		"sum,sd":       {Squares: true},
		"var":          {Squares: true},
		"min":          {MinMax: true},
		"max,mean":     {MinMax: true},
		"median":       {MinMax: true, Quantiles: true},
		"p90,sd":       {Squares: true, MinMax: true, Quantiles: true},
		"first":        {FirstLast: true},
		"last,min,var": {Squares: true, MinMax: true, FirstLast: true},
	} {
		var stats []agg.Stat
		for _, name := range strings.FieldsFunc(names, func(r rune) bool { return r == ',' }) {
			s, err := agg.ParseStat(name)
			if err != nil {
				t.Fatal(err)
			}
			stats = append(stats, s)
		}
		got := agg.NeedsOf(stats)
		if got != want {
			t.Errorf("NeedsOf(%s) = %+v, want %+v", names, got, want)
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
