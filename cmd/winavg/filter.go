package main

import (
	"errors"
	"fmt"
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/cli"
	"weir/pkg/cli/flagtype"
	"weir/pkg/having"
	"weir/pkg/pipe"
	"weir/pkg/stamp"
	"weir/pkg/table"
	"weir/pkg/winavg"
)

// filter builds the filter from the flags, and returns an error if they do not go together.
func (f *flags) filter() (pipe.Filter, error) {
	o := winavg.Options{
		Window: time.Duration(f.Window), Step: time.Duration(f.Every), Drain: f.Drain, Live: f.Live,
		Lateness: time.Duration(f.Lateness),
		Format:   f.TimeFormat.In(f.TZ.Zone), Fields: f.fields(), By: f.By, Where: f.Where, Date: f.DateFormat.In(f.TZ.Zone), MaxGroups: f.MaxGroups,
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
	if f.Live && o.Lateness == flagtype.Forever {
		return nil, errors.New("--live and --lateness all cannot be used together: all rows wait for the end of the input, whatever the clock says")
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

// fields returns the fields to average.
func (f *flags) fields() []batch.Path {
	if f.Field == nil {
		return []batch.Path{{"duration"}}
	}
	return f.Field
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
	case o.Window%o.Step != 0 && !f.Given("window"):
		return fmt.Errorf("--every %s does not divide the window, which is %s unless -w says otherwise: add -w %s, or a multiple of it",
			stamp.SpanText(o.Step), stamp.SpanText(o.Window), stamp.SpanText(o.Step))
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
	o.MaxGap = f.usualGap()
	if f.MaxGap != nil {
		o.MaxGap = time.Duration(*f.MaxGap)
	}
	return nil
}

// usualGap returns the value of --max-gap if it is not given.
func (f *flags) usualGap() time.Duration {
	if time.Duration(f.Lateness) == flagtype.Forever {
		return flagtype.Forever
	}
	return defaultGap
}

// usualEmpty returns the value of --empty if it is not given.
func (f *flags) usualEmpty() string {
	switch {
	case f.By != nil:
		return "skip"
	case f.isChallenge():
		return "zero"
	}
	return "null" // a zero would be a reading that was never made
}

// implied reports whether a flag says what is so without it. Of -f duration that is so in a
// partial, and where the column has the same name without -f, and prints the same for an empty
// window.
func (f *flags) implied(name string) bool {
	switch name {
	case "field":
		is := len(f.Field) == 1 && f.Field[0].String() == "duration"
		return is && (f.IsPartial() || f.Merge || !f.isMean())
	case "max-gap":
		return f.MaxGap != nil && time.Duration(*f.MaxGap) == f.usualGap()
	case "empty":
		return f.Empty == f.usualEmpty()
	case "as":
		return len(f.fields()) == 1 && len(f.Agg) == 1 && f.As == f.usualName(f.fields()[0], f.Agg[0])
	case "drain":
		return f.By != nil
	}
	return false
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
	o.Drain = f.Drain || o.By != nil
	empty := f.Empty
	if empty == "" {
		empty = f.usualEmpty()
	}
	o.Empty, ok = map[string]winavg.Empty{"zero": winavg.Zero, "null": winavg.Null, "skip": winavg.Skip, "previous": winavg.Previous}[empty]
	if !ok {
		return fmt.Errorf("--empty: %q is not a policy: write zero, null, skip or previous", f.Empty)
	}
	return nil
}

// isChallenge reports whether the only column is that of the Unbabel challenge: the mean,
// without -f.
func (f *flags) isChallenge() bool { return f.Field == nil && f.isMean() }

// isMean reports whether the mean is the only statistic.
func (f *flags) isMean() bool { return len(f.Agg) == 1 && f.Agg[0].IsMean() }

// columns returns the columns of a row, with their names.
func (f *flags) columns(fields []batch.Path) ([]winavg.Column, error) {
	var list []winavg.Column
	for i, field := range fields {
		for _, s := range f.Agg {
			list = append(list, winavg.Column{Field: i, Stat: s, Name: f.usualName(field, s)})
		}
	}
	switch {
	case f.As != "" && len(list) > 1:
		return nil, fmt.Errorf("--as %s names a single column, but -f and -a give %d: remove --as, or select one field and one statistic", f.As, len(list))
	case f.As != "":
		list[0].Name = f.As
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

// usualName returns the name of a column without --as.
func (f *flags) usualName(field batch.Path, s agg.Stat) string {
	switch {
	case f.isChallenge():
		return "average_delivery_time"
	case s.IsMean():
		return "average_" + field.String()
	}
	return s.Name + "_" + field.String()
}

// rows describes the lines for a table on a terminal. A single column is called as in JSON; several
// are called like their statistics, below the names of their fields.
func (f *flags) rows() table.RowOptions {
	o, fields := table.RowOptions{Keys: f.By}, f.fields()
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
