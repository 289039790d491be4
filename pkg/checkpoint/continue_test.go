package checkpoint_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/mavg"
	"weir/pkg/pipe"
	"weir/pkg/stats"
	"weir/pkg/winavg"
)

// stream returns lines with all that a filter remembers: keys, fields that come later, bad
// and blank lines, times that are late, far away, missing or wrong.
func stream(t *rapid.T) []byte {
	var b strings.Builder
	now := int64(1714982400)
	line := rapid.SampledFrom([]string{"ok", "ok", "ok", "ok", "ok", "ok", "late", "jump", "back", "bad", "blank", "null", "notime", "text", "field", "same", "same"})
	first := rapid.SampledFrom([]string{"", "", "late"}).Draw(t, "first") // late events before the first row is due
	for i := range rapid.IntRange(1, 40).Draw(t, "lines") {
		at, kind := now, line.Draw(t, "line")
		if first != "" && i < 6 && i%2 == 1 {
			kind = first
		}
		switch kind {
		case "late":
			at -= rapid.Int64Range(1, 600).Draw(t, "late")
		case "jump":
			at += rapid.Int64Range(3000, 10_000_000).Draw(t, "jump")
			if rapid.Bool().Draw(t, "stays") {
				now = at
			}
		case "back":
			at -= rapid.Int64Range(3000, 10_000_000).Draw(t, "back")
			if rapid.Bool().Draw(t, "stays") {
				now = at
			}
		case "bad":
			b.WriteString("{oops\n")
			continue
		case "blank":
			b.WriteString(" \r\n")
			continue
		case "null":
			fmt.Fprintf(&b, "{\"timestamp\":%d,\"m\":null,\"x\":null}\n", at)
			continue
		case "text":
			fmt.Fprintf(&b, "{\"timestamp\":%d,\"x\":5,\"y\":\"text\"}\n", at)
			continue
		case "notime":
			b.WriteString("{\"x\":1,\"m\":[]}\n")
			continue
		case "field":
			fmt.Fprintf(&b, " {\"timestamp\":%d,\"m\":\"\\u00e9\",\"f%d\":%d,\"y\":1e%d}\n", at, rapid.IntRange(0, 3).Draw(t, "f"), now%7, rapid.SampledFrom([]int{0, -3, 200, -300}).Draw(t, "e"))
			continue
		case "same":
		default:
			now += rapid.Int64Range(0, 120).Draw(t, "step")
			at = now
		}
		fmt.Fprintf(&b, "{\"timestamp\":%d.%d,\"m\":\"m%d\",\"x\":%d.%d,\"y\":%d}\n", at, rapid.IntRange(0, 9).Draw(t, "fraction"),
			rapid.IntRange(0, 2).Draw(t, "m"), rapid.IntRange(-5, 99).Draw(t, "x"), rapid.IntRange(0, 99).Draw(t, "x"), at%3)
	}
	return []byte(b.String())
}

// anyFilter returns a filter of any options.
func anyFilter(t *rapid.T) func() pipe.Filter {
	if rapid.Bool().Draw(t, "mavg") {
		o := mavg.Options{N: rapid.IntRange(1, 4).Draw(t, "n"), As: "avg", MaxGroups: rapid.SampledFrom([]int{1000, 3}).Draw(t, "groups"), Time: batch.Path{"timestamp"}}
		names := rapid.SampledFrom([][]string{{"mean"}, {"mean", "sd", "median", "min", "last"}}).Draw(t, "stats")
		for _, name := range names {
			s, _ := agg.ParseStat(name)
			o.Stats = append(o.Stats, s)
		}
		if rapid.Bool().Draw(t, "by") {
			o.By = []batch.Path{{"m"}}
		}
		if rapid.Bool().Draw(t, "fields") {
			o.Fields = []batch.Path{{"y"}, {"f1"}}
		}
		return func() pipe.Filter { return mavg.New(o) }
	}
	by, lateness := rapid.Bool().Draw(t, "by"), rapid.SampledFrom([]time.Duration{0, 2 * time.Minute, 4 * time.Minute, winavg.Forever}).Draw(t, "lateness")
	empty, closed := rapid.SampledFrom([]winavg.Empty{winavg.Null, winavg.Zero, winavg.Skip}).Draw(t, "empty"), winavg.Closed(rapid.IntRange(0, 3).Draw(t, "closed"))
	drain, gap := rapid.Bool().Draw(t, "drain"), rapid.SampledFrom([]time.Duration{time.Hour, time.Hour, 24 * time.Hour, winavg.Forever}).Draw(t, "gap")
	groups := rapid.SampledFrom([]int{1000, 4}).Draw(t, "groups")
	simple := rapid.Bool().Draw(t, "simple")
	return rowsOf(func(o *winavg.Options) {
		if by {
			o.By = []batch.Path{{"m"}}
		}
		if simple {
			o.Columns = o.Columns[:1]
		}
		o.Lateness, o.Empty, o.Closed, o.Drain, o.MaxGap, o.MaxGroups = lateness, empty, closed, drain, gap, groups
	})
}

