package pipe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/pipe"
)

// journal is a Reporter and Rejects that records all calls in their order.
type journal struct {
	calls []string
	left  int // how many entries of the rejects can be written; -1: all
}

func (j *journal) Bad(e *batch.LineError) {
	j.calls = append(j.calls, fmt.Sprintf("bad %s:%d", e.File, e.Line))
}

func (j *journal) Late(e *batch.LineError) {
	j.calls = append(j.calls, fmt.Sprintf("late %s:%d", e.File, e.Line))
}

func (j *journal) Skipped(e *batch.LineError) {
	j.calls = append(j.calls, fmt.Sprintf("skipped %s:%d", e.File, e.Line))
}
func (j *journal) Notice(e *batch.LineError)    { j.calls = append(j.calls, "notice "+e.Error()) }
func (j *journal) LimitReached()                { j.calls = append(j.calls, "limit") }
func (j *journal) Incomplete()                  { j.calls = append(j.calls, "incomplete") }
func (j *journal) FoundTime(batch.Path, bool)   {}
func (j *journal) Missing(batch.Missing, int64) {}
func (j *journal) NoNumber(batch.Unread)        {}

func (j *journal) Replaced(name, file string, line int64) {
	j.calls = append(j.calls, fmt.Sprintf("replaced %s at %s:%d", name, file, line))
}

func (j *journal) Line(p []byte) error {
	if j.left == 0 {
		return errBroken
	}
	j.left--
	line := strings.TrimSuffix(strings.SplitN(string(p), `"line":`, 2)[1], "\n")
	j.calls = append(j.calls, "reject "+line[:strings.IndexByte(line, ',')])
	return nil
}

// backwards is a filter that gives its verdicts on a batch from the last row to the first,
// as one that takes the records of each key together may. The number "limit" is a field
// that it ignores because of a limit.
type backwards struct{ echoFilter }

func (f backwards) Plan() batch.Plan {
	plan := f.echoFilter.Plan()
	plan.Numbers = append(plan.Numbers, batch.Path{"limit"})
	return plan
}

func (backwards) Push(b *batch.Batch, _ *lines.Output) error {
	var records []batch.Record
	eachRecord(b, func(_ int, r *batch.Record) { records = append(records, *r) })
	for _, r := range slices.Backward(records) {
		row := r.Row()
		for i := range r.Len() {
			slot, _ := r.At(i)
			if slot == 1 {
				b.LimitReached(row)
			}
		}
		switch string(r.Key()) {
		case `"late"`:
			b.Late(row, b.Fault(row, "late", ""))
		case `"refuse"`:
			b.Reject(row, b.Fault(row, "refused", ""))
		case `"none"`:
			b.NoReading(row)
		}
	}
	return nil
}

// foldLine is a line and what is reported of it.
type foldLine struct {
	text                          string
	bad, late, reported, noRecord bool
	used, noReading               bool
	hole                          bool // NUL bytes come before it
}

var foldLines = []foldLine{
	{text: `{"on":1%s}`, used: true},
	{text: `{"on":1,"do":"none"%s}`, noReading: true},
	{text: `{"on":1,"do":"late"%s}`, late: true},
	{text: `{"on":1,"do":"refuse"%s}`, bad: true},
	{text: `{"on":1,"v":"text"%s}`, reported: true, used: true},
	{text: `{"on":1,"do":"none","v":"text"%s}`, reported: true, noReading: true},
	{text: `{"on":1,"do":"late","v":"text"%s}`, late: true},
	{text: `{"on":1,"do":"refuse","v":"text"%s}`, bad: true},
	{text: `{"on":1,"do":[]%s}`, bad: true, noRecord: true},
	{text: `{"on":2,"do":"refuse","v":"text"%s}`, noRecord: true},
	{text: `{"on":1]%s`, bad: true, noRecord: true},
	{text: "\x00\x00" + `{"on":1%s}`, used: true, hole: true},
	{text: "\x00" + `{"on":1,"do":"refuse"%s}`, bad: true, hole: true},
}

