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

	"weir/pkg/ndjson"
	"weir/pkg/pipe"
)

const maxLine = 200

// sort is a kind of line and what must become of it.
type sort struct {
	text                                                        string
	used, late, none, filtered, rejected, odd, long, blank, out bool
}

func sorts() []sort {
	return []sort{
		{text: good, used: true, out: true},
		{text: `{"on":1,"do":"none"}`, none: true, out: true},
		{text: `{"on":1,"v":"text"}`, used: true, odd: true, out: true},
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

// entry is what stands in --rejects.
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
			tb.Fatalf("not one line a call: %q", l)
		}
		d := json.NewDecoder(strings.NewReader(l))
		d.DisallowUnknownFields()
		var e entry
		if err := d.Decode(&e); err != nil {
			tb.Fatalf("%v in %s", err, l)
		}
		if (e.Raw == nil) == (e.Base64 == nil) || e.Raw == nil && utf8.Valid(e.Base64) {
			tb.Fatalf("raw or raw_base64: %s", l)
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

// TestLedger draws streams, and policies, and looks at everything that is
// counted, told and set aside.
func TestLedger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom(sorts()), 0, 15).Draw(t, "lines")
		bad := rapid.SampledFrom([]pipe.Bad{pipe.Report, pipe.Skip, pipe.Stop}).Draw(t, "bad")
		kept := rapid.Bool().Draw(t, "rejects")
		var text strings.Builder
		for _, l := range lines {
			text.WriteString(l.text + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "break"))
		}
		r := newRig(t, echo{}, []step{{text: text.String()}})
		r.c.Bad, r.c.MaxLine = bad, maxLine
		if kept {
			r.c.Rejects = r.shelf
		}
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		want, told, late, aside := expected(lines, bad, kept)
		got := r.p.Ledger()
		if got.Read != got.Used+got.Late+got.NoReading+got.Filtered+got.Rejected {
			t.Fatalf("%+v does not add up", got)
		}
		if got != want {
			t.Fatalf("ledger\n got %+v\nwant %+v", got, want)
		}
		if !slices.Equal(linesOf(r.ears.bad), told) || !slices.Equal(linesOf(r.ears.late), late) {
			t.Fatalf("told lines %v, late %v; want %v, %v", linesOf(r.ears.bad), linesOf(r.ears.late), told, late)
		}
		reasons := map[int64]string{}
		for _, e := range append(r.ears.bad, r.ears.late...) {
			reasons[e.Line] = e.Reason
		}
		list := entries(t, r.shelf.lines)
		if len(list) != len(aside) {
			t.Fatalf("%d set aside, want %d", len(list), len(aside))
		}
		for i, e := range list {
			l := lines[aside[i]-1]
			begins := text.String()[e.Offset:]
			switch {
			case e.Line != aside[i] || e.Column < 1 || e.Tool != "echo" || e.File != "a" || e.Error == "" || bad != pipe.Skip && e.Error != reasons[e.Line]:
				t.Fatalf("entry %+v", e)
			case (e.Kind == "late") != l.late || (e.Kind == "bad") != l.rejected:
				t.Fatalf("entry %+v is neither bad nor late", e)
			case l.long && (!strings.HasPrefix(l.text, e.raw()) || len(e.raw()) < maxLine/2) || !l.long && e.raw() != l.text:
				t.Fatalf("raw %q of %q", e.raw(), l.text)
			case !strings.HasPrefix(begins, e.raw()):
				t.Fatalf("at offset %d there is %q, not %q", e.Offset, begins, e.raw())
			}
		}
	})
}

// expected is the README's account: which lines are told, late and set aside.
func expected(lines []sort, bad pipe.Bad, kept bool) (l pipe.Ledger, told, late, aside []int64) {
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
		count(&l.NoReading, s.none)
		count(&l.Filtered, s.filtered)
		count(&l.Rejected, s.rejected)
		count(&l.Reported, s.odd)
		count(&l.Printed, s.out)
		ends := bad == pipe.Stop && (s.rejected || s.odd)
		if s.late || s.rejected {
			if kept {
				aside = append(aside, n)
			}
			count(&l.Unhandled, bad != pipe.Skip && (!kept || s.long || ends))
		}
		count(&l.Unhandled, s.odd && bad != pipe.Skip)
		if bad != pipe.Skip && (s.rejected || s.odd) {
			told = append(told, n)
		}
		if bad != pipe.Skip && s.late {
			late = append(late, n)
		}
		if ends {
			break
		}
	}
	return l, told, late, aside
}

