package winavg_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
	"weir/pkg/winavg"

	"pgregory.net/rapid"
)

// challenge is the example of the Unbabel challenge.
func challenge(drain bool) (winavg.Options, []chunk) {
	r := rules{step: 60 * second, window: 600 * second, withLow: true, zero: true, drain: drain, anyGap: true, fields: 1, stats: []string{"mean"}, max: 1}
	o := r.options()
	o.Where, o.Time, o.Fields, o.Columns[0].Name = nil, batch.Path{"timestamp"}, []batch.Path{{"duration"}}, "average_delivery_time"
	return o, []chunk{{records: []record{
		{line: `{"timestamp": "2018-12-26 18:11:08.509654","translation_id": "5aa5b2f39f7254a75aa5","source_language": "en","target_language": "fr","client_name": "airliberty","event_name": "translation_delivered","nr_words": 30, "duration": 20}`},
		{line: `{"timestamp": "2018-12-26 18:15:19.903159","translation_id": "5aa5b2f39f7254a75aa4","source_language": "en","target_language": "fr","client_name": "airliberty","event_name": "translation_delivered","nr_words": 30, "duration": 31}`},
		{line: `{"timestamp": "2018-12-26 18:23:19.903159","translation_id": "5aa5b2f39f7254a75bb3","source_language": "en","target_language": "fr","client_name": "taxi-eats","event_name": "translation_delivered","nr_words": 100, "duration": 54}`},
	}}}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
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
		got := run(t, o, chunks).rows
		if got != want(means) {
			t.Errorf("drain %v:\n%swant:\n%s", drain, got, want(means))
		}
	}
}