// TestRunsAppendWhatOneDoes: however the input is divided into runs, what they append is what
// one run over the whole input does.
func TestRunsAppendWhatOneDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, filter := stream(t), anyFilter(t)
		one, many := &job{fs: newMemFS(), filter: filter}, &job{fs: newMemFS(), filter: filter}
		err := one.run(text, true)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for range rapid.IntRange(1, 6).Draw(t, "runs") {
			at = rapid.IntRange(at, len(text)).Draw(t, "at")
			err := many.run(text[:at], false)
			if err != nil {
				t.Fatalf("up to byte %d: %v", at, err)
			}
		}
		err = many.run(text, true)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(many.output(), one.output()) {
			t.Fatalf("input\n%s\nappended\n%s\nwant\n%s", text, many.output(), one.output())
		}
	})
}

// TestSnapshotOfARowIsContinued: late events come before the first row is due, and an older
// event then makes rows begin at a row that was preserved.
func TestSnapshotOfARowIsContinued(t *testing.T) {
	t.Parallel()
	for _, by := range []bool{false, true} {
		filter := rowsOf(func(o *winavg.Options) {
			o.Lateness = 4 * time.Minute
			if by {
				byMachine(o)
			}
		})
		var text []byte
		for i, at := range []string{"10:05:30", "09:59:30", "10:06:10", "09:59:40", "10:02:30", "10:07:00", "10:09:00"} {
			text = fmt.Appendf(text, `{"timestamp":"2024-05-06T%sZ","m":"m%d","x":%d}`+"\n", at, i%2, i)
		}
		one := &job{fs: newMemFS(), filter: filter}
		err := one.run(text, true)
		if err != nil {
			t.Fatal(err)
		}
		preserved := 0
		for cut := range text {
			many := &job{fs: newMemFS(), filter: filter}
			err := many.run(text[:cut], false)
			if bytes.Contains(many.fs.names[statePath].data, []byte(`"snapshot_group"`)) {
				preserved++
			}
			if err == nil {
				err = many.run(text, true)
			}
			if err != nil || !bytes.Equal(many.output(), one.output()) {
				t.Fatalf("cut at byte %d: %v: appended\n%s\nwant\n%s", cut, err, many.output(), one.output())
			}
		}
		if preserved == 0 {
			t.Error("no row was preserved: the test is of no use")
		}
	}
}

// TestLastSummaryIsOfAllRuns: the last of several runs of stats prints what one run does.
func TestLastSummaryIsOfAllRuns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := stats.Options{MaxGroups: rapid.SampledFrom([]int{1000, 3}).Draw(t, "groups"), Time: batch.Path{"timestamp"}}
		for _, name := range rapid.SampledFrom([][]string{{"count"}, {"sum", "sd", "median"}, {"first", "last", "mean", "p99"}}).Draw(t, "stats") {
			s, _ := agg.ParseStat(name)
			o.Stats = append(o.Stats, s)
		}
		if rapid.Bool().Draw(t, "by") {
			o.By = []batch.Path{{"m"}}
		}
		filter, text := func() pipe.Filter { return stats.New(o) }, stream(t)
		one, many := &job{fs: newMemFS(), filter: filter}, &job{fs: newMemFS(), filter: filter}
		err := one.run(text, true)
		at := 0
		for range rapid.IntRange(1, 5).Draw(t, "runs") {
			at = rapid.IntRange(at, len(text)).Draw(t, "at")
			if err == nil {
				err = many.run(text[:at], false)
			}
		}
		before := len(many.output())
		if err == nil {
			err = many.run(text, true)
		}
		if err != nil {
			t.Fatal(err)
		}
		got := many.output()[before:]
		if !bytes.Equal(got, one.output()) {
			t.Fatalf("input\n%s\nprinted\n%s\nwant\n%s", text, got, one.output())
		}
	})
}
