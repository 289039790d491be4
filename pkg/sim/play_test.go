package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
)

// TestDue: for all paces and times, due is consistent with at.
func TestDue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Pace{
			Burst: rapid.Int64Range(1, 50).Draw(t, "burst"),
			Steps: rapid.SampledFrom([]int64{1, 2, 3, 7, 1000, 999_999_937, 1_000_000_000}).Draw(t, "steps"),
			Per:   time.Second,
		}
		if p.Steps == 1 {
			p.Per = time.Duration(rapid.Int64Range(1, math.MaxInt64/100).Draw(t, "interval"))
		}
		d := time.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "passed"))
		n := p.due(d)
		last, next := p.at(n-1), p.at(n)
		if last > d || next <= d {
			t.Fatalf("at %d, %d are due: the last at %d, the next at %d", d, n, last, next)
		}
		if n%p.Burst != 0 {
			t.Fatalf("%d is not a multiple of %d", n, p.Burst)
		}
		i := rapid.Int64Range(0, 1<<35).Draw(t, "i")
		group, per := i/p.Burst, int64(p.Per)
		want := float64(group) / float64(p.Steps) * float64(per)
		got := float64(p.at(i))
		if got < math.MaxInt64 && math.Abs(got-want) > 1+want*1e-12 {
			t.Fatalf("number %d is due at %v, want %v", i, got, want)
		}
	})
	if (Pace{Burst: 1, Steps: 1, Per: math.MaxInt64}).at(2) != math.MaxInt64 {
		t.Error("more than 292 years are not the maximum")
	}
}

// fakeOutput records the flushed lines and the time of their flush.
type fakeOutput struct {
	began  time.Time
	held   string
	lines  []string
	times  []time.Duration
	stalls map[int]time.Duration // the write of that line takes as long
	fail   error
}

func (o *fakeOutput) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		time.Sleep(o.stalls[len(o.lines)+strings.Count(o.held, "\n")])
		o.held += line
	}
	return len(p), o.fail
}

func (o *fakeOutput) flush() error {
	for line := range strings.Lines(o.held) {
		o.lines = append(o.lines, line)
		o.times = append(o.times, time.Since(o.began))
	}
	o.held = ""
	return nil
}

// countSource is a Source of the numbers below n. Of every three readings, the second has no
// line and the third has two.
type countSource struct{ i, n int }

func (c *countSource) Append(dst []byte) ([]byte, error) {
	i := c.i
	if i == c.n {
		return dst, io.EOF
	}
	c.i++
	switch i % 3 {
	case 1:
		return dst, nil
	case 2:
		dst = fmt.Appendf(dst, "%d\n", i-1)
	}
	return fmt.Appendf(dst, "%d\n", i), nil
}

func (c *countSource) Finish(dst []byte) ([]byte, error) { return append(dst, "end\n"...), nil }

// TestPace: each line is flushed when it is due, and not before. After a delay, the lines that
// are due follow at once, and the later ones are on time.
func TestPace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pace   Pace
		n      int
		stalls map[int]time.Duration
		want   string // times of the lines, in seconds
	}{
		{Pace{1, 1, 10 * time.Second}, 6, nil, "0 20 20 30 50 50"},
		{Pace{3, 1, 10 * time.Second}, 9, nil, "0 0 0 10 10 10 20 20 20"},
		{Pace{1, 2, time.Second}, 6, nil, "0 1 1 1.5 2.5 2.5"},
		{Pace{1, 1, 10 * time.Second}, 9, map[int]time.Duration{3: 25 * time.Second}, "0 20 20 55 55 55 60 80 80"},
		{Pace{}, 9, nil, "0 0 0 0 0 0 0 0 0"},
	} {
		synctest.Test(t, func(t *testing.T) {
			out := &fakeOutput{began: time.Now(), stalls: c.stalls}
			p := Player{Source: &countSource{n: c.n}, Pace: c.pace, Out: out, Flush: out.flush}
			if err := p.Run(); err != nil {
				t.Fatal(err)
			}
			_ = out.flush()
			var got []string
			for _, d := range out.times {
				got = append(got, fmt.Sprint(d.Seconds()))
			}
			got = got[:len(got)-1] // "end", after the last
			if strings.Join(got, " ") != c.want || out.lines[c.n] != "end\n" {
				t.Errorf("%v: %v %v, want %v", c.pace, got, out.lines, c.want)
			}
		})
	}
}

// TestDone: closing Done ends a wait at once, and Finish is still written.
func TestDone(t *testing.T) {
	t.Parallel()
	perSecond := int64(1000)
	if testing.Short() {
		perSecond = 200
	}
	for _, pace := range []Pace{{1, 1, time.Hour}, {1, 1, time.Second}, {1, perSecond, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			out := &fakeOutput{began: time.Now()}
			done := make(chan struct{})
			time.AfterFunc(90*time.Second, func() { close(done) })
			p := Player{Source: &countSource{n: 1e9}, Pace: pace, Out: out, Flush: out.flush, Done: done}
			if err := p.Run(); err != nil {
				t.Error(err)
			}
			passed := time.Since(out.began)
			if passed != 90*time.Second {
				t.Errorf("%v: it ended after %v", pace, passed)
			}
			if !strings.HasSuffix(out.held, "end\n") {
				t.Errorf("%v: Finish was not written: %q", pace, out.held)
			}
			want := int64(90*time.Second)*pace.Steps/int64(pace.Per) + 1
			n := int64(strings.Count(strings.Join(out.lines, "")+out.held, "\n")) - 1
			if n < want-2 || n > want {
				t.Errorf("%v: %d lines, want %d", pace, n, want)
			}
		})
	}
	t.Run("without a wait", func(t *testing.T) {
		done := make(chan struct{})
		p := Player{Source: &countSource{n: 1e9}, Out: io.Discard, Done: done}
		close(done)
		if err := p.Run(); err != nil || p.Source.(*countSource).i > 1 {
			t.Errorf("%v", err)
		}
	})
}

