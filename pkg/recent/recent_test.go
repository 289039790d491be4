package recent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
	"weir/pkg/stamp"
)

func options(keep int, size int64) Options {
	return Options{Keep: keep, Bytes: size, Machine: batch.Path{"machine"}, Time: batch.Path{"timestamp"}}
}

// push reads the records of text and pushes them to b, as package tee does
// with its input.
func push(t interface{ Fatal(...any) }, b *Records, text string) {
	rd := ndjson.NewRecords(b.Plan(), ndjson.Options{})
	rd.Reset(strings.NewReader(text), "-")
	for {
		rec, err := rd.Next()
		var bad *batch.LineError
		switch {
		case err == nil:
			b.Push(rec)
		case errors.As(err, &bad):
			b.Bad()
		case err == io.EOF:
			return
		default:
			t.Fatal(err)
		}
	}
}

// line is a record as the test models it, independent of the package's code.
type line struct {
	seq     uint64
	text    string
	machine string // the Query.Machine that selects it; "" if none does
	key     string // JSON text of its machine member
	sec     int64  // time in seconds; -1: no time
}

// stored returns those of lines that Records with these limits must hold.
func stored(lines []line, keep int, maxBytes int64) (newest []line) {
	for i := len(lines) - 1; i >= 0 && len(newest) < keep; i-- {
		cost := int64(len(lines[i].text)+len(lines[i].key)) + overhead
		if cost > maxBytes {
			continue // too large to be stored at all
		}
		for _, l := range newest {
			cost += int64(len(l.text)+len(l.key)) + overhead
		}
		if cost > maxBytes {
			break
		}
		newest = append(newest, lines[i])
	}
	slices.Reverse(newest)
	return newest
}

func drawLine(t *rapid.T, seq uint64) line {
	l := line{seq: seq, sec: -1, key: "null"}
	var members []string
	switch rapid.IntRange(0, 5).Draw(t, "machine") {
	case 0:
		l.machine = rapid.SampledFrom([]string{"m1", "m2", "7", "ä"}).Draw(t, "name")
		name, _ := json.Marshal(l.machine)
		l.key = string(name)
		members = append(members, `"machine":`+l.key)
	case 1:
		l.machine, l.key = "7", "7"
		members = append(members, `"machine":7`)
	case 2:
		l.machine, l.key = "m1", `"m1"`
		members = append(members, `"machine":"\u006d1"`)
	case 3:
		members = append(members, rapid.SampledFrom([]string{`"machine":null`, `"machine":{"m1":1}`, `"machine":[]`}).Draw(t, "not a scalar"))
	}
	switch rapid.IntRange(0, 3).Draw(t, "time") {
	case 0, 1:
		l.sec = 1_700_000_000 + int64(rapid.IntRange(0, 9).Draw(t, "sec"))
		members = append(members, `"timestamp":"`+time.Unix(l.sec, 0).UTC().Format(time.RFC3339)+`"`)
	case 2:
		members = append(members, `"timestamp":"not a time"`)
	}
	pad := rapid.SampledFrom([]int{0, 0, 10, 100, 3000, 20_000}).Draw(t, "pad")
	members = append(members, fmt.Sprintf(`"n":%d,"pad":"%s"`, seq, strings.Repeat("x", pad)))
	l.text = "{" + strings.Join(members, ",") + "}"
	return l
}

// want returns the texts that q must select from the lines that are stored.
func want(lines []line, q Query) (texts []string) {
	for _, l := range lines {
		if (q.Machine == nil || l.machine == *q.Machine && l.machine != "") &&
			(q.Since == nil || l.sec >= q.Since.Sec) && (q.After == nil || l.seq > *q.After) {
			texts = append(texts, l.text)
		}
	}
	if q.Limit < 0 || q.Limit >= len(texts) {
		return texts
	}
	if q.After != nil {
		return texts[:q.Limit]
	}
	return texts[len(texts)-q.Limit:]
}

func drawQuery(t *rapid.T, newest uint64) Query {
	q := Query{Limit: rapid.IntRange(-1, 5).Draw(t, "limit")}
	if rapid.Bool().Draw(t, "by machine") {
		q.Machine = new(rapid.SampledFrom([]string{"m1", "m2", "7", "ä", "null", "", `"m1"`}).Draw(t, "name"))
	}
	if rapid.Bool().Draw(t, "by time") {
		q.Since = &stamp.Time{Sec: 1_700_000_000 + int64(rapid.IntRange(0, 10).Draw(t, "since"))}
	}
	if rapid.Bool().Draw(t, "by number") {
		q.After = new(rapid.Uint64Range(0, newest+2).Draw(t, "after"))
	}
	return q
}

