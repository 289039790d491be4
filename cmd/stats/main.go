// Stats prints a summary of each field of a stream, and its anomalies.
package main

import (
	"errors"
	"fmt"

	"weir/pkg/agg"
	"weir/pkg/cli"
	"weir/pkg/cli/flagtype"
	"weir/pkg/deviation"
	"weir/pkg/pipe"
	"weir/pkg/stats"
)

// flags are the flags of stats. Help and suggestions list them in the order of their declaration.
type flags struct {
	inputFlags
	Field     flagtype.Fields    `group:"statistics" short:"f" placeholder:"FIELDS" help:"Fields to summarise (default: all top-level numbers). Several are separated by commas. The default excludes the timestamp field. a.b selects a nested member; write 'a\\.b' for a name with a dot."`
	By        flagtype.Fields    `group:"statistics" short:"g" placeholder:"FIELDS" help:"Separate lines for each value of these fields. By default, records are not grouped."`
	Agg       flagtype.Stats     `group:"statistics" short:"a" default:"count,mean,min,max,sd,sum,median,p95,p99" placeholder:"STATS" help:"Statistics: {stats}. Several are separated by commas. median, mad and pN are exact up to 4,096 different values of a field; beyond that, quantile_error says how exact they are."`
	Deviation flagtype.Deviation `group:"anomalies" default:"20%" placeholder:"LIMIT" values:"20% 3sd none" help:"Limit of anomalies: P%, Nsd or none. P% is a share of the mean; Nsd is N standard deviations; none turns anomalies off."`
	Anomalies int                `group:"anomalies" default:"100" placeholder:"N" min:"0" help:"List at most N anomalies in a summary. The largest are kept; anomaly_count is exact."`
	List      bool               `group:"anomalies" help:"Print every anomaly, one per line, and no summary."`
	cli.TableOutput
	cli.PlotFlags
	cli.StateFlags
	cli.PartialFlags
	Baseline flagtype.InputFile `group:"parts" placeholder:"FILE" more:"" help:"Print every anomaly of the input, one per line, by the means in FILE: a partial of the whole stream, from --combine. The input is one part of that. Bad lines are not reported again, and the exit code is 0. By default, the means are those of the input."`
	cli.Shared
}

// inputFlags select records and read their times.
type inputFlags struct {
	Where      flagtype.Conds      `group:"input" placeholder:"CONDITION" help:"{conditions} By default, all records are used."`
	Time       flagtype.Field      `group:"input" short:"t" placeholder:"FIELD" help:"{time_field} If -t is given, a value that is not a time makes the line bad; a record without this field is used, with time null."`
	TimeFormat flagtype.TimeFormat `group:"input" default:"auto" placeholder:"FORMAT" values:"auto rfc3339 unix unix_ms unix_us unix_ns" more:"" help:"{time_format} Without a zone, times are in that of --tz."`
	TZ         flagtype.TimeZone   `name:"tz" group:"input" default:"UTC" placeholder:"ZONE" more:"" help:"Time zone, such as Europe/Berlin: times without a zone are in it, and from and to are printed in it, with their offset. {clock_changes} By default, UTC, and from and to are printed as they are in the input."`
}

const about = `Prints one line per field: its statistics over the whole input, its time range, and its anomalies, which are the readings far away from the mean. The mean is known only at the end, so the input is read twice: a file is read again, up to where the first pass ended; other input is copied to a temporary file in $TMPDIR. If that fails, the summary is printed without anomalies, and the exit code is 74. Ctrl-C ends the input early: the summary of what was read is printed, without anomalies.
On a terminal, tables and charts are shown instead of JSON; --plot draws them anywhere.`

