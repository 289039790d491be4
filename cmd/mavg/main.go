// Mavg adds moving averages of the last N readings to every record.
package main

import (
	"errors"
	"fmt"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/cli"
	"weir/pkg/deviation"
	"weir/pkg/having"
	"weir/pkg/mavg"
	"weir/pkg/pipe"
	"weir/pkg/stamp"
	"weir/pkg/table"
)

type flags struct {
	Where         cli.Conds     `group:"input" placeholder:"CONDITION" help:"${conditions} By default, all records are used; others are not printed."`
	Time          cli.Field     `group:"input" short:"t" placeholder:"FIELD" more:"" help:"${time_field} It is averaged only if -f names it."`
	TZ            cli.TimeZone  `name:"tz" group:"input" default:"UTC" placeholder:"ZONE" more:"" help:"Time zone, such as Europe/Berlin, of times that are written without one: in records, for -a rate and ewma, and in conditions on the timestamp field. ${clock_changes} By default, UTC. Records are printed as they are."`
	Last          int           `group:"window" short:"n" default:"5" placeholder:"N" min:"1" help:"Window size in readings, including the current one."`
	Field         cli.Fields    `group:"window" short:"f" placeholder:"FIELDS" help:"Fields to average (default: all top-level numbers). Several are separated by commas. The default excludes the timestamp field. a.b selects a nested member; write 'a\\.b' for a name with a dot."`
	By            cli.Fields    `group:"window" short:"g" placeholder:"FIELDS" help:"Separate windows for each value of these fields. By default, there is one window for all records."`
	Agg           cli.Stats     `group:"window" short:"a" default:"mean" placeholder:"STATS" help:"Statistics: ${stats}. Several are separated by commas. A single one is printed as a number, several as an object. mad is the median absolute deviation; delta is the last reading minus the first; rate is the growth of a counter per second, between the times of these two. ewma is an exponentially weighted mean: see --half-life."`
	Half          cli.HalfLife  `name:"half-life" group:"window" placeholder:"N|DURATION" more:"" help:"Half-life of ewma, the exponentially weighted mean: a number of readings, such as 10, or a time, such as 5m. A reading at a distance of one half-life from the one before moves the mean half the way to itself. All readings count, also those before the last N; if the half-life is a time, those without a time do not. There is no default: -a ewma needs it."`
	As            string        `group:"output" default:"moving_averages" placeholder:"NAME" help:"Name of the added member. An existing member of that name is replaced; that is reported once, unless it holds averages."`
	Having        cli.StatConds `group:"output" placeholder:"CONDITION" more:"" help:"Print only records in which a statistic meets this, such as 'mean>70'. Operators are =, !=, <, <=, > and >=. STAT is that of any field, FIELD.STAT that of one, which -f names; the name of a column of --format csv is understood, too. May be repeated; all must hold. Exact values are compared, not rounded ones; null meets none. By default, all records are printed."`
	Only          bool          `group:"output" more:"" help:"Print only the time, the fields of -g and the averages of each record. The other members are left out; a record without a time has no member for it. By default, records are printed whole. --format csv and tsv imply --only, and need -f, as the columns must be known: they are the time, the fields of -g and those of -f, or with several statistics FIELD_STAT."`
	Deviation     cli.Deviation `group:"anomalies" placeholder:"LIMIT" values:"20% 3sd 3mad none" more:"" help:"Mark anomalies. A reading is one if it differs from the last N readings of its field and key before it (N is that of -n) by more than P% of their mean, as in 20%; or N standard deviations from their mean, as in 3sd; or N median absolute deviations from their median, as in 3mad. It is judged only if there are N readings before it. A record with anomalies gets one more member, anomalies, the last one: it has, for each of these fields, the baseline (that mean or median), and by how many percent of it the reading differs. In csv and tsv, these are the columns FIELD_baseline and FIELD_percent. An existing member of that name is taken out. By default (none), readings are not judged."`
	OnlyAnomalies bool          `group:"anomalies" more:"" help:"With --deviation: print only records with an anomaly. By default, all are printed."`
	cli.StateFlags
	cli.ChunkFlags
	cli.TableOutput
	cli.Shared
}

