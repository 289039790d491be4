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
	"weir/pkg/lines"
	"weir/pkg/mavg"
	"weir/pkg/pipe"
	"weir/pkg/stamp"
	"weir/pkg/table"
)

// filter builds the filter from the flags, and returns an error if they do not go together.
func (f *flags) filter() (pipe.Filter, error) {
	o := mavg.Options{
		N: f.Last, Fields: f.Field, By: f.By, Where: f.Where, Format: stamp.Format{}.In(f.TZ.Zone),
		Stats: f.Agg, As: f.As, Only: f.Only || f.Format.IsTable(), MaxGroups: f.MaxGroups,
		Anomalies: mavg.Anomalies{Limit: f.Deviation.Limit, Member: lines.AnomaliesName, Only: f.OnlyAnomalies},
	}
	o.Time, o.TimeNamed = f.Time.TimeField()
	for _, step := range []func(*mavg.Options) error{f.setHalfLife, f.checkNeeds, f.checkNames, f.setHaving} {
		err := step(&o)
		if err != nil {
			return nil, err
		}
	}
	if f.Silent() {
		return mavg.NewTail(o), nil
	}
	return mavg.New(o), nil
}

// implied reports whether a flag says what is so without it.
func (f *flags) implied(name string) bool {
	switch name {
	case "deviation":
		return !f.judges()
	case "only":
		return f.Format.IsTable()
	}
	return false
}

// isChunk reports whether the input is one of several chunks.
func (f *flags) isChunk() bool { return f.Silent() || f.From != "" }

// judges reports whether readings are judged.
func (f *flags) judges() bool { return f.Deviation.Kind != deviation.None }

// checkNeeds returns an error if a flag lacks another one that it needs, or a value that fits it.
func (f *flags) checkNeeds(o *mavg.Options) error {
	switch {
	case f.OnlyAnomalies && !f.judges():
		return errors.New("--only-anomalies needs --deviation, which says what an anomaly is, such as --deviation 20%")
	case f.Deviation.Kind == deviation.SDs && o.N == 1:
		return fmt.Errorf("--deviation %v needs %s 2 or more: one reading has no standard deviation", f.Deviation.Limit, f.FlagName("last"))
	case f.isChunk() && !o.TimeNamed && agg.NeedsOf(f.Agg).Series:
		return fmt.Errorf("%s rate: a chunk of the input does not say which field is the time: name it with -t", f.FlagName("agg"))
	}
	return f.Where.Check(o.Format)
}

// setHaving sets the conditions of --having.
func (f *flags) setHaving(o *mavg.Options) (err error) {
	o.Having, err = f.Having.On(having.Columns{Fields: o.Fields, Stats: o.Stats, Name: o.Column})
	return err
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
	if f.judges() && f.As == o.Anomalies.Member {
		return fmt.Errorf("--as %s: --deviation adds a member of that name (choose another name)", o.Anomalies.Member)
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
		if f.judges() && p[0] == o.Anomalies.Member {
			return fmt.Errorf("--deviation: an existing member %q is replaced, so %s cannot be read (with --only it is left out, and can be)", o.Anomalies.Member, p)
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
		if f.judges() {
			list = append(list, cli.Member{Name: o.Anomalies.Member, Flag: "--deviation"})
		}
		return list
	}
	for _, name := range mavg.New(*o).Columns(o.Time)[len(list):] {
		list = append(list, cli.Member{Name: name, Flag: f.FlagName("field")})
	}
	return list
}

// setHalfLife sets the half-life, and the shortest window if no statistic needs another. It
// returns an error if ewma lacks a half-life or a half-life ewma, if -n would have no effect, or
// the input is a chunk.
func (f *flags) setHalfLife(o *mavg.Options) error {
	stats := f.FlagName("agg")
	has := slices.ContainsFunc(f.Agg, agg.Stat.IsEWMA)
	switch {
	case !has && f.Half.Decay == nil:
		return nil
	case !has:
		return fmt.Errorf("--half-life is that of ewma: add ewma to %s, or remove --half-life", stats)
	case f.Half.Decay == nil:
		return fmt.Errorf("%s ewma needs --half-life: a number of readings, such as 10, or a time, such as 5m", stats)
	case len(f.Agg) == 1 && f.Given("last") && !f.judges():
		return fmt.Errorf("%s has no effect on ewma, which is of all readings: remove it, or add a statistic of the last N readings to %s", f.FlagName("last"), stats)
	case f.isChunk():
		return fmt.Errorf("%s ewma depends on all readings before a chunk, and is rounded after each: read the input in one run, or in several with --state", stats)
	}
	if len(f.Agg) == 1 && !f.judges() {
		o.N = 1
	}
	o.HalfLife = f.Half.Decay
	return nil
}

// rows describes the lines for a table on a terminal.
func (f *flags) rows() table.RowOptions {
	o := table.RowOptions{Keys: f.By, Averages: f.As, Stat: f.Agg[0].Name, Fields: f.Field, Time: f.Time.TimeFields()}
	if f.judges() {
		o.Anomalies = lines.AnomaliesName
	}
	return o
}
