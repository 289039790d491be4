package batch_test

import (
	"fmt"
	"strings"
	"testing"

	"weir/pkg/batch"
)

// TestLineNumbers: lines are counted from batch to batch, blank ones too, in records and
// in errors, and from 1 in the next input.
func TestLineNumbers(t *testing.T) {
	t.Parallel()
	const lines = 30_000 // several batches
	text := strings.Repeat("{\"a\":1}\n\n{\"a\":\n", lines/3)
	f := newFeed(batch.Plan{Numbers: []batch.Path{{"a"}}})
	for range 2 {
		line, batches := int64(1), 0
		f.each(text, func(b *batch.Batch) bool {
			batches++
			for row := range b.Rows {
				err := b.Error(row)
				got := int64(0)
				if err != nil {
					got = err.Line
				} else {
					r := b.Record(row)
					_, got = r.Location()
				}
				if got != line || (err != nil) != (line%3 == 0) {
					t.Fatalf("row %d of batch %d is line %d, want %d: %v", row, batches, got, line, err)
				}
				line += 1 + line%3%2
			}
			f.fold.Begin(b) // has no effect the second time
			return true
		})
		if line != lines+1 || batches < 3 || f.fold.Consumed() != int64(len(text)) {
			t.Errorf("%d lines in %d batches, %d bytes", line-1, batches, f.fold.Consumed())
		}
	}
}

// TestSlots: names get slots in the order of the records that are not rejected, however
// the input is divided; names that were excluded never do, nor those over the limit.
func TestSlots(t *testing.T) {
	t.Parallel()
	plan := batch.Plan{All: true, Time: batch.Path{"t"}, Key: []batch.Path{{"k"}}, MaxFields: 3}
	const text = `{"t":1700000000,"s":"x"}
{"t":"never","rejected":1}
{"rejected":2}
{"t":1700000000,"k":[],"rejected":3}
{"t":1700000000,"rejected":
{"t":1700000001,"c":1,"s":null,"a":1e400,"b":2}
{"t":1700000002,"a":3,"d":4,"c":5,"\u0064":6}
`
	f := newFeed(plan)
	count, limitReached := f.fold.Names().State()
	if count != 0 || limitReached {
		t.Error("slots before the first record")
	}
	for pass := range 3 {
		var got []string
		limitRow := -1
		f.each(text, func(b *batch.Batch) bool {
			var runs batch.Runs
			for runs.Begin(b, make([]int32, len(b.Rows)), true); runs.Next(); {
				err := runs.Fault()
				if err != nil {
					b.Reject(runs.Row(0), err)
					continue
				}
				for i := range runs.Len() {
					s := ""
					for k := range runs.Width() {
						s += fmt.Sprintf("%s=%s in %d ", runs.Name(k), runs.Num(i, k).Append(nil), runs.Slot(k))
					}
					got = append(got, strings.TrimSuffix(s, " "))
				}
			}
			limitRow = max(limitRow, b.LimitRow())
			return true
		})
		if (limitRow == 6) != (pass == 0) {
			t.Errorf("pass %d: the limit is reached in row %d", pass, limitRow)
		}
		expect(t, "readings", got, []string{"", `"c"=1 in 0 "b"=2 in 1`, `"a"=3 in 2 "c"=5 in 0`})
		count, limitReached := f.fold.Names().State()
		if count != 3 || !limitReached {
			t.Errorf("%d slots, limit reached: %v", count, limitReached)
		}
		var names []string
		labels := f.fold.Labels()
		for i := range labels {
			names = append(names, string(labels[i].Name()))
		}
		expect(t, "labels", names, []string{`"c"`, `"b"`, `"a"`})
	}
}

// TestLabels: a label is the name with its comma and its colon, copied in one piece if it
// is short.
func TestLabels(t *testing.T) {
	t.Parallel()
	for n := range 2 * batch.LabelSize {
		quoted := `"` + strings.Repeat("n", n) + `"`
		l := batch.NewLabel([]byte(quoted))
		out := make([]byte, 3*batch.LabelSize)
		size := l.CopyTo(out)
		want := "," + quoted + ":"
		if string(l.Name()) != quoted || l.Len() != len(want) || string(out[:size]) != want {
			t.Errorf("%s: name %s, %d bytes, copied %s", quoted, l.Name(), l.Len(), out[:size])
		}
		var short [batch.LabelSize]byte
		l.PutShort(&short)
		if size <= batch.LabelSize && string(short[:size]) != want {
			t.Errorf("%s: short form %q", quoted, short[:size])
		}
	}
}
