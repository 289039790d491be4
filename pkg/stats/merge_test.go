package stats_test

import (
	"bytes"
	"testing"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/partial"
	"weir/pkg/stamp"
	"weir/pkg/stats"
	"weir/pkg/window"
)

// TestMergeAllocatesNothing: to read a row of a key and field that are known, and to merge it,
// takes no memory. Why: a merge reads a row for each key, field and part.
func TestMergeAllocatesNothing(t *testing.T) {
	for _, name := range []string{"mean", "sd", "max", "first"} {
		s, _ := agg.ParseStat(name)
		o := stats.Options{Time: batch.Path{"at"}, Fields: []batch.Path{{"x"}, {"y"}}, By: []batch.Path{{"k"}}, Stats: []agg.Stat{s}, MaxGroups: 100}
		config := partial.Config{Tool: "stats", Needs: stats.New(o).Needs(), Time: "at"}
		readings := window.NewPart(config.Needs)
		d, _ := exact.Parse([]byte("31.5"))
		readings.Add(stamp.Time{Sec: 61}, d)
		period := partial.Period{From: stamp.Time{Sec: 61}, To: stamp.Time{Sec: 61}, FromText: []byte("61"), ToText: []byte("61")}

		var b bytes.Buffer
		out := lines.New(&b, -1, nil)
		w := partial.NewWriter(config.ID, config.Needs, false)
		w.Row(&partial.Row{Key: []byte(`"a key"`), Field: []byte(`"y"`), Contents: readings.Contents(), Period: &period}, out)
		err := out.Flush()
		if err != nil {
			t.Fatal(err)
		}
		line := bytes.TrimSuffix(b.Bytes(), []byte{'\n'})

		f := stats.New(o)
		r := partial.NewReader(partial.Options{Want: &config})
		at := partial.Position{File: "a partial", Line: 1}
		n := testing.AllocsPerRun(100, func() {
			row, _, err := r.Read(line, at)
			if err == nil {
				err = f.Merge(row)
			}
			if err != nil {
				t.Fatal(err)
			}
			at.Line++
		})
		if n > 0 {
			t.Errorf("-a %s: %v allocations", name, n)
		}
	}
}
