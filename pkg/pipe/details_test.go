package pipe_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/pipe"
	"weir/pkg/stamp"
)

// timedFilter is an echoFilter that reads the time.
type timedFilter struct{ echoFilter }

func (timedFilter) Plan() batch.Plan {
	p := echoFilter{}.Plan()
	p.Time, p.TimeOptional = batch.Path{"t"}, true
	return p
}

// datedFilter is a timedFilter that knows the newest time itself.
type datedFilter struct{ timedFilter }

func (datedFilter) Newest() (stamp.Time, bool) { return stamp.Time{Sec: 7}, true }

// TestDetails: whatever the records, each rejected line has a reason, all that was used of an
// input is counted, and the newest event is that of the records that were used.
func TestDetails(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var texts [2]string
		var newest int64
		for i := range texts {
			for range rapid.IntRange(0, 20).Draw(t, "lines") {
				at := rapid.Int64Range(1, 1e6).Draw(t, "time")
				kind := rapid.SampledFrom([]string{"", `"do":"late",`, `"do":"refuse",`, `"on":2,`, `"do":oops,`}).Draw(t, "kind")
				if kind == "" {
					newest = max(newest, at)
				}
				texts[i] += fmt.Sprintf(`{"on":1,%s"v":1,"t":%d}`, kind, at) + "\n"
			}
		}
		r := newFixture(t, timedFilter{}, []step{{text: texts[0]}}, []step{{text: texts[1]}})
		r.c.Bad = rapid.SampledFrom([]pipe.Bad{pipe.Report, pipe.Skip}).Draw(t, "bad")
		err := r.run()
		if err != nil {
			t.Fatal(err)
		}
		l, d := r.p.Ledger(), r.p.Details()
		var rejected, read int64
		for _, n := range d.Rejected {
			rejected += n
		}
		for _, part := range l.Parts() {
			read += part.Count
		}
		if rejected != l.Rejected || read != l.Read {
			t.Fatalf("%+v, %+v", l, d)
		}
		if d.HasNewest != (newest > 0) || d.Newest.Sec != newest {
			t.Fatalf("newest %v, want %d", d.Newest, newest)
		}
		for i, text := range texts {
			want := pipe.InputCount{Name: string(rune('a' + i)), Bytes: int64(len(text)), Lines: int64(strings.Count(text, "\n"))}
			if len(d.Inputs) != 2 || d.Inputs[i] != want {
				t.Fatalf("inputs %+v, want %+v", d.Inputs, want)
			}
		}
	})
}

// TestDetailsDated: a filter that knows the newest time is asked for it.
func TestDetailsDated(t *testing.T) {
	t.Parallel()
	r := newFixture(t, datedFilter{}, []step{{text: `{"on":1,"t":9}` + "\n"}})
	err := r.run()
	d := r.p.Details()
	if err != nil || !d.HasNewest || d.Newest.Sec != 7 {
		t.Errorf("%v, %+v", err, d)
	}
}

// TestManyKinds: the kinds of errors that are told apart are limited, and all are counted.
func TestManyKinds(t *testing.T) {
	t.Parallel()
	r := newFixture(t, kindsFilter{}, []step{{text: strings.Repeat("{}\n", 1000)}})
	r.c.Bad = pipe.Skip
	err := r.run()
	d := r.p.Details()
	if err != nil || len(d.Rejected) != 101 || d.Rejected[pipe.OtherKinds] != 900 {
		t.Errorf("%v, %d kinds, %d others", err, len(d.Rejected), d.Rejected[pipe.OtherKinds])
	}
}

// kindsFilter refuses each record for another reason.
type kindsFilter struct{}

func (kindsFilter) Plan() batch.Plan { return batch.Plan{} }

func (kindsFilter) Push(b *batch.Batch, _ *lines.Output) error {
	for row := range b.Rows {
		b.Reject(row, b.Fault(row, fmt.Sprint("kind ", b.Offset+int64(b.Rows[row].From)), ""))
	}
	return nil
}
