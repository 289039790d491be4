package winavg_test

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
	"weir/pkg/winavg"
	"weir/pkg/window"
)

// TestMergeAllocatesNothing: to read a row of a key and step that are known, and to merge it,
// takes no memory. Why: a merge reads a row for each key, step and part.
func TestMergeAllocatesNothing(t *testing.T) {
	for _, stats := range []string{"mean", "sd", "max", "first", "last"} {
		s, _ := agg.ParseStat(stats)
		o := winavg.Options{
			Window: 10 * time.Minute, Step: time.Minute, Time: batch.Path{"at"}, TimeNamed: true, Fields: []batch.Path{{"x"}, {"y"}}, By: []batch.Path{{"k"}},
			Columns: []winavg.Column{{Field: 0, Stat: s, Name: "x"}, {Field: 1, Stat: s, Name: "y"}}, Empty: winavg.Skip,
			Lateness: winavg.Forever, MaxGap: winavg.Forever, MaxGroups: 100,
		}
		config := partialConfig(o)
		readings := window.NewPart(config.Needs)
		d, _ := exact.Parse([]byte("31.5"))
		readings.Add(stamp.Time{Sec: 61}, d)

		var b bytes.Buffer
		out := lines.New(&b, -1, nil)
		w := partial.NewWriter(config.ID, config.Needs, false)
		w.Row(&partial.Row{Key: []byte(`"a key"`), Field: []byte(`"y"`), Step: 60, Stepped: true, Contents: readings.Contents()}, out)
		err := out.Flush()
		if err != nil {
			t.Fatal(err)
		}
		line := bytes.TrimSuffix(b.Bytes(), []byte{'\n'})

		f := winavg.New(o)
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
			t.Errorf("-a %s: %v allocations", stats, n)
		}
	}
}
