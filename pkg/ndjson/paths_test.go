package ndjson

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"weir/pkg/jsonscan"
)

// readTwice reads a text twice with one parser, the second time byte by byte, and
// with the prefixes that it learned the first time. It returns a description of each
// line, with everything that a consumer can see of it, and one of the reader at last.
func readTwice(t rapid.TB, plan Plan, text string, by codePath) (lines []string) {
	rd := NewReader(plan, Options{MaxLine: 1200})
	p := rd.Parser()
	by.prepare(p)
	var b Block
	describe := newDescriber()
	for _, in := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
		rd.Reset(in, "in")
		for rd.Read(&b) == nil {
			for more := true; more; more = b.More() {
				if by == generalOnly {
					p.parseGenerally(&b)
				} else {
					p.Parse(&b)
				}
				for r, bad, ok := b.Next(); ok; r, bad, ok = b.Next() {
					lines = append(lines, describe(rd, &b, r, bad))
				}
			}
		}
	}
	paths, suggested := rd.Missing()
	return append(lines, fmt.Sprint(rd.Consumed(), rd.LimitReached(), paths, suggested))
}

// codePath is which code parses lines.
type codePath string

const (
	withKernel  codePath = "kernel"  // as Parse does: the kernel where there is one, then the matcher, then the general path
	matcherOnly codePath = "matcher" // the matcher, then the general path
	generalOnly codePath = "general" // the general path, by a parser that learns nothing from earlier lines
)

// parseGenerally is Parse by the general path only: jsonscan judges each line, and the
// matcher parses each prefix and reads each time as if the line were the first.
func (p *Parser) parseGenerally(b *Block) {
	if !b.More() {
		return
	}
	p.begin(b)
	p.learning.off = true
	for b.More() {
		p.openLine()
		p.timeLen = 0
		p.generalLine(b.next + bytes.IndexByte(b.buf[b.next:b.size], '\n'))
	}
	p.end(b)
}

// newDescriber returns a function that describes a line, and how it is printed.
func newDescriber() func(*Reader, *Block, *Record, *LineError) string {
	var out bytes.Buffer
	w := NewWriter(&out, -1)
	return func(rd *Reader, b *Block, r *Record, bad *LineError) string {
		if bad != nil {
			return describeError(b, bad)
		}
		out.Reset()
		w.Record(r)
		w.Name([]byte(`"more"`))
		w.Raw([]byte("1"))
		w.End()
		_ = w.Flush()
		return describeRecord(rd, b, r) + " " + out.String()
	}
}

func describeError(b *Block, bad *LineError) string {
	text, whole := b.Text()
	return fmt.Sprintf("%q %v bad %v %v %q %d", text, whole, bad, bad.Kind, bad.Text, bad.At)
}

func describeRecord(rd *Reader, b *Block, r *Record) string {
	var s strings.Builder
	text, whole := b.Text()
	fmt.Fprintf(&s, "%q %v", text, whole)
	_, line := r.Location()
	fmt.Fprintf(&s, " %d %q %v %q %v %q %v", line, r.Key(), r.Time(), r.When(), r.Judge(), r.Reported(), r.Filtered())
	for i := range r.Len() {
		slot, d := r.At(i)
		c, scale, neg, small := d.Parts()
		fmt.Fprintf(&s, " %d %s %s %d %d %v %v", slot, r.Name(slot), d.Append(nil), c, scale, neg, small)
	}
	return s.String()
}

// testPlans use most parts of a plan, and some names for several of them.
var testPlans = []Plan{
	{Numbers: []Path{{"a"}, {"a", "b"}, {"b"}}, Key: []Path{{"k"}, {"a", "k"}}, Time: Path{"timestamp"}, ReportOnly: true},
	{Numbers: []Path{{"b"}}, Where: []Cond{{Path{"k"}, "x"}}, Time: Path{"timestamp"}, TimeOptional: true, IgnoreBadTime: true},
	{All: true, Time: Path{"timestamp"}, Omit: "m", Key: []Path{{"b"}}, IgnoreBadKey: true},
	{All: true, MaxFields: 2, Omit: "a"},
	{Numbers: []Path{{"timestamp"}, {"a", "x"}, {"c"}}, Time: Path{"timestamp"}, ReportOnly: true},
	{},
}

// pathsAgree fails unless all code paths find the same in text, under each of testPlans.
func pathsAgree(t rapid.TB, text string) {
	t.Helper()
	for i, plan := range testPlans {
		want := readTwice(t, plan, text, generalOnly)
		for _, by := range []codePath{withKernel, matcherOnly} {
			sameLines(t, readTwice(t, plan, text, by), want, fmt.Sprintf("plan %d, %s", i, by))
		}
	}
}

// sameLines fails unless the descriptions are equal; by names the code path of got.
func sameLines(t rapid.TB, got, want []string, by string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("entry %d, %s:\n%s\nwant:\n%s", i, by, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d entries, %s; want %d", len(got), by, len(want))
	}
}

