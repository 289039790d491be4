package batch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/batch"
)

// outcomes returns the outcomes of a batch as text.
func outcomes(b *batch.Batch) (list []string, stopped bool) {
	all, stopped := b.Outcomes()
	for _, o := range all {
		name := map[batch.Verdict]string{batch.Used: "used", batch.NoReading: "no reading", batch.Late: "late", batch.Rejected: "rejected"}[o.Verdict]
		list = append(list, strings.TrimSuffix(fmt.Sprintf("%d %s: %v", o.Row, name, o.Err), ": <nil>"))
	}
	return list, stopped
}

// expect asserts that lists are equal.
func expect(t rapid.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// TestOutcomes: verdicts of the filter and lines that are errors come in the order of
// rows, whatever order the filter gives them in. Records that were used or filtered out
// have none.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	f := newFeed(batch.Plan{Numbers: []batch.Path{{"a"}}, Key: []batch.Path{{"k"}}, Where: []batch.Cond{{Path: batch.Path{"on"}, Value: "1"}}})
	text := `{"on":1,"a":1}
{"on":1,"a":2
{"on":0,"a":3}
{"on":1,"k":[],"a":4}
{"on":1,"a":"x"}
{"on":1}
{"on":1,"a":7}
{"on":0,"k":{}}
`
	f.each(text, func(b *batch.Batch) bool {
		b.Late(6, b.Fault(6, "late", "by 7"))
		b.NoReading(5)
		r := b.Record(4)
		if b.Reject(4, r.Judge()) {
			t.Error("a rejected record stops the run")
		}
		got, stopped := outcomes(b)
		expect(t, "outcomes", got, []string{
			"1 rejected: in:2:14: the line ends inside the object (write one object per line; jq -c . does that)",
			`3 rejected: in:4:13: the key "k" is neither text, number, true, false nor null: []`,
			`4 rejected: in:5:13: not a number: "x"`, "5 no reading", "6 late: in:7:1: late: by 7",
		})
		if stopped || len(b.Rows) != 8 || b.Filtered() != 2 {
			t.Errorf("stopped is %v, %d rows, %d are filtered out", stopped, len(b.Rows), b.Filtered())
		}
		return true
	})
	if f.fold.Consumed() != int64(len(text)) {
		t.Errorf("%d of %d bytes are consumed", f.fold.Consumed(), len(text))
	}
	f.each("{\"on\":1}\n", func(b *batch.Batch) bool {
		got, _ := outcomes(b)
		expect(t, "outcomes of the next batch", got, nil)
		return true
	})
}

// TestStopAtRejected: the first row that is an error, has a bad value or is rejected by the
// filter is the last one, in the batch and in what is consumed.
func TestStopAtRejected(t *testing.T) {
	t.Parallel()
	plan := batch.Plan{Numbers: []batch.Path{{"a"}}, Key: []batch.Path{{"k"}}, Where: []batch.Cond{{Path: batch.Path{"on"}, Value: "1"}}}
	for text, want := range map[string]struct {
		rows     int
		outcomes []string
	}{
		`{"on":1,"a":1}|{"on":1,"a":7}|{"on":1,"a":2}`:                    {2, []string{"1 rejected: in:2:1: seven"}},
		`{"on":1,"a":1}|{"on":1}|{"on":1,"a":7}|{"on":1,"a":7}`:           {3, []string{"1 no reading", "2 rejected: in:3:1: seven"}},
		`{"on":1,"a":1}|{"on":0,"a":7}|{"on":0,"a":"x"}|{"on":1,"a":2}`:   {4, nil},
		`{"on":1,"a":1}|{"on":1,"a":01}|{"on":1,"a":7}|{"on":1,"a":7}`:    {2, []string{"1 rejected: in:2:13: not a number: 01"}},
		`{"on":1,"a":1}|{"on":1,"a":"x"}|{"on":1,"a":7}`:                  {2, []string{`1 rejected: in:2:13: not a number: "x"`}},
		`{"on":1,"a":1}|{"on":1,"k":{}}|{"on":1,"a":7}`:                   {2, []string{`1 rejected: in:2:13: the key "k" is neither text, number, true, false nor null: {}`}},
		`{"on":1,"a":7}|{"on":1,"a":01}|{"on":1,"a":"x"}`:                 {1, []string{"0 rejected: in:1:1: seven"}},
		`{"on":1,"a":1}|{"on":1,"a":2}`:                                   {2, nil},
		`{"on":1,"a":1}|{"on":0,"k":{}}|{"on":0,"a":"x"}|{"on":1,"a":01}`: {4, []string{"3 rejected: in:4:13: not a number: 01"}},
	} {
		f := newFeed(plan)
		text = strings.ReplaceAll(text, "|", "\n") + "\n"
		f.each(text, func(b *batch.Batch) bool {
			b.StopAtRejected()
			filter(b)
			got, stopped := outcomes(b)
			expect(t, text, got, want.outcomes)
			bad := len(got) > 0 && strings.Contains(got[len(got)-1], "rejected")
			if stopped != bad || len(b.Rows) != want.rows {
				t.Errorf("%s: stopped is %v; %d rows, want %d", text, stopped, len(b.Rows), want.rows)
			}
			return true
		})
		consumed := 0
		for line := range strings.Lines(text) {
			if want.rows > 0 {
				consumed += len(line)
			}
			want.rows--
		}
		if f.fold.Consumed() != int64(consumed) {
			t.Errorf("%s: %d bytes are consumed, want %d", text, f.fold.Consumed(), consumed)
		}
	}
}

