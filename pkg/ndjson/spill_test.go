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

	"weir/pkg/ndjson"
)

// spillPlans are one that names its numbers, and one that does not.
func spillPlans() []ndjson.Plan {
	named := ndjson.Plan{
		Numbers: []ndjson.Path{{"a"}, {"b", "c"}, {"d"}}, Key: []ndjson.Path{{"k"}, {"l"}},
		Time: ndjson.Path{"t"}, TimeOptional: true, IgnoreBadTime: true,
	}
	all := named
	all.Numbers, all.All = nil, true
	return []ndjson.Plan{named, all}
}

// sight is all that the plan reads of a record.
func sight(r *ndjson.Record) string {
	file, line := r.Place()
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d key %q timed %v %q %v", file, line, r.Key(), r.Timed(), r.When(), r.Time())
	for i := range r.Len() {
		slot, d := r.At(i)
		fmt.Fprintf(&b, " %d %s=%s", slot, r.Name(slot), d.Append(nil))
	}
	return b.String()
}

// spilled reads all records of in and spills them.
func spilled(t rapid.TB, rd *ndjson.Reader, in string) (spill []byte, want []string) {
	rd.Reset(strings.NewReader(in), "in")
	for {
		r, err := rd.Next()
		if err == io.EOF {
			return spill, want
		}
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, sight(r))
		spill = r.AppendSpill(spill)
	}
}

// unspilled reads a spill until its end or an error; that is nil at io.EOF.
func unspilled(t rapid.TB, rd *ndjson.Reader, spill io.Reader) (got []string, _ error) {
	rd.Unspill(spill, "in")
	for {
		r, err := rd.Next()
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		if nano := r.Time().Nsec; nano < 0 || nano >= 1e9 {
			t.Fatalf("%d nanoseconds", nano)
		}
		if r.Filtered() || r.Judge() != nil || r.Reported() != nil {
			t.Fatal("a record that was good has a fault")
		}
		got = append(got, sight(r))
	}
}

// TestSpillRoundTrip: a record comes back as it was, however wide its numbers
// and however long its key.
func TestSpillRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(
			rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?(e-?[0-9]{1,2})?`),
			rapid.SampledFrom([]string{"1e300", "-1e300", "1.7976931348623157e308", "1e-1100", "5e-324", "-0", "9007199254740993", "18446744073709551616", strings.Repeat("9", 300), "0." + strings.Repeat("3", 1100)}),
		)
		text := rapid.OneOf(rapid.Map(rapid.String(), func(s string) string { return string(ndjson.AppendQuoted(nil, s)) }),
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
			rd := ndjson.NewReader(plan, ndjson.Options{})
			spill, want := spilled(t, rd, in.String())
			for _, cut := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.DataErrReader} {
				got, err := unspilled(t, rd, cut(bytes.NewReader(spill)))
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

// TestSpillCutShort: a spill that ends in the middle of a record is an error,
// behind all that is whole.
func TestSpillCutShort(t *testing.T) {
	for _, plan := range spillPlans() {
		rd := ndjson.NewReader(plan, ndjson.Options{})
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
			t.Errorf("%d of %d beginnings are taken for whole, want %d", whole, len(spill), len(want))
		}
		if got, err := unspilled(t, rd, io.MultiReader(bytes.NewReader(spill[:len(spill)-1]), iotest.ErrReader(errSpill))); !errors.Is(err, errSpill) || len(got) != len(want)-1 {
			t.Errorf("a read error is %v after %d records", err, len(got))
		}
	}
}

var errSpill = errors.New("broken")

// FuzzSpill: a damaged spill is an error or holds other records, which are
// sound; it is no panic, takes no more memory than its size, and ends.
func FuzzSpill(f *testing.F) {
	for _, plan := range spillPlans() {
		spill, _ := spilled(f, ndjson.NewReader(plan, ndjson.Options{}), spillSample)
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
	f.Add([]byte{1, 0, 0, 1, 3, 1, 0, '7'})               // a slot too many
	f.Add([]byte{1, 0, 0, 1, 0, 1, 0, 'x'})               // no number
	f.Add([]byte{1, 0, 0, 0xff, 0xff, 0xff, 0xff, 7, 42}) // more readings than are there
	f.Add(append(append([]byte{1, 0, 1, '7', 0}, end...), 0))
	f.Fuzz(func(t *testing.T, spill []byte) {
		for _, plan := range spillPlans() {
			rd := ndjson.NewReader(plan, ndjson.Options{})
			spilled(t, rd, spillSample) // names get their slots
			got, _ := unspilled(t, rd, bytes.NewReader(spill))
			if len(got) > len(spill) {
				t.Fatalf("%d records in %d bytes", len(got), len(spill))
			}
		}
	})
}

// TestSpillAllocatesNothing: neither way, but for numbers that need it.
func TestSpillAllocatesNothing(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection that begins allocates, and all of the process is counted
	for _, s := range streams() {
		rd, in := ndjson.NewReader(s.plan, ndjson.Options{}), new(bytes.Reader)
		drain(t, rd, in, s.data) // gives slots to names; then leads are learned
		var spill []byte
		if n := testing.AllocsPerRun(5, func() {
			spill = spill[:0]
			in.Reset(s.data)
			rd.Reset(in, "in")
			for r, err := rd.Next(); err == nil; r, err = rd.Next() {
				spill = r.AppendSpill(spill)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations to spill 1,000 records", s.name, n)
		}
		if n := testing.AllocsPerRun(5, func() {
			in.Reset(spill)
			rd.Unspill(in, "in")
			records := 0
			for _, err := rd.Next(); err == nil; _, err = rd.Next() {
				records++
			}
			if records != 1000 {
				t.Error(s.name, records)
			}
		}); n > 2 { // the buffer of a new spill
			t.Errorf("%s: %v allocations to read 1,000 records back", s.name, n)
		}
	}
}

func BenchmarkSpill(b *testing.B) {
	s := streams()[0]
	rd, in := ndjson.NewReader(s.plan, ndjson.Options{}), new(bytes.Reader)
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
