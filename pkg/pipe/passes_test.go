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

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/pipe"
	"weir/pkg/source"
)

// fakeFile is an input that can be rewound, and may have changed by then.
type fakeFile struct {
	name      string
	contents  []string // for each pass; further passes get the last one
	step      int      // the longest read, in bytes
	onRead    func(pass, at int) error
	rewindErr error // what Rewind returns
	pass      int   // from 0
	at        int   // offset of the next read
	closes    int   // calls of Close
}

func (f *fakeFile) Name() string { return f.name }

func (f *fakeFile) Read(p []byte) (int, error) {
	if f.closes > 0 {
		panic("read after Close")
	}
	if f.onRead != nil {
		if err := f.onRead(f.pass, f.at); err != nil {
			return 0, err
		}
	}
	text := f.contents[min(f.pass, len(f.contents)-1)]
	if f.at >= len(text) {
		return 0, io.EOF
	}
	n := copy(p[:min(f.step, len(p))], text[f.at:])
	f.at += n
	return n, nil
}

func (f *fakeFile) Close() error  { f.closes++; return nil }
func (f *fakeFile) Regular() bool { return true }

func (f *fakeFile) Rewind() error {
	f.pass, f.at = f.pass+1, 0
	return f.rewindErr
}

// noRewind is a fakeFile without the methods of a Rewinder.
type noRewind struct{ file *fakeFile }

func (g noRewind) Name() string               { return g.file.name }
func (g noRewind) Read(p []byte) (int, error) { return g.file.Read(p) }
func (g noRewind) Close() error               { return g.file.Close() }

// notRegular is a fakeFile that is a Rewinder, but says that it cannot be rewound.
type notRegular struct{ *fakeFile }

func (notRegular) Regular() bool { return false }
func (notRegular) Rewind() error { panic("Rewind of what is not regular") }

// twoPass is an echoFilter with a second pass. It records what it sees of the records that
// it used.
type twoPass struct {
	echoFilter
	seen     [2][]string       // in each pass
	batches  int               // of both passes
	onSecond func(n int) error // called for record n, from 1, of the second pass
	line     string            // printed for each record of the second pass
	ended    string            // Finish or FinishSecond
}

func (p *twoPass) Plan() batch.Plan {
	plan := p.echoFilter.Plan()
	plan.Numbers = append(plan.Numbers, batch.Path{"u"})
	plan.Time, plan.TimeOptional, plan.IgnoreBadTime = batch.Path{"at"}, true, true
	return plan
}

func (p *twoPass) NeedsSecondPass() bool { return true }

func (p *twoPass) Push(b *batch.Batch, w *lines.Output) error {
	p.batches++
	return echo(b, w, func(r *batch.Record) { p.seen[0] = append(p.seen[0], describeRecord(r)) })
}

