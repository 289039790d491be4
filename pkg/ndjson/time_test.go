package ndjson

import (
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"weir/pkg/batch"
)

// TestFindTime: the time field is the plan's if the first good record has it, else the
// first of the common names that holds a time. It is the same for all reads and
// inputs that follow, and is no reading.
func TestFindTime(t *testing.T) {
	t.Parallel()
	const date, epoch = `"2018-12-26 18:11:08"`, "1545848000"
	for first, want := range map[string]string{
		`{"timestamp":null,"time":` + date + `}`:               "timestamp",
		`{"x":{"time":` + date + `}}`:                          "timestamp",
		`{"datetime":` + date + `,"ts":` + date + `}`:          "ts",
		`{"time":` + date + `,"date":` + date + `}`:            "date",
		`{"time":` + date + `,"date":"26 December"}`:           "time",
		`{"time":` + date + `,"date":20}`:                      "time",
		`{"@timestamp":"2018-12-26T18:11:08.509Z"}`:            "@timestamp",
		`{"ts":` + epoch + `}`:                                 "ts number",
		`{"ts":99999999}`:                                      "timestamp",
		`{"ts":1e8}`:                                           "ts number",
		`{"ts":100000000.5}`:                                   "ts number",
		`{"ts":-1545848000}`:                                   "timestamp",
		`{"ts":null,"time":true,"date":[]}`:                    "timestamp",
		`{"t\u0073":"` + epoch + `"}`:                          "ts",
		`{"ts":5,"ts":` + epoch + `}`:                          "ts number",
		`{"omitted":1,"datetime":"2018-12-26T18:11:08\u005a"}`: "datetime",
		`{"Date":` + date + `}`:                                "timestamp",
		"\n[1]\n{\"ts\":\n{\"ts\":" + epoch + "}":              "ts number",
		`[{"ts":` + epoch + `},{"date":` + date + `}]`:         "ts number",
		`[[],{"on":0,"ts":` + epoch + `}]`:                     "ts number",
	} {
		plan := batch.Plan{All: true, Time: batch.Path{"timestamp"}, FindTime: true, TimeOptional: true, IgnoreBadTime: true, Where: []batch.Cond{{Path: batch.Path{"on"}, Op: batch.NotEqual, Value: "0"}}}
		x := newPath(plan, Options{}, withKernel)
		found, rows := "timestamp", 0
		visit := func(b *batch.Batch) {
			if b.FoundTime != nil {
				found = b.FoundTime.Path.String()
				if b.FoundTime.Number {
					found += " number"
				}
			}
			for row := range b.Rows {
				if b.Error(row) != nil {
					continue
				}
				rows++
				r := b.Record(row)
				r.Resolve()
				field := strings.TrimSuffix(found, " number")
				for i := range r.Len() {
					slot, _ := r.At(i)
					if string(r.Name(slot)) == `"`+field+`"` {
						t.Errorf("%s: the time is a reading", first)
					}
				}
			}
		}
		x.read(iotest.OneByteReader(strings.NewReader(first+"\n{\"ts\":1545848001,\"time\":1545848002,\"timestamp\":1545848003}\n")), visit)
		before := found
		x.read(strings.NewReader(`{"datetime":`+date+`,"timestamp":`+date+"}\n"), visit)
		path := x.fold.Plan().Time.String()
		if found != want || before != want || path != strings.TrimSuffix(want, " number") || x.fold.Plan().FindTime {
			t.Errorf("%s: %s, then %s, in the plan %s; want %s", first, before, found, path, want)
		}
		if rows < 3 {
			t.Errorf("%s: %d records", first, rows)
		}
	}
}

// TestFindTimeOfNothing: an input without a good record decides nothing.
func TestFindTimeOfNothing(t *testing.T) {
	t.Parallel()
	x := newPath(batch.Plan{Time: batch.Path{"timestamp"}, FindTime: true}, Options{}, withKernel)
	for _, text := range []string{"", "\n\n", "[]", "{\n7\n"} {
		x.read(strings.NewReader(text), func(*batch.Batch) {})
		if !x.fold.Plan().FindTime {
			t.Errorf("%q has a time", text)
		}
	}
	n := 0
	x.read(strings.NewReader("{\n{\"date\":\"2018-12-26 18:11:08\"}\n{}\n"), func(b *batch.Batch) {
		for row := range b.Rows {
			got := fmt.Sprint(b.Error(row) != nil, b.Rows[row].Time.Sec)
			if got != [...]string{"true 0", "false 1545847868", "false 0"}[n] {
				t.Errorf("row %d: %s", row, got)
			}
			n++
		}
	})
	if n != 3 {
		t.Errorf("%d rows", n)
	}
}

// TestCondTimes: an order of the time field compares times, whatever form they have; other
// fields compare no text, and = compares text.
func TestCondTimes(t *testing.T) {
	t.Parallel()
	texts := []string{
		`"2018-12-26T18:11:08Z"`, `"2018-12-26 18:11:08.000"`, `"2018-12-26T19:11:08+01:00"`, `1545847868`, `1545847868000`, `"1545847868"`, `"2018-12-26T18:11:08\u005a"`, // the same time
		`"2018-12-26T18:11:07.9Z"`, `1545847867`, // before
		`"2018-12-26T18:11:08.1Z"`, `1545847868.5`, // after
		`"x"`, `null`, `{}`,
	}
	const same, before, after, none = "*******", "**", "**", "..."
	const no = "......."
	for cond, want := range map[string]string{
		"t<2018-12-26T18:11:08Z":  no + before + ".." + none,
		"t<=1545847868":           same + before + ".." + none,
		"t>=2018-12-26 18:11:08":  same + ".." + after + none,
		"t>1545847868000":         no + ".." + after + none,
		"t>2018-12-26":            same + before + after + none,
		"t<2018-12-26":            no + ".." + ".." + none,
		"t=2018-12-26T18:11:08Z":  "*.....*" + ".." + ".." + none,
		"t!=2018-12-26T18:11:08Z": ".*****." + before + after + "***",
		"u<2018-12-26T18:11:09Z":  no + ".." + ".." + none,
		"u>=1545847868":           "...**.." + ".." + ".*" + none,
	} {
		c, err := batch.ParseCond(cond)
		if err != nil {
			t.Fatal(err)
		}
		for _, unread := range []bool{false, true} {
			plan := batch.Plan{Time: batch.Path{"t"}, TimeOptional: true, IgnoreBadTime: true, TimeUnread: unread, Where: []batch.Cond{c}}
			var lines strings.Builder
			for _, text := range texts {
				fmt.Fprintf(&lines, "{\"a\":1,\"t\":%s,\"u\":%s}\n", text, text)
			}
			got := ""
			x := newPath(plan, Options{}, withKernel)
			x.read(strings.NewReader(lines.String()), func(b *batch.Batch) {
				for i := range b.Rows {
					got += map[bool]string{true: ".", false: "*"}[b.Rows[i].Filtered]
				}
			})
			if got != want {
				t.Errorf("%s, unread %v:\n got %s\nwant %s", cond, unread, got, want)
			}
		}
	}
}
