package pipe_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/pipe"
	"weir/pkg/source"
)

// step is one thing that a fakeInput does: it waits, and then delivers text, returns an
// error, or is stopped.
type step struct {
	wait time.Duration
	text string
	stop bool
	err  error
}

// fakeInput is an input that follows the protocol of package source: idle is called
// before each wait, again when the time it asked for has passed, and never while there
// are bytes.
type fakeInput struct {
	name   string
	steps  []step
	idle   func() time.Duration
	stop   *source.Stop
	onWait func() // called after each idle
	reads  int
	idles  int
}

func (s *fakeInput) Name() string { return s.name }

func (s *fakeInput) Read(p []byte) (int, error) {
	s.reads++
	for len(s.steps) > 0 {
		if s.stop.Stopped() {
			return 0, source.ErrStopped
		}
		st := &s.steps[0]
		if st.wait > 0 && !s.waited(st) {
			return 0, source.ErrStopped
		}
		n := copy(p, st.text)
		if n > 0 {
			st.text = st.text[n:]
			return n, nil
		}
		if st.err != nil {
			return 0, st.err
		}
		if st.stop {
			s.stop.Stop()
		}
		s.steps = s.steps[1:]
	}
	if s.stop.Stopped() {
		return 0, source.ErrStopped
	}
	return 0, io.EOF
}

// waited waits as long as the step says. It returns false if the input was stopped.
func (s *fakeInput) waited(st *step) bool {
	for until := time.Now().Add(st.wait); ; {
		limit := s.idle()
		s.idles++
		if s.onWait != nil {
			s.onWait()
		}
		left := time.Until(until)
		if s.stop.Stopped() {
			return false
		}
		if limit < 0 || limit >= left {
			time.Sleep(left)
			st.wait = 0
			return true
		}
		time.Sleep(limit)
	}
}

var errBroken = errors.New("broken")

// fakeOutput is an Output that can fail.
type fakeOutput struct {
	shown, held bytes.Buffer // what was flushed, and what was only written
	writes      []int        // sizes of the writes
	flushes     int
	calls       int    // of Write and Flush together
	fails       int    // the number, from 1, of the call that fails with err; 0: none
	err         error  // later calls fail with another error
	onFail      func() // called when err is returned
}

func (o *fakeOutput) call() error {
	o.calls++
	if o.fails > 0 && o.calls >= o.fails {
		if o.calls == o.fails && o.onFail != nil {
			o.onFail()
		}
		if o.calls > o.fails {
			return errors.New("a later error")
		}
		return o.err
	}
	return nil
}

func (o *fakeOutput) Write(p []byte) (int, error) {
	if err := o.call(); err != nil {
		return 0, err
	}
	o.writes = append(o.writes, len(p))
	return o.held.Write(p)
}

func (o *fakeOutput) Flush() error {
	if err := o.call(); err != nil {
		return err
	}
	o.flushes++
	_, err := o.held.WriteTo(&o.shown)
	return err
}

// fakeReporter is a Reporter that records its calls.
type fakeReporter struct {
	bad, late  []*batch.LineError
	notices    []*batch.LineError
	skipped    []string
	limits     int      // calls of LimitReached
	badBefore  int      // how many bad lines had been reported at the last of these
	incomplete int      // calls of Incomplete
	replaced   int      // calls of Replaced
	names      []string // calls of FoundTime, Missing and NoNumber
}

func (e *fakeReporter) Skipped(x *batch.LineError)     { e.skipped = append(e.skipped, x.Error()) }
func (e *fakeReporter) Replaced(string, string, int64) { e.replaced++ }
func (e *fakeReporter) Notice(f *batch.LineError)      { e.notices = append(e.notices, f) }
func (e *fakeReporter) Bad(f *batch.LineError)         { e.bad = append(e.bad, f) }
func (e *fakeReporter) Late(f *batch.LineError)        { e.late = append(e.late, f) }
func (e *fakeReporter) LimitReached()                  { e.limits, e.badBefore = e.limits+1, len(e.bad) }
func (e *fakeReporter) Incomplete()                    { e.incomplete++ }

// FoundTime, Missing and NoNumber implement pipe.Reporter.
func (e *fakeReporter) FoundTime(p batch.Path, leftOut bool) {
	e.names = append(e.names, fmt.Sprintf("time %q, left out: %v", p, leftOut))
}

