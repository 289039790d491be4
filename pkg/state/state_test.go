package state

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

var allNeeds = agg.Needs{Squares: true, MinMax: true, FirstLast: true, Quantiles: true, Series: true}

// reading is a reading with its time, as tests make it.
type reading struct {
	t stamp.Time
	d exact.Dec
}

func parse(t interface{ Fatal(...any) }, text string) exact.Dec {
	d, err := exact.Parse([]byte(text))
	if err != nil {
		t.Fatal(text, err)
	}
	return d
}

// readings returns readings of all magnitudes, with equal ones among them.
func readings(t *rapid.T, label string) (list []reading) {
	numbers := rapid.SampledFrom([]string{"0", "0.1", "-0.1", "70.5", "1e300", "-1e300", "5e-324", "123456789012345678901234567890", "1e-1000"})
	times := rapid.Int64Range(-10, 10)
	for range rapid.IntRange(0, 40).Draw(t, label) {
		text := numbers.Draw(t, "number")
		if rapid.Bool().Draw(t, "other") {
			text = fmt.Sprint(rapid.Int64().Draw(t, "int"))
		}
		list = append(list, reading{stamp.Time{Sec: times.Draw(t, "time"), Nsec: rapid.Int32Range(0, 999999999).Draw(t, "nsec")}, parse(t, text)})
	}
	return list
}

func part(need agg.Needs, list []reading) window.Part {
	p := window.NewPart(need)
	for _, r := range list {
		p.Add(r.t, r.d)
	}
	return p
}

// write returns a state with one aggregate.
func write(p *window.Part, need agg.Needs) []byte {
	var b bytes.Buffer
	w := NewWriter(&b, Header{Tool: "t", Flags: []Flag{{Name: "f", Value: "\u2028\\"}}})
	w.SetFields([][]byte{[]byte(`"x"`), []byte(`"y\\"`)})
	w.Line("field")
	w.Key([]byte(`"a"` + "\x00null\x001.0"))
	w.Field(1)
	c := p.Contents()
	w.Contents(&c, need)
	w.Close()
	return b.Bytes()
}

func read(text []byte, need agg.Needs) (window.Part, error) {
	p := window.NewPart(need)
	r, err := Parse(text)
	if err != nil {
		return p, err
	}
	r.Fields()
	if !r.Next("field") {
		return p, errors.New("no aggregate")
	}
	if string(r.Key()) != `"a"`+"\x00null\x001.0" || r.Field() != 1 || r.Header().Flags[0] != (Flag{Name: "f", Value: "\u2028\\"}) {
		return p, errors.New("another key, field or flag")
	}
	ok := p.Restore(r.Contents(need))
	if !ok {
		r.Fail("sum")
	}
	return p, r.Done()
}

// TestAggregateDependsOnTheSetAlone: whatever is needed, what was written reads back, and
// neither the order of readings nor a save in between changes a byte.
func TestAggregateDependsOnTheSetAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bit := func(name string) bool { return rapid.Bool().Draw(t, name) }
		need := agg.Needs{Squares: bit("squares"), FirstLast: bit("first"), Quantiles: bit("quantiles"), MinMax: bit("extremes"), Series: bit("series")}
		need.MinMax = need.MinMax || need.Quantiles
		a, b := readings(t, "before"), readings(t, "after")
		whole := part(need, append(slices.Clone(a), b...))
		want := write(&whole, need)

		first := part(need, a)
		second, err := read(write(&first, need), need)
		if err != nil {
			t.Fatal(err)
		}
		mixed := slices.Clone(b)
		rand.New(rand.NewPCG(1, uint64(len(b)))).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		for _, r := range mixed {
			second.Add(r.t, r.d)
		}
		got := write(&second, need)
		if !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// TestTruncatedQuantilesReadBack: so many different readings that steps are kept.
