package ndjson_test

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
	"weir/pkg/stamp"
)

// TestValueErrors: records that are good JSON, with an error of what the plan reads. A
// record is judged in the order condition, key, time, value, on lines and in an array.
// want is the column of the error and its text; "…" at its end stands for any text.
func TestValueErrors(t *testing.T) {
	t.Parallel()
	unix, err := stamp.ParseFormat("unix")
	if err != nil {
		t.Fatal(err)
	}
	plan := batch.Plan{
		Numbers: []batch.Path{{"v"}, {"m", "w"}}, Time: batch.Path{"timestamp"}, Key: []batch.Path{{"k"}},
		Where: []batch.Cond{{Path: batch.Path{"on"}, Value: "1"}},
	}
	nestedTime, counted := plan, plan
	nestedTime.Time = batch.Path{"meta", "time"}
	counted.Format = unix
	const at = `"on":1,"timestamp":"2018-12-26 18:11:08"`
	for _, f := range []struct {
		plan batch.Plan
		line string
		want string
	}{
		{plan, `{` + at + `,"v":"7.4"}`, `47 not a number: "7.4"`},
		{plan, `{` + at + `,"v":true}`, `47 not a number: true`},
		{plan, `{` + at + `,"v":[1]}`, `47 not a number: [1]`},
		{plan, `{` + at + `,"m":{"w":{}}}`, `52 not a number: {}`},
		{plan, `{` + at + `,"v":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`, `47 not a number: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…`},
		{plan, `{` + at + `,"v":1e400}`, `47 out of range: 1e400`},
		{plan, `{` + at + `,"v":-1e309}`, `47 out of range: -1e309`},
		{plan, `{` + at + `,"v":1e-2000}`, `47 too fine (non-zero digits below 1e-1100): 1e-2000`},
		{plan, `{"on":1,"v":1}`, `1 no "timestamp", which should hold the time`},
		{plan, `{"on":1,"timestmp":1}`, `1 no "timestamp", which should hold the time (-t timestmp?)`},
		{plan, `{"on":1,"date":1,"Timestamps":2}`, `1 no "timestamp", which should hold the time (-t Timestamps?)`},
		{plan, `{"on":1,"ts":1,"tsx":2}`, `1 no "timestamp", which should hold the time (-t ts?)`},
		{plan, `{"on":1,"time\u0073\u0000amp":1}`, `1 no "timestamp", which should hold the time (-t 'times\u0000amp'?)`},
		{plan, `{"on":1,"v":7,"m":{"a":1},"EdgeEnd":"2018-12-26T18:11:08Z"}`, `1 no "timestamp", which should hold the time (-t EdgeEnd?)`},
		{plan, `{"on":1,"t":{"$date":"2018-12-26T18:11:08.509+00:00"}}`, `1 no "timestamp", which should hold the time (-t 't.$date'?)`}, // MongoDB's log
		{plan, `{"on":1,"instant":{"epochSecond":1545847868,"nanoOfSecond":631000000}}`, `1 no "timestamp", which should hold the time (-t instant.epochSecond?)`},
		{plan, `{"on":1,"__REALTIME_TIMESTAMP":"1534860261221373"}`, `1 no "timestamp", which should hold the time (-t __REALTIME_TIMESTAMP?)`},
		{plan, `{"on":1,"started_at":1490386367764.0}`, `1 no "timestamp", which should hold the time (-t started_at?)`},
		{plan, `{"on":1,"event.at":"2018-12-26 18:11:08"}`, `1 no "timestamp", which should hold the time (-t 'event\.at'?)`},
		{plan, `{"on":1,"it's":"2018-12-26 18:11:08"}`, `1 no "timestamp", which should hold the time (-t 'it'\''s'?)`},
		{plan, `{"on":1,"bytes":1545847868,"id":"1545847868","runtime":120,"a":[{"b":"2018-12-26 18:11:08"}],"c":null,"d":"noon","":"2018-12-26 18:11:08"}`, `1 no "timestamp", which should hold the time`},
		{plan, `{"on":1,"m":{"timestamp":1}}`, `1 no "timestamp", which should hold the time`},
		{nestedTime, `{"on":1,"meta":{"tim":1}}`, `1 no "meta.time", which should hold the time`},
		{plan, `{"on":1,"timestamp":null}`, `21 not a time: null`},
		{plan, `{"on":1,"timestamp":{"a":1}}`, `21 not a time: {"a":1}`},
		{plan, `{"on":1,"timestamp":{"zone":"UTC","$date":"2018-12-26T18:11:08Z"}}`, `21 not a time: {"zone":"UTC","$date":"2018-12-26T18:11:… (-t 'timestamp.$date'?)`},
		{plan, `{"on":1,"timestamp":["2018-12-26T18:11:08Z"]}`, `21 not a time: ["2018-12-26T18:11:08Z"]`},
		{nestedTime, `{"on":1,"meta":{"time":{"at":"2018-12-26T18:11:08Z"}}}`, `24 not a time: {"at":"2018-12-26T18:11:08Z"} (-t meta.time.at?)`},
		{plan, `{"on":1,"timestamp":"yesterday"}`, `21 not a time: yesterday…`},
		{plan, `{"on":1,"timestamp":""}`, `21 not a time: …`},
		{plan, `{"on":1,"timestamp":"\u0007\u001b[31m"}`, `21 not a time: …`},
		{plan, `{"on":1,"timestamp":"2018-13-01 00:00:00"}`, `21 not a time: 2018-13-01 00:00:00 (there is no month 13)`},
		{counted, `{"on":1,"timestamp":1e300}`, `21 not a time: 1e300…`},
		{plan, `{` + at + `,"k":[1,2]}`, `47 the key "k" is neither text, number, true, false nor null: [1,2]`},
		{plan, `{` + at + `,"k":{}}`, `47 the key "k" is neither text, number, true, false nor null: {}`},
		{plan, `{"on":1,"v":"x","timestamp":"x","k":{}}`, `37 the key "k" is neither text, number, true, false nor null: {}`},
		{plan, `{"on":1,"v":"x","timestamp":"y","k":1}`, `29 not a time: y…`},
		{plan, `{"on":2,"v":"x","timestamp":"y","k":{}}`, ``},
		{plan, `{` + at + `,"v":null,"m":1}`, ``},
	} {
		good := `{` + at + `,"v":1}`
		want := []string{good, f.line, good}
		if f.want != "" {
			want[1] = "2:" + f.want
		}
		if f.plan.Time.Equal(nestedTime.Time) || f.plan.Format != plan.Format {
			good = `{"on":0}` // filtered out, so never judged
			want[0], want[2] = good, good
		}
		in := good + "\n" + f.line + "\n" + good
		expect(t, in, clip(read(t, f.plan, strings.NewReader(in)), want), want)
		n, reason, ok := strings.Cut(f.want, " ")
		if ok {
			column, _ := strconv.Atoi(n)
			want[1] = "2:" + strconv.Itoa(column+2) + " " + reason
		}
		in = "[" + good + ",\r\n  " + f.line + ",\n" + good + "]"
		expect(t, in, clip(read(t, f.plan, strings.NewReader(in)), want), want)
	}
}

