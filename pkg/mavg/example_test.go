package mavg_test

import (
	"fmt"
	"os"
	"strings"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/mavg"
	"weir/pkg/ndjson"
)

// Each record is passed on with the mean of the last two readings of each field. Package
// pipe does for the command what this loop does.
func Example() {
	input := `{"speed":117,"status":"ok"}
{"speed":120,"status":"ok"}
{"speed":90,"status":"slow"}
`
	mean, err := agg.ParseStat("mean")
	if err != nil {
		fmt.Println(err)
	}
	f := mavg.New(mavg.Options{N: 2, Stats: []agg.Stat{mean}, As: "moving_averages", MaxGroups: 100})
	w := lines.New(os.Stdout, -1, f.Member())
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
		w.Render(&block.Batch)
	}
	err = w.Flush()
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"speed":117,"status":"ok","moving_averages":{"speed":117}}
	// {"speed":120,"status":"ok","moving_averages":{"speed":118.5}}
	// {"speed":90,"status":"slow","moving_averages":{"speed":105}}
}