func TestTruncatedQuantilesReadBack(t *testing.T) {
	t.Parallel()
	p := window.NewPart(allNeeds)
	for i := range 10_000 {
		p.Add(stamp.Time{Sec: int64(i)}, parse(t, fmt.Sprintf("%d.%d", i%97, i)))
	}
	text := write(&p, allNeeds)
	q, err := read(text, allNeeds)
	if err != nil || !bytes.Equal(write(&q, allNeeds), text) {
		t.Fatal("it reads back differently", err)
	}
	for num := range int64(11) {
		got, want := q.Quantile(num, 10).Append(nil, -1), p.Quantile(num, 10).Append(nil, -1)
		if !bytes.Equal(got, want) {
			t.Errorf("quantile %d/10: %s, want %s", num, got, want)
		}
	}
}

// TestDamageIsFound: each byte flipped in each bit, each cut, and each pair of joined halves
// is refused.
func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	p := part(allNeeds, []reading{{stamp.Time{Sec: 1, Nsec: 5}, parse(t, "0.1")}, {stamp.Time{Sec: -1}, parse(t, "1e300")}})
	text := write(&p, allNeeds)
	refused := func(what string, damaged []byte) {
		t.Helper()
		_, err := Parse(damaged)
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range text {
		for bit := range 8 {
			damaged := bytes.Clone(text)
			damaged[i] ^= 1 << bit
			refused(fmt.Sprintf("byte %d, bit %d", i, bit), damaged)
		}
		refused(fmt.Sprintf("cut at %d", i), text[:i])
		if i > 0 {
			refused(fmt.Sprintf("without the first %d bytes", i), text[i:])
		}
	}
	q := part(allNeeds, []reading{{stamp.Time{Sec: 1, Nsec: 5}, parse(t, "0.2")}})
	other := write(&q, allNeeds)
	for i := range text {
		for j := range other {
			joined := append(bytes.Clone(text[:i]), other[j:]...)
			if !bytes.Equal(joined, text) && !bytes.Equal(joined, other) {
				refused(fmt.Sprintf("%d bytes, and another from %d", i, j), joined)
			}
		}
	}
	refused("twice", append(bytes.Clone(text), text...))
	refused("nothing", nil)
}

// seal appends the last line that fits lines.
func seal(lines string) []byte {
	r := &Writer{}
	for line := range strings.Lines(lines) {
		r.lines++
		r.sum = crcOf(r.sum, line)
	}
	return append([]byte(lines), appendEnd(nil, r.lines, r.sum)...)
}

