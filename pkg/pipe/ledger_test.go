package pipe_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/pipe"
)

const maxLine = 200

// lineKind is a kind of line and what must become of it.
type lineKind struct {
	text                                                                      string
	used, late, noReading, filtered, rejected, reported, long, blank, printed bool
}

func lineKinds() []lineKind {
	return []lineKind{
		{text: good, used: true, printed: true},
		{text: `{"on":1,"do":"none"}`, noReading: true, printed: true},
		{text: `{"on":1,"v":"text"}`, used: true, reported: true, printed: true},
		{text: `{"on":1,"do":"late"}`, late: true},
		{text: `{"on":1,"do":"late","é":"\u2028` + "\u2028" + `"}`, late: true},
		{text: `{"on":1,"do":"refuse"}`, rejected: true},
		{text: `{"on":2,"do":"refuse","v":"text"}`, filtered: true},
		{text: `{"on":1,"do":{}}`, rejected: true},
		{text: "no json \x00\x1f\"\\", rejected: true},
		{text: "{\"on\":1,\"x\":\"\xff\xed\xa0\x80\"}", rejected: true},
		{text: `{"on":1,"x":` + strings.Repeat("7", maxLine) + `}`, rejected: true, long: true},
		{text: "", blank: true},
	}
}

// entry is a line of the rejects.
type entry struct {
	Tool, Kind, File     string
	Line, Column, Offset int64
	Error                string
	Raw                  *string
	Base64               []byte `json:"raw_base64"`
}

func entries(tb rapid.TB, lines []string) (list []entry) {
	for _, l := range lines {
		if strings.Count(l, "\n") != 1 || !strings.HasSuffix(l, "\n") {
			tb.Fatalf("a call of Line with something other than one line: %q", l)
		}
		d := json.NewDecoder(strings.NewReader(l))
		d.DisallowUnknownFields()
		var e entry
		if err := d.Decode(&e); err != nil {
			tb.Fatalf("%v in %s", err, l)
		}
		if (e.Raw == nil) == (e.Base64 == nil) || e.Raw == nil && utf8.Valid(e.Base64) {
			tb.Fatalf("want either raw, or raw_base64 with invalid UTF-8: %s", l)
		}
		list = append(list, e)
	}
	return list
}

func (e *entry) raw() string {
	if e.Raw != nil {
		return *e.Raw
	}
	return string(e.Base64)
}

// TestLedger: for all streams and policies, the counts, reports and rejects are those that
// the README promises.
func TestLedger(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom(lineKinds()), 0, 15).Draw(t, "lines")
		bad := rapid.SampledFrom([]pipe.Bad{pipe.Report, pipe.Skip, pipe.Stop}).Draw(t, "bad")
		withRejects := rapid.Bool().Draw(t, "rejects")
		var text strings.Builder
		for _, l := range lines {
			text.WriteString(l.text + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "break"))
		}
		r := newFixture(t, echoFilter{}, []step{{text: text.String()}})
		r.c.Bad, r.c.MaxLine = bad, maxLine
		if withRejects {
			r.c.Rejects = r.rejects
		}
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		want, reported, late, rejected := expected(lines, bad, withRejects)
		got := r.p.Ledger()
		if got.Read != got.Used+got.Late+got.NoReading+got.Filtered+got.Rejected {
			t.Fatalf("%+v does not add up", got)
		}
		if got != want {
			t.Fatalf("ledger\n got %+v\nwant %+v", got, want)
		}
		if !slices.Equal(linesOf(r.reporter.bad), reported) || !slices.Equal(linesOf(r.reporter.late), late) {
			t.Fatalf("reported lines %v, late %v; want %v, %v", linesOf(r.reporter.bad), linesOf(r.reporter.late), reported, late)
		}
		reasons := map[int64]string{}
		for _, e := range append(r.reporter.bad, r.reporter.late...) {
			reasons[e.Line] = e.Reason
		}
		list := entries(t, r.rejects.lines)
		if len(list) != len(rejected) {
			t.Fatalf("%d rejects, want %d", len(list), len(rejected))
		}
		for i, e := range list {
			l := lines[rejected[i]-1]
			begins := text.String()[e.Offset:]
			switch {
			case e.Line != rejected[i] || e.Column < 1 || e.Tool != "echo" || e.File != "a" || e.Error == "" || bad != pipe.Skip && e.Error != reasons[e.Line]:
				t.Fatalf("entry %+v", e)
			case (e.Kind == "late") != l.late || (e.Kind == "bad") != l.rejected:
				t.Fatalf("entry %+v is neither bad nor late", e)
			case l.long && (!strings.HasPrefix(l.text, e.raw()) || len(e.raw()) < maxLine/2) || !l.long && e.raw() != l.text:
				t.Fatalf("raw %q of %q", e.raw(), l.text)
			case !strings.HasPrefix(begins, e.raw()):
				t.Fatalf("the text at offset %d is %q, not %q", e.Offset, begins, e.raw())
			}
		}
	})
}