// clip makes each line of got that begins as a line of want does before its "…" equal
// to it. That is for the messages of the time parser, which its own tests check.
func clip(got, want []string) []string {
	for i := range min(len(got), len(want)) {
		head, open := strings.CutSuffix(want[i], "…")
		if open && strings.HasPrefix(got[i], head) {
			got[i] = want[i]
		}
	}
	return got
}

// TestReportOnly: with Plan.ReportOnly a record with value errors is good, and Reported
// has them all.
func TestReportOnly(t *testing.T) {
	t.Parallel()
	plan := batch.Plan{Numbers: []batch.Path{{"a"}, {"b"}, {"c"}}, ReportOnly: true}
	rd := newReader(plan, ndjson.Options{})
	rd.reset(strings.NewReader(`{"a":"x","b":2,"c":1e999}` + "\n" + `{"b":1}`))
	b, row, err := rd.next()
	if err != nil || b.Error(row) != nil {
		t.Fatal(err)
	}
	r := b.Record(row)
	reported := b.Reported(row)
	if r.Judge() != nil || len(reported) != 2 || r.Len() != 1 {
		t.Fatal(r.Judge(), reported, r.Len())
	}
	expect(t, "reported", []string{position(reported[0]), position(reported[1])}, []string{`1:6 not a number: "x"`, `1:20 out of range: 1e999`})
	slot, num := r.At(0)
	if slot != 1 || num.Float() != 2 {
		t.Error(slot, num)
	}
	b, row, err = rd.next()
	if err != nil || len(b.Reported(row)) != 0 {
		t.Error("the errors of the record before are reported", err)
	}
}