// TestWrongMembersAreErrors: with a right checksum, too.
func TestWrongMembersAreErrors(t *testing.T) {
	t.Parallel()
	_, err := Parse(seal(`{"weir":"state","version":2,"tool":"t","flags":{}}` + "\n"))
	var version *VersionError
	if !errors.As(err, &version) || version.Version != 2 || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("another version: %v", err)
	}
	for _, first := range []string{
		`{"weir":"partial","version":1,"tool":"t","flags":{}}`, `[]`, `{`, `{"weir":"state"}`, `{"weir":"state","version":"1"}`, `{"weir":"state","version":1.5}`,
		`{"weir":"state","version":1,"tool":"t"}`, `{"weir":"state","version":1,"tool":"t","flags":{"a":1}}`, `{"weir":"state","version":1,"tool":"t","flags":{"a":"1",}}`, `{"weir":"state","version":1,"tool":"t","flags":{"a":"1""b":"1"}}`, `{"weir":"state","version":1,"tool":"t","flags":{} }`, `{"version":1,"weir":"state"}`, `{"weir":"state","version":1,"tool":1,"flags":{}}`,
		`{"weir":"state","version":1,"tool":"t","flags":{}}` + "\n{}", `{"weir":"state","version":1,"tool":"t","flags":{}}` + "\n" + `{"kind":"}`,
	} {
		_, err := Parse(seal(first + "\n"))
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", first, err)
		}
	}
	header := `{"weir":"state","version":1,"tool":"t","flags":{}}` + "\n"
	for _, line := range []string{
		`"count":1`, `"count":-1,"sum":"0"`, `"count":1,"sum":0`, `"count":1,"sum":"00","squares":"1"`, `"count":1,"sum":"1","squares":"x"`,
		`"count":1,"sum":"1","squares":"1","min":1`, `"count":1,"sum":"1","squares":"1","min":"1","max":1`, `"count":1,"sum":"1","squares":"1","min":2,"max":1`, `"count":1,"sum":"1","squares":"1","min":1e999,"max":1`,
		`"count":1,"sum":"1","squares":"1","min":1,"max":1`, `"count":1,"sum":"1","squares":"1","min":1,"max":1,"values":"r 1 2"`, `"count":1,"sum":"1","squares":"1","min":1,"max":1,"values":"r x"`,
		`"count":1,"sum":"1","squares":"1","min":1,"max":2,"values":"r 1"`, `"count":1,"sum":"1","squares":"1","min":1,"max":1,"values":"r 2"`, `"count":1,"sum":"1.0","squares":"1","min":1,"max":1,"values":"r 1"`,
		`"count":2,"sum":"3","squares":"5","min":1,"max":2,"first":{"time":"2","value":1},"last":{"time":"1","value":2},"values":"r 1 2"`, `"count":2,"sum":"3","squares":"5","min":1,"max":2,"first":{"time":"1","value":2},"last":{"time":"1","value":1},"values":"r 1 2"`,
		`"count":1,"squares":"1","sum":"1","min":1,"max":1,"values":"r 1"`,
		`"count":1,"sum":"1","squares":"1","min":1,"max":1,"first":1,"values":"r 1"`, `"count":1,"sum":"1","squares":"1","min":1,"max":1,"first":{"time":"1"},"values":"r 1"`,
		`"count":1,"sum":"1","squares":"1","min":1,"max":1,"first":{"time":"1.5","value":1},"last":{"time":"1","value":1},"values":"r 1"`,
		`"count":1,"sum":"1","squares":"1","min":1,"max":1,"first":{"time":"x","value":1},"last":{"time":"1","value":1},"values":"r 1"`,
		`"count":1,"sum":"1","squares":"1","min":1,"max":1,"first":{"time":"1","value":1},"values":"r 1"`,
	} {
		r, err := Parse(seal(header + `{"kind":"a",` + line + "}\n"))
		if err != nil || !r.Next("a") {
			t.Fatal(line, err)
		}
		c := r.Contents(allNeeds)
		if !errors.Is(r.Err(), ErrDamaged) || c.Totals.Len() != 0 {
			t.Errorf("%s: %v, and a count of %d", line, r.Err(), c.Totals.Len())
		}
	}
	wrong := map[string]func(r *Reader){
		`"a":"x"`: func(r *Reader) { r.Int("a") }, `"a":1.0`: func(r *Reader) { r.Int("a") }, `"a":-0`: func(r *Reader) { r.Int("a") }, `"a":01`: func(r *Reader) { r.Int("a") }, `"a":`: func(r *Reader) { r.Int("a") },
		`"a":9223372036854775808`: func(r *Reader) { r.Int("a") }, `"a":-9223372036854775809`: func(r *Reader) { r.Int("a") }, `"a":99999999999999999999`: func(r *Reader) { r.Int("a") },
		`"a":1`: func(r *Reader) { r.Bool("a") }, `"a":True`: func(r *Reader) { r.Bool("a") }, `"a":2`: func(r *Reader) { r.Text("a") }, `"a":"x`: func(r *Reader) { r.Text("a") }, `"a":"\/"`: func(r *Reader) { r.Text("a") },
		`"a":"\x"`: func(r *Reader) { r.Text("a") }, "\"a\":\"\xff\"": func(r *Reader) { r.Text("a") }, "\"a\":\"\t\"": func(r *Reader) { r.Text("a") }, "\"a\":\"\u2028\"": func(r *Reader) { r.Text("a") },
		`"a":"xy"`: func(r *Reader) { r.Bytes("a") }, `"a":[1]`: func(r *Reader) { r.Texts("a") }, `"a":["x",]`: func(r *Reader) { r.Texts("a") }, `"a":["x" ]`: func(r *Reader) { r.Texts("a") }, `"a":["x"`: func(r *Reader) { r.Texts("a") },
		`"a":"l"`: func(r *Reader) { r.Texts("a") }, `"a":[true,1]`: func(r *Reader) { r.Bools("a") }, `"a":true`: func(r *Reader) { r.Bools("a") },
		`"a":"1"`: func(r *Reader) { r.Dec("a") }, `"a":1.50`: func(r *Reader) { r.Dec("a") }, `"a":1e2`: func(r *Reader) { r.Dec("a") }, `"a":["1"]`: func(r *Reader) { r.Decs("a") }, `"a":3`: func(r *Reader) { r.Decs("a") }, `"a":[1,,2]`: func(r *Reader) { r.Decs("a") },
		`"a":4`: func(r *Reader) { r.Time("a") }, `"a":"1.5"`: func(r *Reader) { r.Time("a") }, `"a":"1.000000000"`: func(r *Reader) { r.Time("a") }, `"a":"1.00000000x"`: func(r *Reader) { r.Time("a") }, `"a":"+1"`: func(r *Reader) { r.Time("a") },
		`"key":[{}]`: func(r *Reader) { r.Key() }, `"key":[[]]`: func(r *Reader) { r.Key() }, `"key":[x]`: func(r *Reader) { r.Key() }, `"key":[]]`: func(r *Reader) { r.Key() }, `"key":1`: func(r *Reader) { r.Key() },
		`"field":"x"`: func(r *Reader) { r.Field() }, `"field":1`: func(r *Reader) { r.Field() }, `"a":5`: func(r *Reader) { r.Fields() }, `"a":6`: func(r *Reader) { r.Done() }, `"a":7`: func(r *Reader) { r.Fail("a") },
		`"a":8`: func(r *Reader) { r.Int("b") }, `"a":1,"b":2`: func(r *Reader) { r.Int("a"); r.Next("b") }, `"b":1,"a":2`: func(r *Reader) { r.Int("a") }, ` "a":9`: func(r *Reader) { r.Int("a") }, `"a" :9`: func(r *Reader) { r.Int("a") },
		`"a":10`: func(r *Reader) { r.Int("a"); r.Next("b"); r.Done() }, `"a":11`: func(r *Reader) { r.Int("a"); r.Empty(); r.Int("n") },
	}
	for line, f := range wrong {
		r, err := Parse(seal(header + `{"kind":"a",` + line + "}\n" + `{"kind":"b"` + "\n" + `{"kind":"c"}` + "\n"))
		if err != nil || !r.Next("a") {
			t.Fatal(err)
		}
		f(r)
		r.Next("c")
		if !errors.Is(r.Err(), ErrDamaged) {
			t.Errorf("%s: %v", line, r.Err())
		}
		// After an error, nothing is returned any more.
		if r.Next("b") || r.Int("n") != 0 || r.Bool("n") || r.Text("a") != "" || r.Texts("t") != nil || r.Bools("l") != nil || r.Decs("l") != nil || r.Has("a") || r.Key() != nil ||
			r.Time("a") != (stamp.Time{}) || r.Dec("n").Sign() != 0 || r.Empty() || r.Done() == nil {
			t.Errorf("%s: something was returned after an error", line)
		}
	}
}

