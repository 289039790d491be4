// Winavg prints, for every minute, the average over the W minutes before it.
package main

import (
	"errors"
	"fmt"
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/cli"
	"weir/pkg/having"
	"weir/pkg/pipe"
	"weir/pkg/stamp"
	"weir/pkg/table"
	"weir/pkg/winavg"
)

// flags are the flags of winavg. Help and suggestions list them in the order of their
// declaration.
type flags struct {
	Window cli.Minutes `group:"window" short:"w" default:"10" placeholder:"DURATION" help:"Window length; a number alone is minutes. Other units: 90s, 10min, 1h30m, 1.5h, 7d, 2w."`
	Every  cli.Minutes `group:"window" default:"1m" placeholder:"DURATION" help:"Interval between rows. A number alone is minutes. The window must be a multiple of it."`
	inputFlags
	Field    cli.Fields   `group:"window" short:"f" placeholder:"FIELDS" help:"Fields to average (default duration). Several are separated by commas. a.b selects a nested member; write 'a\\.b' for a name with a dot."`
	By       cli.Fields   `group:"window" short:"g" placeholder:"FIELDS" help:"Separate rows for each value of these fields. With -g, --drain is on and --empty is skip unless given. By default, events are not grouped."`
	Agg      cli.Stats    `group:"window" short:"a" default:"mean" placeholder:"STATS" help:"Statistics: ${stats}. Several are separated by commas. median, mad and pN are exact up to 4,096 different values in a step (--every); beyond that they may be approximate. mad is the median absolute deviation; delta is the last reading minus the first; rate is the growth of a counter per second, between the times of these two; twa is the time-weighted average, which counts each reading for the time until the next one, unless that is longer than --max-gap (32d if there is no limit), and carries the last one before the window into it."`
	Closed   string       `group:"window" default:"left" placeholder:"SIDES" values:"left right both neither" more:"" help:"Which ends of the window are included: left, right, both or neither."`
	Lateness cli.Lateness `group:"window" default:"0" placeholder:"DURATION" values:"all" help:"How long a row waits for late events. A number alone is minutes; all waits for the end of input."`
	Live     bool         `group:"window" more:"" help:"When no events arrive, print rows by the wall clock (default: wait for events)."`
	outputFlags
	cli.TableOutput
	cli.StateFlags
	cli.PartialFlags
	cli.Shared
}

// inputFlags select records and read their times.
type inputFlags struct {
	Where      cli.Conds      `group:"input" placeholder:"CONDITION" help:"${conditions} By default, all records are used."`
	Time       cli.Field      `group:"input" short:"t" placeholder:"FIELD" help:"${time_field}"`
	TimeFormat cli.TimeFormat `group:"input" default:"auto" placeholder:"FORMAT" values:"auto rfc3339 unix unix_ms unix_us unix_ns" more:"" help:"${time_format} Without a zone, times are in that of --tz."`
	TZ         cli.TimeZone   `name:"tz" group:"input" default:"UTC" placeholder:"ZONE" more:"" help:"Time zone, such as Europe/Berlin: times without a zone are in it, and dates are printed in it, with their offset. Rows follow its clocks: those of --every 1d are at midnight, of 1w on Mondays, of 6h at 0, 6, 12 and 18 hours. So the step in which clocks change is shorter or longer; steps of at most an hour are equally long. ${clock_changes} By default, UTC: then weeks begin on Thursday, and dates have no offset."`
	MaxGap     *cli.Gap       `group:"input" placeholder:"DURATION" values:"none" more:"" help:"A timestamp further than this from the others is rejected, unless the next agrees with it (default 32d; with --lateness all: no limit). none: no limit."`
}

