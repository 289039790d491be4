package batch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// runPlans are plans with which the records of drawText make runs, and other ones.
var runPlans = []batch.Plan{
	{Numbers: []batch.Path{{"a"}, {"b"}}, Time: batch.Path{"t"}, TimeOptional: true},
	{Numbers: []batch.Path{{"a"}, {"b"}}, Where: []batch.Cond{{Path: batch.Path{"k"}, Value: "x"}}},
	{All: true, Time: batch.Path{"t"}, TimeOptional: true, IgnoreBadTime: true},
	{All: true, Key: []batch.Path{{"k"}}},
	{Numbers: []batch.Path{{"a"}, {"b"}}, Time: batch.Path{"t"}, Key: []batch.Path{{"k"}}, Omit: []string{"m"}},
	{Numbers: []batch.Path{{"b"}, {"a"}}, Time: batch.Path{"t"}, ReportOnly: true},
	{All: true, Time: batch.Path{"t"}, Key: []batch.Path{{"k"}}, MaxFields: 1},
}

// drawText draws lines: usual ones, and exceptions, how many of which there are is drawn
// too. keys are those of the usual lines, and the one of the exceptions.
func drawText(t *rapid.T, keys ...string) string {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	usual := rapid.SliceOfN(rapid.SampledFrom([]string{
		"1", "-2.50", "0.75", "-0", "36028797018963967", "-36028797018963968", "1e-22", "0.000000000000000000000001", "18446744073709551615", "123456789012345678901", "1e30",
	}), 1, 3).Draw(t, "usual")
	exceptions := rapid.SampledFrom([]int{0, 10, 100, 500}).Draw(t, "exceptions per thousand")
	rarely := func() bool { return rng.IntN(1000) < exceptions }
	rare := func() bool { return rng.IntN(10_000) < exceptions }
	var text strings.Builder
	for i := range rapid.IntRange(1, 700).Draw(t, "lines") {
		if rare() {
			text.WriteString(`{"bad":` + "\n")
		}
		key, names := keys[rng.IntN(len(keys)-1)], []string{"a", "b"}
		if rarely() {
			key = keys[len(keys)-1]
		}
		if rarely() {
			slices.Reverse(names)
		}
		fmt.Fprintf(&text, `{"k":"%s"`, key)
		switch {
		case rare():
			text.WriteString(`,"t":"never"`)
		case !rarely():
			fmt.Fprintf(&text, `,"t":%d.%d`, 1700000000+i, rng.IntN(2))
		}
		for _, name := range names {
			switch {
			case rare():
				fmt.Fprintf(&text, `,"%s":"none"`, name)
			case !rarely():
				fmt.Fprintf(&text, `,"%s":%s`, name, usual[rng.IntN(len(usual))])
			}
		}
		if rare() {
			text.WriteString(`,"m":1`)
		}
		text.WriteString("}\n")
	}
	return text.String()
}

// TestRunEqualsItsRecords: a run, read by columns or one by one, has the same as its
// records.
func TestRunEqualsItsRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t, "x", "y")
		for _, plan := range runPlans {
			compareRuns(t, plan, text)
		}
	})
}

// compareRuns compares every run of a text with the records that another parser finds.
func compareRuns(t *rapid.T, plan batch.Plan, text string) {
	single, batched := &records{feed: *newFeed(plan)}, newFeed(plan)
	var runs batch.Runs
	for range 2 { // the second time, names have slots
		single.reset(text)
		batched.each(text, func(b *batch.Batch) bool {
			runs.Begin(b, nil, false)
			next := runs.Next()
			for row := 0; row < len(b.Rows); row++ {
				want, _ := single.next()
				if b.Error(row) != nil || b.Rows[row].Filtered {
					if want != nil && !b.Rows[row].Filtered {
						t.Fatalf("row %d is an error, not %s", row, want.Raw())
					}
					continue
				}
				if want == nil || !next || runs.Row(0) != row || !runs.Consecutive() {
					t.Fatalf("row %d is not the first of the run", row)
				}
				fault := runs.Fault()
				if fault != nil && (runs.Len() != 1 || want.Judge() == nil || fault.Error() != want.Judge().Error()) {
					t.Fatalf("row %d, a run of %d: %v, want %v", row, runs.Len(), fault, want.Judge())
				}
				if fault == nil {
					compareColumns(t, &runs)
				}
				for i := range runs.Len() {
					if i > 0 {
						row++
						want, _ = single.next()
						if want == nil {
							t.Fatalf("row %d is no record", row)
						}
					}
					if fault == nil {
						compareRecord(t, &runs.Run, i, want)
					}
				}
				next = runs.Next()
			}
			if next {
				t.Fatalf("a run at row %d, after all rows", runs.Row(0))
			}
			return true
		})
		_, ok := single.next()
		if ok {
			t.Fatal("a row is left over")
		}
	}
}

