package winavg_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/pipe"
	"weir/pkg/winavg"

	"pgregory.net/rapid"
)

const second = int64(time.Second)

// chunk is the records of one read, and the time on the clock.
type chunk struct {
	idle    bool  // the read had to wait
	idledAt int64 // when it began to wait
	clock   int64 // when it returned
	records []record
	file    bool // the first chunk of another file
}

// feed is a pipe.Input that reads chunks and sets the clock.
type feed struct {
	chunks []chunk
	rest   []byte // of the present chunk
	clock  time.Duration
	idle   func() time.Duration
	begun  bool
}

func (f *feed) Name() string { return "feed" }

func (f *feed) Read(p []byte) (int, error) {
	if len(f.rest) > 0 {
		n := copy(p, f.rest)
		f.rest = f.rest[n:]
		return n, nil
	}
	if len(f.chunks) == 0 || f.begun && f.chunks[0].file {
		f.begun = false
		return 0, io.EOF
	}
	c := f.chunks[0]
	f.chunks, f.begun = f.chunks[1:], true
	if c.idle {
		f.clock = time.Duration(c.idledAt)
		f.idle()
	}
	f.clock = time.Duration(c.clock)
	for _, r := range c.records {
		f.rest = append(f.rest, r.line+"\n"...)
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

func (f *feed) next() (pipe.Input, error) {
	if len(f.chunks) == 0 {
		return nil, io.EOF
	}
	return f, nil
}

// reports is a pipe.Reporter that counts what is reported.
type reports struct{ bad, late, notices int }

func (r *reports) Bad(*batch.LineError)           { r.bad++ }
func (r *reports) Late(*batch.LineError)          { r.late++ }
func (r *reports) LimitReached()                  {}
func (r *reports) Incomplete()                    {}
func (r *reports) FoundTime(batch.Path, bool)     {}
func (r *reports) Missing(batch.Missing, int64)   {}
func (r *reports) NoNumber(batch.Unread)          {}
func (r *reports) Skipped(*batch.LineError)       {}
func (r *reports) Replaced(string, string, int64) {}
func (r *reports) Notice(*batch.LineError)        { r.notices++ }

type output struct{ bytes.Buffer }

func (*output) Flush() error { return nil }

// rejects records the kind and the text of rejected lines.
type rejects struct{ lines []string }

func (r *rejects) Line(p []byte) error {
	var entry struct{ Kind, Raw string }
	err := json.Unmarshal(p, &entry)
	r.lines = append(r.lines, entry.Kind+" "+entry.Raw)
	return err
}

type result struct {
	rows     string
	rejects  []string
	ledger   pipe.Ledger
	reported reports
}

// run runs the filter over chunks.
func run(t interface{ Fatal(...any) }, o winavg.Options, chunks []chunk) result {
	f, out, reported, rejected := &feed{chunks: chunks}, &output{}, &reports{}, &rejects{}
	p := pipe.New(pipe.Config{
		Tool: "winavg", Filter: winavg.New(o), Out: out, Reporter: reported, Rejects: rejected, Digits: -1, Jobs: 3,
		Live: o.Live, Clock: func() time.Duration { return f.clock },
	})
	f.idle = p.Idle
	if err := p.Run(f.next); err != nil {
		t.Fatal(err)
	}
	return result{out.String(), rejected.lines, p.Ledger(), *reported}
}

// options are the filter's options for the rules.
func (r *rules) options() winavg.Options {
	o := winavg.Options{
		Window: time.Duration(r.window), Step: time.Duration(r.step), Drain: r.drain, Live: r.live,
		Lateness: time.Duration(r.lateness), MaxGap: time.Duration(r.gap), MaxGroups: r.max,
		Time: batch.Path{"at"}, Where: []batch.Cond{{Path: batch.Path{"in"}, Value: "yes"}},
		Closed: map[[2]bool]winavg.Closed{
			{true, false}: winavg.Left, {false, true}: winavg.Right, {true, true}: winavg.Both, {}: winavg.Neither,
		}[[2]bool{r.withLow, r.withTop}],
	}
	switch {
	case r.skip:
		o.Empty = winavg.Skip
	case r.zero:
		o.Empty = winavg.Zero
	case r.previous:
		o.Empty = winavg.Previous
	default:
		o.Empty = winavg.Null
	}
	if r.all {
		o.Lateness = winavg.Forever
	}
	if r.anyGap {
		o.MaxGap = winavg.Forever
	}
	if r.zoned != nil {
		o.Format, o.Date = o.Format.In(r.zoned.zone), o.Date.In(r.zoned.zone)
	}
	for _, name := range r.by {
		o.By = append(o.By, batch.Path{name})
	}
	for field := range r.fields {
		o.Fields = append(o.Fields, batch.Path{"deep", fmt.Sprint("f", field)})
		for _, name := range r.stats {
			stat, err := agg.ParseStat(name)
			if err != nil {
				panic(err)
			}
			o.Columns = append(o.Columns, winavg.Column{Field: field, Stat: stat, Name: fmt.Sprintf("%s_%d", name, field)})
		}
	}
	return o
}

func drawRules(t *rapid.T) rules {
	r := rules{
		step:    second * rapid.SampledFrom([]int64{60, 1, 7, 3600, 86400}).Draw(t, "step"),
		withLow: rapid.Bool().Draw(t, "low end inside"),
		withTop: rapid.Bool().Draw(t, "high end inside"),
		drain:   rapid.Bool().Draw(t, "drain"),
		all:     rapid.IntRange(0, 3).Draw(t, "lateness all") == 0,
		anyGap:  rapid.Bool().Draw(t, "any gap"),
		fields:  rapid.IntRange(1, 3).Draw(t, "fields"),
		live:    rapid.IntRange(0, 3).Draw(t, "live") == 0,
		stats: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"count", "mean", "min", "max", "sum", "sd", "var", "median", "p90", "p99.9", "mad", "first", "last", "delta", "rate", "twa",
		}), 1, 4, rapid.ID).Draw(t, "stats"),
		max: 1000000,
	}
	r.window = r.step * rapid.SampledFrom([]int64{1, 2, 3, 10, 30}).Draw(t, "steps in a window")
	r.gap = r.step*rapid.Int64Range(0, 100).Draw(t, "max gap")/2 + rapid.Int64Range(0, 1).Draw(t, "and")
	r.lateness = rapid.SampledFrom([]int64{0, 0, r.step / 2, r.step, 3 * r.step, 5*r.step + 1}).Draw(t, "lateness")
	empty := rapid.IntRange(0, 3).Draw(t, "empty")
	r.zero, r.skip, r.previous = empty == 0, empty == 2, empty == 3
	r.by = []string{"k", "l"}[:rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "keys")]
	if len(r.by) == 0 {
		r.by = nil
	} else {
		r.drain = true // as the command has it
		r.max = r.fields * rapid.SampledFrom([]int{2, 1000}).Draw(t, "max groups")
	}
	return r
}

