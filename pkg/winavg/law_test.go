package winavg_test

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/pkg/ndjson"
	"weir/pkg/winavg"

	"pgregory.net/rapid"
)

// challenge is the example that the filter is there for.
func challenge(drain bool) (winavg.Options, []chunk) {
	r := rules{step: 60 * second, window: 600 * second, withLow: true, zero: true, drain: drain, anyGap: true, fields: 1, stats: []string{"mean"}, room: 1}
	o := r.options()
	o.Where, o.Time, o.Fields, o.Columns[0].Name = nil, ndjson.Path{"timestamp"}, []ndjson.Path{{"duration"}}, "average_delivery_time"
	return o, []chunk{{records: []record{
		{line: `{"timestamp": "2018-12-26 18:11:08.509654","translation_id": "5aa5b2f39f7254a75aa5","source_language": "en","target_language": "fr","client_name": "airliberty","event_name": "translation_delivered","nr_words": 30, "duration": 20}`},
		{line: `{"timestamp": "2018-12-26 18:15:19.903159","translation_id": "5aa5b2f39f7254a75aa4","source_language": "en","target_language": "fr","client_name": "airliberty","event_name": "translation_delivered","nr_words": 30, "duration": 31}`},
		{line: `{"timestamp": "2018-12-26 18:23:19.903159","translation_id": "5aa5b2f39f7254a75bb3","source_language": "en","target_language": "fr","client_name": "taxi-eats","event_name": "translation_delivered","nr_words": 100, "duration": 54}`},
	}}}
}

func TestChallenge(t *testing.T) {
	want := func(means string) string {
		var b strings.Builder
		for i, mean := range strings.Fields(means) {
			fmt.Fprintf(&b, "{\"date\":\"2018-12-26 18:%d:00\",\"average_delivery_time\":%s}\n", 11+i, mean)
		}
		return b.String()
	}
	const upTo24 = "0 20 20 20 20 25.5 25.5 25.5 25.5 25.5 25.5 31 31 42.5"
	for drain, means := range map[bool]string{false: upTo24, true: upTo24 + " 42.5 54 54 54 54 54 54 54 54"} {
		o, chunks := challenge(drain)
		if got := run(t, o, chunks).rows; got != want(means) {
			t.Errorf("drain %v:\n%swant:\n%s", drain, got, want(means))
		}
	}
}

// TestCorners are streams that were wrong once. A word is a key and a time of
// day, in what is expected with the count of a row.
func TestCorners(t *testing.T) {
	minute := 60 * second
	row := regexp.MustCompile(`\{"date":"2018-12-26 (..:..):00",("k":"(.)",)?"count_0":(\d)\}\n`)
	for name, c := range map[string]struct {
		rules       rules
		input, want string
	}{
		"a row that was due before rows began is out as soon as they do": {
			rules{withLow: true, zero: true, lateness: 5 * minute},
			"a10:00:30 a09:55:20 a09:54:30",
			"09:55=0 09:56=1 09:57=0 09:58=0 09:59=0 10:00=0 10:01=1",
		},
		"a key that came too late for any row has none": {
			rules{withLow: true, zero: true, drain: true, by: []string{"k"}},
			"a10:00:30 a10:01:30 b09:50:30 a10:02:30",
			"10:01a=1 10:02a=1 10:03a=1",
		},
		"an open window of one step does not hold the instant between two": {
			rules{zero: true, drain: true, by: []string{"k"}}, "a10:00:00 b10:01:30", "10:02b=1",
		},
	} {
		c.rules.step, c.rules.window, c.rules.anyGap, c.rules.fields, c.rules.stats, c.rules.room = minute, minute, true, 1, []string{"count"}, 9
		var records []record
		for _, word := range strings.Fields(c.input) {
			records = append(records, record{line: fmt.Sprintf(`{"in":"yes","k":"%s","at":"2018-12-26 %s","deep":{"f0":1}}`, word[:1], word[1:])})
		}
		got := row.ReplaceAllString(run(t, c.rules.options(), []chunk{{records: records}}).rows, "$1$3=$4 ")
		if got != c.want+" " {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, c.want)
		}
	}
}

