package recent

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
)

// listedName returns the name by which a record's machine is listed, as encoding/json
// reads it: "" if it names none, ok is false if the name is never listed.
func listedName(text string) (name string, ok bool) {
	var r struct{ Machine json.RawMessage }
	err := json.Unmarshal([]byte(text), &r)
	if err != nil {
		panic(err)
	}
	raw := string(r.Machine)
	switch {
	case raw == "" || raw == "null" || raw[0] == '{' || raw[0] == '[':
		return "", true
	case raw[0] != '"':
		return raw, true
	}
	_ = json.Unmarshal(r.Machine, &name)
	return name, len(name) <= 256 && !strings.ContainsAny(name, "\x00\n\u0085\ufffd")
}

// checkMachines compares the machines of rs with a count over all records of its view.
// It returns how many are listed.
func checkMachines(t failer, rs *Records) (listed int) {
	t.Helper()
	m := rs.Machines()
	counts, last, unnamed := map[string]int{}, map[string]uint64{}, 0
	for _, r := range m.View.Select(Query{Limit: -1}).Records {
		name, ok := listedName(string(r.Raw))
		switch {
		case ok && name == "":
			unnamed++
		case ok:
			counts[name]++
			last[name] = r.Seq
		}
	}
	total := m.Unnamed + m.Unlisted
	for i, x := range m.List {
		if x.Records != counts[x.Name] || x.Last == nil || x.Last.Seq != last[x.Name] || x.Records == 0 {
			t.Fatalf("machine %q: %+v, want %d records, the last is %d", x.Name, x, counts[x.Name], last[x.Name])
		}
		if i > 0 && m.List[i-1].Name >= x.Name {
			t.Fatalf("%q after %q", x.Name, m.List[i-1].Name)
		}
		total += x.Records
		if i >= 100 {
			continue
		}
		one, _, ok := rs.Machine(x.Name)
		if !ok || one.Records != x.Records {
			t.Fatalf("Machine returns %+v for %q", one, x.Name)
		}
	}
	if total != m.View.Held || m.Unnamed != unnamed || m.Unlisted == 0 && len(m.List) != len(counts) {
		t.Fatalf("%d machines, %d unnamed, %d unlisted; want %d and %d of %d records", len(m.List), m.Unnamed, m.Unlisted, len(counts), unnamed, m.View.Held)
	}
	return len(m.List)
}

type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// TestMachinesEqualModel: whatever comes between two calls, each machine that is listed
// has exactly the records that the view has of it, and each record is counted once.
func TestMachinesEqualModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := New(options(rapid.SampledFrom([]int{1, 3, 20, 300}).Draw(t, "keep"), 1<<20))
		b.machines.maxMachines = rapid.SampledFrom([]int{2, 5, 1000}).Draw(t, "machines")
		b.machines.maxNames = rapid.SampledFrom([]int{10, 1 << 20}).Draw(t, "names")
		machine := rapid.SampledFrom([]string{
			`"m1"`, `"m2"`, `"m3"`, `"m4"`, `"m5"`, `"\u006d1"`, `7`, `"7"`, `7.0`, `true`, `null`, `{}`, `""`, `"a/b"`, `"ä"`, `"\ud800"`, `"\ud800\n"`, `"a\u0000"`,
			`"` + strings.Repeat("x", 256) + `"`, `"` + strings.Repeat("x", 257) + `"`,
		})
		for range rapid.IntRange(1, 8).Draw(t, "rounds") {
			for range rapid.IntRange(0, 40).Draw(t, "records") {
				text := "{}"
				if rapid.IntRange(0, 9).Draw(t, "none") > 0 {
					text = `{"machine":` + machine.Draw(t, "machine") + `}`
				}
				push(t, b, text+"\n")
			}
			b.Publish()
			checkMachines(t, b)
		}
	})
}

