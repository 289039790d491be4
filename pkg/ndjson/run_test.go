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

// TestRunIsItsRecords: what a run says of records, in columns or one by one, is what
// they say themselves, and whoever skips it comes out where it ends.
func TestRunIsItsRecords(t *testing.T) {
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
		odd := rapid.SampledFrom([]int{0, 10, 100, 500}).Draw(t, "odd ones in a thousand")
		rarely := func() bool { return rng.IntN(1000) < odd }
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
			runs(t, plan, text.String())
		}
	})
}

// runs compares every run of a text with its records.
func runs(t *rapid.T, plan Plan, text string) {
	one, many := NewReader(plan, Options{}), NewReader(plan, Options{})
	for range 2 { // the second time, names have slots
		one.Reset(strings.NewReader(text), "in")
		many.Reset(strings.NewReader(text), "in")
		var b Block
		for many.Read(&b) == nil {
			for more := true; more; more = b.More() {
				many.parser.Parse(&b)
				for r, bad, ok := b.Next(); ok; r, bad, ok = b.Next() {
					if bad != nil {
						t.Fatal(bad)
					}
					run := r.Run()
					for i := range max(run.Len(), 1) {
						want, err := one.Next()
						if err != nil {
							t.Fatal(err)
						}
						if i < run.Len() {
							likeIt(t, &run, i, want)
						}
					}
					if run.Len() > 0 {
						columns(t, &run)
						r.Skip(run.Len() - 1)
					}
				}
			}
		}
		if r, err := one.Next(); err == nil {
			t.Fatalf("left over: %s", r.Raw())
		}
	}
}

func likeIt(t *rapid.T, run *Run, i int, want *Record) {
	if run.Width() != want.Len() || run.Time(i) != want.Time() || run.Timed(i) != want.Timed() || string(run.When(i)) != string(want.When()) {
		t.Fatalf("record %d of a run: %d readings, %v %s; want %s", i, run.Width(), run.Time(i), run.When(i), want.Raw())
	}
	for k := range run.Width() {
		if slot, d := want.At(k); run.Slot(k) != slot || run.Num(i, k) != d && run.Num(i, k).Cmp(d) != 0 {
			t.Fatalf("record %d of a run: reading %d is %s in slot %d; want %s", i, k, run.Num(i, k).Append(nil), run.Slot(k), want.Raw())
		}
	}
}

func columns(t *rapid.T, run *Run) {
	for k := range run.Width() {
		units := make([]int64, run.Len())
		b, ok := run.Column(k, units)
		small := true // enough for a batch to be asked for
		for i := range units {
			d := run.Num(i, k)
			if ok && exact.Units(units[i], b.Scale).Cmp(d) != 0 {
				t.Fatalf("reading %d of record %d: %d × 10^-%d is not %s", k, i, units[i], b.Scale, d.Append(nil))
			}
			n, fits := d.Units(6)
			small = small && fits && max(n, -n) < 1<<50
		}
		if small && !ok {
			t.Fatalf("no batch of small numbers")
		}
	}
}

// TestRunsCostWhatTheyFind: where records of one length have their readings in other
// slots by turns, each looked through the rest of its block, and took hundreds of
// times as long.
func TestRunsCostWhatTheyFind(t *testing.T) {
	ask := func(text string) time.Duration {
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
					if b.at > 1000 {
						least = min(least, time.Since(begun)/time.Duration(b.at))
					}
				}
			}
		}
		return least
	}
	alike, inTurn := ask(strings.Repeat("{\"a\":1}\n{\"a\":2}\n", 8000)), ask(strings.Repeat("{\"a\":1}\n{\"b\":2}\n", 8000))
	if inTurn > 50*alike+time.Microsecond {
		t.Errorf("a record that is unlike its neighbours takes %v, one that is like them %v", inTurn, alike)
	}
}