// TestYearsAreLeapt: rows that are left out cost nothing, or this would not end
// in time.
func TestYearsAreLeapt(t *testing.T) {
	for name, by := range map[string][]string{"one": nil, "keys": {"k"}} {
		r := rules{step: second, window: 10 * second, withLow: true, skip: true, drain: true, anyGap: true, by: by, fields: 1, stats: []string{"count"}, room: 9}
		var records []record
		for _, at := range []string{"0001-01-01 00:00:00", "9999-12-31 23:59:59"} {
			records = append(records, record{line: fmt.Sprintf(`{"in":"yes","at":"%s","deep":{"f0":1}}`, at)})
		}
		got := run(t, r.options(), []chunk{{records: records}}).rows
		if n := strings.Count(got, "\n"); n != 20 || !strings.Contains(got, `{"date":"10000-01-01 00:00:09",`) {
			t.Errorf("%s: %d rows:\n%s", name, n, got)
		}
	}
}

// flat is all records in one read.
func flat(chunks []chunk) []record {
	var all []record
	for _, c := range chunks {
		all = append(all, c.records...)
	}
	return all
}

// TestRowsAreAFunctionOfTheSet: when the end of input is waited for, the order
// of lines and the cut into reads and files cannot be seen.
func TestRowsAreAFunctionOfTheSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		rules.all, rules.anyGap, rules.live, rules.room = true, true, false, 1000000
		chunks := drawChunks(t, &rules)
		want := run(t, rules.options(), chunks)
		if want.ledger.Late != 0 {
			t.Fatalf("%d late", want.ledger.Late)
		}
		mixed := rapid.Permutation(flat(chunks)).Draw(t, "mixed")
		if got := run(t, rules.options(), []chunk{{records: mixed}}); got.rows != want.rows {
			t.Fatalf("rules: %+v\nin order:\n%smixed:\n%s", rules, want.rows, got.rows)
		}
	})
}

// events are the records of chunks that are events, where any gap and number of
// keys is allowed.
func events(chunks []chunk) []record {
	return slices.DeleteFunc(flat(chunks), func(r record) bool {
		return r.broken || r.out || r.badKey || r.badTime || r.badValue || !r.some()
	})
}

// TestPatienceChangesNothing: a lateness of what times ever go back makes
// nothing late, and rows do not depend on how much longer they wait.
func TestPatienceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		rules.live, rules.anyGap, rules.room = false, true, 1000000
		records := events(drawChunks(t, &rules))
		rules.lateness, rules.all = 0, false
		for i, r := range records {
			for _, before := range records[:i] {
				rules.lateness = max(rules.lateness, before.at-r.at)
			}
		}
		hasty := run(t, rules.options(), []chunk{{records: records}})
		if hasty.ledger.Late > 0 {
			t.Fatalf("rules: %+v\n%d late", rules, hasty.ledger.Late)
		}
		rules.all = true
		if patient := run(t, rules.options(), []chunk{{records: records}}); patient.rows != hasty.rows {
			t.Fatalf("rules: %+v\nhasty:\n%spatient:\n%s", rules, hasty.rows, patient.rows)
		}
	})
}

// TestLiveIsReplay: events that come at the pace of their times give the rows
// of a replay, wherever the clock ticks in between.
func TestLiveIsReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		rules.anyGap, rules.live = true, false
		rules.room = 1000000
		records := events(drawChunks(t, &rules))
		slices.SortStableFunc(records, func(a, b record) int { return cmp.Compare(a.at, b.at) })
		replay := run(t, rules.options(), []chunk{{records: records}})
		var chunks []chunk
		for i, r := range records {
			c := chunk{idle: i > 0, clock: r.at, records: records[i : i+1]}
			if i > 0 {
				c.idledAt = rapid.Int64Range(records[i-1].at, r.at).Draw(t, "tick")
			}
			chunks = append(chunks, c)
		}
		rules.live = true
		if live := run(t, rules.options(), chunks); live.rows != replay.rows || live.ledger != replay.ledger {
			t.Fatalf("rules: %+v\nlive: %+v\n%sreplay: %+v\n%s", rules, live.ledger, live.rows, replay.ledger, replay.rows)
		}
	})
}

