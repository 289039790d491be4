package pipe_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/ndjson"
	"weir/pkg/pipe"
	"weir/pkg/source"
)

// film is an input that may be read again, and may have changed by then.
type film struct {
	name   string
	takes  []string // what it holds at each look; the last one stays
	step   int      // bytes a read
	onRead func(look, at int) error
	errs   error // of Rewind
	look   int
	at     int
	closed int
}

func (f *film) Name() string { return f.name }

func (f *film) Read(p []byte) (int, error) {
	if f.closed > 0 {
		panic("read after Close")
	}
	if f.onRead != nil {
		if err := f.onRead(f.look, f.at); err != nil {
			return 0, err
		}
	}
	text := f.takes[min(f.look, len(f.takes)-1)]
	if f.at >= len(text) {
		return 0, io.EOF
	}
	n := copy(p[:min(f.step, len(p))], text[f.at:])
	f.at += n
	return n, nil
}

func (f *film) Close() error  { f.closed++; return nil }
func (f *film) Regular() bool { return true }

func (f *film) Rewind() error {
	f.look, f.at = f.look+1, 0
	return f.errs
}

// glimpse is a film that cannot be rewound; a fleeting one says so itself.
type glimpse struct{ film *film }

func (g glimpse) Name() string               { return g.film.name }
func (g glimpse) Read(p []byte) (int, error) { return g.film.Read(p) }
func (g glimpse) Close() error               { return g.film.Close() }

type fleeting struct{ *film }

func (fleeting) Regular() bool { return false }
func (fleeting) Rewind() error { panic("it was asked before") }

// pair is an echo that looks twice, and notes what it sees of records it used.
type pair struct {
	echo
	seen    [2][]string
	onAgain func(n int) error
	line    string // printed for each record of the second look
	ended   string
}

func (p *pair) Plan() ndjson.Plan {
	plan := p.echo.Plan()
	plan.Numbers = append(plan.Numbers, ndjson.Path{"u"})
	plan.Time, plan.TimeOptional, plan.IgnoreBadTime = ndjson.Path{"at"}, true, true
	return plan
}

func (p *pair) NeedsSecondPass() bool { return true }

func (p *pair) Push(r *ndjson.Record, w *ndjson.Writer) (ndjson.Verdict, error) {
	v, err := p.echo.Push(r, w)
	if v == ndjson.Used && err == nil {
		p.seen[0] = append(p.seen[0], sight(r))
	}
	return v, err
}

func (p *pair) PushSecond(r *ndjson.Record, w *ndjson.Writer) error {
	if r.Raw() != nil && slices.Contains([]string{`"late"`, `"refuse"`, `"none"`}, string(r.Key())) { // a spill has none of these
		return nil
	}
	p.seen[1] = append(p.seen[1], sight(r))
	if p.line != "" {
		w.Object()
		w.Name([]byte(`"again"`))
		w.Text(p.line)
		w.End()
	}
	if p.onAgain != nil {
		return p.onAgain(len(p.seen[1]))
	}
	return nil
}

func (p *pair) Finish(w *ndjson.Writer) error       { p.ended += "once"; return p.end(w) }
func (p *pair) FinishSecond(w *ndjson.Writer) error { p.ended += "twice"; return p.end(w) }

func (p *pair) end(w *ndjson.Writer) error {
	w.Object()
	w.Name([]byte(`"ended"`))
	w.Text(p.ended)
	w.End()
	return nil
}

// sight is all that a filter can see of a record in both looks.
func sight(r *ndjson.Record) string {
	file, line := r.Place()
	s := fmt.Sprintf("%s:%d %s %s %v %v", file, line, r.Key(), r.When(), r.Timed(), r.Time())
	for i := range r.Len() {
		slot, d := r.At(i)
		s += fmt.Sprintf(" %s=%s", r.Name(slot), d.Append(nil))
	}
	return s
}

// show sends films through a pipe with a pair in it. kinds says of each whether
// it is a file, a pipe, or one that says it cannot be rewound.
func show(tb rapid.TB, c *rig, kinds string, films ...*film) (*pipe.Pipe, error) {
	p := pipe.New(c.c)
	c.p = p
	given := 0
	err := p.Run(func() (pipe.Input, error) {
		c.asked++
		if given == len(films) {
			return nil, io.EOF
		}
		f := films[given]
		given++
		f.step = max(f.step, 1)
		switch kinds[(given-1)%len(kinds)] {
		case 'p':
			return glimpse{f}, nil
		case 'n':
			return fleeting{f}, nil
		}
		return f, nil
	})
	for i, f := range films {
		if want := map[bool]int{true: 1}[i < given]; f.closed != want {
			tb.Fatalf("%s was closed %d times, want %d", f.name, f.closed, want)
		}
	}
	if left := leftovers(tb); len(left) > 0 {
		tb.Fatalf("left in TMPDIR: %v", left)
	}
	return p, err
}

