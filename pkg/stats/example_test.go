package stats_test

import (
	"fmt"
	"os"
	"strings"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
	"weir/pkg/stats"
)

// A field is summarized in one line. With a deviation, a second pass over the same records
// finds the anomalies. Package pipe does for the command what this loop does.
func Example() {
	input := `{"timestamp":"2018-12-26T18:11:00Z","speed":117}
{"timestamp":"2018-12-26T18:12:00Z","speed":120}
`
	mean, err := agg.ParseStat("mean")
	if err != nil {
		fmt.Println(err)
	}
	f := stats.New(stats.Options{Stats: []agg.Stat{mean}, Time: batch.Path{"timestamp"}, MaxGroups: 100})
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
	// {"field":"speed","mean":118.5,"from":"2018-12-26T18:11:00Z","to":"2018-12-26T18:12:00Z"}
}