func texts(s Selection) (all []string) {
	for _, r := range s.Records {
		all = append(all, string(r.Raw))
	}
	return all
}

// TestSelectEqualsModel: for all records and limits, Records holds the newest
// records that fit, and every query selects what a linear search of the model
// selects. Nothing is visible before Publish, and a view never changes.
func TestSelectEqualsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keep := rapid.SampledFrom([]int{1, 2, 5, 300, 1000}).Draw(t, "keep")
		maxBytes := rapid.SampledFrom([]int64{200, 2_000, 50_000, 1 << 30}).Draw(t, "bytes")
		b := New(options(keep, maxBytes))
		var lines []line
		type snapshot struct {
			view  *View
			texts []string
		}
		var views []snapshot
		for seq := uint64(1); seq <= uint64(rapid.IntRange(0, 40).Draw(t, "records")); seq++ {
			l := drawLine(t, seq)
			push(t, b, l.text+"\n")
			before := texts(b.View().Select(Query{Limit: -1}))
			if len(views) > 0 && !slices.Equal(before, views[len(views)-1].texts) {
				t.Fatal("visible before Publish")
			}
			b.Publish()
			lines = append(lines, l)
			v := b.View()
			all := v.Select(Query{Limit: -1})
			if v.Held != len(all.Records) || v.Held > keep || v.Bytes > maxBytes || v.Kept+v.TooLarge != seq || v.Seq() != seq {
				t.Fatalf("%d records: %+v", len(all.Records), v.Counts)
			}
			views = append(views, snapshot{v, texts(all)})
			newest := stored(lines, keep, maxBytes)
			if !slices.Equal(texts(all), want(newest, Query{Limit: -1})) {
				t.Fatalf("holds %.200q, want %.200q", texts(all), want(newest, Query{Limit: -1}))
			}
			q := drawQuery(t, seq)
			got := v.Select(q)
			if !slices.Equal(texts(got), want(newest, q)) {
				t.Fatalf("%+v selects %.200q, want %.200q", q, texts(got), want(newest, q))
			}
			if q.After != nil && q.Limit > 0 {
				rest := v.Select(Query{After: &got.Next, Machine: q.Machine, Since: q.Since, Limit: -1})
				whole := q
				whole.Limit = -1
				if !slices.Equal(append(texts(got), texts(rest)...), want(newest, whole)) {
					t.Fatalf("%+v and the records after %d are not all matching records", q, got.Next)
				}
			}
		}
		for i, s := range views {
			if !slices.Equal(texts(s.view.Select(Query{Limit: -1})), s.texts) {
				t.Fatalf("view %d has changed", i)
			}
		}
	})
}

// TestRecordsAreFilledToTheirLimits: records are evicted only where a limit needs it.
func TestRecordsAreFilledToTheirLimits(t *testing.T) {
	t.Parallel()
	one := int64(len(`{"n":1}`)+len("null")) + overhead
	b := New(options(1000, 10*one+one/2))
	push(t, b, strings.Repeat("{\"n\":1}\n", 5000))
	b.Publish()
	v := b.View()
	if v.Held != 10 || v.Bytes != 10*one {
		t.Errorf("held %d, %d bytes, want 10 and %d", v.Held, v.Bytes, 10*one)
	}
	b = New(options(600, 1<<30))
	push(t, b, strings.Repeat("{\"n\":1}\n", 5000))
	b.Publish()
	v = b.View()
	if v.Held != 600 || v.Select(Query{Limit: -1}).Records[0].Seq != 4401 {
		t.Errorf("held %d, want 600", v.Held)
	}
}

// TestTooLargeRecordEvictsNothing: a record larger than Options.Bytes is counted,
// and leaves a gap in the numbers.
func TestTooLargeRecordEvictsNothing(t *testing.T) {
	t.Parallel()
	b := New(options(10, 1000))
	push(t, b, `{"n":1}`+"\n"+`{"n":"`+strings.Repeat("x", 1000)+`"}`+"\n"+`{"n":3}`+"\n")
	b.Publish()
	v := b.View()
	s := v.Select(Query{Limit: -1})
	got := texts(s)
	if !slices.Equal(got, []string{`{"n":1}`, `{"n":3}`}) || s.Records[1].Seq != 3 || v.TooLarge != 1 || v.Kept != 2 {
		t.Errorf("%q, %+v", got, v.Counts)
	}
}

