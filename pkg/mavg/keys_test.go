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

// TestKeysWithoutReadingsAreNotKept: they would take memory without bound.
func TestKeysWithoutReadingsAreNotKept(t *testing.T) {
	t.Parallel()
	mean, err := agg.ParseStat("mean")
	if err != nil {
		t.Fatal(err)
	}
	f := New(Options{N: 5, By: []batch.Path{{"k"}}, Stats: []agg.Stat{mean}, As: "as", MaxGroups: 1})
	rd := ndjson.NewRecords(f.Plan(), ndjson.Options{})
	w := lines.New(io.Discard, -1)
	for i := range 1000 {
		rd.Reset(strings.NewReader(fmt.Sprintf(`{"k":"none%d","s":"text"}`, i)), "-")
		r, err := rd.Next()
		if err != nil {
			t.Fatal(err)
		}
		v, err := f.Push(r, w)
		if v != batch.NoReading || err != nil {
			t.Fatal(v, err)
		}
	}
	n := f.keys.Len()
	if n != 0 {
		t.Errorf("%d keys without readings are kept", n)
	}
}
