package sim

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/stamp"
)

// run returns the lines of a simulation.
func run(tb rapid.TB, o Options) (lines []string) {
	tb.Helper()
	s := New(o)
	var out []byte
	var err error
	for err == nil {
		out, err = s.Append(out)
	}
	if err != io.EOF {
		tb.Fatal(err)
	}
	out, err = s.Finish(out)
	if err != nil {
		tb.Fatal(err)
	}
	if len(out) == 0 {
		return nil
	}
	lines = strings.SplitAfter(string(out), "\n")
	last := len(lines) - 1
	if lines[last] != "" {
		tb.Fatalf("the last line has no newline: %q", lines[last])
	}
	return lines[:len(lines)-1]
}

// morning is the start of the tests: 2024-05-06T08:00:00Z.
func morning() stamp.Time { return stamp.Time{Sec: 1714982400} }

// TestRandom: the generator produces the numbers of the reference implementation
// (prng.di.unimi.it/splitmix64.c), and between covers its range evenly.
func TestRandom(t *testing.T) {
	t.Parallel()
	r := random(1234567)
	for _, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821} {
		got := r.next()
		if got != want {
			t.Fatalf("got %d, want %d", got, want)
		}
	}
	seen := map[int64]int{}
	for range 3000 {
		seen[r.between(-1, 1)]++
	}
	if len(seen) != 3 || seen[-1] < 850 || seen[0] < 850 || seen[1] < 850 {
		t.Errorf("-1 to 1: %v", seen)
	}
}

// golden returns the options of the files in testdata. These must never change: a seed
// produces the same output in every version.
func golden() map[string]Options {
	all := map[string]Options{
		"machines": {Units: 2, Count: 80},
		"events":   {Like: Events, Units: 3, Count: 24},
		"fraction": {Units: 1, Count: 3, Interval: 1500 * time.Millisecond, Seed: 7},
		"damaged":  {Like: Events, Units: 2, Count: 60, Faults: []Fault{Spike, Drift, Stuck, Late, BadLine}, Gap: 3, Seed: 8},
	}
	for f := Spike; f <= BadLine; f++ {
		all[f.String()] = Options{Units: 1, Count: 60, Faults: []Fault{f}, Gap: 8, Seed: 3}
	}
	for name, o := range all {
		o.Start = morning()
		if o.Interval == 0 {
			o.Interval = 10 * time.Second
		}
		if o.Seed == 0 {
			o.Seed = 1
		}
		all[name] = o
	}
	return all
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, o := range golden() {
		var truth strings.Builder
		o.Truth = &truth
		got := strings.Join(run(t, o), "") + truth.String()
		want, err := os.ReadFile(filepath.Join("testdata", name+".golden"))
		if err != nil {
			t.Error(err)
		}
		if got != string(want) {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

// TestGoldenChecksums: of longer runs, in which every fault and every status occurs many times.
func TestGoldenChecksums(t *testing.T) {
	t.Parallel()
	faults := []Fault{Spike, Drift, Stuck, Late, BadLine}
	for want, o := range map[string]Options{
		"b33c542befc409bc9ec225d1bfd0c71d6811cb7b3fe0a6179cd11d8faea1e211": {Units: 7, Count: 200_000, Interval: 250 * time.Millisecond},
		"24ba5fc0d89847ccae08df5f46b79dc9c93e01c38d23f5d4d51ac5d26cdd1b39": {Units: 11, Count: 100_000, Interval: 10 * time.Second, Like: Events},
	} {
		o.Seed, o.Start, o.Faults = 42, morning(), faults
		text := strings.Join(run(t, o), "")
		got := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
		if got != want {
			t.Errorf("%+v: %s", o, got)
		}
	}
}

// drawOptions draws options without faults.
func drawOptions(t *rapid.T) Options {
	return Options{
		Like: rapid.SampledFrom([]Like{Machines, Events}).Draw(t, "like"), Units: rapid.IntRange(1, 12).Draw(t, "units"),
		Seed: rapid.Uint64().Draw(t, "seed"), Count: rapid.Int64Range(1, 1500).Draw(t, "count"),
		Interval: time.Duration(rapid.Int64Range(1, 9000).Draw(t, "interval") * rapid.SampledFrom([]int64{1, 1e3, 1e6, 1e9}).Draw(t, "unit")),
		Start:    stamp.Time{Sec: rapid.Int64Range(-3e10, 2e11).Draw(t, "sec"), Nsec: rapid.SampledFrom([]int32{0, 0, 5e8, 999_999_999}).Draw(t, "nsec")},
	}
}

// reading is a line of a machine, as encoding/json reads it.
type reading struct {
	Timestamp   string
	Machine     string
	Temperature json.Number
	Speed       int64
	Status      string
}

func (r *reading) tenths(tb rapid.TB) int64 {
	whole, tenth, ok := strings.Cut(r.Temperature.String(), ".")
	n, err := strconv.ParseInt(whole+tenth, 10, 64)
	if !ok || len(tenth) != 1 || err != nil {
		tb.Fatalf("temperature %s", r.Temperature)
	}
	return n
}

func decode(tb rapid.TB, line string, into any) {
	tb.Helper()
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		tb.Fatalf("%v in %q", err, line)
	}
}

// TestMachines: for all options, the machines have one record per round, with the timestamp of
// the round; readings stay within their bounds and change slowly; jobs begin, end and last as
// documented.
func TestMachines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := drawOptions(t)
		o.Like = Machines
		histories := make([][]reading, o.Units)
		start := time.Unix(o.Start.Sec, int64(o.Start.Nsec)).UTC()
		lines := run(t, o)
		if int64(len(lines)) != o.Count {
			t.Fatalf("%d lines, want %d", len(lines), o.Count)
		}
		for i, line := range lines {
			var r reading
			decode(t, line, &r)
			want := start.Add(time.Duration(i/o.Units) * o.Interval)
			at, err := time.Parse("2006-01-02T15:04:05.999999999Z", r.Timestamp)
			if err != nil || !at.Equal(want) || len(r.Timestamp) != len(decodedStamp(t, lines[0])) {
				t.Fatalf("line %d is of %s, want %s", i, r.Timestamp, want)
			}
			if r.Machine != fmt.Sprintf("m%d", i%o.Units+1) {
				t.Fatalf("line %d is of %s", i, r.Machine)
			}
			histories[i%o.Units] = append(histories[i%o.Units], r)
		}
		for _, history := range histories {
			checkHistory(t, history)
		}
	})
}