// pieces are lines, and parts of lines, good and bad.
var pieces = []string{
	`{"a":1,"b":2.5,"k":"x"}`, `{"timestamp":"2018-12-26 18:11:08.123","b":-7,"m":{"b":1}}`, `{"a":{"b":3,"k":"y","c":[1,2,{"d":null}]},"b":1e3}`,
	`{"b":1,"a":2}`, `{"a":"s","b":4}`, `{"a":1,"a":2}`, `{"\u0061":1,"b":2}`, `{"k":"é\n\"","b":0.12345678901234567}`, `{}`, `{ "a" : 1 , "b" : 2 }`, `{"m":1}`, `{"m":1,"b":2}`,
	`{"b":2,"m":1,"k":"x"}`, `{"m":1,"m":2,"c":3}`, `{"c":true,"d":false,"e":null,"f":[],"g":{}}`, `{"a":01}`, `{"a":1,}`, `{"a":-}`, `{"a":1e}`, `{"a":tru}`, `{"b":1e400}`, `{"b":-0}`, `{"b":1.50}`,
	`{"timestamp":1545847868,"b":1}`, `{"timestamp":null,"b":1}`, `{"timestamp":"soon","b":1}`, `{"a":1}x`, `{"a":1} `, "{\"a\":1}\r", `{"a":"` + "\t" + `"}`, "{\"a\":\"\xff\"}", `{"k":{"z":1},"b":3}`,
	`{"a-name-that-is-longer-than-what-is-compared-at-once-and-then-some":1,"b":2}`, `{"a-name-that-is-longer-than-what-is-compared-at-once-and-then-more":1,"b":2}`, ` {"b":1}`, ``, `[1]`, `7`, `{"b":"` + strings.Repeat("x", 290) + `"}`,
	`{"a":{"b":{`, `{"a":[`, `{bad`, `{"a":` + strings.Repeat(" ", 300) + `{"b":` + strings.Repeat(" ", 300) + `1,"c":5},"c":7}`, `{"timestamp":5,"c":1}`, `{"timestamp":"2018-12-26 18:11:09.123","c":2}`,
	`{"timestamp":1545847869}`, `{"` + strings.Repeat("n", 300) + `":1,"` + strings.Repeat("m", 300) + `":{"b":1},"c":3}`, `{"b":9999999999999999999,"a":18446744073709551616}`, `{"b":1,"timestamp":"2018-12-26T18:11:08Z","a":{"b":2},"k":null}`, `{"a":{"b":3},"a":{}}`, `{"a":[1` + "\r" + `]}`,
	`{"c":1,"d":2,"c":"x","e":3}`, `{"c":true,"c":1e400}`, `{"c":1,"c":1e400,"\u0063":2}`, `{"timestamp":"2018-12-26 18:11:08.123","timestamp":6,"b":1}`, `{"a":{"b":1,"k":"z"},"a":3,"a":{"x":2}}`, `{"m":1,"m":2}`, `{ "m":1 , "m":2 ,"a":1,"m":3 }`, `{"z":"x","z":1,"z":"y"}`,
}

// TestPathsAgree: the kernel and the matcher find in any text what the general path
// finds, which relies on jsonscan and on nothing that was learned.
func TestPathsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(t, "lines")
		text := []byte(strings.Join(lines, "\n") + rapid.SampledFrom([]string{"", "\n"}).Draw(t, "end"))
		for range rapid.IntRange(0, 2).Draw(t, "changed bytes") {
			if len(text) > 0 {
				text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("\"\\{}[],: 01-.eEtu\n\r\x00\xc3\xff")).Draw(t, "byte")
			}
		}
		pathsAgree(t, string(text))
	})
}

// FuzzPathsAgree is TestPathsAgree for texts of any kind.
func FuzzPathsAgree(f *testing.F) {
	for _, p := range pieces {
		f.Add(p + "\n" + p)
	}
	f.Add(strings.Join(pieces, "\n"))
	f.Fuzz(func(t *testing.T, text string) { pathsAgree(t, text) })
}

// TestMatcherHandlesGoodLines: good lines with anything in them do not take the
// general path. Without this test, that the paths agree could be true because the
// general path does it all.
func TestMatcherHandlesGoodLines(t *testing.T) {
	t.Parallel()
	nested := strings.Repeat("[", jsonscan.MaxDepth-1) + strings.Repeat("]", jsonscan.MaxDepth-1)
	lines := []string{
		`{"a":1,"b":2.5,"k":"x"}`, `{"b":1,"a":2}`, `{"k":"é\n\"\u00e9😀","b":0.12345678901234567}`, `{ "a" : -1 , "b" : 2e5 }`, `{"a":  -1,"b": 2}`, `{"b":2,"m":{"x":[1,2]}}`,
		`{"timestamp":"2018-12-26 18:11:08.123","c":true,"d":false,"e":null,"f":[[],{}],"b":123456789012345678901234567890}`, `{"a-name-that-is-longer-than-what-is-compared-at-once-and-then-some":1}`,
		`{"a":1,"a":2,"c":3,"c":"x"}`, `{"a":{"b":1},"\u0061":{"k":"y"},"b":4}`, `{"m":1,"b":2}`, `{ "a":1, "m":2 }`, `{"m":1}`, "{\"c\":1e400}\t \r",
		`{"timestamp":5,"new":` + nested + `,"newer":{"b":7}}`, `{"` + strings.Repeat("n", 300) + `":1,"` + strings.Repeat("n", 300) + `":true}`,
	}
	for i, plan := range testPlans {
		rd := NewReader(plan, Options{})
		p := rd.Parser()
		var b Block
		for round := range 3 {
			rd.Reset(strings.NewReader(strings.Join(lines, "\n")+"\n"), "in")
			before := p.Counters().General
			for rd.Read(&b) == nil {
				p.Parse(&b)
				for _, bad, ok := b.Next(); ok; _, bad, ok = b.Next() {
					if bad != nil {
						t.Fatal(bad)
					}
				}
			}
			n := p.Counters().General - before
			if n != 0 {
				t.Errorf("plan %d, round %d: %d of %d lines took the general path", i, round, n, len(lines))
			}
		}
	}
}