// outputFlags say which rows are printed, and how.
type outputFlags struct {
	Drain      bool           `group:"output" help:"After the last event, print rows until empty. The rows then end when the window holds no event; without it, they end with the last event."`
	Empty      string         `group:"output" placeholder:"POLICY" values:"zero null skip previous" help:"Empty rows: zero, null, skip, previous (default null). That is what a row with an empty window prints; skip prints no row; previous repeats the last value of the column that was not null, and is null before the first one. Under both, twa is what is carried into an empty window. Without -f and -a the default is zero, with -g skip."`
	Having     cli.StatConds  `group:"output" placeholder:"CONDITION" more:"" help:"Print only rows in which a statistic meets this, such as 'mean>70'. Operators are =, !=, <, <=, > and >=. STAT is that of any field, FIELD.STAT that of one; the name of a column is understood, too. May be repeated; all must hold. Exact values are compared, not rounded ones; null meets none. By default, all rows are printed."`
	Label      string         `group:"output" default:"end" placeholder:"END" values:"start end" more:"" help:"Which end of the window is the date of a row: start or end. It changes the date that is printed, not the window, nor when the row is printed."`
	DateFormat cli.DateFormat `group:"output" placeholder:"FORMAT" values:"rfc3339 unix unix_ms" more:"" help:"How dates are printed: rfc3339, unix, unix_ms, or a strftime layout such as '%d.%m.%Y %H:%M'. unix and unix_ms are numbers. Dates are in the zone of --tz. By default, they are printed as 2018-12-26 18:11:00."`
	As         string         `group:"output" placeholder:"NAME" more:"" help:"Column name, only with a single column. The default is average_delivery_time; with -f or -a it is average_FIELD, count_FIELD and so on."`
}

