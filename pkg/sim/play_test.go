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
)

// TestDue: what is due after some time is what falls due until then.
func TestDue(t *testing.T) {
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
		if last, next := p.at(n-1), p.at(n); last > d || next <= d {
			t.Fatalf("after %d there are %d due: the last at %d, the next at %d", d, n, last, next)
		}
		if n%p.Burst != 0 {
			t.Fatalf("%d is not whole groups of %d", n, p.Burst)
		}
		i := rapid.Int64Range(0, 1<<35).Draw(t, "i")
		group, per := i/p.Burst, int64(p.Per)
		want := float64(group) / float64(p.Steps) * float64(per)
		if got := float64(p.at(i)); got < math.MaxInt64 && math.Abs(got-want) > 1+want*1e-12 {
			t.Fatalf("number %d falls due at %v, want %v", i, got, want)
		}
	})
	if (Pace{Burst: 1, Steps: 1, Per: math.MaxInt64}).at(2) != math.MaxInt64 {
		t.Error("more than 292 years are not for ever")
	}
}

// tape is what came out, and when; and what is flushed only.
type tape struct {
	began  time.Time
	held   string
	lines  []string
	times  []time.Duration
	stalls map[int]time.Duration // the write of that line takes as long
	fail   error
}

func (o *tape) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		time.Sleep(o.stalls[len(o.lines)+strings.Count(o.held, "\n")])
		o.held += line
	}
	return len(p), o.fail
}

func (o *tape) flush() error {
	for line := range strings.Lines(o.held) {
		o.lines = append(o.lines, line)
		o.times = append(o.times, time.Since(o.began))
	}
	o.held = ""
	return nil
}

// count is a source of so many numbers, of which every third is of no lines, and
// the next one of two.
type count struct{ i, n int }

func (c *count) Append(dst []byte) ([]byte, error) {
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

func (c *count) Finish(dst []byte) ([]byte, error) { return append(dst, "end\n"...), nil }

// TestPace: each line is out when it is due, and not before; a line that was held
// up is followed by those that have fallen due meanwhile, at once, and then the
// pace is the old one.
func TestPace(t *testing.T) {
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
			out := &tape{began: time.Now(), stalls: c.stalls}
			p := Player{Source: &count{n: c.n}, Pace: c.pace, Out: out, Flush: out.flush}
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

// TestDone: a wait ends at once, and what is owed is written.
func TestDone(t *testing.T) {
	for _, pace := range []Pace{{1, 1, time.Hour}, {1, 1, time.Second}, {1, 1000, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			out := &tape{began: time.Now()}
			done := make(chan struct{})
			time.AfterFunc(90*time.Second, func() { close(done) })
			p := Player{Source: &count{n: 1e9}, Pace: pace, Out: out, Flush: out.flush, Done: done}
			if err := p.Run(); err != nil {
				t.Error(err)
			}
			if passed := time.Since(out.began); passed != 90*time.Second {
				t.Errorf("%v: it ended after %v", pace, passed)
			}
			if !strings.HasSuffix(out.held, "end\n") {
				t.Errorf("%v: nothing is owed: %q", pace, out.held)
			}
			want := int64(90*time.Second)*pace.Steps/int64(pace.Per) + 1
			if n := int64(strings.Count(strings.Join(out.lines, "")+out.held, "\n")) - 1; n < want-2 || n > want {
				t.Errorf("%v: %d lines, want %d", pace, n, want)
			}
		})
	}
	t.Run("without a wait", func(t *testing.T) {
		done := make(chan struct{})
		p := Player{Source: &count{n: 1e9}, Out: io.Discard, Done: done}
		close(done)
		if err := p.Run(); err != nil || p.Source.(*count).i > 1 {
			t.Errorf("%v", err)
		}
	})
}

// stuttering is a source with an error in the middle.
type stuttering struct{ count }

func (s *stuttering) Append(dst []byte) ([]byte, error) {
	if s.i == 2 {
		return append(dst, "last\n"...), errBroken
	}
	return s.count.Append(dst)
}

// TestPlayerErrors: each ends the run and is told, but one of a source that was
// told to stop.
func TestPlayerErrors(t *testing.T) {
	var out bytes.Buffer
	p := Player{Source: &stuttering{count{n: 9}}, Out: &out}
	if err := p.Run(); err != errBroken || out.String() != "0\nlast\nend\n" {
		t.Errorf("%v after %q", err, &out)
	}
	p = Player{Source: &count{n: 9}, Out: broken{}}
	if err := p.Run(); err != errBroken {
		t.Errorf("%v", err)
	}
	p = Player{Source: &count{n: 9}, Pace: Pace{1, 1, time.Hour}, Out: io.Discard, Flush: func() error { return errBroken }}
	if err := p.Run(); err != errBroken {
		t.Errorf("%v", err)
	}
	done := make(chan struct{})
	p = Player{Source: NewReplay(closer{done}, "-", 0), Out: io.Discard, Done: done}
	if err := p.Run(); err != nil {
		t.Errorf("stopped: %v", err)
	}
}

// closer is an input that is stopped while it is read.
type closer struct{ done chan struct{} }

func (c closer) Read([]byte) (int, error) { close(c.done); return 0, errors.New("stopped") }

// TestReplay: bytes come back as they were, bad lines too, however they are read.
func TestReplay(t *testing.T) {
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
		if got, want := r.Ledger(), fmt.Sprintf("%d lines; bad ones: %d", strings.Count(want, "\n"), bad); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}

// TestReplayForms: arrays are unrolled, blank lines and line breaks are not
// theirs; an input that fails ends it.
func TestReplayForms(t *testing.T) {
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
	long := strings.Repeat(" ", 64<<20) + "{}\n"
	if err := (&Player{Source: NewReplay(strings.NewReader(long), "f", 0), Out: io.Discard}).Run(); err == nil || !strings.HasPrefix(err.Error(), "f:1:1: longer than") {
		t.Errorf("%v", err)
	}
}
