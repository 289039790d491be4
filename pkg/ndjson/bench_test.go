package ndjson_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/valyala/fastjson"

	"weir/pkg/batch"
	"weir/pkg/internal/oracle"
	"weir/pkg/ndjson"
)

// stream is a sample of what machines write, with a plan that reads it.
type stream struct {
	name string
	plan batch.Plan
	data []byte
}

// streams returns samples of 1,000 lines: the common layouts, several layouts mixed,
// strings that are not simple, and numbers with many digits.
func streams() []stream {
	random := rand.New(rand.NewPCG(1, 2))
	numbers := []batch.Path{{"duration"}, {"nr_words"}}
	events := batch.Plan{
		Numbers: numbers, Time: batch.Path{"timestamp"}, Key: []batch.Path{{"client_name"}},
		Where: []batch.Cond{{Path: batch.Path{"event_name"}, Value: "translation_delivered"}},
	}
	event := func(i int) string {
		return fmt.Sprintf(`{"timestamp": "2018-12-26 18:%02d:%02d.%06d","translation_id": "%020x","source_language": "en","target_language": "fr","client_name": "airliberty","event_name": "translation_delivered","nr_words": %d, "duration": %d}`,
			i/60%60, i%60, random.IntN(1e6), random.Uint64(), random.IntN(100), random.IntN(60))
	}
	telemetry := func(int) string {
		return fmt.Sprintf(`{"timestamp":"2025-01-01T00:00:00Z","machine":"m1","temperature":%.1f,"speed":%d,"status":"STARTED"}`, random.Float64()*100, random.IntN(1000))
	}
	layouts := func(int) string {
		v := random.IntN(1000)
		switch random.IntN(4) {
		case 0:
			return fmt.Sprintf(`{"duration":%d,"nr_words":1}`, v)
		case 1:
			return fmt.Sprintf(`{"nr_words":%d,"x":{"y":[1,2]},"duration":2.5}`, v)
		case 2:
			return fmt.Sprintf(`{"a":1,"b":%d,"duration":-1e3}`, v)
		}
		return fmt.Sprintf(`{"name":"short","nr_words":%d}`, v)
	}
	text := func(int) string {
		return fmt.Sprintf(`{"text":"Gr\u00fc\u00dfe, \"Bjørn\" und Ève \ud83d\ude00 😀","client_name":"caf\u00e9 é","path":"C:\\tmp\n","duration":%d}`, random.IntN(100))
	}
	long := func(int) string {
		return fmt.Sprintf(`{"duration":0.%017d,"nr_words":%d.5,"id":%d}`, random.Uint64()%1e17, random.Uint64()%1e16, random.Uint64())
	}
	var all []stream
	for _, s := range []struct {
		name string
		plan batch.Plan
		line func(int) string
	}{
		{"events", events, event},
		{"telemetry", batch.Plan{All: true, Time: batch.Path{"timestamp"}, Omit: []string{"moving_averages"}}, telemetry},
		{"layouts", batch.Plan{Numbers: numbers}, layouts},
		{"layouts-all", batch.Plan{All: true}, layouts},
		{"text", batch.Plan{Numbers: numbers, Key: []batch.Path{{"client_name"}}}, text},
		{"digits", batch.Plan{Numbers: numbers}, long},
	} {
		var b bytes.Buffer
		for i := range 1000 {
			b.WriteString(s.line(i) + "\n")
		}
		all = append(all, stream{s.name, s.plan, b.Bytes()})
	}
	return all
}

// drain reads all of a stream, and returns how many records and readings it has.
func drain(tb testing.TB, rd *ndjson.Records, in *bytes.Reader, data []byte) (records, readings int) {
	in.Reset(data)
	rd.Reset(in, "in")
	for {
		r, err := rd.Next()
		if err == io.EOF {
			return records, readings
		}
		if err != nil || r.Judge() != nil {
			tb.Fatal(err, r)
		}
		records++
		readings += r.Len()
	}
}