func (e *fakeReporter) Missing(m batch.Missing, records int64) {
	e.names = append(e.names, fmt.Sprintf("no %q for use %d after %d, meant %q", m.Path, m.Use, records, m.Meant))
}

func (e *fakeReporter) NoNumber(u batch.Unread) {
	e.names = append(e.names, fmt.Sprintf("no number, quoted %q, nested %q", u.Quoted, u.Nested))
}

// fakeRejects records the entries, or fails with err.
type fakeRejects struct {
	lines []string
	err   error
}

func (s *fakeRejects) Line(p []byte) error {
	if s.err != nil {
		return s.err
	}
	s.lines = append(s.lines, string(p))
	return nil
}

// echoFilter prints the records that it accepts. What it does with a record is in its
// member "do": late, refuse, break (fail), none (no reading), anything else (use).
type echoFilter struct{}

func (echoFilter) Plan() batch.Plan {
	return batch.Plan{
		Key: []batch.Path{{"do"}}, Numbers: []batch.Path{{"v"}}, ReportOnly: true,
		Where: []batch.Cond{{Path: batch.Path{"on"}, Value: "1"}},
	}
}

func (echoFilter) Push(b *batch.Batch, w *lines.Output) error {
	return echo(b, w, func(*batch.Record) {})
}

// echo is the Push of an echoFilter. It calls use for every record that is used.
func echo(b *batch.Batch, w *lines.Output, use func(*batch.Record)) error {
	var runs batch.Runs
	runs.Begin(b, nil, false)
	for runs.NextOne() {
		row := runs.Row(0)
		r := b.Record(row)
		switch string(r.Key()) {
		case `"late"`:
			b.Late(row, b.Fault(row, "late", ""))
			continue
		case `"refuse"`:
			if b.Reject(row, b.Fault(row, "refused", "")) {
				return nil
			}
			continue
		case `"break"`:
			b.Truncate(row)
			return errBroken
		case `"none"`:
			b.NoReading(row)
		default:
			use(&r)
		}
		w.Raw(r.Raw()[:len(r.Raw())-1]) // End adds the closing brace
		w.End()
	}
	return nil
}

// eachRecord calls f for every record of b, with its row.
func eachRecord(b *batch.Batch, f func(row int, r *batch.Record)) {
	var runs batch.Runs
	runs.Begin(b, nil, false)
	for runs.NextOne() {
		row := runs.Row(0)
		r := b.Record(row)
		f(row, &r)
	}
}

// finishFilter is an echoFilter that prints a line at the end.
type finishFilter struct{ echoFilter }

const ending = `{"end":true}`

func (finishFilter) Finish(w *lines.Output) error {
	w.Object()
	w.Name([]byte(`"end"`))
	w.Raw([]byte("true"))
	w.End()
	return nil
}

// fixture is a pipe with fakes at all its ends.
type fixture struct {
	c         pipe.Config
	p         *pipe.Pipe
	out       *fakeOutput
	reporter  *fakeReporter
	rejects   *fakeRejects
	inputs    []*fakeInput
	nextCalls int // how many inputs were requested
}

func newFixture(tb rapid.TB, f pipe.Filter, steps ...[]step) *fixture {
	stop, err := source.NewStop()
	if err != nil {
		tb.Fatal(err)
	}
	r := &fixture{out: &fakeOutput{}, reporter: &fakeReporter{}, rejects: &fakeRejects{}}
	r.c = pipe.Config{Tool: "echo", Filter: f, Out: r.out, Reporter: r.reporter, Digits: -1, Jobs: 3, Stop: stop}
	for i, s := range steps {
		r.inputs = append(r.inputs, &fakeInput{name: string(rune('a' + i)), steps: s, stop: stop})
	}
	return r
}

func (r *fixture) run() error {
	r.p = pipe.New(r.c)
	r.p.CollectDetails()
	left := r.inputs
	return r.p.Run(func() (pipe.Input, error) {
		r.nextCalls++
		if len(left) == 0 {
			return nil, io.EOF
		}
		in := left[0]
		left = left[1:]
		in.idle = r.p.Idle
		return in, nil
	})
}

// bubbleTB is a testing.T that rapid can use within a synctest bubble.
type bubbleTB struct{ testing.TB }