func leftovers(tb rapid.TB) (names []string) {
	list, err := os.ReadDir(os.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// bin makes an empty TMPDIR.
func bin(t *testing.T) { t.Setenv("TMPDIR", t.TempDir()) }

func cinema(tb rapid.TB, f *pair) *rig { return newRig(tb, f) }

// TestSecondLookSeesWhatTheFirstSaw: record for record, of all kinds of inputs;
// and nothing is told, counted or set aside twice.
func TestSecondLookSeesWhatTheFirstSaw(t *testing.T) {
	bin(t)
	rapid.Check(t, func(t *rapid.T) {
		texts := []string{
			`{"on":1,"do":"use","v":1e300,"u":-0.10,"at":"2018-12-26 18:11:08"}`, `{"on":1,"u":123456789012345678901234567890,"at":7}`,
			`{"on":1,"v":1,"at":"soon"}`, `{"on":1,"do":"\u0061","v":1e-1100,"at":"2018-12-26T18:\u0031\u0031:08Z"}`, `{"on":1,"do":"none","v":2}`,
		}
		for _, s := range sorts() {
			texts = append(texts, s.text)
		}
		var films []*film
		for i := range rapid.IntRange(0, 4).Draw(t, "inputs") {
			lines := rapid.SliceOfN(rapid.SampledFrom(texts), 0, 8).Draw(t, "lines")
			text := strings.Join(lines, rapid.SampledFrom([]string{"\n", "\r\n", " \n\n"}).Draw(t, "break"))
			switch rapid.IntRange(0, 5).Draw(t, "form") {
			case 0:
				text = "\ufeff" + text + "\n"
			case 1:
				text = "[" + strings.Join(lines, ",\n") + "]\n" + good
			case 2:
				text = "\n[" + strings.Join(lines, ",\n")
			}
			films = append(films, &film{name: fmt.Sprint("in", i), takes: []string{text}, step: rapid.SampledFrom([]int{1, 50, 100000}).Draw(t, "read at once")})
		}
		f := &pair{}
		c := cinema(t, f)
		c.c.Bad, c.c.MaxLine, c.c.Rejects = rapid.SampledFrom([]pipe.Bad{pipe.Report, pipe.Skip, pipe.Stop}).Draw(t, "bad"), maxLine, c.shelf
		kinds := rapid.StringOfN(rapid.RuneFrom([]rune("fpn")), 1, 4, -1).Draw(t, "kinds")
		p, err := show(t, c, kinds, films...)
		if err != nil || f.ended != "twice" || c.ears.unseen != 0 {
			t.Fatalf("error %v, ended %s, unseen %d", err, f.ended, c.ears.unseen)
		}
		if !slices.Equal(f.seen[0], f.seen[1]) {
			t.Fatalf("%s: first\n%s\nthen\n%s", kinds, strings.Join(f.seen[0], "\n"), strings.Join(f.seen[1], "\n"))
		}
		once := newRig(t, echo{})
		once.c.Bad, once.c.MaxLine, once.c.Rejects = c.c.Bad, maxLine, once.shelf
		for _, f := range films {
			once.inputs = append(once.inputs, &script{name: f.name, steps: []step{{text: f.takes[0]}}})
		}
		if err := once.run(); err != nil {
			t.Fatal(err)
		}
		want := once.p.Ledger()
		want.Printed++
		if got := p.Ledger(); got != want || !slices.Equal(linesOf(c.ears.bad), linesOf(once.ears.bad)) || len(c.shelf.lines) != len(once.shelf.lines) {
			t.Fatalf("ledger %+v\nwant %+v; told %v, want %v", got, want, linesOf(c.ears.bad), linesOf(once.ears.bad))
		}
	})
}

// TestFileThatGrows: the second look ends where the first did, be it in the
// middle of a line.
func TestFileThatGrows(t *testing.T) {
	bin(t)
	line := `{"on":1,"v":1}`
	for _, first := range []string{"", line, line + "\n", line + "\n" + line, line + "\n \n", "\ufeff", "\ufeff" + line, "[" + line, "[" + line + "]", line + "\n" + `{"on":1`} {
		for _, more := range []string{"0", line, "\n" + line, "}", "," + line + "]", "]\n" + line, " ", "\xbb\xbf" + line} {
			f := &pair{}
			c := cinema(t, f)
			if _, err := show(t, c, "f", &film{name: "in", takes: []string{first, first + more}, step: 7}); err != nil || f.ended != "twice" {
				t.Errorf("%q, then %q more: error %v, ended %s", first, more, err, f.ended)
			}
			if !slices.Equal(f.seen[0], f.seen[1]) {
				t.Errorf("%q, then %q more: saw %v, then %v", first, more, f.seen[0], f.seen[1])
			}
		}
	}
}

// TestFileThatChanges: what is no longer there to be looked at is an error,
// after the summary that needs no second look.
func TestFileThatChanges(t *testing.T) {
	bin(t)
	whole := strings.Repeat(`{"on":1,"v":1}`+"\n", 3)
	changed := []string{strings.Repeat("{}", len(whole)), strings.Replace(whole, `"on":1`, `"on":2`, 1), "7" + whole[1:], whole[:14] + " " + whole[15:], strings.Replace(whole, `"v":1`, `"v":2`, 1)}
	for n := range len(whole) - 1 {
		changed = append(changed, whole[:n])
	}
	for _, then := range changed {
		f := &pair{}
		c := cinema(t, f)
		_, err := show(t, c, "f", &film{name: "in", takes: []string{whole, then}, step: 1000}, &film{name: "other", takes: []string{whole}})
		if err == nil || !strings.HasPrefix(err.Error(), "in: changed") || f.ended != "once" || c.ears.unseen != 1 {
			t.Errorf("then %q: error %v, ended %s, told %d times", then, err, f.ended, c.ears.unseen)
		}
		if want := whole + whole + `{"ended":"once"}` + "\n"; c.out.shown.String() != want {
			t.Errorf("then %q: printed\n%s", then, c.out.shown.String())
		}
	}
}

// TestSecondLookEndsEarly: stopped, or by an error, in either look and at any
// place: the summary without it is printed, and that is said.
func TestSecondLookEndsEarly(t *testing.T) {
	bin(t)
	text := strings.Repeat(`{"on":1,"v":1}`+"\n", 20)
	for _, cause := range []error{nil, errBroken} { // nil: stopped
		for _, look := range []int{0, 1} {
			for _, kinds := range []string{"fff", "pfp", "npf"} { // the one in the middle ends; a pipe only in the first look
				if look == 1 && kinds[1] != 'f' {
					continue
				}
				f := &pair{}
				c := cinema(t, f)
				films := []*film{{name: "a", takes: []string{text}, step: 100}, {name: "b", takes: []string{text}, step: 100}, {name: "c", takes: []string{text}, step: 100}}
				films[1].onRead = func(now, at int) error {
					if now != look || at < 150 {
						return nil
					}
					if cause == nil {
						c.c.Stop.Stop()
						return source.ErrStopped
					}
					return cause
				}
				_, err := show(t, c, kinds, films...)
				if err != cause || f.ended != "once" || c.ears.unseen != 1 || !strings.HasSuffix(c.out.shown.String(), `{"ended":"once"}`+"\n") {
					t.Errorf("%v in look %d at %s: error %v, ended %q, told %d times", cause, look, kinds, err, f.ended, c.ears.unseen)
				}
			}
		}
	}
}

// TestRewindFails: as a read that fails.
func TestRewindFails(t *testing.T) {
	bin(t)
	f := &pair{}
	c := cinema(t, f)
	_, err := show(t, c, "pf", &film{name: "a", takes: []string{good}}, &film{name: "b", takes: []string{good}, errs: errBroken})
	if err != errBroken || f.ended != "once" || c.ears.unseen != 1 {
		t.Errorf("error %v, ended %q, told %d times", err, f.ended, c.ears.unseen)
	}
}

// TestFilterFailsInSecondLook: an error of PushAgain is that of the run.
func TestFilterFailsInSecondLook(t *testing.T) {
	bin(t)
	for _, kinds := range []string{"f", "p"} {
		f := &pair{onAgain: func(int) error { return errBroken }}
		c := cinema(t, f)
		if _, err := show(t, c, kinds, &film{name: "a", takes: []string{good}}); err != errBroken || f.ended != "once" || len(f.seen[1]) != 1 {
			t.Errorf("%s: error %v, ended %q", kinds, err, f.ended)
		}
	}
}

// TestSpillIsStopped: a second look at what came through a pipe may take as
// long as one at a file, and ends as soon when it is stopped.
func TestSpillIsStopped(t *testing.T) {
	bin(t)
	f := &pair{}
	c := cinema(t, f)
	f.onAgain = func(n int) error {
		if n == 10 {
			c.c.Stop.Stop()
		}
		return nil
	}
	line := `{"on":1,"do":"` + strings.Repeat("x", 1000) + `"}` + "\n"
	const lines = 5000
	if _, err := show(t, c, "p", &film{name: "-", takes: []string{strings.Repeat(line, lines)}, step: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	if f.ended != "once" || c.ears.unseen != 1 || len(f.seen[1]) > lines/2 {
		t.Errorf("ended %q, told %d times, saw %d of %d again", f.ended, c.ears.unseen, len(f.seen[1]), lines)
	}
}

// TestWriteErrorInSecondLook: whichever write fails, its error comes back and
// nothing more is looked at or written.
func TestWriteErrorInSecondLook(t *testing.T) {
	bin(t)
	text := strings.Repeat(`{"on":1,"do":"use"}`+"\n", 200)
	for _, kinds := range []string{"f", "p"} {
		for k := 1; ; k++ {
			f := &pair{line: strings.Repeat("x", 5000)}
			c := cinema(t, f)
			c.c.Jobs = 1 // others may have begun with what is behind it
			seen := 0
			c.out.fails, c.out.err = k, errBroken
			c.out.onFail = func() { seen = len(f.seen[1]) }
			_, err := show(t, c, kinds, &film{name: "a", takes: []string{text}, step: 1000}, &film{name: "b", takes: []string{text}, step: 1000})
			if c.out.calls < k {
				if err != nil || k < 10 {
					t.Fatalf("without a failure in %d calls: %v", c.out.calls, err)
				}
				break
			}
			var failed *pipe.WriteError
			if !errors.As(err, &failed) || failed.Err != errBroken {
				t.Errorf("call %d: error %v, want a WriteError of %v", k, err, errBroken)
			}
			if len(f.seen[1]) != seen || c.out.calls != k || c.ears.unseen != 0 {
				t.Errorf("call %d: %d records and %d writes after it failed, told %d times", k, len(f.seen[1])-seen, c.out.calls-k, c.ears.unseen)
			}
		}
	}
}

// TestNoRoomForASpill: the temporary file cannot be made: the run ends before
// the input is touched, but with what was read of others.
func TestNoRoomForASpill(t *testing.T) {
	bin(t)
	f := &pair{}
	c := cinema(t, f)
	films := []*film{{name: "a", takes: []string{good}}, {name: "b", takes: []string{good}}}
	films[0].onRead = func(int, int) error { return os.Setenv("TMPDIR", os.TempDir()+"/missing") }
	films[1].onRead = func(int, int) error { return errors.New("was read") }
	good := os.TempDir()
	p := pipe.New(c.c)
	err := p.Run(func() (pipe.Input, error) {
		if c.asked++; c.asked > 2 {
			return nil, io.EOF
		}
		films[c.asked-1].step = 100
		if c.asked == 1 {
			return films[0], nil
		}
		return glimpse{films[1]}, nil
	})
	t.Setenv("TMPDIR", good)
	var failed *pipe.WriteError
	if !errors.As(err, &failed) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("error %v, want one that names TMPDIR", err)
	}
	if f.ended != "once" || len(f.seen[0]) != 1 || c.ears.unseen != 1 || films[0].closed != 1 || films[1].closed != 1 {
		t.Errorf("ended %q, saw %d, told %d times, closed %d and %d times", f.ended, len(f.seen[0]), c.ears.unseen, films[0].closed, films[1].closed)
	}
}

// TestFirstLookAloneNeedsNoSpill: a filter that is content with one look costs
// no temporary file, and its inputs are closed as they end.
func TestFirstLookAloneNeedsNoSpill(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	c := newRig(t, content{&pair{}})
	a, b := &film{name: "a", takes: []string{good}, step: 100}, &film{name: "b", takes: []string{good}, step: 100}
	b.onRead = func(int, int) error {
		if a.closed != 1 {
			t.Error("the input before is still open")
		}
		return nil
	}
	p := pipe.New(c.c)
	if err := p.Run(func() (pipe.Input, error) {
		c.asked++
		return []pipe.Input{glimpse{a}, glimpse{b}, nil}[c.asked-1], []error{nil, nil, io.EOF}[c.asked-1]
	}); err != nil || b.closed != 1 || a.closed != 1 || c.ears.unseen != 0 {
		t.Error(err, a.closed, b.closed, c.ears.unseen)
	}
	if want := good + "\n" + good + "\n" + `{"ended":"once"}` + "\n"; c.out.shown.String() != want {
		t.Errorf("printed %s", c.out.shown.String())
	}
}

// content is a pair that wants no second look.
type content struct{ *pair }

func (content) NeedsSecondPass() bool { return false }