// TestStopInArray: an element is consumed to its end, whatever line breaks it has.
func TestStopInArray(t *testing.T) {
	t.Parallel()
	f := newFeed(batch.Plan{Numbers: []batch.Path{{"a"}}})
	elements := "[{\"a\":1},\n{\n  \"a\": 7\n}"
	f.each(elements+",{\"a\":2}]", func(b *batch.Batch) bool {
		b.StopAtRejected()
		filter(b)
		_, stopped := b.Outcomes()
		return !stopped
	})
	if f.fold.Consumed() != int64(len(elements)) {
		t.Errorf("%d bytes are consumed, want %d", f.fold.Consumed(), len(elements))
	}
}

// filter rejects records with an error and those whose number is 7, until it is to stop.
func filter(b *batch.Batch) {
	var runs batch.Runs
	for runs.Begin(b, nil, false); runs.NextOne(); {
		row := runs.Row(0)
		err := runs.Fault()
		switch {
		case err != nil:
		case runs.Width() == 0:
			b.NoReading(row)
		case runs.Num(0, 0).Float() == 7:
			err = b.Fault(row, "seven", "")
		}
		if err != nil && b.Reject(row, err) {
			return
		}
	}
}

// TestReported: the rows with reported values, without those that are filtered out.
func TestReported(t *testing.T) {
	t.Parallel()
	f := newFeed(batch.Plan{Numbers: []batch.Path{{"a"}, {"b"}}, ReportOnly: true, Where: []batch.Cond{{Path: batch.Path{"on"}, Value: "1"}}})
	f.each(`{"on":1,"a":1}
{"on":1,"a":"x","b":[]}
{"on":0,"a":"x"}
{"on":1,"a":null}
{"on":1,"b":true,"a":2}
`, func(b *batch.Batch) bool {
		if !slices.Equal(b.ReportedRows(), []int{1, 4}) || len(b.Reported(1)) != 2 || len(b.Reported(4)) != 1 || b.Reported(0) != nil {
			t.Error(b.ReportedRows(), b.Reported(1), b.Reported(4))
		}
		expect(t, "reported", []string{b.Reported(1)[0].Error(), b.Reported(1)[1].Error(), b.Reported(4)[0].Error()},
			[]string{`in:2:13: not a number: "x"`, `in:2:21: not a number: []`, `in:5:13: not a number: true`})
		return true
	})
}

// TestLimitRow: the first row in which a field was ignored, whatever order they are
// reported in.
func TestLimitRow(t *testing.T) {
	t.Parallel()
	f := newFeed(batch.Plan{})
	f.each("{}\n{}\n{}\n{}\n", func(b *batch.Batch) bool {
		if b.LimitRow() != -1 {
			t.Errorf("row %d, before a limit was reached", b.LimitRow())
		}
		for _, row := range []int{2, 1, 3} {
			b.LimitReached(row)
		}
		if b.LimitRow() != 1 {
			t.Errorf("row %d, want 1", b.LimitRow())
		}
		return true
	})
}

// TestPosition: a record's position, and that of its timestamp.
func TestPosition(t *testing.T) {
	t.Parallel()
	f := newFeed(batch.Plan{Time: batch.Path{"t"}})
	f.each("\n  {\"a\":1,\"t\":1700000000}\n", func(b *batch.Batch) bool {
		text, whole := b.LineText(0)
		expect(t, "position", []string{b.Fault(0, "kind", "detail").Error(), b.TimeFault(0, "early", "").Error(), string(text), fmt.Sprint(whole)},
			[]string{"in:2:3: kind: detail", "in:2:14: early", `  {"a":1,"t":1700000000}`, "true"})
		return true
	})
}