// TestNoAllocation: once the layouts are known, reading a record allocates nothing, by
// records or by batches, whose readings are taken by columns. (Not parallel: allocations
// of the whole process are counted.)
func TestNoAllocation(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the start of a collection allocates
	for _, s := range streams() {
		rd, in := ndjson.NewRecords(s.plan, ndjson.Options{}), new(bytes.Reader)
		drain(t, rd, in, s.data) // assigns slots to names; the first measured pass, a warm-up, learns the prefixes
		n := testing.AllocsPerRun(5, func() {
			records, readings := drain(t, rd, in, s.data)
			if records != 1000 || readings == 0 {
				t.Error(s.name, records, readings)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations in 1,000 records", s.name, n)
		}
		fold := batch.NewFold(s.plan)
		x := &batches{fold: fold, rd: ndjson.NewReader(fold, ndjson.Options{})}
		x.p = x.rd.Parser()
		x.drain(t, s.data)
		n = testing.AllocsPerRun(5, func() {
			records, readings := x.drain(t, s.data)
			if records != 1000 || readings == 0 {
				t.Error(s.name, records, readings)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations in batches of 1,000 records", s.name, n)
		}
	}
}

// batches reads streams by batches and runs, as filters do.
type batches struct {
	fold  *batch.Fold
	rd    *ndjson.Reader
	p     *ndjson.Parser
	in    bytes.Reader
	block ndjson.Block
	runs  batch.Runs
}

// drain reads all of a stream, and returns how many records and readings it has.
func (x *batches) drain(tb testing.TB, data []byte) (records, readings int) {
	x.in.Reset(data)
	x.rd.Reset(&x.in, "in")
	x.fold.Reset()
	b := &x.block
	for x.rd.Read(b) == nil {
		for more := true; more; more = b.More() {
			x.p.Parse(b)
			x.fold.Begin(&b.Batch)
			for x.runs.Begin(&b.Batch, nil, false); x.runs.Next(); {
				err := x.runs.Fault()
				if err != nil {
					tb.Fatal(err)
				}
				records += x.runs.Len()
				readings += x.runs.Len() * x.runs.Width()
			}
			x.fold.End(&b.Batch)
		}
	}
	return records, readings
}

// BenchmarkBatches reads each stream by batches and runs.
func BenchmarkBatches(b *testing.B) {
	for _, s := range streams() {
		b.Run(s.name, func(b *testing.B) {
			fold := batch.NewFold(s.plan)
			x := &batches{fold: fold, rd: ndjson.NewReader(fold, ndjson.Options{})}
			x.p = x.rd.Parser()
			b.SetBytes(int64(len(s.data)))
			b.ReportAllocs()
			for b.Loop() {
				x.drain(b, s.data)
			}
		})
	}
}

// BenchmarkRecords reads each stream record by record.
func BenchmarkRecords(b *testing.B) {
	for _, s := range streams() {
		b.Run(s.name, func(b *testing.B) {
			rd, in := ndjson.NewRecords(s.plan, ndjson.Options{}), new(bytes.Reader)
			b.SetBytes(int64(len(s.data)))
			b.ReportAllocs()
			for b.Loop() {
				drain(b, rd, in, s.data)
			}
		})
	}
}

// BenchmarkFastjson is the same with fastjson: a tree of each line, of which five members
// are read.
func BenchmarkFastjson(b *testing.B) {
	for _, s := range streams() {
		if s.name != "events" && s.name != "layouts" {
			continue
		}
		b.Run(s.name, func(b *testing.B) {
			var p fastjson.Parser
			b.SetBytes(int64(len(s.data)))
			b.ReportAllocs()
			for b.Loop() {
				for line := range bytes.Lines(s.data) {
					v, err := p.ParseBytes(line)
					if err != nil {
						b.Fatal(err)
					}
					v.GetFloat64("duration")
					v.GetFloat64("nr_words")
					v.GetStringBytes("client_name")
					v.GetStringBytes("event_name")
					v.GetStringBytes("timestamp")
				}
			}
		})
	}
}

// TestFastjsonDiffers: where fastjson and this package differ on what a good line is,
// encoding/json agrees with this package. If fastjson changes, this test fails.
func TestFastjsonDiffers(t *testing.T) {
	t.Parallel()
	for line, accepts := range map[string]bool{
		`{"a":01}`:                true,
		`{"a":1.0.1}`:             true,
		`{"a":1e}`:                true,
		"{\"a\":\"x\x01y\ty\"}":   true,
		`{"a":"\x"}`:              true,
		"{\"a\":\"\xff\"}":        true,
		`{"a":NaN}`:               true,
		nested("[", "]", 301):     false,
		nested(`{"a":`, "}", 350): false,
	} {
		_, err := fastjson.Parse(line)
		if (err == nil) != accepts {
			t.Errorf("fastjson has changed: %.60q: %v", line, err)
		}
		good := !strings.Contains(read(t, batch.Plan{}, strings.NewReader(line))[0], "1:")
		if good != oracle.IsRecord(line) || good == accepts {
			t.Errorf("%.60q: good %v, oracle %v", line, good, oracle.IsRecord(line))
		}
	}
	duplicates := `{"a":1,"a":2}` // the first counts there, the last here
	v, err := fastjson.Parse(duplicates)
	if err != nil || v.GetInt("a") != 1 {
		t.Errorf("fastjson has changed: of duplicates the first no longer counts: %v, %v", v, err)
	}
	got := find(duplicates, batch.Path{"a"})
	if got != "2" {
		t.Error(got)
	}
}
