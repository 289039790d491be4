package ndjson

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// readTwice goes through a text twice, the second time line by line and with what
// was learned in the first, and says all there is to be said of every line.
func readTwice(t rapid.TB, plan Plan, text string, by way) (told []string) {
	rd := NewReader(plan, Options{MaxLine: 1200})
	p := rd.Parser()
	by.prepare(p)
	var b Block
	say := sayer()
	for _, in := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
		rd.Reset(in, "in")
		for rd.Read(&b) == nil {
			for more := true; more; more = b.More() {
				if by == long {
					p.parseLong(&b)
				} else {
					p.Parse(&b)
				}
				for r, bad, ok := b.Next(); ok; r, bad, ok = b.Next() {
					told = append(told, say(rd, &b, r, bad))
				}
			}
		}
	}
	paths, meant := rd.Missing()
	return append(told, fmt.Sprint(rd.Consumed(), rd.LimitReached(), paths, meant))
}

// way is how lines are read: as Parse does, which walks where the processor can;
// never walked; or by the scanner alone.
type way string

const (
	walked   way = "walked"
	unwalked way = "unwalked"
	long     way = "long"
)

// parseLong is Parse by the scanner alone.
func (p *Parser) parseLong(b *Block) {
	if !b.More() {
		return
	}
	p.begin(b)
	for b.More() {
		p.openLine()
		p.scanLine(b.next + bytes.IndexByte(b.buf[b.next:b.size], '\n'))
	}
	p.end(b)
}

// sayer says all there is to be said of a line, and prints it.
func sayer() func(*Reader, *Block, *Record, *LineError) string {
	var out bytes.Buffer
	w := NewWriter(&out, -1)
	return func(rd *Reader, b *Block, r *Record, bad *LineError) string {
		if bad != nil {
			return faulty(b, bad)
		}
		out.Reset()
		w.Record(r)
		w.Name([]byte(`"more"`))
		w.Raw([]byte("1"))
		w.End()
		_ = w.Flush()
		return everything(rd, b, r) + " " + out.String()
	}
}

func faulty(b *Block, bad *LineError) string {
	text, whole := b.Text()
	return fmt.Sprintf("%q %v bad %v %v %q %d", text, whole, bad, bad.Kind, bad.Text, bad.At)
}

func everything(rd *Reader, b *Block, r *Record) string {
	var s strings.Builder
	text, whole := b.Text()
	fmt.Fprintf(&s, "%q %v", text, whole)
	_, line := r.Place()
	fmt.Fprintf(&s, " %d %q %v %q %v %q %v", line, r.Key(), r.Time(), r.When(), r.Judge(), r.Reported(), r.Filtered())
	for i := range r.Len() {
		slot, d := r.At(i)
		c, scale, neg, small := d.Parts()
		fmt.Fprintf(&s, " %d %s %s %d %d %v %v", slot, r.Name(slot), d.Append(nil), c, scale, neg, small)
	}
	return s.String()
}

var waysPlans = []Plan{
	{Numbers: []Path{{"a"}, {"a", "b"}, {"b"}}, Key: []Path{{"k"}, {"a", "k"}}, Time: Path{"timestamp"}, ReportOnly: true},
	{Numbers: []Path{{"b"}}, Where: []Cond{{Path{"k"}, "x"}}, Time: Path{"timestamp"}, TimeOptional: true, IgnoreBadTime: true},
	{All: true, Time: Path{"timestamp"}, Omit: "m", Key: []Path{{"b"}}, IgnoreBadKey: true},
	{All: true, MaxFields: 2, Omit: "a"},
	{Numbers: []Path{{"timestamp"}, {"a", "x"}, {"c"}}, Time: Path{"timestamp"}, ReportOnly: true},
	{},
}

func sameWays(t rapid.TB, text string) {
	t.Helper()
	for i, plan := range waysPlans {
		want := readTwice(t, plan, text, long)
		for _, by := range []way{walked, unwalked} {
			sameTold(t, readTwice(t, plan, text, by), want, fmt.Sprintf("plan %d, %s", i, by))
		}
	}
}

// sameTold: of each line the same is told in one way as otherwise.
func sameTold(t rapid.TB, got, want []string, by string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("entry %d, %s:\n%s\notherwise:\n%s", i, by, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d entries, %s; otherwise %d", len(got), by, len(want))
	}
}

