package ndjson

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/pkg/exact"

	"pgregory.net/rapid"
)

// TestRunEqualsItsRecords: a run, read by columns or one by one, has the same as its
// records, and Skip moves to the record after it.
func TestRunEqualsItsRecords(t *testing.T) {
	t.Parallel()
	plans := []Plan{
		{Numbers: []Path{{"a"}, {"b"}}, Time: Path{"t"}, TimeOptional: true},
		{Numbers: []Path{{"a"}, {"b"}}, Where: []Cond{{Path{"k"}, "x"}}},
		{All: true, Time: Path{"t"}, TimeOptional: true, IgnoreBadTime: true},
		{All: true, Key: []Path{{"k"}}},
	}
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		usual := rapid.SliceOfN(rapid.SampledFrom([]string{
			"1", "-2.50", "0.75", "-0", "36028797018963967", "-36028797018963968", "1e-22", "0.000000000000000000000001", "18446744073709551615", "123456789012345678901", "1e30",
		}), 1, 3).Draw(t, "usual")
		exceptions := rapid.SampledFrom([]int{0, 10, 100, 500}).Draw(t, "exceptions per thousand")
		rarely := func() bool { return rng.IntN(1000) < exceptions }
		var text strings.Builder
		for i := range rapid.IntRange(1, 700).Draw(t, "lines") {
			key, names := "x", []string{"a", "b"}
			if rarely() {
				key = "y"
			}
			if rarely() {
				slices.Reverse(names)
			}
			fmt.Fprintf(&text, `{"k":"%s"`, key)
			if !rarely() {
				fmt.Fprintf(&text, `,"t":%d`, 1700000000+i)
			}
			for _, name := range names {
				if !rarely() {
					fmt.Fprintf(&text, `,"%s":%s`, name, usual[rng.IntN(len(usual))])
				}
			}
			text.WriteString("}\n")
		}
		for _, plan := range plans {
			compareRuns(t, plan, text.String())
		}
	})
}

// compareRuns compares every run of a text with the records that another reader finds.
func compareRuns(t *rapid.T, plan Plan, text string) {
	single, batched := NewReader(plan, Options{}), NewReader(plan, Options{})
	for range 2 { // the second time, names have slots
		single.Reset(strings.NewReader(text), "in")
		batched.Reset(strings.NewReader(text), "in")
		var b Block
		for batched.Read(&b) == nil {
			for more := true; more; more = b.More() {
				batched.parser.Parse(&b)
				for r, bad, ok := b.Next(); ok; r, bad, ok = b.Next() {
					if bad != nil {
						t.Fatal(bad)
					}
					run := r.Run()
					for i := range max(run.Len(), 1) {
						want, err := single.Next()
						if err != nil {
							t.Fatal(err)
						}
						if i < run.Len() {
							compareRecord(t, &run, i, want)
						}
					}
					if run.Len() > 0 {
						compareColumns(t, &run)
						r.Skip(run.Len() - 1)
					}
				}
			}
		}
		r, err := single.Next()
		if err == nil {
			t.Fatalf("left over: %s", r.Raw())
		}
	}
}

// compareRecord compares record i of a run with the record itself.
func compareRecord(t *rapid.T, run *Run, i int, want *Record) {
	if run.Width() != want.Len() || run.Time(i) != want.Time() || run.Timed(i) != want.Timed() || string(run.When(i)) != string(want.When()) {
		t.Fatalf("record %d of a run: %d readings, %v %s; want %s", i, run.Width(), run.Time(i), run.When(i), want.Raw())
	}
	for k := range run.Width() {
		slot, d := want.At(k)
		if run.Slot(k) != slot || run.Num(i, k) != d && run.Num(i, k).Cmp(d) != 0 {
			t.Fatalf("record %d of a run: reading %d is %s in slot %d; want %s", i, k, run.Num(i, k).Append(nil), run.Slot(k), want.Raw())
		}
	}
}

// compareColumns compares the columns of a run with its numbers, and requires that
// small numbers make a column.
func compareColumns(t *rapid.T, run *Run) {
	for k := range run.Width() {
		units := make([]int64, run.Len())
		b, ok := run.Column(k, units)
		small := true // all of them are so small that a batch must be possible
		for i := range units {
			d := run.Num(i, k)
			if ok && exact.FromUnits(units[i], b.Scale).Cmp(d) != 0 {
				t.Fatalf("reading %d of record %d: %d × 10^-%d is not %s", k, i, units[i], b.Scale, d.Append(nil))
			}
			n, fits := d.Units(6)
			small = small && fits && max(n, -n) < 1<<50
		}
		if small && !ok {
			t.Fatal("small numbers make no batch")
		}
	}
}

// TestRunSearchIsBounded: Record.Run takes time in proportion to the run. (Where
// records have as many readings as their neighbours, in other slots, each call searched
// the rest of the block, and took hundreds of times as long.) Not parallel: it measures
// time.
func TestRunSearchIsBounded(t *testing.T) {
	timePerRecord := func(text string) time.Duration {
		rd := NewReader(Plan{All: true}, Options{})
		least := time.Hour
		for range 6 {
			rd.Reset(strings.NewReader(text), "in")
			var b Block
			for rd.Read(&b) == nil {
				for more := true; more; more = b.More() {
					rd.parser.Parse(&b)
					begun := time.Now()
					for r, _, ok := b.Next(); ok; r, _, ok = b.Next() {
						r.Run()
					}
					elapsed, n := time.Since(begun), b.Counters().Entries
					if n > 1000 {
						least = min(least, elapsed/time.Duration(n))
					}
				}
			}
		}
		return least
	}
	alike, alternating := timePerRecord(strings.Repeat("{\"a\":1}\n{\"a\":2}\n", 8000)), timePerRecord(strings.Repeat("{\"a\":1}\n{\"b\":2}\n", 8000))
	if alternating > 50*alike+time.Microsecond {
		t.Errorf("a record with other slots than its neighbours takes %v, one with the same %v", alternating, alike)
	}
}