// failingSource is a countSource that fails at the third reading.
type failingSource struct{ countSource }

func (s *failingSource) Append(dst []byte) ([]byte, error) {
	if s.i == 2 {
		return append(dst, "last\n"...), errBroken
	}
	return s.countSource.Append(dst)
}

// TestPlayerErrors: each ends the run and is returned, except one of a source after Done is
// closed.
func TestPlayerErrors(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := Player{Source: &failingSource{countSource{n: 9}}, Out: &out}
	if err := p.Run(); err != errBroken || out.String() != "0\nlast\nend\n" {
		t.Errorf("%v after %q", err, &out)
	}
	p = Player{Source: &countSource{n: 9}, Out: failingWriter{}}
	if err := p.Run(); err != errBroken {
		t.Errorf("%v", err)
	}
	p = Player{Source: &countSource{n: 9}, Pace: Pace{1, 1, time.Hour}, Out: io.Discard, Flush: func() error { return errBroken }}
	if err := p.Run(); err != errBroken {
		t.Errorf("%v", err)
	}
	done := make(chan struct{})
	p = Player{Source: NewReplay(stoppingReader{done}, "-", 0), Out: io.Discard, Done: done}
	if err := p.Run(); err != nil {
		t.Errorf("stopped: %v", err)
	}
}

// stoppingReader is an input during whose read Done is closed.
type stoppingReader struct{ done chan struct{} }

func (c stoppingReader) Read([]byte) (int, error) { close(c.done); return 0, errors.New("stopped") }

// TestReplay: for all inputs, lines are the same byte for byte, bad ones too.
func TestReplay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.SampledFrom([]string{
			`{"x":1.0}`, ` { "x" : 1e2 } `, `{"x":"\u00e9é"}`, `no json`, "{\"x\":\"\xff\"}", `{"x":7l}`, `[1]`, `{}`, strings.Repeat("7", 300_000),
		})).Draw(t, "lines")
		text := strings.Join(append([]string{`{"first":true}`}, lines...), "\n") + "\n"
		n := rapid.IntRange(0, len(lines)+1).Draw(t, "count")
		var out bytes.Buffer
		r := NewReplay(iotest.HalfReader(strings.NewReader(text)), "-", int64(n))
		if err := (&Player{Source: r, Out: &out}).Run(); err != nil {
			t.Fatal(err)
		}
		want := text
		if n > 0 {
			want = strings.Join(strings.SplitAfter(text, "\n")[:n], "")
		}
		if out.String() != want {
			t.Fatalf("%q\nwant %q", &out, want)
		}
		bad := 0
		for line := range strings.Lines(want) {
			if !good(line) || json.Unmarshal([]byte(line), &map[string]any{}) != nil {
				bad++
			}
		}
		got, want := r.Ledger(), fmt.Sprintf("%d lines; bad lines: %d", strings.Count(want, "\n"), bad)
		if got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}

// TestReplayForms: arrays are unrolled, blank lines and the line breaks in an element are left
// out; an error of the input ends the run.
func TestReplayForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[{\"x\":1.0},\n {\"x\":2},7]": "{\"x\":1.0}\n{\"x\":2}\n7\n",
		"{\"x\":1}\r\n\r\n\n{\"x\":2}": "{\"x\":1}\n{\"x\":2}\n",
		"\ufeff{\"x\":1}\n":            "{\"x\":1}\n",
		"":                             "",
	} {
		var out bytes.Buffer
		if err := (&Player{Source: NewReplay(strings.NewReader(text), "-", 0), Out: &out}).Run(); err != nil || out.String() != want {
			t.Errorf("%q: %v, %q, want %q", text, err, &out, want)
		}
	}
	var out bytes.Buffer
	in := io.MultiReader(strings.NewReader("{}\n{"), iotest.ErrReader(errBroken))
	if err := (&Player{Source: NewReplay(in, "-", 0), Out: &out}).Run(); err != errBroken || out.String() != "{}\n" {
		t.Errorf("%v, %q", err, &out)
	}
	long := NewReplay(nil, "", 0)
	long.lines = ndjson.NewRecords(batch.Plan{}, ndjson.Options{MaxLine: 100})
	long.lines.Reset(strings.NewReader(strings.Repeat(" ", 200)+"{}\n"), "f")
	if err := (&Player{Source: long, Out: io.Discard}).Run(); err == nil || !strings.HasPrefix(err.Error(), "f:1:1: longer than") {
		t.Errorf("%v", err)
	}
}

// xs is an endless input of the letter x.
type xs struct{}

func (xs) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestReplayLimit: a line of one byte more than the limit of a Replay ends the run. It is
// read in full, which takes 64 MiB and more.
func TestReplayLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the memory of the longest line")
	}
	r := NewReplay(io.LimitReader(xs{}, ndjson.DefaultMaxLine+1), "f", 0)
	var out bytes.Buffer
	err := (&Player{Source: r, Out: &out}).Run()
	if err == nil || !strings.HasPrefix(err.Error(), "f:1:1: longer than 67108864 bytes") || out.Len() > 0 {
		t.Errorf("%v; %d bytes were written", err, out.Len())
	}
}
