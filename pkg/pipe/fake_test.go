package pipe_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/ndjson"
	"weir/pkg/pipe"
	"weir/pkg/source"
)

// step is what an input does next: it waits, then there are bytes, or it is
// stopped, or an error.
type step struct {
	wait time.Duration
	text string
	stop bool
	err  error
}

// script is an input that keeps the promises of package source: Idle is called
// before each wait, again when the time it asked for has gone, and never while
// there are bytes.
type script struct {
	name   string
	steps  []step
	idle   func() time.Duration
	stop   *source.Stop
	onWait func() // after each Idle
	reads  int
	idles  int
}

func (s *script) Name() string { return s.name }

func (s *script) Read(p []byte) (int, error) {
	s.reads++
	for len(s.steps) > 0 {
		if s.stop.Stopped() {
			return 0, source.ErrStopped
		}
		st := &s.steps[0]
		if st.wait > 0 && !s.waited(st) {
			return 0, source.ErrStopped
		}
		if n := copy(p, st.text); n > 0 {
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

// waited waits as long as the step says; false if it was stopped.
func (s *script) waited(st *step) bool {
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

// output shows what was flushed; call number fails (from 1; 0: never).
type output struct {
	shown, held bytes.Buffer
	writes      []int // sizes
	flushes     int
	calls       int
	fails       int
	err         error
	onFail      func()
}

func (o *output) call() error {
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

func (o *output) Write(p []byte) (int, error) {
	if err := o.call(); err != nil {
		return 0, err
	}
	o.writes = append(o.writes, len(p))
	return o.held.Write(p)
}

func (o *output) Flush() error {
	if err := o.call(); err != nil {
		return err
	}
	o.flushes++
	_, err := o.held.WriteTo(&o.shown)
	return err
}

// ears is a Teller that remembers.
type ears struct {
	bad, late []*ndjson.LineError
	crowded   int
	before    int // how many bad lines had been told when crowded was
	unseen    int
}

func (e *ears) Bad(f *ndjson.LineError)     { e.bad = append(e.bad, f) }
func (e *ears) Late(f *ndjson.LineError)    { e.late = append(e.late, f) }
func (e *ears) LimitReached()               { e.crowded, e.before = e.crowded+1, len(e.bad) }
func (e *ears) Incomplete()                 { e.unseen++ }
func (e *ears) Missing(ndjson.Path, string) {}

// shelf takes what is set aside.
type shelf struct {
	lines []string
	err   error
}

func (s *shelf) Line(p []byte) error {
	if s.err != nil {
		return s.err
	}
	s.lines = append(s.lines, string(p))
	return nil
}

// echo is a Filter that does as the records say, in their member "do", and
// prints those it takes.
type echo struct{}

func (echo) Plan() ndjson.Plan {
	return ndjson.Plan{
		Key: []ndjson.Path{{"do"}}, Numbers: []ndjson.Path{{"v"}}, ReportOnly: true,
		Where: []ndjson.Cond{{Path: ndjson.Path{"on"}, Value: "1"}},
	}
}

func (echo) Push(r *ndjson.Record, w *ndjson.Writer) (ndjson.Verdict, error) {
	verdict := ndjson.Used
	switch string(r.Key()) {
	case `"late"`:
		return ndjson.Late, r.Fault("late", "")
	case `"refuse"`:
		return 0, r.Fault("refused", "")
	case `"break"`:
		return 0, errBroken
	case `"none"`:
		verdict = ndjson.NoReading
	}
	w.Record(r)
	w.End()
	return verdict, nil
}

// counter is an echo that has something to say at the end.
type counter struct{ echo }

const ending = `{"end":true}`

func (counter) Finish(w *ndjson.Writer) error {
	w.Object()
	w.Name([]byte(`"end"`))
	w.Raw([]byte("true"))
	w.End()
	return nil
}

// rig is a pipe with all its ends.
type rig struct {
	c      pipe.Config
	p      *pipe.Pipe
	out    *output
	ears   *ears
	shelf  *shelf
	inputs []*script
	asked  int // how many inputs were asked for
}

func newRig(tb rapid.TB, f pipe.Filter, steps ...[]step) *rig {
	stop, err := source.NewStop()
	if err != nil {
		tb.Fatal(err)
	}
	r := &rig{out: &output{}, ears: &ears{}, shelf: &shelf{}}
	r.c = pipe.Config{Tool: "echo", Filter: f, Out: r.out, Reporter: r.ears, Digits: -1, Jobs: 3, Stop: stop}
	for i, s := range steps {
		r.inputs = append(r.inputs, &script{name: string(rune('a' + i)), steps: s, stop: stop})
	}
	return r
}

func (r *rig) run() error {
	r.p = pipe.New(r.c)
	left := r.inputs
	return r.p.Run(func() (pipe.Input, error) {
		r.asked++
		if len(left) == 0 {
			return nil, io.EOF
		}
		in := left[0]
		left = left[1:]
		in.idle = r.p.Idle
		return in, nil
	})
}

// bubble is a T that rapid may use within synctest.
type bubble struct{ testing.TB }