// Values and keys as JSON texts; the second text of a key is the one that is printed.
var (
	numbers  = []string{"1", "2", "2.0", "-0", "0.1", "0.2", "0.3", "-7.25", "1e3", "123456789012345678", "0.000000000001", "1e300", "-1e300", "1e-300", "-3E+2"}
	noNumber = []string{`"7"`, "true", "1e400", "1e-2000", "{}", "[1]"}
	keys     = [][2]string{{`"a"`, `"a"`}, {`"\u0061"`, `"a"`}, {`"a!"`, `"a!"`}, {`"é"`, `"é"`}, {`""`, `""`}, {"1", "1"}, {"1.0", "1.0"}, {"12", "12"}, {"true", "true"}, {"null", "null"}, {"", "null"}}
	broken   = []string{`{"at":`, `nonsense`, `7`, `"at"`, `{"at":"2018-12-26 18:11:08","deep":{"f0":01}}`, `{"at":"` + "\x01" + `"}`}
)

// drawRecord draws a record near the steps around now.
func drawRecord(t *rapid.T, rules *rules, now int64) record {
	r := record{values: make([]*big.Rat, rules.fields)}
	kind := rapid.IntRange(0, 60).Draw(t, "kind of record")
	if kind == 40 {
		r.broken, r.line = true, rapid.SampledFrom(broken).Draw(t, "line")
		return r
	}
	var members []string
	r.out = kind == 41
	members = append(members, fmt.Sprintf(`"in":"%s"`, map[bool]string{true: "no", false: "yes"}[r.out]))
	for _, name := range rules.by {
		key := rapid.SampledFrom(keys).Draw(t, name)
		if kind == 42 {
			r.badKey, key[0] = true, `[1]`
		}
		if key[0] != "" {
			members = append(members, fmt.Sprintf(`"%s":%s`, name, key[0]))
		}
		r.key = append(r.key, key[1])
	}
	r.at = now + rules.step*int64(rapid.SampledFrom([]int{0, 0, 0, 1, -1, 2, -3, -20, 60}).Draw(t, "steps away")) +
		rapid.SampledFrom([]int64{0, 0, 1, second / 2, second - 1, rules.step - 1, rules.step / 2}).Draw(t, "within")
	text := time.Unix(0, r.at).UTC().Format("2006-01-02T15:04:05.999999999Z")
	switch kind {
	case 43:
		r.badTime, text = true, "2018-02-30 00:00:00"
	case 44:
		r.badTime, text = true, ""
	}
	if text != "" {
		members = append(members, fmt.Sprintf(`"at":"%s"`, text))
	}
	members = append(members, `"deep":{`+strings.Join(drawValues(t, &r), ",")+"}")
	r.line = "{" + strings.Join(members, ",") + "}"
	return r
}