// expected returns what the README says: the ledger, and the numbers of the lines that are
// reported as bad, reported as late, and rejected.
func expected(lines []lineKind, bad pipe.Bad, withRejects bool) (l pipe.Ledger, reported, late, rejected []int64) {
	count := func(n *int64, is bool) {
		if is {
			*n++
		}
	}
	for i, s := range lines {
		n := int64(i + 1)
		count(&l.Read, !s.blank)
		count(&l.Used, s.used)
		count(&l.Late, s.late)
		count(&l.NoReading, s.noReading)
		count(&l.Filtered, s.filtered)
		count(&l.Rejected, s.rejected)
		count(&l.Reported, s.reported)
		count(&l.Printed, s.printed)
		ends := bad == pipe.Stop && (s.rejected || s.reported)
		if s.late || s.rejected {
			if withRejects {
				rejected = append(rejected, n)
			}
			count(&l.Unhandled, bad != pipe.Skip && (!withRejects || s.long || ends))
		}
		count(&l.Unhandled, s.reported && bad != pipe.Skip)
		if bad != pipe.Skip && (s.rejected || s.reported) {
			reported = append(reported, n)
		}
		if bad != pipe.Skip && s.late {
			late = append(late, n)
		}
		if ends {
			break
		}
	}
	return l, reported, late, rejected
}

func linesOf(faults []*batch.LineError) (list []int64) {
	for _, e := range faults {
		list = append(list, e.Line)
	}
	return list
}

// TestRejectsWriteError: a failure to write the rejects ends the run as a WriteError.
func TestRejectsWriteError(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"bad", `{"on":1,"do":"late"}`} {
		r := newFixture(t, echoFilter{}, []step{{text: line + "\n"}, {text: good}})
		r.c.Rejects, r.rejects.err = r.rejects, errBroken
		var failed *pipe.WriteError
		if err := r.run(); !errors.As(err, &failed) || failed.Err != errBroken {
			t.Errorf("%s: error %v", line, err)
		}
		l := r.p.Ledger()
		if l.Read != 1 {
			t.Errorf("%s: the run continued: %+v", line, l)
		}
	}
}

// runEcho runs an echoFilter with rejects over text, which is read through wrap.
func runEcho(tb rapid.TB, text []byte, wrap func(io.Reader) io.Reader) (*fixture, pipe.Ledger) {
	r := newFixture(tb, echoFilter{})
	r.c.Rejects, r.c.MaxLine = r.rejects, maxLine
	p := pipe.New(r.c)
	given := false
	err := p.Run(func() (pipe.Input, error) {
		if given {
			return nil, io.EOF
		}
		given = true
		return namedReader{wrap(bytes.NewReader(text))}, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return r, p.Ledger()
}

type namedReader struct{ io.Reader }

func (namedReader) Name() string { return "-" }

// FuzzRejects: for all inputs, the ledger adds up, each rejected line is in the rejects
// byte for byte, the sizes of the reads make no difference, and the rejects, read again,
// have the same errors.
func FuzzRejects(f *testing.F) {
	var all string
	for _, s := range lineKinds() {
		f.Add([]byte(s.text))
		all += s.text + "\n"
	}
	f.Add([]byte(all))
	f.Add([]byte("\ufeff " + all))
	f.Add([]byte("[" + good + ",{},\n 7 ,{\n\"on\":1\n}]\n" + good))
	f.Add([]byte("{}\n[1]\n{\"a\":\n1}\n\x00\n\r\r\n"))
	f.Add([]byte("\x000\n\x00\x00{\"a\":x}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, l := runEcho(t, text, func(r io.Reader) io.Reader { return r })
		again, l2 := runEcho(t, text, iotest.OneByteReader)
		if l != l2 || r.out.shown.String() != again.out.shown.String() || !slices.Equal(r.rejects.lines, again.rejects.lines) {
			t.Fatalf("reads of one byte make a difference: %+v, %+v", l, l2)
		}
		if l.Read != l.Used+l.Late+l.NoReading+l.Filtered+l.Rejected || int64(len(r.rejects.lines)) != l.Late+l.Rejected {
			t.Fatalf("%d rejects of %+v", len(r.rejects.lines), l)
		}
		if strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(string(text), "\ufeff"), " \t\r\n"), "[") {
			return // elements are joined to one line, so their columns differ
		}
		replay := []byte("{}\n") // as the first value of an input, a [ would open an array
		var faults []string
		for _, e := range entries(t, r.rejects.lines) {
			if !bytes.HasPrefix(text[e.Offset:], []byte(e.raw())) {
				t.Fatalf("%q is not the text at %d", e.raw(), e.Offset)
			}
			if len(e.raw()) < maxLine { // longer ones may be incomplete
				replay = append(append(replay, e.raw()...), "\r\n"...) // a raw may end with \r
				before := text[:e.Offset]
				nuls := len(before) - len(bytes.TrimRight(before, "\x00")) // they are skipped, and not in raw
				faults = append(faults, fmt.Sprintf("%d %s", e.Column-int64(nuls), e.Error))
			}
		}
		r, _ = runEcho(t, replay, func(r io.Reader) io.Reader { return r })
		for i, e := range entries(t, r.rejects.lines) {
			got := fmt.Sprintf("%d %s", e.Column, e.Error)
			if i >= len(faults) || got != faults[i] {
				t.Fatalf("replayed: %s", got)
			}
		}
		if len(r.rejects.lines) != len(faults) {
			t.Fatalf("%d errors, replayed %d", len(faults), len(r.rejects.lines))
		}
	})
}