// TestLongLines: a line or element over MaxLine is one error. Its neighbours are read,
// and Text has its first MaxLine bytes.
func TestLongLines(t *testing.T) {
	t.Parallel()
	long := `{"long":"` + strings.Repeat("x", 1000) + `"}`
	whole := `{"n":` + strings.Repeat("1", 94) + `}` // 100 bytes
	for _, in := range []string{
		whole + "\n" + long + "\n" + whole + "\n",
		whole + "\n" + long + "\r\n" + whole,
		"[" + whole + "\n," + long + ",\n" + whole + "]",
		"[" + whole + "\n," + "\"" + long[9:1009] + "\"" + " ,\n" + whole + "]",
		"[" + whole + "\n," + strings.ReplaceAll(long, ":", ":\n\n[[") + ",\n" + whole + "\n]",
	} {
		for size := 1; size < len(in); size = size*3 + 1 {
			rd := ndjson.NewRecords(batch.Plan{}, ndjson.Options{MaxLine: 100})
			rd.Reset(&pieces{data: in, size: func() int { return size }}, "in")
			r, err := rd.Next()
			if err != nil || string(r.Raw()) != whole {
				t.Fatal(err)
			}
			_, err = rd.Next()
			var bad *batch.LineError
			if !errors.As(err, &bad) || bad.Line != 2 || bad.Reason != "longer than 100 bytes (--max-line allows more)" {
				t.Fatalf("%.40q: %v", in, err)
			}
			text, all := rd.Text()
			if all || len(text) != 100 || !strings.HasPrefix(in[bad.Offset:], string(text)) {
				t.Errorf("Text is %q, %v at %d", text, all, bad.Offset)
			}
			if strings.Contains(in, "[[") {
				continue // unbalanced: what follows is inside
			}
			r, err = rd.Next()
			if err != nil || string(r.Raw()) != whole {
				t.Fatalf("%.40q: %v", in, err)
			}
			_, err = rd.Next()
			if err != io.EOF {
				t.Error(err)
			}
		}
	}
}

// TestReadError: when the input fails, all whole lines come first, then the error,
// again and again. Unfinished is the length of the rest.
func TestReadError(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{
		"{}\n{}\n": 0, "{}\n{}\n{\"v\":1": 6, "[{},\n{},{": 1, "[{},{},": 0, "{}\n{}\n{}": 2,
	} {
		rd := newReader(batch.Plan{}, ndjson.Options{Clock: func() time.Duration { return time.Second }})
		rd.reset(io.MultiReader(strings.NewReader(in), broken{}))
		for range 2 {
			b, row, err := rd.next()
			if err != nil || b.Error(row) != nil || b.ReadAt != time.Second {
				t.Fatalf("%q: %v", in, err)
			}
		}
		for range 2 {
			_, _, err := rd.next()
			if err != io.ErrClosedPipe {
				t.Errorf("%q: %v", in, err)
			}
		}
		n := rd.rd.Unfinished()
		if n != want {
			t.Errorf("%q: %d bytes unfinished, want %d", in, n, want)
		}
	}
}

// broken is a reader that fails.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }
