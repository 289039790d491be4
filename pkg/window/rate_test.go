package window

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// promVectors are series of the tests that Prometheus publishes for the resets of counters
// (promql/promqltest/testdata/functions.test), which have a sample every five minutes from 0 on,
// and the rates that they expect there. Those are chosen whose first and last sample are at the
// ends of the range, so that nothing is extrapolated; sums of resets are what increase() adds.
var promVectors = []struct {
	name, samples string
	from, to      int // minutes, both inside
	rate          string
}{
	{"reset in the middle", "0 10 20 30 40 0 10 20 30 40 50", 0, 50, "0.03"},
	{"reset at the end of a range", "0 10 20 30 40 50 60 70 80 90 0 10", 45, 50, "0"},
	{"no reset", "0 80 160 240 320 400 480 560 640 720 800", 0, 50, "0.26666666666666666"},
}

// promSeries is a series with several resets, and what PromQL's definition makes of it by hand:
// a sample that is less than the one before counts from 0. The series are those of Prometheus'
// test of resets(); the increases are added up here.
var promSeries = []struct {
	samples  string
	increase string // over all samples, 45 minutes
}{
	{"1 2 3 0 1 0 0 1 2 0", "5"}, // 1+1+0+1+0+0+1+1+0
	{"1 2 3 4 5 1 2 3 4 5", "9"},
	{"0 0 0 0 0 1 1 1 1 1", "1"},
}

// TestRateIsThatOfPrometheus: resets count as PromQL counts them, in every kind of window.
func TestRateIsThatOfPrometheus(t *testing.T) {
	t.Parallel()
	for _, v := range promVectors {
		var samples []reading
		for i, text := range strings.Fields(v.samples) {
			if 5*i >= v.from && 5*i <= v.to {
				samples = append(samples, read(int64(300*i)*1e9, text))
			}
		}
		for kind, got := range ratesOf(t, samples) {
			if got != v.rate {
				t.Errorf("%s, %s: %s a second, want %s", v.name, kind, got, v.rate)
			}
		}
	}
	for _, v := range promSeries {
		var samples []reading
		for i, text := range strings.Fields(v.samples) {
			samples = append(samples, read(int64(i)*1e9, text)) // 9 seconds in all
		}
		var want exact.Sum
		want.Add(read(0, v.increase).d)
		for kind, got := range ratesOf(t, samples) {
			if got != string(want.Mean(9).Append(nil, -1)) {
				t.Errorf("%s, %s: %s a second, want %s / 9", v.samples, kind, got, v.increase)
			}
		}
	}
}

// ratesOf returns the rate of the readings in a window of each kind.
func ratesOf(t *testing.T, set []reading) map[string]string {
	list := stats(t, []string{"rate"})
	need := agg.NeedsOf(list)
	c, p, s := NewCount(len(set), need), NewPart(need), NewSpan(need)
	c.PushTimed(Instant{at(-9999), true}, exact.Int(1e9)) // it leaves the window
	for i, r := range set {
		c.PushTimed(Instant{at(r.Time), true}, r.d)
		p.Add(at(r.Time), r.d)
		part := NewPart(need)
		part.Add(at(r.Time), r.d)
		s.Enter(int64(i), &part)
	}
	text := func(v agg.Summary) string { return string(list[0].Of(v).Append(nil, -1)) }
	return map[string]string{"Count": text(c), "Part": text(&p), "Span": text(&s)}
}

// TestRateNeedsTwoTimes: the rate of the last N readings is null if the oldest or the newest of
// them has no time, or is not after the oldest; times between do not matter.
func TestRateNeedsTwoTimes(t *testing.T) {
	t.Parallel()
	list := stats(t, []string{"rate"})
	for times, want := range map[string]string{
		"1 2 5": "1.5", "1 ? 5": "1.5", "1 9 5": "1.5", "? 2 5": "null", "1 2 ?": "null", "5 2 5": "null", "5 2 1": "null", "1": "null", "?": "null", "1 1.5": "8",
		"-1.5 -0.5": "4",
	} {
		c := NewCount(3, agg.NeedsOf(list))
		for i, text := range strings.Fields(times) {
			var at Instant
			if text != "?" {
				at.Known = true
				_, _, half := strings.Cut(text, ".5")
				d := read(0, text).d
				at.Time = stamp.Time{Sec: int64(d.Float())}
				if half {
					at.Time.Nsec = 5e8
					if d.Sign() < 0 {
						at.Time.Sec--
					}
				}
			}
			c.PushTimed(at, read(0, []string{"3", "7", "2"}[i]).d)
		}
		got := string(list[0].Of(c).Append(nil, -1))
		if got != want {
			t.Errorf("times %s: %s, want %s", times, got, want)
		}
	}
}

// TestSeriesDependsOnTheSetAlone: readings are in order of time and then of size, and resets are
// those of that order, whatever order they came in and however they were merged.
func TestSeriesDependsOnTheSetAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var set []agg.Timed
		for range rapid.IntRange(0, 30).Draw(t, "readings") {
			r := read(rapid.Int64Range(-3, 3).Draw(t, "time"), rapid.SampledFrom(texts).Draw(t, "reading"))
			set = append(set, agg.Timed{Time: at(r.Time), Value: r.d})
		}
		text := func(s *agg.Series) string {
			var b strings.Builder
			for _, r := range s.Readings() {
				fmt.Fprintf(&b, "%d %s ", r.Time.Nsec, r.Value.Append(nil))
			}
			return fmt.Sprintf("%s/ %s", b.String(), s.Resets().Append(nil))
		}
		var whole, one, other agg.Series
		for _, r := range set {
			whole.Add(r.Time, r.Value)
		}
		cut := rapid.IntRange(0, len(set)).Draw(t, "cut")
		for i, r := range rapid.Permutation(set).Draw(t, "shuffled") {
			if i < cut {
				one.Add(r.Time, r.Value)
			} else {
				other.Add(r.Time, r.Value)
			}
		}
		one.Merge(&other)
		if text(&one) != text(&whole) {
			t.Fatalf("got  %s\nwant %s", text(&one), text(&whole))
		}
		one.Clear()
		if one.Len() != 0 || text(&one) != "/ 0" {
			t.Fatalf("cleared: %s", text(&one))
		}
	})
}

// TestSeriesDoesNotAllocate: a Series that is used again, as those of panes are, needs no new
// memory, also if readings come out of order.
func TestSeriesDoesNotAllocate(t *testing.T) {
	var s agg.Series
	d := read(0, "7.5").d
	n := testing.AllocsPerRun(100, func() {
		for i := range int64(50) {
			s.Add(at(i^1), d)
		}
		first, last := s.Ends()
		if agg.Rate(first, last, s.Resets()).IsNull() {
			t.Fatal("null")
		}
		s.Clear()
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
