package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
	"weir/pkg/ndjson"
	"weir/pkg/spool"
)

// testPlans returns a plan that names its numbers, and one that reads all.
func testPlans() []batch.Plan {
	named := batch.Plan{
		Numbers: []batch.Path{{"a"}, {"b", "c"}, {"d"}}, Key: []batch.Path{{"k"}, {"l"}},
		Time: batch.Path{"t"}, TimeOptional: true, IgnoreBadTime: true,
	}
	all := named
	all.Numbers, all.All = nil, true
	return []batch.Plan{named, all}
}

// describeAll returns all that the plan reads of a record, as text.
func describeAll(r *batch.Record) string {
	file, line := r.Location()
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d key %q timed %v %q %v", file, line, r.Key(), r.Timed(), r.When(), r.Time())
	for i := range r.Len() {
		slot, d := r.At(i)
		fmt.Fprintf(&b, " %d %s=%s", slot, r.Name(slot), d.Append(nil))
	}
	return b.String()
}

// spooled reads all records of in. It returns their spool and descriptions.
func spooled(t rapid.TB, rd *ndjson.Records, in string) (text []byte, want []string) {
	rd.Reset(strings.NewReader(in), "in")
	for {
		r, err := rd.Next()
		if err == io.EOF {
			return text, want
		}
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, describeAll(r))
		text = spool.Append(text, r)
	}
}

// readBack reads a spool. It returns descriptions of the records before its end, or before
// the error.
func readBack(t rapid.TB, fold *batch.Fold, in io.Reader) (got []string, _ error) {
	rd := spool.NewReader(in, "in", len(fold.Labels()))
	var b batch.Batch
	for {
		err := rd.Read(&b)
		if err != nil && len(b.Rows) > 0 {
			t.Fatal("records with an error")
		}
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		fold.Begin(&b)
		for row := range b.Rows {
			r := b.Record(row)
			nano := r.Time().Nsec
			if nano < 0 || nano >= 1e9 {
				t.Fatalf("%d nanoseconds", nano)
			}
			if b.Error(row) != nil || b.Rows[row].Filtered || r.Judge() != nil || b.Reported(row) != nil {
				t.Fatal("a record that was good has an error")
			}
			got = append(got, describeAll(&r))
		}
		fold.End(&b)
	}
}