func main() {
	var f flags
	f.Replaces = true
	cli.Main(cli.Tool{
		Name: "stats", Summary: "a summary of each field, and its anomalies", About: about, Flags: &f, Stats: agg.Whole, Filter: f.filter,
		Ungrouped: func() bool { return f.By == nil && f.Where == nil },
		Hints: map[string]string{
			"--table":                             "on a terminal, the output is a table; --plot makes it one anywhere, --json makes it JSON",
			"--html":                              "the output is JSON, or a table on a terminal; --plot prints that anywhere",
			"--only-anomalies":                    "write --list",
			"--having":                            "it is a flag of mavg and winavg; records are selected by --where",
			"-n --last -w --window --window-size": "stats covers the whole input; for windows use mavg -n or winavg -w",
		},
		Examples: []cli.Example{
			{Command: "stats machine.jsonl", Why: "all numeric fields, with the readings more than 20 % away from the mean"},
			{Command: "stats -f duration -g client_name --where event_name=translation_delivered", Why: "one field, for each client, of some records only"},
			{Command: "stats -f value --deviation 3sd --list", Why: "each reading more than three standard deviations from the mean, with file and line"},
			{Command: "machsim --count 10000 --rate max | mavg | stats --json", Why: "the summary as JSON, on a terminal too"},
		},
	})
}

// filter builds the filter from the flags, and returns an error if they do not go together.
func (f *flags) filter() (pipe.Filter, error) {
	o := stats.Options{
		Fields: f.Field, By: f.By, Where: f.Where, Stats: f.Agg, Format: f.TimeFormat.In(f.TZ.Zone),
		Anomalies: f.Anomalies, List: f.List, Plot: f.TableOutput.On() && f.State == "" && !f.Merge && !f.IsPartial(), Table: f.Format.IsTable(), Image: f.Image(int(f.Digits)), MaxGroups: f.MaxGroups,
		Deviation: f.Deviation.Limit,
	}
	o.Time, o.TimeNamed = f.Time.TimeField()
	if err := f.Where.Check(o.Format); err != nil {
		return nil, err
	}
	if f.Deviation.Kind == deviation.MADs {
		return nil, fmt.Errorf("--deviation %s: stats compares readings with their mean: write P%% or Nsd, or use mavg, which compares with the median of those before", f.Deviation)
	}
	if err := f.checkList(); err != nil {
		return nil, err
	}
	var members []cli.Member
	for _, name := range stats.Members {
		members = append(members, cli.Member{Name: name})
	}
	for _, s := range f.Agg {
		members = append(members, cli.Member{Name: s.Name, Flag: f.FlagName("agg")})
	}
	for _, p := range f.By {
		members = append(members, cli.Member{Name: p.String(), Flag: f.FlagName("by")})
	}
	if err := cli.Distinct(members); err != nil {
		return nil, err
	}
	return f.divided(o)
}

// checkList returns an error if --list or --anomalies lacks a limit, or a flag says what a summary
// shows and there is none.
func (f *flags) checkList() error {
	none := f.Deviation.Kind == deviation.None
	switch {
	case f.List && none:
		return errors.New("--list needs a --deviation other than none")
	case f.Given("anomalies") && none:
		return errors.New("--anomalies needs a --deviation other than none")
	case f.Given("svg"): // the image shows a summary
		return nil
	case f.Given("anomalies") && f.Format.IsTable() && !f.List:
		return fmt.Errorf("--anomalies and --format %s cannot be used together: a table has no list of anomalies (--list prints every one, as a table of its own)", f.Format)
	case !f.List:
		return nil
	case f.Given("anomalies"):
		return errors.New("--anomalies and --list cannot be used together: --list prints every anomaly")
	case f.Given("agg"):
		return fmt.Errorf("%s and --list cannot be used together: --list prints every anomaly, and no statistics", f.FlagName("agg"))
	}
	return nil
}

// divided returns the filter of a run that reads a part of a stream, or the whole.
func (f *flags) divided(o stats.Options) (pipe.Filter, error) {
	switch {
	case f.IsPartial():
		return stats.NewPartial(o, stats.DefaultLimit, f.Rows(stats.New(o).Needs())), nil
	case f.Baseline == "":
		return stats.New(o), nil
	case o.Deviation.Kind == deviation.None:
		return nil, errors.New("--baseline needs a --deviation other than none")
	}
	o.List, o.Plot, o.Stats = true, false, nil // of the statistics, only the means are needed
	filter := stats.New(o)
	err := f.ReadBaseline(string(f.Baseline), filter)
	return stats.NewBaseline(filter), err
}