// TestRegressions: inputs that once gave wrong rows. A word of the input is a key and a
// time of day; one of the rows has the count as well.
func TestRegressions(t *testing.T) {
	minute := 60 * second
	row := regexp.MustCompile(`\{"date":"2018-12-26 (..:..):00",("k":"(.)",)?"count_0":(\d)\}\n`)
	for name, c := range map[string]struct {
		rules       rules
		input, want string
	}{
		"a row that was due before rows began is printed as soon as they do": {
			rules{withLow: true, zero: true, lateness: 5 * minute},
			"a10:00:30 a09:55:20 a09:54:30",
			"09:55=0 09:56=1 09:57=0 09:58=0 09:59=0 10:00=0 10:01=1",
		},
		"a key whose events were too late for any row has none": {
			rules{withLow: true, zero: true, drain: true, by: []string{"k"}},
			"a10:00:30 a10:01:30 b09:50:30 a10:02:30",
			"10:01a=1 10:02a=1 10:03a=1",
		},
		"a window of one step that is open at both ends does not cover their instants": {
			rules{zero: true, drain: true, by: []string{"k"}}, "a10:00:00 b10:01:30", "10:02b=1",
		},
		"a late event ends a pause, though it is in no row to come": {
			rules{withLow: true, zero: true, lateness: 5 * minute, gap: 10 * minute},
			"a10:00:30 a10:00:40 a11:00:30 a11:00:31 a10:52:10 a11:07:00",
			"10:00=0 10:01=2 10:56=0 10:57=0 10:58=0 10:59=0 11:00=0 11:01=2 11:02=0 11:03=0 11:04=0 11:05=0 11:06=0 11:07=0 11:08=1",
		},
	} {
		c.rules.anyGap = c.rules.gap == 0
		c.rules.step, c.rules.window, c.rules.fields, c.rules.stats, c.rules.max = minute, minute, 1, []string{"count"}, 9
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

// TestEmptyYearsAreSkipped: rows that are not printed cost nothing, or this test would
// not end. There is no row after the year 9999.
func TestEmptyYearsAreSkipped(t *testing.T) {
	t.Parallel()
	for name, by := range map[string][]string{"one": nil, "keys": {"k"}} {
		r := rules{step: second, window: 10 * second, withLow: true, skip: true, drain: true, anyGap: true, by: by, fields: 1, stats: []string{"count"}, max: 9}
		var records []record
		for _, at := range []string{"0001-01-01 00:00:00", "9999-12-31 23:59:55"} {
			records = append(records, record{line: fmt.Sprintf(`{"in":"yes","at":"%s","deep":{"f0":1}}`, at)})
		}
		got := run(t, r.options(), []chunk{{records: records}}).rows
		n := strings.Count(got, "\n")
		if n != 14 || !strings.HasPrefix(got[strings.LastIndex(got, "{"):], `{"date":"9999-12-31 23:59:59",`) {
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

// TestOrderDoesNotMatter: with --lateness all, rows depend on neither the order of
// records nor the division into reads and files.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		rules.all, rules.anyGap, rules.live, rules.max = true, true, false, 1000000
		chunks := drawChunks(t, &rules)
		want := run(t, rules.options(), chunks)
		if want.ledger.Late != 0 {
			t.Fatalf("%d late", want.ledger.Late)
		}
		shuffled := rapid.Permutation(flat(chunks)).Draw(t, "shuffled")
		got := run(t, rules.options(), []chunk{{records: shuffled}})
		if got.rows != want.rows {
			t.Fatalf("rules: %+v\nin order:\n%sshuffled:\n%s", rules, want.rows, got.rows)
		}
	})
}

// events are the records of chunks that are events if any gap and number of keys is
// allowed.
func events(chunks []chunk) []record {
	return slices.DeleteFunc(flat(chunks), func(r record) bool {
		return r.broken || r.out || r.badKey || r.badTime || r.badValue || !r.hasReading()
	})
}

// mayPause reports whether the earliest and the latest of the records are more than the
// longest pause apart in which empty windows have rows.
func mayPause(records []record) bool {
	if len(records) == 0 {
		return false
	}
	byTime := func(a, b record) int { return cmp.Compare(a.at, b.at) }
	first, last := slices.MinFunc(records, byTime), slices.MaxFunc(records, byTime)
	return last.at-first.at > int64(31*24*time.Hour) // a day less, as steps may be that long
}

// TestMoreLatenessChangesNothing: with a lateness of the largest step back in time no
// event is late, and a larger one gives the same rows; where events are so far apart that
// there may be a pause, the same rows but for those of empty windows: whether such a row
// is in a pause depends on what was read when it fell due.
func TestMoreLatenessChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		rules.live, rules.anyGap, rules.max = false, true, 1000000
		records := events(drawChunks(t, &rules))
		rules.lateness, rules.all = 0, false
		if mayPause(records) {
			rules.zero, rules.skip = false, true
		}
		for i, r := range records {
			for _, before := range records[:i] {
				rules.lateness = max(rules.lateness, before.at-r.at)
			}
		}
		enough := run(t, rules.options(), []chunk{{records: records}})
		if enough.ledger.Late > 0 {
			t.Fatalf("rules: %+v\n%d late", rules, enough.ledger.Late)
		}
		rules.all = true
		more := run(t, rules.options(), []chunk{{records: records}})
		if more.rows != enough.rows {
			t.Fatalf("rules: %+v\nwith just enough lateness:\n%swith more:\n%s", rules, enough.rows, more.rows)
		}
	})
}

// TestLiveIsReplay: events that arrive at the pace of their times give the rows of a
// replay, whenever the clock ticks in between; but for rows of empty windows in a pause,
// which a live stream prints as long as it cannot know that it is one.
func TestLiveIsReplay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		rules.anyGap, rules.live = true, false
		rules.max = 1000000
		records := events(drawChunks(t, &rules))
		if mayPause(records) {
			rules.zero, rules.skip = false, true
		}
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
		live := run(t, rules.options(), chunks)
		if live.rows != replay.rows || live.ledger != replay.ledger {
			t.Fatalf("rules: %+v\nlive: %+v\n%sreplay: %+v\n%s", rules, live.ledger, live.rows, replay.ledger, replay.rows)
		}
	})
}