func decodedStamp(tb rapid.TB, line string) string {
	var r reading
	decode(tb, line, &r)
	return r.Timestamp
}

// checkHistory checks the readings of one machine.
func checkHistory(t *rapid.T, history []reading) {
	lasts := map[string][2]int{"IDLE": {6, 30}, "STARTED": {30, 120}, "COMPLETED": {1, 4}}
	next := map[string]string{"IDLE": "STARTED", "STARTED": "COMPLETED", "COMPLETED": "IDLE"}
	since := 0
	for i, r := range history {
		tenths := r.tenths(t)
		if tenths < 150 || tenths > 770 || r.Speed < 0 || r.Speed > 130 {
			t.Fatalf("out of bounds: %+v", r)
		}
		if i == 0 {
			if r.Status != "IDLE" || r.Speed != 0 {
				t.Fatalf("it begins as %+v", r)
			}
			continue
		}
		before := history[i-1]
		d := r.tenths(t) - before.tenths(t)
		if d > 60 || d < -60 {
			t.Fatalf("the temperature jumps from %s to %s", before.Temperature, r.Temperature)
		}
		if r.Status == before.Status {
			n := i - since
			if r.Status == "STARTED" && n > 40 && (r.tenths(t) < 620 || r.Speed < 100) || r.Status == "IDLE" && n > 8 && r.Speed > 0 {
				t.Fatalf("after %d readings: %+v", n, r)
			}
			continue
		}
		if r.Status != next[before.Status] {
			t.Fatalf("%s comes after %s", r.Status, before.Status)
		}
		lasted, want := i-since, lasts[before.Status]
		if lasted > want[1] || since > 0 && lasted < want[0] {
			t.Fatalf("%s lasted %d readings", before.Status, lasted)
		}
		since = i
	}
}