// TestReportsComeInInputOrder: reports, rejects and the message that a limit is reached
// come by row, in whatever order the filter gives its verdicts and however the input is
// divided into batches. Values of another type are reported unless their record is
// rejected or late. The ledger adds up, even if the rejects cannot be written.
func TestReportsComeInInputOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var want []string
		var counts pipe.Ledger
		var steps []step
		limited := false
		for i, l := range rapid.SliceOfN(rapid.SampledFrom(foldLines), 0, 40).Draw(t, "lines") {
			if l.hole {
				want = append(want, fmt.Sprintf("skipped a:%d", i+1))
			}
			limit := rapid.IntRange(0, 4).Draw(t, "limit") == 4
			if limit && !limited && !l.noRecord {
				limited, want = true, append(want, "limit")
			}
			counts.Read++
			switch {
			case l.used:
				counts.Used++
			case l.noReading:
				counts.NoReading++
			case l.late:
				counts.Late++
				want = append(want, fmt.Sprintf("late a:%d", i+1), fmt.Sprintf("reject %d", i+1))
			case l.bad:
				counts.Rejected++
				want = append(want, fmt.Sprintf("bad a:%d", i+1), fmt.Sprintf("reject %d", i+1))
			default:
				counts.Filtered++
			}
			if l.reported {
				counts.Reported++
				counts.Unhandled++
				want = append(want, fmt.Sprintf("bad a:%d", i+1))
			}
			text := fmt.Sprintf(l.text, map[bool]string{true: `,"limit":1`}[limit]) + "\n"
			if len(steps) == 0 || rapid.IntRange(0, 5).Draw(t, "read by itself") == 5 {
				steps = append(steps, step{})
			}
			steps[len(steps)-1].text += text
		}
		r := newFixture(t, backwards{}, slices.Clone(steps))
		j := &journal{left: -1}
		r.c.Reporter, r.c.Rejects = j, j
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(j.calls, want) {
			t.Fatalf("calls\n%v, want\n%v", j.calls, want)
		}
		if r.p.Ledger() != counts {
			t.Fatalf("ledger %+v, want %+v", r.p.Ledger(), counts)
		}
		entries := counts.Late + counts.Rejected
		if entries == 0 {
			return
		}
		j = &journal{left: rapid.IntRange(0, int(entries)-1).Draw(t, "entries")}
		r = newFixture(t, backwards{}, steps)
		r.c.Reporter, r.c.Rejects, r.c.Jobs = j, j, 1
		if err := r.run(); err == nil {
			t.Fatal("the rejects could not be written, and there is no error")
		}
		l := r.p.Ledger()
		if l.Read != l.Used+l.Late+l.NoReading+l.Filtered+l.Rejected {
			t.Fatalf("%+v does not add up", l)
		}
	})
}

// TestStopEndsAtTheFirstBadLine: under Stop, nothing after the first bad line is used,
// counted, reported or seen by a second pass, whether the filter rejects it or not and
// whatever bad lines come after it in the same batch.
func TestStopEndsAtTheFirstBadLine(t *testing.T) {
	emptyTempDir(t)
	list := []lineKind{
		{text: good, used: true, printed: true},
		{text: `{"on":1,"do":"none"}`, noReading: true, printed: true},
		{text: `{"on":1,"v":"text"}`, used: true, reported: true, printed: true},
		{text: `{"on":1,"do":"late"}`, late: true},
		{text: `{"on":1,"do":"refuse"}`, rejected: true},
		{text: `{"on":1,"do":"refuse","v":"text"}`, rejected: true},
		{text: `{"on":2,"v":"text"}`, filtered: true},
		{text: `{"on":1,"do":{}}`, rejected: true},
		{text: "bad", rejected: true},
	}
	n := len(list)
	for i := range n * n * n {
		lines := []lineKind{list[i%n], list[i/n%n], list[i/n/n], list[0]}
		var texts []string
		for _, l := range lines {
			texts = append(texts, l.text)
		}
		text := strings.Join(texts, "\n")
		want, reported, late, rejected := expected(lines, pipe.Stop, true)
		printed := ""
		for _, l := range lines[:want.Read] {
			if l.printed {
				printed += l.text + "\n"
			}
		}
		for _, kind := range []string{"f", "p"} {
			f := &twoPass{}
			c := newFixture(t, f)
			c.c.Bad, c.c.Rejects = pipe.Stop, c.rejects
			p, err := runFiles(t, c, kind, &fakeFile{name: "a", contents: []string{text}, step: 1 << 20}, &fakeFile{name: "b", contents: []string{good}})
			if err != nil {
				t.Fatal(err)
			}
			end := want
			all := printed
			if len(reported) == 0 { // the second input is read
				end.Read, end.Used, end.Printed = end.Read+1, end.Used+1, end.Printed+1
				all += good + "\n"
			}
			end.Printed++
			if p.Ledger() != end {
				t.Fatalf("%q (%s)\nledger %+v\nwant   %+v", text, kind, p.Ledger(), end)
			}
			if c.out.shown.String() != all+`{"ended":"FinishSecond"}`+"\n" {
				t.Fatalf("%q (%s): printed %q", text, kind, c.out.shown.String())
			}
			if !slices.Equal(linesOf(c.reporter.bad), reported) || !slices.Equal(linesOf(c.reporter.late), late) || len(c.rejects.lines) != len(rejected) {
				t.Fatalf("%q (%s): reported %v and %v, want %v and %v; %d rejects, want %d", text, kind, linesOf(c.reporter.bad), linesOf(c.reporter.late), reported, late, len(c.rejects.lines), len(rejected))
			}
			if int64(len(f.seen[0])) != end.Used || !slices.Equal(f.seen[0], f.seen[1]) {
				t.Fatalf("%q (%s): saw %v, then %v", text, kind, f.seen[0], f.seen[1])
			}
		}
	}
}