const about = `Each record is passed through unchanged, with one more member at the end. It holds, for every numeric field, the mean of the last N readings of that field, including this one. Until N readings have arrived, it is the mean of those so far. A field that is missing or null has no average in that record.
A value of -f that is not a number is reported as --bad says, but its record is passed on: -v counts it as "without a reading", --rejects does not write it, and the exit code is 1.
On a terminal, aligned columns are shown instead of JSON.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "mavg", Summary: "moving averages of the last N readings", About: about, Flags: &f, Rows: f.rows, Stats: agg.LastN, Filter: f.filter,
		Hints: map[string]string{
			"-w --window --window-size": "-n counts readings; for windows of time use winavg -w",
			"--time-format":             "mavg averages the last N readings, whatever their times; -a rate reads the usual formats",
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

func (f *flags) filter() (pipe.Filter, error) {
	o := mavg.Options{
		N: f.Last, Fields: f.Field, By: f.By, Where: f.Where, Format: stamp.Format{}.In(f.TZ.Zone),
		Stats: f.Agg, As: f.As, Only: f.Only || f.Format.IsTable(), MaxGroups: f.MaxGroups,
		Deviation: f.Deviation.Limit, Anomalies: cli.AnomaliesName, OnlyAnomalies: f.OnlyAnomalies,
	}
	o.Time, o.TimeNamed = f.Time.TimeField()
	err := f.smooth(&o)
	if err != nil {
		return nil, err
	}
	if f.OnlyAnomalies && o.Deviation.Kind == deviation.None {
		return nil, errors.New("--only-anomalies needs --deviation, which says what an anomaly is, such as --deviation 20%")
	}
	chunk := f.Silent() || f.From != ""
	if chunk && !o.TimeNamed && agg.NeedsOf(f.Agg).Series {
		return nil, fmt.Errorf("%s rate: a chunk of the input does not say which field is the time: name it with -t", f.FlagName("agg"))
	}
	err = f.Where.Check(o.Format)
	if err == nil {
		err = f.checkNames(&o)
	}
	if err == nil {
		o.Having, err = f.Having.On(having.Columns{Fields: o.Fields, Stats: o.Stats, Name: o.Column})
	}
	if f.Silent() {
		return mavg.NewTail(o), err
	}
	return mavg.New(o), err
}

// checkNames returns an error if two members or columns of the output would have the same name.
func (f *flags) checkNames(o *mavg.Options) error {
	switch {
	case f.Format.IsTable() && f.Field == nil:
		return fmt.Errorf("--format %s needs -f: the columns must be known before the first record", f.Format)
	case f.Format.IsTable() && f.Given("as"):
		return fmt.Errorf("--as and --format %s cannot be used together: the columns are called like their fields", f.Format)
	case o.Only:
		err := f.checkTime()
		if err == nil {
			err = cli.Distinct(f.members(o))
		}
		return err
	}
	judges := o.Deviation.Kind != deviation.None
	if judges && f.As == o.Anomalies {
		return fmt.Errorf("--as %s: --deviation adds a member of that name (choose another name)", o.Anomalies)
	}
	as := batch.Path{f.As}
	read := append(append([]batch.Path{}, f.Field...), f.By...)
	for _, c := range f.Where {
		read = append(read, c.Path)
	}
	for _, p := range read {
		if p[0] == f.As {
			return fmt.Errorf("--as %s: an existing member of that name is replaced, so %s cannot be read (choose another name)", as, p)
		}
		if judges && p[0] == o.Anomalies {
			return fmt.Errorf("--deviation: an existing member %q is replaced, so %s cannot be read (with --only it is left out, and can be)", o.Anomalies, p)
		}
	}
	return nil
}

// checkTime returns an error if a field that --only prints may also be the timestamp.
func (f *flags) checkTime() error {
	if f.Time.Path != nil {
		return nil
	}
	for _, name := range batch.UsualTimes {
		is := func(p batch.Path) bool { return p.String() == name }
		flag := ""
		switch {
		case slices.ContainsFunc(f.By, is):
			flag = f.FlagName("by")
		case f.Format.IsTable() && slices.ContainsFunc(f.Field, is):
			flag = f.FlagName("field")
		default:
			continue
		}
		return fmt.Errorf("%s %s may be the timestamp as well, which would then be printed twice: name the timestamp field with -t", flag, name)
	}
	return nil
}

// members returns the members or columns that are printed with --only.
func (f *flags) members(o *mavg.Options) (list []cli.Member) {
	list = append(list, cli.Member{Name: o.Time.String(), Flag: f.FlagName("time")})
	for _, p := range f.By {
		list = append(list, cli.Member{Name: p.String(), Flag: f.FlagName("by")})
	}
	if !f.Format.IsTable() {
		list = append(list, cli.Member{Name: f.As, Flag: "--as"})
		if o.Deviation.Kind != deviation.None {
			list = append(list, cli.Member{Name: o.Anomalies, Flag: "--deviation"})
		}
		return list
	}
	for _, name := range mavg.New(*o).Columns(o.Time)[len(list):] {
		list = append(list, cli.Member{Name: name, Flag: f.FlagName("field")})
	}
	return list
}

// smooth sets the half-life.
func (f *flags) smooth(o *mavg.Options) error {
	agged := f.FlagName("agg")
	has := slices.ContainsFunc(f.Agg, agg.Stat.IsEWMA)
	switch {
	case !has && f.Half.Decay == nil:
		return nil
	case !has:
		return fmt.Errorf("--half-life is that of ewma: add ewma to %s, or remove --half-life", agged)
	case f.Half.Decay == nil:
		return fmt.Errorf("%s ewma needs --half-life: a number of readings, such as 10, or a time, such as 5m", agged)
	case len(f.Agg) == 1 && f.Given("last") && f.Deviation.Kind == deviation.None:
		return fmt.Errorf("%s has no effect on ewma, which is of all readings: remove it, or add a statistic of the last N readings to %s", f.FlagName("last"), agged)
	case f.Silent() || f.From != "":
		return fmt.Errorf("%s ewma depends on all readings before a chunk, and is rounded after each: read the input in one run, or in several with --state", agged)
	}
	if len(f.Agg) == 1 && f.Deviation.Kind == deviation.None {
		o.N = 1
	}
	o.HalfLife = f.Half.Decay
	return nil
}

// rows describes the lines for a table on a terminal.
func (f *flags) rows() table.RowOptions {
	return table.RowOptions{Keys: f.By, Averages: f.As, Stat: f.Agg[0].Name, Fields: f.Field, Time: f.Time.TimeFields()}
}