func drawValues(t *rapid.T, r *record) (members []string) {
	for field := range r.values {
		text := rapid.SampledFrom(numbers).Draw(t, "value")
		switch rapid.IntRange(0, 30).Draw(t, "kind") {
		case 20, 21:
		case 22:
			members = append(members, fmt.Sprintf(`"f%d":null`, field))
		case 23:
			r.badValue = true
			members = append(members, fmt.Sprintf(`"f%d":%s`, field, rapid.SampledFrom(noNumber).Draw(t, "other value")))
		default:
			r.values[field], _ = new(big.Rat).SetString(text)
			members = append(members, fmt.Sprintf(`"f%d":%s`, field, text))
		}
	}
	return members
}

// drawSimilar draws records of one layout, as machines write them, so that they are used
// as runs; a few differ. Their times mostly rise in small steps.
func drawSimilar(t *rapid.T, rules *rules, now int64) (list []record) {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	usual := rapid.SliceOfN(rapid.SampledFrom([]string{"1", "-2.5", "0.75", "70.12", "119.1000", "0", "-0", "1234567.8"}), 1, 4).Draw(t, "usual")
	perMille := rapid.SampledFrom([]int{0, 30}).Draw(t, "different, in a thousand")
	rarely := func() bool { return rng.IntN(1000) < perMille }
	apart := rules.step / int64(rapid.SampledFrom([]int{1, 3, 20}).Draw(t, "apart"))
	for range rapid.IntRange(2, 40).Draw(t, "records") {
		r := record{values: make([]*big.Rat, rules.fields), at: now + rng.Int64N(2*apart+1) - apart/2}
		members := []string{`"in":"yes"`, fmt.Sprintf(`"at":"%s"`, time.Unix(0, r.at).UTC().Format("2006-01-02T15:04:05.999999999Z"))}
		for range rules.by {
			r.key = append(r.key, "null")
		}
		var deep []string
		for field := range r.values {
			if rarely() {
				continue
			}
			number := usual[rng.IntN(len(usual))]
			if rarely() {
				number = numbers[rng.IntN(len(numbers))]
			}
			r.values[field], _ = new(big.Rat).SetString(number)
			deep = append(deep, fmt.Sprintf(`"f%d":%s`, field, number))
		}
		r.line = "{" + strings.Join(append(members, `"deep":{`+strings.Join(deep, ",")+"}"), ",") + "}"
		list = append(list, r)
		now += rng.Int64N(apart + 1)
	}
	return list
}

// drawChunks draws a stream whose times mostly rise.
func drawChunks(t *rapid.T, rules *rules) (chunks []chunk) {
	now := floor(second*rapid.SampledFrom([]int64{1545848948, 0, -100000000}).Draw(t, "begin"), rules.step)
	if rules.zoned != nil {
		now = rules.zoned.begin
	}
	clock := int64(1000)
	for range rapid.IntRange(0, 40).Draw(t, "chunks") {
		c := chunk{idle: rapid.Bool().Draw(t, "idle"), file: rapid.IntRange(0, 9).Draw(t, "file") == 0}
		clock += rapid.Int64Range(0, 3*rules.step).Draw(t, "passes")
		c.idledAt = clock
		clock += rapid.Int64Range(0, 2*rules.step).Draw(t, "passes")
		c.clock = clock
		if rapid.IntRange(0, 4).Draw(t, "similar records") == 0 {
			c.records = drawSimilar(t, rules, now)
			chunks = append(chunks, c)
			continue
		}
		for range rapid.IntRange(1, 3).Draw(t, "records") {
			c.records = append(c.records, drawRecord(t, rules, now))
			now += rules.step * rapid.SampledFrom([]int64{0, 0, 1, 1, 2, 5}).Draw(t, "steps on")
		}
		chunks = append(chunks, c)
	}
	return chunks
}