// TestEvents: for all options, events have the members of the challenge in its order, a
// timestamp within the client's share of the interval, and unique ids.
func TestEvents(t *testing.T) {
	t.Parallel()
	sample, err := os.ReadFile("../../testdata/events.json")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(sample), "\n")
	want := spelling(first)
	rapid.Check(t, func(t *rapid.T) {
		o := drawOptions(t)
		o.Like = Events
		ids := map[string]bool{}
		start := time.Unix(o.Start.Sec, int64(o.Start.Nsec)).UTC()
		share := o.Interval / time.Duration(o.Units)
		for i, line := range run(t, o) {
			var e struct {
				Timestamp string
				ID        string `json:"translation_id"`
				From      string `json:"source_language"`
				To        string `json:"target_language"`
				Client    string `json:"client_name"`
				Event     string `json:"event_name"`
				Words     int    `json:"nr_words"`
				Duration  int
			}
			decode(t, line, &e)
			got := spelling(line)
			if got != want {
				t.Fatalf("members %s, want %s", got, want)
			}
			at, err := time.Parse("2006-01-02 15:04:05.000000", e.Timestamp)
			from := start.Add(time.Duration(i/o.Units)*o.Interval + time.Duration(i%o.Units)*share)
			if err != nil || at.Before(from.Truncate(time.Microsecond)) || at.After(from.Add(share)) {
				t.Fatalf("%s is not within %v of %v", e.Timestamp, share, from)
			}
			if ids[e.ID] || len(e.ID) != 20 || e.From == e.To || e.Event != "translation_delivered" || e.Client != string(clientName(i%o.Units)) {
				t.Fatalf("%+v", e)
			}
			if e.Words < 1 || e.Words > 262 || e.Duration < 1 || e.Duration > 135 {
				t.Fatalf("out of bounds: %+v", e)
			}
			ids[e.ID] = true
		}
	})
}

// spelling returns a line without its values.
func spelling(line string) string {
	var b strings.Builder
	quoted, value := false, false
	for _, c := range strings.TrimSpace(line) {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && c == ':':
			value = true
		case !quoted && c == ',':
			value = false
		case value && (quoted || c >= '0' && c <= '9'):
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// TestIndependence: the readings of a machine do not depend on the number of machines, and do
// depend on the seed; those of two machines differ.
func TestIndependence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := drawOptions(t)
		o.Like = Machines
		o.Count = int64(o.Units * 100)
		all := run(t, o)
		o.Seed++
		other := run(t, o)
		o.Seed--
		single := o
		single.Units, single.Count = 1, 100
		for i, line := range run(t, single) {
			if all[i*o.Units] != line {
				t.Fatalf("with %d machines: %swant %s", o.Units, all[i*o.Units], line)
			}
		}
		if slices.Equal(all, other) {
			t.Fatal("two seeds have the same output")
		}
		first, second := strings.Split(all[o.Units], ","), strings.Split(all[2*o.Units-1], ",")
		if o.Units > 1 && slices.Equal(first[2:], second[2:]) && slices.Equal(strings.Split(all[50*o.Units], ",")[2:], strings.Split(all[51*o.Units-1], ",")[2:]) {
			t.Fatal("two machines have the same readings")
		}
	})
}

// TestYear10000: ends the simulation, as timestamps have years of four digits.
func TestYear10000(t *testing.T) {
	t.Parallel()
	for _, like := range []Like{Machines, Events} {
		s := New(Options{Like: like, Units: 2, Start: stamp.Time{Sec: lastSecond - 30}, Interval: 10 * time.Second})
		var out []byte
		var err error
		for err == nil {
			out, err = s.Append(out)
		}
		n := strings.Count(string(out), "\n")
		if errors.Is(err, io.EOF) || n != 8-4*int(like) || strings.Count(string(out), `"9999-12-31`) != n {
			t.Errorf("%v after %s", err, out)
		}
	}
}

// TestAppendAllocatesNothing: per reading, faults included.
func TestAppendAllocatesNothing(t *testing.T) {
	for _, like := range []Like{Machines, Events} {
		s := New(Options{Like: like, Units: 3, Interval: time.Second, Faults: []Fault{Spike, Drift, Stuck, Late, BadLine}, Truth: io.Discard})
		var buf []byte
		for range 200_000 {
			buf, _ = s.Append(buf[:0])
		}
		n := testing.AllocsPerRun(50_000, func() { buf, _ = s.Append(buf[:0]) })
		if n > 0 {
			t.Errorf("%d: %v allocations a reading", like, n)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, like := range map[string]Like{"machines": Machines, "events": Events} {
		b.Run(name, func(b *testing.B) {
			s := New(Options{Like: like, Units: 50, Interval: 10 * time.Second, Faults: []Fault{Spike, Late}})
			var buf []byte
			var size int64
			b.ReportAllocs()
			for b.Loop() {
				buf, _ = s.Append(buf[:0])
				size += int64(len(buf))
			}
			b.SetBytes(size / int64(b.N))
		})
	}
}
