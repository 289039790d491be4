package ndjson

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
	"weir/pkg/lines"
)

// codePath is which code parses lines.
type codePath string

const (
	withKernel  codePath = "kernel"  // as Parse does: the kernel where there is one, then the matcher, then the general path
	matcherOnly codePath = "matcher" // the matcher, then the general path
	generalOnly codePath = "general" // the general path, by a parser that learns nothing from earlier lines
)

// path is a parser that is restricted to a code path, with what it needs to read inputs.
type path struct {
	fold  *batch.Fold
	rd    *Reader
	p     *Parser
	block Block
	parse func(*Block)
}

// newPath returns a parser for a plan.
func newPath(plan batch.Plan, opts Options, by codePath) *path {
	fold := batch.NewFold(plan)
	rd := NewReader(fold, opts)
	x := &path{fold: fold, rd: rd, p: rd.Parser()}
	x.parse = x.p.Parse
	if by != withKernel {
		x.p.m.DisableKernel()
	}
	if by == generalOnly {
		x.parse = x.p.parseGenerally
	}
	return x
}

// read reads an input, and calls visit for each of its batches.
func (x *path) read(in io.Reader, visit func(*batch.Batch)) {
	x.rd.Reset(in, "in")
	x.fold.Reset()
	b := &x.block
	for x.rd.Read(b) == nil {
		for more := true; more; more = b.More() {
			x.parse(b)
			x.fold.Begin(&b.Batch)
			visit(&b.Batch)
			x.fold.End(&b.Batch)
		}
	}
}

// readTwice reads a text twice with one parser, the second time byte by byte, and
// with the prefixes that it learned the first time. It returns a description of each
// row, with everything that a consumer can see of it, and one of the fold at last.
func readTwice(plan batch.Plan, text string, by codePath) (rows []string) {
	x := newPath(plan, Options{MaxLine: 1200}, by)
	d := newDescriber()
	for _, in := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
		x.read(in, func(b *batch.Batch) { rows = append(rows, d.describe(b)...) })
	}
	limitReached := false
	if plan.All {
		_, limitReached = x.fold.Names().State()
	}
	return append(rows, fmt.Sprint(x.fold.Consumed(), limitReached, x.fold.Missing()))
}

// parseGenerally is Parse by the general path only: jsonscan judges each line, and the
// matcher parses each prefix and reads each time as if the line were the first.
func (p *Parser) parseGenerally(b *Block) {
	if !b.More() {
		return
	}
	p.begin(b)
	for b.More() {
		p.m.DisableLearning()
		p.m.OpenLine()
		p.generalLine(b.next + bytes.IndexByte(b.Text[b.next:b.size], '\n'))
	}
	p.end()
}

// describer describes the rows of batches, and how they are written.
type describer struct {
	text bytes.Buffer
	out  *lines.Output
	runs batch.Runs
}

func newDescriber() *describer {
	d := new(describer)
	d.out = lines.New(&d.text, -1, &lines.Member{Label: batch.NewLabel([]byte(`"more"`))})
	return d
}

// describe returns a description of each row.
func (d *describer) describe(b *batch.Batch) (rows []string) {
	d.runs.Begin(b, nil, false)
	next := d.runs.NextOne()
	for row := range b.Rows {
		bad := b.Error(row)
		if bad != nil {
			rows = append(rows, describeError(b, row, bad))
			continue
		}
		s := describeRecord(b, row)
		if next && d.runs.Row(0) == row {
			s += " " + d.written(b)
			next = d.runs.NextOne()
		}
		rows = append(rows, s)
	}
	if next {
		rows = append(rows, "a run of a row that is not a record")
	}
	return rows
}

// written returns the line that is written of the run at hand, and its error.
func (d *describer) written(b *batch.Batch) string {
	run := &d.runs.Run
	bad := run.Fault()
	d.text.Reset()
	d.out.Defer(run)
	for k := range run.Width() {
		if bad == nil {
			d.out.Values(run.Label(k))[0] = run.Num(0, k).Value()
		}
	}
	d.out.Render(b)
	_ = d.out.Flush()
	return fmt.Sprintf("%v %v %q %s", bad, run.Timed(0), run.Key(), d.text.String())
}