func (p *twoPass) PushSecond(b *batch.Batch, w *lines.Output) error {
	p.batches++
	var runs batch.Runs
	runs.Begin(b, nil, false)
	for runs.NextOne() {
		r := b.Record(runs.Row(0))
		if len(r.Raw()) > 0 && unused[string(r.Key())] { // a spool has none of these
			continue
		}
		p.seen[1] = append(p.seen[1], describeRecord(&r))
		if p.line != "" {
			w.Object()
			w.Name([]byte(`"again"`))
			w.Text(p.line)
			w.End()
		}
		if p.onSecond != nil {
			err := p.onSecond(len(p.seen[1]))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// unused are the keys of records that an echoFilter does not use.
var unused = map[string]bool{`"late"`: true, `"refuse"`: true, `"none"`: true}

func (p *twoPass) Finish(w *lines.Output) error       { p.ended += "Finish"; return p.end(w) }
func (p *twoPass) FinishSecond(w *lines.Output) error { p.ended += "FinishSecond"; return p.end(w) }

func (p *twoPass) end(w *lines.Output) error {
	w.Object()
	w.Name([]byte(`"ended"`))
	w.Text(p.ended)
	w.End()
	return nil
}

// describeRecord returns all that a filter can see of a record in both passes.
func describeRecord(r *batch.Record) string {
	file, line := r.Location()
	s := fmt.Sprintf("%s:%d %s %s %v %v", file, line, r.Key(), r.When(), r.Timed(), r.Time())
	for i := range r.Len() {
		slot, d := r.At(i)
		s += fmt.Sprintf(" %s=%s", r.Name(slot), d.Append(nil))
	}
	return s
}

// runFiles runs the pipe of c over files. kinds says of each what it is, cyclically: f is a
// fakeFile, p a noRewind, n a notRegular. It checks that all are closed, and that no
// temporary file is left.
func runFiles(tb rapid.TB, c *fixture, kinds string, files ...*fakeFile) (*pipe.Pipe, error) {
	p := pipe.New(c.c)
	c.p = p
	given := 0
	err := p.Run(func() (pipe.Input, error) {
		c.nextCalls++
		if given == len(files) {
			return nil, io.EOF
		}
		f := files[given]
		given++
		f.step = max(f.step, 1)
		switch kinds[(given-1)%len(kinds)] {
		case 'p':
			return noRewind{f}, nil
		case 'n':
			return notRegular{f}, nil
		}
		return f, nil
	})
	for i, f := range files {
		want := map[bool]int{true: 1}[i < given]
		if f.closes != want {
			tb.Fatalf("%s was closed %d times, want %d", f.name, f.closes, want)
		}
	}
	left := leftovers(tb)
	if len(left) > 0 {
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

// emptyTempDir sets TMPDIR to a new directory.
func emptyTempDir(t *testing.T) { t.Setenv("TMPDIR", t.TempDir()) }

// TestSecondPassSeesTheSameRecords: for all inputs of all kinds, the second pass sees what the
// first pass used, and nothing is reported, counted or rejected twice.
func TestSecondPassSeesTheSameRecords(t *testing.T) {
	emptyTempDir(t)
	rapid.Check(t, func(t *rapid.T) {
		texts := []string{
			`{"on":1,"do":"use","v":1e300,"u":-0.10,"at":"2018-12-26 18:11:08"}`, `{"on":1,"u":123456789012345678901234567890,"at":7}`,
			`{"on":1,"v":1,"at":"soon"}`, `{"on":1,"do":"\u0061","v":1e-1100,"at":"2018-12-26T18:\u0031\u0031:08Z"}`, `{"on":1,"do":"none","v":2}`,
		}
		for _, s := range lineKinds() {
			texts = append(texts, s.text)
		}
		var files []*fakeFile
		for i := range rapid.IntRange(0, 4).Draw(t, "inputs") {
			lines := rapid.SliceOfN(rapid.SampledFrom(texts), 0, 8).Draw(t, "lines")
			text := strings.Join(lines, rapid.SampledFrom([]string{"\n", "\r\n", " \n\n"}).Draw(t, "break"))
			switch rapid.IntRange(0, 6).Draw(t, "form") {
			case 0:
				text = "\ufeff" + text + "\n"
			case 1:
				text = "[" + strings.Join(lines, ",\n") + "]\n" + good
			case 2:
				text = "\n[" + strings.Join(lines, ",\n")
			case 3:
				text = "[" + strings.ReplaceAll(strings.Join(lines, ","), `{"`, "{\n\t\"") + "]"
			}
			files = append(files, &fakeFile{name: fmt.Sprint("in", i), contents: []string{text}, step: rapid.SampledFrom([]int{1, 50, 100000}).Draw(t, "longest read")})
		}
		f := &twoPass{}
		c := newFixture(t, f)
		c.c.Bad, c.c.MaxLine, c.c.Rejects = rapid.SampledFrom([]pipe.Bad{pipe.Report, pipe.Skip, pipe.Stop}).Draw(t, "bad"), maxLine, c.rejects
		kinds := rapid.StringOfN(rapid.RuneFrom([]rune("fpn")), 1, 4, -1).Draw(t, "kinds")
		p, err := runFiles(t, c, kinds, files...)
		if err != nil || f.ended != "FinishSecond" || c.reporter.incomplete != 0 {
			t.Fatalf("error %v, ended by %s, incomplete %d", err, f.ended, c.reporter.incomplete)
		}
		if !slices.Equal(f.seen[0], f.seen[1]) {
			t.Fatalf("%s: first\n%s\nthen\n%s", kinds, strings.Join(f.seen[0], "\n"), strings.Join(f.seen[1], "\n"))
		}
		once := newFixture(t, echoFilter{})
		once.c.Bad, once.c.MaxLine, once.c.Rejects = c.c.Bad, maxLine, once.rejects
		for _, f := range files {
			once.inputs = append(once.inputs, &fakeInput{name: f.name, steps: []step{{text: f.contents[0]}}})
		}
		if err := once.run(); err != nil {
			t.Fatal(err)
		}
		want := once.p.Ledger()
		want.Printed++
		got := p.Ledger()
		if got != want || !slices.Equal(linesOf(c.reporter.bad), linesOf(once.reporter.bad)) || len(c.rejects.lines) != len(once.rejects.lines) {
			t.Fatalf("ledger %+v\nwant %+v; reported %v, want %v", got, want, linesOf(c.reporter.bad), linesOf(once.reporter.bad))
		}
	})
}

// TestGrowingFile: the second pass ends where the first did, even in the middle of a line.
func TestGrowingFile(t *testing.T) {
	emptyTempDir(t)
	line := `{"on":1,"v":1}`
	for _, first := range []string{"", line, line + "\n", line + "\n" + line, line + "\n \n", "\ufeff", "\ufeff" + line, "[" + line, "[" + line + "]", line + "\n" + `{"on":1`} {
		for _, more := range []string{"0", line, "\n" + line, "}", "," + line + "]", "]\n" + line, " ", "\xbb\xbf" + line} {
			f := &twoPass{}
			c := newFixture(t, f)
			_, err := runFiles(t, c, "f", &fakeFile{name: "in", contents: []string{first, first + more}, step: 7})
			if err != nil || f.ended != "FinishSecond" {
				t.Errorf("%q, then %q more: error %v, ended %s", first, more, err, f.ended)
			}
			if !slices.Equal(f.seen[0], f.seen[1]) {
				t.Errorf("%q, then %q more: saw %v, then %v", first, more, f.seen[0], f.seen[1])
			}
		}
	}
}

// TestChangedFile: a file that is shorter or different in the second pass is an error, after
// the summary that needs no second pass.
func TestChangedFile(t *testing.T) {
	emptyTempDir(t)
	whole := strings.Repeat(`{"on":1,"v":1}`+"\n", 3)
	changed := []string{strings.Repeat("{}", len(whole)), strings.Replace(whole, `"on":1`, `"on":2`, 1), "7" + whole[1:], whole[:14] + " " + whole[15:], strings.Replace(whole, `"v":1`, `"v":2`, 1)}
	for n := range len(whole) - 1 {
		changed = append(changed, whole[:n])
	}
	for _, then := range changed {
		f := &twoPass{}
		c := newFixture(t, f)
		_, err := runFiles(t, c, "f", &fakeFile{name: "in", contents: []string{whole, then}, step: 1000}, &fakeFile{name: "other", contents: []string{whole}})
		if err == nil || !strings.HasPrefix(err.Error(), "in: changed") || f.ended != "Finish" || c.reporter.incomplete != 1 {
			t.Errorf("then %q: error %v, ended %s, reported %d times", then, err, f.ended, c.reporter.incomplete)
		}
		want := whole + whole + `{"ended":"Finish"}` + "\n"
		if c.out.shown.String() != want {
			t.Errorf("then %q: printed\n%s", then, c.out.shown.String())
		}
	}
}

// TestIncompletePass: if either pass is stopped or fails, Incomplete is reported and Finish
// prints the summary.
func TestIncompletePass(t *testing.T) {
	emptyTempDir(t)
	text := strings.Repeat(`{"on":1,"v":1}`+"\n", 20)
	for _, cause := range []error{nil, errBroken} { // nil: stopped
		for _, pass := range []int{0, 1} {
			for _, kinds := range []string{"fff", "pfp", "npf"} { // the one in the middle ends early; a pipe can do so only in the first pass
				if pass == 1 && kinds[1] != 'f' {
					continue
				}
				f := &twoPass{}
				c := newFixture(t, f)
				files := []*fakeFile{{name: "a", contents: []string{text}, step: 100}, {name: "b", contents: []string{text}, step: 100}, {name: "c", contents: []string{text}, step: 100}}
				files[1].onRead = func(now, at int) error {
					if now != pass || at < 150 {
						return nil
					}
					if cause == nil {
						c.c.Stop.Stop()
						return source.ErrStopped
					}
					return cause
				}
				_, err := runFiles(t, c, kinds, files...)
				if err != cause || f.ended != "Finish" || c.reporter.incomplete != 1 || !strings.HasSuffix(c.out.shown.String(), `{"ended":"Finish"}`+"\n") {
					t.Errorf("%v in pass %d of %s: error %v, ended %q, reported %d times", cause, pass, kinds, err, f.ended, c.reporter.incomplete)
				}
			}
		}
	}
}

// TestRewindError: is treated as an error of a read.
func TestRewindError(t *testing.T) {
	emptyTempDir(t)
	f := &twoPass{}
	c := newFixture(t, f)
	_, err := runFiles(t, c, "pf", &fakeFile{name: "a", contents: []string{good}}, &fakeFile{name: "b", contents: []string{good}, rewindErr: errBroken})
	if err != errBroken || f.ended != "Finish" || c.reporter.incomplete != 1 {
		t.Errorf("error %v, ended %q, reported %d times", err, f.ended, c.reporter.incomplete)
	}
}

// TestPushSecondError: is returned by Run.
func TestPushSecondError(t *testing.T) {
	emptyTempDir(t)
	for _, kinds := range []string{"f", "p"} {
		f := &twoPass{onSecond: func(int) error { return errBroken }}
		c := newFixture(t, f)
		_, err := runFiles(t, c, kinds, &fakeFile{name: "a", contents: []string{good}})
		if err != errBroken || f.ended != "Finish" || len(f.seen[1]) != 1 {
			t.Errorf("%s: error %v, ended %q", kinds, err, f.ended)
		}
	}
}

// TestStopDuringSpill: the second pass over a spill ends when it is stopped, as one over a file
// does.
func TestStopDuringSpill(t *testing.T) {
	emptyTempDir(t)
	f := &twoPass{}
	c := newFixture(t, f)
	f.onSecond = func(n int) error {
		if n == 10 {
			c.c.Stop.Stop()
		}
		return nil
	}
	line := `{"on":1,"do":"` + strings.Repeat("x", 1000) + `"}` + "\n"
	const lines = 5000
	_, err := runFiles(t, c, "p", &fakeFile{name: "-", contents: []string{strings.Repeat(line, lines)}, step: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if f.ended != "Finish" || c.reporter.incomplete != 1 || len(f.seen[1]) > lines/2 {
		t.Errorf("ended %q, reported %d times, saw %d of %d in the second pass", f.ended, c.reporter.incomplete, len(f.seen[1]), lines)
	}
}

// TestWriteErrorInEitherPass: for all writes, the error of the first one that fails is
// returned, and no batch is pushed and nothing is written after it.
func TestWriteErrorInEitherPass(t *testing.T) {
	emptyTempDir(t)
	text := strings.Repeat(`{"on":1,"do":"use"}`+"\n", 200)
	for _, kinds := range []string{"f", "p"} {
		for k := 1; ; k++ {
			f := &twoPass{line: strings.Repeat("x", 5000)}
			c := newFixture(t, f)
			c.c.Jobs = 1 // other workers might push later batches
			batches := 0
			c.out.fails, c.out.err = k, errBroken
			c.out.onFail = func() { batches = f.batches }
			_, err := runFiles(t, c, kinds, &fakeFile{name: "a", contents: []string{text}, step: 1000}, &fakeFile{name: "b", contents: []string{text}, step: 1000})
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
			if f.batches != batches || c.out.calls != k || c.reporter.incomplete != 0 {
				t.Errorf("call %d: %d batches and %d writes after it failed, reported %d times", k, f.batches-batches, c.out.calls-k, c.reporter.incomplete)
			}
		}
	}
}

// TestSpillCannotBeCreated: that costs the second pass only. All inputs are read, and Finish
// prints what was read of them.
func TestSpillCannotBeCreated(t *testing.T) {
	emptyTempDir(t)
	f := &twoPass{}
	c := newFixture(t, f)
	files := []*fakeFile{{name: "a", contents: []string{good}}, {name: "b", contents: []string{good}}, {name: "c", contents: []string{good}}}
	files[0].onRead = func(int, int) error { return os.Setenv("TMPDIR", os.TempDir()+"/missing") }
	files[1].onRead = func(int, int) error { return os.Setenv("TMPDIR", strings.TrimSuffix(os.TempDir(), "/missing")) }
	_, err := runFiles(t, c, "fpp", files...)
	var failed *pipe.WriteError
	if !errors.As(err, &failed) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("error %v, want one that names TMPDIR", err)
	}
	if f.ended != "Finish" || len(f.seen[0]) != 3 || len(f.seen[1]) != 0 || c.reporter.incomplete != 1 {
		t.Errorf("ended %q, saw %d and %d, reported %d times", f.ended, len(f.seen[0]), len(f.seen[1]), c.reporter.incomplete)
	}
}

// TestOnePassNeedsNoSpill: a SecondPass that needs no second pass causes no temporary file, and
// each input is closed before the next one is read.
func TestOnePassNeedsNoSpill(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	c := newFixture(t, onePass{&twoPass{}})
	a, b := &fakeFile{name: "a", contents: []string{good}, step: 100}, &fakeFile{name: "b", contents: []string{good}, step: 100}
	b.onRead = func(int, int) error {
		if a.closes != 1 {
			t.Error("the first input is still open")
		}
		return nil
	}
	p := pipe.New(c.c)
	if err := p.Run(func() (pipe.Input, error) {
		c.nextCalls++
		return []pipe.Input{noRewind{a}, noRewind{b}, nil}[c.nextCalls-1], []error{nil, nil, io.EOF}[c.nextCalls-1]
	}); err != nil || b.closes != 1 || a.closes != 1 || c.reporter.incomplete != 0 {
		t.Error(err, a.closes, b.closes, c.reporter.incomplete)
	}
	want := good + "\n" + good + "\n" + `{"ended":"Finish"}` + "\n"
	if c.out.shown.String() != want {
		t.Errorf("printed %s", c.out.shown.String())
	}
}

// onePass is a twoPass that needs no second pass.
type onePass struct{ *twoPass }

func (onePass) NeedsSecondPass() bool { return false }
