package winavg_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
	"weir/pkg/winavg"
)

// A row for each minute has the mean of the two minutes before it. Package pipe does for
// the command what this loop does.
func Example() {
	input := `{"timestamp":"2018-12-26 18:11:08.509654","duration":20}
{"timestamp":"2018-12-26 18:12:19.903159","duration":31}
`
	mean, err := agg.ParseStat("mean")
	if err != nil {
		fmt.Println(err)
	}
	f := winavg.New(winavg.Options{
		Window: 2 * time.Minute, Step: time.Minute, MaxGap: winavg.Forever,
		Time: batch.Path{"timestamp"}, Fields: []batch.Path{{"duration"}},
		Columns: []winavg.Column{{Stat: mean, Name: "average_delivery_time"}}, MaxGroups: 100,
	})
	w := lines.New(os.Stdout, -1, nil)
	fold := batch.NewFold(f.Plan())
	rd := ndjson.NewReader(fold, ndjson.Options{})
	rd.Reset(strings.NewReader(input), "in.jsonl")
	parser := rd.Parser()
	var block ndjson.Block
	for rd.Read(&block) == nil {
		parser.Parse(&block)
		fold.Begin(&block.Batch)
		err := f.Push(&block.Batch, w)
		if err != nil {
			fmt.Println(err)
		}
		fold.End(&block.Batch)
	}
	err = f.Finish(w)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"date":"2018-12-26 18:11:00","average_delivery_time":0}
	// {"date":"2018-12-26 18:12:00","average_delivery_time":20}
	// {"date":"2018-12-26 18:13:00","average_delivery_time":25.5}
}