// compareRecord compares record i of a run with the record itself.
func compareRecord(t *rapid.T, run *batch.Run, i int, want *batch.Record) {
	if want.Judge() != nil || run.Width() != want.Len() || run.Time(i) != want.Time() || run.Timed(i) != want.Timed() || string(run.When(i)) != string(want.When()) {
		t.Fatalf("record %d of a run: %d readings, %v %s; want %s, %v", i, run.Width(), run.Time(i), run.When(i), want.Raw(), want.Judge())
	}
	for k := range run.Width() {
		slot, d := want.At(k)
		if run.Slot(k) != slot || run.Num(i, k) != d && run.Num(i, k).Cmp(d) != 0 {
			t.Fatalf("record %d of a run: reading %d is %s in slot %d; want %s", i, k, run.Num(i, k).Append(nil), run.Slot(k), want.Raw())
		}
		if string(run.Name(k)) != string(want.Name(slot)) || string(run.Label(k).Name()) != string(want.Name(slot)) {
			t.Fatalf("slot %d is %s, want %s", slot, run.Name(k), want.Name(slot))
		}
	}
}

// adder keeps what Runs.Add passes.
type adder struct {
	batched bool
	sum     exact.Sum
	n       int
}

func (a *adder) AddBatch(b exact.Batch) {
	a.batched = true
	a.n += len(b.Units)
	a.sum.AddBatch(b)
}

func (a *adder) AddNoTime(d exact.Dec) {
	a.n++
	a.sum.Add(d)
}

// compareColumns compares the columns of a run with its numbers, and requires that
// small numbers make a column, which Add passes on as one batch.
func compareColumns(t *rapid.T, runs *batch.Runs) {
	run := &runs.Run
	for k := range run.Width() {
		units := make([]int64, run.Len())
		b, ok := run.Column(k, units)
		small := true // all of them are so small that a batch must be possible
		var want exact.Sum
		for i := range units {
			d := run.Num(i, k)
			want.Add(d)
			if ok && exact.FromUnits(units[i], b.Scale).Cmp(d) != 0 {
				t.Fatalf("reading %d of record %d: %d × 10^-%d is not %s", k, i, units[i], b.Scale, d.Append(nil))
			}
			n, fits := d.Units(6)
			small = small && fits && max(n, -n) < 1<<50
		}
		if small && !ok {
			t.Fatal("small numbers make no batch")
		}
		var got adder
		runs.Add(k, &got)
		if got.n != run.Len() || got.batched != (ok && run.Len() > 1) || got.sum.Dec().Cmp(want.Dec()) != 0 {
			t.Fatalf("reading %d: %d numbers added as a batch: %v, of %d", k, got.n, got.batched, run.Len())
		}
	}
}

// keyIDs returns an id for the key of each row: equal for equal keys, and -1 for the one
// without an id.
func keyIDs(b *batch.Batch, ids map[string]int32, without string) (rows []int32) {
	for row := range b.Rows {
		key := string(b.Key(row))
		id, ok := ids[key]
		if !ok {
			id = rand.New(rand.NewPCG(uint64(len(ids)), 1)).Int32() // any ids will do
			ids[key] = id
		}
		if key == without {
			id = -1
		}
		rows = append(rows, id)
	}
	return rows
}

// single reports whether a row must be a run by itself.
func single(b *batch.Batch, ids []int32, row int) bool {
	r := &b.Rows[row]
	if len(b.Pending) > 0 || ids[row] < 0 {
		return true
	}
	if r.Note < 0 {
		return false
	}
	n := &b.Notes[r.Note]
	return n.BadTime != nil || n.BadValue != nil || n.Reported != nil
}

// taken records the rows that runs had, and checks each run.
type taken struct {
	b     *batch.Batch
	ids   []int32
	rows  map[int]bool
	last  map[string]int // The last row of each key.
	alone int            // The last row that had to be a run by itself.
	order []int          // All rows, as they came.
}

func newTaken(b *batch.Batch, ids []int32) *taken {
	return &taken{b: b, ids: ids, rows: map[int]bool{}, last: map[string]int{}, alone: -1}
}