// TestFailedPushIsNotCounted: the rows that a filter has truncated before its error are
// not counted, reported or rejected, and those before them are.
func TestFailedPushIsNotCounted(t *testing.T) {
	t.Parallel()
	r := newFixture(t, finishFilter{}, []step{{text: strings.Join([]string{"bad", good, `{"on":1,"v":"text"}`, `{"on":1,"do":"break"}`, "bad", `{"on":1,"v":"text"}`, good, ""}, "\n")}})
	j := &journal{left: -1}
	r.c.Reporter, r.c.Rejects = j, j
	if err := r.run(); err != errBroken {
		t.Fatal(err)
	}
	want := pipe.Ledger{Read: 3, Used: 2, Rejected: 1, Reported: 1, Unhandled: 1, Printed: 3}
	if r.p.Ledger() != want {
		t.Errorf("ledger %+v, want %+v", r.p.Ledger(), want)
	}
	calls := []string{"bad a:1", "reject 1", "bad a:3"}
	if !slices.Equal(j.calls, calls) {
		t.Errorf("calls %v, want %v", j.calls, calls)
	}
}

// keysFilter is a twoPass that records all keys of the second pass.
type keysFilter struct {
	*twoPass
	keys []string
}

func (f *keysFilter) PushSecond(b *batch.Batch, _ *lines.Output) error {
	eachRecord(b, func(_ int, r *batch.Record) { f.keys = append(f.keys, string(r.Key())) })
	return nil
}

// TestSecondPassOfUnusedRecords: records that were not used come again from a file, and not
// from a spool. Lines that are no records and records that were filtered out never do.
func TestSecondPassOfUnusedRecords(t *testing.T) {
	emptyTempDir(t)
	text := `{"on":1,"do":"use"}
{"on":1,"do":"late"}
{"on":1,"do":"refuse"}
{"on":1,"do":{}}
bad
{"on":2,"do":"use"}
{"on":1,"do":"none"}
{"on":1,"do":"use","v":"text"}
`
	for kind, want := range map[string][]string{
		"f": {`"use"`, `"late"`, `"refuse"`, `"none"`, `"use"`},
		"p": {`"use"`, `"use"`},
		"n": {`"use"`, `"use"`},
	} {
		f := &keysFilter{twoPass: &twoPass{}}
		_, err := runFiles(t, newFixture(t, f), kind, &fakeFile{name: "a", contents: []string{text}, step: 1 << 20})
		if err != nil || !slices.Equal(f.keys, want) {
			t.Errorf("%s: error %v, keys %v, want %v", kind, err, f.keys, want)
		}
	}
}

// allFilter reads all numbers, and records what each pass sees.
type allFilter struct {
	runs batch.Runs
	seen [2][]string
}

func (*allFilter) Plan() batch.Plan                 { return batch.Plan{All: true, MaxFields: 3} }
func (*allFilter) NeedsSecondPass() bool            { return true }
func (*allFilter) FinishSecond(*lines.Output) error { return nil }
func (f *allFilter) see(pass int, b *batch.Batch) error {
	f.runs.Begin(b, nil, false)
	for f.runs.Next() {
		run := &f.runs.Run
		if err := run.Fault(); err != nil {
			return err
		}
		for i := range run.Len() {
			r := b.Record(run.Row(i))
			s := describeRecord(&r)
			for k := range run.Width() {
				s += fmt.Sprintf("; %d %s=%s", run.Slot(k), run.Name(k), run.Num(i, k).Append(nil))
			}
			f.seen[pass] = append(f.seen[pass], s)
		}
	}
	return nil
}

func (f *allFilter) Push(b *batch.Batch, _ *lines.Output) error       { return f.see(0, b) }
func (f *allFilter) PushSecond(b *batch.Batch, _ *lines.Output) error { return f.see(1, b) }