// failing is a writer that fails after some bytes.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return 0, errors.New("full")
	}
	f.left -= len(p)
	return len(p), nil
}

func TestFirstErrorOfAWriteIsReturned(t *testing.T) {
	t.Parallel()
	w := NewWriter(&failing{}, Header{})
	for range 10_000 {
		w.Line("a")
		w.Bools("b", []bool{true, false})
		w.Bytes("c", []byte{0, 0xff})
		w.Texts("d", []string{"", "\n"})
		w.Bool("e", true)
		w.Decs("f", make([]exact.Dec, 2))
	}
	err := w.Close()
	if err == nil || err.Error() != "full" {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	p := part(allNeeds, []reading{{stamp.Time{Sec: 1}, exact.Int(5)}})
	f.Add(write(&p, allNeeds))
	f.Fuzz(func(t *testing.T, text []byte) {
		q, err := read(text, allNeeds)
		if err == nil && !bytes.Equal(write(&q, allNeeds), text) {
			t.Errorf("read, and written differently: %q", text)
		}
	})
}

// FuzzLine changes the line of an aggregate, with the checksum that fits: it is refused, or
// written as it was read.
func FuzzLine(f *testing.F) {
	before := `{"weir":"state","version":1,"tool":"t","flags":{"f":"\u2028\\"}}` + "\n" + `{"kind":"fields","names":["x","y\\"]}` + "\n" + `{"kind":"field","key":["a",null,1.0],"field":"y\\",`
	for _, line := range []string{
		`"count":0,"sum":"0","squares":"0","values":"r"`, `"count":1,"sum":"1","squares":"1","min":1,"max":1,"values":"r 1"`, `"count":1,"sum":"2","squares":"1","min":1,"max":1,"values":"r 1"`,
		`"count":2,"sum":"0.5","squares":"1.25","min":-0.5,"max":1,"first":{"time":"-1.000000005","value":1},"last":{"time":"7","value":-0.5},"values":"r -0.5 1"`,
		`"count":5000,"sum":"1e300","squares":"1e600","min":1,"max":1e300,"values":"r 1*4999 1e300"`, `"count":2,"sum":"2","squares":"3","min":1,"max":1,"values":"r 1*2"`,
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		text := seal(before + strings.ReplaceAll(line, "\n", "") + "}\n")
		q, err := read(text, allNeeds)
		if err == nil && !bytes.Equal(write(&q, allNeeds), text) {
			t.Errorf("read, and written differently: %s\n%s", text, write(&q, allNeeds))
		}
	})
}

