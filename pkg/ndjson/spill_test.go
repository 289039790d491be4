package ndjson_test

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
)

// spillPlans returns a plan that names its numbers, and one that reads all.
func spillPlans() []batch.Plan {
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

// spilled reads all records of in. It returns their spill and descriptions.
func spilled(t rapid.TB, rd *ndjson.Records, in string) (spill []byte, want []string) {
	rd.Reset(strings.NewReader(in), "in")
	for {
		r, err := rd.Next()
		if err == io.EOF {
			return spill, want
		}
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, describeAll(r))
		spill = r.AppendSpill(spill)
	}
}

// unspilled reads a spill back. It returns descriptions of the records before its end,
// or before the error.
func unspilled(t rapid.TB, rd *ndjson.Records, spill io.Reader) (got []string, _ error) {
	rd.Unspill(spill, "in")
	for {
		r, err := rd.Next()
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		nano := r.Time().Nsec
		if nano < 0 || nano >= 1e9 {
			t.Fatalf("%d nanoseconds", nano)
		}
		if r.Filtered() || r.Judge() != nil || r.Reported() != nil {
			t.Fatal("a record that was good has an error")
		}
		got = append(got, describeAll(r))
	}
}

// TestSpillRoundTrip: for all records, what was spilled is read back, however many digits
// its numbers have and however long its key is.
func TestSpillRoundTrip(t *testing.T) {
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
		for _, plan := range spillPlans() {
			rd := ndjson.NewRecords(plan, ndjson.Options{})
			spill, want := spilled(t, rd, in.String())
			for _, divide := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.DataErrReader} {
				got, err := unspilled(t, rd, divide(bytes.NewReader(spill)))
				if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Fatalf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		}
	})
}

const spillSample = `{"a":1.5,"b":{"c":-2},"d":1e300,"k":"key","l":7,"t":"2018-12-26 18:11:08"}
{"k":"no readings"}

{"a":123456789012345678901234567890,"t":-1.5}
`

// TestTruncatedSpill: a spill that ends inside a record, or fails, is an error after all
// complete records.
func TestTruncatedSpill(t *testing.T) {
	t.Parallel()
	for _, plan := range spillPlans() {
		rd := ndjson.NewRecords(plan, ndjson.Options{})
		spill, want := spilled(t, rd, spillSample)
		whole := 0
		for n := range spill {
			got, err := unspilled(t, rd, bytes.NewReader(spill[:n]))
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
			t.Errorf("%d of %d truncated spills are taken for complete, want %d", whole, len(spill), len(want))
		}
		got, err := unspilled(t, rd, io.MultiReader(bytes.NewReader(spill[:len(spill)-1]), iotest.ErrReader(errSpill)))
		if !errors.Is(err, errSpill) || len(got) != len(want)-1 {
			t.Errorf("a read error is %v after %d records", err, len(got))
		}
	}
}

var errSpill = errors.New("broken")

// FuzzSpill: for all bytes, a damaged spill is an error or holds other valid records. It
// does not panic, has no more records than bytes, and ends.
func FuzzSpill(f *testing.F) {
	for _, plan := range spillPlans() {
		spill, _ := spilled(f, ndjson.NewRecords(plan, ndjson.Options{}), spillSample)
		f.Add(spill)
		for i := range spill {
			for _, c := range []byte{0, 1, 0x7f, 0x80, 0xff} {
				damaged := bytes.Clone(spill)
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
	f.Fuzz(func(t *testing.T, spill []byte) {
		for _, plan := range spillPlans() {
			rd := ndjson.NewRecords(plan, ndjson.Options{})
			spilled(t, rd, spillSample) // names get their slots
			got, _ := unspilled(t, rd, bytes.NewReader(spill))
			if len(got) > len(spill) {
				t.Fatalf("%d records in %d bytes", len(got), len(spill))
			}
		}
	})
}

// TestSpillAllocatesNothing: spilling and reading back do not allocate per record.
func TestSpillAllocatesNothing(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a garbage collection allocates, and allocations of the whole process are counted
	for _, s := range streams() {
		rd, in := ndjson.NewRecords(s.plan, ndjson.Options{}), new(bytes.Reader)
		drain(t, rd, in, s.data) // assigns slots to names and learns prefixes
		var spill []byte
		n := testing.AllocsPerRun(5, func() {
			spill = spill[:0]
			in.Reset(s.data)
			rd.Reset(in, "in")
			for r, err := rd.Next(); err == nil; r, err = rd.Next() {
				spill = r.AppendSpill(spill)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations to spill 1,000 records", s.name, n)
		}
		n = testing.AllocsPerRun(5, func() {
			in.Reset(spill)
			rd.Unspill(in, "in")
			records := 0
			for _, err := rd.Next(); err == nil; _, err = rd.Next() {
				records++
			}
			if records != 1000 {
				t.Error(s.name, records)
			}
		})
		if n > 2 { // the buffer of a new spill
			t.Errorf("%s: %v allocations to read 1,000 records back", s.name, n)
		}
	}
}

func BenchmarkSpill(b *testing.B) {
	s := streams()[0]
	rd, in := ndjson.NewRecords(s.plan, ndjson.Options{}), new(bytes.Reader)
	var spill []byte
	in.Reset(s.data)
	rd.Reset(in, "in")
	for r, err := rd.Next(); err == nil; r, err = rd.Next() {
		spill = r.AppendSpill(spill)
	}
	b.SetBytes(int64(len(s.data)))
	b.ReportMetric(float64(len(spill))/1000, "B/record")
	for b.Loop() {
		in.Reset(spill)
		rd.Unspill(in, "in")
		for _, err := rd.Next(); err == nil; _, err = rd.Next() {
		}
	}
}