// TestSecondPassHasTheSameSlots: under Plan.All, names have the same slots in the second
// pass, from a file and from a spool, and names beyond the limit have none in either.
func TestSecondPassHasTheSameSlots(t *testing.T) {
	emptyTempDir(t)
	rapid.Check(t, func(t *rapid.T) {
		var files []*fakeFile
		limit, fields := 0, map[string]bool{}
		for i := range rapid.IntRange(1, 3).Draw(t, "inputs") {
			var text strings.Builder
			for range rapid.IntRange(0, 60).Draw(t, "lines") {
				var members []string
				for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 0, 4, rapid.ID).Draw(t, "names") {
					members = append(members, fmt.Sprintf(`"%s":%d`, name, rapid.IntRange(0, 99).Draw(t, "value")))
					fields[name] = true
				}
				text.WriteString("{" + strings.Join(members, ",") + "}\n")
			}
			files = append(files, &fakeFile{name: fmt.Sprint("in", i), contents: []string{text.String()}, step: rapid.SampledFrom([]int{50, 1 << 20}).Draw(t, "longest read")})
		}
		if len(fields) > 3 {
			limit = 1
		}
		var before []string
		for _, kinds := range []string{"f", "p", "fp", "pf"} {
			for _, file := range files {
				file.pass, file.at, file.closes = 0, 0, 0
			}
			f := &allFilter{}
			c := newFixture(t, f)
			_, err := runFiles(t, c, kinds, files...)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(f.seen[0], f.seen[1]) {
				t.Fatalf("%s: first\n%s\nthen\n%s", kinds, strings.Join(f.seen[0], "\n"), strings.Join(f.seen[1], "\n"))
			}
			if before != nil && !slices.Equal(f.seen[0], before) {
				t.Fatalf("%s: saw\n%s\nnot\n%s", kinds, strings.Join(f.seen[0], "\n"), strings.Join(before, "\n"))
			}
			before = f.seen[0]
			if c.reporter.limits != limit {
				t.Fatalf("%s: the limit was reported %d times, want %d", kinds, c.reporter.limits, limit)
			}
		}
	})
}

// omitting is an echoFilter that leaves the member "avg" out, as one does that appends it.
type omitting struct{ echoFilter }

func (f omitting) Plan() batch.Plan {
	plan := f.echoFilter.Plan()
	plan.Omit = []string{"also", "avg"}
	return plan
}

// TestReplacedMemberIsNamed: of several members that a filter leaves out, it is the one that is
// lost, in whatever spelling and place.
func TestReplacedMemberIsNamed(t *testing.T) {
	t.Parallel()
	for _, line := range []string{`{"on":1,"avg":{},"also":1}`, `{"avg":{"t":1}, "al\u0073o" : [] , "on":1}`, `{"also":"\"avg\"","avg":{},"on":1}`} {
		j := &journal{left: -1}
		r := newFixture(t, omitting{}, []step{{text: line + "\n"}})
		r.c.Reporter = j
		err := r.run()
		if err != nil || !slices.Equal(j.calls, []string{"replaced also at a:1"}) {
			t.Errorf("%s: %q (%v)", line, j.calls, err)
		}
	}
}

// TestReplacedMemberIsReported: once, if it is not what an earlier run has appended, and in
// its place among the bad lines. (Story: mavg --as status took the status of a machine away
// without a word.)
func TestReplacedMemberIsReported(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		`{}`: false, `{"t":70.5,"v":null}`: false, `{"t":{"mean":-1e5,"max":0}}`: false, ` { "a\"\\" : 1 , "b" : { } } `: false,
		`"STARTED"`: true, `""`: true, `70`: true, `null`: true, `true`: true, `[1]`: true, `[{"t":1}]`: true,
		`{"t":"70"}`: true, `{"t":1,"s":"x"}`: true, `{"t":[1]}`: true, `{"t":false}`: true, `{"t":{"mean":""}}`: true, `{"x":"{\"y\":1}"}`: true,
	} {
		for _, record := range []string{`{"on":1,"avg":%s,"do":"use"}`, `{"avg":%s ,  "on":1}`, `{"on":1 ,"\u0061vg" : %s}`, `{"on":1,"avg":{"t":1},"avg":%s}`} {
			for _, jobs := range []int{1, 4} {
				j := &journal{left: -1}
				line := fmt.Sprintf(record, value)
				r := newFixture(t, omitting{}, []step{{text: "bad\n" + `{"on":1,"avg":{"t":1}}` + "\n" + `{"on":2,"avg":1}` + "\n"}, {text: line + "\nbad\n" + line}})
				r.c.Reporter, r.c.Jobs = j, jobs
				if err := r.run(); err != nil {
					t.Fatal(err)
				}
				calls := []string{"bad a:1", "replaced avg at a:4", "bad a:5"}
				if !want {
					calls = []string{"bad a:1", "bad a:5"}
				}
				if !slices.Equal(j.calls, calls) {
					t.Errorf("%s: %q, want %q", line, j.calls, calls)
				}
			}
		}
	}
}
