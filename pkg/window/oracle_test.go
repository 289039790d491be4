package window

import (
	"testing"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/internal/oracle"
)

// reading is a number as the window gets it and as the oracle does.
type reading struct {
	oracle.Reading
	d exact.Dec
}

func read(at int64, text string) reading {
	d, err := exact.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	r := oracle.Read(oracle.Number(text), at)
	r.PerSecond = 1e9 // see at
	return reading{r, d}
}

func compareValue(a, b reading) int { return oracle.CompareValue(a.Reading, b.Reading) }

// allStats are the names of all statistics, with a few quantiles.
var allStats = []string{"count", "mean", "min", "max", "sum", "sd", "var", "median", "p0", "p100", "p90", "p99.9", "mad", "first", "last", "delta", "rate"}

func stats(t testing.TB, names []string) []agg.Stat {
	t.Helper()
	var list []agg.Stat
	for _, name := range names {
		s, err := agg.ParseStat(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

// readings returns what the oracle needs of a set.
func readings(set []reading) []oracle.Reading {
	list := make([]oracle.Reading, len(set))
	for i := range set {
		list[i] = set[i].Reading
	}
	return list
}

// expected is the oracle's statistic of the readings.
func expected(stat string, set []reading) string { return oracle.Stat(stat, readings(set), -1) }

// compare compares statistics with those of the oracle, with exact quantiles.
func compare(t interface{ Fatalf(string, ...any) }, list []agg.Stat, got agg.Summary, set []reading) {
	compareWith(t, list, got, set, oracle.AllBits)
}

// keeps returns how many bits are kept of each reading of a step.
func keeps(set []reading) int { return oracle.Bits(oracle.Sorted(readings(set))) }

// compareWith is compare for quantiles of which that many bits are kept.
func compareWith(t interface{ Fatalf(string, ...any) }, list []agg.Stat, got agg.Summary, set []reading, bits int) {
	all := readings(set)
	for _, s := range list {
		text, want := string(s.Of(got).Append(nil, -1)), oracle.StatOf(s.Name, all, -1, bits)
		if text != want {
			t.Fatalf("%s of %d readings is %s, want %s", s.Name, len(set), text, want)
		}
	}
}

// texts are numbers among which one of 1e300 must leave no trace.
var texts = []string{"1", "2", "2.0", "0.1", "0.2", "0.3", "-0", "0", "-7.25", "1e12", "1000000000000.1", "1e300", "-1e300", "1e-300", "123456789012345678901234567890"}
