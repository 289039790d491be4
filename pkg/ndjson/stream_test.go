package ndjson_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
)

// pieces is a reader of data that returns at most size() bytes at once.
type pieces struct {
	data string
	size func() int
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.data == "" {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), max(1, p.size()))], p.data)
	p.data = p.data[n:]
	return n, nil
}

// event is a row: a record or an error, and its text.
type event struct {
	record bool
	result string // The record's bytes, or the error with the text around it.
	text   string
	whole  bool
	line   int64
	column int64
	offset int64
}

// events returns all results of reading in, with MaxLine longest.
func events(t rapid.TB, in io.Reader, longest int) (all []event) {
	t.Helper()
	rd := newReader(batch.Plan{Key: []batch.Path{{"k"}}}, ndjson.Options{MaxLine: longest})
	rd.reset(in)
	for {
		b, row, err := rd.next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		bad := b.Error(row)
		e := event{record: bad == nil}
		if bad == nil {
			bad = b.Fault(row, "good", "")
			r := b.Record(row)
			e.result = string(r.Raw())
		} else {
			e.result = bad.Error() + "\n" + string(bad.Text) + "\n" + strconv.Itoa(bad.At)
		}
		checkLineError(t, bad)
		text, whole := b.LineText(row)
		e.text, e.whole, e.line, e.column, e.offset = string(text), whole, bad.Line, bad.Column, bad.Offset
		all = append(all, e)
	}
}

// skipped returns the reports of Batch.Skipped in reading in, with MaxLine longest, each
// with the number of rows before it.
func skipped(t rapid.TB, in io.Reader, longest int) (all []string) {
	t.Helper()
	fold := batch.NewFold(batch.Plan{})
	rd := ndjson.NewReader(fold, ndjson.Options{MaxLine: longest})
	rd.Reset(in, "in")
	p := rd.Parser()
	var b ndjson.Block
	rows := 0
	for {
		err := rd.Read(&b)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		for first := true; first || b.More(); first = false {
			p.Parse(&b)
			fold.Begin(&b.Batch)
			for _, s := range b.Skipped {
				all = append(all, strconv.Itoa(rows+s.Row)+" before "+s.Err.Error()+" at "+strconv.FormatInt(s.Err.Offset, 10))
			}
			rows += len(b.Rows)
			fold.End(&b.Batch)
		}
	}
}

// FuzzStream: for all inputs, how the input is divided into reads changes nothing, every
// position refers to the bytes it is about, and every line has exactly one result.
func FuzzStream(f *testing.F) {
	for _, l := range badLines {
		f.Add("{}\n"+l.line+"\n{}", uint8(9))
		f.Add("[{},\n"+l.line+",{}]", uint8(3))
	}
	for _, in := range []string{
		"\ufeff[\r\n {\"a\": 1},\r\n {\"a\":\r\n  [1,\r\n\t2]}\r\n]\r\n{}\r\n", "\xef\xbb[]", " \n\n[]{}\n[]", "[[],{}, 1 ,\"x,]\"]{}", "[{}", "[{},", "[", "[1,,]",
		"[{\"k\":{\n}}\n,{\"k\":\n\"\xff\"},{}]", "{}\n" + strings.Repeat(" ", 100) + "\n[{}]", strings.Repeat(" ", 100) + "[{}]", "\x00\x00\ufeff {}\n\x00\n\ufeff\n\ufeff{}\n\x00{]\n\x00", strings.Repeat("\x00", 100) + "{\"k\":1}\n" + strings.Repeat("\x00", 50) + strings.Repeat(" ", 50) + "{}", "[{\"k\":\"" + strings.Repeat("x", 100) + "\"}{},{}]",
	} {
		f.Add(in, uint8(5))
	}
	f.Fuzz(func(t *testing.T, in string, seed uint8) {
		if len(in) > 1<<11 {
			return // checkPositions takes quadratic time
		}
		for _, longest := range []int{ndjson.DefaultMaxLine, 40} {
			whole := events(t, strings.NewReader(in), longest)
			nuls := skipped(t, strings.NewReader(in), longest)
			again := skipped(t, iotest.OneByteReader(strings.NewReader(in)), longest)
			if !slices.Equal(nuls, again) {
				t.Fatalf("%q: the NUL bytes reported are\n%q\nand by single bytes\n%q", in, nuls, again)
			}
			random := rand.New(rand.NewPCG(uint64(seed), 1))
			for name, divided := range map[string]io.Reader{
				"one": iotest.OneByteReader(strings.NewReader(in)), "end": iotest.DataErrReader(strings.NewReader(in)),
				"seven": &pieces{in, func() int { return 7 }}, "random": &pieces{in, func() int { return 1 + random.IntN(1+int(seed)) }},
			} {
				got := events(t, divided, longest)
				if !slices.Equal(got, whole) {
					t.Fatalf("%q in reads of %s:\n got %+v\nwant %+v", in, name, got, whole)
				}
			}
			checkPositions(t, in, whole)
			if longest > len(in) {
				checkCounts(t, in, whole)
			}
		}
	})
}

