package spool_test

import (
	"bytes"
	"fmt"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
	"weir/pkg/spool"
)

// The first pass appends the records that it has used. The second one reads them back,
// with the names and slots of the same fold.
func Example() {
	rd := ndjson.NewRecords(batch.Plan{Numbers: []batch.Path{{"speed"}}, Key: []batch.Path{{"machine"}}}, ndjson.Options{})
	rd.Reset(strings.NewReader(`{"machine":"m1","speed":117}
{"machine":"m2","speed":null}
{"machine":"m1","speed":119.5,"status":"STARTED"}
`), "in.jsonl")
	var text []byte
	for r, err := rd.Next(); err == nil; r, err = rd.Next() {
		if r.Len() > 0 {
			text = spool.Append(text, r)
		}
	}

	fold := rd.Fold()
	second := spool.NewReader(bytes.NewReader(text), "in.jsonl", len(fold.Labels()))
	var b batch.Batch
	for second.Read(&b) == nil {
		fold.Begin(&b)
		for row := range b.Rows {
			r := b.Record(row)
			slot, number := r.At(0)
			_, line := r.Location()
			fmt.Printf("line %d: %s of %s is %v\n", line, r.Name(slot), r.Key(), number.Float())
		}
		fold.End(&b)
	}
	// Output:
	// line 1: "speed" of "m1" is 117
	// line 3: "speed" of "m1" is 119.5
}