const about = `Prints one row per minute: the mean over the window that ends at its date. By default, the window is ten minutes long, includes its start and excludes its end. Windows follow the timestamps of the events, not the clock, so replaying a file gives the same rows as the live stream, at any speed. A row is printed as soon as a later event shows that its minute has passed. An event that arrives after that is late: it is reported, and still counts in later rows.
On a terminal, aligned columns are shown instead of JSON.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "winavg", Summary: "averages over the last W minutes of event time", About: about, Flags: &f, Rows: f.rows, Stats: agg.Span, Filter: f.filter,
		Live: func() bool { return f.Live },
		Hints: map[string]string{
			"-n --last": "-w is a time; for the last N readings use mavg -n",
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

func (f *flags) filter() (pipe.Filter, error) {
	o := winavg.Options{
		Window: time.Duration(f.Window), Step: time.Duration(f.Every), Drain: f.Drain, Live: f.Live,
		Lateness: time.Duration(f.Lateness),
		Format:   f.TimeFormat.In(f.TZ.Zone), Fields: f.Field, By: f.By, Where: f.Where, Date: f.DateFormat.In(f.TZ.Zone), MaxGroups: f.MaxGroups,
	}
	if o.Fields == nil {
		o.Fields = []batch.Path{{"duration"}}
	}
	o.Time, o.TimeNamed = f.Time.TimeField()
	if err := f.Where.Check(o.Format); err != nil {
		return nil, err
	}
	if f.MaxGroups < len(o.Fields) {
		return nil, fmt.Errorf("--max-groups %d is too small for %d fields", f.MaxGroups, len(o.Fields))
	}
	if f.IsPartial() {
		o.Window = o.Step // a partial is for windows of any length
	}
	if err := f.setTimes(&o); err != nil {
		return nil, err
	}
	if err := f.setPolicies(&o); err != nil {
		return nil, err
	}
	var err error
	o.Columns, err = f.columns(o.Fields)
	if err != nil {
		return nil, err
	}
	o.Having, err = f.Having.On(having.Columns{
		Fields: o.Fields, Stats: f.Agg, Name: func(field, stat int) string { return o.Columns[field*len(f.Agg)+stat].Name },
	})
	if err != nil {
		return nil, err
	}
	switch {
	case f.IsPartial():
		return winavg.NewPartial(o, winavg.DefaultLimit, f.Rows(winavg.New(o).Needs())), nil
	case f.Merge:
		o.Lateness, o.MaxGap = winavg.Forever, winavg.Forever
	}
	return winavg.New(o), nil
}

// defaultGap is longer than a month, so that a stream with one event a month has no jumps.
const defaultGap = 32 * 24 * time.Hour

// setTimes sets window, step and max-gap.
func (f *flags) setTimes(o *winavg.Options) error {
	switch {
	case o.Step <= 0 || o.Step%time.Second != 0:
		return errors.New("--every must be whole seconds, at least 1s")
	case o.Window <= 0 || o.Window%time.Second != 0:
		return fmt.Errorf("%s must be whole seconds, at least 1s", f.FlagName("window"))
	case o.Window%o.Step != 0:
		return fmt.Errorf("%s %s is not a multiple of --every %s: use --every %s, or another interval that divides it",
			f.FlagName("window"), stamp.SpanText(o.Window), stamp.SpanText(o.Step), stamp.SpanText(winavg.FittingStep(o.Step, o.Window, f.TZ.Zone)))
	}
	fits := winavg.FittingStep(o.Step, o.Window, f.TZ.Zone)
	if fits != o.Step {
		reason := "a step longer than an hour must divide a day, or be whole days"
		if o.Step <= time.Hour {
			reason = "a step of at most an hour must divide each change of the clocks"
		}
		return fmt.Errorf("--every %s does not fit --tz %s, where %s: use --every %s", stamp.SpanText(o.Step), f.TZ, reason, stamp.SpanText(fits))
	}
	switch {
	case f.MaxGap != nil:
		o.MaxGap = time.Duration(*f.MaxGap)
	case o.Lateness == cli.Forever:
		o.MaxGap = cli.Forever
	default:
		o.MaxGap = defaultGap
	}
	return nil
}

// setPolicies sets how windows are closed and dated, and what empty ones print.
func (f *flags) setPolicies(o *winavg.Options) error {
	var ok bool
	o.Closed, ok = map[string]winavg.Closed{"left": winavg.Left, "right": winavg.Right, "both": winavg.Both, "neither": winavg.Neither}[f.Closed]
	if !ok {
		return fmt.Errorf("--closed: %q is not a side: write left, right, both or neither", f.Closed)
	}
	o.Label, ok = map[string]winavg.Label{"end": winavg.End, "start": winavg.Start}[f.Label]
	if !ok {
		return fmt.Errorf("--label: %q is not an end of the window: write start or end", f.Label)
	}
	switch {
	case o.By != nil:
		o.Drain = true
		o.Empty = winavg.Skip
	case f.isChallenge():
		o.Empty = winavg.Zero
	default:
		o.Empty = winavg.Null // a zero would be a reading that was never made
	}
	if f.Empty == "" {
		return nil
	}
	o.Empty, ok = map[string]winavg.Empty{"zero": winavg.Zero, "null": winavg.Null, "skip": winavg.Skip, "previous": winavg.Previous}[f.Empty]
	if !ok {
		return fmt.Errorf("--empty: %q is not a policy: write zero, null, skip or previous", f.Empty)
	}
	return nil
}

// isChallenge reports whether the only column is that of the Unbabel challenge: the mean,
// without -f.
func (f *flags) isChallenge() bool {
	return f.Field == nil && len(f.Agg) == 1 && f.Agg[0].IsMean()
}

// columns returns the columns of a row, with their names.
func (f *flags) columns(fields []batch.Path) ([]winavg.Column, error) {
	var list []winavg.Column
	for i, field := range fields {
		for _, s := range f.Agg {
			list = append(list, winavg.Column{Field: i, Stat: s, Name: columnName(s, field)})
		}
	}
	switch {
	case f.As != "" && len(list) > 1:
		return nil, fmt.Errorf("--as %s names a single column, but -f and -a give %d: remove --as, or select one field and one statistic", f.As, len(list))
	case f.As != "":
		list[0].Name = f.As
	case f.isChallenge():
		list[0].Name = "average_delivery_time"
	}
	members := []cli.Member{{Name: "date"}}
	for _, p := range f.By {
		members = append(members, cli.Member{Name: p.String(), Flag: f.FlagName("by")})
	}
	for _, c := range list {
		m := cli.Member{Name: c.Name}
		if f.As != "" {
			m.Flag = "--as"
		}
		members = append(members, m)
	}
	return list, cli.Distinct(members)
}

func columnName(s agg.Stat, field batch.Path) string {
	if s.IsMean() {
		return "average_" + field.String()
	}
	return s.Name + "_" + field.String()
}

// rows describes the lines for a table on a terminal. The only column is called as in JSON, several
// stand below their fields.
func (f *flags) rows() table.RowOptions {
	o := table.RowOptions{Keys: f.By}
	fields := f.Field
	if fields == nil {
		fields = cli.Fields{{"duration"}}
	}
	columns, _ := f.columns(fields) // filter has returned the error
	for _, c := range columns {
		column := table.Title{Field: fields[c.Field].String(), Name: c.Stat.Name}
		if len(columns) == 1 {
			column = table.Title{Name: c.Name}
		}
		o.Columns = append(o.Columns, column)
	}
	return o
}