var (
	lineBreak = regexp.MustCompile(`[\r\n][ \t\r\n]*`)
	isArray   = regexp.MustCompile(`^(\x{feff})?[ \t\r\n]*\[`)
)

// checkPositions asserts that line, column and offset of every result refer to its
// bytes.
func checkPositions(t rapid.TB, in string, all []event) {
	t.Helper()
	starts := []int{0}
	for i, c := range []byte(in) {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	if strings.HasPrefix(in, "\ufeff") {
		starts[0] = 3
	}
	for _, e := range all {
		if int(e.line) > len(starts) {
			t.Fatalf("%q: line %d of %d", in, e.line, len(starts))
		}
		at := starts[e.line-1] + int(e.column) - 1
		if at > len(in) || int(e.offset) > at {
			t.Fatalf("%q: %d:%d is at %d, after %d", in, e.line, e.column, at, e.offset)
		}
		if e.record && !strings.HasPrefix(in[at:], e.result) && !strings.HasPrefix(lineBreak.ReplaceAllString(in[at:], ""), e.result) {
			t.Fatalf("%q: no %q at %d:%d", in, e.result, e.line, e.column)
		}
		rest := in[e.offset:]
		if !strings.HasPrefix(rest, e.text) && !strings.HasPrefix(lineBreak.ReplaceAllString(rest, ""), lineBreak.ReplaceAllString(e.text, "")) {
			t.Fatalf("%q: no %q at offset %d", in, e.text, e.offset)
		}
	}
}

// checkCounts asserts that there is one result for each line that is not blank and for
// each element of a valid array.
func checkCounts(t rapid.TB, in string, all []event) {
	t.Helper()
	in = strings.TrimPrefix(in, "\ufeff")
	want := 0
	if isArray.MatchString(in) {
		d := json.NewDecoder(strings.NewReader(in))
		var elements []json.RawMessage
		if d.Decode(&elements) != nil {
			return
		}
		want = len(elements)
		in = in[d.InputOffset():]
	}
	for line := range strings.SplitSeq(in, "\n") {
		if strings.Trim(withoutStart(line), " \t\r") != "" {
			want++
		}
	}
	if len(all) != want {
		t.Fatalf("%q: %d results, want %d", in, len(all), want)
	}
}

// TestArrays: for all layouts of an array, its elements are read like lines, and lines
// may follow it.
func TestArrays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		objects := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return object(t, allNames, 3) }), 0, 5).Draw(t, "objects")
		array := "[" + strings.Join(objects, ",") + "]"
		var b bytes.Buffer
		switch rapid.IntRange(0, 3).Draw(t, "layout") {
		case 0:
			b.WriteString(array)
		case 1:
			_ = json.Indent(&b, []byte(array), "", "  ")
		case 2:
			_ = json.Indent(&b, []byte(array), "\t", "")
			in := strings.ReplaceAll(b.String(), "\n", "\r\n")
			b.Reset()
			b.WriteString("\ufeff \r\n" + in)
		default:
			b.WriteString("\n" + strings.NewReplacer(",", ",\n \t\n", "{", "\n{\r\n", "}", "\r}", "]", "\n\n]").Replace(array))
		}
		in := b.String()
		var elements []json.RawMessage
		if err := json.Unmarshal([]byte(strings.TrimPrefix(in, "\ufeff")), &elements); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, e := range elements {
			want = append(want, lineBreak.ReplaceAllString(string(e), ""))
		}
		in += rapid.SampledFrom([]string{"", "\n", " \r\n\n{}\n", "{}"}).Draw(t, "after")
		if strings.HasSuffix(strings.TrimSpace(in), "]{}") || strings.HasSuffix(in, "{}\n") {
			want = append(want, "{}")
		}
		expect(t, in, read(t, batch.Plan{}, strings.NewReader(in)), want)
	})
}