func linesOf(faults []*ndjson.LineError) (list []int64) {
	for _, e := range faults {
		list = append(list, e.Line)
	}
	return list
}

// TestRejectsFail: a line that cannot be set aside is a failed write.
func TestRejectsFail(t *testing.T) {
	for _, line := range []string{"bad", `{"on":1,"do":"late"}`} {
		r := newRig(t, echo{}, []step{{text: line + "\n"}, {text: good}})
		r.c.Rejects, r.shelf.err = r.shelf, errBroken
		var failed *pipe.WriteError
		if err := r.run(); !errors.As(err, &failed) || failed.Err != errBroken {
			t.Errorf("%s: error %v", line, err)
		}
		if l := r.p.Ledger(); l.Read != 1 {
			t.Errorf("%s: went on: %+v", line, l)
		}
	}
}

// run1 sends text through an echo that sets aside.
func run1(tb rapid.TB, text []byte, cut func(io.Reader) io.Reader) (*rig, pipe.Ledger) {
	r := newRig(tb, echo{})
	r.c.Rejects, r.c.MaxLine = r.shelf, maxLine
	p := pipe.New(r.c)
	given := false
	err := p.Run(func() (pipe.Input, error) {
		if given {
			return nil, io.EOF
		}
		given = true
		return plain{cut(bytes.NewReader(text))}, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return r, p.Ledger()
}

type plain struct{ io.Reader }

func (plain) Name() string { return "-" }

// FuzzRejects: whatever comes in, the ledger adds up, each rejected line is set
// aside as it came, the cut of the input into reads changes nothing, and what
// was set aside, read again, has the same faults.
func FuzzRejects(f *testing.F) {
	var all string
	for _, s := range sorts() {
		f.Add([]byte(s.text))
		all += s.text + "\n"
	}
	f.Add([]byte(all))
	f.Add([]byte("\ufeff " + all))
	f.Add([]byte("[" + good + ",{},\n 7 ,{\n\"on\":1\n}]\n" + good))
	f.Add([]byte("{}\n[1]\n{\"a\":\n1}\n\x00\n\r\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, l := run1(t, text, func(r io.Reader) io.Reader { return r })
		again, l2 := run1(t, text, iotest.OneByteReader)
		if l != l2 || r.out.shown.String() != again.out.shown.String() || !slices.Equal(r.shelf.lines, again.shelf.lines) {
			t.Fatalf("read by read it is different: %+v, %+v", l, l2)
		}
		if l.Read != l.Used+l.Late+l.NoReading+l.Filtered+l.Rejected || int64(len(r.shelf.lines)) != l.Late+l.Rejected {
			t.Fatalf("%d set aside of %+v", len(r.shelf.lines), l)
		}
		if strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(string(text), "\ufeff"), " \t\r\n"), "[") {
			return // elements are joined to one line, and have another place there
		}
		replay := []byte("{}\n") // as the first value of an input, a [ would open an array
		var faults []string
		for _, e := range entries(t, r.shelf.lines) {
			if !bytes.HasPrefix(text[e.Offset:], []byte(e.raw())) {
				t.Fatalf("%q is not what stands at %d", e.raw(), e.Offset)
			}
			if len(e.raw()) < maxLine { // else it may have been cut
				replay = append(append(replay, e.raw()...), "\r\n"...) // a raw may end with \r
				faults = append(faults, fmt.Sprintf("%d %s", e.Column, e.Error))
			}
		}
		r, _ = run1(t, replay, func(r io.Reader) io.Reader { return r })
		for i, e := range entries(t, r.shelf.lines) {
			if got := fmt.Sprintf("%d %s", e.Column, e.Error); i >= len(faults) || got != faults[i] {
				t.Fatalf("replayed: %s", got)
			}
		}
		if len(r.shelf.lines) != len(faults) {
			t.Fatalf("%d faults, replayed %d", len(faults), len(r.shelf.lines))
		}
	})
}