// run checks a run, and records its rows: no row comes twice, those of a key come in input
// order, all rows of a run have its key, slots and numbers, and one that must be a run by
// itself is.
func (x *taken) run(t *rapid.T, runs *batch.Runs) {
	fault := runs.Fault()
	if runs.Len() < 1 || runs.Len() > exact.MaxBatch {
		t.Fatalf("a run of %d records", runs.Len())
	}
	for i := range runs.Len() {
		row := runs.Row(i)
		key := string(x.b.Key(row))
		last, ok := x.last[key]
		if x.rows[row] || ok && row <= last || key != string(runs.Key()) {
			t.Fatalf("row %d of key %s, in a run of %s: had %v, the row before is %d", row, key, runs.Key(), x.rows[row], last)
		}
		if x.b.Error(row) != nil || x.b.Rows[row].Filtered {
			t.Fatalf("row %d is in a run", row)
		}
		if single(x.b, x.ids, row) {
			if runs.Len() > 1 || row < x.alone {
				t.Fatalf("row %d is not by itself, or after row %d", row, x.alone)
			}
			x.alone = row
		}
		x.rows[row], x.last[key], x.order = true, row, append(x.order, row)
		r := x.b.Record(row)
		if runs.Consecutive() != (runs.Row(runs.Len()-1)-runs.Row(0) == runs.Len()-1) && runs.Consecutive() {
			t.Fatal("rows that do not follow each other are called consecutive")
		}
		if fault == nil {
			compareRecord(t, &runs.Run, i, &r)
		}
	}
	if fault == nil {
		compareColumns(t, runs)
	}
}

// done checks that all rows from first to end that are records have been in a run.
func (x *taken) done(t *rapid.T, first, end int) {
	for row := first; row < end; row++ {
		if !x.rows[row] && x.b.Error(row) == nil && !x.b.Rows[row].Filtered {
			t.Fatalf("row %d was in no run", row)
		}
	}
}

// TestGatheredRuns: if the order of keys does not matter, every record is in one run, and
// the records of a key come in input order. If it matters, all records come in input order.
// Where keys alternate, runs are longer if their order does not matter.
func TestGatheredRuns(t *testing.T) {
	t.Parallel()
	gathered := 0
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SampledFrom([][]string{{"x", "y"}, {"x", "y", "z"}, {"1", "2", "3", "4", "5", "6", "7", "new"}}).Draw(t, "keys")
		text := drawText(t, keys...)
		without := rapid.SampledFrom([]string{"", `"y"`, `"new"`}).Draw(t, "the key without an id")
		anyOrder := rapid.Bool().Draw(t, "anyOrder")
		for _, plan := range runPlans {
			f, ids := newFeed(plan), map[string]int32{}
			var runs batch.Runs
			for range 3 {
				f.each(text, func(b *batch.Batch) bool {
					x := newTaken(b, keyIDs(b, ids, without))
					for runs.Begin(b, x.ids, anyOrder); runs.Next(); {
						x.run(t, &runs)
						if !runs.Consecutive() {
							gathered++
						}
					}
					x.done(t, 0, len(b.Rows))
					if !anyOrder && !slices.IsSorted(x.order) {
						t.Fatal("the rows are not in input order")
					}
					return true
				})
			}
		}
	})
	if gathered == 0 && !testing.Short() {
		t.Error("no run was gathered")
	}
}

// TestGatheredRunsAreLong: the records of keys that alternate are as few runs as there are
// keys, or as a batch of numbers allows.
func TestGatheredRunsAreLong(t *testing.T) {
	t.Parallel()
	for _, keys := range []int{1, 2, 7, 100, 500} {
		for _, sorted := range []bool{false, true} {
			countRuns(t, keys, sorted)
		}
	}
}

// countRuns is TestGatheredRunsAreLong for that many keys, whose records alternate or are
// sorted by key.
func countRuns(t *testing.T, keys int, sorted bool) {
	var text strings.Builder
	const rounds = 2 * exact.MaxBatch / 3
	for i := range rounds * keys {
		key := i * i % keys
		if sorted {
			key = i / rounds
		}
		fmt.Fprintf(&text, `{"k":%d,"a":%d.5,"b":1}`+"\n", key, i)
	}
	f, ids := newFeed(batch.Plan{Numbers: []batch.Path{{"a"}, {"b"}}, Key: []batch.Path{{"k"}}}), map[string]int32{}
	var runs batch.Runs
	for range 2 {
		f.each(text.String(), func(b *batch.Batch) bool {
			rows := keyIDs(b, ids, "")
			counts := map[int32]int{}
			for _, id := range rows {
				counts[id]++
			}
			want := 0
			for _, n := range counts {
				want += (n + exact.MaxBatch - 1) / exact.MaxBatch
			}
			got := 0
			for runs.Begin(b, rows, true); runs.Next(); got++ {
			}
			if got > want && len(rows) > 8*keys {
				t.Errorf("%d keys, sorted: %v: %d runs of %d rows, want %d", keys, sorted, got, len(rows), want)
			}
			return true
		})
	}
}

