package tally_test

import (
	"strings"
	"testing"
	"time"

	"weir/pkg/exact"
	"weir/pkg/stamp"
	"weir/pkg/tally"

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
	tally.Tally
	tally.Extremes
	tally.Ends
}

func sum(squares bool, set []reading) *whole {
	w := &whole{Tally: tally.New(squares)}
	for _, r := range set {
		w.Tally.Add(r.d)
		w.Extremes.Add(r.d)
		w.Ends.Add(r.at, r.d)
	}
	return w
}

func (w *whole) merge(o *whole) {
	w.Tally.Merge(&o.Tally)
	w.Extremes.Merge(&o.Extremes)
	w.Ends.Merge(&o.Ends)
}

// print is what every statistic of it prints.
func (w *whole) print() string {
	values := []exact.Value{exact.Count(w.Len()), w.Sum(), w.Mean(), w.Var(), w.SD()}
	if w.Extremes.Some {
		values = append(values, w.Min.Value(), w.Max.Value())
	}
	if w.Ends.Some {
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
	want := sum(squares, set).Tally
	got, extra := sum(squares, set).Tally, sum(squares, other).Tally
	got.Merge(&extra)
	got.Take(&extra)
	for _, r := range other {
		got.Add(r.d)
	}
	for _, r := range rapid.Permutation(other).Draw(t, "leave") {
		got.Remove(r.d)
	}
	a, b := (&whole{Tally: got}).print(), (&whole{Tally: want}).print()
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
	for text, want := range map[string]tally.Stat{
		"count": {Kind: tally.Count, Name: "count"}, "sum": {Kind: tally.Sum, Name: "sum"}, "var": {Kind: tally.Var, Name: "var"},
		"mean": {Kind: tally.Mean, Name: "mean"}, "avg": {Kind: tally.Mean, Name: "mean"}, "average": {Kind: tally.Mean, Name: "mean"},
		"min": {Kind: tally.Min, Name: "min"}, "minimum": {Kind: tally.Min, Name: "min"},
		"max": {Kind: tally.Max, Name: "max"}, "maximum": {Kind: tally.Max, Name: "max"},
		"sd": {Kind: tally.SD, Name: "sd"}, "stddev": {Kind: tally.SD, Name: "sd"},
		"first": {Kind: tally.First, Name: "first"}, "last": {Kind: tally.Last, Name: "last"},
		"median":    {Kind: tally.Quantile, Num: 1, Den: 2, Name: "median"},
		"p0":        {Kind: tally.Quantile, Num: 0, Den: 100, Name: "p0"},
		"p90":       {Kind: tally.Quantile, Num: 90, Den: 100, Name: "p90"},
		"p99.9":     {Kind: tally.Quantile, Num: 999, Den: 1000, Name: "p99.9"},
		"p0.000001": {Kind: tally.Quantile, Num: 1, Den: 100000000, Name: "p0.000001"},
		"p100":      {Kind: tally.Quantile, Num: 100, Den: 100, Name: "p100"},
		"p100.0":    {Kind: tally.Quantile, Num: 1000, Den: 1000, Name: "p100.0"},
	} {
		if got, err := tally.ParseStat(text); err != nil || got != want {
			t.Errorf("ParseStat(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "p", "p.", "p.5", "p9.", "p101", "p100.000001", "p1000", "p99.9999999", "p-1", "p+1", "p 9", "p9 ", "p9,5", "p1e1", "p1_0", "p9.9.9", "p٣", "P90", "Mean", " mean", "mode",
	} {
		_, err := tally.ParseStat(text)
		if err == nil {
			t.Errorf("ParseStat(%q) is no error", text)
		} else if !strings.Contains(err.Error(), tally.Names) {
			t.Errorf("ParseStat(%q) does not say what there is: %v", text, err)
		}
	}
}

// TestNamesAreUnderstood: help names nothing that is refused.
func TestNamesAreUnderstood(t *testing.T) {
	for _, name := range strings.FieldsFunc(strings.Replace(tally.Names, "pN", "p90", 1), func(r rune) bool { return strings.ContainsRune(" ,()", r) }) {
		if _, err := tally.ParseStat(name); err != nil {
			t.Error(err)
		}
	}
}

// TestNeeds: nothing is kept that is not asked for, and all that is.
func TestNeeds(t *testing.T) {
	for names, want := range map[string]tally.Need{
		"":             {},
		"count,mean":   {},
		"sum,sd":       {Squares: true},
		"var":          {Squares: true},
		"min":          {Extremes: true},
		"max,mean":     {Extremes: true},
		"median":       {Extremes: true, Ranks: true},
		"p90,sd":       {Squares: true, Extremes: true, Ranks: true},
		"first":        {Ends: true},
		"last,min,var": {Squares: true, Extremes: true, Ends: true},
	} {
		var stats []tally.Stat
		for _, name := range strings.FieldsFunc(names, func(r rune) bool { return r == ',' }) {
			s, err := tally.ParseStat(name)
			if err != nil {
				t.Fatal(err)
			}
			stats = append(stats, s)
		}
		if got := tally.Needs(stats); got != want {
			t.Errorf("Needs(%s) = %+v, want %+v", names, got, want)
		}
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	for _, squares := range []bool{false, true} {
		a, b := tally.New(squares), tally.New(squares)
		d, e := number("20.25"), number("-3.125")
		b.Add(d)
		if n := testing.AllocsPerRun(1000, func() {
			a.Add(d)
			a.Add(e)
			a.Remove(d)
			a.Merge(&b)
			a.Take(&b)
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
			t := tally.New(squares)
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
