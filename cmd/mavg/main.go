// Mavg adds moving averages of the last N readings to every record.
package main

import (
	"errors"
	"fmt"

	"weir/pkg/cli"
	"weir/pkg/mavg"
	"weir/pkg/ndjson"
	"weir/pkg/pipe"
)

type flags struct {
	Last  int        `short:"n" default:"5" placeholder:"5" help:"Readings in the window, this one included."`
	Field cli.Fields `short:"f" placeholder:"a,b.c" help:"What to average. Dots lead inside, a dot of a name is written \\. . Without it, every numeric member at the top, but the time."`
	By    cli.Fields `short:"g" placeholder:"a,b" help:"Windows apart for each value of these."`
	Agg   cli.Stats  `short:"a" default:"mean" placeholder:"mean,max" help:"Statistics. There are count, mean, min, max, sum, sd, var, median, pN (p90, p99.9), first, last. One stands bare, several by name."`
	As    string     `default:"moving_averages" placeholder:"NAME" help:"The member that is added. One of that name is taken out first."`
	Time  cli.Field  `short:"t" default:"timestamp" placeholder:"FIELD" more:"" help:"The time field, which is not averaged unless -f names it."`
	cli.Shared
}

const about = `Every record comes out as it came in, with one member more at its end: for each number in it, the mean of the last N readings of that field, this one included. While there are fewer than N, of those there are. A field that is missing or null has no average in that record.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "mavg", Does: "moving averages of the last N readings", About: about, Flags: &f, Shared: &f.Shared, Filter: f.filter,
		Examples: []cli.Example{
			{Command: "tail -F machine.jsonl | mavg -n 5", Why: "each record as it is written, with the means of its last five readings"},
			{Command: "mavg -n 60 -f temperature -g machine machine.jsonl.gz", Why: "one field, a window for each machine"},
			{Command: "mavg -n 5 --as avg5 | mavg -n 60 --as avg60", Why: "a short and a long average side by side"},
			{Command: "mavg -n 100 -f speed -a mean,sd,p99", Why: "several statistics, by name"},
		},
	})
}

func (f *flags) filter() (pipe.Filter, error) {
	if f.Last < 1 {
		return nil, errors.New("-n must be at least 1")
	}
	as := ndjson.Path{f.As}
	for _, p := range append(append([]ndjson.Path{}, f.Field...), f.By...) {
		if p[0] == f.As {
			return nil, fmt.Errorf("--as %s: that member is taken out of what comes in, so it cannot be read as %s", as, p)
		}
	}
	return mavg.New(mavg.Options{
		N: f.Last, Fields: f.Field, By: f.By, Time: f.Time.Path, Stats: f.Agg, As: f.As, MaxGroups: f.MaxGroups,
	}), nil
}