// TestMachinesAreBounded: a stream that invents a new machine with a long name for each
// record does not list more than the limits; machines that are evicted make place for
// others.
func TestMachinesAreBounded(t *testing.T) {
	t.Parallel()
	b := New(options(12_000, 1<<30))
	next := 0
	invent := func(n, length int) {
		var text strings.Builder
		for range n {
			next++
			fmt.Fprintf(&text, "{\"machine\":\"%0*d\"}\n", length, next)
		}
		push(t, b, text.String())
		b.Publish()
	}
	invent(11_000, 8)
	n := checkMachines(t, b)
	if n != MaxMachines {
		t.Errorf("%d machines, want %d", n, MaxMachines)
	}
	invent(13_000, 256) // evicts all of these
	n = checkMachines(t, b)
	if n != MaxNames/256 {
		t.Errorf("%d machines with long names, want %d", n, MaxNames/256)
	}
	invent(13_000, 300) // names that are never listed
	push(t, b, "{\"machine\":\"m1\"}\n")
	b.Publish()
	n = checkMachines(t, b)
	if n != 1 {
		t.Errorf("%d machines, want m1 alone", n)
	}
}

// TestFields: all numbers of a record, in its order, except the time and the machine.
func TestFields(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`{}`:                              nil,
		`{"machine":7,"a":{"machine":1}}`: {"a.machine"},
		`{"timestamp":1,"a":1,"b":"1","c":null,"d":-0.5e9, "e" : [ 1 , "x" , { "f" : 2 } , [ ] , [3] ]}`: {"a", "d", "e.0", "e.2.f", "e.4.0"},
		`{"temperature":70,"moving_averages":{"temperature":1},"x.y":{"timestamp":2}}`:                   {"temperature", "moving_averages.temperature", `x\.y.timestamp`},
		`{"a":1,"a":2,"\u0061":3}`: {"a"},
		`{"1":{"2":{"3":{"4":{"5":{"6":{"7":{"8":8,"9":{"10":10}}}}}}}},"b":1}`: {"1.2.3.4.5.6.7.8", "b"},
	} {
		_, err := jsonscan.Object([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, path := range fieldsOf(text) {
			got = append(got, path.Spell())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func fieldsOf(text string) []batch.Path {
	return New(options(1, 1<<20)).Fields(&Record{Raw: []byte(text)})
}

// TestFieldsAreBounded: a record with many numbers, or with long names, has as many
// fields as the limits allow.
func TestFieldsAreBounded(t *testing.T) {
	t.Parallel()
	n := len(fieldsOf(`{"a":[0` + strings.Repeat(",0", 100_000) + `]}`))
	if n != MaxFields {
		t.Errorf("%d fields, want %d", n, MaxFields)
	}
	n = len(fieldsOf(`{"` + strings.Repeat("x", 1000) + `":[0,0,0,0]}`))
	if n != 2 {
		t.Errorf("%d fields with long names, want 2", n)
	}
	n = len(fieldsOf(strings.Repeat(`{"a":`, 900) + "1" + strings.Repeat("}", 900)))
	if n != 0 {
		t.Errorf("%d fields in a deep record, want 0", n)
	}
}

// BenchmarkMachines is a request after each 1,000 records, of 1,000,000 that are kept of
// 10,000 machines.
func BenchmarkMachines(b *testing.B) {
	rs := New(options(1_000_000, 1<<30))
	var text strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&text, "{\"timestamp\":\"2024-05-06T08:00:00Z\",\"machine\":\"m%d\",\"temperature\":18.8,\"speed\":%d,\"status\":\"IDLE\"}\n", i%10_000, i%100)
	}
	push(b, rs, text.String())
	rs.Publish()
	more := text.String()[:90_000]
	more = more[:strings.LastIndexByte(more, '\n')+1]
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			rs.machines.byName = nil
			rs.Machines()
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			push(b, rs, more)
			rs.Publish()
			b.StartTimer()
			rs.Machines()
		}
	})
}