// TestRoundTrip: for all records, what was appended is read back, however many digits
// its numbers have and however long its key is.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(
			rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?(e-?[0-9]{1,2})?`),
			rapid.SampledFrom([]string{"1e300", "-1e300", "1.7976931348623157e308", "1e-1100", "5e-324", "-0", "9007199254740993", "18446744073709551616", strings.Repeat("9", 300), "0." + strings.Repeat("3", 1100)}),
		)
		text := rapid.OneOf(rapid.Map(rapid.String(), func(s string) string { return string(jsonscan.AppendQuoted(nil, s)) }),
			rapid.SampledFrom([]string{"1", "1.0", "true", "null", `"\ud800"`, `"` + strings.Repeat("long", 100000) + `"`}))
		stamp := rapid.SampledFrom([]string{`"2018-12-26 18:11:08.000000001"`, `"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999Z"`, `"1969-12-31T23:59:59.5Z"`, "0", "1545848948", "null", `"soon"`, `"2018-12-26T18:\u0031\u0031:08Z"`})
		var in strings.Builder
		for range rapid.IntRange(0, 6).Draw(t, "records") {
			var list []string
			for name, value := range map[string]*rapid.Generator[string]{"a": number, "b": rapid.Map(number, func(n string) string { return `{"c":` + n + "}" }), "d": number, "x": number, "k": text, "l": text, "t": stamp} {
				if rapid.Bool().Draw(t, name) {
					list = append(list, fmt.Sprintf("%q:%s", name, value.Draw(t, name)))
				}
			}
			in.WriteString(strings.Repeat("\n", rapid.IntRange(0, 200).Draw(t, "blank lines")) + "{" + strings.Join(list, ",") + "}\n")
		}
		for _, plan := range testPlans() {
			rd := ndjson.NewRecords(plan, ndjson.Options{})
			text, want := spooled(t, rd, in.String())
			for _, divide := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.DataErrReader} {
				got, err := readBack(t, rd.Fold(), divide(bytes.NewReader(text)))
				if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Fatalf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		}
	})
}

const sample = `{"a":1.5,"b":{"c":-2},"d":1e300,"k":"key","l":7,"t":"2018-12-26 18:11:08"}
{"k":"no readings"}

{"a":123456789012345678901234567890,"t":-1.5}
`

// TestTruncated: a spool that ends inside a record, or fails, is an error after all
// complete records.
func TestTruncated(t *testing.T) {
	t.Parallel()
	for _, plan := range testPlans() {
		rd := ndjson.NewRecords(plan, ndjson.Options{})
		text, want := spooled(t, rd, sample)
		whole := 0
		for n := range text {
			got, err := readBack(t, rd.Fold(), bytes.NewReader(text[:n]))
			if err == nil {
				whole++
			} else if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "in: ") {
				t.Errorf("of %d bytes: %v", n, err)
			}
			if len(got) > len(want) || strings.Join(got, "\n") != strings.Join(want[:len(got)], "\n") {
				t.Fatalf("of %d bytes: %v", n, got)
			}
		}
		if whole != len(want) { // 0, 1 and 2 records
			t.Errorf("%d of %d truncated spools are taken for complete, want %d", whole, len(text), len(want))
		}
		got, err := readBack(t, rd.Fold(), io.MultiReader(bytes.NewReader(text[:len(text)-1]), iotest.ErrReader(errBroken)))
		if !errors.Is(err, errBroken) || len(got) != len(want)-1 {
			t.Errorf("a read error is %v after %d records", err, len(got))
		}
	}
}

var errBroken = errors.New("broken")

// FuzzSpool: for all bytes, a damaged spool is an error or holds other valid records. It
// does not panic, has no more records than bytes, and ends.
func FuzzSpool(f *testing.F) {
	for _, plan := range testPlans() {
		text, _ := spooled(f, ndjson.NewRecords(plan, ndjson.Options{}), sample)
		f.Add(text)
		for i := range text {
			for _, c := range []byte{0, 1, 0x7f, 0x80, 0xff} {
				damaged := bytes.Clone(text)
				damaged[i] = c
				f.Add(damaged)
			}
		}
	}
	end := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}
	f.Add(append([]byte{1}, end...))                      // a key of 2^64-1 bytes
	f.Add(append([]byte{1, 0, 0}, end...))                // as many readings
	f.Add(append(append([]byte{1, 0, 0, 1}, end...), 0))  // slot
	f.Add([]byte{1, 0, 0, 1, 3, 1, 0, '7'})               // a slot that does not exist
	f.Add([]byte{1, 0, 0, 1, 0, 1, 0, 'x'})               // not a number
	f.Add([]byte{1, 0, 0, 0xff, 0xff, 0xff, 0xff, 7, 42}) // more readings than there are
	f.Add(append(append([]byte{1, 0, 1, '7', 0}, end...), 0))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, plan := range testPlans() {
			rd := ndjson.NewRecords(plan, ndjson.Options{})
			spooled(t, rd, sample) // names get their slots
			got, _ := readBack(t, rd.Fold(), bytes.NewReader(text))
			if len(got) > len(text) {
				t.Fatalf("%d records in %d bytes", len(got), len(text))
			}
		}
	})
}

// streams are plans, and a line for each, in which "#" stands for digits.
var streams = []struct {
	plan batch.Plan
	line string
}{
	{
		batch.Plan{Numbers: []batch.Path{{"duration"}, {"nr_words"}}, Time: batch.Path{"timestamp"}, Key: []batch.Path{{"client_name"}}},
		`{"timestamp": "2018-12-26 18:11:#.#","client_name": "airliberty","event_name": "translation_delivered","nr_words": #, "duration": #}`,
	},
	{batch.Plan{All: true, Time: batch.Path{"timestamp"}}, `{"timestamp":"2025-01-01T00:00:#Z","machine":"m1","temperature":#.5,"speed":#,"status":"STARTED"}`},
	{batch.Plan{Numbers: []batch.Path{{"duration"}}, Key: []batch.Path{{"client_name"}}}, `{"client_name":"caf\u00e9 é","path":"C:\\tmp\n","duration":#}`},
	{batch.Plan{Numbers: []batch.Path{{"a"}, {"b"}}}, `{"a":0.12345678901234567#,"b":1234567890123456#.5,"id":1844674407370955161#}`},
}