// text is chunks in a readable form.
func text(chunks []chunk) string {
	var b strings.Builder
	for _, c := range chunks {
		fmt.Fprintf(&b, "file %v, idle %v at %d, read at %d\n", c.file, c.idle, c.idledAt, c.clock)
		for _, r := range c.records {
			b.WriteString(r.line + "\n")
		}
	}
	return b.String()
}

// expect returns what the model gives for chunks.
func expect(r rules, chunks []chunk) *model {
	m := newModel(r)
	for _, c := range chunks {
		if c.idle {
			m.process(input{clock: c.idledAt})
		}
		for i := range c.records {
			m.process(input{&c.records[i], c.clock})
		}
	}
	return m
}

// TestRowsAreThoseOfTheModel: every byte, every verdict and every count is.
func TestRowsAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	for _, live := range []bool{false, true} {
		for _, ends := range [][2]bool{{true, false}, {false, true}, {true, true}, {false, false}} {
			t.Run(fmt.Sprintf("live %v, ends inside %v", live, ends), rapid.MakeCheck(func(t *rapid.T) {
				rules := drawRules(t)
				rules.live, rules.withLow, rules.withTop = live, ends[0], ends[1]
				check(t, rules, drawChunks(t, &rules))
			}))
		}
	}
}

// check compares rows, verdicts, ledger and reports with those of the model.
func check(t interface {
	Fatal(...any)
	Fatalf(string, ...any)
}, rules rules, chunks []chunk,
) {
	want, got := expect(rules, chunks), run(t, rules.options(), chunks)
	rows := want.end()
	if got.rows != rows {
		t.Fatalf("rules: %+v\ninput:\n%srows:\n%swant:\n%s", rules, text(chunks), got.rows, rows)
	}
	if !slices.Equal(got.rejects, want.rejects) {
		t.Fatalf("rules: %+v\ninput:\n%srejects:\n%s\nwant:\n%s", rules, text(chunks), strings.Join(got.rejects, "\n"), strings.Join(want.rejects, "\n"))
	}
	n := func(i int) int64 { return int64(i) }
	ledger := pipe.Ledger{
		Read: n(want.used + want.late + want.none + want.rejected + want.filtered),
		Used: n(want.used), Late: n(want.late), NoReading: n(want.none), Rejected: n(want.rejected), Filtered: n(want.filtered),
		Printed: n(strings.Count(got.rows, "\n")),
	}
	if got.ledger != ledger {
		t.Fatalf("ledger: %+v\nwant: %+v", got.ledger, ledger)
	}
	if (got.reported != reports{bad: want.rejected, late: want.late, notices: want.restarts}) {
		t.Fatalf("rules: %+v\ninput:\n%sreported: %+v, want %d bad, %d late, %d restarts", rules, text(chunks), got.reported, want.rejected, want.late, want.restarts)
	}
}

// source is an input from memory.
type source struct{ bytes.Reader }

func (*source) Name() string { return "-" }

// BenchmarkPipe measures whole runs over events like the challenge's, ten a second.
func BenchmarkPipe(b *testing.B) {
	const n = 100_000
	var text bytes.Buffer
	at := time.Date(2018, 12, 26, 18, 11, 8, 0, time.UTC)
	for i := range n {
		fmt.Fprintf(&text, `{"timestamp": "%s","translation_id": "%020x","source_language": "en","target_language": "fr","client_name": "%s","event_name": "translation_delivered","nr_words": %d, "duration": %d}`+"\n",
			at.Add(time.Duration(i)*100*time.Millisecond).Format("2006-01-02 15:04:05.000000"), i*7919, []string{"airliberty", "taxi-eats", "booking"}[i*i%3], 10+i%90, 1+i*i%120)
	}
	mean, err := agg.ParseStat("mean")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		o := winavg.Options{
			Window: 10 * time.Minute, Step: time.Minute, MaxGap: winavg.Forever, MaxGroups: 1,
			Time: batch.Path{"timestamp"}, Fields: []batch.Path{{"duration"}}, Columns: []winavg.Column{{Stat: mean, Name: "mean"}},
		}
		in, out := &source{*bytes.NewReader(text.Bytes())}, &output{}
		p := pipe.New(pipe.Config{Tool: "winavg", Filter: winavg.New(o), Out: out, Reporter: &reports{}, Digits: -1})
		done := false
		if err := p.Run(func() (pipe.Input, error) {
			if done {
				return nil, io.EOF
			}
			done = true
			return in, nil
		}); err != nil || p.Ledger().Used != n {
			b.Fatal(err, p.Ledger())
		}
	}
}
