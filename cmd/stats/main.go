// Stats sums up each field of a stream, and what stands out of it.
package main

import (
	"fmt"

	"weir/pkg/cli"
	"weir/pkg/ndjson"
	"weir/pkg/pipe"
	"weir/pkg/stats"
)

type flags struct {
	Field      cli.Fields     `short:"f" placeholder:"a,b.c" help:"What to sum up. Dots lead inside, a dot of a name is written \\. . Without it, every numeric member at the top, but the time."`
	By         cli.Fields     `short:"g" placeholder:"a,b" help:"A line for each value of these."`
	Agg        cli.Stats      `short:"a" default:"count,mean,min,max,sd,sum,median,p95,p99" placeholder:"mean,max" help:"Statistics. There are count, mean, min, max, sum, sd, var, median, pN (p90, p99.9), first, last."`
	Where      cli.Conds      `placeholder:"FIELD=VALUE" help:"Only records in which FIELD is VALUE. Repeats mean and."`
	Time       cli.Field      `short:"t" placeholder:"FIELD" help:"Where the time stands (timestamp). If it is named, a time that cannot be read is a fault."`
	TimeFormat cli.TimeFormat `default:"auto" placeholder:"auto" more:"" help:"How it is written: auto, rfc3339, unix, unix_ms, unix_us, unix_ns, or a strftime layout such as %d.%m.%Y %H:%M. Without a zone it is UTC."`
	Deviation  string         `default:"20%" placeholder:"20%" help:"What stands out: readings farther from the mean than that share of it, or than 3sd; none looks for none."`
	Anomalies  int            `default:"100" placeholder:"100" help:"How many of them are listed. Those farthest from the mean; their count is exact."`
	List       bool           `help:"Print all of them, a line each. There is no summary then."`
	cli.TableOutput
	cli.Shared
}

const about = `One line for each field: its statistics over the whole input, and the readings that stand out. The mean they are measured against is known only at the end, so the input is read twice: a file again, up to where it ended the first time; anything else from a temporary file, whose folder TMPDIR names. Ctrl-C prints the summary of what was read.
On a terminal the lines are shown as tables.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "stats", Does: "a summary of each field, and what stands out", About: about, Flags: &f, Shared: &f.Shared, Table: &f.TableOutput, Filter: f.filter,
		Examples: []cli.Example{
			{Command: "stats machine.jsonl", Why: "all numbers in it, with what is more than 20 % off the mean"},
			{Command: "stats -f duration -g client_name --where event_name=translation_delivered", Why: "one field, for each client, of some records only"},
			{Command: "stats -f value --deviation 3sd --list", Why: "each reading that is more than three standard deviations off, with file and line"},
			{Command: "machsim --count 10000 --rate max | mavg | stats --json", Why: "the summary as JSON, whatever the output is"},
		},
	})
}

func (f *flags) filter() (pipe.Filter, error) {
	o := stats.Options{
		Fields: f.Field, By: f.By, Where: f.Where, Stats: f.Agg, Time: f.Time.Path, TimeNamed: f.Time.Path != nil, Format: f.TimeFormat.Format,
		Anomalies: f.Anomalies, List: f.List, Plot: f.TableOutput.On(), MaxGroups: f.MaxGroups,
	}
	if o.Time == nil {
		o.Time = ndjson.Path{"timestamp"}
	}
	var ok bool
	if o.Deviation, ok = stats.ParseDeviation(f.Deviation); !ok {
		return nil, fmt.Errorf("--deviation %s: write 20%%, 3sd or none", f.Deviation)
	}
	switch {
	case f.Anomalies < 0:
		return nil, fmt.Errorf("--anomalies %d: it cannot be less than 0", f.Anomalies)
	case f.List && o.Deviation.Kind == stats.None:
		return nil, fmt.Errorf("--list needs a --deviation")
	}
	names := append([]string{}, stats.Members...)
	for _, s := range f.Agg {
		names = append(names, s.Name)
	}
	for _, p := range f.By {
		names = append(names, p.String())
	}
	return stats.New(o), cli.Distinct(names)
}
