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

// whole is all that is kept of a set.
type whole struct {
	agg.Aggregate
	agg.MinMax
	agg.FirstLast
}

func sum(squares bool, set []reading) *whole {
	w := &whole{Aggregate: agg.New(squares)}
	for _, r := range set {
		w.Aggregate.Add(r.d)
		w.MinMax.Add(r.d)
		w.FirstLast.Add(r.at, r.d)
	}
	return w
}

func (w *whole) merge(o *whole) {
	w.Aggregate.Merge(&o.Aggregate)
	w.MinMax.Merge(&o.MinMax)
	w.FirstLast.Merge(&o.FirstLast)
}

// print is what every statistic of it prints.
func (w *whole) print() string {
	values := []exact.Value{exact.Count(w.Len()), w.Sum(), w.Mean(), w.Var(), w.SD()}
	if w.MinMax.Any {
		values = append(values, w.Min.Value(), w.Max.Value())
	}
	if w.FirstLast.Any {
		values = append(values, w.First.Value(), w.Last.Value())
	}
	var b []byte
	for _, v := range values {
		b = append(v.Append(b, -1), ' ')
	}
	return string(b)
}

// TestOrderAndCutCannotBeSeen: a set in any order, cut into any parts, prints
// the same bytes, and what is taken out again has never been in.
func TestOrderAndCutCannotBeSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		squares := rapid.Bool().Draw(t, "squares")
		set, other := draw(t, "set"), draw(t, "other")
		want := sum(squares, set).print()
		mixed := rapid.Permutation(set).Draw(t, "mixed")
		if got := sum(squares, mixed).print(); got != want {
			t.Fatalf("in another order: %s, want %s", got, want)
		}
		cut := rapid.IntRange(0, len(set)).Draw(t, "cut")
		parts, rest := sum(squares, mixed[:cut]), sum(squares, mixed[cut:])
		before := rest.print()
		parts.merge(rest)
		if got := parts.print(); got != want {
			t.Fatalf("from parts: %s, want %s", got, want)
		}
		if after := rest.print(); after != before {
			t.Fatalf("a merged part has changed: %s, was %s", after, before)
		}
		takes(t, squares, mixed, other)
	})
}

// takes puts other in and takes it out again, as a whole and one by one.
func takes(t *rapid.T, squares bool, set, other []reading) {
	want := sum(squares, set).Aggregate
	got, extra := sum(squares, set).Aggregate, sum(squares, other).Aggregate
	got.Merge(&extra)
	got.Subtract(&extra)
	for _, r := range other {
		got.Add(r.d)
	}
	for _, r := range rapid.Permutation(other).Draw(t, "leave") {
		got.Remove(r.d)
	}
	a, b := (&whole{Aggregate: got}).print(), (&whole{Aggregate: want}).print()
	if a != b {
		t.Fatalf("after adding and taking: %s, want %s", a, b)
	}
}

func TestFigures(t *testing.T) {
	at := func(sec int64, text string) reading { return reading{stamp.Time{Sec: sec}, number(text)} }
	for name, c := range map[string]struct {
		set  []reading
		want string // count, sum, mean, var, sd, min, max, first, last
	}{
		"none":           {nil, "0 0 null null null "},
		"one":            {[]reading{at(1, "7.50")}, "1 7.5 7.5 null null 7.5 7.5 7.5 7.5 "},
		"tenths":         {[]reading{at(1, "0.1"), at(2, "0.2"), at(3, "0.3")}, "3 0.6 0.2 0.01 0.1 0.1 0.3 0.1 0.3 "},
		"cancelling":     {[]reading{at(1, "1e16"), at(2, "1"), at(3, "-1e16")}, "3 1 0.3333333333333333 1e+32 10000000000000000 -10000000000000000 10000000000000000 10000000000000000 -10000000000000000 "},
		"ties of time":   {[]reading{at(5, "2"), at(5, "1"), at(5, "3"), at(9, "4"), at(9, "6"), at(9, "5")}, "6 21 3.5 3.5 1.8708286933869707 1 6 1 6 "},
		"against time":   {[]reading{at(3, "1"), at(-3, "2"), at(0, "3")}, "3 6 2 1 1 1 3 2 1 "},
		"before the era": {[]reading{at(-3, "2"), at(-2, "4")}, "2 6 3 2 1.4142135623730951 2 4 2 4 "},
	} {
		if got := sum(true, c.set).print(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestParseStat(t *testing.T) {
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
		if got, err := agg.ParseStat(text); err != nil || got != want {
			t.Errorf("ParseStat(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "p", "p.", "p.5", "p9.", "p101", "p100.000001", "p1000", "p99.9999999", "p-1", "p+1", "p 9", "p9 ", "p9,5", "p1e1", "p1_0", "p9.9.9", "p٣", "P90", "Mean", " mean", "mode",
	} {
		_, err := agg.ParseStat(text)
		if err == nil {
			t.Errorf("ParseStat(%q) is no error", text)
		} else if !strings.Contains(err.Error(), agg.Names) {
			t.Errorf("ParseStat(%q) does not say what there is: %v", text, err)
		}
	}
}

// TestNamesAreUnderstood: help names nothing that is refused.
func TestNamesAreUnderstood(t *testing.T) {
	for _, name := range strings.FieldsFunc(strings.Replace(agg.Names, "pN", "p90", 1), func(r rune) bool { return strings.ContainsRune(" ,()", r) }) {
		if _, err := agg.ParseStat(name); err != nil {
			t.Error(err)
		}
	}
}

// TestNeeds: nothing is kept that is not asked for, and all that is.
func TestNeeds(t *testing.T) {
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
		if got := agg.NeedsOf(stats); got != want {
			t.Errorf("Needs(%s) = %+v, want %+v", names, got, want)
		}
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	for _, squares := range []bool{false, true} {
		a, b := agg.New(squares), agg.New(squares)
		d, e := number("20.25"), number("-3.125")
		b.Add(d)
		if n := testing.AllocsPerRun(1000, func() {
			a.Add(d)
			a.Add(e)
			a.Remove(d)
			a.Merge(&b)
			a.Subtract(&b)
			a.Mean()
			a.SD()
		}); n != 0 {
			t.Errorf("squares %v: %v allocations", squares, n)
		}
	}
}

func BenchmarkTally(b *testing.B) {
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