// TestTickWaitsForTheNextRow: until then and a millisecond at most, and never
// for less than one.
func TestTickWaitsForTheNextRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		r.live, r.by, r.anyGap, r.stats, r.fields, r.room = true, nil, true, []string{"count"}, 1, 1
		o := r.options()
		o.Where, o.Fields = nil, []ndjson.Path{{"v"}}
		f := winavg.New(o)
		w := ndjson.NewWriter(&sheet{}, -1)
		if wait, err := f.Tick(0, w); wait >= 0 || err != nil {
			t.Fatalf("before any event Tick waits for %v, %v", wait, err)
		}
		event := floor(1545848948*second, r.step) + rapid.SampledFrom([]int64{0, 1, second / 2, r.step - 1}).Draw(t, "within")
		times := rapid.SliceOfN(rapid.Int64Range(floor(event, r.step), event), 0, 5).Draw(t, "events before it")
		var lines []string
		for _, at := range slices.Sorted(slices.Values(append(times, event))) {
			lines = append(lines, time.Unix(0, at).UTC().Format(`{"v":1,"at":"2006-01-02T15:04:05.999999999Z"}`+"\n"))
		}
		pushAll(t, f, w, lines)
		model := newModel(r)
		model.begun, model.stream = true, event
		for now := int64(0); now < 10*r.step; now += rapid.Int64Range(0, r.step).Draw(t, "passes") + 1 {
			wait, err := f.Tick(time.Duration(now), w)
			if err != nil {
				t.Fatal(err)
			}
			if r.all {
				if wait >= 0 {
					t.Fatalf("nothing falls due, and Tick waits for %v", wait)
				}
				continue
			}
			model.stream = event + now
			row := floor(event-r.lateness, r.step) - r.step
			for model.isDue(row) {
				row += r.step
			}
			due := row + r.lateness - event // on the clock
			if r.withTop {
				due++
			}
			if want := max(time.Millisecond, time.Duration(due-now)); wait != want {
				t.Fatalf("rules: %+v\nat %d Tick waits for %v, want %v", r, now, wait, want)
			}
		}
	})
}

// push hands a line to the filter, and returns the record, which stays valid.
func push(t interface{ Fatal(...any) }, f *winavg.Filter, w *ndjson.Writer, line string) *ndjson.Record {
	rd := ndjson.NewReader(f.Plan(), ndjson.Options{})
	rd.Reset(strings.NewReader(line+"\n"), "line")
	r, err := rd.Next()
	if err == nil {
		_, err = f.Push(r, w)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pushAll hands lines to the filter: the first one alone, so that fields are known,
// then all.
func pushAll(t interface{ Fatal(...any) }, f *winavg.Filter, w *ndjson.Writer, lines []string) {
	rd := ndjson.NewReader(f.Plan(), ndjson.Options{})
	for _, text := range []string{lines[0], strings.Join(lines, "")} {
		rd.Reset(strings.NewReader(text), "lines")
		for {
			r, err := rd.Next()
			if err == io.EOF {
				break
			}
			if err == nil {
				_, err = f.Push(r, w)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestPushDoesNotAllocate: within a step, nor when two are filled by turns.
func TestPushDoesNotAllocate(t *testing.T) {
	for _, stats := range [][]string{{"mean"}, {"mean", "sd", "min", "max", "count", "sum", "first", "last"}, {"median", "p99"}} {
		r := rules{step: 60 * second, window: 600 * second, withLow: true, anyGap: true, fields: 2, stats: stats, room: 100, by: []string{"k"}, lateness: 60 * second}
		o := r.options()
		o.Where = nil
		f := winavg.New(o)
		w := ndjson.NewWriter(&sheet{}, -1)
		line := `{"k":"a","at":"2018-12-26 18:%02d:08.5","deep":{"f0":20.25,"f1":-3}}`
		push(t, f, w, fmt.Sprintf(line, 10))
		a, b := push(t, f, w, fmt.Sprintf(line, 14)), push(t, f, w, fmt.Sprintf(line, 15))
		both := func() {
			for _, r := range [...]*ndjson.Record{a, a, b, b} {
				if v, err := f.Push(r, w); v != ndjson.Used || err != nil {
					t.Fatal(v, err)
				}
			}
		}
		for range 6000 { // beyond what a sketch keeps
			both()
		}
		if n := testing.AllocsPerRun(1000, both); n != 0 {
			t.Errorf("%v: %v allocations for four events", stats, n)
		}
	}
}
