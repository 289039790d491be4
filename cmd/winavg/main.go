// Winavg prints, for every minute, the average over the W minutes before it.
package main

import (
	"weir/pkg/agg"
	"weir/pkg/cli"
	"weir/pkg/cli/flagtype"
)

// flags are the flags of winavg. Help and suggestions list them in the order of their
// declaration.
type flags struct {
	Window flagtype.Minutes `group:"window" short:"w" default:"10" placeholder:"DURATION" help:"Window length; a number alone is minutes. Other units: 90s, 10min, 1h30m, 1.5h, 7d, 2w."`
	Every  flagtype.Minutes `group:"window" default:"1m" placeholder:"DURATION" help:"Interval between rows. A number alone is minutes. The window must be a multiple of it."`
	inputFlags
	Field    flagtype.Fields   `group:"window" short:"f" placeholder:"FIELDS" help:"Fields to average (default duration). Several are separated by commas. a.b selects a nested member; write 'a\\.b' for a name with a dot."`
	By       flagtype.Fields   `group:"window" short:"g" placeholder:"FIELDS" help:"Separate rows for each value of these fields. With -g, --drain is on and --empty is skip unless given. By default, events are not grouped."`
	Agg      flagtype.Stats    `group:"window" short:"a" default:"mean" placeholder:"STATS" help:"Statistics: {stats}. Several are separated by commas. median, mad and pN are exact up to 4,096 different values in a step (--every); beyond that they may be approximate. mad is the median absolute deviation; delta is the last reading minus the first; rate is the growth of a counter per second, between the times of these two; twa is the time-weighted average, which counts each reading for the time until the next one, unless that is longer than --max-gap (32d if there is no limit), and carries the last one before the window into it."`
	Closed   string            `group:"window" default:"left" placeholder:"SIDES" values:"left right both neither" more:"" help:"Which ends of the window are included: left, right, both or neither."`
	Lateness flagtype.Lateness `group:"window" default:"0" placeholder:"DURATION" values:"all" help:"How long a row waits for late events. A number alone is minutes; all waits for the end of input."`
	Live     bool              `group:"window" more:"" help:"When no events arrive, print rows by the wall clock (default: wait for events)."`
	outputFlags
	cli.TableOutput
	cli.StateFlags
	cli.PartialFlags
	cli.Shared
}

// inputFlags select records and read their times.
type inputFlags struct {
	Where      flagtype.Conds      `group:"input" placeholder:"CONDITION" help:"{conditions} By default, all records are used."`
	Time       flagtype.Field      `group:"input" short:"t" placeholder:"FIELD" help:"{time_field}"`
	TimeFormat flagtype.TimeFormat `group:"input" default:"auto" placeholder:"FORMAT" values:"auto rfc3339 unix unix_ms unix_us unix_ns" more:"" help:"{time_format} Without a zone, times are in that of --tz."`
	TZ         flagtype.TimeZone   `name:"tz" group:"input" default:"UTC" placeholder:"ZONE" more:"" help:"Time zone, such as Europe/Berlin: times without a zone are in it, and dates are printed in it, with their offset. Rows follow its clocks: those of --every 1d are at midnight, of 1w on Mondays, of 6h at 0, 6, 12 and 18 hours. So the step in which clocks change is shorter or longer; steps of at most an hour are equally long. {clock_changes} By default, UTC: then weeks begin on Thursday, and dates have no offset."`
	MaxGap     *flagtype.Gap       `group:"input" placeholder:"DURATION" values:"none" more:"" help:"A timestamp further than this from the others is rejected, unless the next agrees with it (default 32d; with --lateness all: no limit). none: no limit."`
}

// outputFlags say which rows are printed, and how.
type outputFlags struct {
	Drain      bool                `group:"output" help:"After the last event, print rows until empty. The rows then end when the window holds no event; without it, they end with the last event."`
	Empty      string              `group:"output" placeholder:"POLICY" values:"zero null skip previous" help:"Empty rows: zero, null, skip, previous (default null). That is what a row with an empty window prints; skip prints no row; previous repeats the last value of the column that was not null, and is null before the first one. With null and previous, twa is what is carried into an empty window. Without -f and -a the default is zero, with -g skip."`
	Having     flagtype.StatConds  `group:"output" placeholder:"CONDITION" more:"" help:"Print only rows in which a statistic meets this, such as 'mean>70'. Operators are =, !=, <, <=, > and >=. STAT is that of any field, FIELD.STAT that of one; the name of a column is understood, too. May be repeated; all must hold. Exact values are compared, not rounded ones; null meets none. By default, all rows are printed."`
	Label      string              `group:"output" default:"end" placeholder:"END" values:"start end" more:"" help:"Which end of the window is the date of a row: start or end. It changes the date that is printed, not the window, nor when the row is printed."`
	DateFormat flagtype.DateFormat `group:"output" placeholder:"FORMAT" values:"rfc3339 unix unix_ms" more:"" help:"How dates are printed: rfc3339, unix, unix_ms, or a strftime layout such as '%d.%m.%Y %H:%M'. unix and unix_ms are numbers. Dates are in the zone of --tz. By default, they are printed as 2018-12-26 18:11:00."`
	As         string              `group:"output" placeholder:"NAME" more:"" help:"Column name, only with a single column. The default is average_delivery_time; with -f or -a it is average_FIELD, count_FIELD and so on."`
}

const about = `Prints one row per minute: the mean over the window that ends at its date. By default, the window is ten minutes long, includes its start and excludes its end. Windows follow the timestamps of the events, not the clock, so replaying a file gives the same rows as the live stream, at any speed. A row is printed as soon as a later event shows that its minute has passed. An event that arrives after that is late: it is reported, and still counts in later rows.
On a terminal, aligned columns are shown instead of JSON.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "winavg", Summary: "averages over the last W minutes of event time", About: about, Flags: &f, Rows: f.rows, Stats: agg.Span, Filter: f.filter, Implied: f.implied,
		Live: func() bool { return f.Live },
		Hints: map[string]string{
			"--deviation":      "anomalies are marked by mavg --deviation, and listed by stats",
			"--only-anomalies": "anomalies are printed by mavg --deviation LIMIT --only-anomalies, and by stats --list",
			"-n --last":        "-w is a time; for the last N readings use mavg -n",
			// The flags that the Unbabel challenge shows.
			"--input-file --window-size": "write winavg -w MINUTES FILE",
		},
		Examples: []cli.Example{
			{Command: "winavg -w 10 events.json", Why: "the mean duration over ten minutes, one row per minute"},
			{Command: "winavg -w 1h --every 5m -f temperature -a mean,max", Why: "another field, window and interval"},
			{Command: "winavg -w 10 -g client_name --where event_name=translation_delivered", Why: "rows for each client, of some events only"},
			{Command: "tail -F events.jsonl | winavg -w 10 --lateness 30s --live", Why: "live rows, printed 30 seconds after their minute ends, also when no events arrive"},
		},
	})
}