func describeError(b *batch.Batch, row int, bad *batch.LineError) string {
	text, whole := b.LineText(row)
	return fmt.Sprintf("%q %v bad %v %v %q %d", text, whole, bad, bad.Kind, bad.Text, bad.At)
}

func describeRecord(b *batch.Batch, row int) string {
	var s strings.Builder
	r := b.Record(row)
	r.Resolve()
	text, whole := b.LineText(row)
	fmt.Fprintf(&s, "%q %v", text, whole)
	_, line := r.Location()
	fmt.Fprintf(&s, " %d %q %v %q %v %q %v %d", line, r.Key(), r.Time(), r.When(), r.Judge(), b.Reported(row), b.Rows[row].Filtered, b.Rows[row].Sum)
	for i := range r.Len() {
		slot, d := r.At(i)
		c, scale, neg, small := d.Parts()
		fmt.Fprintf(&s, " %d %s %s %d %d %v %v", slot, r.Name(slot), d.Append(nil), c, scale, neg, small)
	}
	return s.String()
}

// testPlans use most parts of a plan, and some names for several of them.
var testPlans = []batch.Plan{
	{Numbers: []batch.Path{{"a"}, {"a", "b"}, {"b"}}, Key: []batch.Path{{"k"}, {"a", "k"}}, Time: batch.Path{"timestamp"}, ReportOnly: true},
	{Numbers: []batch.Path{{"b"}}, Where: []batch.Cond{{Path: batch.Path{"k"}, Value: "x"}}, Time: batch.Path{"timestamp"}, TimeOptional: true, IgnoreBadTime: true},
	{All: true, Time: batch.Path{"timestamp"}, Omit: []string{"m"}, Key: []batch.Path{{"b"}}, IgnoreBadKey: true},
	{All: true, MaxFields: 2, Omit: []string{"a"}, Sums: true},
	{Numbers: []batch.Path{{"timestamp"}, {"a", "x"}, {"c"}}, Time: batch.Path{"timestamp"}, ReportOnly: true},
	{},
}

// pathsAgree fails unless all code paths find the same in text, under each of testPlans.
func pathsAgree(t rapid.TB, text string) {
	t.Helper()
	for i, plan := range testPlans {
		want := readTwice(plan, text, generalOnly)
		for _, by := range []codePath{withKernel, matcherOnly} {
			sameLines(t, readTwice(plan, text, by), want, fmt.Sprintf("plan %d, %s", i, by))
		}
	}
}

// sameLines fails unless the descriptions are equal; by names the code path of got.
func sameLines(t rapid.TB, got, want []string, by string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("row %d, %s:\n%s\nwant:\n%s", i, by, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d rows, %s; want %d", len(got), by, len(want))
	}
}

