package winavg_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestCarriedInPartsIsOneRun: what is carried forward into windows is in the state: a stream that
// is cut into runs that continue, at any record, gives the rows of one run.
func TestCarriedInPartsIsOneRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		r.live, r.max, r.stats = false, 1_000_000, []string{"twa", "count"}
		chunks := drawChunks(t, &r)
		want := run(t, r.options(), chunks).rows
		rows := runParts(t, r.options(), flat(chunks))
		if rows != want {
			t.Fatalf("rules: %+v\n%sin parts:\n%sin one run:\n%s", r, text(chunks), rows, want)
		}
	})
}

// TestRowThatWasDueBeforeRowsBegan: it has the time-weighted average of the events that had been
// read when it became due, though others have come before it is printed.
func TestRowThatWasDueBeforeRowsBegan(t *testing.T) {
	t.Parallel()
	minute := 60 * second
	r := rules{step: minute, window: 10 * minute, withLow: true, lateness: 5 * minute, anyGap: true, fields: 1, stats: []string{"twa", "count"}, max: 1}
	var records []record
	for _, x := range []struct {
		at    string
		value int
	}{
		{"10:00:30", 1}, {"09:54:00", 2}, {"09:54:30", 4}, // these two are late for row 09:55
		{"10:01:00", 1}, {"09:55:10", 50}, // row 09:56 is due, and this is late for it
		{"09:56:10", 7}, // rows begin with 09:56
	} {
		records = append(records, record{line: fmt.Sprintf(`{"in":"yes","at":"2018-12-26 %s","deep":{"f0":%d}}`, x.at, x.value)})
	}
	got, _, _ := strings.Cut(run(t, r.options(), []chunk{{records: records}}).rows, "\n")
	const want = `{"date":"2018-12-26 09:56:00","twa_0":3.5,"count_0":2}` // 2 for half a minute, 4 for a minute and a half
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestReadingThatIsInNoWindow is carried forward all the same: one at the end of a window that has
// neither of its ends, and one that was late for all windows that it is in.
func TestReadingThatIsInNoWindow(t *testing.T) {
	t.Parallel()
	minute := 60 * second
	for _, c := range []struct {
		r       rules
		records []string
		want    string
	}{
		{rules{step: minute, window: minute}, []string{"10:00:00 7", "10:01:30 1"}, `{"date":"2018-12-26 10:00:00","twa_0":null}
{"date":"2018-12-26 10:01:00","twa_0":7}
{"date":"2018-12-26 10:02:00","twa_0":4}
`},
		{rules{step: minute, window: minute, withLow: true, lateness: 5 * minute}, []string{"10:00:30 1", "09:54:00 2"}, `{"date":"2018-12-26 10:00:00","twa_0":2}
{"date":"2018-12-26 10:01:00","twa_0":1.5}
`},
	} {
		c.r.anyGap, c.r.fields, c.r.stats, c.r.max = true, 1, []string{"twa"}, 1
		var records []record
		for _, x := range c.records {
			at, value, _ := strings.Cut(x, " ")
			records = append(records, record{line: fmt.Sprintf(`{"in":"yes","at":"2018-12-26 %s","deep":{"f0":%s}}`, at, value)})
		}
		got := run(t, c.r.options(), []chunk{{records: records}}).rows
		if got != c.want {
			t.Errorf("of %v:\n%swant\n%s", c.records, got, c.want)
		}
	}
}
