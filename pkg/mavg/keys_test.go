package mavg

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
)

// TestKeysWithoutReadingsAreNotKept: they would take memory without bound. A number whose
// name is so long that it gets no slot is no reading.
func TestKeysWithoutReadingsAreNotKept(t *testing.T) {
	t.Parallel()
	mean, err := agg.ParseStat("mean")
	if err != nil {
		t.Fatal(err)
	}
	f := New(Options{N: 5, By: []batch.Path{{"k"}}, Stats: []agg.Stat{mean}, As: "as", MaxGroups: 1})
	fold := batch.NewFold(f.Plan())
	rd := ndjson.NewReader(fold, ndjson.Options{})
	p := rd.Parser()
	w := lines.New(io.Discard, -1, f.Member())
	var block ndjson.Block
	records := 0
	for i := range 100 { // batches
		var text strings.Builder
		for j := range 10 {
			fmt.Fprintf(&text, `{"k":"none%d.%d","s":"text"}`+"\n", i, j)
		}
		if i == 50 {
			fmt.Fprintf(&text, `{"k":"long","%s":1}`+"\n", strings.Repeat("x", 33<<20))
		}
		rd.Reset(strings.NewReader(text.String()), "-")
		for rd.Read(&block) == nil {
			p.Parse(&block)
			fold.Begin(&block.Batch)
			err := f.Push(&block.Batch, w)
			if err != nil {
				t.Fatal(err)
			}
			outcomes, _ := block.Outcomes()
			for row, o := range outcomes {
				if o.Row != row || o.Verdict != batch.NoReading {
					t.Fatalf("outcome %+v, want one without a reading", o)
				}
			}
			records += len(outcomes)
			w.Render(&block.Batch)
			fold.End(&block.Batch)
		}
	}
	if records != 1001 {
		t.Errorf("%d records without a reading, want 1001", records)
	}
	n := f.keys.Len()
	if n != 0 {
		t.Errorf("%d keys without readings are kept", n)
	}
}
