package batch_test

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"weir/pkg/batch"
)

// held is what can be asked of a record that was held, or of one that still is in its batch.
func held(b *batch.Batch, row int) string {
	text, whole := b.LineText(row)
	r := b.Record(row)
	var nums []string
	for i := range r.Len() {
		slot, n := r.At(i)
		nums = append(nums, fmt.Sprintf("%d=%v", slot, n))
	}
	file, line := r.Location()
	at, begin := b.TimeFault(row, "kind", "detail"), b.Fault(row, "kind", "")
	return fmt.Sprintf("%q %v key %q time %v %s at %s:%d %s nums %v\n%v %d %q %d\n%v %d", text, whole, r.Key(), r.Time(), r.When(), file, line, r.Raw(), nums,
		at, at.Offset, at.Text, at.At, begin, begin.Offset)
}

// TestHold: a record that was held says of itself what it said in its batch, also when
// that has been filled again: line, column, offset, text, key, time and readings.
func TestHold(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"lines": `{"k":"a","t":"2024-01-01T00:00:00Z","v":1}
  	 {"k":"\u00e9", "v":-2.50, "t":"2024-01-01T00:00:01.5Z"}` + "\r\n" + `
{"t":7,"v":123456789012345678901234567890.5,"w":1e-300}
{"v":3,"t":"2024-01-01 00:00:00"}`,
		"array": `[{"t":1,"v":1},{"t":2,
   "v":2 , "k":3},
  {"v":null,
	"t":3}]`,
	} {
		f := newFeed(batch.Plan{Numbers: []batch.Path{{"v"}, {"w"}}, Time: batch.Path{"t"}, Key: []batch.Path{{"k"}}})
		var want []string
		var list []*batch.Held
		f.each(text, func(b *batch.Batch) bool {
			for row := range b.Rows {
				want = append(want, held(b, row))
				list = append(list, b.Hold(row))
			}
			return true
		})
		f.each(string(bytes.Repeat([]byte(`{"k":"zzzz","t":99,"v":999999999999999999999999999}`+"\n"), 10)), func(*batch.Batch) bool { return true })
		if len(list) < 3 {
			t.Fatalf("%s: %d records", name, len(list))
		}
		for i, h := range list {
			got := held(&h.Batch, 0)
			if got != want[i] {
				t.Errorf("%s: held:\n%s\nwant:\n%s", name, got, want[i])
			}
			run := h.Run()
			r := h.Record(0)
			if run.Len() != 1 || run.Width() != r.Len() || run.Time(0) != r.Time() || h.Time() != r.Time() || !bytes.Equal(run.Key(), r.Key()) {
				t.Errorf("%s: the run differs from the record %s", name, r.Raw())
			}
		}
	}
}

// TestHeldOutcomes: what becomes of held records comes before the verdict on the row that
// decided about them, and what Tick and Finish decide is got from the fold.
func TestHeldOutcomes(t *testing.T) {
	t.Parallel()
	f := newFeed(batch.Plan{Numbers: []batch.Path{{"a"}}})
	var first, second *batch.Held
	f.each("{\"a\":1}\n{\"a\":2}\nnonsense\n{\"a\":4}\n", func(b *batch.Batch) bool {
		first, second = b.Hold(0), b.Hold(1)
		b.NoReading(3)
		if first.Reject(3, first.Fault(0, "first", "")) {
			t.Error("the run is to stop")
		}
		second.Late(3, second.Fault(0, "second", ""))
		second.Notice(3, second.Fault(0, "notice", ""))
		got, stopped := outcomes(b)
		expect(t, "outcomes", got, []string{
			"2 rejected: in:3:1: not a JSON value: nonsense", "3 rejected: in:1:1: first", "3 late: in:2:1: second", "3 used: in:2:1: notice", "3 no reading",
		})
		if stopped {
			t.Error("the run is to stop")
		}
		return true
	})
	second.Reject(0, second.Fault(0, "at the end", ""))
	list := f.fold.Decided()
	if len(list) != 1 || list[0].Held != second || list[0].Verdict != batch.Rejected || len(f.fold.Decided()) != 0 {
		t.Errorf("decided at the end: %+v", list)
	}
}

// TestHeldStops: under --bad stop a held record that is rejected ends the run before the
// row that decided about it; no more has been consumed.
func TestHeldStops(t *testing.T) {
	t.Parallel()
	f := newFeed(batch.Plan{Numbers: []batch.Path{{"a"}}})
	text := "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\nnonsense\n"
	for before, consumed := range []int64{0, 8, 16} {
		f.each(text, func(b *batch.Batch) bool {
			b.StopAtRejected()
			f.fold.Begin(b)
			h := b.Hold(0)
			if !h.Reject(before, h.Fault(0, "first", "")) {
				t.Error("the run is not to stop")
			}
			got, stopped := outcomes(b)
			if !stopped || len(b.Rows) != before || !reflect.DeepEqual(got, []string{fmt.Sprintf("%d rejected: in:1:1: first", before)}) {
				t.Errorf("outcomes %q, stopped: %v, %d rows", got, stopped, len(b.Rows))
			}
			return false
		})
		if f.fold.Consumed() != consumed {
			t.Errorf("before row %d: %d bytes consumed, want %d", before, f.fold.Consumed(), consumed)
		}
	}
}
