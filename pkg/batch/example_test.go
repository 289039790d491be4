package batch_test

import (
	"fmt"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/ndjson"
)

// A filter consumes batches: it divides them into runs of records of one key with readings
// in the same slots, and says which records it did not use.
func Example() {
	fold := batch.NewFold(batch.Plan{Numbers: []batch.Path{{"speed"}}, Key: []batch.Path{{"machine"}}})
	rd := ndjson.NewReader(fold, ndjson.Options{})
	rd.Reset(strings.NewReader(`{"machine":"m1","speed":117}
{"machine":"m1","speed":119.5}
{"machine":"m2","speed":"fast"}
{"machine":"m2"}
`), "in.jsonl")
	parser := rd.Parser()

	var block ndjson.Block
	var runs batch.Runs
	for rd.Read(&block) == nil {
		parser.Parse(&block)
		b := &block.Batch
		fold.Begin(b)
		ids := make([]int32, len(b.Rows)) // of the keys: a filter asks package group
		for row := range ids {
			ids[row] = int32(b.Key(row)[2])
		}
		for runs.Begin(b, ids, false); runs.Next(); {
			err := runs.Fault()
			switch {
			case err != nil:
				b.Reject(runs.Row(0), err)
			case runs.Width() == 0:
				b.NoReading(runs.Row(0))
			default:
				column, _ := runs.Column(0, make([]int64, runs.Len()))
				var sum exact.Sum
				sum.AddBatch(column)
				fmt.Printf("%s: %d records, the sum of %s is %v\n", runs.Key(), runs.Len(), runs.Name(0), sum.Dec().Float())
			}
		}
		outcomes, _ := b.Outcomes()
		for _, o := range outcomes {
			fmt.Println("row", o.Row, "was not used:", o.Err)
		}
		fold.End(b)
	}
	// Output:
	// "m1": 2 records, the sum of "speed" is 236.5
	// row 2 was not used: in.jsonl:3:25: not a number: "fast"
	// row 3 was not used: <nil>
}

// A dot separates the names of a path, unless it is escaped.
func ExampleParsePath() {
	for _, typed := range []string{`temperature`, `motor.rpm`, `motor\.rpm`, `motor..rpm`} {
		path, err := batch.ParsePath(typed)
		if err != nil {
			fmt.Println("error:", err)
			continue
		}
		fmt.Printf("%d name(s): %q\n", len(path), []string(path))
	}
	// Output:
	// 1 name(s): ["temperature"]
	// 2 name(s): ["motor" "rpm"]
	// 1 name(s): ["motor.rpm"]
	// error: the field "motor..rpm" has an empty name between its dots (write \. for a literal dot)
}