// TestTickWaitsForTheNextRow: Tick returns the time until the next row is due, but at
// least a millisecond.
func TestTickWaitsForTheNextRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		r.live, r.by, r.anyGap, r.stats, r.fields, r.max = true, nil, true, []string{"count"}, 1, 1
		o := r.options()
		o.Where, o.Fields = nil, []batch.Path{{"v"}}
		f := winavg.New(o)
		w := lines.New(&output{}, -1, nil)
		wait, err := f.Tick(0, w)
		if wait >= 0 || err != nil {
			t.Fatalf("before any event Tick waits for %v, %v", wait, err)
		}
		event := floor(1545848948*second, r.step) + rapid.SampledFrom([]int64{0, 1, second / 2, r.step - 1}).Draw(t, "within")
		times := rapid.SliceOfN(rapid.Int64Range(floor(event, r.step), event), 0, 5).Draw(t, "events before it")
		var texts []string
		for _, at := range slices.Sorted(slices.Values(append(times, event))) {
			texts = append(texts, time.Unix(0, at).UTC().Format(`{"v":1,"at":"2006-01-02T15:04:05.999999999Z"}`+"\n"))
		}
		pushAll(t, f, w, texts)
		m := newModel(r)
		m.begun, m.maxTime = true, event
		for now := int64(0); now < 10*r.step; now += rapid.Int64Range(0, r.step).Draw(t, "passes") + 1 {
			wait, err := f.Tick(time.Duration(now), w)
			if err != nil {
				t.Fatal(err)
			}
			if r.all {
				if wait >= 0 {
					t.Fatalf("no row becomes due, and Tick waits for %v", wait)
				}
				continue
			}
			m.maxTime = event + now
			row := floor(event-r.lateness, r.step) - r.step
			for m.isDue(row) {
				row += r.step
			}
			due := row + r.lateness - event // on the clock
			if r.withTop {
				due++
			}
			want := max(time.Millisecond, time.Duration(due-now))
			if wait != want {
				t.Fatalf("rules: %+v\nat %d Tick waits for %v, want %v", r, now, wait, want)
			}
		}
	})
}

// push pushes lines as one batch, and returns it, ready to be pushed again. All records
// must be used.
func push(t interface{ Fatal(...any) }, f *winavg.Filter, w *lines.Output, text string) *batch.Batch {
	fold := batch.NewFold(f.Plan())
	rd := ndjson.NewReader(fold, ndjson.Options{})
	rd.Reset(strings.NewReader(text), "lines")
	b := new(ndjson.Block)
	err := rd.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	rd.Parser().Parse(b)
	if b.More() {
		t.Fatal("the lines are not one batch")
	}
	fold.Begin(&b.Batch)
	pushAgain(t, f, w, &b.Batch)
	return &b.Batch
}

// pushAgain pushes a batch, all records of which must be used.
func pushAgain(t interface{ Fatal(...any) }, f *winavg.Filter, w *lines.Output, b *batch.Batch) {
	err := f.Push(b, w)
	outcomes, _ := b.Outcomes()
	if err != nil || len(outcomes) > 0 {
		t.Fatal(err, outcomes)
	}
}

// pushAll pushes the first line by itself, then all.
func pushAll(t interface{ Fatal(...any) }, f *winavg.Filter, w *lines.Output, texts []string) {
	push(t, f, w, texts[0])
	push(t, f, w, strings.Join(texts, ""))
}

// TestPushDoesNotAllocate: neither within a step, nor when events alternate between
// two.
func TestPushDoesNotAllocate(t *testing.T) {
	for _, stats := range [][]string{{"mean"}, {"mean", "sd", "min", "max", "count", "sum", "first", "last"}, {"median", "p99"}} {
		r := rules{step: 60 * second, window: 600 * second, withLow: true, anyGap: true, fields: 2, stats: stats, max: 100, by: []string{"k"}, lateness: 60 * second}
		o := r.options()
		o.Where = nil
		f := winavg.New(o)
		w := lines.New(&output{}, -1, nil)
		line := `{"k":"a","at":"2018-12-26 18:%02d:08.5","deep":{"f0":20.25,"f1":-3}}` + "\n"
		push(t, f, w, fmt.Sprintf(line, 10))
		x, y := fmt.Sprintf(line, 14), fmt.Sprintf(line, 15)
		batches := [...]*batch.Batch{push(t, f, w, x+x), push(t, f, w, y+y), push(t, f, w, x+y+x+y)}
		both := func() {
			for _, b := range batches {
				pushAgain(t, f, w, b)
			}
		}
		for range 3000 { // more than a sketch keeps
			both()
		}
		n := testing.AllocsPerRun(1000, both)
		if n != 0 {
			t.Errorf("%v: %v allocations for eight events", stats, n)
		}
	}
}