// lines returns n lines of the stream.
func lines(line string, n int) []byte {
	var text bytes.Buffer
	for i := range n {
		text.WriteString(strings.ReplaceAll(line, "#", fmt.Sprint(10+i%50)) + "\n")
	}
	return text.Bytes()
}

// TestAllocatesNothing: appending and reading back do not allocate per record.
func TestAllocatesNothing(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a garbage collection allocates, and allocations of the whole process are counted
	for _, s := range streams {
		rd, in, data := ndjson.NewRecords(s.plan, ndjson.Options{}), new(bytes.Reader), lines(s.line, 1000)
		var text []byte
		appendAll := func() {
			text = text[:0]
			in.Reset(data)
			rd.Reset(in, "in")
			for r, err := rd.Next(); err == nil; r, err = rd.Next() {
				text = spool.Append(text, r)
			}
		}
		appendAll() // assigns slots to names and learns prefixes
		n := testing.AllocsPerRun(5, appendAll)
		if n != 0 {
			t.Errorf("%s: %v allocations to append 1,000 records", s.line, n)
		}
		var b batch.Batch
		n = testing.AllocsPerRun(5, func() {
			in.Reset(text)
			back := spool.NewReader(in, "in", len(rd.Fold().Labels()))
			records := 0
			for back.Read(&b) == nil {
				records += len(b.Rows)
			}
			if records != 1000 {
				t.Error(s.line, records)
			}
		})
		if n > 3 { // a Reader and its buffer
			t.Errorf("%s: %v allocations to read 1,000 records back", s.line, n)
		}
	}
}

// TestBatchesAreBounded: however many records a spool has, and however long their keys
// are, a batch has few of them, and all are read back.
func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	for key, records := range map[string]int{"short": 3000, strings.Repeat("long", 2500): 600} {
		plan := batch.Plan{Key: []batch.Path{{"k"}}, All: true}
		line := `{"k":"` + key + `","a":#}`
		rd := ndjson.NewRecords(plan, ndjson.Options{})
		text, want := spooled(t, rd, string(lines(line, records)))
		got, err := readBack(t, rd.Fold(), bytes.NewReader(text))
		if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%d records: %v", len(got), err)
		}
		var b batch.Batch
		back := spool.NewReader(bytes.NewReader(text), "in", 1)
		for back.Read(&b) == nil {
			if len(b.Rows) > 1<<10 || len(b.Keys) > 1<<20+len(key)+2 {
				t.Fatalf("a batch of %d records with %d bytes of keys", len(b.Rows), len(b.Keys))
			}
		}
	}
}

func BenchmarkRead(b *testing.B) {
	s := streams[0]
	rd, in, data := ndjson.NewRecords(s.plan, ndjson.Options{}), new(bytes.Reader), lines(s.line, 1000)
	text, _ := spooled(b, rd, string(data))
	b.SetBytes(int64(len(data)))
	b.ReportMetric(float64(len(text))/1000, "B/record")
	var read batch.Batch
	for b.Loop() {
		in.Reset(text)
		back := spool.NewReader(in, "in", len(rd.Fold().Labels()))
		for back.Read(&read) == nil {
		}
	}
}