// pieces are lines, and parts of lines, good and bad.
var pieces = []string{
	`{"a":1,"b":2.5,"k":"x"}`, `{"timestamp":"2018-12-26 18:11:08.123","b":-7,"m":{"b":1}}`, `{"a":{"b":3,"k":"y","c":[1,2,{"d":null}]},"b":1e3}`,
	`{"b":1,"a":2}`, `{"a":"s","b":4}`, `{"a":1,"a":2}`, `{"\u0061":1,"b":2}`, `{"k":"é\n\"","b":0.12345678901234567}`, `{}`, `{ "a" : 1 , "b" : 2 }`, `{"m":1}`, `{"m":1,"b":2}`,
	`{"b":2,"m":1,"k":"x"}`, `{"b":{},"c":1}`, `{"a":[3,{"b":4}],"k":["x"]}`, `{"a":[1,2,3],"k":[{"0":1}]}`, `{"a":{"0":5,"1":{"b":6}},"k":{"0":"y"}}`, `{"a":[],"f":[[1]]}`, `{"a":[1],"a":{"0":2}}`, `{"c":2,"b":[]}`, `{"b":3,"k":{}}`, `{"m":1,"m":2,"c":3}`, `{"c":true,"d":false,"e":null,"f":[],"g":{}}`, `{"a":01}`, `{"a":1,}`, `{"a":-}`, `{"a":1e}`, `{"a":tru}`, `{"b":1e400}`, `{"b":-0}`, `{"b":1.50}`,
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
	good := []string{
		`{"a":1,"b":2.5,"k":"x"}`, `{"b":1,"a":2}`, `{"k":"é\n\"\u00e9😀","b":0.12345678901234567}`, `{ "a" : -1 , "b" : 2e5 }`, `{"a":  -1,"b": 2}`, `{"b":2,"m":{"x":[1,2]}}`,
		`{"timestamp":"2018-12-26 18:11:08.123","c":true,"d":false,"e":null,"f":[[],{}],"b":123456789012345678901234567890}`, `{"a-name-that-is-longer-than-what-is-compared-at-once-and-then-some":1}`,
		`{"a":1,"a":2,"c":3,"c":"x"}`, `{"a":{"b":1},"\u0061":{"k":"y"},"b":4}`, `{"m":1,"b":2}`, `{ "a":1, "m":2 }`, `{"m":1}`, "{\"c\":1e400}\t \r",
		`{"timestamp":5,"new":` + nested + `,"newer":{"b":7}}`, `{"` + strings.Repeat("n", 300) + `":1,"` + strings.Repeat("n", 300) + `":true}`,
	}
	for i, plan := range testPlans {
		x := newPath(plan, Options{}, withKernel)
		for round := range 3 {
			before := x.p.general
			x.read(strings.NewReader(strings.Join(good, "\n")+"\n"), func(b *batch.Batch) {
				for row := range b.Rows {
					bad := b.Error(row)
					if bad != nil {
						t.Fatal(bad)
					}
					r := b.Record(row)
					r.Resolve()
				}
			})
			n := x.p.general - before
			if n != 0 {
				t.Errorf("plan %d, round %d: %d of %d lines took the general path", i, round, n, len(good))
			}
		}
	}
}

// TestLineEndsInsideArray: a line that ends inside an array is an error like any other.
// (It panicked when the last such line was further on in an earlier block.)
func TestLineEndsInsideArray(t *testing.T) {
	t.Parallel()
	for _, plan := range testPlans {
		rd := NewRecords(plan, Options{})
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
	var p batch.Path
	for range jsonscan.MaxDepth + 1 {
		p = append(p, "a")
	}
	for _, depth := range []int{jsonscan.MaxDepth - 1, jsonscan.MaxDepth, jsonscan.MaxDepth + 1} {
		rd := NewRecords(batch.Plan{Numbers: []batch.Path{p}}, Options{MaxLine: 1 << 20})
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

// TestBatchIsBounded: a batch has at most maxRows records and maxFaults errors, with
// some slack, and no line is lost where one ends.
func TestBatchIsBounded(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"{}", "x", `{"b":1}`} {
		const lines = 100_000
		rd := NewRecords(batch.Plan{All: true}, Options{})
		rd.Reset(strings.NewReader(strings.Repeat(line+"\n", lines)+line), "in")
		n, last := 0, int64(0)
		for {
			r, err := rd.Next()
			if err == io.EOF {
				break
			}
			n++
			if bad, ok := err.(*batch.LineError); ok {
				last = bad.Line
			} else {
				_, last = r.Location()
			}
		}
		if n != lines+1 || last != lines+1 || rd.Fold().Consumed() != int64((lines+1)*(len(line)+1)-1) {
			t.Errorf("%s: %d lines, the last is line %d, %d bytes", line, n, last, rd.Fold().Consumed())
		}
		if cap(rd.block.Rows) > 2*maxRows {
			t.Errorf("%s: space for %d rows", line, cap(rd.block.Rows))
		}
		if cap(rd.block.Notes) > 4*maxFaults {
			t.Errorf("%s: space for %d notes", line, cap(rd.block.Notes))
		}
	}
}