// TestDivide: Within counts the records that may be consumed in any order of keys, and
// their latest time; Divide and NextDivided find each of them once; NextOne continues after
// them.
func TestDivide(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t, "x", "y", "z")
		without := rapid.SampledFrom([]string{"", `"z"`}).Draw(t, "the key without an id")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for _, plan := range runPlans {
			if plan.Time == nil || plan.TimeOptional {
				continue
			}
			f, ids := newFeed(plan), map[string]int32{}
			var runs batch.Runs
			for range 3 {
				f.each(text, func(b *batch.Batch) bool {
					var known []int32
					if plan.Key != nil {
						known = keyIDs(b, ids, without)
					}
					divide(t, rng, b, known, &runs)
					return true
				})
			}
		}
	})
}

// divide consumes a batch as winavg does.
func divide(t *rapid.T, rng *rand.Rand, b *batch.Batch, ids []int32, runs *batch.Runs) {
	x := newTaken(b, ids)
	if ids == nil {
		x.ids = make([]int32, len(b.Rows))
	}
	row := 0
	for runs.Begin(b, ids, false); runs.NextOne(); {
		x.done(t, 0, row)
		first := runs.Row(0)
		for ; row < first; row++ {
			if b.Error(row) == nil && !b.Rows[row].Filtered {
				t.Fatalf("row %d is left out", row)
			}
		}
		from := b.Rows[first].Time.Sec + int64(rng.IntN(4)) - 2
		secs := uint64(rng.IntN(200))
		n, latest := runs.Within(from, secs)
		wantN, wantLatest := within(b, x.ids, first, from, int64(secs))
		if n != wantN || latest != wantLatest {
			t.Fatalf("row %d, %d seconds from %d on: %d records up to %v, want %d up to %v", first, secs, from, n, latest, wantN, wantLatest)
		}
		if n == 0 {
			x.run(t, runs)
			row++
			continue
		}
		n = 1 + rng.IntN(n)
		before := len(x.order)
		for runs.Divide(n); runs.NextDivided(); {
			x.run(t, runs)
		}
		row += n
		if len(x.order)-before != n {
			t.Fatalf("%d of %d rows were divided", len(x.order)-before, n)
		}
	}
	x.done(t, 0, len(b.Rows))
}

// within returns what Runs.Within must.
func within(b *batch.Batch, ids []int32, first int, from, secs int64) (n int, latest stamp.Time) {
	for row := first; row < len(b.Rows); row++ {
		at := b.Rows[row].Time
		r := b.Record(row)
		if b.Error(row) != nil || b.Rows[row].Filtered || single(b, ids, row) || r.Len() == 0 || at.Sec < from || at.Sec >= from+secs {
			break
		}
		if n == 0 || latest.Sec < at.Sec || latest.Sec == at.Sec && latest.Nsec < at.Nsec {
			latest = at
		}
		n++
	}
	return n, latest
}

// TestRunSearchIsBounded: the search for the end of a run examines about twice as many
// rows as the run has. (Where records have as many readings as their neighbours, in other
// slots, each call once searched the rest of the block.) A row that must not be examined
// has a note that does not exist, so that the search panics there.
func TestRunSearchIsBounded(t *testing.T) {
	t.Parallel()
	const rows = 2000
	for name, length := range map[string]func(i int) int{
		"1": func(int) int { return 1 }, "2": func(int) int { return 2 }, "1 to 30": func(i int) int { return 1 + i%30 },
		"5": func(int) int { return 5 }, "13": func(int) int { return 13 }, "250": func(int) int { return 250 },
	} {
		for _, byKey := range []bool{false, true} {
			b := &batch.Batch{}
			var lengths []int
			ids := make([]int32, 0, rows)
			for i := 0; len(b.Rows) < rows; i++ {
				lengths = append(lengths, length(i))
				for range length(i) {
					slot := int32(i % 2)
					if byKey {
						slot = 0
					}
					ids = append(ids, int32(i%2))
					b.AddNum(slot, exact.Int(7))
					b.AddRow(batch.Row{Nums: uint32(len(b.Nums))})
				}
			}
			if !byKey {
				ids = nil
			}
			batch.NewFold(batch.Plan{All: true}).Begin(b)
			var runs batch.Runs
			runs.Begin(b, ids, false)
			first := 0
			for i, n := range lengths {
				allowed := min(first+2*n+8, len(b.Rows))
				for row := range b.Rows[allowed:] {
					b.Rows[allowed+row].Note = 1 << 30
				}
				if !runs.Next() || runs.Row(0) != first || runs.Len() != n {
					t.Fatalf("runs of %s: run %d has %d rows from %d on", name, i, runs.Len(), runs.Row(0))
				}
				for row := range b.Rows[allowed:] {
					b.Rows[allowed+row].Note = -1
				}
				first += n
			}
		}
	}
}