// TestCounts: blank lines do not count, lines that are not objects are bad, and
// Newest is the maximum of the times.
func TestCounts(t *testing.T) {
	t.Parallel()
	b := New(options(10, 1<<20))
	push(t, b, "{\"timestamp\":\"2024-05-06T08:00:10Z\"}\nnonsense\n\n{\"timestamp\":\"2024-05-06T08:00:00Z\"}\n{\"machine\":[]}\n[1]\n")
	b.Publish()
	v := b.View()
	if v.Kept != 3 || v.Bad != 2 || !v.Timed || v.Newest.Sec != 1714982410 {
		t.Errorf("%+v", v.Counts)
	}
}

// TestReachableMemoryIsBounded: evicted records cannot be reached from Records,
// also where large and small records alternate.
func TestReachableMemoryIsBounded(t *testing.T) {
	t.Parallel()
	const maxBytes = 1 << 20
	b := New(options(1_000_000, maxBytes))
	big := `{"pad":"` + strings.Repeat("x", 100_000) + "\"}\n"
	push(t, b, strings.Repeat(big+strings.Repeat("{\"n\":1}\n", 100), 50))
	b.Publish()
	v := b.View()
	reached := cap(b.arena)
	arenas := map[*byte]bool{}
	for i, page := range append(slices.Clone(v.full), v.last) {
		for _, r := range page[:len(page):len(page)] {
			if len(r.Raw) > largeText {
				reached += cap(r.Raw)
			} else if i == 0 || !arenas[&r.Raw[0]] {
				reached += len(r.Raw)
				arenas[&r.Raw[0]] = true
			}
		}
		reached += cap(page) * int(unsafe.Sizeof(Record{}))
	}
	if reached > maxBytes+2*arenaSize {
		t.Errorf("%d bytes can be reached, with %d allowed", reached, maxBytes)
	}
}

// TestReadersSeeWholeRecordsInOrder: concurrent readers see consecutive records
// with intact texts, and never an older view after a newer one. With the race
// detector this shows that a reader never reads memory that the writer changes.
func TestReadersSeeWholeRecordsInOrder(t *testing.T) {
	t.Parallel()
	b := New(options(50, 1<<20))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for last := uint64(0); ; {
				v := b.View()
				s := v.Select(Query{Limit: -1})
				for i, r := range s.Records {
					want := fmt.Sprintf(`{"n":%d}`, r.Seq)
					if string(r.Raw) != want || i > 0 && r.Seq != s.Records[i-1].Seq+1 {
						t.Errorf("record %d is %s", r.Seq, r.Raw)
						return
					}
				}
				if v.Seq() < last {
					t.Errorf("view %d after view %d", v.Seq(), last)
					return
				}
				last = v.Seq()
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	var text bytes.Buffer
	for n := 1; n <= 20_000; n++ {
		fmt.Fprintf(&text, "{\"n\":%d}\n", n)
	}
	rd := ndjson.NewRecords(b.Plan(), ndjson.Options{})
	rd.Reset(&text, "-")
	for n := 0; ; n++ {
		rec, err := rd.Next()
		if err != nil {
			break
		}
		b.Push(rec)
		if n%3 == 0 {
			b.Publish()
		}
	}
	close(done)
	readers.Wait()
}

// records returns a function that reads the same lines over and over.
func records(t testing.TB, b *Records) func() *batch.Record {
	text := strings.Repeat(`{"timestamp":"2024-05-06T08:00:00Z","machine":"m1","temperature":18.8,"speed":0,"status":"IDLE"}`+"\n", 1000)
	in := strings.NewReader(text)
	rd := ndjson.NewRecords(b.Plan(), ndjson.Options{})
	rd.Reset(in, "-")
	return func() *batch.Record {
		rec, err := rd.Next()
		if err == io.EOF {
			in.Reset(text)
			rd.Reset(in, "-")
			rec, err = rd.Next()
		}
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
}

// TestPushAllocatesPerPage: a record costs no allocation; a page, an arena and the
// list of pages serve hundreds of records. 60 for 1,000 records leaves room for
// the reader's own.
func TestPushAllocatesPerPage(t *testing.T) {
	b := New(options(1000, 1<<26))
	next := records(t, b)
	n := testing.AllocsPerRun(20, func() {
		for range 1000 {
			b.Push(next())
		}
	})
	if n > 60 {
		t.Errorf("%v allocations for 1,000 records", n)
	}
}

func BenchmarkPush(b *testing.B) {
	newest := New(options(1000, 1<<26))
	next := records(b, newest)
	rec := next()
	b.SetBytes(int64(len(rec.Raw())))
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		newest.Push(rec)
		if n%1000 == 0 {
			newest.Publish()
		}
	}
}

func BenchmarkReadAndPush(b *testing.B) {
	newest := New(options(1000, 1<<26))
	next := records(b, newest)
	b.SetBytes(int64(len(next().Raw()) + 1))
	b.ReportAllocs()
	for b.Loop() {
		newest.Push(next())
	}
}