// TestLineEndsInsideArray: a line that ends inside an array is an error like any other.
// (It panicked when the last such line was further on in an earlier block.)
func TestLineEndsInsideArray(t *testing.T) {
	t.Parallel()
	for _, plan := range testPlans {
		rd := NewReader(plan, Options{})
		rd.Reset(io.MultiReader(strings.NewReader("{\"z\":1}\n{bad\n"), strings.NewReader("{\"z\":[\n{\"a\":{\"b\":[\n")), "in")
		bad := 0
		for {
			_, err := rd.Next()
			if err == io.EOF {
				break
			}
			if err != nil && !strings.Contains(err.Error(), "no \"timestamp\"") {
				bad++
			}
		}
		if bad != 3 {
			t.Errorf("%d bad lines, want 3", bad)
		}
	}
}

// TestMaxDepthAlongPath: a plan's path may be deeper than jsonscan.MaxDepth; a line may not.
func TestMaxDepthAlongPath(t *testing.T) {
	t.Parallel()
	var p Path
	for range jsonscan.MaxDepth + 1 {
		p = append(p, "a")
	}
	for _, depth := range []int{jsonscan.MaxDepth - 1, jsonscan.MaxDepth, jsonscan.MaxDepth + 1} {
		rd := NewReader(Plan{Numbers: []Path{p}}, Options{MaxLine: 1 << 20})
		line := strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) + "\n"
		rd.Reset(strings.NewReader(line+line), "in")
		for range 2 {
			_, err := rd.Next()
			if (err == nil) != (depth <= jsonscan.MaxDepth) {
				t.Errorf("depth %d: %v", depth, err)
			}
		}
	}
}

// TestBatchIsBounded: a batch has at most maxEntries records and maxFaults errors, with
// some slack, and no line is lost where one ends.
func TestBatchIsBounded(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"{}", "x", `{"b":1}`} {
		const lines = 100_000
		rd := NewReader(Plan{All: true}, Options{})
		rd.Reset(strings.NewReader(strings.Repeat(line+"\n", lines)+line), "in")
		n, last := 0, int64(0)
		for {
			r, err := rd.Next()
			if err == io.EOF {
				break
			}
			n++
			if bad, ok := err.(*LineError); ok {
				last = bad.Line
			} else {
				_, last = r.Location()
			}
		}
		if n != lines+1 || last != lines+1 || rd.Consumed() != int64((lines+1)*(len(line)+1)-1) {
			t.Errorf("%s: %d lines, the last is line %d, %d bytes", line, n, last, rd.Consumed())
		}
		c := rd.own.Counters()
		if c.EntrySpace > 2*maxEntries {
			t.Errorf("%s: space for %d entries", line, c.EntrySpace)
		}
		if c.ExtraSpace > 4*maxFaults {
			t.Errorf("%s: space for %d errors", line, c.ExtraSpace)
		}
	}
}

// TestReusedPrefixes: where new names clear the table of prefixes again and again, no
// prefix is accepted at a position of the other kind. (Prefixes that were cleared
// were once reused without regard to that: a line that began with a comma passed.)
func TestReusedPrefixes(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 3 * maxPrefixes {
		fmt.Fprintf(&text, `{"a":1,"n%d":1}`+"\n", i)   // good
		fmt.Fprintf(&text, `,"n%d":1}`+"\n", i)         // bad: it does not open the object
		fmt.Fprintf(&text, `{"a":1{"n%d":1}`+"\n", i-1) // bad: it opens it twice
	}
	for _, path := range []codePath{withKernel, matcherOnly} {
		rd := NewReader(Plan{}, Options{})
		p := rd.Parser()
		path.prepare(p)
		rd.Reset(strings.NewReader(text.String()), "in")
		line := 0
		for b := new(Block); rd.Read(b) == nil; {
			for more := true; more; more = b.More() {
				p.Parse(b)
				for r, bad, ok := b.Next(); ok; r, bad, ok = b.Next() {
					good := line%3 == 0
					if good != (bad == nil) {
						t.Fatalf("%s: line %d: error %v, record %v", path, line+1, bad, r)
					}
					line++
				}
			}
		}
		if line != 9*maxPrefixes {
			t.Fatalf("%s: %d lines", path, line)
		}
	}
}