func crcOf(sum uint32, line string) uint32 { return crc32.Update(sum, castagnoli, []byte(line)) }

// TestHeldRecordReadsBack: with its position, its time and its readings; and a wrong one is an
// error.
func TestHeldRecordReadsBack(t *testing.T) {
	t.Parallel()
	fold := batch.NewFold(batch.Plan{Numbers: []batch.Path{{"x"}, {"y"}}})
	want := batch.HeldState{
		File: "a\xff.jsonl", Line: 7, Offset: 100, Column: 3, Text: []byte(" {\"x\":1,\"é\":\"10:00\"}\n"), Key: []byte("\"a\"\x00null"),
		Row: batch.Row{From: 1, To: 21, End: 22, When: 15, WhenEnd: 22, Time: stamp.Time{Sec: -5, Nsec: 7}}, Slots: []int{1, 0}, Nums: []exact.Dec{parse(t, "1e300"), exact.Int(1)},
	}
	h, ok := fold.Hold(want)
	if !ok {
		t.Fatal("not held")
	}
	written := func(h *batch.Held) *bytes.Buffer {
		var b bytes.Buffer
		w := NewWriter(&b, Header{})
		w.SetFields([][]byte{[]byte(`"x"`), []byte(`"y"`)})
		w.Held("first", h)
		w.Close()
		return &b
	}
	b := written(h)
	open := func(text []byte) *Reader {
		r, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		r.Fields()
		r.SetFold(fold)
		return r
	}
	r := open(b.Bytes())
	if r.Held("held") != nil {
		t.Error("a line of another kind was read")
	}
	got := r.Held("first")
	if r.Done() != nil || got == nil {
		t.Fatal(r.Done())
	}
	if !bytes.Equal(written(got).Bytes(), b.Bytes()) || got.TimeFault("late", "").Error() != h.TimeFault("late", "").Error() || got.TimeFault("late", "").Line != 7 {
		t.Errorf("got  %s\nwant %s", written(got), b)
	}
	body := b.Bytes()[:bytes.LastIndexByte(b.Bytes()[:b.Len()-1], '\n')+1]
	for _, change := range [][2]string{{`"from":1`, `"from":-1`}, {`"from":1`, `"from":22`}, {`"end":22`, `"end":99`}, {`["y","x"]`, `["y"]`}, {`["y","x"]`, `["y","z"]`}, {`"line":7`, `"line":"7"`}} {
		changed := bytes.Replace(body, []byte(change[0]), []byte(change[1]), 1)
		r := open(seal(string(changed)))
		if bytes.Equal(changed, body) || r.Held("first") != nil || !errors.Is(r.Err(), ErrDamaged) {
			t.Errorf("%s instead of %s: %v", change[1], change[0], r.Err())
		}
	}
}