// piece is what lines are made of, sound and unsound.
var pieces = []string{
	`{"a":1,"b":2.5,"k":"x"}`, `{"timestamp":"2018-12-26 18:11:08.123","b":-7,"m":{"b":1}}`, `{"a":{"b":3,"k":"y","c":[1,2,{"d":null}]},"b":1e3}`,
	`{"b":1,"a":2}`, `{"a":"s","b":4}`, `{"a":1,"a":2}`, `{"\u0061":1,"b":2}`, `{"k":"é\n\"","b":0.12345678901234567}`, `{}`, `{ "a" : 1 , "b" : 2 }`, `{"m":1}`, `{"m":1,"b":2}`,
	`{"b":2,"m":1,"k":"x"}`, `{"m":1,"m":2,"c":3}`, `{"c":true,"d":false,"e":null,"f":[],"g":{}}`, `{"a":01}`, `{"a":1,}`, `{"a":-}`, `{"a":1e}`, `{"a":tru}`, `{"b":1e400}`, `{"b":-0}`, `{"b":1.50}`,
	`{"timestamp":1545847868,"b":1}`, `{"timestamp":null,"b":1}`, `{"timestamp":"soon","b":1}`, `{"a":1}x`, `{"a":1} `, "{\"a\":1}\r", `{"a":"` + "\t" + `"}`, "{\"a\":\"\xff\"}", `{"k":{"z":1},"b":3}`,
	`{"a-name-that-is-longer-than-what-is-compared-at-once-and-then-some":1,"b":2}`, `{"a-name-that-is-longer-than-what-is-compared-at-once-and-then-more":1,"b":2}`, ` {"b":1}`, ``, `[1]`, `7`, `{"b":"` + strings.Repeat("x", 290) + `"}`,
	`{"a":{"b":{`, `{"a":[`, `{bad`, `{"a":` + strings.Repeat(" ", 300) + `{"b":` + strings.Repeat(" ", 300) + `1,"c":5},"c":7}`, `{"timestamp":5,"c":1}`, `{"timestamp":"2018-12-26 18:11:09.123","c":2}`,
	`{"timestamp":1545847869}`, `{"` + strings.Repeat("n", 300) + `":1,"` + strings.Repeat("m", 300) + `":{"b":1},"c":3}`, `{"b":9999999999999999999,"a":18446744073709551616}`, `{"b":1,"timestamp":"2018-12-26T18:11:08Z","a":{"b":2},"k":null}`, `{"a":{"b":3},"a":{}}`, `{"a":[1` + "\r" + `]}`,
}

// TestWaysAgree: whatever the short ways take, the long way takes, and makes the
// same of it.
func TestWaysAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(t, "lines")
		text := []byte(strings.Join(lines, "\n") + rapid.SampledFrom([]string{"", "\n"}).Draw(t, "end"))
		for range rapid.IntRange(0, 2).Draw(t, "wounds") {
			if len(text) > 0 {
				text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("\"\\{}[],: 01-.eEtu\n\r\x00\xc3\xff")).Draw(t, "byte")
			}
		}
		sameWays(t, string(text))
	})
}

func FuzzWays(f *testing.F) {
	for _, p := range pieces {
		f.Add(p + "\n" + p)
	}
	f.Add(strings.Join(pieces, "\n"))
	f.Fuzz(func(t *testing.T, text string) { sameWays(t, text) })
}

// TestShortWayIsTaken: what machines write goes the short way, whatever stands in
// it, once its names are known; else the law above would hold for nothing.
func TestShortWayIsTaken(t *testing.T) {
	lines := []string{
		`{"a":1,"b":2.5,"k":"x"}`, `{"b":1,"a":2}`, `{"k":"é\n\"\u00e9😀","b":0.12345678901234567}`, `{ "a" : -1 , "b" : 2e5 }`, `{"a":  -1,"b": 2}`, `{"b":2,"m":{"x":[1,2]}}`,
		`{"timestamp":"2018-12-26 18:11:08.123","c":true,"d":false,"e":null,"f":[[],{}],"b":123456789012345678901234567890}`, `{"a-name-that-is-longer-than-what-is-compared-at-once-and-then-some":1}`,
	}
	for i, plan := range waysPlans {
		rd := NewReader(plan, Options{})
		p := rd.Parser()
		var b Block
		for round := range 3 {
			rd.Reset(strings.NewReader(strings.Join(lines, "\n")+"\n"), "in")
			before := p.scanned
			for rd.Read(&b) == nil {
				p.Parse(&b)
				for _, bad, ok := b.Next(); ok; _, bad, ok = b.Next() {
					if bad != nil {
						t.Fatal(bad)
					}
				}
			}
			if round == 2 && p.scanned != before && plan.MaxFields == 0 {
				t.Errorf("plan %d: %d of %d lines were scanned", i, p.scanned-before, len(lines))
			}
		}
	}
}

// TestCutInsideAnArray: a line that ends inside an array panicked when the last
// line that had gone the long way stood further on in an earlier block.
func TestCutInsideAnArray(t *testing.T) {
	for _, plan := range waysPlans {
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

// TestDepthAlongAPath: a path leads no deeper than a line may be.
func TestDepthAlongAPath(t *testing.T) {
	var p Path
	for range MaxDepth + 1 {
		p = append(p, "a")
	}
	for _, depth := range []int{MaxDepth - 1, MaxDepth, MaxDepth + 1} {
		rd := NewReader(Plan{Numbers: []Path{p}}, Options{MaxLine: 1 << 20})
		line := strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) + "\n"
		rd.Reset(strings.NewReader(line+line), "in")
		for range 2 {
			if _, err := rd.Next(); (err == nil) != (depth <= MaxDepth) {
				t.Errorf("depth %d: %v", depth, err)
			}
		}
	}
}

// TestManyAtOnce: a block holds no more than so many records and faults at once,
// and loses none.
func TestManyAtOnce(t *testing.T) {
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
				_, last = r.Place()
			}
		}
		if n != lines+1 || last != lines+1 || rd.Consumed() != int64((lines+1)*(len(line)+1)-1) {
			t.Errorf("%s: %d of them, the last in line %d, %d bytes", line, n, last, rd.Consumed())
		}
		if c := cap(rd.own.entries); c > 2*maxEntries {
			t.Errorf("%s: room for %d entries", line, c)
		}
		if c := cap(rd.own.extras); c > 4*maxFaults {
			t.Errorf("%s: room for %d faults", line, c)
		}
	}
}
