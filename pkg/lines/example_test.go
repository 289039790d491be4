package lines_test

import (
	"fmt"
	"os"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
)

// An Output writes rows of a filter's own.
func ExampleOutput() {
	w := lines.New(os.Stdout, 2, nil)
	w.Object()
	w.Name([]byte(`"date"`))
	w.Text("2018-12-26 18:11:00")
	w.Name([]byte(`"average_delivery_time"`))
	w.Value(exact.Ratio(61, 0, 3))
	w.End()
	err := w.Flush()
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"date":"2018-12-26 18:11:00","average_delivery_time":20.33}
}

// An Output copies a record's bytes and appends a member, in place of an old one.
func ExampleOutput_Defer() {
	fold := batch.NewFold(batch.Plan{Numbers: []batch.Path{{"t"}}, Omit: []string{"mean"}})
	rd := ndjson.NewReader(fold, ndjson.Options{})
	rd.Reset(strings.NewReader(`{ "t": 70.50, "mean": "an old one" }`), "in.jsonl")
	parser := rd.Parser()

	w := lines.New(os.Stdout, 2, &lines.Member{Label: batch.NewLabel([]byte(`"mean"`))})
	var block ndjson.Block
	var runs batch.Runs
	for rd.Read(&block) == nil {
		parser.Parse(&block)
		fold.Begin(&block.Batch)
		for runs.Begin(&block.Batch, nil, false); runs.Next(); {
			w.Defer(&runs.Run)
			for k := range runs.Width() {
				values := w.Values(runs.Label(k))
				for i := range values {
					values[i] = runs.Num(i, k).Value()
				}
			}
		}
		fold.End(&block.Batch)
		w.Render(&block.Batch)
	}
	err := w.Flush()
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// { "t": 70.50,"mean":{"t":70.5} }
}
