package winavg_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawClocks draws a stream of machines, whose clocks may be wrong: some events at random, all
// of one machine, the first ones after a boot; and pauses longer than max-gap.
func drawClocks(t *rapid.T, rules *rules) (chunks []chunk) {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	wrongBy := rapid.SampledFrom([]int64{rules.gap / 2, -rules.gap / 2, rules.gap + 1, rules.gap + rules.step, 3 * rules.gap, -rules.gap - 1, -3 * rules.gap, 200 * rules.step, -200 * rules.step}).Draw(t, "wrong by")
	perMille := rapid.SampledFrom([]int{0, 20, 200, 500}).Draw(t, "wrong, in a thousand")
	machine := rapid.IntRange(-1, 2).Draw(t, "wrong machine")
	boot := rapid.IntRange(0, 3).Draw(t, "wrong at first")
	pauses := rapid.SampledFrom([]int{0, 50, 300}).Draw(t, "pauses, in a thousand")
	keys := []string{`"a"`, `"b"`, `"c"`}
	now := int64(1545848948) * second
	clock := int64(0)
	n := rapid.IntRange(1, 30).Draw(t, "events")
	for len(chunks) < n {
		m := rng.IntN(3)
		at := now
		if m == machine || len(chunks) < boot || rng.IntN(1000) < perMille {
			at += wrongBy
		}
		r := record{at: at, values: []*big.Rat{big.NewRat(int64(1+rng.IntN(3)), 1)}}
		k := ""
		if rules.by != nil {
			r.key = []string{keys[m]}
			k = fmt.Sprintf(`"k":%s,`, keys[m])
		}
		r.line = fmt.Sprintf(`{"in":"yes",%s"at":"%s","deep":{"f0":%s}}`, k, time.Unix(0, at).UTC().Format(time.RFC3339Nano), r.values[0].Num())
		c := chunk{idle: rng.IntN(4) == 0, idledAt: clock, records: []record{r}, file: rng.IntN(20) == 0}
		if rng.IntN(6) == 0 { // it cannot wait for the next event, and must not disturb what waits
			c.records = append(c.records, record{broken: true, line: "nonsense"}, record{out: true, line: `{"in":"no"}`})
		}
		passes := rng.Int64N(2 * rules.step)
		if rng.IntN(1000) < pauses {
			passes += rules.gap + rng.Int64N(2*rules.gap+1)
		}
		now += passes
		clock += passes
		c.clock = clock
		chunks = append(chunks, c)
	}
	return chunks
}

// clockRules draws rules for streams with wrong clocks: steps are long, because the model
// goes through all rows of a jump.
func clockRules(t *rapid.T) rules {
	r := drawRules(t)
	r.step = second * rapid.SampledFrom([]int64{3600, 86400}).Draw(t, "step")
	r.window = r.step * rapid.SampledFrom([]int64{1, 3, 40}).Draw(t, "steps in a window")
	r.gap = r.step*rapid.Int64Range(1, 40).Draw(t, "max gap")/2 + rapid.Int64Range(0, 1).Draw(t, "and")
	r.lateness = rapid.SampledFrom([]int64{0, 0, r.step / 2, 3 * r.step, 60 * r.step}).Draw(t, "lateness")
	r.fields, r.stats = 1, []string{"count", "sum", "first"}[:rapid.IntRange(1, 3).Draw(t, "statistics")]
	r.all, r.anyGap, r.max = r.all && !r.live, rapid.IntRange(0, 9).Draw(t, "any gap") == 0, 1000
	if r.by != nil {
		r.by = r.by[:1]
		r.max = rapid.SampledFrom([]int{1, 2, 1000}).Draw(t, "max groups")
	}
	return r
}

// TestWrongClocks: rows, rejects, counts and restarts are those of the model, for every
// way in which clocks are wrong.
func TestWrongClocks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := clockRules(t)
		chunks := drawClocks(t, &rules)
		check(t, rules, chunks)
		// However the input is divided into reads.
		if rules.live || slices.ContainsFunc(chunks, func(c chunk) bool { return c.file }) {
			return
		}
		want := run(t, rules.options(), chunks)
		got := run(t, rules.options(), []chunk{{records: flat(chunks)}})
		if got.rows != want.rows || got.ledger != want.ledger || !slices.Equal(got.rejects, want.rejects) {
			t.Fatalf("rules: %+v\ninput:\n%sin one read: %+v\nwant: %+v", rules, text(chunks), got, want)
		}
	})
}

var countOfRow = regexp.MustCompile(`"count_0":(\d+)`)

// TestEveryUsedEventIsInARow: also when the stream goes back and what it had is not due.
func TestEveryUsedEventIsInARow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := clockRules(t)
		rules.by, rules.withLow, rules.withTop, rules.window = nil, true, false, rules.step // each event is in one row
		rules.stats, rules.live, rules.drain = []string{"count"}, false, false
		got := run(t, rules.options(), drawClocks(t, &rules))
		sum := int64(0)
		for _, m := range countOfRow.FindAllStringSubmatch(got.rows, -1) {
			var n int64
			_, err := fmt.Sscan(m[1], &n)
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		if sum != got.ledger.Used {
			t.Fatalf("rules: %+v\n%d events in rows, %d used:\n%s", rules, sum, got.ledger.Used, got.rows)
		}
	})
}

// TestPausesDoNotDependOnMaxGap: a stream in order, that has two events after every pause
// of more than 32 days, gives the same rows with --max-gap 32d, which restarts it, and
// with --lateness all, which does not.
func TestPausesDoNotDependOnMaxGap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := clockRules(t)
		const day = 86400 * second
		rules.gap, rules.lateness, rules.anyGap, rules.all, rules.live, rules.max = 32*day, 0, false, false, false, 1000
		var records []record
		now := int64(1545848948) * second
		for i := range 2 * rapid.IntRange(1, 6).Draw(t, "pairs of events") {
			if i%2 == 0 { // a whole number of steps, so that steps are as far apart as events
				now += day * rapid.Int64Range(0, 70).Draw(t, "days")
			} else {
				now += rapid.Int64Range(0, rules.step).Draw(t, "passes")
			}
			r := record{line: fmt.Sprintf(`{"in":"yes","k":%d,"at":"%s","deep":{"f0":1}}`, i%3, time.Unix(0, now).UTC().Format(time.RFC3339Nano))}
			records = append(records, r)
		}
		chunks := []chunk{{records: records}}
		want := run(t, rules.options(), chunks)
		rules.all, rules.anyGap = true, true
		got := run(t, rules.options(), chunks)
		if got.rows != want.rows || want.ledger.Rejected > 0 {
			t.Fatalf("rules: %+v\ninput:\n%swith --lateness all:\n%swith --max-gap 32d:\n%s", rules, text(chunks), got.rows, want.rows)
		}
	})
}
