package pipe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/pipe"
)

// holdFilter holds every record until the next one, Tick or Finish: then it is late, or
// refused, or reported, as its member "do" says, or simply used.
type holdFilter struct {
	echoFilter
	held *batch.Held
}

func (f *holdFilter) Push(b *batch.Batch, _ *lines.Output) error {
	stop := false
	eachRecord(b, func(row int, _ *batch.Record) {
		if !stop {
			stop = f.decide(row)
			f.held = b.Hold(row)
		}
	})
	if stop {
		f.held = nil
	}
	return nil
}

func (f *holdFilter) decide(row int) (stop bool) {
	h := f.held
	f.held = nil
	if h == nil {
		return false
	}
	switch string(h.Key(0)) {
	case `"late"`:
		h.Late(row, h.Fault(0, "late", ""))
	case `"refuse"`:
		return h.Reject(row, h.Fault(0, "refused", ""))
	case `"notice"`:
		h.Notice(row, h.Fault(0, "notice", ""))
	}
	return false
}

func (f *holdFilter) Tick(time.Duration, *lines.Output) (time.Duration, error) {
	f.decide(0)
	return -1, nil
}

func (f *holdFilter) Finish(*lines.Output) error {
	f.decide(0)
	return nil
}

// TestHeldRecords: a held record is counted once, and reported and rejected with its own
// line and place when it is decided, before the line that decided about it; also when its
// batch, its read or its file is long gone.
func TestHeldRecords(t *testing.T) {
	t.Parallel()
	texts := []string{
		`{"on":1}`, `{"on":1,"do":"late"}`, "nonsense", `{"on":0}`, `{"on":1,"v":"text"}`, `{"on":1,"do":"refuse"}`, "nonsense",
		`{"on":1,"do":"notice"}`, `{"on":1}`, `{"on":1,"do":"refuse","last":1}`,
	}
	want := []string{"bad 3", "late 2", "reported 5", "bad 7", "bad 6", "notice 8", "bad 10"}
	ledger := pipe.Ledger{Read: 10, Used: 4, Late: 1, Filtered: 1, Rejected: 4, Reported: 1}
	one := []step{{text: strings.Join(texts, "\n")}}
	var reads []step
	var file [][]step
	for _, s := range texts {
		reads = append(reads, step{text: s + "\n"})
		file = append(file, []step{{text: s + "\n"}})
	}
	for name, inputs := range map[string][][]step{"one read": {one}, "a read for each line": {reads}, "a file for each line": file} {
		var calls []string
		j := &heldJournal{calls: &calls, lines: name != "a file for each line"}
		fx := newFixture(t, &holdFilter{}, inputs...)
		fx.c.Reporter, fx.c.Rejects = j, fx.rejects
		err := fx.run()
		got := fx.p.Ledger()
		got.Unhandled, got.Printed = 0, 0
		if err != nil || got != ledger {
			t.Errorf("%s: %v, %+v\nwant %+v", name, err, got, ledger)
		}
		if j.lines && !slices.Equal(calls, want) {
			t.Errorf("%s: %q, want %q", name, calls, want)
		}
		var raw []string
		for _, e := range entries(t, fx.rejects.lines) {
			raw = append(raw, e.Kind+" "+*e.Raw)
		}
		wantRaw := []string{"bad nonsense", "late " + texts[1], "bad nonsense", "bad " + texts[5], "bad " + texts[9]}
		if !slices.Equal(raw, wantRaw) {
			t.Errorf("%s: rejects %q, want %q", name, raw, wantRaw)
		}
	}
}

// TestHeldRecordStops: under --bad stop nothing after the rejected record is consumed.
func TestHeldRecordStops(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]step{
		"one read": {{text: `{"on":1,"do":"refuse"}` + "\n" + good + "\n" + good + "\n"}}, "reads": {{text: `{"on":1,"do":"refuse"}` + "\n"}, {text: good + "\n"}, {text: good + "\n"}},
	} {
		fx := newFixture(t, &holdFilter{}, steps)
		fx.c.Bad = pipe.Stop
		err := fx.run()
		l := fx.p.Ledger()
		if err != nil || l.Read != 1 || l.Rejected != 1 || l.Used != 0 || l.Unhandled != 1 || len(fx.reporter.bad) != 1 {
			t.Errorf("%s: %v, %+v, %d reported", name, err, l, len(fx.reporter.bad))
		}
	}
}

// heldJournal records what is reported, with the line.
type heldJournal struct {
	fakeReporter
	calls *[]string
	lines bool
}

func (j *heldJournal) add(kind string, e *batch.LineError) {
	*j.calls = append(*j.calls, fmt.Sprint(kind, " ", e.Line))
}

func (j *heldJournal) Bad(e *batch.LineError) {
	if strings.Contains(e.Reason, "not a number") {
		j.add("reported", e)
		return
	}
	j.add("bad", e)
}
func (j *heldJournal) Late(e *batch.LineError)   { j.add("late", e) }
func (j *heldJournal) Notice(e *batch.LineError) { j.add("notice", e) }
