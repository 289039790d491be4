// Mavg adds moving averages of the last N readings to every record.
package main

import (
	"weir/pkg/agg"
	"weir/pkg/cli"
	"weir/pkg/cli/flagtype"
)

// flags are the flags of mavg. Help and suggestions list them in the order of their declaration.
type flags struct {
	inputFlags
	Last   int                `group:"window" short:"n" default:"5" placeholder:"N" min:"1" help:"Window size in readings, including the current one."`
	Field  flagtype.Fields    `group:"window" short:"f" placeholder:"FIELDS" help:"Fields to average (default: all top-level numbers). Several are separated by commas. The default excludes the timestamp field. a.b selects a nested member; write 'a\\.b' for a name with a dot."`
	By     flagtype.Fields    `group:"window" short:"g" placeholder:"FIELDS" help:"Separate windows for each value of these fields. By default, there is one window for all records."`
	Agg    flagtype.Stats     `group:"window" short:"a" default:"mean" placeholder:"STATS" help:"Statistics: {stats}. Several are separated by commas. A single one is printed as a number, several as an object. mad is the median absolute deviation; delta is the last reading minus the first; rate is the growth of a counter per second, between the times of these two. ewma is an exponentially weighted mean: see --half-life."`
	Half   flagtype.HalfLife  `name:"half-life" group:"window" placeholder:"N|DURATION" more:"" help:"Half-life of ewma, the exponentially weighted mean: a number of readings, such as 10, or a time, such as 5m. A reading at a distance of one half-life from the one before moves the mean half way towards itself. All readings count, also those before the last N; if the half-life is a time, those without a time do not. There is no default: -a ewma needs it."`
	As     string             `group:"output" default:"moving_averages" placeholder:"NAME" help:"Name of the added member. An existing member of that name is replaced; that is reported once, unless it holds averages."`
	Having flagtype.StatConds `group:"output" placeholder:"CONDITION" more:"" help:"Print only records in which a statistic meets this, such as 'mean>70'. Operators are =, !=, <, <=, > and >=. STAT is that of any field, FIELD.STAT that of one, which -f names; the name of a column of --format csv is understood, too. May be repeated; all must hold. Exact values are compared, not rounded ones; null meets none. By default, all records are printed."`
	Only   bool               `group:"output" more:"" help:"Print only the time, the fields of -g and the averages of each record. The other members are left out; a record without a time has no member for it. By default, records are printed whole. --format csv and tsv imply --only, and need -f, as the columns must be known: they are the time, the fields of -g and those of -f, or with several statistics FIELD_STAT."`
	anomalyFlags
	cli.StateFlags
	cli.ChunkFlags
	cli.TableOutput
	cli.Shared
}

// inputFlags select records and read their times.
type inputFlags struct {
	Where flagtype.Conds    `group:"input" placeholder:"CONDITION" help:"{conditions} By default, all records are used; others are not printed."`
	Time  flagtype.Field    `group:"input" short:"t" placeholder:"FIELD" more:"" help:"{time_field} It is averaged only if -f names it."`
	TZ    flagtype.TimeZone `name:"tz" group:"input" default:"UTC" placeholder:"ZONE" more:"" help:"Time zone, such as Europe/Berlin, of times that are written without one: in records, for -a rate and ewma, and in conditions on the timestamp field. {clock_changes} By default, UTC. Records are printed as they are."`
}

// anomalyFlags judge readings.
type anomalyFlags struct {
	Deviation     flagtype.Deviation `group:"anomalies" placeholder:"LIMIT" values:"20% 3sd 3mad none" more:"" help:"Mark anomalies. A reading is one if it differs from the last N readings of its field and key before it (N is that of -n) by more than P% of their mean, as in 20%; or N standard deviations from their mean, as in 3sd; or N median absolute deviations from their median, as in 3mad. It is judged only if there are N readings before it. A record with anomalies gets one more member, anomalies, the last one: it has, for each of these fields, the baseline (that mean or median), and by how many percent of it the reading differs. In csv and tsv, these are the columns FIELD_baseline and FIELD_percent. An existing member of that name is taken out. By default (none), readings are not judged."`
	OnlyAnomalies bool               `group:"anomalies" more:"" help:"With --deviation: print only records with an anomaly. By default, all are printed."`
}

const about = `Each record is passed through unchanged, with one more member at the end. It holds, for every numeric field, the mean of the last N readings of that field, including this one. Until N readings have arrived, it is the mean of those so far. A field that is missing or null has no average in that record.
A value of -f that is not a number is handled as --bad says, but its record is passed on, and -v counts it as "without a reading". --rejects does not write it, so the exit code is still 1.
On a terminal, aligned columns are shown instead of JSON.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "mavg", Summary: "moving averages of the last N readings", About: about, Flags: &f, Rows: f.rows, Stats: agg.LastN, Filter: f.filter, Implied: f.implied,
		Hints: map[string]string{
			"-w --window --window-size": "-n counts readings; for windows of time use winavg -w",
			"--list --anomalies":        "write --only-anomalies; stats --list has those of the whole input",
			"--every --closed --lateness --live --drain --empty --label --date-format --max-gap": "it is a flag of winavg, which has windows of time",
			"--time-format": "mavg averages the last N readings, whatever their times; -a rate reads the usual formats",
		},
		Examples: []cli.Example{
			{Command: "tail -F machine.jsonl | mavg -n 5", Why: "each record as it is written, with the means of its last five readings"},
			{Command: "mavg -n 60 -f temperature -g machine machine.jsonl.gz", Why: "one field, with a separate window for each machine"},
			{Command: "mavg -n 5 --as avg5 | mavg -n 60 --as avg60", Why: "a short and a long average side by side"},
			{Command: "mavg -n 100 -f speed -a mean,sd,p99", Why: "several statistics, by name"},
			{Command: "mavg --where status=STARTED --where 'temperature>=70'", Why: "some records only; the others are not printed"},
		},
	})
}
