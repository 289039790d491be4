package partial_test

import (
	"bytes"
	"testing"
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/partial"
	"weir/pkg/stamp"
	"weir/pkg/stats"
	"weir/pkg/winavg"
	"weir/pkg/window"
)

// TestMergeAllocatesNothing: to read a row of a key, field and step that are known, and to merge
// it, takes no memory. Why: a merge reads a row for each of them and each part. Quantiles aside,
// whose values are merged anew.
func TestMergeAllocatesNothing(t *testing.T) {
	x, y, by := batch.Path{"x"}, batch.Path{"y"}, []batch.Path{{"k"}}
	for _, name := range []string{"mean", "sd", "max", "first"} {
		s, _ := agg.ParseStat(name)
		row := partial.Row{Key: []byte(`"a key"`), Field: []byte(`"y"`), Step: 60, Stepped: true}
		n := allocations(t, row, winavg.New(winavg.Options{
			Window: 10 * time.Minute, Step: time.Minute, Time: batch.Path{"at"}, Fields: []batch.Path{x, y}, By: by,
			Columns:  []winavg.Column{{Field: 0, Stat: s, Name: "x"}, {Field: 1, Stat: s, Name: "y"}},
			Lateness: winavg.Forever, MaxGap: winavg.Forever, MaxGroups: 100,
		}))
		if n > 0 {
			t.Errorf("winavg -a %s: %v allocations", name, n)
		}

		at := stamp.Time{Sec: 61}
		row = partial.Row{Key: row.Key, Field: row.Field, Period: &partial.Period{From: at, To: at, FromText: []byte("61"), ToText: []byte("61")}}
		for _, fields := range [][]batch.Path{nil, {x, y}} {
			n = allocations(t, row, stats.New(stats.Options{Time: batch.Path{"at"}, Fields: fields, By: by, Stats: []agg.Stat{s}, MaxGroups: 100}))
			if n > 0 {
				t.Errorf("stats -a %s: %v allocations", name, n)
			}
		}
	}
}

// allocations returns how many allocations it takes to read and merge a row, with one reading,
// when a filter has merged it before.
func allocations(t *testing.T, row partial.Row, f partial.Merger) float64 {
	t.Helper()
	config := partial.Config{Tool: "a tool", Needs: f.Needs(), Time: "at"}
	readings := window.NewPart(config.Needs)
	d, _ := exact.Parse([]byte("31.5"))
	readings.Add(stamp.Time{Sec: 61}, d)
	row.Contents = readings.Contents()

	var b bytes.Buffer
	out := lines.New(&b, -1, nil)
	partial.NewWriter(config.ID, config.Needs, false).Row(&row, out)
	err := out.Flush()
	if err != nil {
		t.Fatal(err)
	}
	line := bytes.TrimSuffix(b.Bytes(), []byte{'\n'})

	r := partial.NewReader(partial.Options{Want: &config})
	at := partial.Position{File: "a partial"}
	return testing.AllocsPerRun(100, func() {
		at.Line++
		row, _, err := r.Read(line, at)
		if err == nil {
			err = f.Merge(row)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}
