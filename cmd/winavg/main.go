// Winavg prints, for every minute, the average over the W minutes before it.
package main

import (
	"errors"
	"fmt"
	"time"

	"weir/pkg/agg"
	"weir/pkg/cli"
	"weir/pkg/ndjson"
	"weir/pkg/pipe"
	"weir/pkg/stamp"
	"weir/pkg/winavg"
)

type flags struct {
	Window     cli.Minutes    `short:"w" default:"10" placeholder:"10" help:"The window. A bare number is minutes; 90s, 10m, 1.5h, 7d say so."`
	Field      cli.Fields     `short:"f" placeholder:"a,b.c" help:"What to average (duration). Dots lead inside, a dot of a name is written \\. ."`
	By         cli.Fields     `short:"g" placeholder:"a,b" help:"Rows for each value of these. Rows without events are left out then, and --drain is implied."`
	Agg        cli.Stats      `short:"a" default:"mean" placeholder:"mean,max" help:"Statistics. There are count, mean, min, max, sum, sd, var, median, pN (p90, p99.9), first, last."`
	As         string         `placeholder:"NAME" help:"The column's name, where there is one column. Otherwise they are average_FIELD, count_FIELD and so on."`
	Where      cli.Conds      `placeholder:"FIELD=VALUE" help:"Only records in which FIELD is VALUE. Repeats mean and."`
	Time       cli.Field      `short:"t" default:"timestamp" placeholder:"FIELD" help:"Where the time stands (timestamp)."`
	TimeFormat cli.TimeFormat `default:"auto" placeholder:"auto" more:"" help:"How it is written: auto, rfc3339, unix, unix_ms, unix_us, unix_ns, or a strftime layout such as %d.%m.%Y %H:%M. Without a zone it is UTC."`
	Every      cli.Span       `default:"1m" placeholder:"1m" help:"A row every so often."`
	Closed     string         `default:"left" placeholder:"left" more:"" help:"Which ends of the window count: left, right, both or neither."`
	Empty      string         `placeholder:"zero" help:"What an empty window prints: zero, null or skip. skip leaves its row out."`
	Drain      bool           `help:"Go on after the last event until the window is empty."`
	Lateness   cli.Lateness   `default:"0" placeholder:"30s" help:"How long a row waits for late events. all waits for the end of input."`
	MaxGap     *cli.Gap       `placeholder:"31d" more:"" help:"How far a time may jump ahead before it is a fault; none allows any. The default is 31d, and none with --lateness all."`
	Live       bool           `help:"On a quiet stream, let rows fall due by the clock."`
	cli.Shared
}

const about = `A row for every minute: the mean over the window that ends there, which holds its beginning and not its end. The times of the events alone decide, in whatever order and at whatever speed they come. A row is out as soon as an event shows that its minute is over; an event that comes after that is late: it is told, and still counts in the rows to come.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "winavg", Does: "averages over the last W minutes of event time", About: about, Flags: &f, Shared: &f.Shared, Filter: f.filter,
		Live: func() bool { return f.Live },
		Examples: []cli.Example{
			{Command: "winavg -w 10 events.json", Why: "the mean duration over ten minutes, a row a minute"},
			{Command: "winavg -w 1h --every 5m -f temperature -a mean,max", Why: "another field, window and step"},
			{Command: "winavg -w 10 -g client_name --where event_name=translation_delivered", Why: "rows for each client, of some events only"},
			{Command: "tail -F events.jsonl | winavg -w 10 --lateness 30s --live", Why: "rows as they fall due, half a minute late, even when nothing comes"},
		},
	})
}

func (f *flags) filter() (pipe.Filter, error) {
	o := winavg.Options{
		Window: time.Duration(f.Window), Step: time.Duration(f.Every), Drain: f.Drain, Live: f.Live,
		Lateness: time.Duration(f.Lateness),
		Time:     f.Time.Path, Format: f.TimeFormat.Format, Fields: f.Field, By: f.By, Where: f.Where, MaxGroups: f.MaxGroups,
	}
	if o.Fields == nil {
		o.Fields = []ndjson.Path{{"duration"}}
	}
	if f.MaxGroups < len(o.Fields) {
		return nil, fmt.Errorf("--max-groups %d has no room for %d fields", f.MaxGroups, len(o.Fields))
	}
	if err := f.times(&o); err != nil {
		return nil, err
	}
	if err := f.words(&o); err != nil {
		return nil, err
	}
	var err error
	o.Columns, err = f.columns(o.Fields)
	return winavg.New(o), err
}

// defaultGap is beyond any pause of a stream that is well.
const defaultGap = 31 * 24 * time.Hour

func (f *flags) times(o *winavg.Options) error {
	switch {
	case o.Step <= 0 || o.Step%time.Second != 0:
		return errors.New("--every must be whole seconds, at least one")
	case o.Window <= 0 || o.Window%time.Second != 0:
		return errors.New("-w must be whole seconds, at least one")
	case o.Window%o.Step != 0:
		return fmt.Errorf("-w %s is no multiple of the step: it needs --every %s, or another step that divides it",
			stamp.SpanText(o.Window), stamp.SpanText(common(o.Window, o.Step)))
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

// common is the longest span that divides both.
func common(a, b time.Duration) time.Duration {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (f *flags) words(o *winavg.Options) error {
	var ok bool
	o.Closed, ok = map[string]winavg.Closed{"left": winavg.Left, "right": winavg.Right, "both": winavg.Both, "neither": winavg.Neither}[f.Closed]
	if !ok {
		return fmt.Errorf("--closed %s: write left, right, both or neither", f.Closed)
	}
	if o.By != nil {
		o.Drain = true
		o.Empty = winavg.Skip
	}
	if f.Empty == "" {
		return nil
	}
	o.Empty, ok = map[string]winavg.Empty{"zero": winavg.Zero, "null": winavg.Null, "skip": winavg.Skip}[f.Empty]
	if !ok {
		return fmt.Errorf("--empty %s: write zero, null or skip", f.Empty)
	}
	return nil
}

// columns names the figures of a row.
func (f *flags) columns(fields []ndjson.Path) ([]winavg.Column, error) {
	var list []winavg.Column
	for i, field := range fields {
		for _, s := range f.Agg {
			list = append(list, winavg.Column{Field: i, Stat: s, Name: columnName(s, field)})
		}
	}
	switch {
	case f.As != "" && len(list) > 1:
		return nil, fmt.Errorf("--as %s: there are %d columns, and it can name only one", f.As, len(list))
	case f.As != "":
		list[0].Name = f.As
	case f.Field == nil && len(list) == 1 && list[0].Stat.Kind == agg.Mean:
		list[0].Name = "average_delivery_time"
	}
	names := []string{"date"}
	for _, p := range f.By {
		names = append(names, p.String())
	}
	for _, c := range list {
		names = append(names, c.Name)
	}
	return list, cli.Distinct(names)
}

func columnName(s agg.Stat, field ndjson.Path) string {
	if s.Kind == agg.Mean {
		return "average_" + field.String()
	}
	return s.Name + "_" + field.String()
}
